package yaml

import (
	"fmt"
	"strings"
)

// reader is a recursive descent over the text. Indentation is counted in bytes,
// since only spaces indent.
type reader struct {
	src      string
	pos      int
	start    int // offset of the current line's first byte
	limits   Limits
	depth    int
	nodes    int
	added    int     // nodes that aliases added
	flows    int     // open brackets
	open     []int32 // their offsets
	lines    []int32
	comments []Comment
	anchors  map[string]anchor
	stack    []Node // children of the collections that are still open
}

// anchor is a named node with the number of nodes that it stands for.
type anchor struct {
	node Node
	size int
}

func (r *reader) document() (Node, error) {
	if _, err := r.skip(); err != nil {
		return Node{}, err
	}
	if !r.end() && r.src[r.pos] == '%' {
		return Node{}, r.errorf(r.pos, "delete the line", "directives are not accepted")
	}
	if r.marker("---") {
		r.pos += 3
	}
	root, err := r.child(-1, false)
	if err != nil {
		return Node{}, err
	}
	if _, err := r.skip(); err != nil {
		return Node{}, err
	}
	if r.marker("...") {
		r.pos += 3
		if _, err := r.skip(); err != nil {
			return Node{}, err
		}
	}
	switch {
	case r.end():
		return root, nil
	case r.marker("---"):
		return Node{}, r.errorf(r.pos, "put each into a file of its own", "a second document starts here; one file holds one document")
	}
	return Node{}, r.errorf(r.pos, "check the indentation and the quotes", "this does not belong to what stands above it")
}

func (r *reader) end() bool { return r.pos >= len(r.src) }
func (r *reader) col() int  { return r.pos - r.start }

// fresh reports whether nothing but spaces stands before pos on its line.
func (r *reader) fresh() bool { return strings.Trim(r.src[r.start:r.pos], " ") == "" }

// gap reports whether a space, a line end or the end of the file is n bytes ahead.
func (r *reader) gap(n int) bool {
	if r.pos+n >= len(r.src) {
		return true
	}
	c := r.src[r.pos+n]
	return c == ' ' || c == '\n' || c == '\t'
}

// marker reports whether a document marker stands at pos.
func (r *reader) marker(mark string) bool {
	return r.pos == r.start && strings.HasPrefix(r.src[r.pos:], mark) && r.gap(len(mark))
}

func (r *reader) anyMarker() bool { return r.marker("---") || r.marker("...") }

func (r *reader) newline() {
	r.pos++
	r.start = r.pos
	if n := len(r.lines); int(r.lines[n-1]) < r.pos {
		r.lines = append(r.lines, int32(r.pos)) //nolint:gosec // the file's size is limited
	}
}

func (r *reader) errorf(off int, hint, format string, args ...any) error {
	// The line table ends where reading stopped; a look-ahead may be past it.
	lines := r.lines
	for i := int(lines[len(lines)-1]); i < min(off, len(r.src)); i++ {
		if r.src[i] == '\n' {
			lines = append(lines, int32(i+1)) //nolint:gosec // the file's size is limited
		}
	}
	line, column := position(r.src, lines, int32(off)) //nolint:gosec // the file's size is limited
	return &Error{line, column, fmt.Sprintf(format, args...), hint}
}

// skip moves over spaces, line ends and comments to the next content, and
// reports whether it crossed a line end.
func (r *reader) skip() (crossed bool, err error) {
	for !r.end() {
		switch c := r.src[r.pos]; {
		case c == ' ':
			r.pos++
		case c == '\t':
			rest := strings.TrimLeft(r.src[r.pos:], " \t")
			if r.flows == 0 && r.fresh() && rest != "" && rest[0] != '\n' && rest[0] != '#' {
				return crossed, r.errorf(r.pos, "use spaces", "a tab is used as indentation")
			}
			r.pos = len(r.src) - len(rest)
		case c == '\n':
			crossed = true
			r.newline()
		case c == '#' && (r.pos == r.start || r.src[r.pos-1] == ' ' || r.src[r.pos-1] == '\t'):
			own := strings.Trim(r.src[r.start:r.pos], " \t") == ""
			r.comment(own)
		default:
			return crossed, nil
		}
	}
	return crossed, nil
}

