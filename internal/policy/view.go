package policy

import (
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/expr"
	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
)

// view is how scoring sees the facts: what is said about data is unknown, not
// false, while somebody still owes us the data or its categories.
type view struct {
	facts    Facts
	elements []flow.Element
	blind    []bool // by element: data undeclared or uncategorised
	silent   []bool // by element: a flow does not say what moves
	memo     *expr.Memo
	brief    bool // nothing is told

	kinds, directions []string // by element: of its interface
}

// newView prepares the facts of one input.
func newView(facts Facts, b *manifest.Bundle) *view {
	v := &view{facts: facts, elements: facts.Elements(), memo: &expr.Memo{}}
	v.blind = make([]bool, len(v.elements))
	v.silent = make([]bool, len(v.elements))
	v.kinds, v.directions = make([]string, len(v.elements)), make([]string, len(v.elements))
	gaps := map[string]gap{}
	if b != nil && b.Integration != nil {
		gaps = dataGaps(b.Integration)
	}
	var all gap
	byInterface := map[string]gap{}
	for _, e := range v.elements {
		if e.Kind == flow.OnFlow {
			g := gaps[e.ID]
			all = all.or(g)
			byInterface[e.Interface] = byInterface[e.Interface].or(g)
		}
	}
	if b != nil && b.Integration != nil && len(b.Integration.Flows) == 0 {
		all = gap{true, true}
	}
	for i, e := range v.elements {
		var g gap
		switch e.Kind {
		case flow.OnFlow:
			g = gaps[e.ID]
		case flow.OnInterface:
			g = byInterface[e.ID]
		case flow.OnIntegration:
			g = all
		}
		v.blind[i], v.silent[i] = g.blind, g.silent
		v.kinds[i], _ = v.value(i, "iface.kind").(string)
		v.directions[i], _ = v.value(i, "iface.direction").(string)
		if b == nil { // a pack's own example says it in the facts
			n, _ := facts.Value(i, "integration.uncategorised").Value.(int64)
			v.blind[i] = n > 0
		}
	}
	return v
}

// gap is what a flow does not say about its data.
type gap struct{ blind, silent bool }

func (g gap) or(h gap) gap { return gap{g.blind || h.blind, g.silent || h.silent} }

func dataGaps(in *manifest.Integration) map[string]gap {
	out := make(map[string]gap, len(in.Flows))
	for _, f := range in.Flows {
		g := gap{silent: f.Data == nil, blind: f.Data == nil}
		for _, d := range f.Data {
			g.blind = g.blind || d.Category == ""
		}
		out[f.ID] = g
	}
	return out
}

// show writes the facts that an expression read as a person would: the name
// after the dot, and the value.
func (v *view) show(e int, names []string) string {
	if v.brief {
		return ""
	}
	const most = 3
	var out []string
	for _, name := range names {
		i, ok := flow.FactIndex(name)
		if !ok || name == "flow.personal" && len(names) > 1 {
			continue // it gates most inputs and tells little
		}
		if len(out) == most {
			out = append(out, "...")
			break
		}
		_, short, _ := strings.Cut(name, ".")
		out = append(out, strings.ReplaceAll(short, "_", " ")+" "+flow.FactAt(i).Show(v.facts.Value(e, name).Value))
	}
	return strings.Join(out, ", ")
}

// value returns the bare value of a fact, nil when it is unknown.
func (v *view) value(e int, name string) any {
	value, known := v.lookup(e)(name)
	if !known {
		return nil
	}
	return value
}

// lookup returns the facts of one element as expressions read them.
func (v *view) lookup(e int) expr.Lookup {
	return func(name string) (any, bool) {
		i, ok := flow.FactIndex(name)
		if !ok {
			return nil, false
		}
		value := v.facts.Get(e, i)
		if value == nil || v.hidden(e, name, value) {
			return nil, false
		}
		return value, true
	}
}

// eval evaluates an expression on one element, once for equal facts.
func (v *view) eval(c *condition, e int) (expr.Result, error) {
	p, err := c.load()
	if err != nil {
		return expr.Result{}, err
	}
	return v.memo.Eval(p, v.lookup(e))
}

// hidden reports whether a known value says too little because data is missing.
func (v *view) hidden(e int, name string, value any) bool {
	switch name {
	case "flow.level", "flow.raw_level":
		level, _ := value.(int64)
		return v.blind[e] && level < int64(drawbridge.LevelRestricted)
	case "flow.personal", "flow.special", "flow.secret", "flow.card", "flow.direct", "flow.linkable",
		"flow.free_text", "flow.sends", "flow.receives", "iface.carries_files":
		return v.blind[e] && value == false
	case "flow.elements", "flow.unneeded":
		return v.silent[e]
	default:
		return false
	}
}

// missing lists the manifest keys that would make the names known.
func (v *view) missing(e int, names []string) []string {
	var out []string
	for _, name := range names {
		if f := v.facts.Value(e, name); f.Known {
			out = append(out, f.Key) // hidden: its data is missing
			continue
		}
		if i, ok := flow.FactIndex(name); ok {
			out = append(out, v.facts.Missing(e, i)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// keys lists the manifest keys that the known names were read from.
func (v *view) keys(e int, names []string) []string {
	if v.brief {
		return nil
	}
	var out []string
	for _, name := range names {
		if f := v.facts.Value(e, name); f.Key != "" {
			out = append(out, f.Key)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
