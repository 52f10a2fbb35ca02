package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/expr"
	"drawbridge/internal/flow"
	"drawbridge/internal/threat"
)

// gateInput is the gate's input: every value of [GateVars], and the lists
// behind the counts.
type gateInput struct {
	values map[string]any
	refs   map[string][]string
}

func newGateInput() gateInput {
	g := gateInput{values: map[string]any{}, refs: map[string][]string{}}
	for _, v := range GateVars() {
		switch v.Type {
		case expr.Double:
			g.values[v.Name] = 0.0
		case expr.Int:
			g.values[v.Name] = int64(0)
		case expr.Bool:
			g.values[v.Name] = false
		default:
			g.values[v.Name] = ""
		}
	}
	return g
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

// gateInput gathers what the gate may read.
func (ev *evaluation) gateInput() gateInput {
	g := newGateInput()
	g.set("score.inherent", ev.score.Inherent)
	g.set("score.effectiveness", ev.score.Effectiveness)
	g.set("score.residual", ev.score.Residual)
	g.set("score.unlifted", ev.unlifted)
	g.set("score.tier", string(ev.score.Tier))
	g.set("results.wanted", ev.pack.tier(ev.score.Tier).LiveTests)
	ev.factsIn(g)
	ev.threatsIn(g)
	ev.controlsIn(g)
	ev.transfersIn(g)
	ev.resultsIn(g)
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

func (ev *evaluation) threatsIn(g gateInput) {
	lists := map[string][]string{}
	add := func(name string, t threat.Threat) { lists[name] = append(lists[name], t.ID) }
	var questions []string
	if ev.in.Threats != nil {
		for _, t := range ev.in.Threats.Threats {
			critical := t.Severity == drawbridge.Critical
			switch t.State {
			case drawbridge.ThreatOpen:
				add("threats.open", t)
				if critical {
					add("threats.open_critical", t)
				} else if t.Severity == drawbridge.High {
					add("threats.open_high", t)
				}
			case drawbridge.ThreatAccepted:
				if t.Accepted != nil && t.Accepted.Confirmed {
					add("threats.confirmed", t)
				} else {
					add("threats.accepted", t)
				}
				if critical {
					add("threats.accepted_critical", t)
				}
			case drawbridge.ThreatNeedsAnswer:
				add("threats.unanswered", t)
				if critical {
					add("threats.unanswered_critical", t)
				}
			default:
			}
		}
		for _, q := range ev.in.Threats.Questions {
			questions = append(questions, q.ID)
		}
	}
	for _, name := range []string{
		"threats.open", "threats.open_critical", "threats.open_high", "threats.accepted", "threats.confirmed",
		"threats.accepted_critical", "threats.unanswered", "threats.unanswered_critical",
	} {
		g.list(name, lists[name])
	}
	g.list("questions.open", questions)
}

func (ev *evaluation) controlsIn(g gateInput) {
	var unknown, failed, contradicted []string
	for i, s := range ev.stands {
		w := s.worst()
		if !s.def.requiredIn(ev.score.Tier) || !ev.inAnyList(i) || !w.applies {
			continue
		}
		switch {
		case slices.ContainsFunc(s.on, standing.denied):
			contradicted = append(contradicted, s.def.ID)
		case w.value == nil:
			unknown = append(unknown, s.def.ID)
		case *w.value == 0:
			failed = append(failed, s.def.ID)
		}
	}
	g.list("controls.unknown", unknown)
	g.list("controls.failed", failed)
	g.list("controls.contradicted", contradicted)
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

func (ev *evaluation) resultsIn(g gateInput) {
	var ran, failed, unproven []string
	for _, r := range ev.in.Results {
		ref := r.Check + "@" + r.Element
		switch {
		case r.Verdict == drawbridge.Fail && r.Refuted == "":
			ran, failed = append(ran, ref), append(failed, ref)
		case r.Verdict == drawbridge.Pass, r.Verdict == drawbridge.Fail:
			ran = append(ran, ref)
		default:
			unproven = append(unproven, ref)
		}
	}
	g.list("results.ran", ran)
	g.list("results.failed", failed)
	g.list("results.unproven", unproven)
}

// judge asks the gate. A rule that cannot be evaluated is an error: the gate
// fails closed.
func (p *Pack) judge(ev *evaluation) (Gate, error) {
	tier := p.tier(ev.score.Tier)
	out := Gate{
		Outcome: drawbridge.Go, Roles: slices.Clone(tier.Roles), Rhythm: strconv.Itoa(tier.Months) + " months",
		Due: drawbridge.DateOf(addMonths(ev.in.AsOf, tier.Months)), Reasons: []Reason{}, Conditions: []Condition{},
		Template: tier.Template,
	}
	due := drawbridge.DateOf(ev.in.AsOf.AddDate(0, 0, tier.DueDays))
	spoken, err := p.gate.speak(ev.gate)
	if err != nil {
		return Gate{}, err
	}
	if out.FastLane, err = p.protocol.FastLane.admits(ev.gate); err != nil {
		return Gate{}, err
	}
	for _, r := range spoken {
		refs := ev.gate.refs[r.Refs]
		out.Outcome = worse(out.Outcome, r.Outcome)
		out.Reasons = append(out.Reasons, Reason{
			Rule: r.ID, Outcome: r.Outcome, Refs: refs,
			Text: strings.ReplaceAll(r.Text, "{n}", strconv.Itoa(len(refs))),
		})
		out.Conditions = append(out.Conditions, p.conditions(r, refs, due)...)
	}
	if len(spoken) == 0 {
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
