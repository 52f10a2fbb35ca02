package policy

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/expr"
	"drawbridge/internal/flow"
)

// CaseResult is the outcome of one example of a pack.
type CaseResult struct {
	Part string `json:"part"` // control, rubric, gate
	ID   string `json:"id"`
	Case string `json:"case"`
	Pass bool   `json:"pass"`
	Want string `json:"want"`
	Got  string `json:"got"`
}

// CaseReport is the outcome of every example of a pack.
type CaseReport struct {
	Pack   string       `json:"pack"`
	Cases  []CaseResult `json:"cases"`
	Failed int          `json:"failed"`
}

// Test runs the examples that the pack brings itself: the cases of its
// controls, the worked examples of its rubric, and those of its gate.
func (p *Pack) Test() (*CaseReport, error) {
	r := &CaseReport{Pack: p.Method(), Cases: []CaseResult{}}
	for _, c := range p.controls {
		if !p.own[c.ID] {
			continue
		}
		for _, name := range []string{CaseHolds, CaseFails, CaseAsks, CaseSpares} {
			facts, ok := c.Cases[name]
			if !ok {
				if name == CaseHolds || name == CaseFails {
					r.add(CaseResult{Part: "control", ID: c.ID, Case: name, Want: "a case", Got: "none"})
				}
				continue
			}
			got, err := c.tryCase(facts)
			if err != nil {
				got = err.Error()
			}
			r.add(CaseResult{Part: "control", ID: c.ID, Case: name, Pass: got == name, Want: name, Got: got})
		}
		for _, name := range sortedKeys(c.Cases) {
			if !slices.Contains([]string{CaseHolds, CaseFails, CaseAsks, CaseSpares}, name) {
				r.add(CaseResult{Part: "control", ID: c.ID, Case: name, Want: "holds, fails, asks or spares", Got: name})
			}
		}
	}
	if p.ownRubric {
		for _, e := range p.rubric.Examples {
			r.add(p.tryExample(e))
		}
	}
	if p.ownGate {
		for _, e := range p.gate.Examples {
			r.add(p.tryGate(e))
		}
	}
	return r, nil
}

func (r *CaseReport) add(c CaseResult) {
	if !c.Pass {
		r.Failed++
	}
	r.Cases = append(r.Cases, c)
}

// tryCase says how a control stands by the facts of one case: in the words of
// the case names.
func (c *ControlDef) tryCase(facts Case) (string, error) {
	f, err := newCaseFacts(facts)
	if err != nil {
		return "", err
	}
	v := newView(f, nil)
	e := slices.IndexFunc(v.elements, func(e flow.Element) bool { return e.Kind == c.Per })
	if !c.about(v, e) {
		return CaseSpares, nil
	}
	s, err := c.stand(v, e)
	switch {
	case err != nil:
		return "", err
	case !s.applies:
		return CaseSpares, nil
	case s.value == nil:
		return CaseAsks, nil
	case s.claim:
		return CaseHolds, nil
	default:
		return CaseFails, nil
	}
}

// Worked is a worked example of the rubric with what comes out.
type Worked struct {
	Example RubricExample
	Score   Score
}

