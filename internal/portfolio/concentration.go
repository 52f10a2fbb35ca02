package portfolio

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/store"
)

// maxShares bounds the shares that are listed of one dimension.
const maxShares = 100

// indexSource says from where the index and its bands are.
const indexSource = "Herfindahl-Hirschman index, 0 to 10,000; bands of the US Merger Guidelines 2023: above 1,000 moderate, above 1,800 high. Unknown counts as if it stood with the largest."

// estate is all that is not retired, with who belongs to whom.
type estate struct {
	list    []store.Placed
	parents map[drawbridge.PartnerID]drawbridge.PartnerID
	subs    map[drawbridge.PartnerID][]drawbridge.Subprocessor // on record and not ended
}

// survey reads the whole portfolio, by three queries.
func survey(tx *store.Tx) (*estate, error) {
	e := &estate{subs: map[drawbridge.PartnerID][]drawbridge.Subprocessor{}}
	var err error
	if e.list, err = tx.Placed(store.PlacedList{Scope: all, Limit: maxEstate}); err != nil {
		return nil, err
	}
	if e.parents, err = tx.Parents(); err != nil {
		return nil, err
	}
	for _, p := range e.list { // what the record does not say, the partner's file may
		if p.Facts != nil && p.Facts.Parent != "" && e.parents[p.Partner] == "" && p.Facts.Parent != p.Partner {
			e.parents[p.Partner] = p.Facts.Parent
		}
	}
	rows, err := tx.Subprocessors().Find(store.Query{Equal: map[string]any{"ended_at": ""}, Limit: 10_000})
	for _, s := range rows {
		e.subs[s.Partner] = append(e.subs[s.Partner], s)
	}
	return e, err
}

// passed lists to whom an integration's data is passed on, and whether that is all.
func (e *estate) passed(p *store.Placed) (names []string, known bool) {
	set := map[string]bool{}
	known = p.Facts != nil && !p.Facts.Unpassed
	if p.Facts != nil {
		for _, s := range p.Facts.Passed {
			set[strings.ToLower(s.ID)] = true
		}
	}
	for _, s := range e.subs[p.Partner] {
		if len(s.Uses) == 0 || slices.Contains(s.Uses, p.ID) {
			set[strings.ToLower(s.Name)] = true
		}
	}
	return slices.Sorted(maps.Keys(set)), known
}

// Concentration tells on whom and on what all integrations rest, and how far on one.
func (d *Desk) Concentration(ctx context.Context, actor access.Actor) (drawbridge.Concentration, error) {
	var e *estate
	err := d.door.List(ctx, actor, access.PortfolioRead, func(tx *store.Tx, _ access.Scope) (err error) {
		e, err = survey(tx)
		return err
	})
	if err != nil {
		return drawbridge.Concentration{}, err
	}
	return e.concentration(), nil
}

func (e *estate) concentration() drawbridge.Concentration {
	out := drawbridge.Concentration{Integrations: int64(len(e.list)), Source: indexSource, Functions: e.functions()}
	for _, dim := range []struct {
		name string
		of   func(*store.Placed) (names []string, known bool)
	}{
		{"partner", func(p *store.Placed) ([]string, bool) { return one(string(p.Partner)) }},
		{"group", func(p *store.Placed) ([]string, bool) { return one(string(root(p.Partner, e.parents))) }},
		{"subprocessor", e.passed},
		{"country", func(p *store.Placed) ([]string, bool) {
			if p.Facts == nil {
				return nil, false
			}
			return p.Facts.Countries, !p.Facts.Unplaced
		}},
		{"function", func(p *store.Placed) ([]string, bool) {
			if p.Facts == nil {
				return nil, false
			}
			return one(p.Facts.Function)
		}},
	} {
		t := tally{shares: map[string]*drawbridge.Share{}}
		for i := range e.list {
			t.add(dim.of(&e.list[i]))
		}
		out.Dimensions = append(out.Dimensions, t.dimension(dim.name))
	}
	for _, p := range e.list {
		if p.Facts == nil {
			out.Unread++
		}
	}
	return out
}

