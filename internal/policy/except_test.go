package policy_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/threat"
)

// exception is one of the record's, confirmed.
func exception(covers string) drawbridge.Exception {
	return drawbridge.Exception{ID: "exc_" + covers, Covers: covers, Owner: "per_olga", State: "confirmed", Expires: "2027-03-31"}
}

// accepted are threats as the catalogue leaves them when exceptions hold.
func accepted(list []threat.Threat, exceptions []drawbridge.Exception, in policy.Input) []threat.Threat {
	holding := drawbridge.Holding(exceptions, in.AsOf)
	out := slices.Clone(list)
	for i := range out {
		t := &out[i]
		if x := holding[t.ID]; x != nil && (t.State == drawbridge.ThreatOpen || t.State == drawbridge.ThreatNeedsAnswer) {
			t.Accepted = &threat.Acceptance{Owner: string(x.Owner), Expires: x.Expires, Confirmed: true, Exception: x.ID, Instead: t.State}
			t.State = drawbridge.ThreatAccepted
		}
	}
	return out
}

// TestExceptions holds what an exception does: what it names does not close the
// gate, nothing else changes, and no figure knows of it.
func TestExceptions(t *testing.T) {
	t.Parallel()
	none := func(*manifest.Integration) {}
	insecure := func(in *manifest.Integration) {
		in.Interfaces[0].Safeguards = cloneGuards(in.Interfaces[0].Safeguards)
		in.Interfaces[0].Safeguards["tls_verify"] = "none"
	}
	fail := func(findings ...string) []policy.Result {
		return append(allPassed(t), policy.Result{Check: "TLS-01", Element: "charges", Verdict: drawbridge.Fail, At: asOf, Findings: findings})
	}
	refuted := fail("f1-a")
	refuted[len(refuted)-1].Refuted = "role:security"
	tests := []struct {
		name    string
		edit    func(*manifest.Integration)
		results []policy.Result
		covers  []string
		without drawbridge.Outcome
		want    drawbridge.Outcome
		rules   []string // besides exception
		told    []string // what exceptions are named for
	}{
		{"a failed check, by its finding", none, fail("f1-a"), []string{"f1-a"}, drawbridge.NoGo, drawbridge.Conditional, nil, []string{"f1-a"}},
		{"a failed check, by its name", none, fail("f1-a"), []string{"TLS-01@charges"}, drawbridge.NoGo, drawbridge.Conditional, nil, []string{"TLS-01@charges"}},
		{"a failed check on another interface", none, fail("f1-a"), []string{"TLS-01@events"}, drawbridge.NoGo, drawbridge.NoGo, []string{"failed-check", "contradicted-control"}, nil},
		{"one of two failures", none, fail("f1-a", "f1-b"), []string{"f1-a"}, drawbridge.NoGo, drawbridge.NoGo, []string{"failed-check", "contradicted-control"}, nil},
		{"both failures", none, fail("f1-a", "f1-b"), []string{"f1-a", "f1-b"}, drawbridge.NoGo, drawbridge.Conditional, nil, []string{"f1-a", "f1-b"}},
		{"the control alone: its failed check still speaks", none, fail("f1-a"), []string{"control:tls-version"}, drawbridge.NoGo, drawbridge.NoGo, []string{"failed-check"}, []string{"control:tls-version"}},
		{"a refuted failure needs none", none, refuted, []string{"f1-a"}, drawbridge.Go, drawbridge.Go, nil, nil},
		{"a control that is not in place", insecure, nil, []string{"control:tls-client-verification", "T002@charges"}, drawbridge.NoGo, drawbridge.Conditional, nil, []string{"T002@charges", "control:tls-client-verification"}},
		{"a control where it is not in place", insecure, nil, []string{"control:tls-client-verification@charges", "T002@charges"}, drawbridge.NoGo, drawbridge.Conditional, nil, []string{"T002@charges", "control:tls-client-verification@charges"}},
		{"a control elsewhere", insecure, nil, []string{"control:tls-client-verification@events", "T002@charges"}, drawbridge.NoGo, drawbridge.Conditional, []string{"unmet-control"}, []string{"T002@charges"}},
		{"a critical threat", insecure, nil, []string{"T002@charges"}, drawbridge.NoGo, drawbridge.Conditional, []string{"unmet-control"}, []string{"T002@charges"}},
		{"nothing that is there", none, allPassed(t), []string{"T002@charges", "control:tls-client-verification", "f1-a"}, drawbridge.Go, drawbridge.Go, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := input(t, load(t, "payments", tt.edit))
			in.Results = tt.results
			without := evaluate(t, in)
			for _, c := range tt.covers {
				in.Exceptions = append(in.Exceptions, exception(c))
			}
			result := *in.Threats
			in.Threats = &result
			in.Threats.Threats = accepted(result.Threats, in.Exceptions, in)
			with := evaluate(t, in)
			if without.gate.Outcome != tt.without || with.gate.Outcome != tt.want {
				t.Errorf("outcome %s with, %s without, want %s and %s; reasons %+v", with.gate.Outcome, without.gate.Outcome, tt.want, tt.without, with.gate.Reasons)
			}
			if diff := cmp.Diff(without.score, with.score); diff != "" {
				t.Errorf("an exception changed the score: %s", diff)
			}
			var told []string
			for _, r := range with.gate.Reasons {
				if r.Rule == "exception" {
					told = append(told, r.Refs...)
					if !strings.Contains(r.Text, "2027-03-31") || !strings.Contains(r.Text, "per_olga") || !strings.Contains(r.Text, "exc_"+r.Refs[0]) {
						t.Errorf("the reason %q lacks the end, the owner or the exception", r.Text)
					}
				}
			}
			if !slices.Equal(told, tt.told) {
				t.Errorf("exceptions told = %q, want %q", told, tt.told)
			}
			for _, id := range tt.rules {
				if !slices.ContainsFunc(with.gate.Reasons, func(r policy.Reason) bool { return r.Rule == id }) {
					t.Errorf("the rule %s is silent: %+v", id, with.gate.Reasons)
				}
			}
		})
	}
}

