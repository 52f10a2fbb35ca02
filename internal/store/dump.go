package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"drawbridge"
)

// Column is a column of a table, by the form that both databases share: text,
// bytes, integer, number or flag.
type Column struct {
	Name string `json:"name"`
	Form string `json:"form"`
}

// Table is a table as it goes into a backup.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
}

// forms are the types of our SQL, and what they hold in both databases.
var forms = map[string]string{"TEXT": "text", "BYTEA": "bytes", "BIGINT": "integer", "DOUBLE PRECISION": "number", "BOOLEAN": "flag"}

// Tables lists, from the database's own catalogue, every table that a backup
// holds: not those of the queue, which is made again from the events, nor who
// is signed in.
func (tx *Tx) Tables() ([]Table, error) {
	rows, err := tx.query(tx.store.dialect.columns())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Table
	for rows.Next() {
		var table, column, typ string
		if err := rows.Scan(&table, &column, &typ); err != nil {
			return nil, fmt.Errorf("read the catalogue: %w", err)
		}
		if table == "session" || strings.HasPrefix(table, "river_") || strings.HasPrefix(table, "goose_") || strings.HasPrefix(table, "sqlite_") {
			continue
		}
		form := forms[strings.ToUpper(typ)]
		if form == "" {
			return nil, fmt.Errorf("store: column %s of %s is of the type %s, which a backup does not know", column, table, typ)
		}
		if len(out) == 0 || out[len(out)-1].Name != table {
			out = append(out, Table{Name: table})
		}
		t := &out[len(out)-1]
		t.Columns = append(t.Columns, Column{column, form})
	}
	slices.SortFunc(out, func(a, b Table) int { return strings.Compare(a.Name, b.Name) })
	return out, tx.explain(rows.Err())
}

// names are the columns, for a statement.
func (t Table) names() string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// Rows reads every row of a table, each value in its column's form: string,
// []byte, int64, float64 or bool. The row is used again for the next one.
func (tx *Tx) Rows(t Table, each func(row []any) error) error {
	rows, err := tx.query("SELECT " + t.names() + " FROM " + t.Name)
	if err != nil {
		return err
	}
	defer rows.Close()
	dest, row := make([]any, len(t.Columns)), make([]any, len(t.Columns))
	for i, c := range t.Columns {
		dest[i] = map[string]any{"text": new(string), "bytes": new(sql.RawBytes), "integer": new(int64), "number": new(float64), "flag": new(bool)}[c.Form]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return fmt.Errorf("read %s: %w", t.Name, err)
		}
		for i := range dest {
			switch v := dest[i].(type) {
			case *string:
				row[i] = *v
			case *sql.RawBytes:
				row[i] = append([]byte{}, *v...) // empty is not nothing
			case *int64:
				row[i] = *v
			case *float64:
				row[i] = *v
			case *bool:
				row[i] = *v
			}
		}
		if err := each(row); err != nil {
			return err
		}
	}
	return tx.explain(rows.Err())
}

// unfinished marks a folder into which a restore was begun and not ended.
const unfinished = "restore.unfinished"

// Restore makes a record of another one's tables in an empty place: it brings
// the schema to where the other one was, has fill load the rows in one
// transaction, and brings the schema up to date. Until [Store.Restored] is
// called the folder is marked, and nobody can open it.
func Restore(ctx context.Context, opt Options, schema int64, fill func(*Loader) error) (*Store, error) {
	want, err := newest()
	if err != nil {
		return nil, err
	}
	if schema < 1 || schema > want {
		return nil, drawbridge.Errorf(drawbridge.Unavailable, "the backup has schema %d, and this program knows 1 to %d: restore it with the newer drawbridge that wrote it", schema, want)
	}
	if err := os.WriteFile(filepath.Join(opt.Dir, unfinished), nil, 0o600); err != nil {
		return nil, diskError(err)
	}
	opt.restoring = true
	s, err := open(ctx, opt)
	if err != nil {
		return nil, err
	}
	if err := s.restore(ctx, schema, want, fill); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) restore(ctx context.Context, schema, want int64, fill func(*Loader) error) error {
	if err := s.empty(ctx, schema); err != nil {
		return err
	}
	if err := s.migrateTo(ctx, schema); err != nil {
		return err
	}
	err := s.Update(ctx, func(tx *Tx) error {
		tables, err := tx.Tables()
		if err != nil {
			return err
		}
		return tx.withoutIndexes(func() error { return fill(&Loader{tx: tx, Tables: tables}) })
	})
	if err != nil {
		return err
	}
	return s.migrateTo(ctx, want)
}

