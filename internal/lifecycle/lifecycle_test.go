package lifecycle_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/review"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

// rig is a desk over a record of its own, with a clock that tests set. What the
// review says is read from the record; only whether it is stale is set by tests.
type rig struct {
	*lifecycle.Desk
	*world.World
	stale  atomic.Bool
	idle   atomic.Bool // no interface can be driven
	people map[string]access.Actor
	id     drawbridge.IntegrationID
}

// roles are who is there: ann asked for the integration and owns it.
var roles = map[string][]drawbridge.Role{
	"ann": {drawbridge.Requester}, "bob": {drawbridge.Requester}, "prog": {drawbridge.ProgrammeOwner}, "olga": {drawbridge.Operator},
	"paul": {drawbridge.Approver}, "pia": {drawbridge.Approver, drawbridge.ReviewerSecurity}, "rita": {drawbridge.ReviewerSecurity},
	"leo": {drawbridge.ReviewerLegal}, "tess": {drawbridge.Tester}, "aud": {drawbridge.Auditor},
}

func open(tb testing.TB, url string) *rig {
	tb.Helper()
	r := &rig{World: world.New(tb, url, world.Options{}), people: map[string]access.Actor{}}
	r.Desk = lifecycle.New(r.Door, lifecycle.Options{Register: r.Record, Status: r.status, Testable: func(*drawbridge.Revision) (bool, error) { return !r.idle.Load(), nil }, Workspace: r.Packs.Load})
	for _, name := range names() {
		r.people[name] = r.Person(tb, name, roles[name]...)
		r.Pass(time.Second)
	}
	r.id = r.Bring(tb, r.people["ann"], "pay").ID
	return r
}

func names() []string { return slices.Sorted(maps.Keys(roles)) }

// as is somebody who has just proved who they are.
func (r *rig) as(name string) access.Actor {
	a := r.people[name]
	a.Proved = r.Now()
	return a
}

// status is what the review's desk says, but for the view.
func (r *rig) status(_ *store.Tx, f *review.File) (review.Status, error) {
	out := review.Status{Integration: f.Integration.ID, Stale: r.stale.Load(), Decision: f.Decision, OpenReview: f.Open}
	out.Expired = f.Decision != nil && f.Decision.Until.Past(r.Now())
	return out, nil
}

// decide writes the review of an integration and its decision.
func (r *rig) decide(tb world.Host, id drawbridge.IntegrationID, outcome drawbridge.ReviewState, until drawbridge.Date) drawbridge.Decision {
	tb.Helper()
	now := r.Now()
	var made drawbridge.Decision
	r.Write(tb, func(tx *store.Tx) error {
		in, err := tx.Integration(id)
		if err != nil {
			return err
		}
		n, err := tx.Reviews().Count(store.Query{Equal: map[string]any{"integration": string(id)}})
		if err != nil {
			return err
		}
		v := drawbridge.Review{
			ID: drawbridge.ReviewID(drawbridge.NewID("rvw", now)), Integration: id, Partner: in.Partner, Number: n + 1, State: outcome,
			Requester: r.people["ann"].Person, Revision: in.Head, OpenedAt: now, EndedAt: now,
		}
		made = drawbridge.Decision{
			ID: drawbridge.DecisionID(drawbridge.NewID("dec", now)), Review: v.ID, Integration: id, Revision: in.Head, Outcome: outcome,
			Tier: drawbridge.TierHigh, Until: until, By: r.people["paul"].Person, CreatedAt: now,
		}
		v.Decision = made.ID
		if err := tx.Reviews().Add(&v); err != nil {
			return err
		}
		if err := tx.Decisions().Add(&made); err != nil {
			return err
		}
		s, err := tx.Standings().Get(string(id))
		if drawbridge.KindOf(err) == drawbridge.NotFound {
			return tx.Standings().Add(&drawbridge.Standing{ID: id, Partner: in.Partner, Decision: made.ID, Outcome: outcome, Tier: made.Tier, Until: until})
		}
		if err != nil {
			return err
		}
		s.Decision, s.Outcome, s.Until = made.ID, outcome, until
		return tx.Standings().Set(s)
	})
	r.Pass(time.Second)
	return made
}

// evidence files a document of an integration.
func (r *rig) evidence(tb world.Host, id drawbridge.IntegrationID, kind, state string) drawbridge.EvidenceID {
	tb.Helper()
	now := r.Now()
	e := drawbridge.Evidence{ID: drawbridge.EvidenceID(drawbridge.NewID("evd", now)), Partner: "acme-pay", Integration: id, Kind: kind, Title: "x", State: state, CreatedAt: now}
	r.Write(tb, func(tx *store.Tx) error { return tx.Evidence().Add(&e) })
	r.Pass(time.Second)
	return e.ID
}

