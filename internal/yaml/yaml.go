// Package yaml reads the YAML that people write in configuration: block and flow
// collections, every scalar style, comments, anchors and aliases. It returns a
// tree of nodes that know their place in the file, and nothing typed: what a
// plain scalar means is decided by whoever knows which type is wanted.
//
// It is not a general YAML library. Directives, tags, complex keys, merge keys
// as a feature, and more than one document are refused with a position and a
// hint. In exchange it reads 100 MB a second with one allocation per collection,
// keeps every comment, and stops at its limits before memory or stack suffer.
//
//	tree, err := yaml.Parse(data, yaml.DefaultLimits())
//	line, column := tree.Position(tree.Root.Off)
package yaml

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
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
	src      string
}

// Position turns an offset into a line and a column, both counted from 1, the
// column in characters.
func (t *Tree) Position(off int32) (line, column int) {
	return position(t.src, t.lines, off)
}

func position(src string, lines []int32, off int32) (line, column int) {
	i := sort.Search(len(lines), func(i int) bool { return lines[i] > off }) - 1
	if i < 0 {
		return 1, 1
	}
	return i + 1, utf8.RuneCountInString(src[lines[i]:min(int(off), len(src))]) + 1
}

// Limits bound what a file may ask of the reader.
type Limits struct {
	Bytes   int // size of the file
	Depth   int // collections inside collections
	Nodes   int // nodes written in the file
	Aliases int // nodes that aliases add
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
	r := &reader{src: src, limits: limits, lines: []int32{0}, anchors: map[string]anchor{}}
	root, err := r.document()
	if err != nil {
		return nil, err
	}
	return &Tree{Root: root, Comments: r.comments, lines: r.lines, src: src}, nil
}

// text checks that data is text in UTF-8 and brings its line ends to \n.
func text(data []byte) (string, error) {
	src := string(data)
	if strings.HasPrefix(src, "\xff\xfe") || strings.HasPrefix(src, "\xfe\xff") {
		return "", &Error{1, 1, "the file is UTF-16", "save it as UTF-8"}
	}
	src = strings.TrimPrefix(src, "\ufeff")
	if strings.Contains(src, "\r\n") {
		src = strings.ReplaceAll(src, "\r\n", "\n")
	}
	line, start := 1, 0
	for i := 0; i < len(src); i++ {
		c := src[i]
		switch {
		case c == '\n':
			line, start = line+1, i+1
		case c >= 0x20 && c < 0x7f || c == '\t':
		case c < utf8.RuneSelf:
			return "", &Error{
				line, utf8.RuneCountInString(src[start:i]) + 1, fmt.Sprintf("the control character 0x%02x is not text", c),
				"the file is binary, UTF-16 or damaged; save it as plain UTF-8",
			}
		default:
			r, size := utf8.DecodeRuneInString(src[i:])
			if r == utf8.RuneError && size <= 1 || r >= 0x80 && r < 0xa0 || r == 0xfeff || r == 0xfffe || r == 0xffff {
				return "", &Error{line, utf8.RuneCountInString(src[start:i]) + 1, fmt.Sprintf("the bytes from 0x%02x on are not UTF-8 text", c), "save the file as UTF-8"}
			}
			i += size - 1
		}
	}
	return src, nil
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
