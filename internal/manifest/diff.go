package manifest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// ChangeKind says what a change does to what was judged.
type ChangeKind string

// The kinds of change.
const (
	Widening  ChangeKind = "widening"  // an approval does not cover it
	Narrowing ChangeKind = "narrowing" // an approval covers it
	Neutral   ChangeKind = "neutral"   // it has no bearing on the approval
)

// Change is one difference between two versions of an integration.
type Change struct {
	Kind ChangeKind `json:"kind"`
	Key  string     `json:"key"`           // keys of the partner's file start with "partner."
	Old  string     `json:"old,omitempty"` // empty when it was not stated
	New  string     `json:"new,omitempty"` // empty when it is not stated any more
	Why  string     `json:"why"`
}

// Diff lists what differs from old to new, sorted by key, each change judged by
// the one table of rules. What is no longer stated is a widening, because
// unknown counts as the worst case; what is stated for the first time is a
// narrowing, except where it adds something that was not there.
func Diff(old, new *Bundle) []Change {
	d := &differ{}
	d.object("", "", reflect.ValueOf(*old.Integration), reflect.ValueOf(*new.Integration))
	a, b := Partner{}, Partner{}
	if old.Partner != nil {
		a = *old.Partner
	}
	if new.Partner != nil {
		b = *new.Partner
	}
	d.object("partner.", "partner.", reflect.ValueOf(a), reflect.ValueOf(b))
	d.specs(old, new)
	slices.SortFunc(d.changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Old, b.Old), cmp.Compare(a.New, b.New))
	})
	return d.changes
}

// Widens reports whether any change is a widening.
func Widens(changes []Change) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return c.Kind == Widening })
}

var ruleTable = sync.OnceValue(func() map[string]rule {
	out := map[string]rule{}
	for _, list := range [][]rule{rules, safeguardRules} {
		for _, r := range list {
			if _, ok := out[r.key]; ok {
				panic("manifest: two rules for " + r.key)
			}
			out[r.key] = r
		}
	}
	return out
})

type differ struct{ changes []Change }

func (d *differ) add(kind ChangeKind, key, old, new, why string) {
	d.changes = append(d.changes, Change{kind, key, old, new, why})
}

// object compares two structs. key is written with ids, pattern with [].
func (d *differ) object(key, pattern string, a, b reflect.Value) {
	for i := range shapeOf(a.Type()).fields {
		f := &shapeOf(a.Type()).fields[i]
		d.value(key+f.name, pattern+f.name, a.Field(f.index), b.Field(f.index))
	}
}

func (d *differ) value(key, pattern string, a, b reflect.Value) {
	switch {
	case a.Type() == typeSafeguards:
		d.safeguards(key, pattern, a, b)
	case a.Kind() == reflect.Struct:
		d.object(key+".", pattern+".", a, b)
	case a.Kind() == reflect.Slice:
		d.list(key, pattern+"[]", a, b)
	default:
		d.single(key, ruleTable()[pattern], a, b)
	}
}

func (d *differ) safeguards(key, pattern string, a, b reflect.Value) {
	old, new := a.Interface().(Safeguards), b.Interface().(Safeguards)
	keys := maps.Clone(old)
	if keys == nil {
		keys = Safeguards{}
	}
	maps.Copy(keys, new)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		r, ok := ruleTable()[pattern+"."+k]
		if !ok {
			r = ownSafeguard(keys[k])
		}
		x, y := reflect.ValueOf(old[k]), reflect.ValueOf(new[k])
		if x.IsValid() && y.IsValid() && x.Type() != y.Type() {
			d.single(key+"."+k, rule{how: moved, wider: "the value is of another type"}, x, y)
		} else if reflect.ValueOf(keys[k]).Kind() == reflect.Slice {
			d.words(key+"."+k, r, orEmpty(x), orEmpty(y))
		} else {
			d.single(key+"."+k, r, x, y)
		}
	}
}

func orEmpty(v reflect.Value) reflect.Value {
	if !v.IsValid() {
		return reflect.ValueOf([]string(nil))
	}
	return v
}

// single compares two values that are not lists. An invalid reflect.Value, a
// nil pointer and an empty text mean that nothing is stated.
func (d *differ) single(key string, r rule, a, b reflect.Value) {
	x, y := plainValue(a), plainValue(b)
	if reflect.DeepEqual(x, y) {
		return
	}
	old, new := show(x), show(y)
	sign := r.compare(x, y)
	switch {
	case r.how == neutral:
		d.add(Neutral, key, old, new, "it decides nothing")
	case x == nil:
		d.add(Narrowing, key, old, new, "it was unknown and is stated now")
	case y == nil:
		d.add(Widening, key, old, new, "it is not stated any more, and unknown counts as the worst case")
	case sign > 0:
		d.add(Widening, key, old, new, r.wider)
	case sign < 0:
		d.add(Narrowing, key, old, new, r.narrower)
	default:
		d.add(Neutral, key, old, new, "one is as good as the other")
	}
}

