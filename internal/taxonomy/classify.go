package taxonomy

import (
	"strings"

	"drawbridge"
)

// Field is what a specification says about one field.
type Field struct {
	Name        string
	Parents     []string // names of the objects around it, outermost first
	Type        string   // string, integer, number, boolean, object; empty when unknown
	Format      string
	Pattern     string
	Description string
	Example     string
	Enum        []string
	At          drawbridge.At
	Operation   string
	Tag         string
}

// Guess is the category that a field most likely has. An empty Category means
// that there is not enough evidence; then Level is unknown.
type Guess struct {
	Category   string
	Level      drawbridge.Level
	Confidence float64
	Reason     string
}

// Classify says which category the field most likely belongs to, and why.
func (t *Taxonomy) Classify(f Field) Guess {
	var w words
	w.split(f.Name)
	for i := range w.n {
		for _, e := range t.index.phrases[string(w.phrase(i, w.n))] {
			if e.context != noContext || f.Type == "boolean" {
				continue
			}
			c := t.categories[e.category]
			return Guess{c.ID, c.Level, 0.8, "name `" + strings.ReplaceAll(string(w.phrase(i, w.n)), "+", " ") + "`"}
		}
	}
	return Guess{Level: drawbridge.LevelUnknown}
}
