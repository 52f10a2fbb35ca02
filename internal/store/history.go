package store

import "fmt"

// Entry is an entry of the ledger with its detail, still sealed; the detail is
// nil when there is none or when it was erased.
type Entry struct {
	Leaf
	Sealed []byte
}

// History reads the entries about one record with their details, newest first.
func (tx *Tx) History(kind, id string, below int64, limit int) ([]Entry, error) {
	rows, err := tx.query(`SELECT e.seq, e.leaf, d.detail FROM ledger_subject s JOIN ledger_entry e ON e.seq = s.seq
		LEFT JOIN ledger_detail d ON d.seq = s.seq
		WHERE s.kind = ? AND s.id = ? AND s.seq < ? ORDER BY s.seq DESC LIMIT ?`, kind, id, below, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Entry
	for rows.Next() {
		var e Entry
		if err := rows.Scan(&e.Seq, &e.Data, &e.Sealed); err != nil {
			return nil, fmt.Errorf("read the ledger: %w", err)
		}
		out = append(out, e)
	}
	return out, tx.store.dialect.explain(rows.Err())
}
