package threat_test

import (
	"os"
	"testing"

	"drawbridge/internal/threat"
)

// TestRules runs the cases of the built-in rules: one that fires, one that is
// quiet, one that asks.
func TestRules(t *testing.T) {
	t.Parallel()
	report, err := threat.TestRules(os.DirFS("rules"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range report.Problems {
		t.Error(p)
	}
	for _, c := range report.Cases {
		if !c.Pass {
			t.Errorf("%s:%d: case %s: got %s, want one of %v: %s", c.File, c.Line, c.Case, c.Got, c.Want, c.Reason)
		}
	}
}
