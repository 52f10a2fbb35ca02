package register_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/assess"
	"drawbridge/internal/check"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

// ran makes a run of the example's sandbox that ended at a time, with verdicts by
// check: "TLS-01 fail".
func ran(tb testing.TB, integration string, at time.Time, verdicts ...string) []byte {
	tb.Helper()
	run := check.Run{
		SchemaVersion: drawbridge.SchemaVersion, Tool: "drawbridge", Version: "test", Origin: "cli", Started: at.Add(-time.Minute), Finished: at, Complete: true,
		Integration: check.RunIntegration{ID: integration, Environment: "production", Digest: "sha256:00"},
		Target:      check.RunTarget{Name: "sandbox", Interface: "charges", BaseURL: "https://sandbox.acme-pay.example", Represents: "production", Why: "same build"},
	}
	for _, v := range verdicts {
		id, verdict, _ := strings.Cut(v, " ")
		verdict, operation, _ := strings.Cut(verdict, " on ")
		sum := sha256.Sum256([]byte(strings.Join([]string{integration, "charges", id, operation, "", ""}, "\x00")))
		run.Results = append(run.Results, check.Result{
			Check: id, Title: "What " + id + " looks at", Interface: "charges", Operation: operation, Verdict: drawbridge.Verdict(verdict), Reason: "it was tried",
			Severity: drawbridge.High, Fingerprint: "f1-" + hex.EncodeToString(sum[:12]),
		})
		run.Done = append(run.Done, id)
	}
	data, err := json.Marshal(run)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// answered are edits of the example after which no lift hides the controls.
var answered = []string{"credential_shared: false", "credential_shared: false\n      authz: object\n      field_allowlist: true"}

// state is how an integration stands, and what is said of one control.
func (r *rig) state(tb testing.TB, actor access.Actor, id drawbridge.IntegrationID, control string) (drawbridge.Assessment, assess.ClaimTest) {
	tb.Helper()
	out, err := r.Reassess(tb.Context(), actor, id, "")
	if err != nil {
		tb.Fatal(err)
	}
	got, err := r.Claims(tb.Context(), actor, register.ByID(id))
	if err != nil || got.Assessment != out.Assessment.ID {
		tb.Fatalf("claims of %s, want those of %s: %v", got.Assessment, out.Assessment.ID, err)
	}
	i := slices.IndexFunc(got.Claims, func(c assess.ClaimTest) bool { return c.Control == control && c.Element == "charges" })
	if i < 0 {
		return out.Assessment, assess.ClaimTest{}
	}
	return out.Assessment, got.Claims[i]
}

// TestContradiction goes from a claim over a failed test to a ruling and back.
func TestContradiction(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ann, sam := r.Person(t, "ann", drawbridge.Requester), r.Person(t, "sam", drawbridge.SecurityDiscipline.Reviewer())
		p, err := r.Push(t.Context(), ann, world.Example(t, "pay", answered...))
		if err != nil {
			t.Fatal(err)
		}
		id, ref, ci := p.Integration.ID, register.ByID(p.Integration.ID), machine(p.Integration.ID)
		step := func() { r.Pass(time.Hour) }
		add := func(by access.Actor, verdicts ...string) drawbridge.Run {
			t.Helper()
			step()
			run, err := r.AddRun(t.Context(), by, register.NewRun{Ref: ref, Data: ran(t, "pay", r.Now(), verdicts...)})
			if err != nil {
				t.Fatal(err)
			}
			return run
		}
		claimed, c := r.state(t, sam, id, "tls-version")
		if c.Verdict != assess.Untested || claimed.Residual >= 70 || len(c.Claims) != 1 || c.Claims[0].Source != "manifest" {
			t.Fatalf("at first R is %v and the claim is %+v", claimed.Residual, c)
		}
		first := add(ci, "TLS-01 fail", "HDR-01 pass", "CORS-01 skipped")
		if first.Origin != register.OriginCI || !first.Stands || first.By != ci.ID || first.Revision != p.Revision.ID {
			t.Errorf("run = %+v, want one of a pipeline that stands", first)
		}
		a, c := r.state(t, sam, id, "tls-version")
		if c.Verdict != assess.Contradicted || c.Reviewed || !c.Open() || a.Residual < 70 || a.Outcome != drawbridge.NoGo || c.Tests[0].Run != first.ID {
			t.Fatalf("after the failure R is %v, %s and the claim is %+v", a.Residual, a.Outcome, c)
		}
		// Whoever asks does not rule, nor does a machine, nor in a discipline that is not theirs.
		ruling := register.NewRuling{Ref: ref, Check: "TLS-01", Element: "charges", Refuted: true, Reason: "the sandbox alone speaks it"}
		world.WantKind(t, "Rule by the owner", errOf(r.Rule(t.Context(), ann, ruling)), drawbridge.Denied)
		world.WantKind(t, "Rule by a machine", errOf(r.Rule(t.Context(), ci, ruling)), drawbridge.Denied)
		other := ruling
		other.Role = drawbridge.LegalDiscipline
		world.WantKind(t, "Rule in another discipline", errOf(r.Rule(t.Context(), sam, other)), drawbridge.Denied)
		other.Role, other.Reason = "", ""
		world.WantKind(t, "Rule without a reason", errOf(r.Rule(t.Context(), sam, other)), drawbridge.Invalid)
		other = ruling
		other.Check = "HDR-01"
		world.WantKind(t, "Rule on a check that passed", errOf(r.Rule(t.Context(), sam, other)), drawbridge.NotFound)
		step()
		rules, err := r.Rule(t.Context(), sam, ruling)
		if err != nil || len(rules) != 1 || rules[0].Role != drawbridge.SecurityDiscipline || rules[0].Fingerprint != c.Tests[0].Findings[0] {
			t.Fatalf("Rule = %+v %v", rules, err)
		}
		world.WantKind(t, "Rule twice", errOf(r.Rule(t.Context(), sam, ruling)), drawbridge.Conflict)
		a, c = r.state(t, sam, id, "tls-version")
		if c.Verdict != assess.Contradicted || !c.Reviewed || c.Tests[0].Ruling == nil || !c.Tests[0].Ruling.Refuted || a.Residual > claimed.Residual {
			t.Fatalf("after the ruling R is %v and the claim is %+v", a.Residual, c)
		}
		if list, err := r.Findings(t.Context(), sam, register.FindingFilter{Integration: id, Source: "check"}, nil, 0); err != nil || len(list.Items) != 0 {
			t.Errorf("findings = %+v %v, want none: the failure was refuted", list.Items, err)
		}
		// Another failure of the same check is not covered by the ruling.
		add(ci, "TLS-01 fail", "TLS-01 fail on GET /v1/charges")
		if a, c = r.state(t, sam, id, "tls-version"); c.Reviewed || a.Residual < 70 {
			t.Errorf("with a new failure R is %v and the claim is %+v", a.Residual, c)
		}
		step()
		if _, err := r.RevokeRuling(t.Context(), sam, ref, rules[0].ID, register.Revocation{Version: rules[0].Version, Reason: "it is no artefact after all"}); err != nil {
			t.Fatal(err)
		}
		add(ann, "TLS-01 inconclusive", "HDR-01 pass")
		if a, c = r.state(t, sam, id, "tls-version"); c.Verdict != assess.Contradicted || a.Residual < 70 {
			t.Errorf("doubt cleared a failure: R is %v and the claim is %+v", a.Residual, c)
		}
		last := add(ann, "TLS-01 pass", "HDR-01 pass")
		if a, c = r.state(t, sam, id, "tls-version"); c.Verdict != assess.Verified || a.Residual > claimed.Residual || last.Origin != register.OriginUpload {
			t.Errorf("after the pass R is %v and the claim is %+v", a.Residual, c)
		}
		// An older run that comes late replaces nothing.
		step()
		late, err := r.AddRun(t.Context(), ann, register.NewRun{Ref: ref, Data: ran(t, "pay", world.Start().Add(-time.Hour), "TLS-01 fail")})
		if err != nil || late.Stands {
			t.Errorf("a run that came late = %+v %v, want one that does not stand", late, err)
		}
		if _, c = r.state(t, sam, id, "tls-version"); c.Verdict != assess.Verified {
			t.Errorf("an older failure counts again: %+v", c)
		}
		page, err := r.Runs(t.Context(), sam, ref, nil, 2)
		if err != nil || len(page.Items) != 2 || page.Next == nil || page.Items[0].ID != late.ID {
			t.Errorf("runs = %+v %v", page, err)
		}
		_, doc, err := r.RunDocument(t.Context(), sam, ref, first.ID)
		if err != nil {
			t.Fatal(err)
		}
		defer doc.Close()
		if data, err := io.ReadAll(doc); err != nil || !json.Valid(data) {
			t.Errorf("document of %d bytes, %v", len(data), err)
		}
	})
}

