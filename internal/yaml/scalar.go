package yaml

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// plainLine reads the part of a plain scalar that stands on the present line.
func (r *reader) plainLine() (Node, error) {
	off := r.pos
	c := r.src[off]
	switch {
	case c == '!':
		return Node{}, r.errorf(off, "delete it; put text in quotes", "tags are not accepted")
	case c == '?' && r.gap(1):
		return Node{}, r.errorf(off, "write \"key: value\"", "complex keys are not accepted")
	case strings.IndexByte(",[]{}#&*|>'\"%@`", c) >= 0:
		return Node{}, r.errorf(off, "put the text in quotes", "a text may not start with %q", c)
	case (c == '-' || c == ':') && (r.gap(1) || r.flows > 0 && bracket(r.src[off+1])):
		return Node{}, r.errorf(off, "put the text in quotes", "unexpected %q", c)
	}
	n, err := r.node(Scalar, off)
	if err != nil {
		return n, err
	}
	n.Value = r.words()
	return n, nil
}

// words takes the text up to what ends a plain scalar on this line.
func (r *reader) words() string {
	off, last := r.pos, r.pos
	for ; !r.end(); r.pos++ {
		c := r.src[r.pos]
		if c == '\n' || c == ':' && (r.gap(1) || r.flows > 0 && bracket(r.src[r.pos+1])) || r.flows > 0 && bracket(c) {
			break
		}
		if c == '#' && r.pos > off && (r.src[r.pos-1] == ' ' || r.src[r.pos-1] == '\t') {
			break
		}
		if c != ' ' && c != '\t' {
			last = r.pos + 1
		}
	}
	r.pos = last
	return r.src[off:last]
}

// continued adds the further lines of a plain scalar, folded.
func (r *reader) continued(n Node, parent int) (Node, error) {
	var b []byte
	for {
		pos, breaks := r.pos, 0
		for pos < len(r.src) && strings.IndexByte(" \t\n", r.src[pos]) >= 0 {
			if r.src[pos] == '\n' {
				breaks++
			}
			pos++
		}
		if breaks == 0 || pos >= len(r.src) || r.src[pos] == '#' {
			break
		}
		start := strings.LastIndexByte(r.src[:pos], '\n') + 1
		indent := r.src[start:pos]
		if r.flows == 0 && len(indent)-len(strings.TrimLeft(indent, " ")) <= parent {
			break
		}
		if c := r.src[pos]; r.flows > 0 && (bracket(c) || c == ':') {
			break
		}
		if ahead := (&reader{src: r.src, pos: pos, start: start}); ahead.anyMarker() {
			break
		}
		for r.pos < pos {
			if r.src[r.pos] == '\n' {
				r.newline()
			} else {
				r.pos++
			}
		}
		if b == nil {
			b = []byte(n.Value)
		}
		b = append(fold(b, breaks), r.words()...)
		if r.flows == 0 && r.colon() {
			return n, r.errorf(pos, "indent it like the key above it, or put the text in quotes", "this line reads as a key inside the text that starts on an earlier line")
		}
	}
	if b != nil {
		n.Value = string(b)
	}
	return n, nil
}

// fold writes what a number of line ends between two words stands for.
func fold(b []byte, breaks int) []byte {
	if breaks == 1 {
		return append(b, ' ')
	}
	for range breaks - 1 {
		b = append(b, '\n')
	}
	return b
}

// quoted reads a scalar in single or double quotes, which is at pos.
func (r *reader) quoted() (Node, error) {
	off, quote := r.pos, r.src[r.pos]
	n, err := r.node(Scalar, off)
	if err != nil {
		return n, err
	}
	n.Style = Single
	if quote == '"' {
		n.Style = Double
	}
	r.pos++
	if stop := strings.IndexAny(r.src[r.pos:], "\"'\\\n"); stop >= 0 && r.src[r.pos+stop] == quote &&
		(quote == '"' || !strings.HasPrefix(r.src[r.pos+stop:], "''")) {
		n.Value = r.src[r.pos : r.pos+stop]
		r.pos += stop + 1
		return n, nil
	}
	var b []byte
	keep := 0 // what an escape wrote is never trimmed
	for {
		if r.end() {
			return n, r.errorf(off, "close it", "this quote is never closed")
		}
		switch c := r.src[r.pos]; {
		case c == quote && quote == '\'' && strings.HasPrefix(r.src[r.pos:], "''"):
			b = append(b, '\'')
			r.pos += 2
		case c == quote:
			r.pos++
			n.Value = string(b)
			return n, nil
		case c == '\\' && quote == '"':
			if b, err = r.escape(b); err != nil {
				return n, err
			}
			keep = len(b)
		case c == '\n':
			b = append(b[:keep], bytes.TrimRight(b[keep:], " \t")...)
			b = fold(b, r.breaks())
			keep = len(b)
			if r.anyMarker() {
				return n, r.errorf(off, "close it", "this quote is never closed")
			}
		default:
			b = append(b, c)
			r.pos++
		}
	}
}

// breaks crosses white space and counts the line ends in it.
func (r *reader) breaks() int {
	n := 0
	for !r.end() {
		switch r.src[r.pos] {
		case '\n':
			n++
			r.newline()
		case ' ', '\t':
			r.pos++
		default:
			return n
		}
	}
	return n
}

// escapes are the short escapes of double quotes.
var escapes = map[byte]string{
	'0': "\x00", 'a': "\a", 'b': "\b", 't': "\t", '\t': "\t", 'n': "\n", 'v': "\v", 'f': "\f", 'r': "\r", 'e': "\x1b", ' ': " ",
	'"': "\"", '/': "/", '\\': "\\", 'N': "\u0085", '_': "\u00a0", 'L': "\u2028", 'P': "\u2029",
}

