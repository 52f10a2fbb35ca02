package yaml

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Width is the most characters of a line on which [Print] keeps a collection in
// brackets.
const Width = 150

// Print writes a node as a file: two spaces a level, brackets where the node
// asks for them and the line is short enough, notes where they belong.
// Printing what [Parse] reads from the result gives the same bytes again.
func Print(root *Node) []byte {
	p := &printer{}
	if root.Note != nil && len(root.Note.Above) > 0 {
		p.comments(root.Note.Above, 0)
		p.blank()
	}
	if (root.Kind == Map || root.Kind == List) && len(root.Children) > 0 && !root.Flow {
		p.anchorLine(root)
		p.block(root, 0, false)
	} else if !root.Null() || root.Anchor != "" {
		p.put(p.inline(root, false))
		p.put("\n")
	}
	if root.Note != nil && (root.Kind == Scalar || root.Kind == Alias || root.Flow || len(root.Children) == 0) {
		p.comments(root.Note.Foot, 0)
	}
	return []byte(p.b.String())
}

type printer struct{ b strings.Builder }

func (p *printer) put(texts ...string) {
	for _, t := range texts {
		p.b.WriteString(t)
	}
}

func (p *printer) anchorLine(n *Node) {
	if n.Anchor != "" {
		p.put("&" + n.Anchor + "\n")
	}
}

func (p *printer) indent(n int) { p.put(strings.Repeat(" ", n)) }

// comments writes comment lines; "\n" stands for an empty one.
func (p *printer) comments(lines []string, indent int) {
	for _, l := range lines {
		if l == "\n" {
			p.blank()
			continue
		}
		p.indent(indent)
		p.put("#" + l + "\n")
	}
}

// blank writes an empty line unless it would be the first or the second.
func (p *printer) blank() {
	if s := p.b.String(); s != "" && !strings.HasSuffix(s, "\n\n") {
		p.put("\n")
	}
}

// block writes the entries of a collection. With compact, the first one stands
// behind a dash that is already written.
func (p *printer) block(n *Node, indent int, compact bool) {
	step := 1
	if n.Kind == Map {
		step = 2
	}
	for i := 0; i+step-1 < len(n.Children); i += step {
		e := &n.Children[i]
		tail := ""
		if e.Note != nil {
			tail = e.Note.Tail
		}
		if i > 0 || !compact { // else it stands above the dash already
			p.above(e, n.Kind == List, indent)
		}
		if i > 0 || !compact {
			p.indent(indent)
		}
		if n.Kind == Map {
			key := p.inline(e, false) + ":"
			p.put(key)
			p.value(&n.Children[i+1], indent, len(key), tail, false)
		} else {
			p.put("-")
			p.value(e, indent, 1, tail, true)
		}
	}
	if n.Note != nil {
		p.comments(n.Note.Foot, indent)
	}
}

// above writes the comments and the empty line above an entry.
func (p *printer) above(e *Node, item bool, indent int) {
	blank := e.Note != nil && e.Note.Blank
	head := heads(e, item)
	if blank && len(head) == 0 {
		p.blank()
	}
	p.comments(head, indent)
	if blank && len(head) > 0 {
		p.blank()
	}
}

// heads returns the comments above an entry. Those of the first entry of an
// item cannot stand behind its dash, so they go above it.
func heads(e *Node, item bool) []string {
	var out []string
	if e.Note != nil {
		out = e.Note.Head
	}
	if item && e.compact() {
		out = append(slices.Clip(out), heads(&e.Children[0], e.Kind == List)...)
	}
	return out
}

// value writes what follows a key's colon or an item's dash, to the line's end.
func (p *printer) value(v *Node, indent, used int, tail string, item bool) {
	if tail != "" {
		tail = " " + tail
	}
	if v.Anchor != "" {
		p.put(" &" + v.Anchor)
		used += 2 + len(v.Anchor)
	}
	switch {
	case v.Kind == Scalar && (v.Style == Literal || v.Style == Folded):
		if head, lines, ok := blockText(v); ok {
			p.put(" " + head + tail + "\n")
			for _, l := range lines {
				if l != "" {
					p.indent(indent + 2)
					p.put(l)
				}
				p.put("\n")
			}
			return
		}
	case (v.Kind == Map || v.Kind == List) && len(v.Children) > 0:
		if v.Flow {
			if s := p.brief(v); s != "" && indent+used+1+utf8.RuneCountInString(s) <= Width {
				p.put(" " + s + tail + "\n")
				return
			}
			open := *v
			open.Flow = false
			v = &open
		}
		if item && v.compact() {
			p.put(" ")
			p.block(v, indent+2, true)
			return
		}
		p.put(tail + "\n")
		p.block(v, indent+2, false)
		return
	}
	s := p.bare(v, false)
	if s != "" {
		s = " " + s
	}
	p.put(s + tail + "\n")
	if v.Note != nil && (v.Kind == Map || v.Kind == List) {
		p.comments(v.Note.Foot, indent+2)
	}
}

// brief writes a collection in brackets, or returns "" when it is plainly longer
// than a line: a hostile file may nest long ones.
func (p *printer) brief(n *Node) string {
	left := Width
	if !n.within(&left) {
		return ""
	}
	return p.bare(n, false)
}

