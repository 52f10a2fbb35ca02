package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"drawbridge"
)

// Kinds lists the kinds of document.
func Kinds() []string { return []string{"Integration", "Partner"} }

// Schema returns the JSON Schema (2020-12) of the format. kind is a kind of
// document, or empty for a schema of all kinds.
func Schema(kind string) ([]byte, error) {
	s := &schema{defs: map[string]any{}}
	s.ref(reflect.TypeFor[Integration]())
	s.ref(reflect.TypeFor[Partner]())
	doc := map[string]any{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"title":       "Drawbridge " + APIVersion,
		"description": "What one file says about a third-party integration, or about the partner behind it.",
		"$defs":       s.defs,
	}
	switch {
	case kind == "":
		doc["if"] = map[string]any{"properties": map[string]any{"kind": map[string]any{"const": "Partner"}}, "required": []string{"kind"}}
		doc["then"] = map[string]any{"$ref": "#/$defs/Partner"}
		doc["else"] = map[string]any{"$ref": "#/$defs/Integration"}
	case slices.Contains(Kinds(), kind):
		doc["$ref"] = "#/$defs/" + kind
	default:
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%q is not a kind of document; %s", kind, didYouMean(kind, Kinds()))
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return nil, fmt.Errorf("encode the schema: %w", err)
	}
	return b.Bytes(), nil
}

type schema struct{ defs map[string]any }

// ref returns a reference to a struct's definition, and makes it on first use.
func (s *schema) ref(t reflect.Type) map[string]any {
	name := t.Name()
	if _, ok := s.defs[name]; !ok {
		s.defs[name] = nil // stops the recursion
		s.defs[name] = s.object(t)
	}
	return map[string]any{"$ref": "#/$defs/" + name}
}

func (s *schema) object(t reflect.Type) map[string]any {
	properties := map[string]any{}
	required := []string{}
	for i := range shapeOf(t).fields {
		f := &shapeOf(t).fields[i]
		p := s.value(f.typ, f)
		p["description"] = f.doc
		properties[f.name] = p
		if f.need {
			required = append(required, f.name)
		}
	}
	out := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	if t == reflect.TypeFor[Interface]() {
		out["allOf"] = kindRules()
	}
	return out
}

