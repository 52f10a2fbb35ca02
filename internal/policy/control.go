package policy

import (
	"errors"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/expr"
	"drawbridge/internal/flow"
)

// ControlDef is one control as the pack's file describes it.
type ControlDef struct {
	ID           string                     `yaml:"id" json:"id"`
	Version      int                        `yaml:"version" json:"version"`
	Title        string                     `yaml:"title" json:"title"`
	Domain       string                     `yaml:"domain" json:"domain"`
	Criterion    string                     `yaml:"criterion" json:"criterion"`           // in words, measurable
	Per          flow.ElementKind           `yaml:"per" json:"per"`                       // interface, flow or integration
	Kinds        []drawbridge.InterfaceKind `yaml:"kinds" json:"kinds,omitempty"`         // of interface that it is about; none means all
	Direction    drawbridge.Direction       `yaml:"direction" json:"direction,omitempty"` // that it is about; none means both
	Applies      string                     `yaml:"applies" json:"applies,omitempty"`     // CEL over structure; unknown counts as yes
	Holds        string                     `yaml:"holds" json:"holds"`                   // CEL, three-valued
	Weight       float64                    `yaml:"weight" json:"weight"`
	Why          string                     `yaml:"why" json:"why"` // why the weight
	RequiredFrom drawbridge.Tier            `yaml:"required_from" json:"required_from"`
	Technical    bool                       `yaml:"technical" json:"technical"` // a live test can settle it
	Owner        string                     `yaml:"owner" json:"owner"`         // role that answers for it
	Frameworks   []string                   `yaml:"frameworks" json:"frameworks"`
	Settles      []string                   `yaml:"settles" json:"settles"`
	Cases        map[string]Case            `yaml:"cases" json:"-"`

	applies, holds *condition
}

// Case is a flat set of facts with which a control is tried. Structure facts
// that it leaves out are neutral, all others unknown.
type Case map[string]any

// The names of a control's cases.
const (
	CaseHolds  = "holds"  // the control is in place
	CaseFails  = "fails"  // it is not
	CaseAsks   = "asks"   // nobody said
	CaseSpares = "spares" // it does not apply
)

// requiredIn reports whether the tier requires the control.
func (c *ControlDef) requiredIn(t drawbridge.Tier) bool {
	return rank(c.RequiredFrom) >= 0 && rank(c.RequiredFrom) <= rank(t)
}

// about reports whether the control speaks of elements like this one, whatever
// the data on them.
func (c *ControlDef) about(v *view, e int) bool {
	if v.elements[e].Kind != c.Per {
		return false
	}
	return (len(c.Kinds) == 0 || slices.Contains(c.Kinds, drawbridge.InterfaceKind(v.kinds[e]))) &&
		(c.Direction == "" || drawbridge.Direction(v.directions[e]) == c.Direction)
}

func (c *ControlDef) compile(file string) error {
	bad := func(format string, args ...any) error {
		return drawbridge.Errorf(drawbridge.Invalid, file+": "+format, args...)
	}
	switch {
	case !validName(c.ID):
		return bad("id %q must be lower-case letters, digits and hyphens", c.ID)
	case c.Version < 1:
		return bad("version must be 1 or more")
	case c.Title == "" || c.Criterion == "" || c.Why == "" || c.Domain == "" || c.Owner == "":
		return bad("title, domain, criterion, why and owner must be filled in")
	case c.Per != flow.OnInterface && c.Per != flow.OnFlow && c.Per != flow.OnIntegration:
		return bad("per is %q; write interface, flow or integration", c.Per)
	case !validWeight(c.Weight):
		return bad("weight is %v; it must be above 0 and at most 100", c.Weight)
	case rank(c.RequiredFrom) < 0:
		return bad("required_from is %q; write low, medium, high or critical", c.RequiredFrom)
	case c.Direction != "" && c.Direction != drawbridge.Inbound && c.Direction != drawbridge.Outbound:
		return bad("direction is %q; write inbound or outbound", c.Direction)
	case len(c.Cases) > maxCasesPerFile:
		return bad("%d cases; at most %d are accepted", len(c.Cases), maxCasesPerFile)
	}
	for _, k := range c.Kinds {
		if !slices.Contains(drawbridge.InterfaceKinds(), k) {
			return bad("kind %q is not known", k)
		}
	}
	var err error
	if c.holds, err = compileFact(file, "holds", c.Holds, expr.Bool); err != nil {
		return err
	}
	if c.Applies != "" {
		c.applies, err = compileFact(file, "applies", c.Applies, expr.Bool)
	}
	return err
}

// Reads returns the facts that the control's expressions name, sorted.
func (c *ControlDef) Reads() []string {
	out := slices.Clone(c.holds.vars())
	if c.applies != nil {
		out = append(out, c.applies.vars()...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// validWeight reports whether a weight is a number above 0 and at most 100.
func validWeight(w float64) bool { return w > 0 && w <= 100 }

// compileFact checks an expression over the facts.
func compileFact(file, key, src string, want ...expr.Type) (*condition, error) {
	return compileIn(factEnv(), file, key, src, want...)
}

func compileIn(env *expr.Env, file, key, src string, want ...expr.Type) (*condition, error) {
	p, err := env.Compile(src)
	if err != nil {
		if e, ok := errors.AsType[*expr.Error](err); ok {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "%s: %s: %s in %q", file, key, e.Error(), src)
		}
		return nil, err
	}
	if !slices.Contains(want, p.Type()) {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s: %s gives %s; it must give %s: %q", file, key, typeName(p.Type()), typeNames(want), src)
	}
	return ready(p), nil
}

func typeName(t expr.Type) string {
	if t == "" {
		return "something else"
	}
	return string(t)
}

func typeNames(types []expr.Type) string {
	var out []string
	for _, t := range types {
		out = append(out, string(t))
	}
	return strings.Join(out, " or ")
}
