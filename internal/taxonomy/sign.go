package taxonomy

import (
	"strings"
)

// maxTextBytes bounds how much of a description is read: its first words name
// the thing, the rest tells stories about it.
const maxTextBytes = 140

// bySign asks what type, format, place and example say without the name.
func (x *index) bySign(p *path, f *Field, shape string) (Guess, bool) {
	if shape == "" {
		shape = patternShape(f.Pattern)
	}
	for _, s := range x.signs {
		var what string
		switch {
		case s.Format != "" && s.Format == f.Format:
			what = "format " + s.Format
		case s.Type == "enum" && len(f.Enum) > 1:
			what = "a closed list of words"
		case s.Type != "" && s.Type == f.Type:
			what = "type " + s.Type
		case s.Example != "" && s.Example == shape:
			what = "the example or pattern of " + s.Example
		case s.First != "" && x.first(p) == s.First:
			what = "first word `" + s.First + "`"
		case s.At != "" && s.At == string(f.At):
			what = "a " + s.At
		default:
			continue
		}
		c := &x.categories[s.index]
		return Guess{c.ID, c.Level, s.Confidence, what + ", no key in the name"}, true
	}
	return Guess{}, false
}

// clause returns the beginning of a description, up to the end of its first
// sentence or a parenthesis.
func clause(text string) string {
	if len(text) > maxTextBytes {
		text = text[:maxTextBytes]
	}
	for i := range len(text) {
		switch text[i] {
		case '(', '\n', ';':
			return text[:i]
		case '.':
			if i+1 == len(text) || text[i+1] == ' ' {
				return text[:i]
			}
		}
	}
	return text
}

// byText looks for a key of several words in the first clause of the
// description. A special category is never concluded from a description.
func (x *index) byText(p *path, f *Field, shape string) (Guess, bool) {
	var q path
	q.splitText(clause(f.Description))
	for start := range q.n {
		for end := min(q.n, start+4); end >= start+2; end-- {
			for _, e := range x.phrases[string(q.phrase(start, end))] {
				c := &x.categories[e.category]
				if e.weak || e.context != 0 || e.words < 2 || x.special[e.category] || !fits(c, f) || p.vetoed(x.neg[e.category]) || q.vetoed(x.neg[e.category]) {
					continue
				}
				if end < q.n && x.phrases[string(q.word(end))] != nil {
					continue // "email address type": the head comes later
				}
				score := scoreText + perWord*float64(end-start-2) + agreement(c, f, shape)
				if score < leastConfidence {
					continue
				}
				return Guess{c.ID, c.Level, round(score), "description `" + strings.ReplaceAll(string(q.phrase(start, end)), "+", " ") + "`"}, true
			}
		}
	}
	return Guess{}, false
}

// first returns the first word of the field's own name.
func (x *index) first(p *path) string {
	if p.own >= p.n-1 {
		return ""
	}
	return string(p.word(p.own))
}
