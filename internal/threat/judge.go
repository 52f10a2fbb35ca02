package threat

import (
	"fmt"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/expr"
)

// verdict is what a rule says about one set of facts.
type verdict struct {
	state   drawbridge.ThreatState
	decided []string // facts that the answer rests on, in the order they were read
	unknown []string // facts that keep it open, sorted
	applies expr.Result
	unless  expr.Result
	err     error // of an expression that could not be evaluated; it counts as unknown
}

// judge evaluates a rule: applies first, then unless.
func (rule *Rule) judge(lookup expr.Lookup) verdict {
	v := verdict{state: drawbridge.ThreatNotApplicable}
	gate, err := rule.gate.get()
	if err != nil {
		v.err = err
		return v
	}
	v.applies, v.err = gate.Eval(lookup)
	if v.applies.False() {
		v.decided = decisive(gate, lookup, v.applies)
		return v
	}
	hold, err := rule.prog.get()
	if err != nil {
		v.err = err
		return v
	}
	v.unless, err = hold.Eval(lookup)
	if v.err == nil {
		v.err = err
	}
	v.decided = decisive(gate, lookup, v.applies)
	for _, name := range decisive(hold, lookup, v.unless) {
		if !slices.Contains(v.decided, name) {
			v.decided = append(v.decided, name)
		}
	}
	switch {
	case v.unless.True():
		v.state = drawbridge.ThreatMitigated
	case v.unless.False() && v.applies.Known:
		v.state = drawbridge.ThreatOpen
	default:
		v.state = drawbridge.ThreatNeedsAnswer
		v.unknown = slices.Concat(v.applies.Unknown, v.unless.Unknown)
		slices.Sort(v.unknown)
		v.unknown = slices.Compact(v.unknown)
	}
	return v
}

// decisive returns the known facts on which a result rests: those without
// which it would be another one. When no single fact decides, because several
// lead to it each on its own, it returns every known fact that was read. Of a
// result that is still open it returns every known fact that was read.
func decisive(p *expr.Program, lookup expr.Lookup, r expr.Result) []string {
	var known, single []string
	for _, name := range r.Read {
		if _, ok := lookup(name); !ok {
			continue
		}
		known = append(known, name)
		if !r.Known {
			continue
		}
		without, err := p.Eval(func(n string) (any, bool) {
			if n == name {
				return nil, false
			}
			return lookup(n)
		})
		if err != nil || !without.Known {
			single = append(single, name)
		}
	}
	if len(single) > 0 {
		return single
	}
	return known
}

// explain says what each expression gave, for the person who writes a rule.
func (v verdict) explain() string {
	var parts []string
	say := func(name string, r expr.Result) {
		switch {
		case r.Known:
			parts = append(parts, fmt.Sprintf("%s is %v", name, r.Value))
		case len(r.Unknown) > 0:
			parts = append(parts, fmt.Sprintf("%s is unknown: %s", name, strings.Join(r.Unknown, ", ")))
		}
	}
	say("applies", v.applies)
	if !v.applies.False() {
		say("unless", v.unless)
	}
	if v.err != nil {
		parts = append(parts, v.err.Error())
	}
	return strings.Join(parts, "; ")
}
