package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"drawbridge"
	"drawbridge/internal/seal"
)

// maxView bounds a view that is read back, in bytes.
const maxView = 8 << 20

// FromView rebuilds what [Diff] looks at from the JSON of a [Material] view. It
// lacks what the view lacks: prose, and the specifications' digests. A text of
// which the view keeps only that it is stated comes back as "stated". Nothing is
// validated as a manifest: a view that was stored says what was judged then.
func FromView(data []byte) (*Bundle, error) {
	bad := func(format string, args ...any) error {
		return drawbridge.Errorf(drawbridge.Invalid, "material view: "+format, args...)
	}
	if len(data) > maxView {
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "material view: larger than %d bytes", maxView)
	}
	if canonical, err := seal.JSON(data); err != nil || !bytes.Equal(canonical, data) {
		return nil, bad("it is not canonical JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var doc map[string]any
	if err := dec.Decode(&doc); err != nil {
		return nil, bad("%w", err)
	}
	if doc["version"] != MaterialVersion {
		return nil, bad("its version is %.40v; this program reads %s", doc["version"], MaterialVersion)
	}
	b := &Bundle{Integration: &Integration{}, Inputs: map[string]string{}}
	for key, value := range doc {
		var err error
		switch key {
		case "version":
		case "integration":
			err = restore(value, reflect.ValueOf(b.Integration).Elem(), key)
		case "partner":
			b.Partner = &Partner{}
			err = restore(value, reflect.ValueOf(b.Partner).Elem(), key)
		default:
			err = fmt.Errorf("%.40s is no key of a view", key)
		}
		if err != nil {
			return nil, bad("%w", err)
		}
	}
	if b.Integration.ID == "" {
		return nil, bad("it holds no integration")
	}
	return b, nil
}

// restore is the inverse of the projector's value.
func restore(x any, v reflect.Value, at string) error {
	switch v.Type() {
	case typeSpan:
		return restoreText(x, v, at, drawbridge.ParseSpan)
	case typeSize:
		return restoreText(x, v, at, drawbridge.ParseSize)
	case typeSafeguards:
		return restoreSafeguards(x, v, at)
	}
	ok := false
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return restore(x, v.Elem(), at)
	case reflect.Struct:
		return restoreObject(x, v, at)
	case reflect.Slice:
		return restoreList(x, v, at)
	case reflect.Map:
		return restoreMap(x, v, at)
	case reflect.Bool:
		var b bool
		b, ok = x.(bool)
		v.SetBool(b)
	case reflect.Int, reflect.Int64:
		n, _ := x.(json.Number)
		i, err := n.Int64()
		ok = err == nil
		v.SetInt(i)
	case reflect.Float64:
		n, _ := x.(json.Number)
		f, err := n.Float64()
		ok = err == nil
		v.SetFloat(f)
	case reflect.String:
		var s string
		s, ok = x.(string)
		v.SetString(s)
	default:
	}
	if !ok {
		return fmt.Errorf("%s holds a value of another type", at)
	}
	return nil
}

func restoreObject(x any, v reflect.Value, at string) error {
	object, ok := x.(map[string]any)
	if !ok {
		return fmt.Errorf("%s is no object", at)
	}
	s := shapeOf(v.Type())
	for name, value := range object {
		f := s.field(name)
		if f == nil || f.view == "no" {
			return fmt.Errorf("%s has no key %.40s", at, name)
		}
		if f.view == "set" && value == true {
			value = "stated"
		}
		if err := restore(value, v.Field(f.index), at+"."+name); err != nil {
			return err
		}
	}
	return nil
}

func restoreList(x any, v reflect.Value, at string) error {
	list, ok := x.([]any)
	if !ok || len(list) > maxItems {
		return fmt.Errorf("%s is no list of at most %d items", at, maxItems)
	}
	out := reflect.MakeSlice(v.Type(), len(list), len(list))
	for i, item := range list {
		if err := restore(item, out.Index(i), at+"[]"); err != nil {
			return err
		}
	}
	v.Set(out)
	return nil
}

func restoreMap(x any, v reflect.Value, at string) error {
	object, ok := x.(map[string]any)
	if !ok {
		return fmt.Errorf("%s is no object", at)
	}
	out := reflect.MakeMapWithSize(v.Type(), len(object))
	for name, value := range object {
		item := reflect.New(v.Type().Elem()).Elem()
		if err := restore(value, item, at+"."+name); err != nil {
			return err
		}
		out.SetMapIndex(reflect.ValueOf(name), item)
	}
	v.Set(out)
	return nil
}

func restoreText[T any](x any, v reflect.Value, at string, parse func(string) (T, error)) error {
	text, ok := x.(string)
	if !ok {
		return fmt.Errorf("%s is no text", at)
	}
	value, err := parse(text)
	if err != nil {
		return fmt.Errorf("%s: %w", at, err)
	}
	v.Set(reflect.ValueOf(value))
	return nil
}

// restoreSafeguards reads each value by its definition. One that an organisation
// added has the type that JSON gives it: it is compared as a whole anyway.
func restoreSafeguards(x any, v reflect.Value, at string) error {
	object, ok := x.(map[string]any)
	if !ok {
		return fmt.Errorf("%s is no object", at)
	}
	out := make(Safeguards, len(object))
	for key, value := range object {
		typ := safeguardType(key, value)
		if typ == nil {
			return fmt.Errorf("%s.%.40s holds a value of another type", at, key)
		}
		item := reflect.New(typ).Elem()
		if err := restore(value, item, at+"."+key); err != nil {
			return err
		}
		out[key] = item.Interface()
	}
	v.Set(reflect.ValueOf(out))
	return nil
}

func safeguardType(key string, value any) reflect.Type {
	if def, ok := Safeguard(key); ok {
		return def.goType()
	}
	switch value.(type) {
	case bool:
		return reflect.TypeFor[bool]()
	case string:
		return reflect.TypeFor[string]()
	case json.Number:
		return reflect.TypeFor[int64]()
	case []any:
		return reflect.TypeFor[[]string]()
	}
	return nil
}
