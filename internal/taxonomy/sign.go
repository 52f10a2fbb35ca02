package taxonomy

import (
	"slices"
	"strings"
)

// maxTextBytes bounds how much of a description is read: its first words name
// the thing, the rest tells stories about it.
const maxTextBytes = 140

// bySign asks what type, format, place and example say without the name.
func (x *index) bySign(f *Field, shape string) (Guess, bool) {
	if shape == "" {
		shape = patternShape(f.Pattern)
	}
	for _, s := range x.signs {
		what := ""
		switch {
		case s.Format != "" && s.Format == f.Format:
			what = "format " + s.Format
		case s.Type == "enum" && len(f.Enum) > 1:
			what = "a closed list of words"
		case s.Type != "" && s.Type == f.Type:
			what = "type " + s.Type
		case s.Example != "" && s.Example == shape:
			what = "the example or pattern of " + s.Example
		case s.At != "" && s.At == string(f.At):
			what = "a " + s.At
		default:
			continue
		}
		i := slices.IndexFunc(x.categories, func(c Category) bool { return c.ID == s.Category })
		c := &x.categories[i]
		return Guess{c.ID, c.Level, s.Confidence, what + ", no word of the name"}, true
	}
	return Guess{}, false
}

// byText looks for a key of several words in the first clause of the
// description. A special category is never concluded from a description.
func (x *index) byText(p *path, f *Field, shape string) (Guess, bool) {
	text := f.Description
	if len(text) > maxTextBytes {
		text = text[:maxTextBytes]
	}
	if i := strings.IndexAny(text, ".(\n;"); i > 0 {
		text = text[:i]
	}
	if len(text) < 5 {
		return Guess{}, false
	}
	var q path
	q.split(text)
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
