package policy

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"drawbridge"
	"drawbridge/internal/expr"
	"drawbridge/internal/flow"
)

// Rubric is the method by which an integration's inherent risk is counted.
type Rubric struct {
	Version          int             `yaml:"version" json:"version"`
	ControlEffect    float64         `yaml:"control_effect" json:"control_effect"` // share of I that perfect controls take away
	WhyControlEffect string          `yaml:"why_control_effect" json:"why_control_effect"`
	Factors          []FactorDef     `yaml:"factors" json:"factors"`
	Floors           []FloorDef      `yaml:"floors" json:"floors"`
	Lifts            []LiftDef       `yaml:"lifts" json:"lifts"`
	Examples         []RubricExample `yaml:"examples" json:"-"`
}

// FactorDef is one of the things that make an integration risky.
type FactorDef struct {
	ID     string     `yaml:"id" json:"id"`
	Title  string     `yaml:"title" json:"title"`
	Weight float64    `yaml:"weight" json:"weight"`
	Why    string     `yaml:"why" json:"why"`
	Inputs []InputDef `yaml:"inputs" json:"inputs"`
}

// InputDef is one measured part of a factor.
type InputDef struct {
	ID     string           `yaml:"id" json:"id"`
	Title  string           `yaml:"title" json:"title"`
	Per    flow.ElementKind `yaml:"per" json:"per"`
	Value  string           `yaml:"value" json:"value"` // CEL: a number or a truth value
	Scale  string           `yaml:"scale" json:"scale,omitempty"`
	Curve  [][]float64      `yaml:"curve" json:"curve"`
	Weight float64          `yaml:"weight" json:"weight"`
	Why    string           `yaml:"why" json:"why"`
	Ask    string           `yaml:"ask" json:"ask,omitempty"`   // when nobody answered
	Act    string           `yaml:"act" json:"act,omitempty"`   // when the answer is a bad one
	Best   float64          `yaml:"best" json:"best,omitempty"` // what an answer can honestly reach

	value *condition
}

// FloorDef is a named least inherent risk.
type FloorDef struct {
	ID    string           `yaml:"id" json:"id"`
	Least float64          `yaml:"least" json:"least"`
	Per   flow.ElementKind `yaml:"per" json:"per"`
	When  string           `yaml:"when" json:"when"`
	Why   string           `yaml:"why" json:"why"`
	Ask   string           `yaml:"ask" json:"ask,omitempty"`

	when *condition
}

// LiftDef is a named least residual risk; it reads the gate's input.
type LiftDef struct {
	ID      string  `yaml:"id" json:"id"`
	Least   float64 `yaml:"least" json:"least"`
	Unknown bool    `yaml:"unknown" json:"unknown,omitempty"` // it stands for a missing answer
	When    string  `yaml:"when" json:"when"`
	Refs    string  `yaml:"refs" json:"refs,omitempty"`
	Why     string  `yaml:"why" json:"why"`
	Act     string  `yaml:"act" json:"act,omitempty"`

	when *condition
}

// RubricExample is a worked example: facts of one integration with one
// interface and one flow, and what comes out.
type RubricExample struct {
	Name     string          `yaml:"name"`
	Facts    Case            `yaml:"facts"`
	Inherent *float64        `yaml:"inherent"`
	Tier     drawbridge.Tier `yaml:"tier"`
}

