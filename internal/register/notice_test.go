package register_test

import (
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

// TestNotices tells people what others did, and nobody of their own act.
func TestNotices(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ann, bob, eve := r.Person(t, "ann", drawbridge.ProgrammeOwner), r.Person(t, "bob", drawbridge.Requester), r.Person(t, "eve", drawbridge.Requester)
		told := func(who string, actor access.Actor, want ...string) {
			t.Helper()
			var got []string
			err := r.Door.Store().View(t.Context(), func(tx *store.Tx) error {
				list, err := tx.MessagesBefore(actor.Person, store.MessageFilter{}, "", 100)
				for _, m := range slices.Backward(list) {
					got = append(got, m.Kind)
				}
				return err
			})
			if err != nil || !gocmp.Equal(got, want) {
				t.Errorf("%s was told %v %v, want %v", who, got, err, want)
			}
		}
		first, err := r.Push(t.Context(), ann, world.Example(t, "pay"))
		if err != nil {
			t.Fatal(err)
		}
		ref := register.ByID(first.Integration.ID)
		members := []drawbridge.PersonID{eve.Person, ann.Person}
		if _, err := r.Assign(t.Context(), ann, ref, register.Assignment{Version: 1, Owner: bob.Person, Members: &members}); err != nil {
			t.Fatal(err)
		}
		told("Ann", ann)
		told("Bob", bob, "integration.assigned")
		told("Eve", eve, "integration.assigned")
		second := world.Example(t, "pay", "settle them with the bank", "settle them with a bank")
		second.Base, second.Reason = first.Revision.ID, "more"
		r.Pass(time.Second) // what one millisecond brings has no order
		if _, err := r.Push(t.Context(), eve, second); err != nil {
			t.Fatal(err)
		}
		told("Bob", bob, "integration.assigned", "integration.pushed")
		told("Eve", eve, "integration.assigned")

		// What was fine, by another judgement, and is not any more.
		_, _, err = action.Do(t.Context(), r.Door, action.Act{Actor: access.System("seed"), Action: access.Seed}, func(tx *store.Tx) (struct{}, error) {
			in, err := tx.Integration(first.Integration.ID)
			if err != nil {
				return struct{}{}, err
			}
			in.Outcome, in.Tier = drawbridge.Go, drawbridge.TierLow
			return struct{}{}, tx.SetIntegration(in)
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			r.Pass(24 * time.Hour)
			if did, err := r.AssessDue(t.Context(), access.System("assess"), first.Integration.ID); !did || err != nil {
				t.Fatalf("AssessDue = %v %v", did, err)
			}
		}
		told("Bob", bob, "integration.assigned", "integration.pushed", "integration.worse") // once: it did not become worse again
	})
}
