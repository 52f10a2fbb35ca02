package flow

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is how many runes of a name are read; no drawing shows more.
const maxName = 400

// clean makes a text from outside fit for one line: control and format
// characters (direction overrides among them) go, white space becomes one
// space, bytes that are no UTF-8 become the replacement character.
func clean(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	space, n := false, 0
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), r == 0xFFFE, r == 0xFFFF:
			continue
		}
		if n++; n > maxName {
			b.WriteString("…")
			break
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// plain reports whether clean would change nothing, for the common case.
func plain(s string) bool {
	space := true
	for _, r := range s {
		if (r < ' ' || r > '~') && r != '·' && r != '…' || r == ' ' && space {
			return false
		}
		space = r == ' '
	}
	if space && s != "" {
		return false
	}
	return len(s) <= maxName
}

var escapeXML = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

// xml cleans a text and escapes it for XML text and attributes.
func xml(s string) string { return escapeXML.Replace(clean(s)) }

// asciiWidths gives the advance of the printable ASCII characters in
// thousandths of the font size, for a wide sans-serif face.
var asciiWidths = [95]int{
	300, 330, 420, 640, 620, 920, 740, 240, 370, 370, 430, 640, 310, 380, 310, 350,
	620, 620, 620, 620, 620, 620, 620, 620, 620, 620, 320, 320, 640, 640, 640, 540,
	980, 710, 690, 710, 760, 640, 610, 770, 770, 330, 500, 690, 580, 880, 780, 790,
	660, 790, 700, 670, 650, 760, 690, 960, 680, 660, 670, 370, 350, 370, 640, 540,
	520, 590, 620, 550, 620, 590, 370, 620, 620, 280, 310, 570, 280, 930, 620, 610,
	620, 620, 410, 530, 400, 620, 560, 800, 560, 560, 530, 440, 300, 440, 640,
}

// width estimates how wide a text is, in pixels, from above: faces differ, and
// a box that is a little too wide does no harm.
func width(s string, size int) int {
	sum := 0
	for _, r := range s {
		switch {
		case r >= ' ' && r <= '~':
			sum += asciiWidths[r-' ']
		case unicode.Is(unicode.Mn, r):
		case r >= 0x1100:
			sum += 1050
		default:
			sum += 700
		}
	}
	return (sum*size + 999) / 1000
}

// bold is [width] for semi-bold text, which runs wider.
func bold(s string, size int) int { return width(s, size) * 8 / 7 }

// fit shortens a text to a width, with an ellipsis where something is missing.
func fit(s string, size, limit int) string {
	if width(s, size) <= limit {
		return s
	}
	room := limit - width("…", size)
	end := 0
	for i, r := range s {
		if room -= width(string(r), size); room < 0 {
			break
		}
		end = i + utf8.RuneLen(r)
	}
	return strings.TrimRight(s[:end], " ") + "…"
}

// wrap breaks a text into at most n lines of a width; the last one is
// shortened. It breaks at spaces, and after hyphens, slashes, dots and
// underscores.
func wrap(s string, size, limit, n int) []string {
	var lines []string
	for len(lines) < n-1 && width(s, size) > limit {
		cut, room := 0, limit
		for i, r := range s {
			if room -= width(string(r), size); room < 0 {
				break
			}
			if strings.ContainsRune(" -/._", r) {
				cut = i + utf8.RuneLen(r)
			}
		}
		if cut == 0 {
			break
		}
		lines = append(lines, strings.TrimRight(s[:cut], " "))
		s = s[cut:]
	}
	return append(lines, fit(s, size, limit))
}

// ident makes an XML id from any text; different texts give different ids.
func ident(parts ...string) string {
	const hex = "0123456789abcdef"
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			b.WriteByte('-')
		}
		for j := range len(p) {
			c := p[j]
			if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' {
				b.WriteByte(c)
				continue
			}
			b.Write([]byte{'_', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}