func (r *Rubric) compile() error {
	bad := func(format string, args ...any) error {
		return drawbridge.Errorf(drawbridge.Invalid, "rubric.yaml: "+format, args...)
	}
	if !(r.ControlEffect >= 0 && r.ControlEffect <= 1) {
		return bad("control_effect is %v; it must be 0 to 1", r.ControlEffect)
	}
	if len(r.Factors) == 0 || len(r.Factors) > maxInputs || len(r.Floors) > maxRules || len(r.Lifts) > maxRules || len(r.Examples) > maxCasesPerFile {
		return bad("it needs 1 to %d factors and at most %d floors, %d lifts, %d examples", maxInputs, maxRules, maxRules, maxCasesPerFile)
	}
	seen := map[string]bool{}
	once := func(id string) error {
		if id == "" || seen[id] {
			return bad("the id %q is empty or stands twice", id)
		}
		seen[id] = true
		return nil
	}
	for i := range r.Factors {
		f := &r.Factors[i]
		if err := once(f.ID); err != nil {
			return err
		}
		if !validWeight(f.Weight) || f.Why == "" || len(f.Inputs) == 0 || len(f.Inputs) > maxInputs {
			return bad("factor %s needs a weight above 0 and at most 100, a why, and 1 to %d inputs", f.ID, maxInputs)
		}
		for j := range f.Inputs {
			if err := once(f.Inputs[j].ID); err != nil {
				return err
			}
			if err := f.Inputs[j].compile(); err != nil {
				return err
			}
		}
	}
	for i := range r.Floors {
		if err := errors.Join(once(r.Floors[i].ID), r.Floors[i].compile()); err != nil {
			return err
		}
	}
	for i := range r.Lifts {
		if err := errors.Join(once(r.Lifts[i].ID), r.Lifts[i].compile()); err != nil {
			return err
		}
	}
	return nil
}

func (f *FloorDef) compile() error {
	if !(f.Least >= 0 && f.Least <= 100) || f.Why == "" || !place(f.Per) {
		return drawbridge.Errorf(drawbridge.Invalid, "rubric.yaml: floor %s needs least from 0 to 100, a why, and per: integration, interface or flow", f.ID)
	}
	var err error
	f.when, err = compileFact("rubric.yaml", "floor "+f.ID, f.When, expr.Bool)
	return err
}

func (l *LiftDef) compile() error {
	if !(l.Least >= 0 && l.Least <= 100) || l.Why == "" || !gateList(l.Refs) {
		return drawbridge.Errorf(drawbridge.Invalid, "rubric.yaml: lift %s needs least from 0 to 100, a why, and refs that name a list of the gate's input", l.ID)
	}
	var err error
	l.when, err = compileIn(gateEnv(), "rubric.yaml", "lift "+l.ID, l.When, expr.Bool)
	return err
}

func (d *InputDef) compile() error {
	bad := func(format string, args ...any) error {
		return drawbridge.Errorf(drawbridge.Invalid, "rubric.yaml: input "+d.ID+": "+format, args...)
	}
	if !validWeight(d.Weight) || d.Why == "" || d.Title == "" || !place(d.Per) {
		return bad("it needs a title, a weight above 0 and at most 100, a why, and per: integration, interface or flow")
	}
	if d.Scale != "" && d.Scale != "log" && d.Scale != "linear" {
		return bad("scale is %q; write linear or log", d.Scale)
	}
	if len(d.Curve) < 2 || len(d.Curve) > 50 {
		return bad("the curve has %d points; 2 to 50 are accepted", len(d.Curve))
	}
	for i, pt := range d.Curve {
		switch {
		case len(pt) != 2 || math.IsNaN(pt[0]) || math.IsInf(pt[0], 0) || !(pt[1] >= 0 && pt[1] <= 1):
			return bad("point %d of the curve must be [input, 0..1]", i+1)
		case i > 0 && (pt[0] <= d.Curve[i-1][0] || pt[1] < d.Curve[i-1][1]):
			return bad("point %d of the curve must lie right of the one before and not below it, so that more is never better", i+1)
		case d.Scale == "log" && pt[0] <= 0:
			return bad("point %d of a logarithmic curve must lie above 0", i+1)
		}
	}
	if !(d.Best >= 0 && d.Best <= 1) {
		return bad("best is %v; it must be 0 to 1", d.Best)
	}
	var err error
	d.value, err = compileFact("rubric.yaml", "input "+d.ID, d.Value, expr.Bool, expr.Int, expr.Double, expr.Size)
	return err
}

func place(k flow.ElementKind) bool {
	return k == flow.OnIntegration || k == flow.OnInterface || k == flow.OnFlow
}

// each walks what holds an expression.
func (r *Rubric) each(input func(*InputDef), floor func(*FloorDef), lift func(*LiftDef)) {
	for i := range r.Factors {
		for j := range r.Factors[i].Inputs {
			input(&r.Factors[i].Inputs[j])
		}
	}
	for i := range r.Floors {
		floor(&r.Floors[i])
	}
	for i := range r.Lifts {
		lift(&r.Lifts[i])
	}
}

