package policy_test

import (
	"math"
	"testing"

	"drawbridge"
)

// TestTry holds what is tried to what an assessment says of each lever, and to
// what the method gives.
func TestTry(t *testing.T) {
	t.Parallel()
	p := builtin(t)
	for _, name := range []string{"bare", "low", "payments"} {
		in := input(t, load(t, name))
		nothing, err := p.Try(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := evaluate(t, in)
		if nothing.After.Residual != want.score.Residual || nothing.After.Inherent != want.score.Inherent || nothing.Gate.Outcome != want.gate.Outcome || nothing.After.Tier != want.score.Tier {
			t.Errorf("%s: nothing tried comes to %v %s, want %v %s", name, nothing.After.Residual, nothing.Gate.Outcome, want.score.Residual, want.gate.Outcome)
		}
		if len(nothing.Levers) != len(want.score.Levers) || len(nothing.Levers) == 0 {
			t.Fatalf("%s: %d levers, want %d", name, len(nothing.Levers), len(want.score.Levers))
		}
		var all []string
		for _, l := range nothing.Levers {
			got, err := p.Try(in, []string{l.ID(), l.ID()})
			if err != nil {
				t.Fatal(err)
			}
			if d := got.After.Residual - got.Before.Residual; math.Abs(d-l.Residual) > 0.011 {
				t.Errorf("%s: %q comes to %+.2f, and the assessment says %+.2f", name, l.Change, d, l.Residual)
			}
			if rank(got.Gate.Outcome) > rank(got.Was.Outcome) {
				t.Errorf("%s: %q makes the gate say %s, and it said %s", name, l.Change, got.Gate.Outcome, got.Was.Outcome)
			}
			all = append(all, l.ID())
		}
		whole, err := p.Try(in, all)
		if err != nil {
			t.Fatal(err)
		}
		if whole.After.Residual > whole.Before.Residual+nothing.Levers[0].Residual+0.011 {
			t.Errorf("%s: all levers come to %.2f, and the best alone to %.2f", name, whole.After.Residual, whole.Before.Residual+nothing.Levers[0].Residual)
		}
		if _, err := p.Try(in, []string{"0000000000"}); drawbridge.KindOf(err) != drawbridge.Conflict {
			t.Errorf("%s: a lever that there is not: %v", name, err)
		}
	}
}

func rank(o drawbridge.Outcome) int {
	return map[drawbridge.Outcome]int{drawbridge.Go: 0, drawbridge.Conditional: 1, drawbridge.NoGo: 2}[o]
}
