package portfolio

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/store"
)

// The kinds of what may fall.
const (
	FallPartner      = "partner"      // this company alone
	FallParent       = "parent"       // it, and all that belong to it
	FallSubprocessor = "subprocessor" //
	FallCountry      = "country"      // where data is stored or processed, or a head office is
)

// FallKinds lists the kinds of what may fall.
func FallKinds() []string { return []string{FallPartner, FallParent, FallSubprocessor, FallCountry} }

// maxFallen bounds the integrations that one answer lists.
const maxFallen = 500

// Fall tells what happens if a partner, a group, a sub-processor or a country
// falls.
func (d *Desk) Fall(ctx context.Context, actor access.Actor, kind, name string) (drawbridge.Fall, error) {
	out := drawbridge.Fall{Kind: kind, Name: strings.TrimSpace(name)}
	err := written("name", &out.Name)
	switch {
	case err != nil:
		return out, err
	case kind == "" || oneOf("kind", kind, FallKinds()...) != nil || out.Name == "":
		return out, bad("say who falls: kind is partner, parent, subprocessor or country, and name is whom")
	case kind == FallCountry && country("name", out.Name) != nil:
		return out, country("name", out.Name)
	}
	var e *estate
	err = d.door.List(ctx, actor, access.PortfolioRead, func(tx *store.Tx, _ access.Scope) error {
		if kind == FallPartner {
			if _, err := tx.Partner(drawbridge.PartnerID(out.Name)); err != nil {
				return err
			}
		}
		e, err = survey(tx)
		return err
	})
	if err == nil {
		e.fall(&out)
	}
	return out, err
}

// fall fills in what stops.
func (e *estate) fall(out *drawbridge.Fall) {
	hit := e.judge(out)
	sum := sums{}
	stops := map[string]bool{}
	for i := range e.list {
		p := &e.list[i]
		because, certain := hit(p)
		switch {
		case because == "":
			continue
		case !certain:
			out.Maybe = append(out.Maybe, fallen(p, because))
			continue
		}
		out.Integrations = append(out.Integrations, fallen(p, because))
		sum.add(out, p)
		if !slices.Contains(out.Partners, p.Partner) {
			out.Partners = append(out.Partners, p.Partner)
		}
		stops[string(p.ID)] = true
	}
	sum.write(out)
	slices.Sort(out.Partners)
	out.Functions = e.falling(stops)
	out.Count, out.MaybeCount = int64(len(out.Integrations)), int64(len(out.Maybe))
	out.Integrations, out.Maybe = most(out.Integrations), most(out.Maybe)
}

// judge says of an integration why it stops, and whether that is certain.
func (e *estate) judge(out *drawbridge.Fall) func(*store.Placed) (because string, certain bool) {
	passes := func(p *store.Placed, who ...string) (bool, bool) {
		names, known := e.passed(p)
		return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(who, n) }), known
	}
	switch out.Kind {
	case FallCountry:
		return func(p *store.Placed) (string, bool) {
			switch {
			case p.Facts != nil && slices.Contains(p.Facts.Countries, out.Name):
				return "data is stored or processed there", true
			case p.Country == out.Name:
				return "the partner's head office is there", true
			case p.Facts == nil || p.Facts.Unplaced:
				return "where its data is stored or processed is unknown", false
			}
			return "", false
		}
	case FallSubprocessor:
		name := strings.ToLower(out.Name)
		return func(p *store.Placed) (string, bool) {
			uses, known := passes(p, name)
			switch {
			case uses:
				return "the partner passes its data on to it", true
			case !known:
				return "to whom its data is passed on is unknown", false
			}
			return "", false
		}
	}
	group := []drawbridge.PartnerID{drawbridge.PartnerID(out.Name)}
	if out.Kind == FallParent {
		group = below(group[0], e.parents)
	}
	out.Partners = slices.Clone(group)
	names := make([]string, len(group))
	for i, id := range group {
		names[i] = string(id)
	}
	return func(p *store.Placed) (string, bool) {
		if slices.Contains(group, p.Partner) {
			return "it is the partner's", true
		}
		if uses, _ := passes(p, names...); uses {
			return "its partner passes data on to it", true
		}
		return "", false
	}
}

