package policy

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"drawbridge/internal/flow"
)

// Evaluate scores one integration, says how each control stands, and asks the
// gate. The same input always gives the same answer.
func (p *Pack) Evaluate(in Input) (Score, []Control, Gate, error) {
	ev, err := p.evaluate(in)
	if err != nil {
		return Score{}, nil, Gate{}, err
	}
	score := ev.score
	if !in.Brief {
		score.Contributions = ev.waterfall()
		if score.Levers, err = ev.levers(); err != nil {
			return Score{}, nil, Gate{}, err
		}
		if score.InputDigest, err = p.inputDigest(in, ev.view); err != nil {
			return Score{}, nil, Gate{}, err
		}
	}
	gate, err := p.judge(ev)
	if err != nil || in.Brief {
		return score, nil, gate, err
	}
	return score, ev.controls(), gate, nil
}

// evaluation is one run with everything that the answers are told from.
type evaluation struct {
	pack      *Pack
	in        Input
	view      *view
	readings  []reading
	floors    []fallen
	stands    []standings
	strengths []float64
	lists     []list
	group     group
	lifts     []lifted
	gate      gateInput // as if nothing were accepted
	score     Score
	unlifted  float64
}

// evaluate runs the rubric and the controls, without telling.
func (p *Pack) evaluate(in Input) (*evaluation, error) {
	ev := &evaluation{pack: p, in: in, view: newView(in.Facts, in.Bundle)}
	ev.view.brief = in.Brief
	if in.Memo != nil {
		ev.view.memo = in.Memo
	}
	var err error
	if ev.readings, err = p.rubric.read(ev.view); err != nil {
		return nil, err
	}
	if ev.floors, err = p.rubric.fall(ev.view); err != nil {
		return nil, err
	}
	inherent := p.rubric.inherent(ev.readings, ev.floors)
	tier := p.TierOf(inherent)
	if ev.stands, err = p.stand(in, ev.view, tier); err != nil {
		return nil, err
	}
	for _, s := range ev.stands {
		ev.strengths = append(ev.strengths, s.worst().strength())
	}
	var ifaces []string
	for _, e := range ev.view.elements {
		if e.Kind == flow.OnInterface {
			ifaces = append(ifaces, e.ID)
		}
	}
	ev.lists = lists(ev.stands, ifaces)
	ev.group = effectiveness(ev.lists, tier.Tier, ev.strengths)
	ev.score = Score{
		Method: p.Method(), Inherent: inherent, Tier: tier.Tier,
		Effectiveness: math.Floor(ev.group.strength*10000+1e-6) / 10000,
	}
	ev.unlifted = p.rubric.residual(inherent, ev.score.Effectiveness)
	ev.score.Residual = ev.unlifted
	ev.gate = ev.gateInput(nil)
	if ev.lifts, err = p.rubric.lift(ev.gate); err != nil {
		return nil, err
	}
	for _, l := range ev.lifts {
		ev.score.Residual = max(ev.score.Residual, l.def.Least)
	}
	ev.gate.set("score.residual", ev.score.Residual)
	return ev, nil
}

// read evaluates every input, in the order of the rubric.
func (r *Rubric) read(v *view) ([]reading, error) {
	var out []reading
	for i := range r.Factors {
		for j := range r.Factors[i].Inputs {
			got, err := r.Factors[i].Inputs[j].read(v)
			if err != nil {
				return nil, err
			}
			got.factor, got.input = i, j
			out = append(out, got)
		}
	}
	return out, nil
}

// points returns what each reading adds to the inherent risk, in hundredths of
// a point; the hundredths add up to the rounded sum.
func (r *Rubric) points(readings []reading) []int64 {
	var weights float64
	for _, f := range r.Factors {
		weights += f.Weight
	}
	raw := make([]float64, len(readings))
	for i, rd := range readings {
		f := r.Factors[rd.factor]
		var inputs float64
		for _, d := range f.Inputs {
			inputs += d.Weight
		}
		raw[i] = 10000 * f.Weight / weights * f.Inputs[rd.input].Weight / inputs * rd.height
	}
	return apportion(raw)
}

// apportion rounds each share so that the rounded shares add up to the rounded
// sum: the largest remainders round up, the earlier first.
func apportion(raw []float64) []int64 {
	out := make([]int64, len(raw))
	var sum float64
	var have int64
	order := make([]int, len(raw))
	for i, x := range raw {
		out[i] = int64(math.Floor(x))
		have += out[i]
		sum += x
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(raw[b]-math.Floor(raw[b]), raw[a]-math.Floor(raw[a]))
	})
	for k := 0; k < len(order) && have < hundredths(sum); k++ {
		out[order[k]]++
		have++
	}
	return out
}

// hundredths rounds half up, with a hair of tolerance so that the same figure
// reached by another order of addition rounds alike.
func hundredths(x float64) int64 { return int64(math.Floor(x + 0.5 + 1e-6)) }

// inherent is I: the weighted mean of the factors or the highest floor.
func (r *Rubric) inherent(readings []reading, floors []fallen) float64 {
	var sum int64
	for _, n := range r.points(readings) {
		sum += n
	}
	out := float64(sum) / 100
	for _, f := range floors {
		out = max(out, f.def.Least)
	}
	return min(out, 100)
}

// residual is R before lifts: I*(1 - effect*E), in hundredths.
func (r *Rubric) residual(inherent, effectiveness float64) float64 {
	return float64(hundredths(100*inherent*(1-r.ControlEffect*effectiveness))) / 100
}

// lifted is a lift that holds.
type lifted struct {
	def  *LiftDef
	refs []string
}