func one(name string) ([]string, bool) {
	if name == "" {
		return nil, false
	}
	return []string{name}, true
}

// tally adds up shares: each integration is worth one, shared out evenly among
// what it rests on, what is unknown among it.
type tally struct {
	shares  map[string]*drawbridge.Share
	unknown drawbridge.Share
	total   float64
}

func (t *tally) add(names []string, known bool) {
	parts := float64(len(names))
	if !known {
		parts++
	}
	if parts == 0 {
		return // it rests on nobody, and says so
	}
	t.total++
	for _, n := range names {
		if t.shares[n] == nil {
			t.shares[n] = &drawbridge.Share{Name: n}
		}
		t.shares[n].Integrations++
		t.shares[n].Share += 1 / parts
	}
	if !known {
		t.unknown.Integrations++
		t.unknown.Share += 1 / parts
	}
}

func (t *tally) dimension(name string) drawbridge.Dimension {
	out := drawbridge.Dimension{Name: name, Unknown: t.unknown, Band: "none", Shares: []drawbridge.Share{}}
	out.Unknown.Name = "unknown"
	if t.total == 0 {
		return out
	}
	for _, s := range t.shares {
		s.Share /= t.total
		out.Shares = append(out.Shares, *s)
	}
	out.Unknown.Share /= t.total
	slices.SortFunc(out.Shares, func(a, b drawbridge.Share) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Name, b.Name))
	})
	sum := 0.0
	for i, s := range out.Shares {
		if i == 0 {
			s.Share += out.Unknown.Share
		}
		sum += s.Share * s.Share
	}
	if len(out.Shares) == 0 {
		sum = out.Unknown.Share * out.Unknown.Share
	}
	out.Index = int64(math.Round(sum * 10_000))
	switch {
	case out.Index > 1800:
		out.Band = "high"
	case out.Index > 1000:
		out.Band = "moderate"
	default:
		out.Band = "low"
	}
	for i := range out.Shares {
		out.Shares[i].Share = round(out.Shares[i].Share)
	}
	out.Unknown.Share = round(out.Unknown.Share)
	if out.More = max(len(out.Shares)-maxShares, 0); out.More > 0 {
		out.Shares = out.Shares[:maxShares]
	}
	return out
}

func round(v float64) float64 { return math.Round(v*10_000) / 10_000 }

// The words for how hard something is to replace, and what comes in its place,
// best first. What is unknown is the worst.
var (
	substitutes = []string{"easy", "moderate", "hard", "impossible", ""}
	fallbacks   = []string{"planned", "none", ""}
)

func worst(order []string, a, b string) string {
	return order[max(slices.Index(order, a), slices.Index(order, b), 0)]
}

// functions lists the functions of the business that production rests on.
func (e *estate) functions() []drawbridge.BusinessFunction {
	byName := map[string]*drawbridge.BusinessFunction{}
	for i := range e.list {
		p := &e.list[i]
		if p.Facts == nil || p.Facts.Function == "" || p.Environment != "production" {
			continue
		}
		f := byName[p.Facts.Function]
		if f == nil {
			f = &drawbridge.BusinessFunction{Name: p.Facts.Function, Fallback: "planned", Substitutable: "easy"}
			byName[f.Name] = f
		}
		f.Integrations++
		f.Fallback, f.Substitutable = worst(fallbacks, f.Fallback, p.Facts.Fallback), worst(substitutes, f.Substitutable, p.Facts.Substitutable)
		if g := root(p.Partner, e.parents); !slices.Contains(f.Suppliers, g) {
			f.Suppliers = append(f.Suppliers, g)
		}
	}
	out := make([]drawbridge.BusinessFunction, 0, len(byName))
	for _, f := range byName {
		slices.Sort(f.Suppliers)
		f.Single, f.Fallback = len(f.Suppliers) == 1, orUnknown(f.Fallback)
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b drawbridge.BusinessFunction) int {
		return cmp.Or(cmp.Compare(len(a.Suppliers), len(b.Suppliers)), cmp.Compare(b.Integrations, a.Integrations), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}
