package view

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestVisible holds that what is drawn adds up to what there is, between the same
// totals, with a bounded number of bars.
func TestVisible(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var steps []Step
		at := 0.0
		part := func(from, to float64) {
			for _, points := range rapid.SliceOfN(rapid.Float64Range(from, to), 0, 60).Draw(t, "points") {
				steps, at = append(steps, Step{Name: "step", Points: points}), at+points
			}
			steps = append(steps, Step{Name: "total", Points: at, Total: true})
		}
		part(0, 5)
		part(-2, 2)
		drawn := visible(steps)
		if bars := len(drawn); bars > 2+2*(most+1) {
			t.Fatalf("%d bars", bars)
		}
		sum := 0.0
		for _, s := range drawn {
			if !s.Total {
				sum += s.Points
			}
		}
		if math.Abs(sum-at) > 0.05*float64(len(steps)) { // what is not shown at all
			t.Fatalf("drawn %v, want %v", sum, at)
		}
		if n := len(slices.DeleteFunc(drawn, func(s Step) bool { return !s.Total })); n != 2 {
			t.Fatalf("%d totals, want 2", n)
		}
	})
}

func TestFold(t *testing.T) {
	t.Parallel()
	steps := []Step{{Name: "Inherent", Points: 60, Total: true}}
	for i := range 14 {
		steps = append(steps, Step{Name: strings.Repeat("x", i+1), Points: -float64(1 + i%7)})
	}
	steps = append(steps, Step{Name: "floor", Points: 30}, Step{Name: "Residual", Points: 34, Total: true})
	got := visible(steps)
	if len(got) != 1+most+1+2 || got[len(got)-2].Name != "floor" || !slices.ContainsFunc(got, func(s Step) bool { return s.Name == "4 more" && s.Points == -6 }) {
		t.Errorf("visible = %+v, want the ten largest, the other four in one before the floor", got)
	}
	if few := visible(steps[:8]); len(few) != 8 {
		t.Errorf("visible of few = %+v, want them all", few)
	}
}