// run files a run of live checks on the head.
func (r *rig) run(tb world.Host, id drawbridge.IntegrationID, verdicts map[string]drawbridge.Verdict) {
	tb.Helper()
	list := []map[string]string{}
	for check, v := range verdicts {
		list = append(list, map[string]string{"check": check, "element": "charges", "verdict": string(v), "fingerprint": "f1-" + check})
	}
	data, err := json.Marshal(list)
	if err != nil {
		tb.Fatal(err)
	}
	now := r.Now()
	r.Write(tb, func(tx *store.Tx) error {
		in, err := tx.Integration(id)
		if err != nil {
			return err
		}
		head, err := tx.Revision(in.Head)
		if err != nil {
			return err
		}
		return tx.Runs().Add(&drawbridge.Run{
			ID: drawbridge.NewID("run", now), Integration: id, Revision: head.ID, Content: head.Content, Interface: "charges", Complete: true,
			Verdicts: data, FinishedAt: now, CreatedAt: now,
		})
	})
	r.Pass(time.Second)
}

func (r *rig) move(tb world.Host, who, step string) error {
	tb.Helper()
	r.Pass(time.Second)
	_, err := r.Move(tb.Context(), r.as(who), lifecycle.Move{Integration: r.id, Step: step, Reason: "because"})
	return err
}

func (r *rig) attest(tb world.Host, who, subject, result string, e drawbridge.EvidenceID) (drawbridge.Attestation, error) {
	tb.Helper()
	r.Pass(time.Second)
	return r.Attest(tb.Context(), r.as(who), lifecycle.Attesting{Integration: r.id, Subject: subject, Statement: "It is so.", Result: result, Evidence: e})
}

// wantMissing holds a refusal to what it names.
func wantMissing(tb world.Host, what string, err error, words ...string) {
	tb.Helper()
	world.WantKind(tb, what, err, drawbridge.Conflict)
	for _, w := range words {
		if err != nil && !strings.Contains(err.Error(), w) {
			tb.Errorf("%s = %v, want it to name %q", what, err, w)
		}
	}
}

func must[T any](tb world.Host) func(T, error) T {
	return func(v T, err error) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}

// state is the state of the integration as the record has it.
func (r *rig) state(tb world.Host) drawbridge.IntegrationState {
	tb.Helper()
	var out drawbridge.IntegrationState
	r.Look(tb, func(tx *store.Tx) error {
		in, err := tx.Integration(r.id)
		if err == nil {
			out = in.State
		}
		return err
	})
	return out
}

// TestLife takes an integration from an approval to its end, and tries each step
// before its guards hold.
func TestLife(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		wantMissing(t, "go live before a decision", r.move(t, "prog", "go_live"), "nothing was decided", "envelope", "no live check")
		world.WantKind(t, "suspend what is not live", r.move(t, "prog", "suspend"), drawbridge.Conflict)
		dec := r.decide(t, r.id, drawbridge.ApprovedWithConditions, r.Days(300))
		c := must[drawbridge.Condition](t)(r.AddCondition(t.Context(), r.as("rita"), drawbridge.Condition{
			Integration: r.id, Text: "Sign the agreement.", Before: true, Verifier: drawbridge.LegalDiscipline, Due: r.Days(30),
		}, ""))
		r.run(t, r.id, map[string]drawbridge.Verdict{"TLS-01": drawbridge.Fail, "AUTH-01": drawbridge.Pass})
		wantMissing(t, "go live too early", r.move(t, "ann", "go_live"), c.ID, "envelope", "TLS-01", "a reviewer of its discipline")

		must[drawbridge.Condition](t)(r.Meet(t.Context(), r.as("leo"), lifecycle.Settling{ID: c.ID, Reason: "Signed."}))
		r.run(t, r.id, map[string]drawbridge.Verdict{"TLS-01": drawbridge.Pass})
		proof := r.evidence(t, r.id, "evidence:configuration", "offered")
		must[drawbridge.Attestation](t)(r.attest(t, "olga", "envelope_live", "", proof))
		r.stale.Store(true)
		wantMissing(t, "go live on a stale approval", r.move(t, "prog", "go_live"), "stale")
		r.stale.Store(false)
		if err := r.move(t, "olga", "go_live"); err != nil || r.state(t) != drawbridge.Live {
			t.Fatalf("go live = %v, the state is %s", err, r.state(t))
		}

		world.WantKind(t, "suspend as its owner", r.move(t, "ann", "suspend"), drawbridge.Denied)
		if err := r.move(t, "olga", "suspend"); err != nil {
			t.Fatal(err)
		}
		wantMissing(t, "resume unattested", r.move(t, "olga", "resume"), "live again")
		must[drawbridge.Attestation](t)(r.attest(t, "olga", "resumed", "", proof))
		if err := r.move(t, "olga", "resume"); err != nil {
			t.Fatal(err)
		}
		if err := r.move(t, "olga", "suspend"); err != nil {
			t.Fatal(err)
		}
		wantMissing(t, "resume on the attestation of an earlier suspension", r.move(t, "olga", "resume"), "live again")

		again := r.decide(t, r.id, drawbridge.Approved, r.Days(300))
		life := must[lifecycle.Life](t)(r.Life(t.Context(), r.as("aud"), r.id))
		if life.Decision.ID != again.ID || again.ID == dec.ID || len(life.Steps) != 2 || life.Steps[0].Step != "resume" || len(life.Steps[0].Missing) != 1 || len(life.Attestations) != 2 {
			t.Errorf("life = %+v", life)
		}
		leaveAndRetire(t, r)
	})
}

