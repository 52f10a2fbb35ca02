package store

import (
	"cmp"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"drawbridge"
)

// Part is one kind of record in a [Tx.Gather].
type Part struct {
	columns int
	sql     string // its columns as text
	args    []any
	add     func(total int64, row []sql.NullString) error
	done    func()
}

// Into makes a part of a [Tx.Gather]: the newest of what a query selects, and
// how much it selects whatever its limit.
func (s Shelf[T]) Into(at *drawbridge.Section[T], q Query) (Part, error) {
	where, args, err := s.where(q)
	if err != nil {
		return Part{}, err
	}
	columns := make([]string, len(s.t.fields))
	key := 0
	for i, f := range s.t.fields {
		if f.form == formBytes {
			return Part{}, fmt.Errorf("store: %s.%s cannot be gathered", s.t.kind, f.name)
		}
		if f.name == s.t.key {
			key = i
		}
		columns[i] = "CAST(" + f.name + " AS TEXT)"
	}
	type keyed struct {
		id  string
		rec T
	}
	var found []keyed
	return Part{
		columns: len(columns),
		sql:     strings.Join(columns, ", ") + "%s FROM " + s.t.kind + " WHERE " + where + " ORDER BY " + s.t.key + " DESC LIMIT ?",
		args:    append(args, q.Limit),
		add: func(total int64, row []sql.NullString) error {
			at.Total = total
			rec, err := s.t.fromText(row)
			if err == nil {
				found = append(found, keyed{row[key].String, *rec})
			}
			return err
		},
		done: func() { // a union has no order
			slices.SortFunc(found, func(a, b keyed) int { return cmp.Compare(b.id, a.id) })
			for _, f := range found {
				at.Items = append(at.Items, f.rec)
			}
		},
	}, nil
}

// fromText makes a record of a row whose values were read as text.
func (t *table[T]) fromText(row []sql.NullString) (*T, error) {
	s := &stored{}
	t.dest(s)
	for i := range t.fields {
		var err error
		switch at := s.values[i].(type) {
		case *string:
			*at = row[i].String
		case *int64:
			*at, err = strconv.ParseInt(row[i].String, 10, 64)
		case *float64:
			*at, err = strconv.ParseFloat(row[i].String, 64)
		case *bool:
			*at, err = strconv.ParseBool(row[i].String)
		}
		if err != nil {
			return nil, fmt.Errorf("read %s.%s: %w", t.kind, t.fields[i].name, err)
		}
	}
	return t.decode(s)
}

// Gather reads several kinds of records in one question to the database.
func (tx *Tx) Gather(parts ...Part) error {
	if len(parts) == 0 {
		return nil
	}
	width := 0
	for _, p := range parts {
		width = max(width, p.columns)
	}
	selects, args := make([]string, len(parts)), []any{}
	for i, p := range parts {
		padding := strings.Repeat(", CAST(NULL AS TEXT)", width-p.columns)
		selects[i] = fmt.Sprintf("SELECT * FROM (SELECT %d AS part, COUNT(*) OVER () AS total, ", i) + fmt.Sprintf(p.sql, padding) + fmt.Sprintf(") AS p%d", i)
		args = append(args, p.args...)
	}
	rows, err := tx.collect(strings.Join(selects, " UNION ALL "), args)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var part int
		var total int64
		row := make([]sql.NullString, width)
		dest := []any{&part, &total}
		for i := range row {
			dest = append(dest, &row[i])
		}
		if err := rows.Scan(dest...); err != nil {
			return fmt.Errorf("gather records: %w", err)
		}
		if err := parts[part].add(total, row); err != nil {
			return err
		}
	}
	for _, p := range parts {
		p.done()
	}
	return tx.explain(rows.Err())
}