// TestForeignRuns tries runs that are not what they say.
func TestForeignRuns(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	ann, bob := r.Person(t, "ann", drawbridge.Requester), r.Person(t, "bob", drawbridge.Requester)
	var pushed []register.Pushed
	for i, by := range []access.Actor{ann, bob} {
		p, err := r.Push(t.Context(), by, world.Example(t, fmt.Sprintf("pay%d", i)))
		if err != nil {
			t.Fatal(err)
		}
		pushed = append(pushed, p)
	}
	mine := register.ByID(pushed[0].Integration.ID)
	good := string(ran(t, "pay0", world.Start(), "TLS-01 pass"))
	edit := func(old, new string) []byte {
		if !strings.Contains(good, old) {
			t.Fatalf("the run does not say %s", old)
		}
		return []byte(strings.Replace(good, old, new, 1))
	}
	tests := []struct {
		name string
		by   access.Actor
		data []byte
		want drawbridge.Kind
	}{
		{"of another integration", ann, ran(t, "pay1", world.Start(), "TLS-01 pass"), drawbridge.Conflict},
		{"by the machine of another integration", machine(pushed[1].Integration.ID), []byte(good), drawbridge.NotFound},
		{"by another requester", bob, []byte(good), drawbridge.NotFound},
		{"by a reviewer", r.Person(t, "eve", drawbridge.SecurityDiscipline.Reviewer()), []byte(good), drawbridge.Denied},
		{"no JSON", ann, []byte("nothing"), drawbridge.Invalid},
		{"more behind it", ann, []byte(good + "{}"), drawbridge.Invalid},
		{"a key that a run does not have", ann, edit(`{`, `{"outcome": "go", `), drawbridge.Invalid},
		{"another version", ann, edit(`"schema_version":"`, `"schema_version":"9`), drawbridge.Invalid},
		{"still to come", ann, ran(t, "pay0", world.Start().Add(time.Hour), "TLS-01 pass"), drawbridge.Invalid},
		{"another fingerprint", ann, edit(`"fingerprint":"f1-`, `"fingerprint":"f1-0`), drawbridge.Invalid},
		{"a verdict that is none", ann, edit(`"verdict":"pass"`, `"verdict":"passed"`), drawbridge.Invalid},
		{"a severity that is none", ann, edit(`"severity":"high"`, `"severity":"none"`), drawbridge.Invalid},
		{"results of another interface", ann, edit(`"interface":"charges","verdict"`, `"interface":"events","verdict"`), drawbridge.Invalid},
		{"a title of several lines", ann, edit(`"title":"What`, `"title":"What\n`), drawbridge.Invalid},
		{"a target that the manifest does not have", ann, edit(`"name":"sandbox"`, `"name":"production"`), drawbridge.Conflict},
		{"another address of the target", ann, edit("https://sandbox.acme-pay", "https://mine.acme-pay"), drawbridge.Conflict},
		{"an interface that the manifest does not have", ann, []byte(strings.ReplaceAll(good, `"interface":"charges"`, `"interface":"none"`)), drawbridge.Invalid},
	}
	for _, tt := range tests {
		world.WantKind(t, tt.name, errOf(r.AddRun(t.Context(), tt.by, register.NewRun{Ref: mine, Data: tt.data})), tt.want)
	}
	if page, err := r.Runs(t.Context(), ann, mine, nil, 0); err != nil || len(page.Items) != 0 {
		t.Fatalf("%d runs %v, want none", len(page.Items), err)
	}
	key := register.NewRun{Ref: mine, Data: []byte(good), Key: "once"}
	first, err := r.AddRun(t.Context(), ann, key)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := r.AddRun(t.Context(), ann, key); err != nil || again.ID != first.ID {
		t.Errorf("the same key = %s %v, want %s", again.ID, err, first.ID)
	}
	key.Key = "twice"
	world.WantKind(t, "the same run again", errOf(r.AddRun(t.Context(), ann, key)), drawbridge.Conflict)
	theirs := register.ByID(pushed[1].Integration.ID)
	_, _, err = r.RunDocument(t.Context(), bob, theirs, first.ID)
	world.WantKind(t, "a run by way of another integration", err, drawbridge.NotFound)
}

