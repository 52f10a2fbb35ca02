package spec

import (
	"errors"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"drawbridge"
)

// Limits of the reader of the whole language, which costs some 800 bytes and
// 4 microseconds for each token, and recurses.
const (
	maxFullBytes  = 4 << 20
	maxFullTokens = 300_000
)

// parseFullYAML reads YAML that uses what the product's own reader leaves out:
// tags, directives, keys on lines of their own.
func parseFullYAML(name, src string) (n node, err error) {
	if err := scanYAML(name, src); err != nil {
		return n, err
	}
	defer func() {
		if r := recover(); r != nil {
			err = drawbridge.Errorf(drawbridge.Invalid, "%s: is not YAML that can be read (%v)", name, r)
		}
	}()
	file, err := parser.ParseBytes([]byte(src), 0)
	if err != nil {
		return n, yamlError(name, err)
	}
	var body ast.Node
	for _, d := range file.Docs {
		if _, directive := d.Body.(*ast.DirectiveNode); directive || d.Body == nil {
			continue
		}
		if body != nil {
			return n, drawbridge.Errorf(drawbridge.Invalid, "%s:%d: holds a second document; keep one to a file", name, line(d.Body))
		}
		body = d.Body
	}
	if body == nil {
		return n, errEmpty(name)
	}
	c := yamlReader{doc: doc{name: name}, anchors: map[string]anchor{}}
	return c.value(body, 0)
}

func line(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 1
}

