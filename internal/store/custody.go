package store

import (
	"fmt"

	"drawbridge"
)

// AssessmentsWithFindings lists the assessments that have, or should have,
// rows of findings, in the order of their identifiers.
func (tx *Tx) AssessmentsWithFindings(after drawbridge.AssessmentID, limit int) ([]drawbridge.AssessmentID, error) {
	rows, err := tx.query(`SELECT a FROM (SELECT DISTINCT assessment AS a FROM finding WHERE assessment > ?
		UNION SELECT assessment AS a FROM integration WHERE assessment > ?) AS known ORDER BY a LIMIT ?`, string(after), string(after), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []drawbridge.AssessmentID
	for rows.Next() {
		var id drawbridge.AssessmentID
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read findings: %w", err)
		}
		out = append(out, id)
	}
	return out, rows.Err()
}
