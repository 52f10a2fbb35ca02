package api_test

import (
	"net/http"
	"testing"

	"drawbridge/internal/api"
)

// mostQueries is how often an answer that reads may ask the database: what it
// asks must not grow with what there is.
const mostQueries = 12

// TestQueriesOfAnAnswer asks every route that reads, as every role that may.
func TestQueriesOfAnAnswer(t *testing.T) {
	t.Parallel()
	m := newMatrix(t, "", nil)
	for _, r := range api.Routes() {
		if r.Method != http.MethodGet {
			continue
		}
		fixture, ok := fixtures[r.Name]
		if !ok {
			t.Errorf("%s has no row in the matrix", r.Name)
			continue
		}
		answers := 0
		for _, c := range m.callers {
			q := fixture(m, c, true)
			if q.caller != nil {
				c = q.caller
			}
			before := m.door.Store().Queries()
			if m.try(r, c, q) != "y" {
				continue
			}
			answers++
			if n := m.door.Store().Queries() - before; n > mostQueries {
				t.Errorf("%s as %q: %d queries, want at most %d", r.Name, c.role, n, mostQueries)
			}
		}
		if answers == 0 {
			t.Errorf("%s answered nobody", r.Name)
		}
	}
}