// within takes the least width of a node from left, and reports whether it fits.
func (n *Node) within(left *int) bool {
	*left -= utf8.RuneCountInString(n.Value) + 1
	for i := range n.Children {
		if *left < 0 || n.Kind != Alias && !n.Children[i].within(left) {
			return false
		}
	}
	return *left >= 0
}

// compact reports whether the first entry of an item stands on the line of the
// dash.
func (n *Node) compact() bool {
	return (n.Kind == Map || n.Kind == List) && len(n.Children) > 0 && !n.Flow && n.Anchor == "" && (n.Note == nil || n.Note.Tail == "")
}

// inline writes a node on one line, with its anchor.
func (p *printer) inline(n *Node, flow bool) string {
	s := p.bare(n, flow)
	if n.Anchor != "" {
		s = strings.TrimSuffix("&"+n.Anchor+" "+s, " ")
	}
	return s
}

// bare writes a node on one line, without its anchor.
func (p *printer) bare(n *Node, flow bool) string {
	switch n.Kind {
	case Alias:
		return "*" + n.Value
	case List:
		items := make([]string, len(n.Children))
		for i := range n.Children {
			items[i] = p.inline(&n.Children[i], true)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case Map:
		items := make([]string, 0, len(n.Children)/2)
		for i := 0; i+1 < len(n.Children); i += 2 {
			items = append(items, p.inline(&n.Children[i], true)+": "+p.inline(&n.Children[i+1], true))
		}
		return "{" + strings.Join(items, ", ") + "}"
	default:
		return scalar(n, flow)
	}
}

// scalar writes a text on one line: as it was without quotes, else in quotes.
func scalar(n *Node, flow bool) string {
	switch {
	case n.Style == Plain && (n.Value == "" || safe(n.Value, flow)):
		if n.Value == "" && flow {
			return "null"
		}
		return n.Value
	case n.Style == Plain && safe(n.Value, true):
		return n.Value
	}
	return quote(n.Value)
}

// bracket reports whether c has a meaning inside brackets.
func bracket(c byte) bool { return strings.IndexByte(",[]{}", c) >= 0 }

// safe reports whether a text reads back as itself without quotes.
func safe(s string, flow bool) bool {
	if s == "" || strings.IndexByte(",[]{}#&*!|>'\"%@` \t", s[0]) >= 0 || strings.HasPrefix(s, "---") || strings.HasPrefix(s, "...") {
		return false
	}
	if flow && (s[0] == ':' || strings.ContainsRune(s, '?')) { // readers take it for a mark of brackets
		return false
	}
	if strings.IndexByte("-?:", s[0]) >= 0 && (len(s) == 1 || strings.IndexByte(" \t,[]{}", s[1]) >= 0) {
		return false
	}
	if last := s[len(s)-1]; last == ':' || last == ' ' || last == '\t' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c == ':' && (strings.IndexByte(" \t", s[i+1]) >= 0 || flow && bracket(s[i+1])):
			return false
		case c == '#' && (s[i-1] == ' ' || s[i-1] == '\t'):
			return false
		case flow && bracket(c):
			return false
		}
	}
	return !special(s)
}

// special reports whether a text holds a character that only an escape can write.
func special(s string) bool {
	for _, r := range s {
		if r < 0x20 && r != '\t' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffe || r == 0xffff || r == utf8.RuneError {
			return true
		}
	}
	return false
}

// quote writes a text in double quotes, or in single ones where that saves escapes.
func quote(s string) string {
	if strings.ContainsAny(s, "\"\\") && !special(s) {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString("\\n")
		case r < 0x100 && special(string(r)):
			fmt.Fprintf(&b, "\\x%02x", r)
		case special(string(r)):
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// blockText writes a block of text: the sign with its indicators, and the lines.
func blockText(n *Node) (head string, lines []string, ok bool) {
	body := strings.TrimRight(n.Value, "\n")
	if body == "" || special(strings.ReplaceAll(body, "\n", "")) {
		return "", nil, false
	}
	head = "|"
	lines = strings.Split(body, "\n")
	if n.Style == Folded {
		if folded, fits := wrap(lines); fits {
			head, lines = ">", folded
		}
	}
	if c := body[0]; c == ' ' || c == '\t' || c == '\n' {
		head += "2"
	}
	switch ends := len(n.Value) - len(body); {
	case ends == 0:
		head += "-"
	case ends > 1:
		head += "+"
		lines = append(lines, make([]string, ends-1)...)
	}
	return head, lines, true
}

// wrap breaks paragraphs into lines of a readable length, where folding joins
// them again.
func wrap(paragraphs []string) ([]string, bool) {
	var out []string
	for i, p := range paragraphs {
		if p == "" {
			if i == 0 {
				return nil, false
			}
			out = append(out, "")
			continue
		}
		if p[0] == ' ' || p[0] == '\t' {
			return nil, false
		}
		if i > 0 {
			out = append(out, "")
		}
		line := ""
		words := strings.Split(p, " ")
		for j, w := range words {
			if line != "" && len(line)+1+len(w) > Width-20 && w != "" && w[0] != '\t' && words[j-1] != "" {
				out = append(out, line)
				line = w
				continue
			}
			if j > 0 {
				line += " "
			}
			line += w
		}
		out = append(out, line)
	}
	return out, true
}
