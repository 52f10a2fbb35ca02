package yaml_test

import (
	"strings"
	"testing"
	"time"

	"drawbridge/internal/yaml"
)

// TestHostile holds that no input makes the work grow faster than its size.
// The bound is far above what a linear reader needs and far below what a
// quadratic one would.
func TestHostile(t *testing.T) {
	t.Parallel()
	n := 60_000
	tests := map[string]string{
		"one long line with a comment": "a: [" + strings.Repeat("x, ", n) + "# c\n]\n",
		"empty lines in folded text":   "a: >\n  x\n" + strings.Repeat("\n", 20*n) + "  y\n",
		"open quote with line ends":    "a: \"" + strings.Repeat("x \n", 10*n),
		"folded quote":                 "a: \"" + strings.Repeat("x \n", 10*n) + "\"",
		"plain text on many lines":     "a: x\n" + strings.Repeat("  x\n", 10*n),
		"comments":                     strings.Repeat("# x\n", 10*n) + "a: b\n",
		"tails":                        "a:\n" + strings.Repeat("  - b # x\n", n),
		"nested brackets":              "a: " + strings.Repeat("[[[[[[[[x]]]],", 1) + strings.Repeat("x,", 10*n) + "]]]]",
		"empty lines":                  "a: b\n" + strings.Repeat("\n", 10*n) + "c: d\n",
		"anchors":                      "a:\n" + strings.Repeat("  - &x y\n", n),
		"escapes":                      "a: \"" + strings.Repeat("\\u00e9", n) + "\"",
		"tabs":                         "a:" + strings.Repeat("\t", 10*n) + "b\n",
		"one key many times":           strings.Repeat("a: b\n", n),
		"block text":                   "a: |\n" + strings.Repeat("  x\n", 10*n),
	}
	for name, src := range tests {
		start := time.Now()
		tree, err := yaml.Parse([]byte(src), yaml.DefaultLimits())
		if err == nil {
			tree.Annotate()
			_ = yaml.Print(&tree.Root)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%s: %v for %d bytes", name, d, len(src))
		} else {
			t.Logf("%s: %v for %d bytes, %v", name, d, len(src), err)
		}
	}
}
