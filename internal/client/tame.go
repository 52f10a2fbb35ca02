package client

import (
	"bytes"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// tame makes what a server wrote safe to print: in the strings of a JSON document it
// replaces what a terminal obeys or what turns the writing direction. Lines and
// tabs stay, and so does the rest of the document.
func tame(body []byte) []byte {
	var b bytes.Buffer
	inside := false
	for i := 0; i < len(body); {
		r, size := utf8.DecodeRune(body[i:])
		switch {
		case inside && r == '\\':
			escape := body[i:min(i+2, len(body))]
			if code, ok := escaped(body[i:]); ok {
				escape = body[i : i+6]
				r = code
			} else if len(escape) == 2 && bytes.IndexByte([]byte("bfr"), escape[1]) >= 0 {
				r = 0
			}
			if size = len(escape); wild(r) {
				escape = []byte(`\ufffd`)
			}
			b.Write(escape)
		case inside && wild(r):
			b.WriteString(`\ufffd`)
		default:
			inside = inside != (r == '"')
			b.Write(body[i : i+size])
		}
		i += size
	}
	return b.Bytes()
}

// escaped reads \uXXXX.
func escaped(s []byte) (rune, bool) {
	if len(s) < 6 || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s[2:6]), 16, 16)
	return rune(n), err == nil
}

// wild are the characters that are more than text.
func wild(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
}
