package spec

import (
	"errors"
	"regexp"
	"strings"

	"drawbridge"
	"drawbridge/internal/yaml"
)

// parseYAML reads one YAML document into nodes. The product's own reader is
// fast and bounded, but leaves out rare parts of the language; a file of
// moderate size that uses them is read by a complete library instead.
func parseYAML(name, src string) (node, error) {
	tree, err := yaml.Parse([]byte(src), yaml.Limits{Bytes: MaxBytes, Depth: maxNesting, Nodes: maxNodes, Aliases: maxAliased})
	if err != nil {
		var e *yaml.Error
		if !errors.As(err, &e) {
			return node{}, err
		}
		if len(src) <= maxFullBytes {
			if n, err := parseFullYAML(name, src); err == nil {
				return n, nil
			}
		}
		hint := ""
		if e.Hint != "" {
			hint = "; " + e.Hint
		}
		return node{}, drawbridge.Errorf(drawbridge.Invalid, "%s:%d:%d: %s%s", name, e.Line, e.Column, e.Message, hint)
	}
	c := yamlReader{doc: doc{name: name}}
	return c.tree(tree, &tree.Root)
}

func locate(n *node, t *yaml.Tree, y *yaml.Node) {
	line, col := t.Position(y.Off)
	n.line, n.col = uint32(line), uint32(col) //nolint:gosec // both are below MaxBytes
}

// tree converts what the product's own reader returns.
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
		if y.Style == yaml.Plain {
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
