package lifecycle_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// host is a test, or one try of a property.
type host interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Context() context.Context
}

// rig is a desk over a record of its own, with a clock that tests set. What the
// review says is read from the record; only whether it is stale is set by tests.
type rig struct {
	*lifecycle.Desk
	door   *action.Door
	record *register.Desk
	clock  atomic.Int64 // nanoseconds after start
	stale  atomic.Bool
	people map[string]access.Actor
	id     drawbridge.IntegrationID
}

func (r *rig) now() time.Time       { return start.Add(time.Duration(r.clock.Load())) }
func (r *rig) pass(d time.Duration) { r.clock.Add(int64(d)) }
func (r *rig) days(n int) drawbridge.Date {
	return drawbridge.DateOf(r.now().AddDate(0, 0, n))
}

// roles are who is there: ann asked for the integration and owns it.
var roles = map[string][]drawbridge.Role{
	"ann": {drawbridge.Requester}, "bob": {drawbridge.Requester}, "prog": {drawbridge.ProgrammeOwner}, "olga": {drawbridge.Operator},
	"paul": {drawbridge.Approver}, "pia": {drawbridge.Approver, drawbridge.ReviewerSecurity}, "rita": {drawbridge.ReviewerSecurity},
	"leo": {drawbridge.ReviewerLegal}, "tess": {drawbridge.Tester}, "aud": {drawbridge.Auditor},
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
	r.Desk = lifecycle.New(r.door, lifecycle.Options{Register: r.record, Status: r.status, Workspace: workspace})
	for _, name := range slices.Sorted(slices.Values(names())) {
		p := drawbridge.Person{ID: drawbridge.PersonID(drawbridge.NewID("per", r.now())), Email: name + "@drawbridge.example", Name: name, Roles: roles[name]}
		r.write(tb, func(tx *store.Tx) error { return tx.AddPerson(&p) })
		r.people[name] = access.Actor{ID: string(p.ID), Person: p.ID, Roles: roles[name], Via: "api"}
		r.pass(time.Second)
	}
	r.id = r.push(tb, "pay")
	return r
}