func fallen(p *store.Placed, because string) drawbridge.Fallen {
	f := drawbridge.Fallen{
		ID: p.ID, Slug: p.Slug, Environment: p.Environment, State: p.State, Partner: p.Partner, Tier: p.Tier, Because: because,
		Function: "unknown", Fallback: "unknown", RTO: "unknown", Substitutable: "unknown", ExitPlan: "unknown",
	}
	if p.Facts == nil {
		return f
	}
	f.Function, f.Fallback, f.Substitutable = orUnknown(p.Facts.Function), orUnknown(p.Facts.Fallback), orUnknown(p.Facts.Substitutable)
	if p.Facts.RTO != nil {
		f.RTO = p.Facts.RTO.String()
	}
	if p.Facts.Exit {
		f.ExitPlan = "yes"
	}
	return f
}

// sums add up what is at stake.
type sums struct{ systems, categories, subjects map[string]bool }

func (s *sums) add(out *drawbridge.Fall, p *store.Placed) {
	f := p.Facts
	if f == nil {
		f = &drawbridge.Facts{Unclassified: true, Unnamed: true, Uncounted: true}
	}
	for at, words := range map[*map[string]bool][]string{&s.categories: f.Categories, &s.subjects: f.Subjects} {
		if *at == nil {
			*at = map[string]bool{}
		}
		for _, w := range words {
			(*at)[w] = true
		}
	}
	if s.systems == nil {
		s.systems = map[string]bool{}
	}
	for _, w := range f.Systems {
		s.systems[p.Slug+"/"+w] = true
	}
	out.Unclassified, out.Unnamed, out.RecordsAtLeast = out.Unclassified || f.Unclassified, out.Unnamed || f.Unnamed, out.RecordsAtLeast || f.Uncounted
	out.RecordsPerDay += f.Records
}

func (s *sums) write(out *drawbridge.Fall) {
	out.Systems, out.Categories, out.Subjects = slices.Sorted(maps.Keys(s.systems)), slices.Sorted(maps.Keys(s.categories)), slices.Sorted(maps.Keys(s.subjects))
}

// falling lists the functions that rest on what stops in production.
func (e *estate) falling(stops map[string]bool) []drawbridge.FallenFunction {
	hit, left := map[string]bool{}, map[string]map[drawbridge.PartnerID]bool{}
	for i := range e.list {
		p := &e.list[i]
		if p.Facts == nil || p.Facts.Function == "" || p.Environment != "production" {
			continue
		}
		name := p.Facts.Function
		if stops[string(p.ID)] {
			hit[name] = true
			continue
		}
		if left[name] == nil {
			left[name] = map[drawbridge.PartnerID]bool{}
		}
		left[name][p.Partner] = true
	}
	out := make([]drawbridge.FallenFunction, 0, len(hit))
	for _, name := range slices.Sorted(maps.Keys(hit)) {
		out = append(out, drawbridge.FallenFunction{Name: name, Stops: len(left[name]) == 0, Left: slices.Sorted(maps.Keys(left[name]))})
	}
	return out
}

// most are the most critical integrations, as many as are listed.
func most(list []drawbridge.Fallen) []drawbridge.Fallen {
	slices.SortFunc(list, func(a, b drawbridge.Fallen) int {
		rank := func(f drawbridge.Fallen) int { return slices.Index(drawbridge.Tiers(), f.Tier) }
		return cmp.Or(cmp.Compare(rank(b), rank(a)), cmp.Compare(a.Slug, b.Slug), cmp.Compare(a.Environment, b.Environment))
	})
	return append([]drawbridge.Fallen{}, list[:min(len(list), maxFallen)]...)
}
