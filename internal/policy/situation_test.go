package policy_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
)

// TestSituations holds what a careful reviewer would answer in each.
func TestSituations(t *testing.T) {
	t.Parallel()
	set := func(key string, value any) func(*manifest.Integration) {
		return func(in *manifest.Integration) {
			in.Interfaces[0].Safeguards = cloneGuards(in.Interfaces[0].Safeguards)
			if value == nil {
				delete(in.Interfaces[0].Safeguards, key)
			} else {
				in.Interfaces[0].Safeguards[key] = value
			}
		}
	}
	tests := []struct {
		name, from string
		edit       []func(*manifest.Integration)
		results    []policy.Result
		want       drawbridge.Outcome
		tier       drawbridge.Tier
		rules      []string // that must have spoken
		silent     []string // that must not
	}{
		{name: "bare import, everything unknown", from: "bare", want: drawbridge.NoGo, tier: drawbridge.TierCritical, rules: []string{"residual-critical", "uncategorised-data", "unanswered-question", "unknown-control", "unknown-input", "undecided-transfer"}},
		{name: "well filled, low risk, no personal data", from: "low", want: drawbridge.Go, tier: drawbridge.TierLow, silent: []string{"no-live-results"}},
		{name: "well filled payments, claims only", from: "payments", want: drawbridge.Conditional, tier: drawbridge.TierHigh, rules: []string{"no-live-results"}, silent: []string{"unknown-control", "unknown-input"}},
		{name: "payments, tested", from: "payments", results: allPassed(t), want: drawbridge.Go, tier: drawbridge.TierHigh},
		{name: "payments, one test failed", from: "payments", results: append(allPassed(t), policy.Result{Check: "TLS-01", Element: "charges", Verdict: drawbridge.Fail, At: asOf}), want: drawbridge.NoGo, tier: drawbridge.TierHigh, rules: []string{"contradicted-control", "failed-check"}},
		{name: "payments, the failed test refuted by a reviewer", from: "payments", results: append(allPassed(t), policy.Result{Check: "TLS-01", Element: "charges", Verdict: drawbridge.Fail, At: asOf, Refuted: "role:security"}), want: drawbridge.Go, tier: drawbridge.TierHigh, silent: []string{"failed-check", "contradicted-control"}},
		{name: "open critical threat", from: "payments", edit: []func(*manifest.Integration){set("tls_verify", "none")}, want: drawbridge.NoGo, tier: drawbridge.TierHigh, rules: []string{"open-critical-threat", "unmet-control"}},
		{name: "open critical threat with a proposed exception", from: "payments", edit: []func(*manifest.Integration){set("tls_verify", "none"), accept("T002@charges")}, want: drawbridge.Conditional, tier: drawbridge.TierHigh, rules: []string{"accepted-exception", "residual-high"}, silent: []string{"open-critical-threat"}},
		{name: "one safeguard unanswered", from: "low", edit: []func(*manifest.Integration){set("tls_verify", nil)}, want: drawbridge.Conditional, tier: drawbridge.TierLow, rules: []string{"unanswered-question", "unknown-control"}},
		{name: "a category that nobody confirmed", from: "payments", edit: []func(*manifest.Integration){func(in *manifest.Integration) {
			in.Flows = slices.Clone(in.Flows)
			in.Flows[0].Data = slices.Clone(in.Flows[0].Data)
			in.Flows[0].Data[0].Source = drawbridge.Inferred
		}}, results: allPassed(t), want: drawbridge.Conditional, tier: drawbridge.TierHigh, rules: []string{"unconfirmed-data"}},
		{name: "personal data to a country that nobody vouched for", from: "payments", edit: []func(*manifest.Integration){func(in *manifest.Integration) {
			in.Flows = slices.Clone(in.Flows)
			in.Flows[0].Region.Processing = []string{"IN"}
			in.Flows[0].Region.Transfer = "scc-eu"
		}}, results: allPassed(t), want: drawbridge.Conditional, tier: drawbridge.TierHigh, rules: []string{"unconfirmed-transfer-rule"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := input(t, load(t, tt.from, tt.edit...))
			in.Results = tt.results
			v := evaluate(t, in)
			if v.gate.Outcome != tt.want || v.score.Tier != tt.tier {
				t.Errorf("outcome %s in tier %s (I %v, E %v, R %v), want %s in %s; reasons %+v", v.gate.Outcome, v.score.Tier, v.score.Inherent, v.score.Effectiveness, v.score.Residual, tt.want, tt.tier, v.gate.Reasons)
			}
			spoke := func(id string) bool {
				return slices.ContainsFunc(v.gate.Reasons, func(r policy.Reason) bool { return r.Rule == id })
			}
			for _, id := range tt.rules {
				if !spoke(id) {
					t.Errorf("the rule %s did not speak", id)
				}
			}
			for _, id := range tt.silent {
				if spoke(id) {
					t.Errorf("the rule %s spoke", id)
				}
			}
			for _, c := range v.gate.Conditions {
				if c.Owner == "" || c.Due.Past(asOf) || c.Text == "" {
					t.Errorf("condition %+v has no owner, text or coming day", c)
				}
			}
		})
	}
}