// TestForbiddenExceptions lets a policy forbid exceptions of a kind: a rule that
// reads what is accepted says no whatever was confirmed.
func TestForbiddenExceptions(t *testing.T) {
	t.Parallel()
	data, err := fs.ReadFile(policy.BuiltinFS(), "gate.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for from, to := range map[string]string{
		"when: threats.open_critical > 0\n": "when: threats.open_critical + threats.accepted_critical > 0\n",
		"when: results.failed > 0\n":        "when: results.failed + results.excepted > 0\n",
	} {
		if !strings.Contains(text, from) {
			t.Fatalf("gate.yaml has no %q", from)
		}
		text = strings.Replace(text, from, to, 1)
	}
	p, err := policy.LoadPack(fstest.MapFS{
		"pack.yaml": {Data: []byte("name: own\nkind: policy\nversion: 1.0.0\nextends: builtin\n")},
		"gate.yaml": {Data: []byte(text[:strings.Index(text, "\nexamples:")+1])},
	})
	if err != nil {
		t.Fatal(err)
	}
	in := input(t, load(t, "payments"))
	in.Results = append(allPassed(t), policy.Result{Check: "TLS-01", Element: "charges", Verdict: drawbridge.Fail, At: asOf, Findings: []string{"f1-a"}})
	in.Exceptions = []drawbridge.Exception{exception("f1-a")}
	_, _, gate, err := p.Evaluate(in)
	if err != nil || gate.Outcome != drawbridge.NoGo {
		t.Errorf("outcome %s %v, want no-go: the policy forbids it; reasons %+v", gate.Outcome, err, gate.Reasons)
	}
}

