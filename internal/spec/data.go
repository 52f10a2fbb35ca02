package spec

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/taxonomy"
)

// Limits that keep a whole import readable.
const (
	maxElements   = 250 // data elements of one flow
	maxCarriers   = 12  // operations named on one element of a large flow
	smallFlow     = 25  // up to so many operations, an element always names its carriers
	lowConfidence = 0.6
)

// element is a field merged over the operations of one flow.
type element struct {
	field    Field
	order    int // of its first appearance
	ops      []string
	required int  // operations that demand it
	repeated bool // another path of the flow shows the same place of the description
	guess    taxonomy.Guess
}

type elementKey struct {
	at   drawbridge.At
	path drawbridge.FieldPath
}

// data merges the fields of a flow's operations and guesses their categories.
func (b *drafter) data(flow string, ops []*Operation) []manifest.DataElement {
	index := map[elementKey]int{}
	var all []element
	for _, o := range ops {
		for _, f := range o.Fields {
			key := elementKey{f.At, f.Path}
			i, ok := index[key]
			if !ok {
				i = len(all)
				index[key] = i
				all = append(all, element{field: f, order: i})
			}
			all[i].ops = append(all[i].ops, o.ID)
			if f.Required {
				all[i].required++
			}
		}
	}
	for i := range all {
		all[i].guess = b.guess(&all[i], ops[0].Tag)
	}
	all = b.limit(flow, all)
	slices.SortFunc(all, func(x, y element) int {
		return cmp.Or(cmp.Compare(atRank(x.field.At), atRank(y.field.At)), strings.Compare(string(x.field.Path), string(y.field.Path)))
	})
	out := make([]manifest.DataElement, len(all))
	for i := range all {
		out[i] = all[i].manifest(len(ops))
	}
	return out
}

func atRank(a drawbridge.At) int {
	return slices.Index([]drawbridge.At{
		drawbridge.AtPath, drawbridge.AtQuery, drawbridge.AtHeader, drawbridge.AtRequest, drawbridge.AtFile, drawbridge.AtResponse,
	}, a)
}

func (b *drafter) guess(e *element, tag string) taxonomy.Guess {
	if b.opt.Classify == nil {
		return taxonomy.Guess{Level: drawbridge.LevelUnknown}
	}
	var names []string
	for _, s := range e.field.Path.Segments() {
		if !s.Any {
			names = append(names, s.Name)
		}
	}
	s := e.field.Schema
	f := taxonomy.Field{
		Type: s.Type, Format: s.Format, Pattern: s.Pattern, Description: s.Description, Example: s.Example,
		Enum: s.Enum, At: e.field.At, Operation: e.ops[0], Tag: tag,
	}
	if n := len(names); n > 0 {
		f.Name, f.Parents = names[n-1], names[:n-1]
	}
	g := b.opt.Classify.Classify(f)
	if g.Category == "" {
		g.Level = drawbridge.LevelUnknown
	}
	return g
}

// limit keeps a flow readable. Personal and sensitive guesses stay first, then
// what the description shows once, then what lies near the top.
func (b *drafter) limit(flow string, all []element) []element {
	if len(all) <= maxElements {
		return all
	}
	seen := map[*Schema]bool{}
	for i := range all {
		all[i].repeated = seen[all[i].field.Schema]
		seen[all[i].field.Schema] = true
	}
	slices.SortStableFunc(all, func(x, y element) int {
		return cmp.Or(
			cmp.Compare(y.weight(), x.weight()),
			compareBool(x.repeated, y.repeated),
			cmp.Compare(strings.Count(string(x.field.Path), "/"), strings.Count(string(y.field.Path), "/")),
			cmp.Compare(x.order, y.order),
		)
	})
	lost := 0
	for _, e := range all[maxElements:] {
		if e.weight() > 0 {
			lost++
		}
	}
	b.note("flow %s carries %d fields; %d are listed, those of personal data first, %d left out (%d of them look personal): choose fewer operations with --operations to see them",
		flow, len(all), maxElements, len(all)-maxElements, lost)
	return all[:maxElements]
}

// weight orders elements by what would be lost: sensitive guesses by level, the rest alike.
func (e *element) weight() int {
	if e.guess.Category == "" || e.guess.Level < drawbridge.LevelPersonal {
		return 0
	}
	return int(e.guess.Level)
}

func compareBool(x, y bool) int {
	switch {
	case x == y:
		return 0
	case y:
		return -1
	}
	return 1
}

// manifest writes the element down. total is the number of the flow's operations.
func (e *element) manifest(total int) manifest.DataElement {
	d := manifest.DataElement{
		At: e.field.At, Field: e.field.Path, Category: e.guess.Category, Source: drawbridge.Imported,
	}
	if must := e.required == total; must || e.field.At != drawbridge.AtResponse {
		d.Required = &must // of an answer, what is optional says nothing
	}
	if len(e.ops) < total && (total <= smallFlow || len(e.ops) <= maxCarriers) {
		d.Operations = slices.Sorted(slices.Values(e.ops))
	}
	if e.guess.Category != "" {
		confidence := math.Round(e.guess.Confidence*100) / 100
		d.Source, d.Confidence, d.Because = drawbridge.Inferred, &confidence, oneLine(e.guess.Reason)
	}
	return d
}
