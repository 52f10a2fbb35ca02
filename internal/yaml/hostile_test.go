package yaml_test

import (
	"strings"
	"testing"

	"drawbridge/internal/yaml"
)

// TestHostile holds that no input makes the work grow faster than its size. It
// measures no time: a quadratic reader would run into the tests' own limit.
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
		"nested brackets":              "a: [[[[[[[[x]]]]," + strings.Repeat("x,", 10*n) + "]]]]",
		"empty lines":                  "a: b\n" + strings.Repeat("\n", 10*n) + "c: d\n",
		"anchors":                      "a:\n" + strings.Repeat("  - &x y\n", n),
		"escapes":                      "a: \"" + strings.Repeat("\\u00e9", n) + "\"",
		"tabs":                         "a:" + strings.Repeat("\t", 10*n) + "b\n",
		"one key many times":           strings.Repeat("a: b\n", n),
		"block text":                   "a: |\n" + strings.Repeat("  x\n", 10*n),
	}
	for name, src := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree, err := yaml.Parse([]byte(src), yaml.DefaultLimits())
			if err != nil {
				return
			}
			tree.Annotate()
			if out := yaml.Print(&tree.Root); len(out) == 0 {
				t.Error("nothing is printed")
			}
		})
	}
}
