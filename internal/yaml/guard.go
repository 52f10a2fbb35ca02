package yaml

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	lib "go.yaml.in/yaml/v3"
)

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

// lineStarts returns the offset of each line's first byte.
func lineStarts(src string) []int32 {
	lines := make([]int32, 1, 1+strings.Count(src, "\n"))
	for i := range len(src) {
		if c := src[i]; c == '\n' || c >= 0xa8 && breakSize(src[:i+1]) > 0 {
			lines = append(lines, int32(i+1))
		}
	}
	return lines
}

// guard refuses a file that may hold more values than the limit, before the
// library spends a microsecond and 300 bytes on each of them. What can start a
// value is counted without regard to quotes, so that nothing is missed.
func (b *builder) guard() error {
	count := 0
	for i := range len(b.src) {
		next := byte('\n')
		if i+1 < len(b.src) {
			next = b.src[i+1]
		}
		switch b.src[i] {
		case '\n':
			if next == '\n' || next == '#' {
				continue
			}
		case '#': // the library pays for comments as for values
			if i > 0 && b.src[i-1] != '\n' && b.src[i-1] != ' ' {
				continue
			}
		case ',', '[', '{':
		case ':', '-', '?':
			if strings.IndexByte(" \t\n[]{},\"'", next) < 0 && (i == 0 || b.src[i-1] != '"' && b.src[i-1] != '\'') {
				continue
			}
		default:
			continue
		}
		if count++; count > b.limits.Nodes {
			return b.errorf(i, "split it", "the file holds more than %d values", b.limits.Nodes)
		}
	}
	return nil
}

// directive returns where a line that starts with % stands before the document,
// or -1.
func (b *builder) directive() int {
	at := (&scanner{src: b.src, lines: b.lines}).space()
	if at < len(b.src) && b.src[at] == '%' && b.column(at) == 0 {
		return at
	}
	return -1
}

// anyVersion makes a comment of the version that a file says it is written in:
// the library refuses 1.2, which it reads well enough.
func anyVersion(src string, at int) string {
	if strings.HasPrefix(src[at:], "%YAML ") {
		return src[:at] + "#" + src[at+1:]
	}
	return src
}

// document is what the library makes of a file.
type document struct {
	root   *lib.Node // nil when there is nothing
	second *lib.Node
}

// load lets the library read a file. It expands no aliases.
func load(r io.Reader) (doc document, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the YAML library stopped: %v", p)
		}
	}()
	dec := lib.NewDecoder(r)
	var nodes [2]lib.Node
	for i := range nodes {
		switch err := dec.Decode(&nodes[i]); {
		case errors.Is(err, io.EOF):
			return doc, nil
		case err != nil:
			return doc, err //nolint:wrapcheck // its text is taken apart by diagnose
		case i == 1:
			doc.second = &nodes[1]
		case len(nodes[0].Content) > 0:
			doc.root = nodes[0].Content[0]
		}
	}
	return doc, nil
}