// escape reads one backslash escape and appends what it stands for.
func (r *reader) escape(b []byte) ([]byte, error) {
	off := r.pos
	if r.pos++; r.end() {
		return b, nil // the missing quote is reported
	}
	c := r.src[r.pos]
	r.pos++
	if s, ok := escapes[c]; ok {
		return append(b, s...), nil
	}
	digits := 0
	switch c {
	case '\n':
		r.pos--
		for range r.breaks() - 1 {
			b = append(b, '\n')
		}
		return b, nil
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	}
	v, ok := r.hex(digits)
	if ok && utf16.IsSurrogate(v) && strings.HasPrefix(r.src[r.pos:], `\u`) {
		r.pos += 2
		low, _ := r.hex(4)
		v = utf16.DecodeRune(v, low)
		ok = v != utf8.RuneError
	}
	if !ok || !utf8.ValidRune(v) {
		return b, r.errorf(off, "write \\\\ for a backslash, or use single quotes", "this escape is not known")
	}
	return utf8.AppendRune(b, v), nil
}

func (r *reader) hex(digits int) (rune, bool) {
	if digits == 0 || r.pos+digits > len(r.src) {
		return 0, false
	}
	v, err := strconv.ParseUint(r.src[r.pos:r.pos+digits], 16, 32)
	if err != nil || v > utf8.MaxRune {
		return 0, false
	}
	r.pos += digits
	return rune(v), true
}

// literal reads a block scalar, whose | or > is at pos.
func (r *reader) literal(parent int) (Node, error) {
	off := r.pos
	n, err := r.node(Scalar, off)
	if err != nil {
		return n, err
	}
	n.Style = Literal
	if r.src[off] == '>' {
		n.Style = Folded
	}
	chomp, indent := byte(0), 0
	for r.pos++; !r.end(); r.pos++ {
		c := r.src[r.pos]
		if (c == '+' || c == '-') && chomp == 0 {
			chomp = c
		} else if c >= '1' && c <= '9' && indent == 0 {
			indent = max(parent, 0) + int(c-'0')
		} else {
			break
		}
	}
	if !r.gap(0) {
		return n, r.errorf(r.pos, "start the text on the next line", "unexpected text after %q", r.src[off])
	}
	if crossed, err := r.header(); err != nil || !crossed {
		return n, err
	}
	lines, err := r.literalLines(parent, indent)
	if err != nil {
		return n, err
	}
	n.Value = assemble(lines, n.Style, chomp)
	return n, nil
}

// header crosses the rest of a block scalar's first line.
func (r *reader) header() (crossed bool, err error) {
	for !r.end() && r.src[r.pos] != '\n' {
		if r.src[r.pos] == '#' {
			r.comment(false)
			continue
		}
		if r.src[r.pos] != ' ' && r.src[r.pos] != '\t' {
			return false, r.errorf(r.pos, "start the text on the next line", "unexpected text on the first line of a block of text")
		}
		r.pos++
	}
	if r.end() {
		return false, nil
	}
	r.newline()
	return true, nil
}

// literalLines takes the lines of a block scalar, without their indentation.
func (r *reader) literalLines(parent, indent int) ([]string, error) {
	var lines []string
	for !r.end() {
		stop := strings.IndexByte(r.src[r.pos:], '\n')
		if stop < 0 {
			stop = len(r.src) - r.pos
		}
		line := r.src[r.pos : r.pos+stop]
		body := strings.TrimLeft(line, " ")
		spaces := len(line) - len(body)
		if body == "" && (indent == 0 || spaces <= indent) {
			lines = append(lines, "")
		} else {
			if indent == 0 {
				if body[0] == '\t' && spaces <= parent {
					return nil, r.errorf(r.pos+spaces, "use spaces", "a tab is used as indentation")
				}
				indent = max(spaces, parent+1)
			}
			if spaces < indent || r.anyMarker() {
				break
			}
			lines = append(lines, line[indent:])
		}
		r.pos += stop
		if r.end() {
			break
		}
		r.newline()
	}
	return lines, nil
}

// assemble joins the lines of a block scalar by its style and chomping.
func assemble(lines []string, style Style, chomp byte) string {
	last := len(lines)
	for last > 0 && lines[last-1] == "" {
		last--
	}
	var b strings.Builder
	before := -1 // the last line that was not empty
	for i, line := range lines[:last] {
		if line == "" {
			continue
		}
		b.WriteString(between(lines, before, i, style))
		b.WriteString(line)
		before = i
	}
	switch {
	case chomp == '+':
		n := len(lines) - last
		if last > 0 {
			n++
		}
		b.WriteString(strings.Repeat("\n", n))
	case chomp == 0 && last > 0:
		b.WriteByte('\n')
	}
	return b.String()
}

// between returns what stands for the line ends between two lines that are not
// empty. When folding, a single one between two lines of ordinary text is a
// space, and of several the first is dropped.
func between(lines []string, before, after int, style Style) string {
	breaks := after - before
	if before < 0 {
		return strings.Repeat("\n", after)
	}
	loose := func(i int) bool { return lines[i][0] == ' ' || lines[i][0] == '\t' }
	switch {
	case style == Literal || loose(before) || loose(after):
		return strings.Repeat("\n", breaks)
	case breaks == 1:
		return " "
	}
	return strings.Repeat("\n", breaks-1)
}
