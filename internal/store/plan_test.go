package store

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"drawbridge/internal/access"
)

// asked is a question that a list or a job of the review asks of one kind of
// record. Those that read a whole kind on purpose are not among them.
type asked struct {
	name  string
	where func(*Tx, Query) (table, key, sql string, args []any, err error)
	q     Query
}

func of[T any](s func(*Tx) Shelf[T]) func(*Tx, Query) (string, string, string, []any, error) {
	return func(tx *Tx, q Query) (string, string, string, []any, error) {
		shelf := s(tx)
		if !shelf.has("integration") && shelf.t.kind != "standing" {
			q.Scope = nil // whoever sees one of them sees all
		}
		where, args, err := shelf.where(q)
		return shelf.t.kind, shelf.t.key, where, args, err
	}
}

// by are pages of a list by one filter each, and in order of its identifiers.
func by[T any](s func(*Tx) Shelf[T], columns ...string) []asked {
	var out []asked
	for _, c := range columns {
		out = append(out, asked{c, of(s), Query{Equal: map[string]any{c: "x"}, After: "x_1", Newest: true}})
	}
	return out
}

func due[T any](s func(*Tx) Shelf[T], column string, equal map[string]any) asked {
	return asked{column, of(s), Query{Equal: equal, Ranges: []Range{{Column: column, From: "2026-01-01", To: "2027-01-01"}}}}
}

// questions are those of the lists of the review, of the queue, the calendar and
// what waits for a person.
func questions() []asked {
	open := Query{In: map[string][]string{"state": {"draft", "submitted", "triaged", "in_review", "ready"}}, After: "rvw_1", Newest: true}
	out := slices.Concat(
		by((*Tx).Reviews, "integration", "partner", "state", "tier"),
		by((*Tx).Signoffs, "review", "integration"),
		by((*Tx).Decisions, "integration"),
		by((*Tx).Standings, "partner"),
		by((*Tx).Rulings, "integration"),
		by((*Tx).Runs, "integration"),
		by((*Tx).Inquiries, "integration", "review", "state", "audience"),
		by((*Tx).Answers, "inquiry"),
		by((*Tx).Links, "inquiry"),
		by((*Tx).Evidence, "integration", "partner", "inquiry", "kind", "state"),
		by((*Tx).Threads, "integration", "inquiry", "kind", "object", "resolved_by"),
		by((*Tx).Comments, "thread"),
		by((*Tx).Contracts, "partner", "type"),
		by((*Tx).Measures, "contract"),
		by((*Tx).Subprocessors, "partner", "ended_at"),
		by((*Tx).Notices, "partner", "kind", "state", "inquiry"),
		by((*Tx).Profiles, "parent"),
		by((*Tx).Conditions, "integration", "state"),
		by((*Tx).Exceptions, "integration", "state"),
		by((*Tx).Risks, "integration", "partner", "owner", "category"),
		by((*Tx).Triggers, "integration", "kind", "handled_at"),
		by((*Tx).Attestations, "integration"),
		by((*Tx).Departures, "integration"),
		by((*Tx).ThreatReviews, "integration"),
	)
	return append(out,
		asked{"open", of((*Tx).Reviews), open},
		due((*Tx).Reviews, "due", nil),
		due((*Tx).Standings, "until", nil),
		due((*Tx).Conditions, "due", map[string]any{"state": "open"}),
		due((*Tx).Exceptions, "expires", map[string]any{"state": "confirmed"}),
		due((*Tx).Evidence, "expires", nil),
		due((*Tx).Evidence, "expires", map[string]any{"state": "accepted", "superseded_by": ""}),
		due((*Tx).Evidence, "period_end", map[string]any{"state": "accepted", "superseded_by": ""}),
		due((*Tx).Contracts, "ends", map[string]any{"closed_at": ""}),
		due((*Tx).Notices, "deadline", map[string]any{"state": "open"}),
	)
}

// walks matches a search that goes through the identifiers alone.
var walks = regexp.MustCompile(`\(id[<>]\?\)$`)

// TestNoListReadsAWholeKind asks SQLite how it would answer, for somebody who
// sees everything and for somebody who sees their own.
func TestNoListReadsAWholeKind(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for _, scope := range []access.Scope{{All: true}, {Person: "per_1"}} {
		for _, a := range questions() {
			err := s.View(t.Context(), func(tx *Tx) error {
				q := a.q
				q.Scope = &scope
				kind, key, where, args, err := a.where(tx, q)
				if err != nil {
					return err
				}
				plan, err := explain(tx, fmt.Sprintf("SELECT * FROM %s WHERE %s ORDER BY %s LIMIT 51", kind, where, key), args)
				for _, step := range plan {
					if strings.HasPrefix(step, "SCAN "+kind) || strings.HasPrefix(step, "SCAN integration") || strings.HasPrefix(step, "SEARCH "+kind) && walks.MatchString(step) {
						t.Errorf("%s by %s (%+v): %s", kind, a.name, scope, step)
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// explain tells how SQLite would answer a question.
func explain(tx *Tx, sql string, args []any) ([]string, error) {
	rows, err := tx.query("EXPLAIN QUERY PLAN "+sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			return nil, err
		}
		out = append(out, step)
	}
	return out, rows.Err()
}
