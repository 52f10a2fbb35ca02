package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/flow"
)

// gateInput is the gate's input: every value of [GateVars], and the lists
// behind the counts.
type gateInput struct {
	values map[string]any
	refs   map[string][]string
}

func newGateInput() gateInput {
	return gateInput{values: maps.Clone(gateNothing()), refs: map[string][]string{}}
}

func (g gateInput) set(name string, v any) { g.values[name] = v }

func (g gateInput) list(name string, refs []string) {
	slices.Sort(refs)
	refs = slices.Compact(refs)
	g.refs[name] = refs
	g.values[name] = int64(len(refs))
}

func (g gateInput) lookup(name string) (any, bool) {
	v, ok := g.values[name]
	return v, ok
}

// gateInput gathers what the gate may read, without what is accepted; nil
// accepts nothing.
func (ev *evaluation) gateInput(x *excepted) gateInput {
	g := newGateInput()
	g.set("score.inherent", ev.score.Inherent)
	g.set("score.effectiveness", ev.score.Effectiveness)
	g.set("score.residual", ev.score.Residual)
	g.set("score.unlifted", ev.unlifted)
	g.set("score.tier", string(ev.score.Tier))
	g.set("results.wanted", ev.pack.tier(ev.score.Tier).LiveTests)
	ev.factsIn(g)
	ev.threatsIn(g, x)
	ev.controlsIn(g, x)
	ev.transfersIn(g)
	ev.resultsIn(g, x)
	return g
}

func (ev *evaluation) factsIn(g gateInput) {
	if len(ev.view.elements) > 0 {
		if env, ok := ev.view.value(0, "integration.environment").(string); ok {
			g.set("integration.environment", env)
			g.set("integration.production", env == "production")
		}
		g.set("data.personal", ev.view.value(0, "flow.personal") != false)
	}
	var unknown, uncategorised, unconfirmed []string
	for _, r := range ev.readings {
		if r.unknown {
			unknown = append(unknown, r.missing...)
		}
	}
	for _, f := range ev.floors {
		if f.unknown {
			unknown = append(unknown, f.missing...)
		}
	}
	for i, e := range ev.view.elements {
		if i > 0 && ev.view.blind[i] && e.Kind == flow.OnFlow {
			uncategorised = append(uncategorised, e.ID)
		}
	}
	if len(ev.view.blind) > 0 && ev.view.blind[0] && len(uncategorised) == 0 {
		uncategorised = []string{"integration"}
	}
	if b := ev.in.Bundle; b != nil && b.Integration != nil {
		for _, f := range b.Integration.Flows {
			for _, d := range f.Data {
				if d.Category != "" && d.Source == drawbridge.Inferred {
					unconfirmed = append(unconfirmed, f.ID)
				}
			}
		}
	}
	g.list("score.unknown_inputs", unknown)
	g.list("data.uncategorised", uncategorised)
	g.list("data.unconfirmed", unconfirmed)
}

func (ev *evaluation) threatsIn(g gateInput, x *excepted) {
	lists := map[string][]string{}
	add := func(name string, ref string) { lists[name] = append(lists[name], ref) }
	if ev.in.Threats != nil {
		for i := range ev.in.Threats.Threats {
			t := &ev.in.Threats.Threats[i]
			critical := t.Severity == drawbridge.Critical
			switch x.state(t) {
			case drawbridge.ThreatOpen:
				add("threats.open", t.ID)
				if critical {
					add("threats.open_critical", t.ID)
				} else if t.Severity == drawbridge.High {
					add("threats.open_high", t.ID)
				}
			case drawbridge.ThreatAccepted:
				if t.Accepted.Confirmed {
					add("threats.confirmed", t.ID)
					x.threat(t)
				} else {
					add("threats.accepted", t.ID)
				}
				if critical {
					add("threats.accepted_critical", t.ID)
				}
			case drawbridge.ThreatNeedsAnswer:
				add("threats.unanswered", t.ID)
				if critical {
					add("threats.unanswered_critical", t.ID)
				}
				if t.Accepted != nil { // nobody is asked while it is accepted
					add("questions.open", t.ID)
				}
			default:
			}
		}
		for _, q := range ev.in.Threats.Questions {
			add("questions.open", q.ID)
		}
	}
	for _, name := range []string{
		"threats.open", "threats.open_critical", "threats.open_high", "threats.accepted", "threats.confirmed",
		"threats.accepted_critical", "threats.unanswered", "threats.unanswered_critical", "questions.open",
	} {
		g.list(name, lists[name])
	}
}

