package manifest

import (
	"reflect"

	"drawbridge/internal/yaml"
)

// safeguards reads an interface's safeguards block by the definitions. Whether
// a key fits the interface's kind is checked later.
func (d *decoder) safeguards(n *yaml.Node, v reflect.Value, at *frame) {
	if n.Kind != yaml.Map {
		d.add(n, at, "write key: value", "an object is expected here, not %s", describe(n))
		return
	}
	out := Safeguards{}
	v.Set(reflect.ValueOf(out))
	for i := 0; i+1 < len(n.Children); i += 2 {
		key, value := &n.Children[i], n.Children[i+1].Resolve()
		step := &frame{up: at, name: key.Value}
		def, ok := findSafeguard(d.defs, key.Value)
		if !ok {
			d.add(key, step, didYouMean(key.Value, safeguardKeys(d.defs)), "the safeguard is not known")
			continue
		}
		if _, ok := out[key.Value]; ok {
			d.add(key, step, "keep one of the two", "the key stands twice")
			continue
		}
		if x := d.safeguard(value, def, step); x != nil {
			out[key.Value] = x
		}
	}
}

// safeguard reads one value, or returns nil after reporting why it cannot.
func (d *decoder) safeguard(n *yaml.Node, def SafeguardDef, at *frame) any {
	f := &field{name: def.Key, enum: def.Values, set: true}
	before := len(d.problems)
	v := reflect.New(def.goType()).Elem()
	d.value(n, v, f, at)
	if len(d.problems) > before {
		return nil
	}
	return v.Interface()
}

func safeguardKeys(defs []SafeguardDef) []string {
	out := make([]string, len(defs))
	for i, d := range defs {
		out[i] = d.Key
	}
	return out
}
