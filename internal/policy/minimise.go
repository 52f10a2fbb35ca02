package policy

import (
	"cmp"
	"fmt"
	"slices"

	"drawbridge"
	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
)

// Limits of the trials that build the map anew.
const (
	maxRebuilds      = 6
	maxRebuildFields = 400 // data elements; above it a rebuild takes too long to try
)

// category of data on one flow, as something to leave out.
type carried struct {
	flow     int
	category string
	level    drawbridge.Level
	fields   int
}

// withoutData tries to leave out the most sensitive data: it drops one category
// from one flow, builds the map anew and counts again.
func (ev *evaluation) withoutData() ([]Lever, error) {
	var out []Lever
	for _, c := range ev.carried() {
		l, err := ev.without(c)
		if err != nil {
			return nil, err
		}
		if l.lowers() {
			out = append(out, l)
		}
	}
	return out, nil
}

// carried lists the most sensitive data that could be left out.
func (ev *evaluation) carried() []carried {
	in := ev.in
	if in.Taxonomy == nil || in.Bundle == nil || in.Bundle.Integration == nil {
		return nil
	}
	var all []carried
	fields := 0
	for i, f := range in.Bundle.Integration.Flows {
		at := map[string]int{}
		for _, d := range f.Data {
			fields++
			c, ok := in.Taxonomy.Category(d.Category)
			if !ok || d.Transform == "drop" || c.Level < drawbridge.LevelPersonal {
				continue
			}
			if n, seen := at[d.Category]; seen {
				all[n].fields++
				continue
			}
			at[d.Category] = len(all)
			all = append(all, carried{i, d.Category, c.Level, 1})
		}
	}
	if fields > maxRebuildFields {
		return nil
	}
	slices.SortStableFunc(all, func(a, b carried) int { return cmp.Compare(b.level, a.level) })
	return all[:min(len(all), maxRebuilds)]
}

// lever says what leaving it out is called.
func (c carried) lever(flow string) Lever {
	return Lever{Change: fmt.Sprintf("Leave %s out of the flow %s (%s).", c.category, flow, plural(c.fields, "field")), Key: "flows[" + flow + "].data"}
}

// less is the input without the data.
func (ev *evaluation) less(c carried) (Input, error) {
	b := *ev.in.Bundle
	in := *b.Integration
	in.Flows = slices.Clone(in.Flows)
	f := in.Flows[c.flow]
	f.Data = slices.DeleteFunc(slices.Clone(f.Data), func(d manifest.DataElement) bool { return d.Category == c.category })
	if f.Data == nil {
		f.Data = []manifest.DataElement{}
	}
	in.Flows[c.flow] = f
	b.Integration = &in
	m, err := flow.Build(&b, ev.in.Taxonomy)
	if err != nil {
		return Input{}, fmt.Errorf("try without %s: %w", c.category, err)
	}
	changed := ev.in
	changed.Bundle, changed.Map, changed.Brief, changed.Memo = &b, m, true, ev.view.memo
	changed.Facts = flow.NewFacts(&b, m, ev.in.Taxonomy, ev.in.AsOf)
	return changed, nil
}

func (ev *evaluation) without(c carried) (Lever, error) {
	changed, err := ev.less(c)
	if err != nil {
		return Lever{}, err
	}
	next, err := ev.pack.evaluate(changed)
	if err != nil {
		return Lever{}, fmt.Errorf("try without %s: %w", c.category, err)
	}
	l := c.lever(ev.in.Bundle.Integration.Flows[c.flow].ID)
	l.Inherent, l.Residual, l.Unlifted = cents(next.score.Inherent-ev.score.Inherent), cents(next.score.Residual-ev.score.Residual), cents(next.unlifted-ev.unlifted)
	return l, nil
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
