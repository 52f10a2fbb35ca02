package review_test

import (
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/approval"
	"drawbridge/internal/dossier"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// rig is a desk over a record of its own, with a clock that moves with each act.
type rig struct {
	*review.Desk
	door   *action.Door
	record *register.Desk
	clock  atomic.Int64
	people map[string]access.Actor
}

func (r *rig) now() time.Time { return start.Add(time.Duration(r.clock.Add(int64(time.Second)))) }

// who is there: ann asks, sec, sec2 and priv review, all is a reviewer in every
// role, app and app2 approve, prog runs the programme, eve has no part in it.
var roles = map[string][]drawbridge.Role{
	"ann": {drawbridge.Requester, drawbridge.ReviewerSecurity, drawbridge.Approver}, "sec": {drawbridge.ReviewerSecurity},
	"sec2": {drawbridge.ReviewerSecurity}, "priv": {drawbridge.ReviewerPrivacy}, "all": {drawbridge.ReviewerSecurity, drawbridge.ReviewerPrivacy},
	"app": {drawbridge.Approver}, "prog": {drawbridge.ProgrammeOwner}, "eve": {drawbridge.Requester},
}

func open(tb testing.TB, url string) *rig {
	tb.Helper()
	dir := tb.TempDir()
	keys, err := seal.EnsureKeyring(filepath.Join(dir, "keys"), "drawbridge.test/log", start)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := store.Open(tb.Context(), store.Options{Dir: dir, Database: url})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	ws, err := policy.OpenWorkspace(dir)
	if err != nil {
		tb.Fatal(err)
	}
	workspace := func() *policy.Workspace { return ws }
	r := &rig{people: map[string]access.Actor{}}
	r.door = action.New(action.Options{Store: s, Keys: keys, Now: r.now})
	r.record = register.New(r.door, register.Options{Workspace: workspace, Version: "test"})
	files := dossier.New(r.door, dossier.Options{Register: r.record})
	questions := inquiry.New(r.door, inquiry.Options{Register: r.record, Dossier: files, Workspace: workspace})
	r.Desk = review.New(r.door, review.Options{Register: r.record, Inquiry: questions, Workspace: workspace})
	for name, held := range roles {
		p := drawbridge.Person{ID: drawbridge.PersonID(drawbridge.NewID("per", r.now())), Email: name + "@drawbridge.example", Name: name, Roles: held}
		r.write(tb, func(tx *store.Tx) error { return tx.AddPerson(&p) })
		r.people[name] = access.Actor{ID: string(p.ID), Person: p.ID, Roles: held, Via: "api"}
	}
	return r
}

// write changes the record for a test, as the process itself.
func (r *rig) write(tb testing.TB, fn func(*store.Tx) error) {
	tb.Helper()
	_, _, err := action.Do(tb.Context(), r.door, action.Act{Actor: access.System("seed"), Action: access.Seed},
		func(tx *store.Tx) (struct{}, error) { return struct{}{}, fn(tx) })
	if err != nil {
		tb.Fatal(err)
	}
}

// as is somebody who just proved who they are.
func (r *rig) as(name string) access.Actor {
	a := r.people[name]
	a.Proved = r.now()
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
	text := small
	for i := 0; i < len(edit); i += 2 {
		if !strings.Contains(text, edit[i]) {
			tb.Fatalf("the manifest does not say %q", edit[i])
		}
		text = strings.Replace(text, edit[i], edit[i+1], 1)
	}
	p := register.Push{Main: "integration.yaml", Files: manifest.Files{"integration.yaml": []byte(text)}}
	if in, err := r.record.Integration(tb.Context(), r.as("ann"), register.ByKey("labels", "production")); err == nil {
		p.Base, p.Reason = in.Head, "another one"
	}
	out, err := r.record.Push(tb.Context(), r.as("ann"), p)
	if err != nil {
		tb.Fatal(err)
	}
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
	r.write(tb, func(tx *store.Tx) error {
		rv, err := tx.Reviews().Get(string(id))
		if err != nil {
			return err
		}
		if err := tx.Inquiries().Add(&drawbridge.Inquiry{ID: drawbridge.InquiryID(drawbridge.NewID("inq", r.now())), Review: id, Integration: rv.Integration, Template: "x@1", State: inquiry.StateClosed}); err != nil {
			return err
		}
		list, err := tx.Findings(store.FindingList{Scope: access.Scope{All: true}, Integration: rv.Integration, Severity: drawbridge.Critical, Limit: 100})
		for _, f := range list {
			if err == nil {
				err = tx.Exceptions().Add(&drawbridge.Exception{
					ID: drawbridge.NewID("exc", r.now()), Integration: rv.Integration, Covers: f.Rule + "@" + f.Element, State: "confirmed", Expires: "2027-06-01",
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

func wantKind(t *testing.T, what string, err error, want drawbridge.Kind) {
	t.Helper()
	if err == nil || drawbridge.KindOf(err) != want {
		t.Errorf("%s = %v, want an error of kind %s", what, err, want)
	}
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
		a, err := approval.Open(file, r.door.Keys().VerifierKeys())
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
		r.clock.Add(int64(2 * 365 * 24 * time.Hour))
		if s := r.status(t, id); !s.Expired || s.Approved() {
			t.Errorf("status after its last day = %+v", s)
		}
		if got := gate(p.Revision.Content); got != approval.Expired {
			t.Errorf("gate after its last day = %s", got)
		}
	})
}