// value describes a value of type t in the field f.
func (s *schema) value(t reflect.Type, f *field) map[string]any {
	switch t {
	case typeSafeguards:
		return safeguardSchema(s)
	case typeSources:
		return map[string]any{"type": "object", "additionalProperties": map[string]any{"enum": []string{"declared", "imported", "inferred", "observed"}}}
	case typeParams:
		return map[string]any{"type": "object", "additionalProperties": textSchema("")}
	case typeSpan:
		return example(textSchema(`^[0-9]+(ms|s|m|h|d|w|y)$`), f)
	case typeSize:
		return example(textSchema(`^[0-9]+(B|KiB|MiB|GiB)$`), f)
	case typeDate:
		p := textSchema(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
		p["format"] = "date"
		return example(p, f)
	case typeFieldPath:
		p := textSchema(`^/`)
		p["maxLength"] = drawbridge.MaxFieldPathBytes
		return example(p, f)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.value(t.Elem(), f)
	case reflect.Struct:
		return s.ref(t)
	case reflect.Slice:
		out := map[string]any{"type": "array", "items": s.value(t.Elem(), f)}
		if f.set {
			out["uniqueItems"] = true
		}
		return out
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer", "minimum": 0, "maximum": maxInt}
	case reflect.Float64:
		out := map[string]any{"type": "number"}
		if highest := map[string]int{"percent": 100, "share": 1}[f.is]; highest > 0 {
			out["minimum"], out["maximum"] = 0, highest
		}
		return out
	default:
		if len(f.enum) > 0 {
			return map[string]any{"enum": f.enum}
		}
		return example(textSchema(formPatterns()[f.is]), f)
	}
}

func textSchema(pattern string) map[string]any {
	out := map[string]any{"type": "string", "minLength": 1, "maxLength": maxText}
	if pattern != "" {
		out["pattern"] = pattern
	}
	return out
}

func example(p map[string]any, f *field) map[string]any {
	if f.like != "" {
		p["examples"] = []string{f.like}
	}
	return p
}

// safeguardSchema describes the safeguards block by the built-in definitions.
func safeguardSchema(s *schema) map[string]any {
	types := map[SafeguardType]reflect.Type{
		SafeguardBool: reflect.TypeFor[bool](), SafeguardInt: reflect.TypeFor[int64](), SafeguardText: reflect.TypeFor[string](),
		SafeguardEnum: reflect.TypeFor[string](), SafeguardSpan: typeSpan, SafeguardSize: typeSize, SafeguardList: reflect.TypeFor[[]string](),
	}
	properties := map[string]any{}
	for _, d := range SafeguardDefs() {
		p := s.value(types[d.Type], &field{name: d.Key, enum: d.Values, set: true})
		p["description"] = d.Ask
		properties[d.Key] = p
	}
	return map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
}

// kindRules hold the safeguards of an interface to those of its kind and
// direction.
func kindRules() []any {
	var out []any
	for _, kind := range drawbridge.InterfaceKinds() {
		for _, direction := range []drawbridge.Direction{drawbridge.Outbound, drawbridge.Inbound} {
			var keys []string
			for _, d := range SafeguardDefs() {
				if d.Fits(kind, direction) {
					keys = append(keys, d.Key)
				}
			}
			out = append(out, map[string]any{
				"if": map[string]any{"properties": map[string]any{
					"kind": map[string]any{"const": kind}, "direction": map[string]any{"const": direction},
				}},
				"then": map[string]any{"properties": map[string]any{"safeguards": map[string]any{"propertyNames": map[string]any{"enum": keys}}}},
			})
		}
	}
	return out
}

// Reference returns the reference page of the format, in Markdown.
func Reference() []byte {
	var b bytes.Buffer
	b.WriteString("# Manifest reference\n\nGenerated from the tags of the types in `internal/manifest`; `go generate ./...` writes it anew.\n\n" +
		"A manifest is one YAML file in UTF-8. What a file leaves out is *unknown*: it opens a question and counts as the worst case. An empty list says \"none\".\n" +
		"Keys in messages are written with the ids of list items in brackets, like `flows[charge].data[request /customer/email].category`.\n\n" +
		"| form | is written |\n|---|---|\n" +
		"| length of time | a whole number and a unit: `ms`, `s`, `m`, `h`, `d`, `w`, `y` |\n" +
		"| size | a whole number and a unit: `B`, `KiB`, `MiB`, `GiB` |\n" +
		"| day | `2027-03-01`, in UTC, over at its end |\n" +
		"| field | a JSON Pointer; `*` stands for any array item or map key, `~2` for a literal `*` |\n\n")
	r := &reference{b: &b, done: map[reflect.Type]bool{}}
	r.object("Integration", reflect.TypeFor[Integration]())
	r.object("Partner", reflect.TypeFor[Partner]())
	r.safeguards()
	r.changes()
	return b.Bytes()
}

type reference struct {
	b    *bytes.Buffer
	done map[reflect.Type]bool
}

// object writes the table of one object, then those of the objects inside it.
func (r *reference) object(key string, t reflect.Type) {
	if r.done[t] {
		return
	}
	r.done[t] = true
	fmt.Fprintf(r.b, "## %s\n\n| key | value | meaning |\n|---|---|---|\n", key)
	var inner []func()
	for i := range shapeOf(t).fields {
		f := &shapeOf(t).fields[i]
		need := ""
		if f.need {
			need = " **Required.**"
		}
		fmt.Fprintf(r.b, "| `%s` | %s | %s%s |\n", f.name, cell(valueWords(f)), cell(f.doc), need)
		e, suffix := f.typ, ""
		if e.Kind() == reflect.Slice {
			e, suffix = e.Elem(), "[]"
		}
		if e.Kind() == reflect.Struct {
			name := f.name + suffix
			if key != "Integration" {
				name = strings.TrimPrefix(key, "Partner.") + "." + name
			}
			if key == "Partner" {
				name = "Partner." + f.name + suffix
			}
			inner = append(inner, func() { r.object(name, e) })
		}
	}
	r.b.WriteString("\n")
	for _, write := range inner {
		write()
	}
}

// valueWords describes the value of a field in a few words.
func valueWords(f *field) string {
	t, list := f.typ, ""
	if t.Kind() == reflect.Slice {
		t, list = t.Elem(), "list of "
		if f.set {
			list = "set of "
		}
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	word := map[reflect.Type]string{
		typeSpan: "length of time", typeSize: "size", typeDate: "day", typeFieldPath: "field",
		typeSafeguards: "see [safeguards](#safeguards)", typeSources: "attribute to source", typeParams: "text to text",
	}[t]
	switch {
	case word != "":
	case len(f.enum) > 0:
		word = "`" + strings.Join(f.enum, "`, `") + "`"
	case t.Kind() == reflect.Struct:
		word = "object"
	case t.Kind() == reflect.Bool:
		word = "`true` or `false`"
	case t.Kind() == reflect.Float64 || t.Kind() == reflect.Int64:
		word = "number"
	default:
		word = "text"
	}
	if f.like != "" {
		word += ", like `" + f.like + "`"
	}
	return list + word
}

func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }

func (r *reference) safeguards() {
	r.b.WriteString("## Safeguards\n\nThe keys of an interface's `safeguards`. One that makes no sense on the interface's kind is an error.\n\n| key | value | on | question |\n|---|---|---|---|\n")
	for _, d := range SafeguardDefs() {
		value := string(d.Type)
		if len(d.Values) > 0 {
			value += ": `" + strings.Join(d.Values, "`, `") + "`"
		}
		on := "every kind"
		if !slices.Contains(d.Kinds, "*") {
			var kinds []string
			for _, k := range d.Kinds {
				kinds = append(kinds, "`"+string(k)+"`")
			}
			on = strings.Join(kinds, ", ")
		}
		if d.Direction != "" {
			on += ", " + string(d.Direction)
		}
		fmt.Fprintf(r.b, "| `%s` | %s | %s | %s |\n", d.Key, cell(value), on, cell(d.Ask))
	}
	r.b.WriteString("\n")
}

// changes writes the table of what widens.
func (r *reference) changes() {
	r.b.WriteString("## What a change means\n\nAn approval covers what it saw and everything narrower. What is no longer stated widens, because unknown counts as the worst case.\n\n" +
		"| key | widens when | words, from the widest to the narrowest |\n|---|---|---|\n")
	words := map[how]string{
		moved: "it changes", more: "it grows", moreZero: "it grows, or becomes 0 (no limit)", less: "it shrinks", ranked: "it moves left", holds: "it becomes false",
		opens: "it becomes true", given: "it goes away", items: "an item is added", known: "an item is added", cover: "an item goes away",
	}
	for _, list := range [][]rule{rules, safeguardRules} {
		for _, row := range list {
			if row.how != neutral {
				fmt.Fprintf(r.b, "| `%s` | %s | %s |\n", row.key, words[row.how], row.order)
			}
		}
	}
	r.b.WriteString("\nEvery other key is neutral.\n")
}
