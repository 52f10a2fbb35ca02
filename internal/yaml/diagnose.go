package yaml

import (
	"io"
	"regexp"
	"strconv"
	"strings"
)

// said takes the library's message apart.
var said = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// advice says in our words what a message of the library means. Where mark is
// set, the place is the first of these characters on the line.
type advice struct{ message, hint, mark string }

var advices = map[string]advice{
	"found unexpected end of stream":                         {"this quote is never closed", "close it", `"'`},
	"found unexpected document indicator":                    {"this quote is never closed", "close it", `"'`},
	"found unknown escape character":                         {"this escape is not known", `write \\ for a backslash, or use single quotes`, `\`},
	"found invalid Unicode character escape code":            {"this escape is not known", "write the character itself", `\`},
	"did not find expected hexdecimal number":                {"this escape is not known", `write \\ for a backslash, or use single quotes`, `\`},
	"block sequence entries are not allowed in this context": {"a list may not start on the line of its key", "start it on the next line", "-"},
	"mapping keys are not allowed in this context":           {"a key may not start here", "start it on a line of its own", "?"},
	"could not find expected ':'":                            {"a key is expected here", `write "key: value", with a space after the colon`, ""},
	"did not find expected node content":                     {"a value is missing here, or a bracket above is never closed", "", ""},
	"did not find expected comment or line break":            {"unexpected text on the first line of a block of text", "start the text on the next line", "|>"},
	"did not find expected <document start>":                 {"this does not belong to what stands above it", "check the indentation and the quotes", ""},
	"did not find expected '-' indicator":                    {"an item of the list is expected here", `align it with the items above, and start it with "- "`, ""},
	"did not find expected alphabetic or numeric character":  {"& and * must be followed by a name", "put the text in quotes", "&*"},
	"found incompatible YAML document":                       {"this version of YAML is not known", "delete the line", "%"},
}

// parserSaid are the messages whose line the library counts from 0.
var parserSaid = regexp.MustCompile(`^(did not find expected (<document start>|<stream-start>|node content|'-' indicator|key|',' or '[\]}]')|found (duplicate|incompatible) .*|found undefined tag handle)$`)

// feed hands out a file line by line, to tell how far a reader has come. An
// empty line before the first keeps the library from taking a place on the first
// line for no place at all.
type feed struct {
	src   string
	pos   int
	lines int
}

// Read returns the next line, or as much of it as fits.
func (f *feed) Read(p []byte) (int, error) {
	if f.lines == 0 {
		f.lines = 1
		return copy(p, "\n"), nil
	}
	end := len(f.src)
	if i := strings.IndexByte(f.src[f.pos:], '\n'); i >= 0 {
		end = f.pos + i + 1
	}
	if end == f.pos {
		return 0, io.EOF
	}
	n := copy(p, f.src[f.pos:end])
	if f.pos += n; f.pos == end {
		f.lines++
	}
	return n, nil
}

// diagnose finds out what the library's error is about, and where.
func (b *builder) diagnose(src string, err error) error {
	f := &feed{src: src}
	if _, again := load(f); again != nil {
		err = again
	}
	line, message := 1, err.Error()
	if m := said.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = m[2]
		if !parserSaid.MatchString(message) {
			line--
		}
	}
	line = min(max(line, 1), len(b.lines))
	reached := min(f.lines, len(b.lines))
	switch {
	case strings.HasPrefix(message, "unknown anchor"):
		return b.unknownAlias(f.pos, message)
	case strings.HasPrefix(message, "exceeded max depth"):
		return b.errorf(b.first(reached, ""), "", "values nest more than %d deep", b.limits.Depth)
	case strings.HasPrefix(message, "did not find expected ',' or"):
		return b.unclosed(line, f.pos, reached, message[len(message)-2])
	case strings.HasPrefix(message, "mapping values are not"):
		return b.secondColon(line)
	case message == "could not find expected ':'" && b.long(line):
		return b.longKey(b.first(line, ""))
	case strings.HasPrefix(message, "found a tab character"):
		for line < reached && !strings.HasPrefix(strings.TrimLeft(b.text(line), " "), "\t") {
			line++
		}
		return b.noStart(line)
	case strings.HasPrefix(message, "found character that cannot start"):
		return b.noStart(line)
	case message == "did not find expected key", message == "did not find expected '-' indicator", message == "did not find expected <document start>":
		return b.misplaced(src, reached, message)
	}
	if a, ok := advices[message]; ok {
		return b.errorf(b.first(line, a.mark), a.hint, "%s", a.message)
	}
	return b.errorf(b.first(line, ""), "", "this is not YAML: %s", message)
}

// line returns a line, counted from 1, and where it starts.
func (b *builder) line(n int) (start int, text string) {
	start, end := int(b.lines[n-1]), len(b.src)
	if n < len(b.lines) {
		end = int(b.lines[n])
	}
	return start, b.src[start:end]
}

func (b *builder) text(n int) string {
	_, text := b.line(n)
	return text
}

// first returns the place on a line where one of the marks stands first, or else
// where its text starts.
func (b *builder) first(line int, marks string) int {
	start, text := b.line(line)
	if i := strings.IndexAny(text, marks); i >= 0 {
		return start + i
	}
	return start + len(text) - len(strings.TrimLeft(text, " "))
}

func (b *builder) unknownAlias(read int, message string) error {
	name := strings.TrimSuffix(strings.TrimPrefix(message, "unknown anchor '"), "' referenced")
	at := max(strings.LastIndex(b.src[:read], "*"+name), 0)
	return b.errorf(at, "put the text in quotes if no alias is meant", "the alias *%s stands for nothing above it", name)
}

// unclosed explains brackets that do not end where they should.
func (b *builder) unclosed(line, read, reached int, closing byte) error {
	opening := byte('[')
	if closing == '}' {
		opening = '{'
	}
	start, text := b.line(line)
	var open []int
	for i := range len(text) {
		switch text[i] {
		case opening:
			open = append(open, start+i)
		case closing:
			open = open[:max(len(open)-1, 0)]
		}
	}
	at := b.first(line, string(opening))
	if len(open) > 0 {
		at = open[len(open)-1]
	}
	if read == len(b.src) && strings.IndexByte(b.src[at:], closing) < 0 {
		return b.errorf(at, "close it", "this %q is never closed", string(opening))
	}
	if reached > line {
		at = b.first(reached, "")
	}
	return b.errorf(at, "put text with special characters in quotes", "expected \",\" or %q here", string(closing))
}

// secondColon explains a colon that ends no key.
func (b *builder) secondColon(line int) error {
	start, text := b.line(line)
	body := strings.TrimLeft(text, " ")
	at := start + len(text) - len(body)
	if strings.Contains(body, ":") && len(body) > longestKey && !strings.Contains(body[:longestKey], ": ") {
		return b.longKey(at)
	}
	if i := strings.Index(body, ": "); i >= 0 {
		if j := strings.Index(body[i+2:], ":"); j >= 0 {
			return b.errorf(at+i+2+j, "start the inner keys on the next line, or put the text in quotes", "a second key on the line of a key")
		}
	}
	return b.errorf(at, "indent it like the key above it, or put the text in quotes", "this line reads as a key inside the text that starts on an earlier line")
}

// longestKey is what the library takes for a key on one line.
const longestKey = 1024

func (b *builder) long(line int) bool {
	return len(b.text(line)) > longestKey
}

func (b *builder) longKey(at int) error {
	return b.errorf(at, "shorten it", "a key has at most %d characters", longestKey)
}

// noStart explains a character with which no value starts.
func (b *builder) noStart(line int) error {
	start, text := b.line(line)
	lead := len(text) - len(strings.TrimLeft(text, " \t"))
	if tab := strings.IndexByte(text[:lead], '\t'); tab >= 0 {
		return b.errorf(start+tab, "use spaces", "a tab is used as indentation")
	}
	at := b.first(line, "@`%\t")
	if at >= len(b.src) {
		return b.errorf(at, "put the text in quotes", "a value may not start here")
	}
	return b.errorf(at, "put the text in quotes", "a text may not start with %q", b.src[at])
}

// steps bounds the lines that misplaced looks back.
const steps = 8

// misplaced explains a line that does not continue what stands above it. The
// library looks a few lines ahead, so the line is the first up to which the file
// fails in the same way.
func (b *builder) misplaced(src string, reached int, message string) error {
	for range steps {
		if reached < 2 || len(src) > 1<<20 {
			break
		}
		_, err := load(strings.NewReader(src[:b.lines[reached-1]]))
		if err == nil || !strings.HasSuffix(err.Error(), message) {
			break
		}
		reached--
	}
	_, text := b.line(reached)
	body := strings.TrimLeft(text, " ")
	at := b.first(reached, "")
	switch {
	case message != "did not find expected key":
		a := advices[message]
		return b.errorf(at, a.hint, "%s", a.message)
	case strings.HasPrefix(body, "- "):
		return b.errorf(at, "indent the list under its key", "a list item stands where a key is expected")
	case strings.Contains(body, ": ") || strings.HasSuffix(strings.TrimSpace(body), ":"):
		return b.errorf(at, "align it with the lines above, and check the quotes", "this line, indented by %d spaces, does not continue what stands above it", len(text)-len(body))
	}
	return b.errorf(at, "put the value in quotes, or start a new line", "unexpected text after a value; a key is expected here")
}
