package store

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/seal"
)

// Findings are no records of their own: they can be made again from their
// assessment's document, and the assessment's record holds a digest over them.

// The sources and the states of a finding, which the index runs over.
var (
	findingSources = []string{"check", "threat"}
	findingStates  = []string{string(drawbridge.ThreatAccepted), string(drawbridge.ThreatOpen)}
)

const findingColumns = "assessment, fingerprint, integration, source, rule, element, severity, severity_rank, state, title"

// findingBatch is how many rows are written by one statement.
const findingBatch = 50

// findingRow is a finding as it is stored.
func findingRow(f drawbridge.Finding) []any {
	return []any{
		string(f.Assessment), f.Fingerprint, string(f.Integration), f.Source, f.Rule, f.Element,
		string(f.Severity), int64(f.Severity.Rank()), f.State, f.Title,
	}
}

// SetFindings puts the findings of an integration's latest assessment in place
// of all that it had before.
func (tx *Tx) SetFindings(id drawbridge.IntegrationID, list []drawbridge.Finding) error {
	if _, err := tx.exec(`DELETE FROM finding WHERE integration = ?`, string(id)); err != nil {
		return err
	}
	for batch := range slices.Chunk(list, findingBatch) {
		marks := strings.Repeat(", (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", len(batch))[2:]
		args := make([]any, 0, 10*len(batch))
		for _, f := range batch {
			args = append(args, findingRow(f)...)
		}
		if _, err := tx.exec("INSERT INTO finding ("+findingColumns+") VALUES "+marks, args...); err != nil {
			return fmt.Errorf("write findings: %w", err)
		}
	}
	return nil
}

// FindingsDigest recomputes the digest over the stored findings of an
// assessment; its record holds the one of when they were written.
func (tx *Tx) FindingsDigest(id drawbridge.AssessmentID) (string, error) {
	var stored [][]any
	err := tx.findings(func(_ drawbridge.Finding, row []any) { stored = append(stored, row) },
		"SELECT "+findingColumns+" FROM finding WHERE assessment = ?", string(id))
	if err != nil {
		return "", err
	}
	return digestRows(stored)
}

// DigestFindings is the digest over findings, in whatever order they come.
func DigestFindings(list []drawbridge.Finding) (string, error) {
	rows := make([][]any, len(list))
	for i, f := range list {
		rows[i] = findingRow(f)
	}
	return digestRows(rows)
}

func digestRows(rows [][]any) (string, error) {
	lines := make([][]byte, len(rows))
	for i, row := range rows {
		var err error
		if lines[i], err = seal.Canonical(row); err != nil {
			return "", fmt.Errorf("digest of the findings: %w", err)
		}
	}
	slices.SortFunc(lines, bytes.Compare)
	return seal.Digest(bytes.Join(lines, []byte("\n"))), nil
}

// FindingKey is the place of a finding in the list: worst first.
type FindingKey struct {
	Rank        int64 // of the severity
	Fingerprint string
	Assessment  drawbridge.AssessmentID
}

// FindingList says which findings to list; what is empty does not restrict.
type FindingList struct {
	Scope       access.Scope
	Integration drawbridge.IntegrationID
	Severity    drawbridge.Severity // this one and what is worse
	Source      string
	State       string
	After       *FindingKey
	Limit       int
}

const (
	findingOrder = " ORDER BY severity_rank DESC, fingerprint DESC, assessment DESC"
	findingPage  = "severity_rank >= ? AND (severity_rank, fingerprint, assessment) < (?, ?, ?)"
)

// Findings lists what of the findings may be seen, worst first.
func (tx *Tx) Findings(l FindingList) ([]drawbridge.Finding, error) {
	after := FindingKey{Rank: 99}
	if l.After != nil {
		after = *l.After
	}
	page := []any{int64(max(l.Severity.Rank(), 0)), after.Rank, after.Fingerprint, string(after.Assessment)}
	query, args := findingsOfSome(l, page)
	if l.Scope.All && l.Integration == "" {
		query, args = findingsOfAll(l, page)
	}
	var out []drawbridge.Finding
	err := tx.findings(func(f drawbridge.Finding, _ []any) { out = append(out, f) }, query, args...)
	return out, err
}

// findingsOfAll joins one short run of the index for each source and state.
func findingsOfAll(l FindingList, page []any) (string, []any) {
	const run = "SELECT * FROM (SELECT " + findingColumns + " FROM finding WHERE source = ? AND state = ? AND " + findingPage + findingOrder + " LIMIT ?) AS run"
	var runs []string
	var args []any
	for _, source := range only(findingSources, l.Source) {
		for _, state := range only(findingStates, l.State) {
			runs = append(runs, run)
			args = append(append(append(args, source, state), page...), l.Limit)
		}
	}
	return strings.Join(runs, " UNION ALL ") + findingOrder + " LIMIT ?", append(args, l.Limit)
}

// findingsOfSome picks the worst of some integrations from the index alone, and
// reads those rows. The cross join and the sum keep the databases from walking
// everybody's findings: SQLite has no statistics to know better by.
func findingsOfSome(l FindingList, page []any) (string, []any) {
	sources, states := only(findingSources, l.Source), only(findingStates, l.State)
	const query = "SELECT " + findingColumns + " FROM finding WHERE (assessment, fingerprint) IN (SELECT assessment, fingerprint" +
		" FROM (SELECT id AS own FROM integration WHERE " + inScope + " AND (? = '' OR id = ?)) AS mine CROSS JOIN finding" +
		" WHERE integration = own AND " + findingPage + " AND source IN (?, ?) AND state IN (?, ?)" +
		" ORDER BY severity_rank + 0 DESC, fingerprint DESC, assessment DESC LIMIT ?)" + findingOrder
	args := append(scopeArgs(l.Scope), string(l.Integration), string(l.Integration))
	args = append(args, page...)
	return query, append(args, sources[0], sources[len(sources)-1], states[0], states[len(states)-1], l.Limit)
}

// only is the one word that is asked for, or all.
func only(all []string, word string) []string {
	if word != "" {
		return []string{word}
	}
	return all
}

// findings reads rows, each as a finding and as it is stored.
func (tx *Tx) findings(each func(drawbridge.Finding, []any), query string, args ...any) error {
	rows, err := tx.query(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var f drawbridge.Finding
		var rank int64
		err := rows.Scan(&f.Assessment, &f.Fingerprint, &f.Integration, &f.Source, &f.Rule, &f.Element, &f.Severity, &rank, &f.State, &f.Title)
		if err != nil {
			return fmt.Errorf("read findings: %w", err)
		}
		row := findingRow(f)
		row[7] = rank // as it is stored, not as it should be
		each(f, row)
	}
	return tx.store.dialect.explain(rows.Err())
}

// FindingsNamed lists those findings of some integrations that have one of the fingerprints.
func (tx *Tx) FindingsNamed(of []drawbridge.IntegrationID, fingerprints []string) ([]drawbridge.Finding, error) {
	if len(of) == 0 || len(fingerprints) == 0 {
		return nil, nil
	}
	args := make([]any, 0, len(of)+len(fingerprints))
	for _, id := range of {
		args = append(args, string(id))
	}
	for _, f := range fingerprints {
		args = append(args, f)
	}
	marks := func(n int) string { return strings.Repeat(", ?", n)[2:] }
	var out []drawbridge.Finding
	err := tx.findings(func(f drawbridge.Finding, _ []any) { out = append(out, f) },
		"SELECT "+findingColumns+" FROM finding WHERE integration IN ("+marks(len(of))+") AND fingerprint IN ("+marks(len(fingerprints))+")"+findingOrder, args...)
	return out, err
}
