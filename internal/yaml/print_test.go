package yaml_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"drawbridge/internal/yaml"
)

func parse(t *testing.T, src []byte) *yaml.Tree {
	t.Helper()
	limits := yaml.DefaultLimits()
	limits.Bytes *= 2
	tree, err := yaml.Parse(src, limits)
	if err != nil {
		t.Fatalf("Parse(%q): %v", src, err)
	}
	return tree
}

// reprint formats a file, and checks that values and comments stay.
func reprint(t *testing.T, src []byte) []byte {
	t.Helper()
	tree := parse(t, src)
	tree.Annotate()
	out := yaml.Print(&tree.Root)
	again := parse(t, out)
	opts := cmp.Options{
		cmpopts.IgnoreFields(yaml.Node{}, "Off", "Note", "Style", "Flow"),
		cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Value" }, cmp.Comparer(func(a, b string) bool {
			return a == b || isNull(a) && isNull(b)
		})),
		cmpopts.EquateEmpty(),
	}
	if d := cmp.Diff(tree.Root, again.Root, opts); d != "" {
		t.Fatalf("printing\n%s\nas\n%s\nchanges values: %s", src, out, d)
	}
	if a, b := notes(tree), notes(again); a != b {
		t.Fatalf("printing\n%q\nas\n%q\nchanges comments %q to %q", src, out, a, b)
	}
	return out
}

func isNull(s string) bool { return s == "" || s == "null" || s == "~" }

// notes returns the words of all comments, in order.
func notes(tree *yaml.Tree) string {
	var b strings.Builder
	for _, c := range tree.Comments {
		b.WriteString(c.Text)
	}
	return strings.Join(strings.FieldsFunc(b.String(), func(r rune) bool { return r == ' ' || r == '\t' || r == '#' }), "")
}

func TestPrint(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want string }{
		"indentation":       {"a:\n    b:\n    - c\n    -   d: 1\n        e: 2\n", "a:\n  b:\n    - c\n    - d: 1\n      e: 2\n"},
		"brackets":          {"a: { b: [1,2] , c: 'd' }", "a: {b: [1, 2], c: \"d\"}\n"},
		"head and tail":     {"# top\n\n# of a\na: b   # why\n# end\n", "# top\n\n# of a\na: b # why\n# end\n"},
		"inner foot":        {"a:\n  b: 1\n  # c: 2\nd: 3\n", "a:\n  b: 1\n  # c: 2\nd: 3\n"},
		"comment in flow":   {"a: [x, # one\n  y]\n", "a:\n  - x # one\n  - y\n"},
		"empty lines":       {"a: 1\n\n\n\nb: 2\n", "a: 1\n\nb: 2\n"},
		"long brackets":     {"a: [" + strings.Repeat("abcdefghi, ", 14) + "z]", "a:\n" + strings.Repeat("  - abcdefghi\n", 14) + "  - z\n"},
		"dash and comment":  {"- # c\n  a: 1\n", "# c\n- a: 1\n"},
		"key and comment":   {"a: # c\n  b: 1\n", "a: # c\n  b: 1\n"},
		"literal":           {"a: |\n    x\n     y\n", "a: |\n  x\n   y\n"},
		"folded":            {"a: >-\n  x\n  y\n\n  z\n", "a: >-\n  x y\n\n  z\n"},
		"anchor":            {"a: &x\n  b: 1\nc: *x\n", "a: &x\n  b: 1\nc: *x\n"},
		"all commented out": {"a:\n  # x: 1\nb: 2\n", "a:\n# x: 1\nb: 2\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := reprint(t, []byte(tt.in))
			if d := cmp.Diff(tt.want, string(got)); d != "" {
				t.Errorf("Print(%q): -want +got\n%s", tt.in, d)
			}
		})
	}
}

// FuzzParse holds that the reader returns in peace, that printing keeps values
// and comments, and that printing twice changes nothing.
func FuzzParse(f *testing.F) {
	for _, s := range accepted {
		f.Add([]byte(s))
	}
	f.Add([]byte("a: # x\n- b # y\n# z\n- {c: d} # w\n \n  # v\n# u"))
	f.Add([]byte("a: {x: 1, # c\n  y: [2, # d\n 3]}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		limits := yaml.DefaultLimits()
		limits.Depth = 24
		if _, err := yaml.Parse(data, limits); err != nil {
			return
		}
		once := reprint(t, data)
		if twice := reprint(t, once); !bytes.Equal(once, twice) {
			t.Fatalf("printing twice differs:\n%q\n%q\n%q", data, once, twice)
		}
	})
}
