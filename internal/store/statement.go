package store

import (
	"context"
	"database/sql"
	"strings"
	"sync"
)

// Limits of the statements that are kept, and of how many one transaction leaves to prepare.
const (
	maxStatements = 300
	maxWanted     = 16
)

// statements are kept prepared for one handle of SQLite: reading SQL anew took a
// quarter of an act's time. PostgreSQL's driver keeps its own.
type statements struct {
	db *sql.DB

	mu    sync.Mutex // guards ready
	ready map[string]*sql.Stmt
}

// find returns the statement for a query, or nil when it is not prepared.
func (s *statements) find(query string) *sql.Stmt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ready[query]
}

// keeps reports whether a query is worth keeping: one whose text does not grow with its arguments.
func keeps(query string) bool { return !strings.Contains(query, "IN (?") }

// prepare prepares what transactions asked for. It runs between transactions:
// inside one, the handle's only connection would wait for itself.
func (s *statements) prepare(ctx context.Context, wanted map[string]bool) {
	for query := range wanted {
		if s.find(query) != nil {
			continue
		}
		stmt, err := s.db.PrepareContext(ctx, query) //nolint:sqlclosecheck // it is kept as long as its handle
		if err != nil {
			return // the query itself will tell, if it is at fault
		}
		s.mu.Lock()
		if len(s.ready) < maxStatements && s.ready[query] == nil {
			s.ready[query], stmt = stmt, nil
		}
		s.mu.Unlock()
		if stmt != nil {
			_ = stmt.Close()
		}
	}
}

// prepared is the statement for a query on the transaction's connection; nil
// when there is none yet, and then it is wanted for the next time.
func (tx *Tx) prepared(query string) *sql.Stmt {
	if tx.kept == nil || !keeps(query) {
		return nil
	}
	stmt := tx.kept.find(query)
	if stmt == nil {
		if len(tx.wanted) < maxWanted {
			if tx.wanted == nil {
				tx.wanted = map[string]bool{}
			}
			tx.wanted[query] = true
		}
		return nil
	}
	return tx.tx.StmtContext(tx.ctx, stmt)
}

// run sends a statement that gives no rows.
func (tx *Tx) run(query string, args []any) (sql.Result, error) {
	if stmt := tx.prepared(query); stmt != nil { //nolint:sqlclosecheck // the transaction closes it
		return stmt.ExecContext(tx.ctx, args...)
	}
	return tx.tx.ExecContext(tx.ctx, tx.store.dialect.bind(query), args...)
}

// collect sends a query whose rows the caller reads to their end before it sends
// anything else: one kept statement cannot serve two lists at a time.
func (tx *Tx) collect(query string, args []any) (*sql.Rows, error) {
	stmt := tx.prepared(query) //nolint:sqlclosecheck // the transaction closes it
	if stmt == nil {
		return tx.query(query, args...)
	}
	if err := checkText(args); err != nil {
		return nil, err
	}
	tx.counted()
	rows, err := stmt.QueryContext(tx.ctx, args...)
	if err != nil {
		return nil, tx.explain(err)
	}
	return rows, nil
}
