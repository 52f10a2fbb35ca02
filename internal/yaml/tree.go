package yaml

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"

	lib "go.yaml.in/yaml/v3"
)

// builder turns the library's tree into ours: it adds offsets and comments, and
// holds the limits.
type builder struct {
	tree    *Tree
	src     string
	lines   []int32
	limits  Limits
	nodes   int
	added   int // nodes that aliases added
	anchors map[*lib.Node]anchor
	scan    scanner
	last    place
}

// anchor is a named node that is complete, with the number of nodes in it.
type anchor struct {
	node Node
	size int
}

// place is the offset that a line and a column stand for.
type place struct{ line, col, off int }

// offset turns the library's line and column into an offset. Nodes come in the
// order of the file, so one long line is not counted from its start each time.
func (b *builder) offset(line, col int) int {
	p := b.last
	if line != p.line || col < p.col {
		p = place{line, 1, len(b.src)}
		if line <= len(b.lines) {
			p.off = int(b.lines[line-1])
		}
	}
	for ; p.col < col && p.off < len(b.src); p.col++ {
		_, size := utf8.DecodeRuneInString(b.src[p.off:])
		p.off += size
	}
	b.last = p
	return p.off
}

func (b *builder) errorf(off int, hint, format string, args ...any) error {
	line, col := b.tree.Position(int32(off)) //nolint:gosec // the file's size is limited
	return &Error{line, col, fmt.Sprintf(format, args...), hint}
}

// column returns how far off is indented, in bytes.
func (b *builder) column(off int) int {
	i := sort.Search(len(b.lines), func(i int) bool { return int(b.lines[i]) > off }) - 1
	return off - int(b.lines[i])
}

// node converts one value. Its text, if it is a block, is indented by more than
// indent.
func (b *builder) node(n *lib.Node, depth, indent int) (out Node, err error) {
	off := b.offset(n.Line, n.Column)
	b.scan.to(off)
	size := b.nodes
	if b.nodes++; b.nodes > b.limits.Nodes {
		return out, b.errorf(off, "split it", "the file holds more than %d values", b.limits.Nodes)
	}
	if off, err = b.properties(n, off); err != nil {
		return out, err
	}
	out.Off, out.Anchor = int32(off), n.Anchor //nolint:gosec // the file's size is limited
	switch n.Kind {
	case lib.AliasNode:
		return b.alias(n, out)
	case lib.MappingNode, lib.SequenceNode:
		if depth++; depth > b.limits.Depth {
			return out, b.errorf(off, "", "values nest more than %d deep", b.limits.Depth)
		}
		out.Kind, out.Flow = Map, n.Style&lib.FlowStyle != 0
		if n.Kind == lib.SequenceNode {
			out.Kind = List
		}
		if out.Flow {
			b.scan.enter(off)
		}
		err = b.children(n, &out, depth)
	default:
		out.Value = n.Value
		out.Style = b.style(n, off, indent)
	}
	if n.Style&lib.TaggedStyle != 0 {
		out.Tag = n.Tag
	}
	if err == nil && n.Anchor != "" {
		b.anchors[n] = anchor{out, b.nodes - size}
	}
	return out, err
}

// properties moves over the anchor and the tag of a node to its content.
func (b *builder) properties(n *lib.Node, off int) (int, error) {
	empty := n.Kind == lib.ScalarNode && n.Value == "" && n.Style&^lib.TaggedStyle == 0
	if n.Anchor == "" && n.Style&lib.TaggedStyle == 0 && (empty || n.Kind == lib.AliasNode || off >= len(b.src) || b.src[off] != '!') {
		return off, nil
	}
	if n.Style&lib.TaggedStyle != 0 && !b.limits.Tags {
		return off, b.errorf(off, "delete it; put text in quotes", "tags are not accepted")
	}
	at := off
	for at < len(b.src) && (b.src[at] == '&' || b.src[at] == '!') {
		if b.src[at] == '!' && !b.limits.Tags {
			return at, b.errorf(at, "delete it; put text in quotes", "tags are not accepted")
		}
		ends := " \t\n,[]{}"
		if strings.HasPrefix(b.src[at:], "!<") {
			ends = " \t\n"
		}
		stop := strings.IndexAny(b.src[at:], ends)
		if stop < 0 {
			stop = len(b.src) - at
		}
		b.scan.to(at + stop)
		next := b.scan.space()
		if empty {
			if next >= len(b.src) || b.src[next] != '&' && b.src[next] != '!' || strings.Contains(b.src[at:next], "\n") {
				return off, nil
			}
		}
		at = next
	}
	return at, nil
}

