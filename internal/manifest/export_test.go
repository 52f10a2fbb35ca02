package manifest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// RuleGaps lists where the table of rules and the format differ.
func RuleGaps() []string {
	var out []string
	want := map[string]*field{}
	collect(reflect.TypeFor[Integration](), "", want)
	collect(reflect.TypeFor[Partner](), "partner.", want)
	for key := range want {
		if _, ok := ruleTable()[key]; !ok {
			out = append(out, "no rule for "+key)
		}
	}
	for key, r := range ruleTable() {
		f, ok := want[key]
		switch {
		case !ok:
			out = append(out, "a rule for no key: "+key)
		case r.how != neutral && r.wider == "":
			out = append(out, "no reason for "+key)
		case r.how != neutral && r.how != moved && r.narrower == "":
			out = append(out, "no reason for narrowing "+key)
		case r.how == ranked:
			words := strings.FieldsFunc(r.order, func(c rune) bool { return c == '<' || c == '=' || c == ' ' })
			a, b := slices.Sorted(slices.Values(words)), slices.Sorted(slices.Values(f.enum))
			if !slices.Equal(a, b) {
				out = append(out, fmt.Sprintf("the order of %s is %v, the words are %v", key, a, b))
			}
		}
	}
	slices.Sort(out)
	return out
}

func collect(t reflect.Type, prefix string, out map[string]*field) {
	for i := range shapeOf(t).fields {
		f := &shapeOf(t).fields[i]
		key := prefix + f.name
		switch {
		case f.key:
		case f.typ == typeSafeguards:
			for _, d := range SafeguardDefs() {
				k := key + "." + d.Key
				out[k] = &field{enum: d.Values}
			}
		case f.typ.Kind() == reflect.Struct:
			collect(f.typ, key+".", out)
		case f.typ.Kind() == reflect.Slice:
			out[key+"[]"] = f
			if f.typ.Elem().Kind() == reflect.Struct {
				collect(f.typ.Elem(), key+"[].", out)
			}
		default:
			out[key] = f
		}
	}
}
