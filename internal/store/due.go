package store

import (
	"fmt"

	"drawbridge"
)

// DuePaper is a contract that ends, or a notice that is to be decided on.
type DuePaper struct {
	Kind    string // contract or notice
	ID      string
	On      drawbridge.Date
	Title   string
	Partner drawbridge.PartnerID
}

// DuePapers lists contracts and notices whose day lies from one to before another.
func (tx *Tx) DuePapers(from, to string, contracts, notices bool, limit int) ([]DuePaper, error) {
	rows, err := tx.query(`SELECT 'contract', id, ends, title, partner FROM contract WHERE ? AND closed_at = '' AND ends >= ? AND ends < ?
		UNION ALL SELECT 'notice', id, deadline, title, partner FROM notice WHERE ? AND state = 'open' AND deadline >= ? AND deadline < ? LIMIT ?`,
		contracts, from, to, notices, from, to, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []DuePaper
	for rows.Next() {
		var p DuePaper
		if err := rows.Scan(&p.Kind, &p.ID, &p.On, &p.Title, &p.Partner); err != nil {
			return nil, fmt.Errorf("read what is due: %w", err)
		}
		out = append(out, p)
	}
	return out, tx.store.dialect.explain(rows.Err())
}
