// Package view draws: components of the pages, each from plain values that its
// caller made ready. It knows no desk, asks nothing and decides nothing; every
// text is escaped. The page /design shows each component in each of its states.
//
//	view.Badge(view.Tone("good"), "approved").Render(ctx, w)
//
// It is NOT for pages: these are in web, one a file.
package view

//go:generate go tool -modfile=../../../tools/go.mod templ generate

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"drawbridge"
)

// Tone is how good or bad something is; a word always says the same.
type Tone string

// The tones.
const (
	Idle  Tone = "idle"
	Info  Tone = "info"
	Good  Tone = "good"
	Warn  Tone = "warn"
	Bad   Tone = "bad"
	Worst Tone = "worst"
)

// Link is a text that leads somewhere.
type Link struct {
	Text string
	To   string // path on this server
}

// TierTone is the tone of a tier.
func TierTone(t drawbridge.Tier) Tone {
	switch t {
	case drawbridge.TierLow:
		return Good
	case drawbridge.TierMedium:
		return Warn
	case drawbridge.TierHigh:
		return Bad
	case drawbridge.TierCritical:
		return Worst
	default:
		return Idle
	}
}

// SeverityTone is the tone of a severity.
func SeverityTone(s drawbridge.Severity) Tone {
	switch s {
	case drawbridge.Low:
		return Good
	case drawbridge.Medium:
		return Warn
	case drawbridge.High:
		return Bad
	case drawbridge.Critical:
		return Worst
	default:
		return Idle
	}
}

// OutcomeTone is the tone of the gate's answer.
func OutcomeTone(o drawbridge.Outcome) Tone {
	switch o {
	case drawbridge.Go:
		return Good
	case drawbridge.Conditional:
		return Warn
	case drawbridge.NoGo:
		return Bad
	default:
		return Idle
	}
}

// Words is a name of ours as people write it: no_go becomes "no go".
func Words(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "_", " "), "-", " ") }

// Figure is a number with one digit, as scores are shown.
func Figure(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

// Count is a number with its noun: 1 review, 2 reviews.
func Count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	if strings.HasSuffix(one, "y") && !strings.HasSuffix(one, "ay") && !strings.HasSuffix(one, "ey") {
		one = strings.TrimSuffix(one, "y") + "ie"
	}
	return strconv.Itoa(n) + " " + one + "s"
}

// Ago says in words how long before now something was, or how long after.
func Ago(t, now time.Time) string {
	d, word := now.Sub(t), "%s ago"
	if d < 0 {
		d, word = -d, "in %s"
	}
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf(word, Count(int(d/time.Minute), "minute"))
	case d < 48*time.Hour:
		return fmt.Sprintf(word, Count(int(d/time.Hour), "hour"))
	case d < 60*24*time.Hour:
		return fmt.Sprintf(word, Count(int(d/(24*time.Hour)), "day"))
	case d < 730*24*time.Hour:
		return fmt.Sprintf(word, Count(int(d/(30*24*time.Hour)), "month"))
	default:
		return fmt.Sprintf(word, Count(int(d/(365*24*time.Hour)), "year"))
	}
}

// Days says in words how far a day lies from today.
func Days(day, today drawbridge.Date) string {
	n := int(day.End().Sub(today.End()).Hours() / 24)
	switch {
	case n == 0:
		return "today"
	case n == 1:
		return "tomorrow"
	case n == -1:
		return "yesterday"
	case n > 0:
		return "in " + Count(n, "day")
	default:
		return Count(-n, "day") + " ago"
	}
}

// sentence is a text as a sentence.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + strings.TrimSuffix(s[n:], ".") + "."
}

// spoken is the name of a field that travels with another form, for people; empty
// for what says nothing to them.
func spoken(name string) string {
	name, ok := strings.CutPrefix(name, "again.")
	if !ok || name == "key" || name == "version" {
		return ""
	}
	return strings.TrimSuffix(sentence(Words(name)), ".")
}

// countOf is a number with its noun, where the plural is its own word.
func countOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// moved is a figure before and after.
func moved(before, after float64) string {
	if Figure(before) == Figure(after) {
		return Figure(after)
	}
	return Figure(before) + " → " + Figure(after)
}

// lower is a sentence as it goes on after a colon.
func lower(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(first)) + s[size:]
}
