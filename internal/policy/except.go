package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/threat"
)

// exceptRule is the name under which exceptions stand among the gate's reasons.
const exceptRule = "exception"

// excepted are the exceptions of the record that hold, and which of them take
// something off the lists of the gate. It may be nil: then nothing is accepted.
type excepted struct {
	holding map[string]*drawbridge.Exception // by what they cover
	used    map[string]*use                  // by what they cover
}

// use is an exception that covers something.
type use struct {
	covers, id, owner string
	until             drawbridge.Date
	lists             []string // of the gate's input, from which it takes something
}

func newExcepted(in Input) *excepted {
	return &excepted{drawbridge.Holding(in.Exceptions, in.AsOf), map[string]*use{}}
}

// matters reports whether anything can be accepted, by the record or the manifest.
func (x *excepted) matters(in Input) bool {
	if len(x.holding) > 0 || in.Threats == nil {
		return len(x.holding) > 0
	}
	for i := range in.Threats.Threats {
		if t := &in.Threats.Threats[i]; t.State != t.Bare() {
			return true
		}
	}
	return false
}

// take notes that an exception takes something off a list.
func (x *excepted) take(u use, lists ...string) {
	have := x.used[u.covers]
	if have == nil {
		have = &u
		x.used[u.covers] = have
	}
	have.lists = append(have.lists, lists...)
}

// takes is take by some of the record's.
func (x *excepted) takes(by []*drawbridge.Exception, list string) {
	for _, e := range by {
		x.take(use{covers: e.Covers, id: e.ID, owner: string(e.Owner), until: e.Expires}, list)
	}
}

// state is how a threat stands for the gate.
func (x *excepted) state(t *threat.Threat) drawbridge.ThreatState {
	if x == nil {
		return t.Bare()
	}
	return t.State
}

// threat notes the exception of the record that a threat is accepted by.
func (x *excepted) threat(t *threat.Threat) {
	critical := t.Severity == drawbridge.Critical
	lists := []string{"threats.open"}
	switch {
	case t.Bare() == drawbridge.ThreatNeedsAnswer && critical:
		lists = []string{"threats.unanswered", "threats.unanswered_critical", "questions.open"}
	case t.Bare() == drawbridge.ThreatNeedsAnswer:
		lists = []string{"threats.unanswered", "questions.open"}
	case critical:
		lists = append(lists, "threats.open_critical")
	case t.Severity == drawbridge.High:
		lists = append(lists, "threats.open_high")
	}
	a := t.Accepted
	x.take(use{covers: t.ID, id: a.Exception, owner: a.Owner, until: a.Expires}, lists...)
}

// Names reports whether a reason of the gate is about the control that an
// exception covers, whether the exception speaks or a rule does.
func (g *Gate) Names(covers string) bool {
	id, _, _ := strings.Cut(strings.TrimPrefix(covers, "control:"), "@")
	return slices.ContainsFunc(g.Reasons, func(r Reason) bool { return slices.Contains(r.Refs, covers) || slices.Contains(r.Refs, id) })
}

// failed are the exceptions that cover a failed check: one for the check on its
// interface, or one for each of its failures. None when it is not covered.
func (x *excepted) failed(r *Result) []*drawbridge.Exception {
	if x == nil {
		return nil
	}
	if e := x.holding[r.Check+"@"+r.Element]; e != nil {
		return []*drawbridge.Exception{e}
	}
	var out []*drawbridge.Exception
	for _, f := range r.Findings {
		e := x.holding[f]
		if e == nil {
			return nil
		}
		out = append(out, e)
	}
	return out
}

// standing are the exceptions that cover a control where it stands badly: one
// for the control, or, where nothing but failed checks denies it, those that
// cover each of the checks.
func (x *excepted) standing(def *ControlDef, s *standing) []*drawbridge.Exception {
	if x == nil {
		return nil
	}
	name := "control:" + def.ID
	if e := cmp.Or(x.holding[name], x.holding[name+"@"+s.element]); e != nil {
		return []*drawbridge.Exception{e}
	}
	var out []*drawbridge.Exception
	for i := range s.failed {
		list := x.failed(&s.failed[i])
		if len(list) == 0 {
			return nil
		}
		out = append(out, list...)
	}
	return out
}

// bad is the list of the gate that a control stands on, by the standings that
// count; empty when it stands well.
func (s standings) bad() string {
	switch w := s.worst(); {
	case !w.applies:
	case slices.ContainsFunc(s.on, standing.denied):
		return "controls.contradicted"
	case w.value == nil:
		return "controls.unknown"
	case *w.value == 0:
		return "controls.failed"
	}
	return ""
}

// control is the list that a control stands on where no exception covers it. It
// notes the exceptions that cover it elsewhere.
func (x *excepted) control(s standings) string {
	var rest []standing
	for i := range s.on {
		list := standings{s.def, s.on[i : i+1]}.bad()
		by := x.standing(s.def, &s.on[i])
		if list == "" || len(by) == 0 {
			rest = append(rest, s.on[i])
			continue
		}
		x.takes(by, list)
	}
	return standings{s.def, rest}.bad()
}

// reasons are what the gate says of exceptions, given the rules that speak with
// them and those that would speak without. An exception is told when it takes
// something from what a rule without it would have named.
func (x *excepted) reasons(with, without []GateRule) ([]Reason, []Condition) {
	muted := slices.ContainsFunc(without, func(r GateRule) bool {
		return !slices.ContainsFunc(with, func(w GateRule) bool { return w.ID == r.ID })
	})
	var reasons []Reason
	var conditions []Condition
	for _, name := range slices.Sorted(maps.Keys(x.used)) {
		u := x.used[name]
		if !muted && !slices.ContainsFunc(without, func(r GateRule) bool { return slices.Contains(u.lists, r.Refs) }) {
			continue
		}
		reasons = append(reasons, Reason{
			Rule: exceptRule, Outcome: drawbridge.Conditional, Refs: []string{u.covers},
			Text: fmt.Sprintf("Accepted until %s by the exception %s, for which %s answers; it lowers no figure.", u.until, u.id, u.owner),
		})
		conditions = append(conditions, Condition{
			Text: "Mend it before the exception ends: from then on it counts again.", Owner: u.owner, Due: u.until, Ref: u.covers,
		})
	}
	return reasons, conditions
}
