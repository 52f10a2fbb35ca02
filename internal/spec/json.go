package spec

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"drawbridge"
)

// parseJSON reads one JSON text (RFC 8259) into nodes with positions. Strings
// without escapes share src's memory. Duplicate keys are errors, since two
// readers would disagree about what they mean.
func parseJSON(name, src string) (node, error) {
	p := jsonParser{name: name, src: src, line: 1}
	root, err := p.value(0)
	if err != nil {
		return node{}, err
	}
	if p.space(); p.pos < len(src) {
		return node{}, p.fail("text after the end of the document")
	}
	return root, nil
}

type jsonParser struct {
	name, src string
	pos       int
	line      int // of pos
	start     int // offset of that line
	nodes     int
	open      []member // children of the containers that are not closed yet
}

func (p *jsonParser) fail(format string, args ...any) error {
	args = append([]any{p.name, p.line, p.pos - p.start + 1}, args...)
	return drawbridge.Errorf(drawbridge.Invalid, "%s:%d:%d: "+format, args...)
}

func (p *jsonParser) space() {
	for p.pos < len(p.src) {
		switch p.src[p.pos] {
		case '\n':
			p.line++
			p.start = p.pos + 1
		case ' ', '\t', '\r':
		default:
			return
		}
		p.pos++
	}
}

func (p *jsonParser) value(depth int) (node, error) {
	p.space()
	if p.pos >= len(p.src) {
		return node{}, p.fail("the file ends in the middle; was it cut off?")
	}
	if p.nodes++; p.nodes > maxNodes {
		return node{}, p.fail("more than %d values; no interface description is that large", maxNodes)
	}
	n := node{line: uint32(p.line), col: uint32(p.pos - p.start + 1)} //nolint:gosec // both are below MaxBytes
	var err error
	switch c := p.src[p.pos]; {
	case c == '{', c == '[':
		if depth >= maxNesting {
			return n, p.fail("nested deeper than %d levels", maxNesting)
		}
		err = p.container(&n, depth, c == '{')
	case c == '"':
		n.kind = text
		n.str, err = p.string()
	case c == '-' || '0' <= c && c <= '9':
		n.kind = number
		n.str, err = p.number()
	default:
		err = p.word(&n)
	}
	return n, err
}

func (p *jsonParser) word(n *node) error {
	for _, w := range [...]struct {
		word string
		kind kind
	}{{"true", boolean}, {"false", boolean}, {"null", null}} {
		if strings.HasPrefix(p.src[p.pos:], w.word) {
			if n.kind = w.kind; n.kind != null {
				n.str = w.word
			}
			p.pos += len(w.word)
			return nil
		}
	}
	return p.fail("%q is not the start of a JSON value", p.rune())
}

func (p *jsonParser) rune() string {
	_, size := utf8.DecodeRuneInString(p.src[p.pos:])
	return p.src[p.pos : p.pos+size]
}

// container reads an object or a list. Children wait on the open stack, so that
// the finished slice has exactly their number.
func (p *jsonParser) container(n *node, depth int, isObject bool) error {
	base, end := len(p.open), byte(']')
	n.kind = list
	if isObject {
		n.kind, end = object, '}'
	}
	p.pos++
	for first := true; ; first = false {
		if p.space(); p.pos >= len(p.src) {
			return p.fail("the file ends inside %s that starts at line %d; was it cut off?", n.kind, n.line)
		}
		if p.src[p.pos] == end {
			p.pos++
			break
		}
		if !first {
			if p.src[p.pos] != ',' {
				return p.fail("expected \",\" or %q, found %q", end, p.rune())
			}
			p.pos++
		}
		m, err := p.member(isObject, depth)
		if err != nil {
			return err
		}
		p.open = append(p.open, m)
	}
	n.kids = append(make([]member, 0, len(p.open)-base), p.open[base:]...)
	clear(p.open[base:])
	p.open = p.open[:base]
	if isObject {
		return p.unique(n)
	}
	return nil
}