// TestGrounds lets documents, answers and exceptions enter the score, and leave it
// on the day after their last.
func TestGrounds(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ann := r.Person(t, "ann", drawbridge.ProgrammeOwner)
		var evidence []drawbridge.Evidence
		var claims []drawbridge.Claim
		r.SetEvidence(func(_ *store.Tx, of []*drawbridge.Integration, now time.Time, tell func(drawbridge.IntegrationID, *drawbridge.Evidence)) error {
			for i := range evidence {
				if !evidence[i].Until().Past(now) {
					tell(of[0].ID, &evidence[i])
				}
			}
			return nil
		})
		r.SetClaims(func(_ *store.Tx, of []string, tell func(drawbridge.IntegrationID, []drawbridge.Claim)) error {
			tell(drawbridge.IntegrationID(of[0]), claims)
			return nil
		})
		p, err := r.Push(t.Context(), ann, world.Example(t, "pay", answered...))
		if err != nil {
			t.Fatal(err)
		}
		id := p.Integration.ID
		touch := func() drawbridge.Assessment {
			t.Helper()
			r.Pass(time.Hour)
			e := store.Event{ID: drawbridge.EventID(drawbridge.NewID("evt", r.Now())), Kind: register.EventTouched, Subject: string(id)}
			for range 2 { // the queue may call twice
				if did, err := r.AssessTouched(t.Context(), access.System("assess"), e); !did || err != nil {
					t.Fatalf("AssessTouched = %v %v", did, err)
				}
			}
			list, err := r.Assessments(t.Context(), ann, register.ByID(id), nil, 0)
			if err != nil || list.Items[0].Origin != register.OriginChange {
				t.Fatalf("the last assessment = %+v %v, want one for a change", list.Items[0], err)
			}
			return list.Items[0]
		}
		evidence = []drawbridge.Evidence{
			{Kind: "evidence:soc2", Known: drawbridge.KnownAudit, Expires: "2026-11-24"},
			{Kind: "evidence:iso27001", Known: drawbridge.KnownAudit, Expires: "2026-11-24"},
			{Kind: "evidence:pentest", Known: drawbridge.KnownDocument},
		}
		with := touch()
		if with.Residual >= p.Assessment.Residual {
			t.Errorf("with documents R is %v, without %v", with.Residual, p.Assessment.Residual)
		}
		due := func() time.Time {
			t.Helper()
			var open []store.EventState
			if err := r.Door.Store().View(t.Context(), func(tx *store.Tx) (err error) {
				open, err = tx.EventsBefore(store.EventFilter{Kind: register.EventAssess, Open: true}, "", 10)
				return err
			}); err != nil || len(open) != 1 {
				t.Fatalf("%d looks ahead %v, want one", len(open), err)
			}
			return open[0].DueAt
		}
		if want := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC); !due().Equal(want) {
			t.Errorf("the next look is at %s, want %s: the reports end", due(), want)
		}
		r.Set(world.Start().Add(5 * 24 * time.Hour))
		if did, err := r.AssessDue(t.Context(), access.System("assess"), id); !did || err != nil {
			t.Fatalf("AssessDue = %v %v", did, err)
		}
		in, err := r.Integration(t.Context(), ann, register.ByID(id))
		if err != nil || in.Residual <= with.Residual {
			t.Errorf("after their last day R is %v %v, before it was %v", in.Residual, err, with.Residual)
		}
		claims = []drawbridge.Claim{{Control: "tls-version", Source: "answer:inq_1/q1"}}
		if a := touch(); a.Residual < in.Residual {
			t.Errorf("a denial lowers R from %v to %v", in.Residual, a.Residual)
		}
		got, err := r.Claims(t.Context(), ann, register.ByID(id))
		i := slices.IndexFunc(got.Claims, func(c assess.ClaimTest) bool { return c.Control == "tls-version" && c.Element == "charges" })
		if err != nil || i < 0 || !got.Claims[i].Disputed || len(got.Claims[i].Claims) != 2 {
			t.Errorf("claims = %+v %v, want a disputed one with both sides", got.Claims, err)
		}
	})
}

