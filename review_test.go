package drawbridge_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"drawbridge"
)

// reviewTable is written out: a state, and where each step leads, in the order of
// ReviewSteps (submit triage start ready reopen approve approve_with_conditions reject
// defer withdraw). A dash is no way.
const reviewTable = `
draft                    submitted -       -         -     -         -        -                        -        -        withdrawn
submitted                -         triaged -         -     -         -        -                        -        -        withdrawn
triaged                  -         -       in_review -     -         -        -                        -        -        withdrawn
in_review                -         -       -         ready -         -        -                        -        -        withdrawn
ready                    -         -       -         -     in_review approved approved_with_conditions rejected deferred withdrawn
approved                 -         -       -         -     -         -        -                        -        -        -
approved_with_conditions -         -       -         -     -         -        -                        -        -        -
rejected                 -         -       -         -     -         -        -                        -        -        -
deferred                 -         -       -         -     -         -        -                        -        -        -
withdrawn                -         -       -         -     -         -        -                        -        -        -
`

// integrationTable is the same for integrations: go_live suspend resume leave retire.
const integrationTable = `
proposed  live -         -    exiting -
live      -    suspended -    exiting -
suspended -    -         live exiting -
exiting   -    -         -    -       retired
retired   -    -         -    -       -
`

func TestReviewSteps(t *testing.T) {
	t.Parallel()
	checkSteps(t, reviewTable, drawbridge.ReviewStates(), drawbridge.ReviewSteps(), drawbridge.ReviewState.Step)
	checkSteps(t, integrationTable, drawbridge.IntegrationStates(), drawbridge.IntegrationSteps(), drawbridge.IntegrationState.Step)
}

// checkSteps holds every state and every step to a table.
func checkSteps[S ~string](t *testing.T, table string, states []S, steps []string, step func(S, string) (S, bool)) {
	t.Helper()
	rows := strings.Split(strings.TrimSpace(table), "\n")
	if len(rows) != len(states) {
		t.Fatalf("the table has %d rows for %d states", len(rows), len(states))
	}
	for i, row := range rows {
		cells := strings.Fields(row)
		if len(cells) != len(steps)+1 || cells[0] != string(states[i]) {
			t.Fatalf("row %q does not fit state %s with %d steps", row, states[i], len(steps))
		}
		for j, name := range append(slices.Clone(steps), "fly") {
			want := "-"
			if j < len(steps) {
				want = cells[j+1]
			}
			to, ok := step(states[i], name)
			if got := string(to); ok != (want != "-") || ok && got != want {
				t.Errorf("%s from %s = %q %t, want %s", name, states[i], got, ok, want)
			}
		}
	}
}

// TestReviewWalk walks at random: what has ended stays, and a decision is reached
// only by way of every state before it.
func TestReviewWalk(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		state, seen := drawbridge.Draft, []drawbridge.ReviewState{drawbridge.Draft}
		for _, step := range rapid.SliceOfN(rapid.SampledFrom(drawbridge.ReviewSteps()), 0, 60).Draw(t, "steps") {
			to, ok := state.Step(step)
			if ok && !state.Open() {
				t.Fatalf("%s leads out of %s, which has ended", step, state)
			}
			if ok {
				state, seen = to, append(seen, to)
			}
		}
		if !state.Decided() {
			return
		}
		for _, must := range []drawbridge.ReviewState{drawbridge.Submitted, drawbridge.Triaged, drawbridge.InReview, drawbridge.Ready} {
			if !slices.Contains(seen, must) {
				t.Fatalf("decided by way of %v, without %s", seen, must)
			}
		}
		if state.Open() {
			t.Fatalf("%s is decided and open", state)
		}
	})
}