// Work counts one worked example, without threats, transfers or results.
func (p *Pack) Work(e RubricExample) (Worked, error) {
	f, err := newCaseFacts(e.Facts)
	if err != nil {
		return Worked{}, fmt.Errorf("example %q: %w", e.Name, err)
	}
	ev, err := p.evaluate(Input{Facts: f, AsOf: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		return Worked{}, err
	}
	ev.score.Contributions = ev.waterfall()
	return Worked{e, ev.score}, nil
}

func (p *Pack) tryExample(e RubricExample) CaseResult {
	r := CaseResult{Part: "rubric", ID: "inherent", Case: e.Name}
	if e.Inherent == nil {
		r.Want, r.Got = "inherent", "no figure"
		return r
	}
	r.Want = fmt.Sprintf("%.2f %s", *e.Inherent, e.Tier)
	w, err := p.Work(e)
	if err != nil {
		r.Got = err.Error()
		return r
	}
	r.Got = fmt.Sprintf("%.2f %s", w.Score.Inherent, w.Score.Tier)
	r.Pass = math.Abs(w.Score.Inherent-*e.Inherent) < 0.005 && w.Score.Tier == e.Tier
	return r
}

func (p *Pack) tryGate(e GateExample) CaseResult {
	r := CaseResult{Part: "gate", ID: "outcome", Case: e.Name, Want: string(e.Outcome) + " " + strings.Join(e.Rules, " ")}
	in := newGateInput()
	types := map[string]GateVar{}
	for _, v := range GateVars() {
		types[v.Name] = v
	}
	for _, name := range sortedKeys(e.Input) {
		v, ok := types[name]
		if !ok {
			r.Got = fmt.Sprintf("%q is not in the gate's input", name)
			return r
		}
		value, err := typed(v.Type, e.Input[name])
		if err != nil {
			r.Got = name + ": " + err.Error()
			return r
		}
		in.set(name, value)
	}
	spoken, err := p.gate.speak(in)
	if err != nil {
		r.Got = err.Error()
		return r
	}
	outcome := drawbridge.Go
	var ids []string
	for _, s := range spoken {
		outcome = worse(outcome, s.Outcome)
		ids = append(ids, s.ID)
	}
	r.Got = string(outcome) + " " + strings.Join(ids, " ")
	r.Pass = r.Got == r.Want
	return r
}

// ExampleFacts returns the facts of an example: one integration with one
// interface, called example, and one flow.
func ExampleFacts(c Case) (Facts, error) { return newCaseFacts(c) }

// caseFacts are the facts of one example: one integration with one interface
// and one flow, all of which have the same facts.
type caseFacts map[string]any

func newCaseFacts(c Case) (caseFacts, error) {
	out := caseFacts{}
	for _, d := range flow.Vocabulary() {
		if d.Structure {
			out[d.Name] = d.Neutral()
		}
	}
	for _, name := range sortedKeys(c) {
		i, ok := flow.FactIndex(name)
		if !ok {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "%q is not a fact", name)
		}
		if c[name] == "unknown" || c[name] == nil {
			delete(out, name)
			continue
		}
		v, err := typed(flow.Vocabulary()[i].Type, c[name])
		if err != nil {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "%s: %w", name, err)
		}
		out[name] = v
	}
	return out, nil
}

// typed turns a value of the YAML into the Go type of a fact.
func typed(t expr.Type, v any) (any, error) {
	switch t {
	case expr.Bool:
		if b, ok := v.(bool); ok {
			return b, nil
		}
	case expr.Int:
		if n, ok := whole(v); ok {
			return n, nil
		}
	case expr.Double:
		if n, ok := whole(v); ok {
			return float64(n), nil
		}
		if f, ok := v.(float64); ok {
			return f, nil
		}
	case expr.Text:
		if s, ok := v.(string); ok {
			return s, nil
		}
	case expr.List:
		if list, ok := v.([]any); ok {
			out := make([]string, 0, len(list))
			for _, x := range list {
				s, ok := x.(string)
				if !ok {
					return nil, fmt.Errorf("%v is no text", x)
				}
				out = append(out, s)
			}
			return out, nil
		}
	case expr.Span:
		if s, ok := v.(string); ok {
			span, err := drawbridge.ParseSpan(s)
			return span.Duration(), err
		}
	case expr.Size:
		if s, ok := v.(string); ok {
			size, err := drawbridge.ParseSize(s)
			return int64(size), err
		}
	}
	return nil, fmt.Errorf("%v is not of type %s", v, t)
}

func whole(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case int:
		return int64(v), true
	case uint64:
		return int64(min(v, math.MaxInt64)), true // #nosec G115 -- bounded in the call
	default:
		return 0, false
	}
}

// Elements returns the three elements of an example.
func (f caseFacts) Elements() []flow.Element {
	return []flow.Element{
		{ID: "integration", Kind: flow.OnIntegration},
		{ID: "example", Kind: flow.OnInterface, Interface: "example"},
		{ID: "example-flow", Kind: flow.OnFlow, Interface: "example"},
	}
}

// Value returns a fact, the same for each element.
func (f caseFacts) Value(_ int, name string) flow.Fact {
	v, ok := f[name]
	return flow.Fact{Value: v, Known: ok, Source: drawbridge.Declared, Key: name}
}

// Get returns the bare value of a fact, nil when it is unknown.
func (f caseFacts) Get(_, fact int) any { return f[flow.FactAt(fact).Name] }

// Missing names the fact itself.
func (f caseFacts) Missing(_, fact int) []string { return []string{flow.FactAt(fact).Name} }
