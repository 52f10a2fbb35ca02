package lifecycle_test

import (
	"slices"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

// propose proposes one as Ann, for so many days.
func (r *rig) propose(tb world.Host, covers string, days int) drawbridge.Exception {
	tb.Helper()
	r.Pass(time.Second)
	return must[drawbridge.Exception](tb)(r.Propose(tb.Context(), r.as("ann"), drawbridge.Exception{
		Integration: r.id, Covers: covers, Reason: "Fixed in spring.", Expires: r.Days(days),
	}, ""))
}

func (r *rig) ruling(x drawbridge.Exception) lifecycle.Ruling {
	return lifecycle.Ruling{ID: x.ID, Reason: "because", Expires: r.Days(89)}
}

func TestExceptions(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ctx := t.Context()
		dec := r.decide(t, r.id, drawbridge.Approved, r.Days(300))
		if dec.Tier != drawbridge.TierHigh {
			t.Fatal("the limits below are those of the tier high")
		}
		for name, x := range map[string]drawbridge.Exception{
			"no end": {Covers: "T017@charges", Reason: "x"}, "a past end": {Covers: "T017@charges", Reason: "x", Expires: r.Days(-1)},
			"too long": {Covers: "T017@charges", Reason: "x", Expires: r.Days(181)}, "no day": {Covers: "T017@charges", Reason: "x", Expires: "never"},
			"no reason": {Covers: "T017@charges", Expires: r.Days(9)}, "nothing": {Reason: "x", Expires: r.Days(9)}, "words": {Covers: "all of it", Reason: "x", Expires: r.Days(9)},
			"a bad effect": {Covers: "T017@charges", Reason: "x", Expires: r.Days(9), Breach: "explode"},
		} {
			x.Integration = r.id
			_, err := r.Propose(ctx, r.as("ann"), x, "")
			world.WantKind(t, name, err, drawbridge.Invalid)
		}
		x := r.propose(t, "T017@charges", 90)
		if x.State != "proposed" || x.Holds(r.Now()) || x.ProposedBy != r.people["ann"].Person {
			t.Errorf("proposal = %+v, want one that does not hold", x)
		}
		testConfirm(t, r, x)
		testRenew(t, r, x)

		refused := r.propose(t, "T018@charges", 10)
		if got := must[drawbridge.Exception](t)(r.Refuse(ctx, r.as("paul"), r.ruling(refused))); got.State != "refused" {
			t.Errorf("refused = %+v", got)
		}
		_, err := r.Confirm(ctx, r.as("paul"), r.ruling(refused))
		world.WantKind(t, "confirm what was refused", err, drawbridge.Conflict)
		_, err = r.RevokeException(ctx, r.as("paul"), r.ruling(refused))
		world.WantKind(t, "revoke what was refused", err, drawbridge.Conflict)
		page, err := r.ExceptionList(ctx, r.as("aud"), lifecycle.Filter{Integration: r.id, State: "refused"}, nil, 0)
		if err != nil || len(page.Items) != 1 {
			t.Errorf("%d exceptions were refused (%v), want 1", len(page.Items), err)
		}
	})
}

// testConfirm tries who may not confirm, and then confirms.
func testConfirm(t *testing.T, r *rig, x drawbridge.Exception) {
	t.Helper()
	ctx := t.Context()
	_, err := r.Confirm(ctx, r.as("ann"), r.ruling(x))
	world.WantKind(t, "confirmed by who proposed", err, drawbridge.Denied)
	_, err = r.Confirm(ctx, r.as("prog"), r.ruling(x))
	world.WantKind(t, "confirmed by the programme", err, drawbridge.Denied)
	late := r.as("paul")
	late.Proved = r.Now().Add(-time.Hour)
	_, err = r.Confirm(ctx, late, r.ruling(x))
	world.WantKind(t, "confirmed without a fresh proof", err, drawbridge.Denied)

	own := must[drawbridge.Exception](t)(r.Propose(ctx, r.as("pia"), drawbridge.Exception{Integration: r.id, Covers: "T020@charges", Reason: "x", Expires: r.Days(9)}, ""))
	_, err = r.Confirm(ctx, r.as("pia"), r.ruling(own))
	world.WantKind(t, "an approver's own proposal", err, drawbridge.Denied)
	owned := must[drawbridge.Exception](t)(r.Propose(ctx, r.as("rita"), drawbridge.Exception{
		Integration: r.id, Covers: "T021@charges", Reason: "x", Expires: r.Days(9), Owner: r.people["paul"].Person,
	}, ""))
	_, err = r.Confirm(ctx, r.as("paul"), r.ruling(owned))
	world.WantKind(t, "an approver's own exception", err, drawbridge.Denied)

	got := must[drawbridge.Exception](t)(r.Confirm(ctx, r.as("paul"), r.ruling(x)))
	if !got.Holds(r.Now()) || got.Approver != r.people["paul"].Person {
		t.Errorf("confirmed = %+v, want one that holds", got)
	}
	twin := r.propose(t, x.Covers, 80)
	_, err = r.Confirm(ctx, r.as("pia"), r.ruling(twin))
	wantMissing(t, "a second one for the same", err, x.ID, "renew")
	if due := r.due(t, x.Expires.End()); !slices.Contains(due, lifecycle.EventEnded+" "+x.ID) || !slices.Contains(due, lifecycle.EventEnding+" "+x.ID) {
		t.Errorf("events = %v, want one before the end and one at it", due)
	}
	if due := r.due(t, x.Expires.End().Add(-1)); slices.Contains(due, lifecycle.EventEnded+" "+x.ID) {
		t.Error("the end is looked at before it comes")
	}
}