// comment takes the comment at pos.
func (r *reader) comment(own bool) {
	c := Comment{Off: int32(r.pos), In: -1, Own: own} //nolint:gosec // the file's size is limited
	if r.flows > 0 {
		c.In = r.open[r.flows-1]
	}
	line, _, _ := strings.Cut(r.src[r.pos+1:], "\n")
	c.Text = line
	r.pos += 1 + len(line)
	r.comments = append(r.comments, c)
}

func (r *reader) node(kind Kind, off int) (Node, error) {
	if r.nodes++; r.nodes > r.limits.Nodes {
		return Node{}, r.errorf(off, "split it", "the file holds more than %d values", r.limits.Nodes)
	}
	return Node{Kind: kind, Off: int32(off)}, nil //nolint:gosec // the file's size is limited
}

func (r *reader) enter() error {
	if r.depth++; r.depth > r.limits.Depth {
		return r.errorf(r.pos, "", "values nest more than %d deep", r.limits.Depth)
	}
	return nil
}

// take makes the children collected since base into a slice of their own.
func (r *reader) take(base int) []Node {
	out := make([]Node, len(r.stack)-base)
	copy(out, r.stack[base:])
	clear(r.stack[base:])
	r.stack = r.stack[:base]
	return out
}

// child reads what follows an indicator that stands at column parent: the colon
// of a key, or the dash of an item.
func (r *reader) child(parent int, key bool) (Node, error) {
	off := r.pos
	crossed, err := r.skip()
	if err != nil {
		return Node{}, err
	}
	name, size, anchored := "", r.nodes, false
	if !r.end() && r.src[r.pos] == '&' && (!crossed || r.deeper(parent, key)) {
		off = r.pos
		if name, err = r.name(); err != nil {
			return Node{}, err
		}
		after, err := r.skip()
		if err != nil {
			return Node{}, err
		}
		anchored = !after
		crossed = crossed || after
	}
	var n Node
	if r.end() || r.anyMarker() || crossed && !r.deeper(parent, key) {
		n, err = r.node(Scalar, off)
	} else {
		n, err = r.block(parent, key && !crossed)
	}
	if err != nil {
		return Node{}, err
	}
	if name != "" {
		if anchored && !n.Flow && (n.Kind == Map || n.Kind == List) {
			return Node{}, r.errorf(off, "put what it names on the next line", "the anchor &%s stands before a key", name)
		}
		n.Anchor = name
		r.anchors[name] = anchor{n, r.nodes - size}
	}
	return n, nil
}

// deeper reports whether pos is inside the node whose indicator is at column
// parent. A list may stand in the same column as its key.
func (r *reader) deeper(parent int, key bool) bool {
	if r.anyMarker() {
		return false
	}
	return r.col() > parent || key && r.col() == parent && r.src[r.pos] == '-' && r.gap(1)
}

// block reads the node at pos. Its further lines are indented by more than
// parent; inline says that it stands on the line of its key.
func (r *reader) block(parent int, inline bool) (Node, error) {
	if err := r.enter(); err != nil {
		return Node{}, err
	}
	defer func() { r.depth-- }()
	off, col, line := r.pos, r.col(), r.start
	var n Node
	var err error
	switch c := r.src[r.pos]; {
	case c == '-' && r.gap(1):
		if inline {
			return Node{}, r.errorf(off, "start it on the next line", "a list may not start on the line of its key")
		}
		return r.sequence(col)
	case c == '[' || c == '{':
		n, err = r.flow()
	case c == '|' || c == '>':
		return r.literal(parent)
	case c == '*':
		n, err = r.alias()
	case c == '"' || c == '\'':
		n, err = r.quoted()
	default:
		if n, err = r.plainLine(); err == nil && !r.colon() {
			return r.continued(n, parent)
		}
	}
	if err != nil || !r.colon() {
		return n, err
	}
	switch {
	case n.Kind != Scalar || r.start != line:
		return Node{}, r.errorf(off, "write the key as a plain word", "only a short text on one line may be a key")
	case inline:
		return Node{}, r.errorf(r.pos, "start the inner keys on the next line, or put the text in quotes", "a second key on the line of a key")
	}
	return r.mapping(col, n)
}