// leaveAndRetire ends the life of a suspended integration.
func leaveAndRetire(t *testing.T, r *rig) {
	t.Helper()
	ctx := t.Context()
	_, err := r.Leave(ctx, r.as("olga"), lifecycle.Leaving{Integration: r.id, Planned: r.Days(60), Reason: "We move."})
	world.WantKind(t, "leave as an operator", err, drawbridge.Denied)
	dep := must[drawbridge.Departure](t)(r.Leave(ctx, r.as("ann"), lifecycle.Leaving{Integration: r.id, Planned: r.Days(60), Reason: "We move."}))
	if i := slices.IndexFunc(dep.Tasks, func(x drawbridge.DepartureTask) bool { return x.ID == "deletion" }); i < 0 || dep.Tasks[i].Due <= dep.Planned {
		t.Errorf("tasks = %+v, want one for the deletion, after the contract's time", dep.Tasks)
	}
	now := r.Now()
	ctr := drawbridge.Contract{ID: drawbridge.ContractID(drawbridge.NewID("ctr", now)), Partner: "acme-pay", Type: "msa", CreatedAt: now}
	r.Write(t, func(tx *store.Tx) error { return tx.Contracts().Add(&ctr) })
	wantMissing(t, "retire at once", r.move(t, "prog", "retire"), "no revocation probe", "proof of deletion", string(ctr.ID), "deletion is not done")

	probe := r.evidence(t, r.id, "evidence:revocation-drill", "offered")
	_, err = r.attest(t, "olga", "revocation_probe", "failed_to_connect", probe)
	wantMissing(t, "attest a probe with evidence that nobody accepted", err, "not accepted")
	foreign := r.evidence(t, r.Bring(t, r.people["ann"], "other").ID, "evidence:revocation-drill", "accepted")
	_, err = r.attest(t, "olga", "revocation_probe", "failed_to_connect", foreign)
	wantMissing(t, "attest a probe with another's evidence", err, "not on file of this integration")
	probe = r.evidence(t, r.id, "evidence:revocation-drill", "accepted")
	must[drawbridge.Attestation](t)(r.attest(t, "olga", "revocation_probe", "connected", probe))
	wantMissing(t, "retire while it connects", r.move(t, "prog", "retire"), "could still connect")
	at := must[drawbridge.Attestation](t)(r.attest(t, "olga", "revocation_probe", "failed_to_connect", probe))

	plan := lifecycle.Planning{Integration: r.id, Version: dep.Version, Planned: dep.Planned, Tasks: slices.Clone(dep.Tasks), Deletion: foreign}
	for i := range plan.Tasks {
		plan.Tasks[i].Done = true
	}
	_, err = r.Plan(ctx, r.as("prog"), plan)
	wantMissing(t, "name another's evidence", err, "not on file of this integration")
	plan.Deletion = r.evidence(t, r.id, "evidence:deletion", "offered")
	dep = must[drawbridge.Departure](t)(r.Plan(ctx, r.as("prog"), plan))
	ctr.Integrations = []drawbridge.IntegrationID{r.id} // it was about all of the partner's, and there is another one now
	r.Write(t, func(tx *store.Tx) error { return tx.Contracts().Set(&ctr) })
	wantMissing(t, "retire before the proof is accepted", r.move(t, "prog", "retire"), "not accepted yet", string(ctr.ID))
	plan.Version, plan.Deletion = dep.Version, r.evidence(t, r.id, "evidence:deletion", "accepted")
	must[drawbridge.Departure](t)(r.Plan(ctx, r.as("prog"), plan))
	wantMissing(t, "retire while the contract is open", r.move(t, "prog", "retire"), string(ctr.ID))
	r.Write(t, func(tx *store.Tx) error { ctr.ClosedAt = r.Now(); return tx.Contracts().Set(&ctr) })
	must[drawbridge.Attestation](t)(r.Revoke(ctx, r.as("olga"), at.ID, "It was another host.", ""))
	wantMissing(t, "retire on a revoked attestation", r.move(t, "prog", "retire"), "could still connect")
	must[drawbridge.Attestation](t)(r.attest(t, "olga", "revocation_probe", "failed_to_connect", probe))
	if err := r.move(t, "prog", "retire"); err != nil || r.state(t) != drawbridge.Retired {
		t.Fatalf("retire = %v, the state is %s", err, r.state(t))
	}
	if dep = must[drawbridge.Departure](t)(r.Departure(ctx, r.as("aud"), r.id)); dep.Revocation == "" || dep.EndedAt.IsZero() {
		t.Errorf("departure = %+v, want its end and its probe", dep)
	}
}
