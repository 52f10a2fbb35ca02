package programme_test

import (
	"context"
	"errors"
	"net/url"
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

// items reads all items of a bulk.
func (r *rig) items(t *testing.T, by access.Actor, id string) []drawbridge.BulkItem {
	t.Helper()
	page, err := r.BulkItems(t.Context(), by, id, "", nil, 200)
	if err != nil {
		t.Fatal(err)
	}
	return page.Items
}

func (r *rig) owner(t *testing.T, by access.Actor, id drawbridge.IntegrationID) drawbridge.PersonID {
	t.Helper()
	in, err := r.Record.Integration(t.Context(), by, register.ByID(id))
	if err != nil {
		t.Fatal(err)
	}
	return in.Owner
}

// entries counts what is in the ledger.
func (r *rig) entries(t *testing.T) (n int64) {
	t.Helper()
	r.World.Look(t, func(tx *store.Tx) (err error) {
		n, _, err = tx.Head()
		return err
	})
	return n
}

// call does what the queue would: it works on every bulk that waits for it.
func (r *rig) call(t *testing.T) {
	t.Helper()
	var due []store.EventState
	r.World.Look(t, func(tx *store.Tx) (err error) {
		due, err = tx.OpenEvents(r.Now(), 100)
		return err
	})
	for _, e := range due {
		if e.Kind == programme.EventBulk {
			if err := r.GoOn(t.Context(), e.Subject); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func outcomes(list []drawbridge.BulkItem) (out []drawbridge.BulkOutcome) {
	for _, i := range list {
		out = append(out, i.Outcome)
	}
	return out
}

// TestBulk gives many things to somebody, item by item with its own outcome, and takes it back.
func TestBulk(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ctx := t.Context()
		root, ann, ben, eve := r.Person(t, "root", drawbridge.ProgrammeOwner), r.Person(t, "ann", drawbridge.Requester), r.Person(t, "ben", drawbridge.Requester), r.Person(t, "eve", drawbridge.Requester)
		a, b, c := r.Bring(t, ann, "pay"), r.Bring(t, ann, "mail"), r.Bring(t, ben, "ads")
		start := programme.BulkStart{
			Act: "owner", IDs: []string{string(a.ID), string(b.ID), string(c.ID), string(a.ID), "int_none"}, With: drawbridge.BulkWith{Person: ben.Person},
			Reason: "ann moves on", Key: "k1",
		}
		before := r.entries(t)
		out, err := r.StartBulk(ctx, root, start)
		if err != nil {
			t.Fatal(err)
		}
		if out.State != drawbridge.BulkDone || out.Total != 4 || out.Counts[drawbridge.BulkDid] != 2 || !out.Undoable {
			t.Fatalf("bulk = %+v, want two of four done", out)
		}
		got := r.items(t, root, out.ID)
		want := []drawbridge.BulkOutcome{drawbridge.BulkDid, drawbridge.BulkDid, drawbridge.BulkLeft, drawbridge.BulkRefused}
		if !slices.Equal(outcomes(got), want) || got[2].Told == "" || got[3].Told == "" {
			t.Fatalf("items = %+v, want %v with words", got, want)
		}
		if r.owner(t, root, a.ID) != ben.Person || r.owner(t, root, b.ID) != ben.Person {
			t.Error("the owner is not who was named")
		}
		if n := r.entries(t) - before; n != 3 {
			t.Errorf("%d entries for two acts and a refusal", n)
		}
		// Asked again with the same key, it is the same; with another wish, an error.
		if again, err := r.StartBulk(ctx, root, start); err != nil || again.ID != out.ID {
			t.Errorf("the repetition = %s, %v, want %s", again.ID, err, out.ID)
		}
		start.Reason = "another"
		_, err = r.StartBulk(ctx, root, start)
		world.WantKind(t, "another wish with the key", err, drawbridge.Conflict)
		// A crash between the act and its note: who goes on asks the same, and changes nothing.
		entries := r.entries(t)
		r.keep(t, func(tx *store.Tx) error {
			x, err := tx.Bulk(out.ID)
			if err != nil {
				return err
			}
			i := got[0]
			i.Outcome, i.Told = drawbridge.BulkBegun, ""
			x.State, x.EndedAt, x.Runner, x.Leased = drawbridge.BulkRunning, time.Time{}, "dead", r.Now().Add(time.Second)
			return errors.Join(tx.SetBulkItem(out.ID, &i), tx.SetBulk(x))
		})
		world.WantKind(t, "while another process may be at it", r.GoOn(ctx, out.ID), drawbridge.Unavailable)
		r.Pass(time.Minute)
		if err := r.GoOn(ctx, out.ID); err != nil {
			t.Fatal(err)
		}
		if now := r.items(t, root, out.ID); now[0].Outcome != drawbridge.BulkDid || r.entries(t) != entries {
			t.Errorf("after the crash: %+v and %d new entries, want done and none", now[0], r.entries(t)-entries)
		}
		// Nobody else sees it.
		for _, try := range []func() error{
			func() error { _, err := r.Bulk(ctx, eve, out.ID); return err },
			func() error { _, err := r.CancelBulk(ctx, eve, out.ID); return err },
			func() error { _, err := r.UndoBulk(ctx, eve, programme.BulkUndo{ID: out.ID}); return err },
			func() error { _, err := r.BulkItems(ctx, eve, out.ID, "", nil, 0); return err },
		} {
			world.WantKind(t, "another person's bulk", try(), drawbridge.NotFound)
		}
		r.takeBack(t, root, eve, ann, out, a.ID, b.ID)
	})
}

// takeBack takes a bulk back of which one item has changed since.
func (r *rig) takeBack(t *testing.T, root, eve, ann access.Actor, out drawbridge.Bulk, a, b drawbridge.IntegrationID) {
	t.Helper()
	ctx := t.Context()
	in, err := r.Record.Integration(ctx, root, register.ByID(b))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Record.Assign(ctx, root, register.ByID(b), register.Assignment{Version: in.Version, Owner: eve.Person}); err != nil {
		t.Fatal(err)
	}
	undone, err := r.UndoBulk(ctx, root, programme.BulkUndo{ID: out.ID, Key: "u1"})
	if err != nil {
		t.Fatal(err)
	}
	got := r.items(t, root, undone.ID)
	if undone.UndoOf != out.ID || len(got) != 2 || got[0].Outcome != drawbridge.BulkDid || got[1].Outcome != drawbridge.BulkRefused || !strings.Contains(got[1].Told, "changed since") {
		t.Fatalf("undo = %+v with %+v, want one done and one refused", undone, got)
	}
	if r.owner(t, root, a) != ann.Person || r.owner(t, root, b) != eve.Person {
		t.Error("the owners are not those of before, or what changed since was overwritten")
	}
	if was := r.items(t, root, out.ID); was[0].Outcome != drawbridge.BulkUndone || was[1].Outcome != drawbridge.BulkDid {
		t.Errorf("the items that were taken back are %v", outcomes(was))
	}
	_, err = r.UndoBulk(ctx, root, programme.BulkUndo{ID: undone.ID})
	world.WantKind(t, "undo of an undo", err, drawbridge.Conflict)
	if again, err := r.UndoBulk(ctx, root, programme.BulkUndo{ID: out.ID, Key: "u1"}); err != nil || again.ID != undone.ID {
		t.Errorf("the undo repeated = %s, %v", again.ID, err)
	}
}

// keep writes what is no record.
func (r *rig) keep(t *testing.T, fn func(*store.Tx) error) {
	t.Helper()
	if err := r.Door.Keep(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// slow is a rig whose clock moves with each look, so that a bulk takes longer than one waits.
func slow(t *testing.T, url string) *rig {
	t.Helper()
	r := open(t, url)
	r.World = world.New(t, url, world.Options{Tick: 150 * time.Millisecond})
	r.Desk = programme.New(r.Door, programme.Options{Register: r.Record, Workspace: r.Packs.Load})
	return r
}

// TestBulkQueue leaves the rest to the queue, which asks for the rights as they are then.
func TestBulkQueue(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := slow(t, url)
		ctx := t.Context()
		root, ann, ben := r.Person(t, "root", drawbridge.ProgrammeOwner), r.Person(t, "ann", drawbridge.Requester), r.Person(t, "ben", drawbridge.Requester)
		for _, id := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
			r.Bring(t, ann, id)
		}
		all := ""
		out, err := r.StartBulk(ctx, root, programme.BulkStart{Act: "add-member", Filter: &all, With: drawbridge.BulkWith{Person: ben.Person}})
		if err != nil {
			t.Fatal(err)
		}
		if out.State != drawbridge.BulkRunning || out.Total != 8 || out.Counts[drawbridge.BulkDid] == 0 || out.Counts[drawbridge.BulkWaits] == 0 {
			t.Fatalf("bulk = %+v, want one that has begun and goes on", out)
		}
		did := out.Counts[drawbridge.BulkDid]
		r.Write(t, func(tx *store.Tx) error {
			p, err := tx.Person(root.Person)
			if err != nil {
				return err
			}
			p.Roles = []drawbridge.Role{drawbridge.Auditor}
			return tx.SetPerson(p)
		})
		r.call(t)
		out, err = r.Bulk(ctx, root, out.ID)
		if err != nil || out.State != drawbridge.BulkDone || out.Counts[drawbridge.BulkDid] != did || out.Counts[drawbridge.BulkRefused] != 8-did {
			t.Fatalf("without the role = %+v, %v, want the rest refused", out, err)
		}
		if last := r.items(t, root, out.ID)[7]; !strings.Contains(last.Told, "integration.assign") {
			t.Errorf("refused because %q, want the permission that is missing", last.Told)
		}
		// Cancelled, what was not begun is left.
		r.Write(t, func(tx *store.Tx) error {
			p, err := tx.Person(root.Person)
			if err != nil {
				return err
			}
			p.Roles = []drawbridge.Role{drawbridge.ProgrammeOwner}
			return tx.SetPerson(p)
		})
		out, err = r.StartBulk(ctx, root, programme.BulkStart{Act: "owner", Filter: &all, With: drawbridge.BulkWith{Person: ben.Person}})
		if err != nil || out.State != drawbridge.BulkRunning {
			t.Fatal(out, err)
		}
		if _, err := r.UndoBulk(ctx, root, programme.BulkUndo{ID: out.ID}); drawbridge.KindOf(err) != drawbridge.Conflict {
			t.Errorf("undo while it runs = %v", err)
		}
		if out, err = r.CancelBulk(ctx, root, out.ID); err != nil || out.State != drawbridge.BulkCancelled || out.Counts[drawbridge.BulkLeft] == 0 || out.Counts[drawbridge.BulkWaits] != 0 {
			t.Fatalf("cancelled = %+v, %v", out, err)
		}
		did = out.Counts[drawbridge.BulkDid]
		r.call(t)
		if out, err = r.Bulk(ctx, root, out.ID); err != nil || out.Counts[drawbridge.BulkDid] != did || out.State != drawbridge.BulkCancelled {
			t.Errorf("the queue after the cancel = %+v, %v, want nothing more", out, err)
		}
		_, err = r.CancelBulk(ctx, root, r.first(t, root))
		world.WantKind(t, "cancel what is done", err, drawbridge.Conflict)
		undone, err := r.UndoBulk(ctx, root, programme.BulkUndo{ID: out.ID})
		r.call(t)
		if err != nil || undone.Total != did {
			t.Errorf("undo of what was cancelled = %+v, %v, want the %d that were done", undone, err, did)
		}
	})
}

// first is the oldest bulk of somebody.
func (r *rig) first(t *testing.T, by access.Actor) string {
	t.Helper()
	list, err := r.Bulks(t.Context(), by, nil, 0)
	if err != nil || len(list.Items) == 0 {
		t.Fatal(err)
	}
	return list.Items[len(list.Items)-1].ID
}

// TestBulkTries tries what failed through no fault of anybody a few times, and then says so.
func TestBulkTries(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	ctx := t.Context()
	ann := r.Person(t, "ann", drawbridge.Requester)
	r.Bring(t, ann, "pay")
	var ids []string
	for range 3 {
		m := drawbridge.Message{ID: drawbridge.MessageID(drawbridge.NewID("msg", r.Now())), Person: ann.Person, Kind: "review.opened", Link: "/", CreatedAt: r.Now()}
		r.keep(t, func(tx *store.Tx) error { return tx.AddMessage(m) })
		ids = append(ids, string(m.ID))
	}
	var calls []string
	broken := errors.New("the disk is gone")
	r.SetMarks(programme.Marks{Set: func(_ context.Context, _ access.Actor, id drawbridge.MessageID, _ bool) error {
		calls = append(calls, string(id))
		if string(id) == ids[1] {
			return broken
		}
		return nil
	}, Find: func(context.Context, access.Actor, url.Values, int) ([]drawbridge.MessageID, error) { return nil, nil }})
	out, err := r.StartBulk(ctx, ann, programme.BulkStart{Act: "read", IDs: ids})
	if err != nil || out.State != drawbridge.BulkRunning {
		t.Fatalf("bulk = %+v, %v, want one that waits for the queue", out, err)
	}
	if err := r.GoOn(ctx, out.ID); !errors.Is(err, broken) {
		t.Errorf("the second try = %v, want what went wrong", err)
	}
	if err := r.GoOn(ctx, out.ID); err != nil {
		t.Errorf("the third try = %v", err)
	}
	got := r.items(t, ann, out.ID)
	want := []drawbridge.BulkOutcome{drawbridge.BulkDid, drawbridge.BulkRefused, drawbridge.BulkDid}
	if !slices.Equal(outcomes(got), want) || strings.Contains(got[1].Told, "disk") || len(calls) != 5 {
		t.Errorf("items = %+v after %d calls, want %v without what only the operator reads", got, len(calls), want)
	}
	none := ""
	_, err = r.StartBulk(ctx, ann, programme.BulkStart{Act: "read", Filter: &none})
	world.WantKind(t, "a filter that nothing fits", err, drawbridge.Invalid)
}

// TestBulkForm refuses what makes no sense before anything happens.
func TestBulkForm(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	ctx := t.Context()
	ann := r.Person(t, "ann", drawbridge.Requester)
	in := r.Bring(t, ann, "pay")
	one, filter, wrong := []string{string(in.ID)}, "tier=high", "state=live&tiers=high"
	many := make([]string, drawbridge.MaxBulk+1)
	for i := range many {
		many[i] = string(in.ID)
	}
	for name, s := range map[string]programme.BulkStart{
		"no such act":      {Act: "sign", IDs: one},
		"nothing":          {Act: "assess"},
		"both":             {Act: "assess", IDs: one, Filter: &filter},
		"a wrong filter":   {Act: "assess", Filter: &wrong},
		"too many":         {Act: "assess", IDs: many},
		"no identifier":    {Act: "assess", IDs: []string{"pay"}},
		"no person":        {Act: "owner", IDs: one},
		"no reason":        {Act: "review", IDs: one},
		"no kind":          {Act: "trigger", IDs: one, Reason: "x"},
		"no last day":      {Act: "except", IDs: []string{one[0] + "/f1-00"}, Reason: "x"},
		"another list":     {Act: "rule", IDs: one, Reason: "x"},
		"a wrong role":     {Act: "rule", IDs: []string{one[0] + "/f1-00"}, Reason: "x", With: drawbridge.BulkWith{Role: "boss"}},
		"a wrong severity": {Act: "trigger", IDs: one, Reason: "x", With: drawbridge.BulkWith{Kind: "incident", Severity: "huge"}},
	} {
		_, err := r.StartBulk(ctx, ann, s)
		world.WantKind(t, name, err, drawbridge.Invalid)
	}
	_, err := r.StartBulk(ctx, access.Anonymous("api", ""), programme.BulkStart{Act: "assess", IDs: one})
	world.WantKind(t, "nobody", err, drawbridge.Unauthenticated)
	stranger := r.Person(t, "eve", drawbridge.Requester)
	p, err := r.PreviewBulk(ctx, stranger, programme.BulkStart{Act: "owner", IDs: one})
	if err != nil || p.Count(drawbridge.BulkRefused) != 1 || p.Items[0].Name != "" {
		t.Errorf("preview of what one may not see = %+v, %v", p, err)
	}
	if p, err = r.PreviewBulk(ctx, ann, programme.BulkStart{Act: "trigger", IDs: one}); err != nil || p.Count(drawbridge.BulkRefused) != 1 || p.Items[0].Name == "" {
		t.Errorf("preview of what one may see and not do = %+v, %v", p, err)
	}
	out, err := r.StartBulk(ctx, ann, programme.BulkStart{Act: "assess", IDs: one})
	if err != nil || out.Counts[drawbridge.BulkDid] != 1 || out.Undoable {
		t.Errorf("assessed = %+v, %v", out, err)
	}
}