func (ev *evaluation) controlsIn(g gateInput, x *excepted) {
	lists := map[string][]string{}
	for i, s := range ev.stands {
		if !s.def.requiredIn(ev.score.Tier) || !ev.inAnyList(i) {
			continue
		}
		bare := s.bad()
		if bare == "" {
			continue
		}
		name := bare
		if x != nil {
			name = cmp.Or(x.control(s), "controls.excepted")
		}
		lists[name] = append(lists[name], s.def.ID)
	}
	for _, name := range []string{"controls.unknown", "controls.failed", "controls.contradicted", "controls.excepted"} {
		g.list(name, lists[name])
	}
}

func (ev *evaluation) transfersIn(g gateInput) {
	lists := map[string][]string{}
	for _, t := range ev.in.Transfers {
		ref := t.Flow + ": " + t.Origin + " to " + t.To
		if t.Regime != "" {
			ref += " (" + t.Regime + ")"
		}
		name := ""
		switch t.Verdict {
		case VerdictProhibited:
			name = "transfers.prohibited"
		case VerdictBlocked:
			name = "transfers.blocked"
		case VerdictEvidence:
			name = "transfers.evidence_missing"
		case VerdictAllowed, VerdictNotPersonal:
		default: // needs-human, and any word that we do not know
			name = "transfers.undecided"
		}
		if name != "" {
			lists[name] = append(lists[name], ref)
		}
		home := len(flow.Outside(strings.Split(t.Origin, ","), []string{t.To})) == 0 // crosses no border: no row had to carry it
		if !t.Confirmed && !home && (t.Verdict == VerdictAllowed || t.Verdict == VerdictEvidence) {
			lists["transfers.unconfirmed"] = append(lists["transfers.unconfirmed"], ref)
		}
	}
	for _, name := range []string{
		"transfers.prohibited", "transfers.blocked", "transfers.undecided",
		"transfers.evidence_missing", "transfers.unconfirmed",
	} {
		g.list(name, lists[name])
	}
}

func (ev *evaluation) resultsIn(g gateInput, x *excepted) {
	var ran, failed, covered, unproven []string
	for i := range ev.in.Results {
		r := &ev.in.Results[i]
		ref := r.Check + "@" + r.Element
		switch r.Verdict {
		case drawbridge.Pass:
			ran = append(ran, ref)
		case drawbridge.Fail:
			ran = append(ran, ref)
			by := x.failed(r)
			switch {
			case r.Refuted != "":
			case len(by) == 0:
				failed = append(failed, ref)
			default:
				covered = append(covered, ref)
				x.takes(by, "results.failed")
			}
		default:
			unproven = append(unproven, ref)
		}
	}
	g.list("results.ran", ran)
	g.list("results.failed", failed)
	g.list("results.excepted", covered)
	g.list("results.unproven", unproven)
}