// compare returns 1 when going from x to y widens, -1 when it narrows. Both are
// stated and differ.
func (r rule) compare(x, y any) int {
	if x == nil || y == nil {
		return 0
	}
	switch r.how {
	case more, less, moreZero:
		sign := order(x, y)
		if r.how == less {
			return -sign
		}
		if r.how == moreZero {
			if isZero(x) {
				return -1
			}
			if isZero(y) {
				return 1
			}
		}
		return sign
	case ranked:
		return -cmp.Compare(r.rank(y), r.rank(x))
	case holds, opens:
		sign := 1
		if y == true {
			sign = -1
		}
		if r.how == opens {
			return -sign
		}
		return sign
	case moved:
		return 1
	default:
		return 0
	}
}

// rank is the place of a word in the rule's order; words that the order lacks
// are the widest.
func (r rule) rank(word any) int {
	for i, group := range strings.Split(r.order, " < ") {
		if slices.Contains(strings.Split(group, " = "), fmt.Sprint(word)) {
			return i + 1
		}
	}
	return 0
}

// order returns 1 when y is greater than x.
func order(x, y any) int {
	switch a := x.(type) {
	case int64:
		return cmp.Compare(y.(int64), a)
	case float64:
		return cmp.Compare(y.(float64), a)
	case string: // days, written so that the order of texts is theirs
		return cmp.Compare(y.(string), a)
	case fmt.Stringer: // spans and sizes
		return cmp.Compare(reflect.ValueOf(y).Int(), reflect.ValueOf(x).Int())
	}
	return 0
}

func isZero(x any) bool { return reflect.ValueOf(x).IsZero() }

// plainValue returns what is stated: a bool, int64, float64, Span, Size, string
// or map, or nil.
func plainValue(v reflect.Value) any {
	if !v.IsValid() {
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return plainValue(v.Elem())
	case reflect.String:
		if v.String() == "" {
			return nil
		}
		return v.String()
	case reflect.Map:
		if v.Len() == 0 {
			return nil
		}
		return v.Interface()
	case reflect.Int64:
		if v.Type() == reflect.TypeFor[int64]() {
			return v.Int()
		}
	default: // bools, numbers, spans and sizes
	}
	return v.Interface()
}

func show(x any) string {
	if x == nil {
		return ""
	}
	if v := reflect.ValueOf(x); v.Kind() == reflect.Map {
		data, _ := json.Marshal(x) // keys and values are texts
		return string(data)
	}
	return fmt.Sprint(x)
}

// list compares two lists, items matched by their keys.
func (d *differ) list(key, pattern string, a, b reflect.Value) {
	r := ruleTable()[pattern]
	if shapeOf(a.Type().Elem()) == nil {
		d.words(key, r, a, b)
		return
	}
	if d.unknown(key, r, a, b) {
		return
	}
	old, new := itemKeys(a), itemKeys(b)
	place := make(map[string]int, len(new))
	for i, k := range new {
		place[k] = i
	}
	for i, k := range old {
		at := key + "[" + k + "]"
		if j, ok := place[k]; ok {
			d.object(at+".", pattern+".", a.Index(i), b.Index(j))
			delete(place, k)
		} else {
			d.item(r, at, k, "")
		}
	}
	for k := range place {
		d.item(r, key+"["+k+"]", "", k)
	}
}

// words compares two sets of words.
func (d *differ) words(key string, r rule, a, b reflect.Value) {
	if d.unknown(key, r, a, b) {
		return
	}
	left := map[string]bool{}
	for i := range b.Len() {
		left[b.Index(i).String()] = true
	}
	for i := range a.Len() {
		if w := a.Index(i).String(); left[w] {
			delete(left, w)
		} else {
			d.item(r, key+"["+w+"]", w, "")
		}
	}
	for w := range left {
		d.item(r, key+"["+w+"]", "", w)
	}
}

// unknown reports the step between "nothing stated" and a stated list, where
// the first counts as the worst case or where the lists hold nothing.
func (d *differ) unknown(key string, r rule, a, b reflect.Value) bool {
	if a.IsNil() == b.IsNil() || r.how != known && a.Len()+b.Len() > 0 {
		return false
	}
	kind, why := Narrowing, "it was unknown and is stated now"
	if b.IsNil() {
		kind, why = Widening, "it is not stated any more, and unknown counts as the worst case"
	}
	if r.how == neutral {
		kind, why = Neutral, "it decides nothing"
	}
	d.add(kind, key, showList(a), showList(b), why)
	return true
}

func showList(v reflect.Value) string {
	if v.IsNil() {
		return ""
	}
	keys := itemKeys(v)
	slices.Sort(keys)
	return "[" + strings.Join(keys, ", ") + "]"
}

// item reports an item that only one of the lists has.
func (d *differ) item(r rule, key, old, new string) {
	added := old == ""
	switch {
	case r.how == neutral:
		d.add(Neutral, key, old, new, "it decides nothing")
	case r.how == moved, added == (r.how == items || r.how == known):
		d.add(Widening, key, old, new, r.wider)
	default:
		d.add(Narrowing, key, old, new, r.narrower)
	}
}

// specs reports specifications whose content changed under the same name.
func (d *differ) specs(old, new *Bundle) {
	for _, i := range new.Integration.Interfaces {
		x, y := old.Inputs[i.Spec], new.Inputs[i.Spec]
		if x != "" && y != "" && x != y {
			d.add(Neutral, "interfaces["+i.ID+"].spec", x, y, "the specification's text changed; its meaning is in the operations and the data")
		}
	}
}
