package review_test

import (
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/approval"
	"drawbridge/internal/dossier"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/manifest"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

// rig is a desk over a record of its own, with a clock that moves with each act.
type rig struct {
	*review.Desk
	*world.World
	people map[string]access.Actor
}

// who is there: ann asks, sec, sec2 and priv review, all is a reviewer in every
// role, app and app2 approve, prog runs the programme, eve has no part in it.
var roles = map[string][]drawbridge.Role{
	"ann": {drawbridge.Requester, drawbridge.ReviewerSecurity, drawbridge.Approver}, "sec": {drawbridge.ReviewerSecurity},
	"sec2": {drawbridge.ReviewerSecurity}, "priv": {drawbridge.ReviewerPrivacy}, "all": {drawbridge.ReviewerSecurity, drawbridge.ReviewerPrivacy},
	"app": {drawbridge.Approver}, "prog": {drawbridge.ProgrammeOwner}, "eve": {drawbridge.Requester},
}

func open(tb testing.TB, url string) *rig {
	tb.Helper()
	r := &rig{World: world.New(tb, url, world.Options{Tick: time.Second}), people: map[string]access.Actor{}}
	files := dossier.New(r.Door, dossier.Options{Register: r.Record})
	questions := inquiry.New(r.Door, inquiry.Options{Register: r.Record, Dossier: files, Workspace: r.Packs.Load})
	r.Desk = review.New(r.Door, review.Options{Register: r.Record, Inquiry: questions, Workspace: r.Packs.Load})
	for name, held := range roles {
		r.people[name] = r.Person(tb, name, held...)
	}
	return r
}

// as is somebody who just proved who they are.
func (r *rig) as(name string) access.Actor {
	a := r.people[name]
	a.Proved = r.Now()
	return a
}

const small = `apiVersion: drawbridge/v1
kind: Integration
id: labels
environment: production
name: Parcel labels
purpose: Print labels
owners: {business: "team:shop", technical: "team:logistics"}
systems:
- {id: shop, zone: internal/shop}
interfaces:
- id: print
  kind: webhook
  direction: outbound
  hosts: [labels.acme.example]
  operations: [{id: label, method: POST, path: /labels}]
flows:
- id: print
  from: shop
  to: print
  operations: [label]
  purpose: labels
  lawful_basis: not_personal
  data: [{at: request, field: /text, category: content.public}]
`

// push brings the small manifest with lines changed, as Ann, and lets the queue's
// worker look at it.
func (r *rig) push(tb testing.TB, edit ...string) register.Pushed {
	tb.Helper()
	files := manifest.Files{"integration.yaml": []byte(world.Edit(tb, small, edit...))}
	out := r.Deliver(tb, r.as("ann"), "labels", register.Push{Main: "integration.yaml", Files: files})
	if err := r.Pushed(tb.Context(), access.System("review"), out.Integration.ID, string(out.Revision.ID)); err != nil {
		tb.Fatal(err)
	}
	return out
}

func (r *rig) the(tb testing.TB, id drawbridge.IntegrationID) drawbridge.Review {
	tb.Helper()
	page, err := r.Reviews(tb.Context(), r.as("prog"), review.Filter{Integration: id}, nil, 1)
	if err != nil || len(page.Items) == 0 {
		tb.Fatalf("reviews = %v %v", page.Items, err)
	}
	return page.Items[0]
}

func (r *rig) progress(tb testing.TB, id drawbridge.ReviewID) review.Progress {
	tb.Helper()
	p, err := r.Progress(tb.Context(), r.as("prog"), id)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// walk takes a draft to ready. What hinders only because the example is small is
// settled by hand.
func (r *rig) walk(tb testing.TB, id drawbridge.ReviewID) {
	tb.Helper()
	step := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	_, err := r.Submit(tb.Context(), r.as("ann"), review.Step{Review: id})
	step(err)
	_, err = r.Triage(tb.Context(), r.as("prog"), review.Triage{Step: review.Step{Review: id, Reason: "small"}, Tier: drawbridge.TierMedium})
	step(err)
	_, err = r.Start(tb.Context(), r.as("prog"), review.Step{Review: id})
	step(err)
	r.settle(tb, id)
	_, err = r.Ready(tb.Context(), r.as("sec"), review.Step{Review: id})
	step(err)
}

// settle writes a questionnaire that was closed, and exceptions for what is critical.
func (r *rig) settle(tb testing.TB, id drawbridge.ReviewID) {
	tb.Helper()
	r.Write(tb, func(tx *store.Tx) error {
		rv, err := tx.Reviews().Get(string(id))
		if err != nil {
			return err
		}
		if err := tx.Inquiries().Add(&drawbridge.Inquiry{ID: drawbridge.InquiryID(drawbridge.NewID("inq", r.Now())), Review: id, Integration: rv.Integration, Template: "x@1", State: inquiry.StateClosed}); err != nil {
			return err
		}
		list, err := tx.Findings(store.FindingList{Scope: access.Scope{All: true}, Integration: rv.Integration, Severity: drawbridge.Critical, Limit: 100})
		for _, f := range list {
			if err == nil {
				err = tx.Exceptions().Add(&drawbridge.Exception{
					ID: drawbridge.NewID("exc", r.Now()), Integration: rv.Integration, Covers: f.Rule + "@" + f.Element, State: "confirmed", Expires: "2027-06-01",
				})
			}
		}
		return err
	})
}

func (r *rig) sign(tb testing.TB, id drawbridge.ReviewID, who string, role drawbridge.Discipline) (drawbridge.Signoff, error) {
	tb.Helper()
	return r.Sign(tb.Context(), r.as(who), review.Signing{Review: id, Role: role, Approve: true, View: r.progress(tb, id).View})
}

func (r *rig) decide(tb testing.TB, id drawbridge.ReviewID, who string, outcome drawbridge.ReviewState, terms ...review.Term) (drawbridge.Decision, error) {
	tb.Helper()
	return r.Decide(tb.Context(), r.as(who), review.Verdict{Review: id, Outcome: outcome, Rationale: "fine", View: r.progress(tb, id).View, Terms: terms})
}

// approved brings the small integration to an approval.
func (r *rig) approved(tb testing.TB) (register.Pushed, drawbridge.Decision) {
	tb.Helper()
	p := r.push(tb)
	id := r.the(tb, p.Integration.ID).ID
	r.walk(tb, id)
	for who, role := range map[string]drawbridge.Discipline{"sec": "security", "priv": "privacy"} {
		if _, err := r.sign(tb, id, who, role); err != nil {
			tb.Fatal(err)
		}
	}
	d, err := r.decide(tb, id, "app", drawbridge.Approved)
	if err != nil {
		tb.Fatal(err)
	}
	return p, d
}

func (r *rig) status(tb testing.TB, id drawbridge.IntegrationID) review.Status {
	tb.Helper()
	s, err := r.Standing(tb.Context(), r.as("prog"), id)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestJourney(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		p, d := r.approved(t)
		id := p.Integration.ID
		if d.Outcome != drawbridge.Approved || len(d.Signoffs) != 2 || d.Until != "2028-05-21" || d.Approval == "" || d.Content != p.Revision.Content {
			t.Fatalf("decision = %+v", d)
		}
		if s := r.status(t, id); !s.Approved() || s.OpenReview != nil || len(s.Words()) != 0 {
			t.Fatalf("status = %+v", s)
		}
		name, file, err := r.Approval(t.Context(), r.as("ann"), d.Review)
		if err != nil || !strings.HasPrefix(name, "labels-production-dec_") {
			t.Fatalf("approval %q %v", name, err)
		}
		a, err := approval.Open(file, r.Door.Keys().VerifierKeys())
		if err != nil || a.Decision != d.ID || len(a.Signoffs) != 2 || a.Until != d.Until {
			t.Fatalf("approval file = %+v %v", a, err)
		}
		gate := func(digest string) approval.Status {
			t.Helper()
			g, err := r.Gate(t.Context(), r.as("ann"), register.ByID(id), digest)
			if err != nil {
				t.Fatal(err)
			}
			return g.Answer.Status
		}
		if got := gate(p.Revision.Content); got != approval.Approved {
			t.Errorf("gate of the decided digest = %s", got)
		}
		if got := gate("sha256:" + strings.Repeat("0", 64)); got != approval.Unknown {
			t.Errorf("gate of an unknown digest = %s", got)
		}
		prose := r.push(t, "name: Parcel labels", "name: Labels")
		if got := gate(prose.Revision.Content); got != approval.Approved || r.status(t, id).OpenReview != nil {
			t.Errorf("gate after prose = %s, %+v", got, r.status(t, id).OpenReview)
		}
		wide := r.push(t, "hosts: [labels.acme.example]", "hosts: [labels.acme.example, more.acme.example]")
		s := r.status(t, id)
		if !s.Stale || s.Approved() || s.OpenReview == nil || s.OpenReview.Cause != "widening" || s.OpenReview.Previous != d.Review || len(s.Words()) == 0 {
			t.Errorf("status after a widening = %+v", s)
		}
		if got := gate(wide.Revision.Content); got != approval.StaleApproval {
			t.Errorf("gate after a widening = %s", got)
		}
		if got := gate(p.Revision.Content); got != approval.Approved {
			t.Errorf("gate of what was decided, after a widening = %s", got)
		}
		if changes, err := r.Changes(t.Context(), r.as("sec"), s.OpenReview.ID); err != nil || len(changes) == 0 || !changes[0].Kind.Stale() {
			t.Errorf("changes since the decision = %v %v", changes, err)
		}
		back := r.push(t)
		if s := r.status(t, id); s.Stale || s.OpenReview == nil || s.OpenReview.Revision != back.Revision.ID {
			t.Errorf("status after going back = %+v", s)
		}
		r.Pass(2 * 365 * 24 * time.Hour)
		if s := r.status(t, id); !s.Expired || s.Approved() {
			t.Errorf("status after its last day = %+v", s)
		}
		if got := gate(p.Revision.Content); got != approval.Expired {
			t.Errorf("gate after its last day = %s", got)
		}
	})
}
