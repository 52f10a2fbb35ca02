package programme_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"drawbridge/internal/programme"
)

func TestWriteCalendar(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	list := []programme.Due{{ID: "dec_1", Kind: "decision", On: "2027-02-28", Title: "pay (production): a, b; c\\d\nnext"}}
	if err := programme.WriteCalendar(&b, programme.Calendar{From: "2026-01-01", Until: "2027-03-01", Days: list}, "drawbridge", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	want := "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Drawbridge//Programme//EN\r\nCALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\nX-WR-CALNAME:Drawbridge\r\n" +
		"X-WR-CALDESC:What is due from 2026-01-01 until 2027-03-01\\, as far as you m\r\n ay see it. What comes later is not in it: ask with until=\\, up to 5 years \r\n ahead.\r\n" +
		"BEGIN:VEVENT\r\nUID:decision-dec_1@drawbridge\r\nDTSTAMP:20260102T030405Z\r\nDTSTART;VALUE=DATE:20270228\r\nDTEND;VALUE=DATE:20270301\r\n" +
		`SUMMARY:pay (production): a\, b\; c\\d\nnext` + "\r\nCATEGORIES:decision\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	if b.String() != want {
		t.Errorf("calendar\n%q\nwant\n%q", b.String(), want)
	}
	if err := programme.WriteCalendar(&b, programme.Calendar{Days: []programme.Due{{On: "soon"}}}, "x", time.Time{}); err == nil {
		t.Error("a day that is none is written")
	}
}

// FuzzCalendar: whatever a title holds, no line is long, none starts another
// property, and unfolded it says the same.
func FuzzCalendar(f *testing.F) {
	f.Add("pay: übergroß, \r\nBEGIN:VEVENT\r\n")
	f.Add(strings.Repeat("ü", 200))
	f.Fuzz(func(t *testing.T, title string) {
		var b bytes.Buffer
		if err := programme.WriteCalendar(&b, programme.Calendar{Days: []programme.Due{{ID: "x", Kind: "k", On: "2027-01-01", Title: title}}}, "o", time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(b.String(), "\r\n"), "\r\n") {
			if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n") {
				t.Errorf("line %q", line)
			}
		}
		if unfolded := strings.ReplaceAll(b.String(), "\r\n ", ""); strings.Count(unfolded, "\r\n") != 17 {
			t.Errorf("%d lines in %q", strings.Count(unfolded, "\r\n"), unfolded)
		}
	})
}
