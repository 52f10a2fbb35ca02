package drawbridge

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line is what somebody wrote on one line, without the blanks around it. It is
// refused when it is longer than so many bytes or holds control characters.
func Line(s string, limit int) (string, error) {
	s = strings.TrimSpace(s)
	if len(s) > limit || !plain(s, "") {
		return s, Errorf(Invalid, "write one line with at most %d bytes, without control characters", limit)
	}
	return s, nil
}

// Prose is [Line] for a text of several lines.
func Prose(s string, limit int) (string, error) {
	s = strings.TrimSpace(s)
	if len(s) > limit || !plain(s, "\n\t\r") {
		return s, Errorf(Invalid, "write a text with at most %d bytes, without control characters", limit)
	}
	return s, nil
}

// plain reports whether a text holds no control characters but those that are
// allowed, and none that turn the direction of writing.
func plain(s, allowed string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune(allowed, r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
	})
}

// Count is a number with what it counts: 1 condition is open, 2 conditions are
// open. The words may hold the verb.
func Count[N ~int | ~int64](n N, one, many string) string {
	if n == 1 {
		many = one
	}
	return fmt.Sprintf("%d %s", n, many)
}
