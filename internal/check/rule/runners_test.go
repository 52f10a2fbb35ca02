package rule_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/internal/check/rule"
	"drawbridge/internal/threat"
)

// TestRunners holds the catalogue of checks to the ids that threats call automated.
func TestRunners(t *testing.T) {
	t.Parallel()
	var ids []string
	for _, c := range rule.All() {
		ids = append(ids, c.Info().ID)
	}
	slices.Sort(ids)
	if diff := cmp.Diff(threat.Runners(), ids); diff != "" {
		t.Errorf("threat.Runners and the catalogue differ (-threat +catalogue):\n%s", diff)
	}
}