func (r *Rubric) lift(g gateInput) ([]lifted, error) {
	var out []lifted
	for i := range r.Lifts {
		l := &r.Lifts[i]
		res, err := l.when.Eval(g.lookup)
		if err != nil {
			return nil, fmt.Errorf("lift %s: %w", l.ID, err)
		}
		if !res.False() { // a lift that cannot be decided holds
			out = append(out, lifted{l, g.refs[l.Refs]})
		}
	}
	return out, nil
}

// waterfall tells the score step by step. The points of factors and floors add
// up to I, and all points add up to R, to the hundredth.
func (ev *evaluation) waterfall() []Contribution {
	out := ev.factorSteps()
	out = append(out, ev.floorSteps()...)
	out = append(out, ev.controlSteps()...)
	return append(out, ev.liftSteps()...)
}

func (ev *evaluation) factorSteps() []Contribution {
	r := ev.pack.rubric
	var out []Contribution
	for i, n := range r.points(ev.readings) {
		rd := ev.readings[i]
		f := r.Factors[rd.factor]
		d := f.Inputs[rd.input]
		c := Contribution{
			Kind: "factor", Name: f.ID + "." + d.ID, Input: rd.shown, Value: round4(rd.height), Weight: d.Weight,
			Points: float64(n) / 100, Unknown: rd.unknown, Reason: d.Title + ". " + d.Why,
		}
		if rd.unknown {
			c.Reason = d.Title + ": nobody answered " + some(rd.missing) + ", so it counts as the worst case. " + d.Ask
		} else if rd.element != "integration" {
			c.Input += " on " + rd.element
		}
		out = append(out, c)
	}
	return out
}

func (ev *evaluation) floorSteps() []Contribution {
	var sum int64
	for _, n := range ev.pack.rubric.points(ev.readings) {
		sum += n
	}
	floors := slices.Clone(ev.floors)
	slices.SortStableFunc(floors, func(a, b fallen) int { return cmp.Compare(b.def.Least, a.def.Least) })
	var out []Contribution
	for i, f := range floors {
		c := Contribution{Kind: "floor", Name: f.def.ID, Input: f.element, Value: 1, Weight: f.def.Least, Unknown: f.unknown}
		c.Reason = fmt.Sprintf("At least %v: %s", f.def.Least, f.def.Why)
		if f.unknown {
			c.Reason = fmt.Sprintf("At least %v, because nobody answered %s: %s", f.def.Least, some(f.missing), f.def.Why)
		}
		if i == 0 {
			c.Points = float64(max(0, hundredths(100*f.def.Least)-sum)) / 100
		}
		out = append(out, c)
	}
	return out
}

func (ev *evaluation) controlSteps() []Contribution {
	members := ev.group.members()
	var weights float64
	for _, m := range members {
		weights += m.weight
	}
	raw := make([]float64, len(members))
	total := hundredths(100*ev.score.Inherent) - hundredths(100*ev.unlifted)
	for i, m := range members {
		raw[i] = float64(total) * ev.strengths[m.index] * m.weight / max(weights*ev.group.strength, 1e-12)
	}
	var out []Contribution
	for i, n := range apportion(raw) {
		m := members[i]
		s := ev.stands[m.index]
		w := s.worst()
		c := Contribution{
			Kind: "control", Name: s.def.ID, Input: string(w.known), Value: round4(ev.strengths[m.index]), Weight: m.weight,
			Points: float64(-n) / 100, Unknown: w.applies && w.value == nil, Reason: s.def.Title + ". " + w.because,
		}
		if !w.applies {
			c.Input = "does not apply"
		}
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b Contribution) int {
		return cmp.Or(cmp.Compare(a.Points, b.Points), strings.Compare(a.Name, b.Name))
	})
	return out
}

func (ev *evaluation) liftSteps() []Contribution {
	lifts := slices.Clone(ev.lifts)
	slices.SortStableFunc(lifts, func(a, b lifted) int { return cmp.Compare(b.def.Least, a.def.Least) })
	var out []Contribution
	for i, l := range lifts {
		c := Contribution{Kind: "lift", Name: l.def.ID, Input: some(l.refs), Value: 1, Weight: l.def.Least, Unknown: l.def.Unknown}
		c.Reason = fmt.Sprintf("At least %v: %s", l.def.Least, l.def.Why)
		if i == 0 {
			c.Points = float64(hundredths(100*ev.score.Residual)-hundredths(100*ev.unlifted)) / 100
		}
		out = append(out, c)
	}
	return out
}

// controls tells how each control stands, sorted by id.
func (ev *evaluation) controls() []Control {
	var out []Control
	for i, s := range ev.stands {
		w := s.worst()
		d := s.def
		c := Control{
			ID: d.ID, Title: d.Title, Domain: d.Domain, Criterion: d.Criterion,
			Required: d.requiredIn(ev.score.Tier) && ev.inAnyList(i), Applies: w.applies,
			Value: w.value, Known: w.known, Confidence: w.confidence, Weight: d.Weight, Verdict: w.verdict,
			Element: w.element, Missing: w.missing, Because: w.because,
			Frameworks: d.Frameworks, Settles: d.Settles, Owner: d.Owner, Technical: d.Technical, Why: d.Why,
			Stated: s.stated(),
		}
		if !w.applies {
			one := 1.0
			c.Value, c.Confidence = &one, 1
		}
		out = append(out, c)
	}
	return out
}

// inAnyList reports whether a control is about anything in this integration.
func (ev *evaluation) inAnyList(i int) bool {
	s := ev.stands[i]
	return s.def.Per != flow.OnInterface || len(s.on) > 0
}

// some lists a few words and says how many more there are.
func some(words []string) string {
	const most = 4
	if len(words) <= most {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:most], ", "), len(words)-most)
}

func round4(x float64) float64 { return math.Round(x*10000) / 10000 }