func (b *builder) alias(n *lib.Node, out Node) (Node, error) {
	off := int(out.Off)
	target, ok := b.anchors[n.Alias]
	if !ok {
		return out, b.errorf(off, "write its value out", "the alias *%s stands for nothing above it: what it names is not complete here", n.Value)
	}
	if b.limits.Aliases == 0 {
		return out, b.errorf(off, "write the value out", "aliases are not accepted")
	}
	if b.added += target.size; b.added > b.limits.Aliases {
		return out, b.errorf(off, "write the values out", "aliases add more than %d values", b.limits.Aliases)
	}
	if b.nodes += target.size - 1; b.nodes > b.limits.Nodes {
		return out, b.errorf(off, "split it", "the file holds more than %d values", b.limits.Nodes)
	}
	out.Kind, out.Value, out.Children = Alias, n.Value, []Node{target.node}
	return out, nil
}

// style returns how a scalar is written, and moves the scanner over it where a
// # could be part of its text.
func (b *builder) style(n *lib.Node, off, indent int) Style {
	switch {
	case n.Style&lib.DoubleQuotedStyle != 0:
		b.scan.quoted(off)
		return Double
	case n.Style&lib.SingleQuotedStyle != 0:
		b.scan.quoted(off)
		return Single
	case n.Style&lib.LiteralStyle != 0:
		b.scan.block(off, indent)
		return Literal
	case n.Style&lib.FoldedStyle != 0:
		b.scan.block(off, indent)
		return Folded
	}
	return Plain
}

// children converts what a collection holds, and drops what is converted.
func (b *builder) children(n *lib.Node, out *Node, depth int) (err error) {
	if out.Flow && out.Kind == Map && b.src[out.Off] != '{' && !b.limits.Tags {
		return b.errorf(int(out.Off), "write {key: value}", "a key and a value stand directly in a list")
	}
	indent := b.column(int(out.Off))
	out.Children = make([]Node, len(n.Content))
	for i, c := range n.Content {
		if out.Kind == Map && i%2 == 0 {
			if err := b.key(c); err != nil {
				return err
			}
		}
		if out.Children[i], err = b.node(c, depth, indent); err != nil {
			return err
		}
		n.Content[i] = nil
	}
	n.Content = nil
	return nil
}

// key refuses keys that are not a short text on one line.
func (b *builder) key(n *lib.Node) error {
	off := b.offset(n.Line, n.Column)
	start := off - b.column(off)
	before := strings.TrimRight(b.src[start:off], " \t")
	switch {
	case strings.HasSuffix(before, "?") && !b.limits.Tags:
		return b.errorf(len(b.src[:start])+len(before)-1, "write \"key: value\"", "complex keys are not accepted")
	case n.Kind == lib.ScalarNode && len(n.Value) > longestKey:
		return b.longKey(off)
	case n.Kind == lib.ScalarNode && n.Value == "" && n.Style == 0 && !b.limits.Tags:
		return b.errorf(off, "write \"key: value\"", "a key is missing before the colon")
	case n.Kind != lib.ScalarNode, n.Anchor != "" && !b.limits.Tags:
		return b.errorf(off, "write the key as a plain word", "only a short text on one line may be a key")
	}
	return nil
}
