package manifest

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"

	"drawbridge"
	"drawbridge/internal/seal"
)

// Versions of the two projections. A change of what a projection holds or of
// how it is written gets a new version; vectors in testdata hold each version.
const (
	ContentVersion  = "content/v1"
	MaterialVersion = "material/v1"
)

// View is a projection of a bundle in canonical JSON.
type View struct {
	Version string
	JSON    []byte
}

// Digest returns the SHA-256 of the view.
func (v View) Digest() string { return seal.Digest(v.JSON) }

// ContentDigest returns the digest of [Content].
func ContentDigest(b *Bundle) (string, error) {
	v, err := Content(b)
	if err != nil {
		return "", err
	}
	return v.Digest(), nil
}

// Content returns everything that the files say: the integration with what it
// extends, the partner, and the digests of other files that it refers to. Order
// of keys, of sets and of lists of objects is gone, and so are comments, the
// names of files that were merged in, and keys that say nothing.
func Content(b *Bundle) (View, error) {
	inputs := map[string]any{}
	for _, i := range b.Integration.Interfaces {
		if d := b.Inputs[i.Spec]; i.Spec != "" && d != "" {
			inputs[i.Spec] = d
		}
	}
	return project(b, ContentVersion, inputs, false)
}

// Material returns what a decision rests on: the content without prose and
// without the specifications, whose meaning is in the interfaces. A correction
// of wording does not change it.
func Material(b *Bundle) (View, error) { return project(b, MaterialVersion, nil, true) }

func project(b *Bundle, version string, inputs map[string]any, material bool) (View, error) {
	p := projector{material: material}
	integration := *b.Integration
	integration.Extends = ""
	doc := map[string]any{"version": version, "integration": p.value(reflect.ValueOf(integration), nil)}
	if b.Partner != nil {
		doc["partner"] = p.value(reflect.ValueOf(*b.Partner), nil)
	}
	if len(inputs) > 0 {
		doc["inputs"] = inputs
	}
	data, err := seal.Canonical(doc)
	if err != nil {
		return View{}, fmt.Errorf("%s of %s: %w", version, b.Integration.ID, err)
	}
	return View{Version: version, JSON: data}, nil
}

// projector turns typed values into JSON values.
type projector struct{ material bool }

func (p projector) value(v reflect.Value, f *field) any {
	switch x := v.Interface().(type) {
	case drawbridge.Span:
		return x.String()
	case drawbridge.Size:
		return x.String()
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return p.value(v.Elem(), f)
	case reflect.Bool:
		return v.Bool()
	case reflect.Int, reflect.Int64:
		return v.Int()
	case reflect.Float64:
		return v.Float()
	case reflect.String:
		return v.String()
	case reflect.Map:
		out := map[string]any{}
		for _, k := range v.MapKeys() {
			out[k.String()] = p.value(v.MapIndex(k), nil)
		}
		return out
	case reflect.Slice:
		return p.list(v, f)
	case reflect.Struct:
		return p.object(v)
	default:
		panic(fmt.Sprintf("manifest: no projection for %s", v.Type())) // a new type in the format
	}
}

func (p projector) object(v reflect.Value) map[string]any {
	out := map[string]any{}
	for i := range shapeOf(v.Type()).fields {
		f := &shapeOf(v.Type()).fields[i]
		x := v.Field(f.index)
		switch {
		case !stated(x), p.material && f.view == "no":
		case p.material && f.view == "set":
			out[f.name] = true
		default:
			out[f.name] = p.value(x, f)
		}
	}
	return out
}

// list sorts sets by their words and lists of objects by their canonical form;
// in no list of the format has the order a meaning.
func (p projector) list(v reflect.Value, f *field) []any {
	type item struct {
		value any
		sort  []byte
	}
	items := make([]item, v.Len())
	for i := range items {
		items[i].value = p.value(v.Index(i), f)
		items[i].sort, _ = seal.Canonical(items[i].value) // a failure comes back from the whole
	}
	slices.SortStableFunc(items, func(a, b item) int { return bytes.Compare(a.sort, b.sort) })
	out := make([]any, len(items))
	for i := range items {
		out[i] = items[i].value
	}
	return out
}