// TestConfirmedException covers a threat while it holds: nobody has to confirm
// anything any more, and the score stays.
func TestConfirmedException(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ann := r.Person(t, "ann", drawbridge.ProgrammeOwner)
		p, err := r.Push(t.Context(), ann, world.Example(t, "pay", "tls_verify: full", "tls_verify: none"))
		if err != nil || p.Assessment.Outcome != drawbridge.NoGo {
			t.Fatalf("push = %s %v", brief(p), err)
		}
		list, err := r.Findings(t.Context(), ann, register.FindingFilter{Integration: p.Integration.ID, Source: "threat"}, nil, 200)
		if err != nil || len(list.Items) == 0 {
			t.Fatalf("findings = %+v %v, want threats", list.Items, err)
		}
		r.tx(t, func(tx *store.Tx) error {
			for i, f := range list.Items {
				x := drawbridge.Exception{ID: fmt.Sprintf("exc_%d", i), Integration: p.Integration.ID, Covers: f.Fingerprint, Reason: "by March", Owner: ann.Person, State: "confirmed", Expires: "2026-11-22"}
				if err := tx.Exceptions().Add(&x); err != nil {
					return err
				}
			}
			return nil
		})
		outcome := func() (drawbridge.Assessment, []string) {
			t.Helper()
			r.Pass(time.Hour)
			out, err := r.Reassess(t.Context(), ann, p.Integration.ID, "")
			if err != nil {
				t.Fatal(err)
			}
			var gate policy.Gate
			if err := json.Unmarshal(out.Assessment.Gate, &gate); err != nil {
				t.Fatal(err)
			}
			var rules []string
			for _, x := range gate.Reasons {
				rules = append(rules, x.Rule)
			}
			return out.Assessment, rules
		}
		a, rules := outcome()
		if slices.Contains(rules, "open-critical-threat") || slices.Contains(rules, "accepted-exception") || a.Residual < p.Assessment.Residual {
			t.Errorf("with the exception R is %v, before %v; rules %v", a.Residual, p.Assessment.Residual, rules)
		}
		r.Set(world.Start().Add(2 * 24 * time.Hour))
		if a, rules = outcome(); a.Outcome != drawbridge.NoGo || !slices.Contains(rules, "open-critical-threat") {
			t.Errorf("after its last day the outcome is %s by %v, want no-go", a.Outcome, rules)
		}
	})
}

// tx writes to the record without the desk.
func (r *rig) tx(tb testing.TB, fn func(*store.Tx) error) {
	tb.Helper()
	_, _, err := action.Do(tb.Context(), r.Door, action.Act{Actor: access.System("seed"), Action: access.Seed}, func(tx *store.Tx) (int, error) { return 0, fn(tx) })
	if err != nil {
		tb.Fatal(err)
	}
}