func yamlError(name string, err error) error {
	var y yaml.Error
	if errors.As(err, &y) && y.GetToken() != nil && y.GetToken().Position != nil {
		pos := y.GetToken().Position
		return drawbridge.Errorf(drawbridge.Invalid, "%s:%d:%d: %s", name, pos.Line, pos.Column, y.GetMessage())
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return drawbridge.Errorf(drawbridge.Invalid, "%s: is not YAML that can be read: %s", name, first)
}

// scanYAML bounds nesting from above without parsing: brackets that are open at
// once, and for each line the indented blocks that it may stand in.
func scanYAML(name, src string) error {
	if tokens := strings.Count(src, "\n") + strings.Count(src, ",") + strings.Count(src, ": ") + strings.Count(src, "- "); tokens > maxFullTokens {
		return drawbridge.Errorf(drawbridge.TooLarge, "%s: is too large for the parts of YAML that it uses; convert it to JSON", name)
	}
	var indents []int
	open, row := 0, 0
	for l := range strings.Lines(src) {
		row++
		indent, markers := 0, 0
		for indent < len(l) && (l[indent] == ' ' || (l[indent] == '-' || l[indent] == '?') && indent+1 < len(l) && l[indent+1] <= ' ') {
			if l[indent] != ' ' {
				markers++
			}
			indent++
		}
		if rest := strings.TrimSpace(l[indent:]); rest == "" && markers == 0 || strings.HasPrefix(rest, "#") {
			continue
		}
		for len(indents) > 0 && indents[len(indents)-1] >= indent {
			indents = indents[:len(indents)-1]
		}
		indents = append(indents, indent)
		for i := range len(l) {
			switch l[i] {
			case '[', '{':
				open++
			case ']', '}':
				open = max(open-1, 0)
			}
			if open+markers+len(indents) > maxNesting {
				return drawbridge.Errorf(drawbridge.Invalid, "%s:%d:%d: nested deeper than %d levels", name, row, i+1, maxNesting)
			}
		}
	}
	return nil
}

type anchor struct {
	node node
	size int // values that an alias stands for
}

type yamlReader struct {
	doc     doc
	anchors map[string]anchor
	count   int // values so far, aliases expanded
	added   int // of them by aliases
}

func (c *yamlReader) value(y ast.Node, depth int) (node, error) {
	var n node
	if t := y.GetToken(); t != nil && t.Position != nil {
		n.line, n.col = uint32(t.Position.Line), uint32(t.Position.Column) //nolint:gosec // both are below maxFullBytes
	}
	if c.count++; c.count > maxNodes {
		return n, c.doc.errorf(&n, "more than %d values, aliases counted as what they stand for; no interface description is that large", maxNodes)
	}
	if depth > maxNesting {
		return n, c.doc.errorf(&n, "nested deeper than %d levels", maxNesting)
	}
	switch y := y.(type) {
	case *ast.MappingNode:
		return n, c.mapping(&n, y.Values, depth)
	case *ast.MappingValueNode:
		return n, c.mapping(&n, []*ast.MappingValueNode{y}, depth)
	case *ast.SequenceNode:
		n.kind = list
		n.kids = make([]member, 0, len(y.Values))
		for _, item := range y.Values {
			v, err := c.value(item, depth+1)
			if err != nil {
				return n, err
			}
			n.kids = append(n.kids, member{val: v})
		}
		return n, nil
	case *ast.AnchorNode:
		return c.anchor(y, depth)
	case *ast.AliasNode:
		a, ok := c.anchors[y.Value.GetToken().Value]
		if !ok {
			return n, c.doc.errorf(&n, "alias *%s stands for no anchor above it", clip(y.Value.GetToken().Value, 40))
		}
		c.count += a.size
		if c.added += a.size; c.added > maxAliased {
			return n, c.doc.errorf(&n, "aliases add more than %d values", maxAliased)
		}
		return a.node, nil
	case *ast.TagNode:
		if y.Value == nil {
			return n, nil
		}
		v, err := c.value(y.Value, depth+1)
		if y.Start != nil && y.Start.Value == string(token.StringTag) && v.kind != list && v.kind != object {
			v.kind = text
		}
		return v, err
	}
	return scalar(n, y), nil
}

func scalar(n node, y ast.Node) node {
	switch y := y.(type) {
	case *ast.StringNode:
		n.kind, n.str = text, y.Value
	case *ast.LiteralNode:
		n.kind, n.str = text, y.Value.Value
	case *ast.BoolNode:
		n.kind, n.str = boolean, "false"
		if y.Value {
			n.str = "true"
		}
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		n.kind, n.str = number, y.GetToken().Value
	}
	return n
}

func (c *yamlReader) anchor(y *ast.AnchorNode, depth int) (node, error) {
	before := c.count
	n, err := c.value(y.Value, depth+1)
	if err != nil {
		return n, err
	}
	c.anchors[y.Name.GetToken().Value] = anchor{n, c.count - before}
	return n, nil
}

func (c *yamlReader) mapping(n *node, values []*ast.MappingValueNode, depth int) error {
	n.kind = object
	n.kids = make([]member, 0, len(values))
	var merged []node
	for _, mv := range values {
		v, err := c.value(mv.Value, depth+1)
		if err != nil {
			return err
		}
		if _, ok := mv.Key.(*ast.MergeKeyNode); ok {
			merged = append(merged, v)
			continue
		}
		key, err := c.key(mv.Key)
		if err != nil {
			return err
		}
		if v.kind == null && v.line == 0 {
			v.line, v.col = n.line, n.col
		}
		n.kids = append(n.kids, member{key, v})
	}
	return c.finish(n, merged)
}

func (c *yamlReader) key(k ast.MapKeyNode) (string, error) {
	switch k := k.(type) {
	case *ast.StringNode:
		return k.Value, nil
	case *ast.MappingKeyNode: // "? key", which writers use for long keys
		if s, ok := k.Value.(*ast.StringNode); ok {
			return s.Value, nil
		}
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
	default:
		return k.GetToken().Value, nil
	}
	return "", c.doc.errorf(&node{line: uint32(line(k)), col: 1}, "a key must be plain text") //nolint:gosec // below maxFullBytes
}

// merge adds the members that merge keys (<<) bring in; keys of the object itself win.
func (c *yamlReader) merge(n *node, merged []node) error {
	for i := 0; i < len(merged); i++ {
		m := &merged[i]
		if m.kind == list && i < 100 {
			for j := range m.kids {
				merged = append(merged, m.kids[j].val)
			}
			continue
		}
		if m.kind != object {
			return c.doc.wrong(m, "what a merge key brings in", object)
		}
		have := make(map[string]bool, len(n.kids))
		for j := range n.kids {
			have[n.kids[j].key] = true
		}
		for j := range m.kids {
			if !have[m.kids[j].key] {
				n.kids = append(n.kids, m.kids[j])
			}
		}
	}
	return nil
}
