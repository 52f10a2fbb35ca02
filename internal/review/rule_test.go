package review_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/approval"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

const (
	security = drawbridge.SecurityDiscipline
	privacy  = drawbridge.PrivacyDiscipline
)

func TestWhoSigns(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ctx := t.Context()
		p := r.push(t)
		id := r.the(t, p.Integration.ID).ID
		_, err := r.sign(t, id, "sec", security)
		world.WantKind(t, "sign a draft", err, drawbridge.Conflict)
		r.walk(t, id)

		_, err = r.sign(t, id, "ann", security)
		world.WantKind(t, "the requester signs", err, drawbridge.Denied)
		_, err = r.sign(t, id, "sec", privacy)
		world.WantKind(t, "sign in a role that one does not hold", err, drawbridge.Denied)
		_, err = r.sign(t, id, "eve", security)
		world.WantKind(t, "somebody without a part in it signs", err, drawbridge.NotFound)
		token := r.as("sec")
		token.Proved = world.Start().Add(-1 << 60)
		_, err = r.Sign(ctx, token, review.Signing{Review: id, Role: security, Approve: true, View: r.progress(t, id).View})
		world.WantKind(t, "sign without a fresh proof", err, drawbridge.Denied)

		day := drawbridge.DateOf(world.Start().AddDate(0, 0, 20))
		for _, x := range []struct{ from, to string }{{"sec", "ann"}, {"ann", "sec2"}} {
			if _, err := r.Delegate(ctx, r.as(x.from), review.Delegating{Role: security, To: r.people[x.to].Person, Until: day}); err != nil {
				t.Fatal(err)
			}
			_, err := r.Sign(ctx, r.as(x.to), review.Signing{Review: id, Role: security, Approve: true, View: r.progress(t, id).View, For: r.people[x.from].Person})
			world.WantKind(t, "the requester signs by delegation, "+x.from+" to "+x.to, err, drawbridge.Denied)
		}
		_, err = r.Sign(ctx, r.as("sec2"), review.Signing{Review: id, Role: security, Approve: true, View: r.progress(t, id).View, For: r.people["sec"].Person})
		world.WantKind(t, "sign for somebody who delegated nothing", err, drawbridge.Denied)
		_, err = r.Delegate(ctx, r.as("sec"), review.Delegating{Role: security, To: r.people["priv"].Person, Until: day})
		world.WantKind(t, "delegate to somebody without the role", err, drawbridge.Invalid)
		_, err = r.Delegate(ctx, r.as("sec"), review.Delegating{Role: security, To: r.people["sec2"].Person, Until: "2028-01-01"})
		world.WantKind(t, "delegate for too long", err, drawbridge.Invalid)

		one, err := r.sign(t, id, "all", security)
		if err != nil || one.Proof != "password" {
			t.Fatalf("sign = %+v %v", one, err)
		}
		if again, err := r.sign(t, id, "all", security); err != nil || again.ID != one.ID {
			t.Errorf("sign again = %s %v, want %s", again.ID, err, one.ID)
		}
		_, err = r.sign(t, id, "all", privacy)
		world.WantKind(t, "one person signs two roles", err, drawbridge.Conflict)
		_, err = r.decide(t, id, "app", drawbridge.Approved)
		world.WantKind(t, "approve without privacy", err, drawbridge.Conflict)
		if _, err := r.sign(t, id, "priv", privacy); err != nil {
			t.Fatal(err)
		}
		_, err = r.decide(t, id, "ann", drawbridge.Approved)
		world.WantKind(t, "the requester decides", err, drawbridge.Conflict)
		_, err = r.decide(t, id, "sec", drawbridge.Approved)
		world.WantKind(t, "a reviewer decides", err, drawbridge.Denied)
		_, err = r.Unsign(ctx, r.as("sec"), review.Unsigning{Signoff: one.ID})
		world.WantKind(t, "take back another's sign-off", err, drawbridge.Denied)
		if _, err := r.Unsign(ctx, r.as("all"), review.Unsigning{Signoff: one.ID, Reason: "not sure"}); err != nil {
			t.Fatal(err)
		}
		_, err = r.decide(t, id, "app", drawbridge.Approved)
		world.WantKind(t, "approve after a sign-off was taken back", err, drawbridge.Conflict)
		if two, err := r.sign(t, id, "sec", security); err != nil || two.ID == one.ID {
			t.Fatal(two, err)
		}

		old := r.progress(t, id).View
		r.push(t, "hosts: [labels.acme.example]", "hosts: [labels.acme.example, more.acme.example]")
		for _, s := range r.progress(t, id).Signoffs {
			if s.Counts {
				t.Errorf("the sign-off %s counts on another view", s.ID)
			}
		}
		_, err = r.Decide(ctx, r.as("app"), review.Verdict{Review: id, Outcome: drawbridge.Approved, Rationale: "old", View: old})
		world.WantKind(t, "decide on the view of before", err, drawbridge.Conflict)
		_, err = r.decide(t, id, "app", drawbridge.Approved)
		world.WantKind(t, "approve what nobody signed", err, drawbridge.Conflict)
		if d, err := r.decide(t, id, "app", drawbridge.Rejected); err != nil || d.Approval != "" || d.Until != "" {
			t.Errorf("reject = %+v %v", d, err)
		}
		_, _, err = r.Approval(ctx, r.as("app"), id)
		world.WantKind(t, "approval of what was rejected", err, drawbridge.NotFound)
	})
}

