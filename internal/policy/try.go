package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"drawbridge"
	"drawbridge/internal/threat"
)

// ID names a lever by what it says: it stays the same as long as the lever does.
func (l Lever) ID() string {
	sum := sha256.Sum256([]byte(l.Change + "\x00" + l.Key))
	return hex.EncodeToString(sum[:5])
}

// Tried is what several levers come to together.
type Tried struct {
	Levers []Lever  // all that can be tried, as an assessment lists them
	Taken  []string // identifiers of those that were tried
	Before Score
	After  Score // without contributions and levers
	Was    Gate
	Gate   Gate // as it would answer then
}

// Try counts again with several levers at once, each at the best that it can
// honestly reach. Threats that wait for nothing but what the levers answer are
// answered; all others stay as they are. Who names a lever that there is not
// gets an error.
func (p *Pack) Try(in Input, pick []string) (Tried, error) {
	var out Tried
	ev, err := p.evaluate(in)
	if err != nil {
		return out, err
	}
	out.Before = ev.score
	if out.Was, err = p.judge(ev); err != nil {
		return out, err
	}
	if out.Levers, err = ev.levers(); err != nil {
		return out, err
	}
	for _, id := range pick {
		if !slices.ContainsFunc(out.Levers, func(l Lever) bool { return l.ID() == id }) {
			return out, drawbridge.Errorf(drawbridge.Conflict, "nothing that can be tried is called %.20q any more: the assessment has changed; look at its levers again", id)
		}
		if !slices.Contains(out.Taken, id) {
			out.Taken = append(out.Taken, id)
		}
	}
	taken := func(l Lever) bool { return slices.Contains(out.Taken, l.ID()) }
	less, err := ev.leaveOut(taken)
	if err != nil {
		return out, err
	}
	next := less.with(ev.together(taken).onto(ev, less))
	out.After = next.score
	out.Gate, err = p.judge(next)
	return out, err
}

// leaveOut counts again without the data that the taken levers leave out.
func (ev *evaluation) leaveOut(taken func(Lever) bool) (*evaluation, error) {
	out := ev
	for _, c := range ev.carried() {
		if !taken(c.lever(ev.in.Bundle.Integration.Flows[c.flow].ID)) {
			continue
		}
		in, err := out.less(c)
		if err != nil {
			return nil, err
		}
		if out, err = ev.pack.evaluate(in); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// together joins the changes of the taken levers into one trial.
func (ev *evaluation) together(taken func(Lever) bool) *trial {
	out := newTrial("", "")
	for _, t := range slices.Concat(ev.answers(), ev.actions(), ev.proofs(), ev.removals()) {
		if !taken(Lever{Change: t.change, Key: t.key}) {
			continue
		}
		out.keys = append(out.keys, t.keys...)
		for i, h := range t.heights {
			if had, ok := out.heights[i]; !ok || h < had {
				out.heights[i] = h
			}
		}
		for i := range t.floors {
			out.floors[i] = true
		}
		for i, s := range t.strengths {
			out.strengths[i] = max(out.strengths[i], s)
		}
		for i := range t.lifts {
			out.lifts[i] = true
		}
	}
	slices.Sort(out.keys)
	out.keys = slices.Compact(out.keys)
	return out
}

// onto is the trial for another evaluation of the same pack: there, other floors
// and lifts may hold.
func (t *trial) onto(from, to *evaluation) *trial {
	if from == to {
		return t
	}
	out := *t
	out.floors, out.lifts = map[int]bool{}, map[int]bool{}
	for i := range t.floors {
		for j, f := range to.floors {
			out.floors[j] = out.floors[j] || f.def == from.floors[i].def
		}
	}
	for i := range t.lifts {
		for j, l := range to.lifts {
			out.lifts[j] = out.lifts[j] || l.def == from.lifts[i].def
		}
	}
	return &out
}

// answered are the threats and questions without those that wait for nothing but
// these keys.
func answered(r *threat.Result, keys []string) *threat.Result {
	if r == nil || len(keys) == 0 {
		return r
	}
	known := func(missing []string) bool {
		return len(missing) > 0 && subset(missing, keys)
	}
	out := *r
	out.Threats = slices.DeleteFunc(slices.Clone(r.Threats), func(t threat.Threat) bool {
		return t.State == drawbridge.ThreatNeedsAnswer && known(t.Missing)
	})
	out.Questions = slices.DeleteFunc(slices.Clone(r.Questions), func(q threat.Question) bool { return known(q.Keys) })
	return &out
}

// with is the evaluation as it would be with the changes of a trial.
func (ev *evaluation) with(t *trial) *evaluation {
	figures := ev.try(t)
	next := *ev
	next.score.Inherent = cents(ev.score.Inherent + figures.Inherent)
	next.score.Residual = cents(ev.score.Residual + figures.Residual)
	next.unlifted = cents(ev.unlifted + figures.Unlifted)
	next.score.Tier = ev.pack.TierOf(next.score.Inherent).Tier
	next.readings, next.stands, next.strengths = slices.Clone(ev.readings), slices.Clone(ev.stands), slices.Clone(ev.strengths)
	for i := range t.heights {
		next.readings[i].height, next.readings[i].unknown = min(next.readings[i].height, t.heights[i]), false
	}
	next.floors = nil
	for i, f := range ev.floors {
		if !t.floors[i] {
			next.floors = append(next.floors, f)
		}
	}
	for i, s := range t.strengths {
		next.strengths[i] = max(next.strengths[i], s)
		next.stands[i].on = held(next.stands[i].on, s)
	}
	next.group = effectiveness(next.lists, next.score.Tier, next.strengths)
	next.score.Effectiveness = next.group.strength
	next.lifts = nil
	for i, l := range ev.lifts {
		if !t.lifts[i] {
			next.lifts = append(next.lifts, l)
		}
	}
	next.in.Threats = answered(ev.in.Threats, t.keys)
	next.gate = next.gateInput(nil)
	return &next
}

// held are a control's standings once it is in place everywhere, as strong as
// something makes it known. A failed test stands until it passes.
func held(on []standing, strength float64) []standing {
	out := slices.Clone(on)
	for i := range out {
		if s := &out[i]; s.applies && !s.denied() && s.strength() < strength {
			one := 1.0
			s.value, s.confidence, s.missing = &one, strength, nil
		}
	}
	return out
}