// due lists the events that are due at a time, those that were relayed apart.
func (r *rig) due(tb world.Host, at time.Time) (out []string) {
	tb.Helper()
	r.Look(tb, func(tx *store.Tx) error {
		list, err := tx.OpenEvents(at, 1000)
		for _, e := range list {
			out = append(out, e.Kind+" "+e.Subject)
		}
		return err
	})
	return out
}

// testRenew renews an exception as often as it may be, and lets it end.
func testRenew(t *testing.T, r *rig, x drawbridge.Exception) {
	t.Helper()
	ctx := t.Context()
	renew := func(reason string, days int) (drawbridge.Exception, error) {
		return r.Renew(ctx, r.as("paul"), lifecycle.Ruling{ID: x.ID, Reason: reason, Expires: r.Days(days)})
	}
	r.Pass(40 * 24 * time.Hour)
	_, err := renew("", 80)
	world.WantKind(t, "renewed without a reason", err, drawbridge.Invalid)
	_, err = renew("more", 10)
	world.WantKind(t, "renewed to end earlier", err, drawbridge.Invalid)
	_, err = renew("more", 181)
	world.WantKind(t, "renewed for too long", err, drawbridge.Invalid)
	for n := range 2 {
		if x, err = renew("more", 60+n); err != nil || x.Renewals != int64(n+1) {
			t.Fatalf("renewal %d = %+v %v", n+1, x, err)
		}
	}
	_, err = renew("more", 90)
	wantMissing(t, "renewed a third time", err, "2 times")

	system := access.System("lifecycle")
	if err := r.Ended(ctx, system, x.ID); err != nil || r.inbox(t, "ann", "exception.ended") != 0 {
		t.Errorf("the end came before its day: %v", err)
	}
	r.Set(x.Expires.End().AddDate(0, 0, -14))
	for range 2 {
		if err := r.Ending(ctx, system, x.ID); err != nil {
			t.Fatal(err)
		}
	}
	r.Set(x.Expires.End())
	for range 2 { // the queue may call twice
		if err := r.Ended(ctx, system, x.ID); err != nil {
			t.Fatal(err)
		}
	}
	for _, who := range []string{"ann", "paul"} {
		if a, b := r.inbox(t, who, "exception.ending"), r.inbox(t, who, "exception.ended"); a != 1 || b != 1 {
			t.Errorf("%s was told %d times before and %d times at the end, want once each", who, a, b)
		}
	}
	if due := r.due(t, r.Now()); !slices.Contains(due, "assess.touched "+string(r.id)) {
		t.Errorf("events = %v, want a new assessment", due)
	}
	r.Look(t, func(tx *store.Tx) error {
		list, err := lifecycle.Exceptions(tx, r.id, r.Now())
		if len(list) != 0 {
			t.Errorf("%d exceptions hold after the end", len(list))
		}
		return err
	})
	_, err = renew("more", 80)
	world.WantKind(t, "renewed after its end", err, drawbridge.Conflict)
	_, err = r.Confirm(ctx, r.as("paul"), r.ruling(x))
	world.WantKind(t, "confirmed after its end", err, drawbridge.Conflict)
}

// inbox counts the messages of a kind that somebody has.
func (r *rig) inbox(tb world.Host, who, kind string) int {
	tb.Helper()
	n := 0
	r.Look(tb, func(tx *store.Tx) error {
		list, err := tx.MessagesBefore(r.people[who].Person, store.MessageFilter{}, "", 200)
		for _, m := range list {
			if m.Kind == kind {
				n++
			}
		}
		return err
	})
	return n
}

// TestAdopt pushes a manifest with exceptions.
func TestAdopt(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		day, late := string(r.Days(80)), string(r.Days(4000))
		id := r.Bring(t, r.people["ann"], "excepted", "exceptions:\n", `exceptions:
  - {threat: T017@charges, reason: Fixed in spring., owner: "role:security", expires: `+day+`}
`, "    expires: 2027-03-01\n\ntargets:", "    expires: "+late+"\n\ntargets:").ID
		for range 2 {
			if err := r.Adopt(t.Context(), access.System("lifecycle"), id); err != nil {
				t.Fatal(err)
			}
			r.Pass(time.Second)
		}
		page, err := r.ExceptionList(t.Context(), r.as("aud"), lifecycle.Filter{Integration: id}, nil, 0)
		if err != nil || len(page.Items) != 1 || page.Items[0].State != "proposed" || page.Items[0].Covers != "T017@charges" || page.Items[0].ProposedBy != r.people["ann"].Person {
			t.Fatalf("exceptions = %+v %v, want the one that ends in time, once", page.Items, err)
		}
		if n := r.inbox(t, "paul", "exception.proposed"); n != 1 {
			t.Errorf("Paul was told %d times, want once", n)
		}
		must[drawbridge.Exception](t)(r.Refuse(t.Context(), r.as("paul"), r.ruling(page.Items[0])))
		if page, err = r.ExceptionList(t.Context(), r.as("aud"), lifecycle.Filter{Integration: id}, nil, 0); err != nil || len(page.Items) != 1 {
			t.Errorf("%d exceptions (%v) after one was refused, want that one", len(page.Items), err)
		}
	})
}