// TestExceptionsNeverBetter draws open threats, failed checks, missing controls
// and exceptions: with them the gate says go with conditions at best where it
// would not say go anyway, never anything worse, the score is the same, and from
// the day after their end the answer is what it would be without.
func TestExceptionsNeverBetter(t *testing.T) {
	t.Parallel()
	controls := everyControl()
	rapid.Check(t, func(t *rapid.T) {
		s := drawStub(t)
		in := policy.Input{Facts: s, AsOf: asOf, Results: slices.Clone(s.results), Threats: &threat.Result{}}
		var names []string
		for i := range rapid.IntRange(0, 4).Draw(t, "threats") {
			e := rapid.SampledFrom(s.elements).Draw(t, "element")
			x := threat.Threat{
				ID: fmt.Sprintf("T%03d@%s", i, e.ID), Severity: rapid.SampledFrom(drawbridge.Severities()).Draw(t, "severity"),
				State: rapid.SampledFrom([]drawbridge.ThreatState{drawbridge.ThreatOpen, drawbridge.ThreatNeedsAnswer, drawbridge.ThreatMitigated}).Draw(t, "state"),
			}
			in.Threats.Threats, names = append(in.Threats.Threats, x), append(names, x.ID)
		}
		for i := range rapid.IntRange(0, 3).Draw(t, "failed") {
			c := rapid.SampledFrom(controls).Draw(t, "control")
			e := rapid.SampledFrom(s.elements).Draw(t, "element")
			r := policy.Result{Check: c.Settles[0], Element: e.ID, Verdict: drawbridge.Fail, At: asOf, Findings: []string{fmt.Sprintf("f1-%d", i)}}
			in.Results, names = append(in.Results, r), append(names, r.Findings[0], r.Check+"@"+r.Element, "control:"+c.ID)
		}
		for range rapid.IntRange(0, 60).Draw(t, "missing") {
			names = append(names, "control:"+rapid.SampledFrom(controls).Draw(t, "control").ID)
		}
		plain := in
		for _, c := range names {
			if rapid.IntRange(0, 3).Draw(t, "covered") > 0 {
				x := exception(c)
				x.State = rapid.SampledFrom([]string{"confirmed", "confirmed", "confirmed", "proposed", "revoked"}).Draw(t, "state")
				x.Expires = drawbridge.DateOf(asOf.AddDate(0, 0, rapid.IntRange(-1, 200).Draw(t, "days")))
				in.Exceptions = append(in.Exceptions, x)
			}
		}
		heldTo(t, plain, in)
	})
}

// heldTo compares the answer with exceptions with that without, now and when
// they are over.
func heldTo(t *rapid.T, plain, in policy.Input) {
	p, err := policy.BuiltinPack()
	if err != nil {
		t.Fatal(err)
	}
	ask := func(in policy.Input) (policy.Score, policy.Gate) {
		score, _, gate, err := p.Evaluate(in)
		if err != nil {
			t.Fatal(err)
		}
		return score, gate
	}
	list := in.Threats.Threats
	in.Threats = &threat.Result{Threats: accepted(list, in.Exceptions, in)}
	wantScore, without := ask(plain)
	score, with := ask(in)
	if diff := cmp.Diff(wantScore, score); diff != "" {
		t.Fatalf("exceptions changed the score: %s", diff)
	}
	switch {
	case without.Outcome == with.Outcome:
	case without.Outcome != drawbridge.NoGo || with.Outcome != drawbridge.Conditional:
		t.Fatalf("the gate says %s with exceptions and %s without", with.Outcome, without.Outcome)
	case !slices.ContainsFunc(with.Reasons, func(r policy.Reason) bool { return r.Rule == "exception" }):
		t.Fatalf("an exception opened the gate and stands in no reason: %+v", with.Reasons)
	}
	if with.FastLane && !without.FastLane {
		t.Fatal("an exception opened the fast lane")
	}
	plain.AsOf, in.AsOf = asOf.AddDate(0, 0, 201), asOf.AddDate(0, 0, 201)
	in.Threats = &threat.Result{Threats: accepted(list, in.Exceptions, in)}
	_, without = ask(plain)
	_, with = ask(in)
	if diff := cmp.Diff(without, with); diff != "" {
		t.Fatalf("the exceptions are over, and the answer is another one: %s", diff)
	}
}
