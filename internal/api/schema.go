package api

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/manifest"
)

// words are the closed vocabularies of the documents.
var words = map[reflect.Type][]any{
	reflect.TypeFor[drawbridge.Role]():             anys(drawbridge.Roles()),
	reflect.TypeFor[drawbridge.Kind]():             anys(drawbridge.Kinds()),
	reflect.TypeFor[drawbridge.IntegrationState](): {drawbridge.Proposed, drawbridge.Live, drawbridge.Suspended, drawbridge.Exiting, drawbridge.Retired},
	reflect.TypeFor[drawbridge.Severity]():         anys(drawbridge.Severities()),
	reflect.TypeFor[drawbridge.Tier]():             append(anys(drawbridge.Tiers()), drawbridge.Tier("")),
	reflect.TypeFor[drawbridge.Outcome]():          {drawbridge.Go, drawbridge.Conditional, drawbridge.NoGo, drawbridge.Outcome("")},
	reflect.TypeFor[drawbridge.HoldScope]():        anys(drawbridge.HoldScopes()),
	reflect.TypeFor[drawbridge.DeliveryState]():    {drawbridge.Waiting, drawbridge.Delivered, drawbridge.Dead, drawbridge.Dropped},
	reflect.TypeFor[manifest.ChangeKind]():         {manifest.Widening, manifest.Narrowing, manifest.Neutral},
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, x := range list {
		out[i] = x
	}
	return out
}

// schemas gathers the descriptions of structs, each once.
type schemas map[string]any

// of describes a type as JSON Schema 2020-12 does.
func (s schemas) of(t reflect.Type) map[string]any {
	if list, ok := words[t]; ok {
		return map[string]any{"type": "string", "enum": list}
	}
	switch t {
	case reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case reflect.TypeFor[json.RawMessage]():
		return map[string]any{}
	case reflect.TypeFor[client.Secret]():
		return map[string]any{"type": "string", "format": "password"}
	case reflect.TypeFor[[]byte]():
		return map[string]any{"type": "string", "contentEncoding": "base64"}
	}
	switch t.Kind() { //nolint:exhaustive // the wire has no others; the test of the document decodes each
	case reflect.Pointer:
		return map[string]any{"anyOf": []any{s.of(t.Elem()), map[string]any{"type": "null"}}}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Struct:
		return s.object(t)
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Interface:
		return map[string]any{}
	}
	return map[string]any{"type": "string"}
}

// object describes a struct once, and refers to it.
func (s schemas) object(t reflect.Type) map[string]any {
	name := schemaName(t)
	ref := map[string]any{"$ref": "#/components/schemas/" + name}
	if _, ok := s[name]; ok {
		return ref
	}
	s[name] = nil // a type that holds itself ends here
	properties, required := map[string]any{}, []string{}
	for _, f := range fields(t) {
		key, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		if key == "-" {
			continue
		}
		p := s.of(f.Type)
		if doc := f.Tag.Get("doc"); doc != "" {
			p["description"] = doc
		}
		properties[key] = p
		if !strings.Contains(rest, "omit") {
			required = append(required, key)
		}
	}
	s[name] = map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	return ref
}

// schemaName names a struct: the type's name, with that of its items for a list.
func schemaName(t reflect.Type) string {
	name, args, generic := strings.Cut(t.Name(), "[")
	if !generic {
		return inPackage(t.PkgPath(), name)
	}
	args = strings.TrimSuffix(args, "]")
	dot := strings.LastIndex(args, ".")
	return name + "Of" + inPackage(args[:max(dot, 0)], args[dot+1:])
}

// inPackage keeps apart what has one name in two packages. The words of the
// product and those of the wire stand alone.
func inPackage(path, name string) string {
	p := path[strings.LastIndex(path, "/")+1:]
	if p == "" || p == "drawbridge" || p == "client" {
		return name
	}
	return strings.ToUpper(p[:1]) + p[1:] + name
}

// schemaOf describes a type whose parts do not matter.
func schemaOf(t reflect.Type) map[string]any { return schemas{}.of(t) }
