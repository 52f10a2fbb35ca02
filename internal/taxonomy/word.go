package taxonomy

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of one field's path, in bytes and words. The head noun of a name is at
// its end, so a longer name loses its beginning.
const (
	maxNameBytes = 96
	maxWords     = 24
	maxWordBuf   = 400
)

// words is a sequence of normalised words, kept on the stack. In buf they are
// joined by "+", so that every run of neighbours is one slice of it.
type words struct {
	buf  [maxWordBuf]byte
	used int
	at   [maxWords]span
	n    int
}

type span struct{ lo, hi int }

// word returns the i-th word.
func (w *words) word(i int) []byte { return w.buf[w.at[i].lo:w.at[i].hi] }

// phrase returns the words i to j, j excluded, joined by "+".
func (w *words) phrase(i, j int) []byte { return w.buf[w.at[i].lo:w.at[j-1].hi] }

// split adds the words of a name: camelCase, snake_case, kebab-case, acronyms
// and plurals all give the same words.
func (w *words) split(name string) {
	if len(name) > maxNameBytes {
		name = name[len(name)-maxNameBytes:]
	}
	start := w.used
	var previous rune
	for i, r := range name {
		switch {
		case r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsDigit(r):
			w.end(start)
			start = w.used
		case unicode.IsUpper(r) && w.used > start && camel(previous, name[i+utf8.RuneLen(r):]):
			w.end(start)
			start = w.used
			w.put(r)
		default:
			w.put(r)
		}
		previous = r
	}
	w.end(start)
}

// splitText adds the words of a text, up to the limits.
func (w *words) splitText(text string) {
	for part := range strings.FieldsSeq(text) {
		if w.n == maxWords {
			return
		}
		w.split(part)
	}
}

// camel reports whether an upper-case letter starts a new word: after a small
// letter or digit, or as the last capital of a run ("IPAddress", but not "IDs").
func camel(previous rune, rest string) bool {
	if unicode.IsLower(previous) || unicode.IsDigit(previous) {
		return true
	}
	next, size := utf8.DecodeRuneInString(rest)
	if !unicode.IsLower(next) {
		return false
	}
	after, _ := utf8.DecodeRuneInString(rest[size:])
	return next != 's' || unicode.IsLower(after)
}

// put adds one letter in lower case without its accent.
func (w *words) put(r rune) {
	if w.used+8 > maxWordBuf {
		return
	}
	r = unicode.ToLower(r)
	if plain, ok := accents[r]; ok {
		w.used += copy(w.buf[w.used:], plain)
		return
	}
	w.used += utf8.EncodeRune(w.buf[w.used:], r)
}

// accents maps the letters of European field names to plain ones.
var accents = map[rune]string{
	'à': "a", 'á': "a", 'â': "a", 'ã': "a", 'ä': "ae", 'å': "a", 'æ': "ae", 'ç': "c", 'è': "e", 'é': "e", 'ê': "e", 'ë': "e",
	'ì': "i", 'í': "i", 'î': "i", 'ï': "i", 'ñ': "n", 'ò': "o", 'ó': "o", 'ô': "o", 'õ': "o", 'ö': "oe", 'ø': "o",
	'ù': "u", 'ú': "u", 'û': "u", 'ü': "ue", 'ý': "y", 'ß': "ss", 'ł': "l", 'ś': "s", 'ż': "z", 'ź': "z", 'č': "c", 'š': "s", 'ž': "z",
}

// end closes the word that began at start, and drops it when it says nothing.
func (w *words) end(start int) {
	if w.used == start {
		return
	}
	w.used = start + singular(w.buf[start:w.used])
	if w.n == maxWords || w.used+1 > maxWordBuf || stopword(w.buf[start:w.used]) {
		w.used = start
		return
	}
	w.at[w.n] = span{start, w.used}
	w.n++
	w.buf[w.used] = '+'
	w.used++
}

// add takes over a word that is normalised already.
func (w *words) add(b []byte) {
	if w.n == maxWords || w.used+len(b)+1 > maxWordBuf {
		return
	}
	start := w.used
	w.used += copy(w.buf[w.used:], b)
	w.at[w.n] = span{start, w.used}
	w.n++
	w.buf[w.used] = '+'
	w.used++
}

func stopword(b []byte) bool {
	switch string(b) {
	case "of", "the", "an", "de", "du", "des", "la", "del":
		return true
	}
	return false
}

// singular returns the length of the word without its plural ending, changing
// "ies" to "y" in place. It is the same for keys and for names, so a wrong
// stem costs nothing as long as it does not make two words one.
func singular(b []byte) int {
	n := len(b)
	if string(b) == "ids" {
		return 2
	}
	if n < 4 || b[n-1] != 's' || keepS[string(b)] {
		return n
	}
	switch b[n-2] {
	case 's', 'u', 'i':
		return n
	}
	if n > 4 && string(b[n-3:]) == "ies" {
		b[n-3] = 'y'
		return n - 2
	}
	if n > 4 && (string(b[n-4:]) == "sses" || string(b[n-3:]) == "xes") {
		return n - 2
	}
	return n - 1
}

// keepS are words that end in s and are no plural.
var keepS = map[string]bool{
	"sms": true, "gps": true, "dns": true, "https": true, "tls": true, "alias": true, "news": true, "canvas": true, "atlas": true,
	"swiss": true, "os": true, "pos": true, "cos": true, "aws": true, "css": true, "has": true, "was": true, "does": true, "yes": true,
}

// normalise brings a key of the data file to the form in which names are looked up.
func normalise(key string) string {
	var w words
	for part := range strings.SplitSeq(key, "+") {
		w.split(part)
	}
	if w.n == 0 {
		return ""
	}
	return string(w.phrase(0, w.n))
}