func cloneGuards(in manifest.Safeguards) manifest.Safeguards {
	return maps.Clone(in)
}

func accept(threat string) func(*manifest.Integration) {
	return func(in *manifest.Integration) {
		in.Exceptions = []manifest.Exception{{Threat: threat, Reason: "the partner mends it in March", Owner: "role:security", Expires: "2027-03-31"}}
	}
}

// allPassed is a run in which every check on every interface of the payments
// situation passed.
func allPassed(t *testing.T) []policy.Result {
	t.Helper()
	var out []policy.Result
	for _, c := range builtin(t).Controls() {
		for _, id := range c.Settles {
			for _, e := range []string{"charges", "events"} {
				out = append(out, policy.Result{Check: id, Element: e, Verdict: drawbridge.Pass, At: asOf})
			}
		}
	}
	return out
}

// TestLadder holds confidence to how a control is known.
func TestLadder(t *testing.T) {
	t.Parallel()
	const id = "tls-version"
	pass := func(edit func(*policy.Result)) []policy.Result {
		r := policy.Result{Check: "TLS-01", Element: "rates", Verdict: drawbridge.Pass, At: asOf}
		edit(&r)
		return []policy.Result{r}
	}
	tests := []struct {
		name     string
		results  []policy.Result
		evidence []policy.Evidence
		known    drawbridge.Knowledge
		want     float64
	}{
		{"claimed", nil, nil, drawbridge.KnownClaim, 0.5},
		{"live test", pass(func(*policy.Result) {}), nil, drawbridge.KnownTest, 1},
		{"on a target that represents it", pass(func(r *policy.Result) { r.Representative = true }), nil, drawbridge.KnownTestProxy, 0.85},
		{"reported by a pipeline", pass(func(r *policy.Result) { r.FromCI = true }), nil, drawbridge.KnownTest, 0.95},
		{"older than the rhythm of the tier", pass(func(r *policy.Result) { r.At = asOf.AddDate(-4, 0, 0) }), nil, drawbridge.KnownDocument, 0.75},
		{"inconclusive leaves the claim", pass(func(r *policy.Result) { r.Verdict = drawbridge.Inconclusive }), nil, drawbridge.KnownClaim, 0.5},
		{"on another element", pass(func(r *policy.Result) { r.Element = "elsewhere" }), nil, drawbridge.KnownClaim, 0.5},
		{"accepted document", nil, []policy.Evidence{{ID: "TLS-01", Known: drawbridge.KnownDocument, Until: "2027-01-01"}}, drawbridge.KnownDocument, 0.75},
		{"accepted audit", nil, []policy.Evidence{{ID: "TLS-01", Known: drawbridge.KnownAudit, Until: "2026-11-21"}}, drawbridge.KnownAudit, 0.9},
		{"audit past its last day", nil, []policy.Evidence{{ID: "TLS-01", Known: drawbridge.KnownAudit, Until: "2026-11-20"}}, drawbridge.KnownClaim, 0.5},
		{"failed", pass(func(r *policy.Result) { r.Verdict = drawbridge.Fail }), nil, drawbridge.KnownTest, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := input(t, load(t, "low"))
			in.Results, in.Evidence = tt.results, tt.evidence
			v := evaluate(t, in)
			i := slices.IndexFunc(v.controls, func(c policy.Control) bool { return c.ID == id })
			if c := v.controls[i]; c.Known != tt.known || c.Confidence != tt.want {
				t.Errorf("known %s, confidence %v, want %s, %v", c.Known, c.Confidence, tt.known, tt.want)
			}
		})
	}
}

