package threat

import (
	"slices"

	"drawbridge"
	"drawbridge/internal/flow"
)

// Live is what one live check found on one interface.
type Live struct {
	Check       string             `json:"check"` // id of the settles table
	Element     string             `json:"element"`
	Verdict     drawbridge.Verdict `json:"verdict"`
	Fingerprint string             `json:"fingerprint,omitempty"` // of the finding, when it failed
	Reason      string             `json:"reason,omitempty"`
}

// settleLive lets live checks speak. A failed check opens a threat whatever the
// manifest claims. A threat that waits for an answer is mitigated when at least
// one of its checks passed and none failed or stayed without a verdict; a
// declared gap stays open, since a passed check does not make the manifest true.
func (r *run) settleLive() {
	if len(r.opt.Live) == 0 {
		return
	}
	index := map[scenarioKey][]Live{}
	for _, l := range r.opt.Live {
		k := scenarioKey{l.Check, l.Element}
		index[k] = append(index[k], l)
	}
	home := map[string]string{}
	for _, e := range r.elements {
		if e.Kind == flow.OnFlow {
			home[e.ID] = e.Interface
		}
	}
	for _, t := range r.threats {
		element := t.Element
		if t.ElementKind == string(flow.OnFlow) {
			element = home[t.Element]
		}
		for _, s := range t.Settles {
			t.Tested = append(t.Tested, index[scenarioKey{s.ID, element}]...)
		}
		has := func(v ...drawbridge.Verdict) bool {
			return slices.ContainsFunc(t.Tested, func(l Live) bool { return slices.Contains(v, l.Verdict) })
		}
		switch {
		case t.State == drawbridge.ThreatNotApplicable, t.State == drawbridge.ThreatNotEvaluated:
		case has(drawbridge.Fail):
			t.State = drawbridge.ThreatOpen
		case t.State == drawbridge.ThreatNeedsAnswer && has(drawbridge.Pass) && !has(drawbridge.Inconclusive, drawbridge.Skipped):
			t.State = drawbridge.ThreatMitigated
			t.Missing = nil
		}
	}
}
