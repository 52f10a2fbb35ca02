package flow

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Mermaid writes the map as a Mermaid flowchart with one subgraph a boundary.
func (m *Map) Mermaid(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString("flowchart LR\n")
	g := m.graph()
	var level func(parent, indent string)
	level = func(parent, indent string) {
		for _, n := range g.nodes[parent] {
			left, right := "[", "]"
			switch n.Kind {
			case NodeStore:
				left, right = "[(", ")]"
			case NodeUser:
				left, right = "([", "])"
			case NodeSubprocessor:
				left, right = "[[", "]]"
			default: // a plain box
			}
			fmt.Fprintf(&b, "%s%s%s\"%s<br/>%s\"%s\n", indent, plainIdent("n", n.ID), left, mermaid(n.Name), mermaid(kindName(n)), right)
		}
		for _, k := range g.boundaries[parent] {
			fmt.Fprintf(&b, "%ssubgraph %s[\"%s\"]\n", indent, plainIdent("b", k.ID), mermaid(k.Name))
			level(k.ID, indent+"  ")
			fmt.Fprintf(&b, "%send\n", indent)
		}
	}
	level("", "  ")
	for _, e := range m.Edges {
		k := link{e, 1}
		arrow := "-->"
		if e.Possible {
			arrow = "-.->"
		}
		fmt.Fprintf(&b, "  %s %s|\"%s<br/>%s\"| %s\n", plainIdent("n", e.From), arrow, mermaid(linkName(k)), mermaid(dataLine(k)), plainIdent("n", e.To))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// DOT writes the map for Graphviz, with one cluster a boundary.
func (m *Map) DOT(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "digraph %s {\n  rankdir=LR;\n  label=%s;\n  node [shape=box, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=11];\n",
		dot("map "+m.Integration), dot(m.Name))
	g := m.graph()
	var level func(parent, indent string)
	level = func(parent, indent string) {
		for _, n := range g.nodes[parent] {
			shape := ""
			switch n.Kind {
			case NodeStore:
				shape = ", shape=cylinder"
			case NodeUser:
				shape = ", shape=oval"
			case NodeSubprocessor:
				shape = ", peripheries=2"
			default: // a plain box
			}
			fmt.Fprintf(&b, "%s%s [label=%s%s];\n", indent, dot(n.ID), dot(n.Name, kindName(n)), shape)
		}
		for _, k := range g.boundaries[parent] {
			fmt.Fprintf(&b, "%ssubgraph %s {\n%s  label=%s;\n%s  style=dashed;\n", indent, dot("cluster "+k.ID), indent, dot(k.Name), indent)
			level(k.ID, indent+"  ")
			fmt.Fprintf(&b, "%s}\n", indent)
		}
	}
	level("", "  ")
	for _, e := range m.Edges {
		k := link{e, 1}
		style := ""
		if e.Possible {
			style = ", style=dashed"
		}
		fmt.Fprintf(&b, "  %s -> %s [label=%s%s];\n", dot(e.From), dot(e.To), dot(linkName(k), dataLine(k)), style)
	}
	b.WriteString("}\n")
	_, err := w.Write(b.Bytes())
	return err
}

// graph gives the nodes and boundaries by the boundary around them.
func (m *Map) graph() (g struct {
	nodes      map[string][]Node
	boundaries map[string][]Boundary
},
) {
	g.nodes, g.boundaries = map[string][]Node{}, map[string][]Boundary{}
	for _, n := range m.Nodes {
		g.nodes[n.Boundary] = append(g.nodes[n.Boundary], n)
	}
	for _, b := range m.Boundaries {
		g.boundaries[b.Parent] = append(g.boundaries[b.Parent], b)
	}
	return g
}

// plainIdent makes an identifier of letters, digits and underscores only.
func plainIdent(prefix, id string) string {
	return prefix + "_" + strings.ReplaceAll(ident(id), "-", "_2d")
}

// mermaid writes a text inside quotes. Whatever is no letter, digit, space or
// harmless mark becomes a numeric code, so that no text can end its quotes,
// start markup or a directive.
func mermaid(s string) string {
	var b strings.Builder
	for _, r := range clean(s) {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(" .,-_·/()", r), r > 0xA0:
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}

// dot writes a quoted string of one or more lines.
func dot(lines ...string) string {
	for i, s := range lines {
		lines[i] = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(clean(s))
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}
