package drawbridge_test

import (
	"strings"
	"testing"

	"drawbridge"
)

func TestText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text  string
		line, prose bool
	}{
		{"plain", "  Card payments, renamed ", true, true},
		{"empty", "", true, true},
		{"umlaut", "Zahlung für Käufe", true, true},
		{"two lines", "one\ntwo", false, true},
		{"tab", "one\ttwo", false, true},
		{"escape", "one\x1b[31mtwo", false, false},
		{"null", "one\x00two", false, false},
		{"right to left", "one\u202etwo", false, false},
		{"hidden line", "one\u2028two", false, false},
		{"no text", "one\xfftwo", false, false},
		{"long", strings.Repeat("a", 101), false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := drawbridge.Line(c.text, 100)
			if (err == nil) != c.line || err == nil && got != strings.TrimSpace(c.text) {
				t.Errorf("Line = %q %v, want it taken: %t", got, err, c.line)
			}
			if _, err := drawbridge.Prose(c.text, 100); (err == nil) != c.prose {
				t.Errorf("Prose = %v, want it taken: %t", err, c.prose)
			}
		})
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0 questions have", 1: "1 question has", 2: "2 questions have", 101: "101 questions have"} {
		if got := drawbridge.Count(n, "question has", "questions have"); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}
