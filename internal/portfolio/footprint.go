package portfolio

import (
	"maps"
	"slices"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/store"
)

// watch keeps the facts of a head that was just assessed.
func (d *Desk) watch(tx *store.Tx, in *drawbridge.Integration, b *manifest.Bundle) error {
	had, err := tx.Footprints().Get(string(in.ID))
	if err != nil && drawbridge.KindOf(err) != drawbridge.NotFound {
		return err
	}
	f := drawbridge.Footprint{ID: in.ID, Partner: in.Partner, Revision: in.Head, Facts: FactsOf(b), UpdatedAt: d.now()}
	switch {
	case had == nil:
		return tx.Footprints().Add(&f)
	case had.Revision == f.Revision:
		return nil // a revision never changes
	}
	f.Version = had.Version
	return tx.Footprints().Set(&f)
}

// FactsOf are the facts of a manifest and of the partner's file beside it.
func FactsOf(b *manifest.Bundle) drawbridge.Facts {
	m := b.Integration
	f := drawbridge.Facts{
		Function: m.Criticality.Function, Hint: m.Criticality.TierHint, RTO: m.Criticality.RTO, Substitutable: m.Criticality.Substitutable,
		Exit: m.Contract.Exit.Plan != "", Unpassed: len(m.Flows) == 0, Uncounted: len(m.Flows) == 0, Unplaced: len(m.Flows) == 0,
		Unnamed: len(m.Flows) == 0, Unclassified: len(m.Flows) == 0, Agreed: agreed(m),
	}
	switch m.Operations.Fallback {
	case "", "none":
		f.Fallback = m.Operations.Fallback
	default:
		f.Fallback = "planned"
	}
	var known []manifest.Subprocessor
	if b.Partner != nil {
		f.Parent, known = drawbridge.PartnerID(b.Partner.Parent), b.Partner.Subprocessors
	}
	c := collector{facts: &f, sets: map[*[]string]map[string]bool{}, passed: map[string]bool{}}
	region := map[string]string{}
	for _, i := range m.Interfaces {
		region[i.ID] = i.Region
	}
	for i := range m.Flows {
		c.flow(m, &m.Flows[i], region, known)
	}
	for at, set := range c.sets {
		*at = slices.Sorted(maps.Keys(set))
	}
	slices.SortFunc(f.Passed, func(a, b drawbridge.PassedOn) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return f
}

// collector adds up what flows say.
type collector struct {
	facts  *drawbridge.Facts
	sets   map[*[]string]map[string]bool
	passed map[string]bool
}

func (c *collector) add(to *[]string, words ...string) {
	if c.sets[to] == nil {
		c.sets[to] = map[string]bool{}
	}
	for _, w := range words {
		if w != "" {
			c.sets[to][w] = true
		}
	}
}

func (c *collector) flow(m *manifest.Integration, f *manifest.Flow, region map[string]string, known []manifest.Subprocessor) {
	out := c.facts
	place := ""
	for _, end := range []string{f.From, f.To} {
		if slices.ContainsFunc(m.Systems, func(s manifest.System) bool { return s.ID == end && s.Kind != "user" }) {
			c.add(&out.Systems, end)
		}
		if r := region[end]; r != "" {
			place = r
		}
	}
	for i := range f.Data {
		c.add(&out.Categories, f.Data[i].Category)
		out.Unclassified = out.Unclassified || f.Data[i].Category == ""
	}
	out.Unclassified = out.Unclassified || len(f.Data) == 0
	c.add(&out.Subjects, f.Subjects...)
	out.Unnamed = out.Unnamed || len(f.Subjects) == 0
	if n := f.Volume.RecordsPerDay; n != nil {
		out.Records += min(*n, 1<<50)
	} else {
		out.Uncounted = true
	}
	c.add(&out.Countries, append(append([]string{place}, f.Region.Storage...), f.Region.Processing...)...)
	out.Unplaced = out.Unplaced || f.Region.Storage == nil || f.Region.Processing == nil && place == ""
	c.passOn(f, known)
}

// passOn notes to whom a flow's data goes: those that it names, or, when it is
// silent, all that the partner's file names.
func (c *collector) passOn(f *manifest.Flow, known []manifest.Subprocessor) {
	out := c.facts
	out.Unpassed = out.Unpassed || f.SharedWith == nil && known == nil
	ids := f.SharedWith
	if ids == nil {
		for _, s := range known {
			ids = append(ids, s.ID)
		}
	}
	for _, id := range ids {
		p := drawbridge.PassedOn{ID: id}
		if i := slices.IndexFunc(known, func(s manifest.Subprocessor) bool { return s.ID == id }); i >= 0 {
			p.Region = known[i].Region
		}
		c.add(&out.Countries, p.Region)
		out.Unplaced = out.Unplaced || p.Region == ""
		if !c.passed[id] {
			c.passed[id] = true
			out.Passed = append(out.Passed, p)
		}
	}
}

func agreed(m *manifest.Integration) drawbridge.Agreed {
	c := m.Contract
	return drawbridge.Agreed{
		DPA: c.DPA, Until: c.Until, BreachNotice: c.BreachNotice, Deprecation: c.DeprecationNotice, Objection: c.SubprocessorNotice,
		Audit: c.AuditRights, DataOwner: c.DataOwnership, Availability: c.SLO.Availability, LatencyP95: c.SLO.LatencyP95,
	}
}
