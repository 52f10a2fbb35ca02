package manifest

import "reflect"

// extend returns base with everything that over says laid on top of it: single
// values and lists of words replace, objects and maps merge key by key, and
// lists of objects merge by the items' keys, new items last. Neither argument
// changes; the result may share parts with both.
func extend(base, over *Integration) *Integration {
	out := merge(reflect.ValueOf(*base), reflect.ValueOf(*over)).Interface().(Integration)
	out.Extends = over.Extends
	return &out
}

func merge(base, over reflect.Value) reflect.Value {
	switch {
	case over.IsZero():
		return base
	case base.IsZero():
		return over
	}
	switch over.Kind() {
	case reflect.Struct:
		out := reflect.New(over.Type()).Elem()
		for i := range over.NumField() {
			out.Field(i).Set(merge(base.Field(i), over.Field(i)))
		}
		return out
	case reflect.Map:
		out := reflect.MakeMap(over.Type())
		for _, m := range []reflect.Value{base, over} {
			for _, k := range m.MapKeys() {
				out.SetMapIndex(k, m.MapIndex(k))
			}
		}
		return out
	case reflect.Slice:
		if shapeOf(over.Type().Elem()) == nil || over.Len() == 0 {
			return over // an empty list says "none"
		}
		return mergeItems(base, over)
	default:
		return over
	}
}

func mergeItems(base, over reflect.Value) reflect.Value {
	place := map[string]int{}
	out := reflect.MakeSlice(base.Type(), 0, base.Len()+over.Len())
	for i, k := range itemKeys(base) {
		place[k] = i
		out = reflect.Append(out, base.Index(i))
	}
	for i, k := range itemKeys(over) {
		if j, ok := place[k]; ok {
			out.Index(j).Set(merge(base.Index(j), over.Index(i)))
		} else {
			out = reflect.Append(out, over.Index(i))
		}
	}
	return out
}