func TestConditions(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	p := r.push(t)
	id := r.the(t, p.Integration.ID).ID
	r.walk(t, id)
	for who, role := range map[string]drawbridge.Discipline{"sec": security, "priv": privacy} {
		if _, err := r.sign(t, id, who, role); err != nil {
			t.Fatal(err)
		}
	}
	_, err := r.decide(t, id, "app", drawbridge.ApprovedWithConditions)
	world.WantKind(t, "conditions without any", err, drawbridge.Conflict)
	term := review.Term{Text: "rotate the key", Before: true, Verifier: security, Due: "2027-01-01"}
	_, err = r.decide(t, id, "app", drawbridge.Approved, term)
	world.WantKind(t, "approved, with a condition", err, drawbridge.Invalid)
	d, err := r.decide(t, id, "app", drawbridge.ApprovedWithConditions, term)
	if err != nil {
		t.Fatal(err)
	}
	_, file, err := r.Approval(t.Context(), r.as("ann"), id)
	if err != nil {
		t.Fatal(err)
	}
	a, err := approval.Open(file, r.Door.Keys().VerifierKeys())
	if err != nil || len(a.Conditions) != 1 || a.Conditions[0].Text != term.Text {
		t.Errorf("approval = %+v %v", a, err)
	}
	g, err := r.Gate(t.Context(), r.as("ann"), register.ByID(p.Integration.ID), d.Content)
	if err != nil || g.Answer.Status != approval.ApprovedWithConditions || len(g.Answer.Conditions) != 1 {
		t.Errorf("gate = %+v %v", g.Answer, err)
	}
}

func TestIntake(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		form := &review.Form{
			ID: "maps", Environment: "production", Purpose: "Show maps", Partner: "atlas", PartnerName: "Atlas", Kind: drawbridge.HTTPAPI, Direction: drawbridge.Outbound,
		}
		out, err := r.Intake(t.Context(), r.as("eve"), review.Request{Form: form, Intake: drawbridge.Intake{Justification: "shops"}, Key: "k"})
		if err != nil || out.Review.State != drawbridge.Draft || out.Review.Cause != "intake" || out.Review.Intake.Justification != "shops" || out.Review.Requester != r.people["eve"].Person {
			t.Fatalf("intake = %+v %v", out.Review, err)
		}
		id := out.Pushed.Integration.ID
		if err := r.Pushed(t.Context(), access.System("review"), id, "e"); err != nil {
			t.Fatal(err)
		}
		again, err := r.Open(t.Context(), r.as("prog"), review.Opening{Integration: id, Cause: "intake"})
		if err != nil || again.ID != out.Review.ID {
			t.Errorf("a second review %s %v beside %s", again.ID, err, out.Review.ID)
		}
		_, err = r.Submit(t.Context(), r.as("eve"), review.Step{Review: out.Review.ID})
		world.WantKind(t, "submit without owners", err, drawbridge.Conflict)
		_, err = r.Submit(t.Context(), r.as("ann"), review.Step{Review: out.Review.ID})
		if k := drawbridge.KindOf(err); k != drawbridge.NotFound && k != drawbridge.Denied {
			t.Errorf("submit another's = %v", err)
		}
		tracks, err := r.Tracks(t.Context(), r.as("eve"), out.Review.ID)
		if err != nil || len(tracks) != 5 || tracks[0].State != "open" || len(tracks[0].Blocked) == 0 || tracks[0].Blocked[0].Since.IsZero() {
			t.Errorf("tracks = %+v %v", tracks, err)
		}
	})
}

