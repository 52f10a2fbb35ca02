package store

import (
	"reflect"
	"slices"

	"drawbridge"
)

// Each reads all that a query selects, part by part: its limit is that of one part.
func (s Shelf[T]) Each(q Query, fn func(*T) error) error {
	if q.Limit = min(q.Limit, maxFind); q.Limit <= 0 {
		q.Limit = maxFind / 2
	}
	key := slices.IndexFunc(s.t.fields, func(f field) bool { return f.name == s.t.key })
	for {
		list, err := s.Find(q)
		if err != nil {
			return err
		}
		for i := range list {
			if err := fn(&list[i]); err != nil {
				return err
			}
		}
		if len(list) < q.Limit {
			return nil
		}
		q.After = reflect.ValueOf(&list[len(list)-1]).Elem().FieldByIndex(s.t.fields[key].index).String()
	}
}

// Head is what the head of an integration was kept as, and the packs of its
// latest assessment.
type Head struct {
	Integration drawbridge.IntegrationID
	Bundle      string
	Packs       string
}

// Heads reads the heads of all integrations that were not retired, by identifier.
func (tx *Tx) Heads() ([]Head, error) {
	rows, err := tx.query(`SELECT i.id, r.bundle, a.packs FROM integration i JOIN revision r ON r.id = i.head JOIN assessment a ON a.id = i.assessment
		WHERE i.state <> ? ORDER BY i.id`, string(drawbridge.Retired))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Head
	packs := map[string]string{} // most are the same
	for rows.Next() {
		var h Head
		if err := rows.Scan(&h.Integration, &h.Bundle, &h.Packs); err != nil {
			return nil, tx.explain(err)
		}
		if same, ok := packs[h.Packs]; ok {
			h.Packs = same
		} else {
			packs[h.Packs] = h.Packs
		}
		out = append(out, h)
	}
	return out, tx.explain(rows.Err())
}
