package policy_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/policy"
)

// word is everything besides the manifest that enters the score of a stub.
type word struct {
	results  []policy.Result
	evidence []policy.Evidence
	claims   []drawbridge.Claim
	asOf     time.Time
}

// risk scores a stub with what is said about it.
func risk(t *rapid.T, s *stub, w word) policy.Score {
	p, err := policy.BuiltinPack()
	if err != nil {
		t.Fatal(err)
	}
	score, _, _, err := p.Evaluate(policy.Input{Facts: s, AsOf: w.asOf, Results: w.results, Evidence: w.evidence, Claims: w.claims})
	if err != nil {
		t.Fatal(err)
	}
	return score
}

// drawWord draws claims, evidence and results about any of the controls.
func drawWord(t *rapid.T, s *stub) word {
	w := word{asOf: asOf}
	for range rapid.IntRange(0, 12).Draw(t, "results") {
		w.results = append(w.results, drawResult(t, s, []drawbridge.Verdict{drawbridge.Pass, drawbridge.Pass, drawbridge.Fail, drawbridge.Inconclusive, drawbridge.Skipped}))
	}
	for range rapid.IntRange(0, 12).Draw(t, "evidence") {
		w.evidence = append(w.evidence, drawEvidence(t))
	}
	for range rapid.IntRange(0, 20).Draw(t, "claims") {
		w.claims = append(w.claims, drawClaim(t, s, rapid.Bool().Draw(t, "holds")))
	}
	return w
}

func drawResult(t *rapid.T, s *stub, verdicts []drawbridge.Verdict) policy.Result {
	c := rapid.SampledFrom(everyControl()).Draw(t, "control")
	return policy.Result{
		Check: rapid.SampledFrom(c.Settles).Draw(t, "check"), Element: rapid.SampledFrom(s.elements).Draw(t, "element").ID,
		Verdict: rapid.SampledFrom(verdicts).Draw(t, "verdict"), At: asOf.AddDate(0, -rapid.IntRange(0, 40).Draw(t, "months"), 0),
		Representative: rapid.Bool().Draw(t, "proxy"), FromCI: rapid.Bool().Draw(t, "ci"),
	}
}

func drawEvidence(t *rapid.T) policy.Evidence {
	c := rapid.SampledFrom(everyControl()).Draw(t, "control")
	return policy.Evidence{
		ID: rapid.SampledFrom(c.Settles).Draw(t, "kind"), Known: rapid.SampledFrom([]drawbridge.Knowledge{drawbridge.KnownDocument, drawbridge.KnownAudit}).Draw(t, "rung"),
		Until: rapid.SampledFrom([]drawbridge.Date{"", "2026-11-20", "2026-12-31", "2027-06-30"}).Draw(t, "until"),
	}
}

func drawClaim(t *rapid.T, s *stub, holds bool) drawbridge.Claim {
	element := ""
	if rapid.Bool().Draw(t, "one") {
		element = rapid.SampledFrom(s.elements).Draw(t, "element").ID
	}
	return drawbridge.Claim{
		Control: rapid.SampledFrom(everyControl()).Draw(t, "control").ID, Element: element, Holds: holds, Source: "answer:inq_1/q1",
		Known: rapid.SampledFrom([]drawbridge.Knowledge{drawbridge.KnownClaim, drawbridge.KnownAudit}).Draw(t, "known"),
	}
}

// TestMoreNeverRaises adds one claim that a control holds, one document or one
// test that passed: the risk never rises. A claim that it does not hold and a
// test that failed never lower it.
func TestMoreNeverRaises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawStub(t)
		less := drawWord(t, s)
		more, worse := less, false
		switch rapid.SampledFrom([]string{"claim", "denial", "evidence", "pass", "fail"}).Draw(t, "added") {
		case "claim":
			more.claims = append(slices.Clone(less.claims), drawClaim(t, s, true))
		case "denial":
			more.claims, worse = append(slices.Clone(less.claims), drawClaim(t, s, false)), true
		case "evidence":
			more.evidence = append(slices.Clone(less.evidence), drawEvidence(t))
		case "pass":
			more.results = append(slices.Clone(less.results), drawResult(t, s, []drawbridge.Verdict{drawbridge.Pass}))
		case "fail":
			more.results, worse = append(slices.Clone(less.results), drawResult(t, s, []drawbridge.Verdict{drawbridge.Fail})), true
		}
		a, b := risk(t, s, less), risk(t, s, more)
		if a.Inherent != b.Inherent {
			t.Fatalf("I is %v and becomes %v by what is said of controls", a.Inherent, b.Inherent)
		}
		if worse && b.Residual < a.Residual || !worse && b.Residual > a.Residual {
			t.Fatalf("R is %v and becomes %v", a.Residual, b.Residual)
		}
	})
}