// TestWidening pushes at random over an approval: it is stale exactly when
// something of what was pushed widens.
func TestWidening(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	p, _ := r.approved(t)
	edits := []struct {
		old, now string
		widens   bool
	}{
		{"name: Parcel labels", "name: Labels", false},
		{"purpose: Print labels", "purpose: Print and mail labels", false},
		{"hosts: [labels.acme.example]", "hosts: [labels.acme.example, two.acme.example]", true},
		{"path: /labels}", "path: /all}", true},
		{"data: [{at: request, field: /text, category: content.public}]", "data: [{at: request, field: /text, category: content.public}, {at: request, field: /email, category: contact.email}]", true},
		{"lawful_basis: not_personal\n", "lawful_basis: not_personal\n  retention: {period: 30d}\n", false},
	}
	rapid.Check(t, func(rt *rapid.T) {
		var pairs []string
		want := false
		for i, e := range edits {
			if rapid.Bool().Draw(rt, fmt.Sprint(i)) {
				pairs = append(pairs, e.old, e.now)
				want = want || e.widens
			}
		}
		r.push(t, pairs...)
		if s := r.status(t, p.Integration.ID); s.Stale != want {
			rt.Fatalf("stale %t after %v, want %t: %v", s.Stale, pairs, want, s.Words())
		}
		r.compared(t, p.Integration.ID)
	})
}

// TestRandomWalk has everybody try everything in any order: no approval without
// what its guards ask for.
func TestRandomWalk(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	p := r.push(t)
	names := []string{"ann", "sec", "sec2", "priv", "all", "app", "prog", "eve"}
	steps := []string{"submit", "triage", "start", "ready", "reopen", "security", "privacy", "unsign", "approve", "reject", "push", "settle", "nobody", "ask", "withdraw"}
	decisions := 0
	rapid.Check(t, func(rt *rapid.T) {
		if rapid.IntRange(0, 3).Draw(rt, "kind") == 0 { // now and then all the way, so that the walk sees decisions
			id := r.begin(t, p.Integration.ID)
			r.walk(t, id)
		}
		rv := r.the(t, p.Integration.ID)
		for range rapid.IntRange(1, 12).Draw(rt, "length") {
			who := rapid.SampledFrom(names).Draw(rt, "who")
			r.try(t, rv.ID, who, rapid.SampledFrom(steps).Draw(rt, "step"))
		}
		rv = r.the(t, p.Integration.ID)
		if n := r.unanswered(t, rv.ID); rv.State == drawbridge.Withdrawn && n > 0 {
			t.Fatalf("%d questionnaires of a withdrawn review are open", n)
		}
		if rv.State == drawbridge.ApprovedWithConditions {
			t.Fatal("approved with a condition that nobody owns")
		}
		if rv.State == drawbridge.Approved {
			decisions++
			r.audit(t, rv)
		}
	})
	t.Logf("%d approvals on the way", decisions)
}

// begin opens a review, and leaves nothing of one that is open.
func (r *rig) begin(tb testing.TB, in drawbridge.IntegrationID) drawbridge.ReviewID {
	tb.Helper()
	if rv := r.the(tb, in); rv.State.Open() {
		if _, err := r.Withdraw(tb.Context(), r.as("prog"), review.Step{Review: rv.ID, Reason: "anew"}); err != nil {
			tb.Fatal(err)
		}
	}
	rv, err := r.Open(tb.Context(), r.as("ann"), review.Opening{Integration: in, Cause: "intake"})
	if err != nil {
		tb.Fatal(err)
	}
	return rv.ID
}