// judge asks the gate. A rule that cannot be evaluated is an error: the gate
// fails closed. What an exception covers speaks no more, and the exception
// speaks in its place; the figures and the fast lane know of none.
func (p *Pack) judge(ev *evaluation) (Gate, error) {
	tier := p.tier(ev.score.Tier)
	out := Gate{
		Outcome: drawbridge.Go, Roles: slices.Clone(tier.Roles), Rhythm: strconv.Itoa(tier.Months) + " months",
		Due: drawbridge.DateOf(addMonths(ev.in.AsOf, tier.Months)), Reasons: []Reason{}, Conditions: []Condition{},
		Template: tier.Template,
	}
	due := drawbridge.DateOf(ev.in.AsOf.AddDate(0, 0, tier.DueDays))
	x := newExcepted(ev.in)
	without, err := p.gate.speak(ev.gate)
	if err != nil {
		return Gate{}, err
	}
	eased, spoken := ev.gate, without
	if x.matters(ev.in) {
		eased = ev.gateInput(x)
		eased.set("score.residual", ev.score.Residual)
		if spoken, err = p.gate.speak(eased); err != nil {
			return Gate{}, err
		}
	}
	if out.FastLane, err = p.protocol.FastLane.admits(ev.gate); err != nil {
		return Gate{}, err
	}
	for _, r := range spoken {
		refs := eased.refs[r.Refs]
		out.Outcome = worse(out.Outcome, r.Outcome)
		out.Reasons = append(out.Reasons, Reason{
			Rule: r.ID, Outcome: r.Outcome, Refs: refs,
			Text: strings.ReplaceAll(r.Text, "{n}", strconv.Itoa(len(refs))),
		})
		out.Conditions = append(out.Conditions, p.conditions(r, refs, due)...)
	}
	reasons, conditions := x.reasons(spoken, without)
	for _, r := range reasons {
		out.Outcome = worse(out.Outcome, r.Outcome)
	}
	out.Reasons, out.Conditions = append(out.Reasons, reasons...), append(out.Conditions, conditions...)
	if len(out.Reasons) == 0 {
		out.Reasons = append(out.Reasons, Reason{Rule: "go", Outcome: drawbridge.Go, Text: "No rule of the gate speaks against it."})
	}
	return out, nil
}

// speak returns the rules that hold, in their order.
func (g *GateDef) speak(in gateInput) ([]GateRule, error) {
	var out []GateRule
	for _, r := range g.Rules {
		res, err := r.when.Eval(in.lookup)
		if err != nil {
			return nil, fmt.Errorf("gate rule %s: %w", r.ID, err)
		}
		if !res.Known {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "the gate rule %s cannot be decided; the gate stays closed", r.ID)
		}
		if res.True() {
			out = append(out, r)
		}
	}
	return out, nil
}

func (p *Pack) conditions(r GateRule, refs []string, due drawbridge.Date) []Condition {
	c := r.Condition
	if c == nil {
		return nil
	}
	switch c.Each {
	case "ref":
		var out []Condition
		for _, ref := range refs {
			out = append(out, Condition{Text: c.Text, Owner: "role:" + c.Owner, Due: due, Ref: ref})
		}
		return out
	case "owner":
		byOwner := map[string][]string{}
		for _, id := range refs {
			owner := c.Owner
			if d, ok := p.byID[id]; ok {
				owner = d.Owner
			}
			byOwner[owner] = append(byOwner[owner], id)
		}
		var out []Condition
		for _, owner := range sortedKeys(byOwner) {
			ids := strings.Join(byOwner[owner], ", ")
			out = append(out, Condition{Text: c.Text + ": " + ids + ".", Owner: "role:" + owner, Due: due, Ref: ids})
		}
		return out
	default:
		return []Condition{{Text: c.Text, Owner: "role:" + c.Owner, Due: due, Ref: strings.Join(refs, ", ")}}
	}
}

func worse(a, b drawbridge.Outcome) drawbridge.Outcome {
	order := []drawbridge.Outcome{drawbridge.Go, drawbridge.Conditional, drawbridge.NoGo}
	return order[max(slices.Index(order, a), slices.Index(order, b), 0)]
}

// addMonths keeps to the month that is meant: 31 August and six months is the
// last day of February.
func addMonths(t time.Time, months int) time.Time {
	t = t.UTC()
	first := time.Date(t.Year(), t.Month()+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
