package taxonomy

import (
	"fmt"
	"slices"
	"strings"
)

// brokerage is the deal of selling data.
const brokerage = "data-brokerage"

// held returns the thresholds whose tag the data carries, lowest first.
func (b *Bulk) held(tags []string) []Threshold {
	var out []Threshold
	for _, t := range b.Thresholds {
		if slices.Contains(tags, t.Tag) {
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(x, y Threshold) int { return int(min(max(x.Persons-y.Persons, -1), 1)) })
	return out
}

// bulk applies a rule by volume; true means that it settles the matter.
func (tr *Transfers) bulk(m Movement, r *Regime, out *Ruling) bool {
	held := r.Bulk.held(m.Tags)
	if len(held) == 0 {
		return false
	}
	if !tr.within(out.To, r.Bulk.To) {
		if m.Deal != brokerage || len(r.Bulk.BrokerageNeeds) == 0 {
			return false
		}
		out.conditions(r.Bulk.BrokerageNeeds, m.Evidence, "data is sold abroad")
		return true
	}
	if m.SubjectsPerYear == nil {
		out.Verdict, out.Missing = TransferNeedsHuman, []string{personsPerYear}
		out.Reason = fmt.Sprintf("bulk data to a country of concern starts at %d people for %s, and nobody said how many there are", held[0].Persons, held[0].Tag)
		return true
	}
	var over []string
	prohibited := slices.Contains(r.Bulk.Prohibited, m.Deal)
	for _, t := range held {
		if *m.SubjectsPerYear < t.Persons {
			continue
		}
		over = append(over, fmt.Sprintf("%s from %d", t.Tag, t.Persons))
		prohibited = prohibited || slices.Contains(r.Bulk.ProhibitedTags, t.Tag)
	}
	if len(over) == 0 {
		out.Verdict, out.Mechanism = TransferAllowed, "none-needed"
		out.Reason = fmt.Sprintf("%d people stay below the threshold of %d for %s", *m.SubjectsPerYear, held[0].Persons, held[0].Tag)
		return true
	}
	why := fmt.Sprintf("%d people reach the bulk threshold (%s) towards a country of concern", *m.SubjectsPerYear, strings.Join(over, ", "))
	if prohibited {
		out.Verdict, out.Mechanism, out.Reason = TransferProhibited, "prohibited", why
		return true
	}
	out.conditions(r.Bulk.Needs, m.Evidence, why)
	if r.Bulk.Note != "" {
		out.Reason += "; " + r.Bulk.Note
	}
	return true
}

// conditions rules on a deal that is lawful only with all of the evidence.
func (out *Ruling) conditions(needs, evidence []string, why string) {
	out.Missing = lacking(needs, evidence)
	switch len(out.Missing) {
	case 0:
		out.Verdict, out.Reason = TransferAllowed, why+"; the conditions are shown"
	case len(needs):
		out.Verdict, out.Reason = TransferBlocked, why+"; none of its conditions is shown"
	default:
		out.Verdict, out.Reason = TransferEvidenceMissing, why+"; not all of its conditions are shown"
	}
}
