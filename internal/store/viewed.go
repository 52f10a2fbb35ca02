package store

import (
	"fmt"
	"strings"
	"time"

	"drawbridge"
)

// Viewed is one thing of a review that a person looked at, and the state in which
// it was then. It is a note to oneself and no record.
type Viewed struct {
	Item   string
	Digest string
	Said   string // the state in a few words
	At     time.Time
}

// Viewed lists what a person looked at in a review, by the names of the items.
func (tx *Tx) Viewed(person drawbridge.PersonID, review drawbridge.ReviewID) ([]Viewed, error) {
	rows, err := tx.query(`SELECT item, digest, said, viewed_at FROM viewed WHERE person = ? AND review = ? ORDER BY item`, string(person), string(review))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Viewed
	for rows.Next() {
		var v Viewed
		var at string
		if err := rows.Scan(&v.Item, &v.Digest, &v.Said, &at); err != nil {
			return nil, fmt.Errorf("read what was viewed: %w", err)
		}
		if v.At, err = parseTime(at); err != nil {
			return nil, fmt.Errorf("read when %s was viewed: %w", v.Item, err)
		}
		out = append(out, v)
	}
	return out, tx.store.dialect.explain(rows.Err())
}

// SetViewed notes that a person looked at items of a review.
func (tx *Tx) SetViewed(person drawbridge.PersonID, review drawbridge.ReviewID, list []Viewed) error {
	const rows = 100 // of one statement
	for len(list) > 0 {
		part := list[:min(rows, len(list))]
		list = list[len(part):]
		var args []any
		for _, v := range part {
			args = append(args, string(person), string(review), v.Item, v.Digest, v.Said, Time(v.At))
		}
		_, err := tx.exec(`INSERT INTO viewed (person, review, item, digest, said, viewed_at) VALUES (?, ?, ?, ?, ?, ?)`+strings.Repeat(`, (?, ?, ?, ?, ?, ?)`, len(part)-1)+
			` ON CONFLICT (person, review, item) DO UPDATE SET digest = excluded.digest, said = excluded.said, viewed_at = excluded.viewed_at`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// DropViewed takes ticks of a person in a review away.
func (tx *Tx) DropViewed(person drawbridge.PersonID, review drawbridge.ReviewID, items []string) error {
	if len(items) == 0 {
		return nil
	}
	_, err := tx.exec(`DELETE FROM viewed WHERE person = ? AND review = ? AND item IN (`+marks(len(items))+`)`, append([]any{string(person), string(review)}, texts(items)...)...)
	return err
}

// ForgetViewed takes away all that a person ticked.
func (tx *Tx) ForgetViewed(person drawbridge.PersonID) error {
	_, err := tx.exec(`DELETE FROM viewed WHERE person = ?`, string(person))
	return err
}