func names() []string {
	var out []string
	for name := range roles {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// as is somebody who has just proved who they are.
func (r *rig) as(name string) access.Actor {
	a := r.people[name]
	a.Proved = r.now()
	return a
}

// push brings the example, as Ann's, under another id and with lines changed.
func (r *rig) push(tb host, id string, edit ...string) drawbridge.IntegrationID {
	tb.Helper()
	main, files, err := manifest.ReadFiles("../../examples/acme-payments/integration.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	text := strings.Replace(string(files[main]), "id: acme-payments", "id: "+id, 1)
	for i := 0; i < len(edit); i += 2 {
		if !strings.Contains(text, edit[i]) {
			tb.Fatalf("the example does not say %q", edit[i])
		}
		text = strings.Replace(text, edit[i], edit[i+1], 1)
	}
	files[main] = []byte(text)
	out, err := r.record.Push(tb.Context(), r.people["ann"], register.Push{Main: main, Files: files})
	if err != nil {
		tb.Fatal(err)
	}
	return out.Integration.ID
}

// write changes the record as the process itself, whatever the desks say.
func (r *rig) write(tb host, fn func(*store.Tx) error) {
	tb.Helper()
	_, _, err := action.Do(tb.Context(), r.door, action.Act{Actor: access.System("test"), Action: access.Seed}, func(tx *store.Tx) (int, error) { return 0, fn(tx) })
	if err != nil {
		tb.Fatal(err)
	}
}

func (r *rig) read(tb host, fn func(*store.Tx) error) {
	tb.Helper()
	if err := r.door.Store().View(tb.Context(), fn); err != nil {
		tb.Fatal(err)
	}
}

// status is what the review's desk says, but for the view.
func (r *rig) status(_ *store.Tx, f *review.File) (review.Status, error) {
	out := review.Status{Integration: f.Integration.ID, Stale: r.stale.Load(), Decision: f.Decision, OpenReview: f.Open}
	out.Expired = f.Decision != nil && f.Decision.Until.Past(r.now())
	return out, nil
}

// decide writes the review of an integration and its decision.
func (r *rig) decide(tb host, id drawbridge.IntegrationID, outcome drawbridge.ReviewState, until drawbridge.Date) drawbridge.Decision {
	tb.Helper()
	now := r.now()
	var made drawbridge.Decision
	r.write(tb, func(tx *store.Tx) error {
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
	r.pass(time.Second)
	return made
}

// evidence files a document of an integration.
func (r *rig) evidence(tb host, id drawbridge.IntegrationID, kind, state string) drawbridge.EvidenceID {
	tb.Helper()
	now := r.now()
	e := drawbridge.Evidence{ID: drawbridge.EvidenceID(drawbridge.NewID("evd", now)), Partner: "acme-pay", Integration: id, Kind: kind, Title: "x", State: state, CreatedAt: now}
	r.write(tb, func(tx *store.Tx) error { return tx.Evidence().Add(&e) })
	r.pass(time.Second)
	return e.ID
}

// run files a run of live checks on the head.
func (r *rig) run(tb host, id drawbridge.IntegrationID, verdicts map[string]drawbridge.Verdict) {
	tb.Helper()
	list := []map[string]string{}
	for check, v := range verdicts {
		list = append(list, map[string]string{"check": check, "element": "charges", "verdict": string(v), "fingerprint": "f1-" + check})
	}
	data, err := json.Marshal(list)
	if err != nil {
		tb.Fatal(err)
	}
	now := r.now()
	r.write(tb, func(tx *store.Tx) error {
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
	r.pass(time.Second)
}

func (r *rig) move(tb host, who, step string) error {
	tb.Helper()
	r.pass(time.Second)
	_, err := r.Move(tb.Context(), r.as(who), lifecycle.Move{Integration: r.id, Step: step, Reason: "because"})
	return err
}

func (r *rig) attest(tb host, who, subject, result string, e drawbridge.EvidenceID) (drawbridge.Attestation, error) {
	tb.Helper()
	r.pass(time.Second)
	return r.Attest(tb.Context(), r.as(who), lifecycle.Attesting{Integration: r.id, Subject: subject, Statement: "It is so.", Result: result, Evidence: e})
}

func wantKind(tb host, what string, err error, want drawbridge.Kind) {
	tb.Helper()
	if err == nil || drawbridge.KindOf(err) != want {
		tb.Errorf("%s = %v, want an error of kind %s", what, err, want)
	}
}

// wantMissing holds a refusal to what it names.
func wantMissing(tb host, what string, err error, words ...string) {
	tb.Helper()
	wantKind(tb, what, err, drawbridge.Conflict)
	for _, w := range words {
		if err != nil && !strings.Contains(err.Error(), w) {
			tb.Errorf("%s = %v, want it to name %q", what, err, w)
		}
	}
}

func must[T any](tb host) func(T, error) T {
	return func(v T, err error) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}

// state is the state of the integration as the record has it.
func (r *rig) state(tb host) drawbridge.IntegrationState {
	tb.Helper()
	var out drawbridge.IntegrationState
	r.read(tb, func(tx *store.Tx) error {
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
		wantKind(t, "suspend what is not live", r.move(t, "prog", "suspend"), drawbridge.Conflict)
		dec := r.decide(t, r.id, drawbridge.ApprovedWithConditions, r.days(300))
		c := must[drawbridge.Condition](t)(r.AddCondition(t.Context(), r.as("rita"), drawbridge.Condition{
			Integration: r.id, Text: "Sign the agreement.", Before: true, Verifier: drawbridge.LegalDiscipline, Due: r.days(30),
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

		wantKind(t, "suspend as its owner", r.move(t, "ann", "suspend"), drawbridge.Denied)
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

		again := r.decide(t, r.id, drawbridge.Approved, r.days(300))
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
	_, err := r.Leave(ctx, r.as("olga"), lifecycle.Leaving{Integration: r.id, Planned: r.days(60), Reason: "We move."})
	wantKind(t, "leave as an operator", err, drawbridge.Denied)
	dep := must[drawbridge.Departure](t)(r.Leave(ctx, r.as("ann"), lifecycle.Leaving{Integration: r.id, Planned: r.days(60), Reason: "We move."}))
	if i := slices.IndexFunc(dep.Tasks, func(x drawbridge.DepartureTask) bool { return x.ID == "deletion" }); i < 0 || dep.Tasks[i].Due <= dep.Planned {
		t.Errorf("tasks = %+v, want one for the deletion, after the contract's time", dep.Tasks)
	}
	now := r.now()
	ctr := drawbridge.Contract{ID: drawbridge.ContractID(drawbridge.NewID("ctr", now)), Partner: "acme-pay", Type: "msa", CreatedAt: now}
	r.write(t, func(tx *store.Tx) error { return tx.Contracts().Add(&ctr) })
	wantMissing(t, "retire at once", r.move(t, "prog", "retire"), "no revocation probe", "proof of deletion", string(ctr.ID), "deletion is not done")

	probe := r.evidence(t, r.id, "evidence:revocation-drill", "offered")
	_, err = r.attest(t, "olga", "revocation_probe", "failed_to_connect", probe)
	wantMissing(t, "attest a probe with evidence that nobody accepted", err, "not accepted")
	foreign := r.evidence(t, r.push(t, "other"), "evidence:revocation-drill", "accepted")
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
	r.write(t, func(tx *store.Tx) error { return tx.Contracts().Set(&ctr) })
	wantMissing(t, "retire before the proof is accepted", r.move(t, "prog", "retire"), "not accepted yet", string(ctr.ID))
	plan.Version, plan.Deletion = dep.Version, r.evidence(t, r.id, "evidence:deletion", "accepted")
	must[drawbridge.Departure](t)(r.Plan(ctx, r.as("prog"), plan))
	wantMissing(t, "retire while the contract is open", r.move(t, "prog", "retire"), string(ctr.ID))
	r.write(t, func(tx *store.Tx) error { ctr.ClosedAt = r.now(); return tx.Contracts().Set(&ctr) })
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
