package lifecycle_test

import (
	"slices"
	"testing"

	"drawbridge/internal/lifecycle"
	"drawbridge/internal/testkit"
)

// TestNothingToDrive has the guard of live checks ask for a pass only where the
// tester can drive anything: who only sends files could never go live.
func TestNothingToDrive(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		asks := func() bool {
			t.Helper()
			life, err := r.Life(t.Context(), r.as("ann"), r.id)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(life.Steps, func(n lifecycle.Next) bool { return n.Step == "go_live" })
			return slices.ContainsFunc(life.Steps[i].Missing, func(m lifecycle.Missing) bool { return m.Guard == "checks" })
		}
		if !asks() {
			t.Error("an interface that can be driven goes live without a test")
		}
		r.idle.Store(true)
		if asks() {
			t.Error("a test is asked for where there is nothing to drive")
		}
	})
}
