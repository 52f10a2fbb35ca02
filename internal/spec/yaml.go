package spec

import (
	"errors"
	"regexp"
	"strings"

	"drawbridge"
	"drawbridge/internal/yaml"
)

// Limits of YAML, which costs more to read than JSON does.
const (
	maxYAMLBytes = 32 << 20
	maxYAMLNodes = 1_500_000
)

// parseYAML reads one YAML document into nodes.
func parseYAML(name, src string) (node, error) {
	if len(src) > maxYAMLBytes {
		return node{}, drawbridge.Errorf(drawbridge.TooLarge, "%s has %d bytes; at most %d are accepted of YAML; convert it to JSON", name, len(src), maxYAMLBytes)
	}
	tree, err := yaml.Parse([]byte(src), yaml.Limits{Bytes: maxYAMLBytes, Depth: maxNesting, Nodes: maxYAMLNodes, Aliases: maxAliased, Tags: true})
	if err != nil {
		if e, ok := errors.AsType[*yaml.Error](err); ok {
			hint := ""
			if e.Hint != "" {
				hint = "; " + e.Hint
			}
			return node{}, drawbridge.Errorf(drawbridge.Invalid, "%s:%d:%d: %s%s", name, e.Line, e.Column, e.Message, hint)
		}
		return node{}, err
	}
	c := yamlReader{doc: doc{name: name}}
	return c.tree(tree, &tree.Root)
}

type yamlReader struct{ doc doc }

func locate(n *node, t *yaml.Tree, y *yaml.Node) {
	line, col := t.Position(y.Off)
	n.line, n.col = uint32(line), uint32(col) //nolint:gosec // both are below MaxBytes
}

// tree converts a value and what is in it.
func (c *yamlReader) tree(t *yaml.Tree, y *yaml.Node) (n node, err error) {
	y = y.Resolve()
	locate(&n, t, y)
	switch y.Kind {
	case yaml.List:
		n.kind = list
		n.kids = make([]member, len(y.Children))
		for i := range y.Children {
			if n.kids[i].val, err = c.tree(t, &y.Children[i]); err != nil {
				return n, err
			}
		}
	case yaml.Map:
		n.kind = object
		n.kids = make([]member, 0, len(y.Children)/2)
		var merged []node
		for i := 0; i+1 < len(y.Children); i += 2 {
			key := &y.Children[i]
			v, err := c.tree(t, &y.Children[i+1])
			if err != nil {
				return n, err
			}
			if key.Value == "<<" && key.Style == yaml.Plain {
				merged = append(merged, v)
				continue
			}
			if v.kind == null {
				locate(&v, t, key)
			}
			n.kids = append(n.kids, member{key.Value, v})
		}
		return n, c.finish(&n, merged)
	default:
		n.str = y.Value
		n.kind = text
		if y.Style == yaml.Plain && y.Tag != "!!str" {
			n.kind = plainKind(y)
		}
		if n.kind == null {
			n.str = ""
		}
	}
	return n, nil
}

var yamlNumber = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$|^0x[0-9a-fA-F]+$|^0o[0-7]+$|^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$`)

// plainKind is the kind of a scalar without quotes, by the core schema of YAML 1.2.
func plainKind(y *yaml.Node) kind {
	switch y.Value {
	case "true", "True", "TRUE", "false", "False", "FALSE":
		y.Value = strings.ToLower(y.Value)
		return boolean
	}
	switch {
	case y.Null():
		return null
	case strings.IndexByte("+-.0123456789", y.Value[0]) >= 0 && yamlNumber.MatchString(y.Value):
		return number
	}
	return text
}

// finish refuses duplicate keys and brings in what is merged.
func (c *yamlReader) finish(n *node, merged []node) error {
	if dup := duplicate(n.kids); dup >= 0 {
		v := n.kids[dup]
		return c.doc.errorf(&v.val, "the key %q stands twice in the same object; remove one", clip(v.key, 60))
	}
	return c.merge(n, merged)
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
