package yaml

import (
	"sort"
	"strings"
)

// Note is what stands around an entry: a key with its value, or a list's item.
// A key's note is on the key's node, an item's on its own.
type Note struct {
	Blank bool     // an empty line stands above
	Head  []string // comment lines above, without their #; "\n" for an empty line
	Tail  string   // comment at the end of the line, with its #
	Above []string // comment lines on top of the file, on the root
	Foot  []string // comment lines below the last child of a block collection
}

func (n *Node) note() *Note {
	if n.Note == nil {
		n.Note = &Note{}
	}
	return n.Note
}

// entry is a place to which a comment can belong.
type entry struct {
	node *Node // carries the note
	text *Node // a key's value that is written on one line; may stand below the key
	off  int32
	col  int
	in   int // index in annotator.blocks of the collection that holds it
}

// block is a collection that is not in brackets, or may not stay in them.
type block struct {
	node *Node
	up   int // the collection around it, -1 at the top
	col  int
}

type annotator struct {
	tree    *Tree
	broken  map[int32]bool // brackets that hold a comment
	entries []entry
	blocks  []block
}

// Annotate places every comment and every empty line of the file on the node to
// which it belongs, for [Print]. Brackets with comments inside are opened up.
func (t *Tree) Annotate() {
	a := &annotator{tree: t, broken: map[int32]bool{}}
	for _, c := range t.Comments {
		if c.In >= 0 {
			a.broken[c.In] = true
		}
	}
	a.walk(&t.Root, -1)
	last := -1
	for i := range a.entries {
		e := &a.entries[i]
		if n, _ := a.line(e.off); n != last {
			e.node.note().Blank = a.blankAbove(n)
			last = n
		}
	}
	next := 0
	for i := range t.Comments {
		c := &t.Comments[i]
		for next < len(a.entries) && a.entries[next].off < c.Off {
			next++
		}
		a.place(c, next)
	}
	a.header()
}

// header gives the comment that an empty line parts from the first entry to the
// file, so that it stays on top whatever becomes of the entry.
func (a *annotator) header() {
	if len(a.entries) == 0 {
		return
	}
	first := a.entries[0].node.note()
	n := len(first.Head)
	if !first.Blank {
		for n > 0 && first.Head[n-1] != "\n" {
			n--
		}
	}
	a.tree.Root.note().Above = first.Head[:n:n]
	first.Head = first.Head[n:]
}

// walk lists the entries of block collections in the order of the file, and
// opens up brackets that hold a comment.
func (a *annotator) walk(n *Node, up int) {
	if n.Kind != Map && n.Kind != List || n.Flow && !a.commented(n) {
		return
	}
	n.Flow = false
	me := len(a.blocks)
	col := a.col(n.Off)
	a.blocks = append(a.blocks, block{n, up, col})
	step := 1
	if n.Kind == Map {
		step = 2
	}
	for i := 0; i+step-1 < len(n.Children); i += step {
		e := &n.Children[i]
		value := &n.Children[i+step-1]
		at := len(a.entries)
		a.entries = append(a.entries, entry{node: e, off: e.Off, col: col, in: me})
		a.walk(value, me)
		if value.Flow || value.Kind == Scalar || value.Kind == Alias {
			a.entries[at].text = value
		}
	}
}

func (a *annotator) commented(n *Node) bool {
	if n.Kind != Map && n.Kind != List {
		return false
	}
	if a.broken[n.Off] {
		return true
	}
	for i := range n.Children {
		if a.commented(&n.Children[i]) {
			return true
		}
	}
	return false
}

// line returns the number of the line that holds off, from 0, and its start.
func (a *annotator) line(off int32) (n int, start int32) {
	lines := a.tree.lines
	n = sort.Search(len(lines), func(i int) bool { return lines[i] > off }) - 1
	return n, lines[n]
}

// col returns the column of off in bytes, from 0: enough to compare.
func (a *annotator) col(off int32) int {
	_, start := a.line(off)
	return int(off - start)
}

// blankAbove reports whether an empty line stands above line n.
func (a *annotator) blankAbove(n int) bool {
	if n == 0 {
		return false
	}
	above := a.tree.src[a.tree.lines[n-1] : a.tree.lines[n]-1]
	return len(above) < 1000 && strings.Trim(above, " \t") == ""
}

// place puts one comment on an entry. next is the first entry after it.
func (a *annotator) place(c *Comment, next int) {
	text := strings.TrimRight(c.Text, " \t")
	n, start := a.line(c.Off)
	lead := strings.Trim(a.tree.src[start:c.Off], " \t-")
	empty := next > 0 && a.same(a.entries[next-1].off, n) // an item that is nothing but its dash
	if !c.Own && (lead != "" || empty) && next > 0 {
		n := a.entries[next-1].node.note()
		if n.Tail != "" {
			n.Tail += " "
		}
		n.Tail += "#" + text
		return
	}
	if next > 0 && a.entries[next-1].above(c, text) {
		return
	}
	lines := []string{text}
	if a.blankAbove(n) {
		lines = []string{"\n", text}
	}
	col := a.col(c.Off)
	home := -1
	if c.Own && next > 0 && !a.taken(next) && (next == len(a.entries) || col > a.entries[next].col) {
		home = a.closed(next, col)
	}
	switch {
	case home >= 0:
		n := a.blocks[home].node.note()
		n.Foot = append(n.Foot, lines...)
	case next < len(a.entries):
		n := a.entries[next].node.note()
		n.Head = append(n.Head, lines...)
	default:
		n := a.tree.Root.note()
		n.Foot = append(n.Foot, lines...)
	}
}

// above takes a comment that stands between a key and its text.
func (e entry) above(c *Comment, text string) bool {
	if e.text == nil || e.text.Off < c.Off {
		return false
	}
	if n := e.node.note(); n.Tail != "" {
		n.Tail += " #" + text
	} else {
		n.Head = append(n.Head, text)
	}
	return true
}

// taken reports whether a comment stands with the entry next already: those
// after it stay behind it.
func (a *annotator) taken(next int) bool {
	if next == len(a.entries) {
		return a.tree.Root.Note != nil && len(a.tree.Root.Note.Foot) > 0
	}
	n := a.entries[next].node.Note
	return n != nil && len(n.Head) > 0
}

// same reports whether off stands on line n.
func (a *annotator) same(off int32, n int) bool {
	line, _ := a.line(off)
	return line == n
}

// closed returns the innermost collection that ends before the entry next and
// whose column is not right of col, or -1.
func (a *annotator) closed(next, col int) int {
	open := map[int]bool{}
	if next < len(a.entries) {
		for b := a.entries[next].in; b >= 0; b = a.blocks[b].up {
			open[b] = true
		}
	}
	for b := a.entries[next-1].in; b >= 0 && !open[b]; b = a.blocks[b].up {
		if a.blocks[b].col <= col {
			return b
		}
	}
	return -1
}
