package lifecycle_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"drawbridge"
	"drawbridge/internal/lifecycle"
)

// TestGuardsAreDescribed holds the page to the table of guards, row by row, and
// the guards to steps that there are.
func TestGuardsAreDescribed(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../docs/review.md")
	if err != nil {
		t.Fatal(err)
	}
	_, page, _ := strings.Cut(string(data), "## An integration\n")
	seen := map[string]bool{}
	for _, g := range lifecycle.Guards() {
		row := fmt.Sprintf("| `%s` | %s | %s | %s |\n", g.ID, strings.Join(g.Steps, ", "), g.Holds, g.Who)
		if !strings.Contains(page, row) {
			t.Errorf("docs/review.md lacks the row\n%s", row)
		}
		if seen[g.ID] {
			t.Errorf("two guards are called %s", g.ID)
		}
		seen[g.ID] = true
		for _, s := range g.Steps {
			if !slices.Contains(drawbridge.IntegrationSteps(), s) {
				t.Errorf("guard %s is of the step %s, which there is not", g.ID, s)
			}
		}
	}
	if n := strings.Count(page, "\n| `") - 4; n != len(seen) { // four rows are of what is attested
		t.Errorf("docs/review.md has %d guards, want %d", n, len(seen))
	}
}
