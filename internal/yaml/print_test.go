package yaml_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	oracle "go.yaml.in/yaml/v3"

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
	// None may be lost. Comments behind the last value that stand at different
	// depths may change places among themselves.
	if a, b := notes(tree), notes(again); !slices.Equal(slices.Sorted(strings.SplitSeq(a, "")), slices.Sorted(strings.SplitSeq(b, ""))) {
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
		"above a value":     {"a:\n  # why\n  b\nc: d\n", "# why\na: b\nc: d\n"},
		"comment in dash":   {"- a: 1\n# x\n-  # c\n    d: 4", "- a: 1\n# x\n# c\n- d: 4\n"},
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

// withoutComments holds that the comments which are found are all there are, and
// no part of a text: the file without them has the same values in the same places.
func withoutComments(t *testing.T, data []byte) {
	t.Helper()
	tree := parse(t, data)
	full := strings.ReplaceAll(strings.TrimPrefix(string(data), "\ufeff"), "\r\n", "\n")
	var src []byte
	from := 0
	for _, c := range tree.Comments {
		start, end := int(c.Off), int(c.Off)+1+len(c.Text)
		if c.Own { // with its whole line
			start = strings.LastIndexAny(full[:start], "\n\u2028\u2029") + 1
			if start > 0 && full[start-1] >= 0x80 {
				start += 2
			}
			if strings.HasPrefix(full[end:], "\n") {
				end++
			}
		}
		src = append(src, full[from:max(start, from)]...)
		from = end
	}
	src = append(src, full[from:]...)
	bare, err := yaml.Parse(src, yaml.DefaultLimits())
	if err != nil && strings.Contains(err.Error(), "a tab is used") {
		return // the library minds a tab on an empty line, unless a comment follows
	}
	if err != nil {
		t.Fatalf("%q without its comments: %v", data, err)
	}
	if len(bare.Comments) > 0 {
		t.Fatalf("%q without its comments has the comments %v", data, bare.Comments)
	}
	// Lines below a text that keeps its line ends become part of it.
	ignore := cmp.Options{
		cmpopts.IgnoreFields(yaml.Node{}, "Off"), cmpopts.EquateEmpty(),
		cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Value" }, cmp.Comparer(func(a, b string) bool {
			return strings.TrimRight(a, " \n") == strings.TrimRight(b, " \n")
		})),
	}
	if d := cmp.Diff(tree.Root, bare.Root, ignore); d != "" {
		t.Fatalf("%q without its comments has other values: %s", data, d)
	}
	if n, err := oracleComments(src); err == nil && n > 0 {
		t.Fatalf("%q: the library still finds comments in %q", data, src)
	}
}

// oracleComments counts the comments that the library attaches to nodes.
func oracleComments(src []byte) (int, error) {
	var doc oracle.Node
	if err := oracle.Unmarshal(src, &doc); err != nil {
		return 0, err
	}
	count := 0
	var walk func(n *oracle.Node)
	walk = func(n *oracle.Node) {
		if n.HeadComment+n.LineComment+n.FootComment != "" {
			count++
		}
		for _, c := range n.Content {
			walk(c)
		}
	}
	walk(&doc)
	return count, nil
}

// TestComments holds the finding of comments against places where a # is none.
func TestComments(t *testing.T) {
	t.Parallel()
	for _, src := range append([]string{
		"a: |  # head\n  x # no\n\n # no\n# yes\nb: c#no #yes", "a: |2 # y\n   # no\n  # no\n # y\nb: 1", "- |\n  # no\n# y\n- >\n   # no\n  # y\n",
		"a: 'x # no''# no' # y\nb: \"\\\" # no\"# y\n", "a: [x,# y\n \"b\"# y\n,c]# y\n", "a: &x # y\n  - b # y\n", "a: &x |\n  # no\n# y\nb: *x # y\n",
		"a:\n- |\n  # no\n - # y\n", "k: {\"a\":#y\n 1, b: '#'}\n", "# \u2028a: b # y\nc: d", "a: |\n  # no\u2028 # y\nb: 1\n", "a: \"x\n  # no\n  y\" # y",
		"a: b\n # y\n", "--- # y\na: b\n... # y\n", "a: |\n\n\n# y\nb: c", "a: {x: |,# y\n }", "? a",
	}, accepted...) {
		if _, err := yaml.Parse([]byte(src), yaml.DefaultLimits()); err == nil {
			withoutComments(t, []byte(src))
			reprint(t, []byte(src))
		}
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
		if _, err := yaml.Parse(data, limits); err != nil || len(data) > 500 { // quotes may make a long key too long
			return
		}
		withoutComments(t, data)
		once := reprint(t, data)
		if twice := reprint(t, once); !bytes.Equal(once, twice) {
			t.Fatalf("printing twice differs:\n%q\n%q\n%q", data, once, twice)
		}
	})
}
