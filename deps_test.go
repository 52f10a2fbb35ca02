package drawbridge_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDependencies holds go.mod to the record: every direct module has its line
// in the decision on dependencies, and there are at most 40.
func TestDependencies(t *testing.T) {
	t.Parallel()
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	adr, err := os.ReadFile("docs/adr/0002-dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	direct := 0
	for line := range strings.Lines(string(mod)) {
		m := regexp.MustCompile(`^\s+(\S+) v\S+$`).FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil {
			continue // no requirement, or an indirect one
		}
		direct++
		name := strings.TrimPrefix(strings.TrimPrefix(m[1], "github.com/"), "google.golang.org/")
		if !strings.Contains(string(adr), name) {
			t.Errorf("%s has no line in docs/adr/0002-dependencies.md", m[1])
		}
	}
	if direct == 0 || direct > 40 {
		t.Errorf("%d direct modules, want 1 to 40", direct)
	}
}
