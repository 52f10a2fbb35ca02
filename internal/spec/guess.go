package spec

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/taxonomy"
)

// Guess is a set of a draft's elements that one answer settles: the same name with
// the same guess.
type Guess struct {
	Name     string
	Category string // "" when there is none
	Level    drawbridge.Level
	Elements []*manifest.DataElement
	Where    string // where it stands first: flow, part and path
}

// Guesses are the guesses of a draft, the biggest exposure first: level, then count.
// What has no guess comes last; there may be much of it.
func (d *Draft) Guesses(t *taxonomy.Taxonomy) []*Guess {
	var out []*Guess
	index := map[string]*Guess{}
	d.Each(func(flow *manifest.Flow, e *manifest.DataElement) {
		next := &Guess{Name: FieldName(e.Field), Category: e.Category, Level: drawbridge.LevelUnknown, Where: flow.ID + " " + string(e.At) + " " + string(e.Field)}
		g := index[next.Key()]
		if g == nil {
			if c, ok := t.Category(e.Category); ok {
				next.Level = c.Level
			}
			g, index[next.Key()] = next, next
			out = append(out, g)
		}
		g.Elements = append(g.Elements, e)
	})
	slices.SortStableFunc(out, func(a, b *Guess) int {
		return cmp.Or(cmp.Compare(b.Level, a.Level), cmp.Compare(len(b.Elements), len(a.Elements)), strings.Compare(a.Name, b.Name))
	})
	return out
}

// Key names the guess, whichever operations are chosen: the same name and the same
// guess have the same key.
func (g *Guess) Key() string {
	sum := sha256.Sum256([]byte(strings.ToLower(g.Name) + "\x00" + g.Category))
	return hex.EncodeToString(sum[:8])
}

// Declare notes that a person confirmed the category.
func (g *Guess) Declare(category string) {
	for _, e := range g.Elements {
		e.Category, e.Source, e.Confidence, e.Because = category, drawbridge.Declared, nil, ""
	}
}

// Each calls f for every data element of the draft.
func (d *Draft) Each(f func(flow *manifest.Flow, e *manifest.DataElement)) {
	for i := range d.Integration.Flows {
		flow := &d.Integration.Flows[i]
		for j := range flow.Data {
			f(flow, &flow.Data[j])
		}
	}
}

// FieldName is the last name in a field path.
func FieldName(p drawbridge.FieldPath) string {
	name := string(p)
	for _, s := range p.Segments() {
		if !s.Any {
			name = s.Name
		}
	}
	return name
}
