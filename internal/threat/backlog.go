package threat

import (
	"cmp"
	"slices"

	"drawbridge"
	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
)

// scenarioKey is one thing to try on one element.
type scenarioKey struct {
	settle  string
	element string
}

// draft is a scenario while it is gathered.
type draft struct {
	Scenario
	pressing bool // something about it is open or unanswered
	rank     int  // of the severity
	mode     int  // in the order of modeOrder
}

// backlog lists what would settle the threats, most pressing first: scenarios
// with an open or unanswered threat, then by severity, then by who can run
// them, then by how many threats they settle. A flow's threats are tried on its
// interface. The failure modes that the manifest names are rehearsed too.
func (r *run) backlog(in *manifest.Integration) []Scenario {
	drafts := map[scenarioKey]*draft{}
	at := func(s Settle, element string) *draft {
		k := scenarioKey{s.ID, element}
		d := drafts[k]
		if d == nil {
			d = &draft{Scenario: Scenario{Settle: s, Element: element, Severity: drawbridge.Info}}
			drafts[k] = d
		}
		return d
	}
	home := map[string]string{}
	for _, e := range r.elements {
		if e.Kind == flow.OnFlow && e.Interface != "" {
			home[e.ID] = e.Interface
		}
	}
	for _, t := range r.threats {
		if t.State == drawbridge.ThreatNotApplicable || t.State == drawbridge.ThreatNotEvaluated {
			continue
		}
		element := t.Element
		if t.ElementKind == string(flow.OnFlow) {
			element = cmp.Or(home[t.Element], t.Element)
		}
		for _, s := range t.Settles {
			d := at(s, element)
			d.Threats = append(d.Threats, t.ID)
			d.raise(t.Severity)
			d.pressing = d.pressing || t.State != drawbridge.ThreatMitigated
		}
	}
	r.failureModes(in, at)
	return ranked(drafts)
}

// raise lifts the severity to s.
func (d *draft) raise(s drawbridge.Severity) {
	if rank := s.Rank(); rank > d.rank {
		d.Severity, d.rank = s, rank
	}
}

// failureModes adds a rehearsal for each failure that the manifest names, with
// what it says should happen then. It weighs more where the business depends
// on the integration.
func (r *run) failureModes(in *manifest.Integration, at func(Settle, string) *draft) {
	severity := drawbridge.Medium
	if critical := r.facts.Value(0, "criticality.critical"); critical.Value == true {
		severity = drawbridge.High
	}
	for _, i := range in.Interfaces {
		for _, m := range i.FailureModes {
			for _, def := range Settles().ForMode(m.Mode) {
				d := at(def.Settle(), i.ID)
				d.Settle.Oracle += " Expected here when it is " + m.Mode + ": " + m.Expect + "."
				d.raise(severity)
				d.pressing = true
			}
		}
	}
}

var modeOrder = map[Mode]int{Automated: 0, Manual: 1, NotTestable: 2}

func ranked(drafts map[scenarioKey]*draft) []Scenario {
	list := make([]*draft, 0, len(drafts))
	for _, d := range drafts {
		slices.Sort(d.Threats)
		d.mode = modeOrder[d.Settle.Mode]
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b *draft) int {
		if a.pressing != b.pressing {
			if a.pressing {
				return -1
			}
			return 1
		}
		if n := cmp.Or(b.rank-a.rank, a.mode-b.mode, len(b.Threats)-len(a.Threats)); n != 0 {
			return n
		}
		return cmp.Or(cmp.Compare(a.Settle.ID, b.Settle.ID), cmp.Compare(a.Element, b.Element))
	})
	out := make([]Scenario, len(list))
	for i, d := range list {
		out[i] = d.Scenario
		out[i].Rank = i + 1
	}
	return out
}
