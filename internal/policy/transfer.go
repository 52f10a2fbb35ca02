package policy

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/taxonomy"
)

// The verdicts on a transfer.
const (
	VerdictAllowed     = taxonomy.TransferAllowed
	VerdictEvidence    = taxonomy.TransferEvidenceMissing
	VerdictBlocked     = taxonomy.TransferBlocked
	VerdictProhibited  = taxonomy.TransferProhibited
	VerdictNeedsHuman  = taxonomy.TransferNeedsHuman
	VerdictNotPersonal = taxonomy.TransferNotPersonal
)

// Limits of the transfers of one integration.
const maxTransfers = 5000

// Transfers judges every movement of every flow's data over a border: from the
// origin of the data to the places of storage, processing and, by the
// sub-processors named, further processing. Data without a category counts as
// personal. Flows that do not say where their data comes from give one
// undecided transfer for the whole integration.
func Transfers(b *manifest.Bundle, t *taxonomy.Taxonomy, tr *taxonomy.Transfers, asOf time.Time) []Transfer {
	var out []Transfer
	var lost, nowhere []string
	outward := interfaces(b)
	for _, f := range b.Integration.Flows {
		inside := !outward[f.From] && !outward[f.To]
		m := movement(b, t, f, inside)
		if !m.Personal && len(m.Tags) == 0 || inside && len(m.To) == 0 {
			continue
		}
		m.AsOf = drawbridge.DateOf(asOf)
		switch {
		case len(f.Origin) == 0:
			lost = append(lost, f.ID)
			continue
		case len(m.To) == 0:
			nowhere = append(nowhere, f.ID)
			continue
		}
		if !inside && (f.Region.Storage == nil || f.Region.Processing == nil) {
			nowhere = append(nowhere, f.ID)
		}
		for _, r := range tr.Judge(m) {
			if len(out) == maxTransfers {
				break
			}
			out = append(out, Transfer{
				Flow: f.ID, Regime: r.Regime, Origin: r.Origin, To: r.To, Mechanism: r.Mechanism,
				Verdict: r.Verdict, Confidence: r.Confidence, AsOf: r.AsOf, Confirmed: r.Confirmed,
				Missing: r.Missing, Reason: r.Reason,
			})
		}
	}
	slices.SortStableFunc(out, func(a, b Transfer) int {
		return cmp.Or(strings.Compare(a.Flow, b.Flow), strings.Compare(a.Regime, b.Regime), strings.Compare(a.Origin, b.Origin), strings.Compare(a.To, b.To))
	})
	if len(nowhere) > 0 {
		out = append(out, undecided(nowhere, asOf, []string{"region.storage", "region.processing"},
			"Personal data moves, and nobody said in which countries it is stored and processed."))
	}
	if len(lost) > 0 {
		out = append(out, undecided(lost, asOf, []string{"origin"},
			"Personal data moves, and nobody said from which countries its subjects and exporter are; no rule can be chosen."))
	}
	return out
}

func undecided(flows []string, asOf time.Time, keys []string, reason string) Transfer {
	slices.Sort(flows)
	var missing []string
	for _, f := range flows[:min(len(flows), 20)] {
		for _, k := range keys {
			missing = append(missing, "flows["+f+"]."+k)
		}
	}
	return Transfer{
		Flow: "integration", Origin: "unknown", To: "unknown", Verdict: VerdictNeedsHuman,
		AsOf: string(drawbridge.DateOf(asOf)), Missing: missing, Reason: reason,
	}
}

// interfaces lists the ids of the partner's ends.
func interfaces(b *manifest.Bundle) map[string]bool {
	out := map[string]bool{}
	for _, i := range b.Integration.Interfaces {
		out[i.ID] = true
	}
	return out
}

// movement gathers what the rules need to know of one flow. A flow between
// systems of our own reaches no sub-processor of the partner.
func movement(b *manifest.Bundle, t *taxonomy.Taxonomy, f manifest.Flow, inside bool) taxonomy.Movement {
	m := taxonomy.Movement{
		Origin: slices.Clone(f.Origin), Mechanism: f.Region.Transfer, Evidence: f.Region.Evidence,
		Level: drawbridge.LevelUnknown, SubjectsPerYear: f.Volume.Subjects, Personal: f.Data == nil,
	}
	var held []string
	for _, d := range f.Data {
		c, ok := t.Category(d.Category)
		if !ok {
			m.Personal, m.Level = true, drawbridge.LevelRestricted
			continue
		}
		if d.Transform == "drop" || d.Transform == "redact" || d.Transform == "synth" {
			continue
		}
		m.Personal = m.Personal || c.Personal()
		m.Level = max(m.Level, c.Level)
		m.Tags = append(m.Tags, c.Tags...)
		held = append(held, c.ID)
	}
	level, raised, _ := t.Raise(held)
	m.Level, m.Tags = max(m.Level, level), append(m.Tags, raised...)
	if f.Data == nil {
		m.Level = drawbridge.LevelRestricted
	}
	slices.Sort(m.Tags)
	m.Tags = slices.Compact(m.Tags)
	m.To = append(slices.Clone(f.Region.Storage), f.Region.Processing...)
	if b.Partner != nil && !inside {
		for _, s := range b.Partner.Subprocessors {
			if s.Region != "" && (f.SharedWith == nil || slices.Contains(f.SharedWith, s.ID)) {
				m.To = append(m.To, s.Region)
			}
		}
	}
	slices.Sort(m.To)
	m.To = slices.Compact(m.To)
	return m
}
