package report

import (
	"testing"

	"drawbridge"
	"drawbridge/internal/policy"
)

// TestTested: every technical control says what live tests made of its claim.
func TestTested(t *testing.T) {
	t.Parallel()
	live := policy.Control{Applies: true, Technical: true, Settles: []string{"X-01"}}
	with := func(v drawbridge.Verdict, missing ...string) policy.Control {
		c := live
		c.Verdict, c.Missing = v, missing
		return c
	}
	for want, c := range map[string]policy.Control{
		"verified":                 with(drawbridge.Pass),
		"contradicted":             with(drawbridge.Fail),
		"failed without a claim":   with(drawbridge.Fail, "interfaces[api].safeguards.authz"),
		"not testable in this run": with(drawbridge.Inconclusive),
		"":                         {Applies: true, Verdict: drawbridge.Pass},
	} {
		if got := testedWord(c); got != want {
			t.Errorf("testedWord = %q, want %q", got, want)
		}
	}
}
