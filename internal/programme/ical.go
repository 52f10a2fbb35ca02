package programme

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"drawbridge"
)

// maxFold is the longest line of a calendar, in bytes (RFC 5545 section 3.1).
const maxFold = 75

// WriteCalendar writes a calendar as iCalendar (RFC 5545): whole days, with an
// identifier that stays, so that a client moves what moved. origin names the
// installation.
func WriteCalendar(w io.Writer, c Calendar, origin string, now time.Time) error {
	b := bufio.NewWriter(w)
	line := func(name, value string) { fold(b, name+":"+value) }
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//Drawbridge//Programme//EN")
	line("CALSCALE", "GREGORIAN")
	line("METHOD", "PUBLISH")
	line("X-WR-CALNAME", "Drawbridge")
	line("X-WR-CALDESC", escapeText(fmt.Sprintf("What is due from %s until %s, as far as you may see it. What comes later is not in it: ask with until=, up to %d years ahead.",
		c.From, c.Until, calendarYears)))
	for _, x := range c.Days {
		day, err := time.Parse(time.DateOnly, string(x.On))
		if err != nil {
			return drawbridge.Errorf(drawbridge.Invalid, "%s is due on %q, which is no day", x.ID, x.On)
		}
		line("BEGIN", "VEVENT")
		line("UID", escapeText(x.Kind+"-"+x.ID+"@"+origin))
		line("DTSTAMP", now.UTC().Format("20060102T150405Z"))
		line("DTSTART;VALUE=DATE", day.Format("20060102"))
		line("DTEND;VALUE=DATE", day.AddDate(0, 0, 1).Format("20060102"))
		line("SUMMARY", escapeText(x.Title))
		line("CATEGORIES", escapeText(x.Kind))
		line("TRANSP", "TRANSPARENT")
		line("END", "VEVENT")
	}
	line("END", "VCALENDAR")
	return b.Flush()
}

// escapeText writes a TEXT value (section 3.3.11). Control characters, which no
// value may hold, are dropped: a title comes from people.
func escapeText(s string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), "\uFFFD") {
		switch {
		case r == '\\' || r == ';' || r == ',':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case !unicode.IsControl(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

// fold writes one content line, folded between characters.
func fold(b *bufio.Writer, s string) {
	width := maxFold
	for len(s) > width {
		at := width
		for !utf8.RuneStart(s[at]) {
			at--
		}
		_, _ = b.WriteString(s[:at] + "\r\n ") // Flush tells of a failure
		s, width = s[at:], maxFold-1           // the blank counts
	}
	_, _ = b.WriteString(s + "\r\n")
}
