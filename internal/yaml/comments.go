package yaml

import (
	"sort"
	"strings"
)

// scanner finds the comments of a file that is known to be good. It is told
// where quoted texts and blocks of text stand; anywhere else a # at the start
// of a word starts a comment.
type scanner struct {
	src      string
	lines    []int32
	pos      int
	after    int     // where a word may start without a space before it
	fresh    bool    // in brackets: nothing but space since the last sign
	open     []int32 // offsets of the brackets around pos
	comments []Comment
}

// to moves on to off, taking the comments and brackets before it.
func (s *scanner) to(off int) {
	for s.pos < off {
		if len(s.open) == 0 {
			i := strings.IndexByte(s.src[s.pos:off], '#')
			if i < 0 {
				s.pos = off
				return
			}
			s.pos += i
		}
		if s.src[s.pos] == '#' && s.word() {
			s.comment()
			continue
		}
		if len(s.open) > 0 {
			s.sign()
		}
		s.pos++
	}
}

// sign takes one character inside brackets.
func (s *scanner) sign() {
	next := s.pos + 1
	switch c := s.src[s.pos]; {
	case c == '[' || c == '{':
		s.open = append(s.open, int32(s.pos)) //nolint:gosec // the file's size is limited
	case c == ']' || c == '}':
		s.open = s.open[:len(s.open)-1]
	case c == ',', c == ':' && s.pos == s.after, c == '?' && s.fresh:
	case c == ' ' || c == '\t' || c == '\n':
		return
	default:
		s.fresh = false
		return
	}
	s.after, s.fresh = next, true
}

// word reports whether a word may start at pos.
func (s *scanner) word() bool {
	if s.pos == 0 || s.pos == s.after {
		return true
	}
	if c := s.src[s.pos-1]; c == ' ' || c == '\t' {
		return true
	}
	return int(s.lines[s.line()]) == s.pos
}

// line returns the number of the line at pos, from 0.
func (s *scanner) line() int {
	return sort.Search(len(s.lines), func(i int) bool { return int(s.lines[i]) > s.pos }) - 1
}

// next returns where the line after pos starts, and where the present one ends.
func (s *scanner) next() (start, end int) {
	if i := s.line() + 1; i < len(s.lines) {
		start = int(s.lines[i])
		return start, start - breakSize(s.src[:start])
	}
	return len(s.src), len(s.src)
}

// comment takes the comment at pos.
func (s *scanner) comment() {
	c := Comment{Off: int32(s.pos), In: -1} //nolint:gosec // the file's size is limited
	c.Own = strings.Trim(s.src[s.lines[s.line()]:s.pos], " \t") == ""
	if len(s.open) > 0 {
		c.In = s.open[len(s.open)-1]
	}
	_, end := s.next()
	c.Text = s.src[s.pos+1 : end]
	s.pos = end
	s.comments = append(s.comments, c)
}

// space moves over white space and comments, and returns where it stops.
func (s *scanner) space() int {
	for s.pos < len(s.src) {
		switch {
		case s.src[s.pos] == '#' && s.word():
			s.comment()
		case strings.IndexByte(" \t\n", s.src[s.pos]) >= 0:
			s.pos++
		default:
			return s.pos
		}
	}
	return s.pos
}

// enter moves into the brackets that open at off.
func (s *scanner) enter(off int) {
	s.to(off)
	if len(s.open) == 0 && off < len(s.src) && (s.src[off] == '[' || s.src[off] == '{') {
		s.open = append(s.open, int32(off)) //nolint:gosec // the file's size is limited
		s.pos, s.after, s.fresh = off+1, off+1, true
	}
}

// quoted moves over the text in quotes at off.
func (s *scanner) quoted(off int) {
	s.to(off)
	quote := s.src[off]
	for i := off + 1; i < len(s.src); i++ {
		switch c := s.src[i]; {
		case c == '\\' && quote == '"':
			i++
		case c == quote && quote == '\'' && strings.HasPrefix(s.src[i:], "''"):
			i++
		case c == quote:
			s.pos, s.after, s.fresh = i+1, i+1, false
			return
		}
	}
	s.pos = len(s.src)
}

// block moves over the block of text whose | or > is at off, inside a
// collection that stands in column indent.
func (s *scanner) block(off, indent int) {
	s.to(off)
	s.pos = off + 1
	own := 0
	for s.pos < len(s.src) && strings.IndexByte("+-123456789", s.src[s.pos]) >= 0 {
		if c := s.src[s.pos]; c >= '1' && c <= '9' {
			own = int(c - '0')
		}
		s.pos++
	}
	s.after = s.pos
	start, end := s.next()
	s.to(end)
	if own > 0 {
		own += max(indent, 0)
	}
	deepest := max(indent+1, 1)
	for i := s.line() + 1; start < len(s.src); i++ {
		stop := len(s.src)
		if i+1 < len(s.lines) {
			stop = int(s.lines[i+1])
		}
		text := strings.TrimLeft(s.src[start:stop], " ")
		spaces := stop - start - len(text)
		if own == 0 {
			deepest = max(deepest, spaces)
		}
		if len(text) > breakSize(text) {
			if own == 0 {
				own = deepest
			}
			if spaces < own {
				break
			}
		}
		start = stop
	}
	s.pos = start
}

// breakSize returns the size of the line end with which text ends. The library
// counts the separators of Unicode among line ends.
func breakSize(text string) int {
	switch {
	case strings.HasSuffix(text, "\n"):
		return 1
	case strings.HasSuffix(text, "\u2028"), strings.HasSuffix(text, "\u2029"):
		return 3
	}
	return 0
}
