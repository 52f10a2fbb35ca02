// Package yaml puts one YAML library under the whole program: it bounds what a
// file may cost before the library sees it, and returns a tree of nodes that know
// their place in the file and the comments around them. Nothing in it is typed:
// what a plain scalar means is decided by whoever knows which type is wanted.
//
// It is not a parser; go.yaml.in/yaml/v3 is. It is stricter than that: unless
// [Limits] say so, directives, tags and complex keys are refused with a position
// and a hint, and so is a second document always.
//
//	tree, err := yaml.Parse(data, yaml.DefaultLimits())
//	line, column := tree.Position(tree.Root.Off)
package yaml

import (
	"fmt"
	"sort"
	"strings"

	lib "go.yaml.in/yaml/v3"
)

// Kind says what a node is.
type Kind uint8

// The kinds of node.
const (
	Scalar Kind = iota
	Map
	List
	Alias
)

// Style says how a scalar is written.
type Style uint8

// The styles of a scalar.
const (
	Plain Style = iota
	Single
	Double
	Literal
	Folded
)

// Node is one value of the file. A map's children are key, value, key, value;
// keys are always scalars. An alias has its target as its only child.
type Node struct {
	Kind     Kind
	Style    Style
	Flow     bool   // a collection in brackets
	Off      int32  // where it starts; see [Tree.Position]
	Value    string // text of a scalar, unescaped; name of an alias
	Anchor   string // the name that aliases use
	Tag      string // the tag that is written before it, if the limits accept tags
	Children []Node
	Note     *Note // comments around it, once [Tree.Annotate] has placed them
}

// Null reports whether the node is a scalar that says nothing: empty, ~ or null.
func (n *Node) Null() bool {
	if n.Kind != Scalar || n.Style != Plain {
		return false
	}
	switch n.Value {
	case "", "~", "null", "Null", "NULL":
		return true
	}
	return false
}

// Resolve returns the node itself, or what an alias stands for.
func (n *Node) Resolve() *Node {
	for n.Kind == Alias {
		n = &n.Children[0]
	}
	return n
}

// Get returns the value of a map's key, or nil.
func (n *Node) Get(key string) *Node {
	if n = n.Resolve(); n.Kind != Map {
		return nil
	}
	for i := 0; i+1 < len(n.Children); i += 2 {
		if n.Children[i].Value == key {
			return &n.Children[i+1]
		}
	}
	return nil
}

// Comment is one comment, without its #.
type Comment struct {
	Off  int32
	In   int32 // offset of the innermost bracket that it stands in, or -1
	Own  bool  // it has a line of its own
	Text string
}

// Tree is a parsed file.
type Tree struct {
	Root     Node
	Comments []Comment // in the order of the file
	lines    []int32   // offset of each line's first byte
	counts   []int32   // characters before each stride
	src      string
}

// Position turns an offset into a line and a column, both counted from 1, the
// column in characters.
func (t *Tree) Position(off int32) (line, column int) {
	i := sort.Search(len(t.lines), func(i int) bool { return t.lines[i] > off }) - 1
	if i < 0 {
		return 1, 1
	}
	return i + 1, t.characters(off) - t.characters(t.lines[i]) + 1
}

// stride is how many bytes lie between two counts of characters, so that a
// position in a line of many megabytes costs no more than in a short one.
const stride = 1024

// count counts the characters up to each stride.
func count(src string) []int32 {
	counts := make([]int32, 1, 1+len(src)/stride)
	for at := stride; at <= len(src); at += stride {
		counts = append(counts, counts[len(counts)-1]+starts(src[at-stride:at]))
	}
	return counts
}

// starts counts the bytes with which a character starts.
func starts(src string) (n int32) {
	for i := range len(src) {
		if src[i]&0xc0 != 0x80 {
			n++
		}
	}
	return n
}

// characters returns how many characters stand before off.
func (t *Tree) characters(off int32) int {
	at := min(int(off), len(t.src))
	i := at / stride
	return int(t.counts[i] + starts(t.src[i*stride:at]))
}

// Limits bound what a file may ask of the reader.
type Limits struct {
	Bytes   int // size of the file
	Depth   int // collections inside collections
	Nodes   int // nodes written in the file
	Aliases int // nodes that aliases add

	// Tags lets in what people hardly write but programs do: tags, directives,
	// keys behind a question mark, pairs directly in a list.
	Tags bool
}

// DefaultLimits returns limits that fit a file which people maintain.
func DefaultLimits() Limits {
	return Limits{Bytes: 4 << 20, Depth: 64, Nodes: 1_000_000, Aliases: 100_000}
}

// Error is a file that cannot be read as YAML.
type Error struct {
	Line, Column int
	Message      string
	Hint         string // what to do about it; may be empty
}

// Error returns position, message and hint.
func (e *Error) Error() string {
	s := fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// Parse reads one document. The error, if any, is an [*Error].
func Parse(data []byte, limits Limits) (*Tree, error) {
	if len(data) > limits.Bytes {
		return nil, &Error{1, 1, fmt.Sprintf("the file has %d bytes; at most %d are accepted", len(data), limits.Bytes), ""}
	}
	src, err := text(data)
	if err != nil {
		return nil, err
	}
	lines := lineStarts(src)
	tree := &Tree{src: src, lines: lines, counts: count(src)}
	b := &builder{tree: tree, src: src, lines: lines, limits: limits, anchors: map[*lib.Node]anchor{}, scan: scanner{src: src, lines: lines}}
	if err := b.guard(); err != nil {
		return nil, err
	}
	if at := b.directive(); at >= 0 {
		if !limits.Tags {
			return nil, b.errorf(at, "delete the line", "directives are not accepted")
		}
		src = anyVersion(src, at)
	}
	doc, err := load(strings.NewReader(src))
	if err != nil {
		return nil, b.diagnose(src, err)
	}
	if doc.second != nil {
		at := b.offset(doc.second.Line, doc.second.Column)
		return nil, b.errorf(at, "put each into a file of its own", "a second document starts here; one file holds one document")
	}
	tree.Root.Off = int32(len(src)) //nolint:gosec // the file's size is limited
	if doc.root != nil {
		if tree.Root, err = b.node(doc.root, 0, -1); err != nil {
			return nil, err
		}
	}
	b.scan.to(len(src))
	tree.Comments = b.scan.comments
	return tree, nil
}

// Clone returns a copy that shares nothing with the node but texts.
func (n *Node) Clone() Node {
	out := *n
	out.Children = make([]Node, len(n.Children))
	for i := range n.Children {
		out.Children[i] = n.Children[i].Clone()
	}
	return out
}