// withoutIndexes makes the indexes again when fn is done, each in one run over
// its table, which takes a fraction of keeping them up row by row.
func (tx *Tx) withoutIndexes(fn func() error) error {
	var names, statements []string
	err := tx.pairs(func(name, statement string) {
		names, statements = append(names, name), append(statements, statement)
	}, tx.store.dialect.indexes())
	for _, name := range names {
		if err == nil {
			_, err = tx.exec("DROP INDEX " + name)
		}
	}
	if err == nil {
		err = fn()
	}
	for _, statement := range statements {
		if err == nil {
			_, err = tx.exec(statement)
		}
	}
	return err
}

// empty refuses a database that holds anything. A schema without rows is what a
// restore that was broken off leaves.
func (s *Store) empty(ctx context.Context, schema int64) error {
	return s.View(ctx, func(tx *Tx) error {
		var all int64
		if err := tx.one([]any{&all}, s.dialect.tables()); err != nil || all == 0 {
			return err
		}
		refusal := drawbridge.Errorf(drawbridge.Conflict, "the database is not empty: name an empty one")
		var versioned int64
		if err := tx.one([]any{&versioned}, s.dialect.versioned()); err != nil {
			return err
		}
		if versioned == 0 {
			return refusal
		}
		have, err := tx.Schema()
		if err != nil {
			return err
		}
		tables, err := tx.Tables()
		if err != nil || have != schema {
			return errors.Join(refusal, err)
		}
		for _, t := range tables {
			var n int64
			if err := tx.one([]any{&n}, "SELECT COUNT(*) FROM (SELECT 1 FROM "+t.Name+" LIMIT 1) AS found"); err != nil {
				return err
			}
			if n > 0 {
				return refusal
			}
		}
		return nil
	})
}

// Restored takes the mark off the folder: from now on it can be opened.
func (s *Store) Restored() error { return Unmark(s.dir) }

// Unmark takes the mark of an unfinished restore off a folder.
func Unmark(dir string) error {
	if err := os.Remove(filepath.Join(dir, unfinished)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return diskError(err)
	}
	return diskError(syncDir(dir))
}

// Mark reports whether a file's name is that of the mark.
func Mark(name string) bool { return name == unfinished }

// Unfinished reports whether a folder is what a restore left that was broken off.
func Unfinished(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, unfinished))
	return err == nil
}

// Loader writes rows into an empty record.
type Loader struct {
	tx     *Tx
	Tables []Table // of this database
}

// loadValues bounds the values of one statement.
const loadValues = 2000

// Load writes the rows of one table that next gives, until it gives none.
func (l *Loader) Load(t Table, next func() ([]any, error)) (int64, error) {
	have := slices.IndexFunc(l.Tables, func(h Table) bool { return h.Name == t.Name })
	if have < 0 || !sameColumns(l.Tables[have], t) {
		return 0, drawbridge.Errorf(drawbridge.Invalid, "the backup's table %q is not as its schema says", t.Name)
	}
	line := "(" + marks(len(t.Columns)) + ")"
	most := max(1, loadValues/len(t.Columns))
	into := "INSERT INTO " + t.Name + " (" + t.names() + ") VALUES "
	full, err := l.tx.tx.PrepareContext(l.tx.ctx, l.tx.store.dialect.bind(into+line+strings.Repeat(", "+line, most-1)))
	if err != nil {
		return 0, l.tx.explain(err)
	}
	defer full.Close()
	var n int64
	args := make([]any, 0, most*len(t.Columns))
	for {
		row, err := next()
		if err != nil {
			return n, err
		}
		if len(row) > 0 {
			args = append(args, row...)
			n++
		}
		switch {
		case len(args) == cap(args):
			if err = checkText(args); err == nil {
				_, err = full.ExecContext(l.tx.ctx, args...)
			}
		case len(row) == 0 && len(args) > 0:
			_, err = l.tx.exec(into+line+strings.Repeat(", "+line, len(args)/len(t.Columns)-1), args...)
		default:
			if len(row) == 0 {
				return n, nil
			}
			continue
		}
		if err != nil {
			return n, fmt.Errorf("load %s: %w", t.Name, l.tx.explain(err))
		}
		args = args[:0]
		if len(row) == 0 {
			return n, nil
		}
	}
}

// sameColumns compares columns in any order.
func sameColumns(a, b Table) bool {
	order := func(t Table) []Column {
		return slices.SortedFunc(slices.Values(t.Columns), func(x, y Column) int { return strings.Compare(x.Name, y.Name) })
	}
	return slices.Equal(order(a), order(b))
}

// Schema is the schema that the transaction sees.
func (tx *Tx) Schema() (int64, error) {
	var have int64
	err := tx.one([]any{&have}, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied`)
	return have, err
}