// At returns the height of the curve at x, 0..1. It never falls.
func (d *InputDef) At(x float64) float64 {
	pts := d.Curve
	if math.IsNaN(x) {
		return 1
	}
	if x <= pts[0][0] {
		return pts[0][1]
	}
	last := pts[len(pts)-1]
	if x >= last[0] {
		return last[1]
	}
	i := slices.IndexFunc(pts, func(p []float64) bool { return x < p[0] })
	a, b := pts[i-1], pts[i]
	from, to, at := a[0], b[0], x
	if d.Scale == "log" {
		from, to, at = math.Log10(from), math.Log10(to), math.Log10(at)
	}
	return a[1] + (b[1]-a[1])*min(1, max(0, (at-from)/(to-from)))
}

// reading is one input as it was read.
type reading struct {
	factor, input int
	height        float64 // 0..1
	unknown       bool
	shown         string // what was read, for people
	element       string
	missing       []string
	keys          []string
}

// read evaluates one input at every element that it is about; the worst counts.
func (d *InputDef) read(v *view) (reading, error) {
	out := reading{height: -1}
	for e, el := range v.elements {
		if el.Kind != d.Per {
			continue
		}
		r, err := v.eval(d.value, e)
		if err != nil {
			return out, fmt.Errorf("input %s: %w", d.ID, err)
		}
		if !r.Known {
			if !out.unknown {
				out = reading{height: 1, unknown: true, element: el.ID, shown: "unknown"}
			}
			if len(out.missing) <= maxMissing {
				out.missing = append(out.missing, v.missing(e, r.Unknown)...)
			}
			continue
		}
		if h := d.At(number(r.Value)); !out.unknown && h > out.height {
			out = reading{height: h, element: el.ID, shown: v.show(e, r.Read), keys: v.keys(e, r.Read)}
		}
	}
	if out.height < 0 {
		return reading{height: 1, unknown: true, element: "integration", shown: "unknown", missing: []string{string(d.Per) + "s"}}, nil
	}
	out.missing = tidy(out.missing, d.ID)
	return out, nil
}

// maxMissing bounds the manifest keys that one input, floor or control waits for.
const maxMissing = 200

// tidy sorts keys and cuts a long list; what was cut is marked with a word of
// its own, so that two lists that were cut never pass for each other.
func tidy(keys []string, id string) []string {
	slices.Sort(keys)
	keys = slices.Compact(keys)
	if len(keys) > maxMissing {
		return append(slices.Clone(keys[:maxMissing]), "~ more for "+id)
	}
	return keys
}

// number turns a result into the curve's input.
func number(v any) float64 {
	switch v := v.(type) {
	case bool:
		if v {
			return 1
		}
		return 0
	case int64:
		return float64(v)
	case float64:
		return v
	default:
		return math.NaN()
	}
}

// fallen is a floor that holds.
type fallen struct {
	def     *FloorDef
	unknown bool
	element string
	missing []string
	keys    []string
}

// fall evaluates the floors; one that nobody can decide holds.
func (r *Rubric) fall(v *view) ([]fallen, error) {
	var out []fallen
	for i := range r.Floors {
		d := &r.Floors[i]
		var best *fallen
		for e, el := range v.elements {
			if el.Kind != d.Per {
				continue
			}
			res, err := v.eval(d.when, e)
			if err != nil {
				return nil, fmt.Errorf("floor %s: %w", d.ID, err)
			}
			switch {
			case res.True():
				if best == nil || best.unknown {
					best = &fallen{def: d, element: el.ID, keys: v.keys(e, res.Read)}
				}
			case !res.Known:
				if best == nil {
					best = &fallen{def: d, unknown: true, element: el.ID}
				}
				if best.unknown && len(best.missing) <= maxMissing {
					best.missing = append(best.missing, v.missing(e, res.Unknown)...)
				}
			}
		}
		if best == nil && d.Per == flow.OnFlow && !slices.ContainsFunc(v.elements, func(e flow.Element) bool { return e.Kind == flow.OnFlow }) {
			best = &fallen{def: d, unknown: true, element: "integration", missing: []string{"flows"}}
		}
		if best != nil {
			best.missing = tidy(best.missing, d.ID)
			out = append(out, *best)
		}
	}
	return out, nil
}