func (p *jsonParser) member(isObject bool, depth int) (m member, err error) {
	if isObject {
		if p.space(); p.pos >= len(p.src) || p.src[p.pos] != '"' {
			return m, p.fail("expected a key in double quotes")
		}
		if m.key, err = p.string(); err != nil {
			return m, err
		}
		if p.space(); p.pos >= len(p.src) || p.src[p.pos] != ':' {
			return m, p.fail("expected \":\" after the key %q", clip(m.key, 40))
		}
		p.pos++
	}
	m.val, err = p.value(depth + 1)
	return m, err
}

// unique refuses duplicate keys.
func (p *jsonParser) unique(n *node) error {
	if dup := duplicate(n.kids); dup >= 0 {
		v := n.kids[dup]
		return drawbridge.Errorf(drawbridge.Invalid, "%s:%d:%d: the key %q stands twice in the object of line %d; remove one",
			p.name, v.val.line, v.val.col, clip(v.key, 60), n.line)
	}
	return nil
}

// duplicate returns the index of the first repeated key, or -1.
func duplicate(kids []member) int {
	if len(kids) <= 12 {
		for i := range kids {
			for j := range i {
				if kids[i].key == kids[j].key {
					return i
				}
			}
		}
		return -1
	}
	seen := make(map[string]struct{}, len(kids))
	for i := range kids {
		if _, ok := seen[kids[i].key]; ok {
			return i
		}
		seen[kids[i].key] = struct{}{}
	}
	return -1
}

func (p *jsonParser) number() (string, error) {
	start := p.pos
	for p.pos < len(p.src) && strings.IndexByte("+-.eE0123456789", p.src[p.pos]) >= 0 {
		p.pos++
	}
	s := p.src[start:p.pos]
	if _, err := strconv.ParseFloat(s, 64); err != nil && !strings.Contains(err.Error(), "range") {
		p.pos = start
		return "", p.fail("%q is not a number", clip(s, 40))
	}
	return s, nil
}

func (p *jsonParser) string() (string, error) {
	p.pos++
	start := p.pos
	for p.pos < len(p.src) {
		switch c := p.src[p.pos]; {
		case c == '"':
			p.pos++
			return p.src[start : p.pos-1], nil
		case c == '\\':
			return p.escaped(start)
		case c < ' ':
			return "", p.fail("control character in text; write it as an escape")
		}
		p.pos++
	}
	return "", p.fail("the file ends inside a text; was it cut off?")
}

// escaped reads the rest of a text that holds an escape at pos.
func (p *jsonParser) escaped(start int) (string, error) {
	var b strings.Builder
	b.WriteString(p.src[start:p.pos])
	for p.pos < len(p.src) {
		switch c := p.src[p.pos]; {
		case c == '"':
			p.pos++
			return b.String(), nil
		case c < ' ':
			return "", p.fail("control character in text; write it as an escape")
		case c != '\\':
			run := strings.IndexAny(p.src[p.pos:], "\"\\")
			if run < 0 {
				run = len(p.src) - p.pos
			}
			part := p.src[p.pos : p.pos+run]
			if strings.ContainsFunc(part, func(r rune) bool { return r < ' ' }) {
				return "", p.fail("control character in text; write it as an escape")
			}
			b.WriteString(part)
			p.pos += run
		default:
			if err := p.escape(&b); err != nil {
				return "", err
			}
		}
	}
	return "", p.fail("the file ends inside a text; was it cut off?")
}

func (p *jsonParser) escape(b *strings.Builder) error {
	if p.pos+1 >= len(p.src) {
		return p.fail("the file ends inside a text; was it cut off?")
	}
	c := p.src[p.pos+1]
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		b.WriteByte("\"\\/\b\f\n\r\t"[i])
		p.pos += 2
		return nil
	}
	r, ok := p.hex(p.pos)
	if c != 'u' || !ok {
		return p.fail("bad escape in text")
	}
	p.pos += 6
	if utf16.IsSurrogate(r) {
		if low, ok := p.hex(p.pos); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				p.pos += 6
				r = pair
			}
		}
	}
	b.WriteRune(r)
	return nil
}

// hex reads \uXXXX at offset i.
func (p *jsonParser) hex(i int) (rune, bool) {
	if i+6 > len(p.src) || p.src[i] != '\\' || p.src[i+1] != 'u' {
		return 0, false
	}
	v, err := strconv.ParseUint(p.src[i+2:i+6], 16, 16)
	return rune(v), err == nil
}

// clip shortens s for a message.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "..."
}
