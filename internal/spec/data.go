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
	largeAPI    = 20   // an import of all of more operations than that is cut
	maxElements = 250  // data elements of one flow of such an import
	maxPersonal = 600  // of one flow in which so many look personal
	maxChosen   = 2000 // data elements of one flow otherwise
	maxCarriers = 12   // operations named on one element of a large flow
	smallFlow   = 25   // up to so many operations, an element always names its carriers
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
	var out []manifest.DataElement // none listed is not the same as none carried
	for i := range all {
		out = append(out, b.write(&all[i], len(ops)))
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

// limit keeps a flow readable. What looks personal stays first, then what the
// description shows in no other place of the flow, then what lies near the top.
func (b *drafter) limit(flow string, all []element) []element {
	most := maxChosen
	if total := len(b.api.Operations) + len(b.api.Webhooks); total > largeAPI && len(b.chosen) >= total {
		most = maxElements
	}
	if len(all) <= most {
		return all
	}
	seen := map[*Schema]bool{}
	personal := 0
	for i := range all {
		e := &all[i]
		e.repeated = seen[e.field.Schema]
		seen[e.field.Schema] = true
		if !e.repeated && e.weight() > 0 {
			personal++
		}
	}
	slices.SortStableFunc(all, func(x, y element) int {
		return cmp.Or(
			cmp.Compare(x.rank(), y.rank()),
			cmp.Compare(y.weight(), x.weight()),
			cmp.Compare(strings.Count(string(x.field.Path), "/"), strings.Count(string(y.field.Path), "/")),
			cmp.Compare(x.order, y.order),
		)
	})
	keep := min(max(most, min(personal, maxPersonal)), len(all))
	c := cut{flow: flow, left: len(all) - keep}
	for _, e := range all[keep:] {
		if e.weight() > 0 && !e.repeated {
			c.lost++
		}
	}
	b.cuts = append(b.cuts, c)
	return all[:keep]
}

// rank says in which order elements are kept.
func (e *element) rank() int {
	switch {
	case e.weight() > 0 && !e.repeated:
		return 0
	case e.weight() > 0:
		return 1
	case !e.repeated:
		return 2
	}
	return 3
}

// cut is what the limit left out of one flow.
type cut struct {
	flow       string
	left, lost int // elements; of them personal ones that are listed nowhere else
}

// noteCuts tells what the limits left out, in one note.
func (b *drafter) noteCuts() {
	if len(b.cuts) == 0 {
		return
	}
	slices.SortStableFunc(b.cuts, func(x, y cut) int { return cmp.Compare(y.left, x.left) })
	left, lost := 0, 0
	var names []string
	for i, c := range b.cuts {
		left += c.left
		lost += c.lost
		if i < 6 {
			names = append(names, c.flow+" "+itoa(c.left))
		}
	}
	if more := len(b.cuts) - len(names); more > 0 {
		names = append(names, itoa(more)+" other flows")
	}
	text := "all personal data is listed at least once"
	if lost > 0 {
		text = itoa(lost) + " of them look personal"
	}
	b.note("%d fields are left out to keep the file readable: %s; %s. Choose the operations that you use with --operations, and their fields are listed",
		left, strings.Join(names, ", "), text)
}

// weight orders elements by what would be lost: sensitive guesses by level, the rest alike.
func (e *element) weight() int {
	if e.guess.Category == "" || e.guess.Level < drawbridge.LevelPersonal {
		return 0
	}
	return int(e.guess.Level)
}

// write puts an element down. total is the number of the flow's operations.
func (b *drafter) write(e *element, total int) manifest.DataElement {
	d := manifest.DataElement{
		At: e.field.At, Field: e.field.Path, Category: e.guess.Category, Source: drawbridge.Imported,
	}
	carriers := total
	if len(e.ops) < total && (total <= smallFlow || len(e.ops) <= maxCarriers) {
		d.Operations = slices.Sorted(slices.Values(e.ops))
		carriers = len(e.ops)
	}
	// Of an answer, and of a recorded call, what is optional says nothing.
	if must := e.required == carriers; must || e.field.At != drawbridge.AtResponse && !b.api.Sampled {
		d.Required = &must
	}
	if e.guess.Category != "" {
		confidence := math.Round(e.guess.Confidence*100) / 100
		d.Source, d.Confidence, d.Because = drawbridge.Inferred, &confidence, oneLine(e.guess.Reason)
	}
	return d
}