// colon moves to a colon that ends a key, if only spaces stand before it.
func (r *reader) colon() bool {
	rest := strings.TrimLeft(r.src[r.pos:], " \t")
	at := len(r.src) - len(rest)
	if rest == "" || rest[0] != ':' || at+1 < len(r.src) && !strings.ContainsRune(" \t\n", rune(r.src[at+1])) {
		return false
	}
	r.pos = at
	return true
}

// mapping reads a block map in column col, whose first key has been read.
func (r *reader) mapping(col int, key Node) (Node, error) {
	m, err := r.node(Map, int(key.Off))
	if err != nil {
		return m, err
	}
	base := len(r.stack)
	for {
		r.pos++ // the colon
		r.stack = append(r.stack, key)
		value, err := r.child(col, true)
		if err != nil {
			return m, err
		}
		r.stack = append(r.stack, value)
		more, err := r.next(col)
		if err != nil {
			return m, err
		}
		if !more {
			break
		}
		if key, err = r.key(); err != nil {
			return m, err
		}
	}
	m.Children = r.take(base)
	return m, nil
}

// next moves to the next item of a block collection in column col.
func (r *reader) next(col int) (bool, error) {
	if _, err := r.skip(); err != nil {
		return false, err
	}
	switch {
	case r.end() || r.anyMarker():
		return false, nil
	case !r.fresh():
		return false, r.errorf(r.pos, "put the value in quotes, or start a new line", "unexpected text after the value")
	case r.col() > col:
		return false, r.errorf(r.pos, "align it with the lines above", "this line is indented by %d spaces; %d were expected", r.col(), col)
	}
	return r.col() == col, nil
}

// key reads the next key of a block map, up to its colon.
func (r *reader) key() (Node, error) {
	off := r.pos
	var n Node
	var err error
	switch c := r.src[r.pos]; {
	case c == '-' && r.gap(1):
		return n, r.errorf(off, "indent the list under its key", "a list item stands where a key is expected")
	case c == '"' || c == '\'':
		line := r.start
		if n, err = r.quoted(); err == nil && r.start != line {
			err = r.errorf(off, "", "a key must stand on one line")
		}
	case strings.IndexByte("[{*&|>", c) >= 0:
		return n, r.errorf(off, "write the key as a plain word", "only a short text on one line may be a key")
	default:
		n, err = r.plainLine()
	}
	if err == nil && !r.colon() {
		err = r.errorf(off, "write \"key: value\", with a space after the colon", "a key is expected here")
	}
	return n, err
}

// sequence reads a block list in column col.
func (r *reader) sequence(col int) (Node, error) {
	l, err := r.node(List, r.pos)
	if err != nil {
		return l, err
	}
	base := len(r.stack)
	for {
		r.pos++ // the dash
		item, err := r.child(col, false)
		if err != nil {
			return l, err
		}
		r.stack = append(r.stack, item)
		more, err := r.next(col)
		if err != nil {
			return l, err
		}
		if !more || r.src[r.pos] != '-' || !r.gap(1) {
			break
		}
	}
	l.Children = r.take(base)
	return l, nil
}

// name reads the name of an anchor or alias, whose sign is at pos.
func (r *reader) name() (string, error) {
	rest := r.src[r.pos+1:]
	stop := strings.IndexAny(rest, " \t\n,[]{}")
	if stop < 0 {
		stop = len(rest)
	}
	if stop == 0 {
		return "", r.errorf(r.pos, "put the text in quotes", "%q must be followed by a name", r.src[r.pos])
	}
	r.pos += 1 + stop
	return rest[:stop], nil
}

func (r *reader) alias() (Node, error) {
	n, err := r.node(Alias, r.pos)
	if err != nil {
		return n, err
	}
	if n.Value, err = r.name(); err != nil {
		return n, err
	}
	target, ok := r.anchors[n.Value]
	if !ok {
		return n, r.errorf(int(n.Off), "put the text in quotes if no alias is meant", "the alias *%s stands for nothing above it", n.Value)
	}
	if r.added += target.size; r.added > r.limits.Aliases {
		return n, r.errorf(int(n.Off), "write the values out", "aliases add more than %d values", r.limits.Aliases)
	}
	r.nodes += target.size - 1
	if r.nodes > r.limits.Nodes {
		return n, r.errorf(int(n.Off), "split it", "the file holds more than %d values", r.limits.Nodes)
	}
	n.Children = []Node{target.node}
	return n, nil
}
