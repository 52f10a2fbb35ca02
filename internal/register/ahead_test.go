package register_test

import (
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

// TestOneLookAhead shows that the queue looks at an integration once in a
// rhythm, however often it was pushed and assessed.
func TestOneLookAhead(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ann := r.Person(t, "ann", drawbridge.Requester, drawbridge.ReviewerSecurity)
		first, err := r.Push(t.Context(), ann, world.Example(t, "acme-payments"))
		if err != nil {
			t.Fatal(err)
		}
		r.Pass(time.Hour)
		next := world.Example(t, "acme-payments", wider...)
		next.Base, next.Reason = first.Revision.ID, "another shop uses the key"
		if _, err := r.Push(t.Context(), ann, next); err != nil {
			t.Fatal(err)
		}
		r.Pass(time.Hour)
		if _, err := r.Assess(t.Context(), ann, register.ByID(first.Integration.ID), ""); err != nil {
			t.Fatal(err)
		}
		err = r.Door.Store().View(t.Context(), func(tx *store.Tx) error {
			open, err := tx.EventsBefore(store.EventFilter{Kind: register.EventAssess, Open: true}, "", 10)
			if err == nil && (len(open) != 1 || !open[0].DueAt.After(r.Now())) {
				t.Errorf("open looks ahead = %+v, want one", open)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
