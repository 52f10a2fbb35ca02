package threat

import (
	"cmp"
	"fmt"
	"slices"

	"drawbridge"
	"drawbridge/internal/manifest"
)

// accept lets an exception cover a threat that is open or waits for an answer,
// after everything else has spoken. It notes how the threat would stand without.
func (r *run) accept(t *Threat) {
	if t.State != drawbridge.ThreatOpen && t.State != drawbridge.ThreatNeedsAnswer {
		return
	}
	x := r.accepted[t.ID]
	if x != nil {
		r.used[t.ID] = true
	}
	was := t.State
	switch confirmed := r.confirmed(t); {
	case confirmed != nil:
		t.State = drawbridge.ThreatAccepted
		t.Accepted = &Acceptance{
			Reason: confirmed.Reason, Owner: string(confirmed.Owner), Compensating: confirmed.Compensating,
			Expires: confirmed.Expires, Confirmed: true, Exception: confirmed.ID, Instead: was,
		}
	case x == nil:
	case x.Expires.Past(r.opt.AsOf):
		t.Reason = fmt.Sprintf("the exception ended on %s and no longer covers it", x.Expires)
	default:
		t.State = drawbridge.ThreatAccepted
		t.Accepted = &Acceptance{Reason: x.Reason, Owner: string(x.Owner), Compensating: x.Compensating, Expires: x.Expires, Instead: was}
	}
}

// confirmed is the exception of the record that covers a threat.
func (r *run) confirmed(t *Threat) *drawbridge.Exception {
	if len(r.covers) == 0 {
		return nil
	}
	if x := r.covers[t.ID]; x != nil {
		return x
	}
	return r.covers[Fingerprint(r.subject, t)]
}

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
