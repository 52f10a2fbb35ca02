package programme_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/programme"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

// TestOwnership raises a trigger when others answer for what was decided: a new
// owner, other members, other owners in the manifest; once for each change.
func TestOwnership(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ctx := t.Context()
		owner, ann, ben := r.Person(t, "root", drawbridge.ProgrammeOwner), r.Person(t, "ann", drawbridge.Requester), r.Person(t, "ben", drawbridge.Requester)
		in := r.Bring(t, ann, "pay")
		assign := func(to register.Assignment) drawbridge.Integration {
			t.Helper()
			r.Pass(time.Second)
			now, err := r.Record.Integration(ctx, owner, register.ByID(in.ID))
			if err != nil {
				t.Fatal(err)
			}
			to.Version, to.Reason = now.Version, "the team changed"
			out, err := r.Record.Assign(ctx, owner, register.ByID(in.ID), to)
			if err != nil {
				t.Fatal(err)
			}
			return out.Integration
		}
		raised := func() []programme.TriggerView {
			t.Helper()
			r.Pass(time.Second)
			for range 2 { // the queue may call twice
				for _, e := range r.assigned(t) {
					if err := r.Assigned(ctx, access.System("programme"), drawbridge.IntegrationID(e.Subject), string(e.ID)); err != nil {
						t.Fatal(err)
					}
				}
			}
			page, err := r.Triggers(ctx, owner, programme.TriggerFilter{Integration: in.ID, Kind: "ownership"}, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			return page.Items
		}
		assign(register.Assignment{Members: &[]drawbridge.PersonID{ben.Person}})
		if got := raised(); len(got) != 0 {
			t.Fatalf("triggers = %+v, want none before a decision", got)
		}
		r.Write(t, func(tx *store.Tx) error { return tx.EndEventsAbout(register.EventAssigned, string(in.ID), r.Now()) })
		r.live(t, in.ID, "2027-11-01")
		assign(register.Assignment{Owner: ben.Person})
		got := raised()
		if len(got) != 1 || got[0].Effect != drawbridge.Warn || got[0].Review != "" || !strings.Contains(got[0].Text, string(ben.Person)) {
			t.Fatalf("triggers = %+v, want one that warns and names the owner", got)
		}
		assign(register.Assignment{Owner: ben.Person, Members: &[]drawbridge.PersonID{ben.Person}}) // nothing new
		if got := raised(); len(got) != 1 {
			t.Errorf("%d triggers after no change, want 1", len(got))
		}
		assign(register.Assignment{Members: &[]drawbridge.PersonID{}})
		if got := raised(); len(got) != 2 {
			t.Errorf("%d triggers after the members changed, want 2", len(got))
		}
		head, err := r.Record.Integration(ctx, owner, register.ByID(in.ID))
		if err != nil {
			t.Fatal(err)
		}
		next := world.Example(t, "pay", "business: team:checkout", "business: team:sales")
		next.Base, next.Reason = head.Head, "sales runs it now"
		if _, err := r.Record.Push(ctx, ben, next); err != nil {
			t.Fatal(err)
		}
		if got := raised(); len(got) != 3 {
			t.Errorf("%d triggers after the manifest names other owners, want 3", len(got))
		}
	})
}

// assigned are the events of changed hands that are open.
func (r *rig) assigned(tb testing.TB) (out []store.EventState) {
	tb.Helper()
	r.World.Look(tb, func(tx *store.Tx) (err error) {
		out, err = tx.OpenEvents(r.Now(), 1000)
		return err
	})
	return slices.DeleteFunc(out, func(e store.EventState) bool { return e.Kind != register.EventAssigned })
}
