package drawbridge

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Date is a day in UTC, due at its end, written 2006-01-02.
type Date string

// ParseDate checks s as a calendar day.
func ParseDate(s string) (Date, error) {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", Errorf(Invalid, "%q is not a day; write it as 2027-03-01", s)
	}
	return Date(s), nil
}

// End returns the first instant after the day; a bad date ends in year 1.
func (d Date) End() time.Time {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}
	}
	return t.AddDate(0, 0, 1)
}

// Past reports whether the day is over at t.
func (d Date) Past(t time.Time) bool { return !t.Before(d.End()) }

// DateOf returns the UTC day of t.
func DateOf(t time.Time) Date { return Date(t.UTC().Format(time.DateOnly)) }

// Span is a length of time in whole milliseconds, written with one unit: 500ms, 2s, 5m,
// 1h, 90d, 2w or 1y (365 days). Zero is written 0s.
type Span int64

var spanUnits = []struct {
	name string
	ms   int64
}{{"y", 365 * 86_400_000}, {"w", 7 * 86_400_000}, {"d", 86_400_000}, {"h", 3_600_000}, {"m", 60_000}, {"s", 1000}, {"ms", 1}}

// ParseSpan reads a length of time.
func ParseSpan(s string) (Span, error) {
	digits := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyz")
	unit := s[len(digits):]
	n, err := wholeNumber(digits)
	if err == nil {
		for _, u := range spanUnits {
			if u.name == unit && n <= math.MaxInt64/u.ms {
				return Span(n * u.ms), nil
			}
		}
	}
	return 0, Errorf(Invalid, "%q is not a length of time; write a whole number and a unit: ms, s, m, h, d, w or y, like 90d", s)
}

// wholeNumber reads digits only: no sign, so that a value has one spelling.
func wholeNumber(digits string) (int64, error) {
	n, err := strconv.ParseUint(digits, 10, 63)
	return int64(n), err
}

// Duration returns the span as a [time.Duration], saturating.
func (s Span) Duration() time.Duration {
	if int64(s) > math.MaxInt64/int64(time.Millisecond) {
		return math.MaxInt64
	}
	return time.Duration(s) * time.Millisecond
}

// Days returns the span in days, rounded up.
func (s Span) Days() int {
	days := int64(s) / 86_400_000
	if int64(s)%86_400_000 > 0 {
		days++
	}
	return int(days)
}

// String writes the span with its largest exact unit among d, h, m, s, ms.
func (s Span) String() string {
	if s == 0 {
		return "0s"
	}
	for _, u := range spanUnits[2:] {
		if int64(s)%u.ms == 0 {
			return fmt.Sprintf("%d%s", int64(s)/u.ms, u.name)
		}
	}
	return fmt.Sprintf("%dms", int64(s))
}

// Size is a number of bytes, written 512B, 64KiB, 10MiB or 1GiB.
type Size int64

var sizeUnits = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

// ParseSize reads a number of bytes.
func ParseSize(s string) (Size, error) {
	for _, u := range sizeUnits {
		if digits, ok := strings.CutSuffix(s, u.name); ok {
			n, err := wholeNumber(digits)
			if err == nil && n <= math.MaxInt64/u.bytes {
				return Size(n * u.bytes), nil
			}
			break
		}
	}
	return 0, Errorf(Invalid, "%q is not a size; write a whole number and a unit: B, KiB, MiB or GiB, like 64KiB", s)
}

// String writes the size with its largest exact unit.
func (s Size) String() string {
	for _, u := range sizeUnits {
		if s != 0 && int64(s)%u.bytes == 0 {
			return fmt.Sprintf("%d%s", int64(s)/u.bytes, u.name)
		}
	}
	return fmt.Sprintf("%dB", int64(s))
}