// try does one thing, whatever comes of it.
func (r *rig) try(tb testing.TB, id drawbridge.ReviewID, who, what string) {
	tb.Helper()
	ctx, a, step := tb.Context(), r.as(who), review.Step{Review: id, Reason: "try"}
	var err error
	switch what {
	case "submit":
		_, err = r.Submit(ctx, a, step)
	case "triage":
		_, err = r.Triage(ctx, a, review.Triage{Step: step, Tier: drawbridge.TierMedium})
	case "start":
		_, err = r.Start(ctx, a, step)
	case "ready":
		_, err = r.Ready(ctx, a, step)
	case "reopen":
		_, err = r.Reopen(ctx, a, step)
	case "security", "privacy":
		_, err = r.sign(tb, id, who, drawbridge.Discipline(what))
	case "unsign":
		for _, s := range r.progress(tb, id).Signoffs {
			_, err = r.Unsign(ctx, a, review.Unsigning{Signoff: s.ID, Reason: "try"})
		}
	case "approve":
		_, err = r.decide(tb, id, who, drawbridge.Approved)
	case "nobody":
		_, err = r.decide(tb, id, who, drawbridge.ApprovedWithConditions, review.Term{Text: "x", Verifier: "security", Due: r.Days(9), Owner: "per_nobody"})
	case "withdraw":
		_, err = r.Withdraw(ctx, a, step)
	case "ask":
		r.ask(tb, id)
	case "reject":
		_, err = r.decide(tb, id, who, drawbridge.Rejected)
	case "push":
		r.push(tb, "name: Parcel labels", "name: Labels "+drawbridge.NewID("x", r.Now()))
	case "settle":
		r.settle(tb, id)
	}
	if err != nil && drawbridge.KindOf(err) == drawbridge.Internal {
		tb.Fatalf("%s by %s: %v", what, who, err)
	}
}

// ask writes a questionnaire that was sent, while the review is open.
func (r *rig) ask(tb testing.TB, id drawbridge.ReviewID) {
	tb.Helper()
	r.Write(tb, func(tx *store.Tx) error {
		rv, err := tx.Reviews().Get(string(id))
		if err != nil || !rv.State.Open() {
			return err
		}
		return tx.Inquiries().Add(&drawbridge.Inquiry{ID: drawbridge.InquiryID(drawbridge.NewID("inq", r.Now())), Review: id, Integration: rv.Integration, Template: "x@1", State: inquiry.StateOpen})
	})
}

// audit holds an approval to the rows.
func (r *rig) audit(tb testing.TB, rv drawbridge.Review) {
	tb.Helper()
	err := r.Door.Store().View(tb.Context(), func(tx *store.Tx) error {
		d, err := tx.Decisions().Get(string(rv.Decision))
		if err != nil {
			return err
		}
		list, err := tx.Signoffs().Find(store.Query{Equal: map[string]any{"review": string(rv.ID)}})
		if err != nil {
			return err
		}
		by := map[drawbridge.PersonID]drawbridge.Discipline{}
		for _, role := range d.Roles {
			i := slices.IndexFunc(list, func(s drawbridge.Signoff) bool {
				return s.Role == role && s.Approve && s.WithdrawnAt.IsZero() && s.View == d.View && slices.Contains(d.Signoffs, s.ID)
			})
			if i < 0 {
				tb.Fatalf("approved without %s: %+v", role, list)
			}
			if other, twice := by[list[i].Person]; twice || list[i].Person == rv.Requester {
				tb.Fatalf("%s signed for %s and %s, requester %s", list[i].Person, role, other, rv.Requester)
			}
			by[list[i].Person] = role
		}
		if d.By == rv.Requester || !strings.HasPrefix(d.Approval, "sha256:") || rv.SubmittedAt.IsZero() || rv.TriagedAt.IsZero() || rv.ReadyAt.IsZero() {
			tb.Fatalf("decision %+v of review %+v", d, rv)
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
}
