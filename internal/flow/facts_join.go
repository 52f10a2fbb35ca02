package flow

import (
	"slices"
	"time"
)

// MaxMissing bounds the keys that [Facts.Missing] lists for one fact.
const MaxMissing = 20

// Missing returns the manifest keys that nobody answered and that keep a fact
// of an element unknown, in the order of their ids.
func (f *Facts) Missing(element, fact int) []string {
	s, own := f.slot(element, fact)
	if s.value != nil {
		return nil
	}
	d := f.voc.defs[fact]
	if d.Scope() == ScopeFile || own >= 0 {
		return f.unanswered(fact, own)
	}
	iface, _ := f.place(element)
	var out []string
	if d.Scope() == ScopeFlow {
		for i, x := range f.flows {
			if (iface < 0 || x.iface == iface) && f.flowOwn[i][f.voc.pos[fact]].value == nil && len(out) < MaxMissing {
				out = append(out, f.unanswered(fact, i)...)
			}
		}
		if len(out) == 0 {
			out = []string{"flows"}
		}
	} else {
		for i := range f.ifaces {
			if s := f.ifaceOwn[i][f.voc.pos[fact]]; s.value == nil && !s.moot && len(out) < MaxMissing {
				out = append(out, f.unanswered(fact, i)...)
			}
		}
		if len(out) == 0 {
			out = []string{"interfaces"}
		}
	}
	return out[:min(len(out), MaxMissing)]
}

// joined folds the values of several parts into one. slots holds, for each
// part in turn, the slot of every fact of the scope.
func (f *Facts) joined(scope Scope, parts []int, slots [][]slot) []slot {
	facts := f.voc.scoped[scope]
	out := make([]slot, len(facts))
	for pos, fact := range facts {
		if len(parts) == 0 {
			out[pos] = f.neutral(fact)
			continue
		}
		out[pos] = joinFact(f.voc.defs[fact], pos, parts, slots)
	}
	return out
}

// joinFact folds one fact over its parts; facts.yaml says how.
func joinFact(d FactDef, pos int, parts []int, slots [][]slot) slot {
	open := false
	acc := slot{part: noPart}
	for _, p := range parts {
		s := slots[p][pos]
		if s.value == nil {
			open = open || !s.moot
			continue
		}
		if acc.value == nil {
			acc = slot{value: s.value, source: s.source, part: int32(p)} // #nosec G115 -- bounded by the manifest
			continue
		}
		value, replaced := fold(d, acc.value, s.value)
		if replaced {
			acc.part, acc.source = int32(p), s.source // #nosec G115 -- bounded by the manifest
		} else {
			acc.source = max(acc.source, s.source)
		}
		acc.value = value
	}
	if open && !decided(d, acc.value) {
		return slot{part: noPart}
	}
	return acc
}

// fold joins two known values and says whether the second one decides.
func fold(d FactDef, a, b any) (any, bool) {
	switch d.Join {
	case "any":
		return a == true || b == true, a == false && b == true
	case "all":
		return a == true && b == true, a == true && b == false
	case "sum":
		return number(a) + number(b), false
	case "most":
		return pick(a, b, number(b) > number(a))
	case "least":
		return pick(a, b, number(b) < number(a))
	case "longest_or_zero":
		return pick(a, b, number(a) != 0 && (number(b) == 0 || number(b) > number(a)))
	case "least_or_zero":
		return pick(a, b, number(a) != 0 && number(b) < number(a))
	case "worst":
		return pick(a, b, rank(d, b) < rank(d, a))
	case "union":
		return union(a.([]string), b.([]string)), false
	case "common":
		return common(a.([]string), b.([]string)), false
	default: // same
		if a == b {
			return a, false
		}
		return Mixed, false
	}
}

// Mixed is the joined value of a text on which the parts do not agree.
const Mixed = "mixed"

// decided reports whether a joined value stands whatever the unknown parts are.
func decided(d FactDef, v any) bool {
	switch d.Join {
	case "any":
		return v == true
	case "all":
		return v == false
	case "worst":
		return v != nil && rank(d, v) <= 0
	case "longest_or_zero", "least_or_zero":
		return v != nil && number(v) == 0
	case "common":
		list, ok := v.([]string)
		return ok && len(list) == 0
	case "same":
		return v == Mixed
	default:
		return false
	}
}

func pick(a, b any, second bool) (any, bool) {
	if second {
		return b, true
	}
	return a, false
}

// number reads the numeric kinds; lengths of time count in nanoseconds.
func number(v any) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case time.Duration:
		return int64(v)
	default:
		return 0
	}
}

// rank returns the place of a text in the join's order, -1 when it is outside.
func rank(d FactDef, v any) int {
	s, _ := v.(string)
	return slices.Index(d.Order, s)
}

func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

func common(a, b []string) []string {
	out := []string{}
	for _, s := range a {
		if slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}

// compute fills every slot: the file's, each interface's, each flow's, and the
// joined ones.
func (f *Facts) compute() {
	f.file = make([]slot, len(f.voc.scoped[ScopeFile]))
	for pos, fact := range f.voc.scoped[ScopeFile] {
		f.file[pos] = f.fileSlot(fact)
	}
	f.ifaceOwn = make([][]slot, len(f.ifaces))
	for i, x := range f.ifaces {
		f.ifaceOwn[i] = make([]slot, len(f.voc.scoped[ScopeInterface]))
		for pos, fact := range f.voc.scoped[ScopeInterface] {
			f.ifaceOwn[i][pos] = f.ifaceSlot(x, fact)
		}
	}
	f.flowOwn = make([][]slot, len(f.flows))
	byIface := make([][]int, len(f.ifaces))
	all := make([]int, len(f.flows))
	for i, x := range f.flows {
		all[i] = i
		f.flowOwn[i] = make([]slot, len(f.voc.scoped[ScopeFlow]))
		for pos, fact := range f.voc.scoped[ScopeFlow] {
			f.flowOwn[i][pos] = f.flowSlot(x, fact)
		}
		if x.iface >= 0 {
			byIface[x.iface] = append(byIface[x.iface], i)
		}
	}
	f.ifaceFlow = make([][]slot, len(f.ifaces))
	ifaces := make([]int, len(f.ifaces))
	for i := range f.ifaces {
		ifaces[i] = i
		f.ifaceFlow[i] = f.joined(ScopeFlow, byIface[i], f.flowOwn)
	}
	f.allFlow = f.joined(ScopeFlow, all, f.flowOwn)
	f.allIface = f.joined(ScopeInterface, ifaces, f.ifaceOwn)
	for pos, fact := range f.voc.scoped[ScopeInterface] {
		if d := f.voc.defs[fact]; d.Name == "iface.kind" || d.Name == "iface.direction" {
			f.allIface[pos] = slot{value: "", part: noPart}
		}
	}
}