// TestTimeNeverLowers lets time pass over documents and tests: what ends or
// grows old never lowers the risk.
func TestTimeNeverLowers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawStub(t)
		now := drawWord(t, s)
		later := now
		later.asOf = now.asOf.AddDate(0, rapid.IntRange(0, 60).Draw(t, "later"), 0)
		if a, b := risk(t, s, now), risk(t, s, later); b.Residual < a.Residual {
			t.Fatalf("R is %v, and %v on %s", a.Residual, b.Residual, later.asOf.Format(time.DateOnly))
		}
	})
}

// TestClaims holds what claims do to one control.
func TestClaims(t *testing.T) {
	t.Parallel()
	const id = "tls-version"
	yes := drawbridge.Claim{Control: id, Holds: true, Known: drawbridge.KnownAudit, Source: "answer:inq_1/q1"}
	no := drawbridge.Claim{Control: id, Source: "answer:inq_1/q2"}
	at := func(element string, c drawbridge.Claim) drawbridge.Claim { c.Element = element; return c }
	audit := []policy.Evidence{{ID: "TLS-01", Known: drawbridge.KnownAudit}}
	failed := []policy.Result{{Check: "TLS-01", Element: "rates", Verdict: drawbridge.Fail, At: asOf}}
	tests := []struct {
		name     string
		silent   bool // the manifest says nothing
		claims   []drawbridge.Claim
		evidence []policy.Evidence
		results  []policy.Result
		want     float64 // strength
		missing  bool
		disputed bool
	}{
		{name: "nobody says anything", silent: true, missing: true},
		{name: "an answer fills in, as self-attested", silent: true, claims: []drawbridge.Claim{yes}, want: 0.5},
		{name: "an answer about the interface", silent: true, claims: []drawbridge.Claim{at("rates", yes)}, want: 0.5},
		{name: "an answer about another one", silent: true, claims: []drawbridge.Claim{at("else", yes)}, missing: true},
		{name: "an answer says no", silent: true, claims: []drawbridge.Claim{no}},
		{name: "two answers disagree", silent: true, claims: []drawbridge.Claim{yes, no}, disputed: true},
		{name: "the answer agrees with the manifest", claims: []drawbridge.Claim{yes}, want: 0.5},
		{name: "the answer denies what the manifest says", claims: []drawbridge.Claim{no}, disputed: true},
		{name: "an audit stands behind the answer", silent: true, claims: []drawbridge.Claim{yes}, evidence: audit, want: 0.9},
		{name: "an audit without a claim", silent: true, evidence: audit, missing: true},
		{name: "no audit helps where claims disagree", claims: []drawbridge.Claim{no}, evidence: audit, disputed: true},
		{name: "a failed test overrides them all", claims: []drawbridge.Claim{yes}, evidence: audit, results: failed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := load(t, "low")
			if tt.silent {
				b.Integration.Interfaces[0].Safeguards = cloneGuards(b.Integration.Interfaces[0].Safeguards)
				delete(b.Integration.Interfaces[0].Safeguards, "tls_min")
			}
			in := input(t, b)
			in.Claims, in.Evidence, in.Results = tt.claims, tt.evidence, tt.results
			v := evaluate(t, in)
			c := v.controls[slices.IndexFunc(v.controls, func(c policy.Control) bool { return c.ID == id })]
			strength := 0.0
			if c.Value != nil {
				strength = *c.Value * c.Confidence
			}
			disputed := slices.ContainsFunc(c.Stated, policy.Stated.Disputed)
			if strength != tt.want || (len(c.Missing) > 0) != tt.missing || disputed != tt.disputed || c.Because == "" {
				t.Errorf("strength %v, missing %v, disputed %v (%s), want %v, %v, %v", strength, c.Missing, disputed, c.Because, tt.want, tt.missing, tt.disputed)
			}
		})
	}
}
