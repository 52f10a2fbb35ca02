package threat

import (
	"cmp"
	"fmt"
	"slices"

	"drawbridge"
	"drawbridge/internal/manifest"
)

// exceptions reports those that do not cover anything.
func (r *run) exceptions(list []manifest.Exception) {
	for _, x := range list {
		note := ExceptionNote{Threat: x.Threat, Expires: x.Expires, Key: fmt.Sprintf("exceptions[%s]", x.Threat)}
		switch {
		case x.Expires.Past(r.opt.AsOf):
			note.Text = fmt.Sprintf("ended on %s; renew it with a reason, or take it out", x.Expires)
		case !r.used[x.Threat]:
			note.Text = "covers no threat that is open; take it out, or correct the id"
		default:
			continue
		}
		r.result.Exceptions = append(r.result.Exceptions, note)
	}
	slices.SortFunc(r.result.Exceptions, func(a, b ExceptionNote) int { return cmp.Compare(a.Threat, b.Threat) })
}

// stateOrder is the order in which threats are listed.
var stateOrder = []drawbridge.ThreatState{
	drawbridge.ThreatOpen, drawbridge.ThreatNeedsAnswer, drawbridge.ThreatAccepted,
	drawbridge.ThreatMitigated, drawbridge.ThreatNotEvaluated, drawbridge.ThreatNotApplicable,
}

func sorted(list []*Threat) []Threat {
	place := map[drawbridge.ThreatState]int{}
	for i, s := range stateOrder {
		place[s] = i
	}
	rank := map[drawbridge.Severity]int{}
	for i, s := range drawbridge.Severities() {
		rank[s] = i
	}
	class := func(t *Threat) int { return place[t.State]*len(rank) - rank[t.Severity] }
	slices.SortFunc(list, func(a, b *Threat) int {
		if a.State != b.State || a.Severity != b.Severity {
			return class(a) - class(b)
		}
		return cmp.Compare(a.ID, b.ID)
	})
	out := make([]Threat, len(list))
	for i, t := range list {
		out[i] = *t
	}
	return out
}
