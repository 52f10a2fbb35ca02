package drawbridge_test

import (
	"math"
	"testing"
	"time"

	"drawbridge"
)

func TestSpan(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"500ms": "500ms", "1000ms": "1s", "2s": "2s", "60s": "1m", "5m": "5m", "24h": "1d", "25h": "25h", "90d": "90d", "2w": "14d", "1y": "365d",
		"0s": "0s", "0d": "0s", "1500ms": "1500ms",
	} {
		s, err := drawbridge.ParseSpan(in)
		if err != nil || s.String() != want {
			t.Errorf("ParseSpan(%q) = %v, %v, want %s", in, s, err, want)
		}
		if again, err := drawbridge.ParseSpan(s.String()); err != nil || again != s {
			t.Errorf("ParseSpan(%q) = %v, %v, want %v", s, again, err, s)
		}
	}
	for _, in := range []string{"", "5", "s", "-1s", "1.5h", "1h30m", " 1s", "1 s", "1S", "1mo", "99999999999999999999s", "9223372036854775807y", "+1s", "1e3s"} {
		if s, err := drawbridge.ParseSpan(in); err == nil {
			t.Errorf("ParseSpan(%q) = %v, want an error", in, s)
		}
	}
}

func TestSpanDuration(t *testing.T) {
	t.Parallel()
	if got := drawbridge.Span(1500).Duration(); got != 1500*time.Millisecond {
		t.Errorf("Duration = %v", got)
	}
	if got := drawbridge.Span(math.MaxInt64).Duration(); got != math.MaxInt64 {
		t.Errorf("Duration of the longest span = %v, want it to saturate", got)
	}
	for ms, want := range map[int64]int{0: 0, 1: 1, 86_400_000: 1, 86_400_001: 2} {
		if got := drawbridge.Span(ms).Days(); got != want {
			t.Errorf("Span(%d).Days() = %d, want %d", ms, got, want)
		}
	}
	if got := drawbridge.Span(math.MaxInt64).Days(); got <= 0 {
		t.Errorf("Days of the longest span = %d", got)
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"0B": "0B", "512B": "512B", "1024B": "1KiB", "64KiB": "64KiB", "1024MiB": "1GiB", "1025B": "1025B"} {
		s, err := drawbridge.ParseSize(in)
		if err != nil || s.String() != want {
			t.Errorf("ParseSize(%q) = %v, %v, want %s", in, s, err, want)
		}
	}
	for _, in := range []string{"", "B", "1", "1KB", "1k", "-1B", "1.5KiB", "9223372036854775807GiB", "1 B", "+1B"} {
		if s, err := drawbridge.ParseSize(in); err == nil {
			t.Errorf("ParseSize(%q) = %v, want an error", in, s)
		}
	}
}

func TestDate(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "2026-02-29", "2026-2-1", "01.02.2026", "2026-01-01T00:00:00Z"} {
		if d, err := drawbridge.ParseDate(in); err == nil {
			t.Errorf("ParseDate(%q) = %v, want an error", in, d)
		}
	}
	d, err := drawbridge.ParseDate("2028-02-29")
	if err != nil {
		t.Fatal(err)
	}
	end := time.Date(2028, 3, 1, 0, 0, 0, 0, time.UTC)
	if !d.End().Equal(end) {
		t.Errorf("End = %v, want %v", d.End(), end)
	}
	if d.Past(end.Add(-time.Nanosecond)) || !d.Past(end) {
		t.Error("a day is over exactly at its end")
	}
	if !drawbridge.Date("nonsense").Past(end) {
		t.Error("a bad date has to count as past")
	}
	east := time.FixedZone("east", 5*3600)
	if got := drawbridge.DateOf(time.Date(2026, 1, 2, 3, 0, 0, 0, east)); got != "2026-01-01" {
		t.Errorf("DateOf = %s, want the day in UTC", got)
	}
}