// TestAssuranceIsAClaim: reports that the manifest lists are claims until a
// reviewer accepts them.
func TestAssuranceIsAClaim(t *testing.T) {
	t.Parallel()
	in := input(t, load(t, "payments"))
	find := func(v verdict) policy.Control {
		return v.controls[slices.IndexFunc(v.controls, func(c policy.Control) bool { return c.ID == "independent-assurance" })]
	}
	if c := find(evaluate(t, in)); c.Known != drawbridge.KnownClaim || c.Confidence != 0.5 {
		t.Errorf("without accepted evidence it is %s at %v, want self_attested at 0.5", c.Known, c.Confidence)
	}
	in.Evidence = []policy.Evidence{{ID: "evidence:soc2", Known: drawbridge.KnownAudit, Until: "2027-02-01"}}
	if c := find(evaluate(t, in)); c.Known != drawbridge.KnownAudit || c.Confidence != 0.9 {
		t.Errorf("with an accepted report it is %s at %v, want independent_audit at 0.9", c.Known, c.Confidence)
	}
}

// TestApplyingNeverHelps: a control that begins to apply, even proven by live
// tests, never makes the effectiveness better than when it did not.
func TestApplyingNeverHelps(t *testing.T) {
	t.Parallel()
	p := builtin(t)
	score := func(uses bool) policy.Score {
		s := &stub{}
		facts, err := policy.ExampleFacts(policy.Case{
			"iface.kind": "http_api", "iface.direction": "outbound", "iface.uses_tokens": uses, "flow.level": 4,
			"flow.personal": true, "flow.special": true,
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.Controls() {
			s.results = append(s.results, policy.Result{Check: c.Settles[0], Element: "example", Verdict: drawbridge.Pass, At: asOf})
		}
		got, _, _, err := p.Evaluate(policy.Input{Facts: facts, AsOf: asOf, Results: s.results})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if without, with := score(false), score(true); with.Effectiveness > without.Effectiveness || with.Residual < without.Residual {
		t.Errorf("E rises from %v to %v when controls begin to apply", without.Effectiveness, with.Effectiveness)
	}
}

func TestDueDates(t *testing.T) {
	t.Parallel()
	in := input(t, load(t, "payments"))
	in.AsOf = time.Date(2026, 8, 31, 9, 0, 0, 0, time.UTC)
	v := evaluate(t, in)
	if v.gate.Due != "2027-08-31" || v.gate.Rhythm != "12 months" {
		t.Errorf("due %s every %s, want 2027-08-31 every 12 months", v.gate.Due, v.gate.Rhythm)
	}
	if c := v.gate.Conditions[0]; c.Due != "2026-09-30" {
		t.Errorf("condition due %s, want 2026-09-30", c.Due)
	}
	bare := input(t, load(t, "bare"))
	bare.AsOf = in.AsOf
	if g := evaluate(t, bare).gate; g.Due != "2027-02-28" {
		t.Errorf("critical tier is due %s, want the last day of February", g.Due)
	}
}
