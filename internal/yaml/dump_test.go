package yaml_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/internal/yaml"
)

var update = flag.Bool("update", false, "rewrite golden files")

// dump writes a tree so that nothing of it is left out.
func dump(b *strings.Builder, tree *yaml.Tree, n *yaml.Node, depth int) {
	line, col := tree.Position(n.Off)
	kind := []string{"scalar", "map", "list", "alias"}[n.Kind]
	style := []string{"plain", "single", "double", "literal", "folded"}[n.Style]
	fmt.Fprintf(b, "%s%d:%d %s", strings.Repeat("  ", depth+1), line, col, kind)
	switch n.Kind {
	case yaml.Scalar:
		fmt.Fprintf(b, " %s %q", style, n.Value)
	case yaml.Alias:
		fmt.Fprintf(b, " *%s", n.Value)
	default:
		if n.Flow {
			b.WriteString(" flow")
		}
	}
	if n.Anchor != "" {
		b.WriteString(" &" + n.Anchor)
	}
	b.WriteByte('\n')
	for i := range n.Children {
		dump(b, tree, &n.Children[i], depth+1)
	}
}

// TestParse holds values, styles, positions and comments of every construct
// against a file that was checked by hand.
func TestParse(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, src := range accepted {
		fmt.Fprintf(&b, "%q\n", src)
		tree, err := yaml.Parse([]byte(src), yaml.DefaultLimits())
		if err != nil {
			fmt.Fprintf(&b, "  refused\n")
			continue
		}
		dump(&b, tree, &tree.Root, 0)
		for _, c := range tree.Comments {
			line, col := tree.Position(c.Off)
			fmt.Fprintf(&b, "  comment %d:%d in %d own %v %q\n", line, col, c.In, c.Own, c.Text)
		}
	}
	const golden = "testdata/parse.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("Parse: -want +got\n%s", d)
	}
}
