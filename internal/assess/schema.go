package assess

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/threat"
)

// words are the closed vocabularies of the document.
var words = map[reflect.Type][]any{
	reflect.TypeFor[drawbridge.Outcome]():     {drawbridge.Go, drawbridge.Conditional, drawbridge.NoGo},
	reflect.TypeFor[drawbridge.Severity]():    {drawbridge.Info, drawbridge.Low, drawbridge.Medium, drawbridge.High, drawbridge.Critical},
	reflect.TypeFor[drawbridge.Tier]():        {drawbridge.TierLow, drawbridge.TierMedium, drawbridge.TierHigh, drawbridge.TierCritical},
	reflect.TypeFor[drawbridge.Source]():      {drawbridge.Declared, drawbridge.Imported, drawbridge.Inferred, drawbridge.Observed},
	reflect.TypeFor[drawbridge.ThreatState](): {drawbridge.ThreatOpen, drawbridge.ThreatMitigated, drawbridge.ThreatNeedsAnswer, drawbridge.ThreatAccepted, drawbridge.ThreatNotApplicable, drawbridge.ThreatNotEvaluated},
	reflect.TypeFor[drawbridge.Verdict]():     {drawbridge.Pass, drawbridge.Fail, drawbridge.Inconclusive, drawbridge.Skipped},
	reflect.TypeFor[threat.Mode]():            {threat.Automated, threat.Manual, threat.NotTestable},
}

// Schema returns the JSON Schema (2020-12) of the published document: one
// assessment, or several in one list.
func Schema() ([]byte, error) {
	s := schema{defs: map[string]any{}}
	one := s.of(reflect.TypeFor[Assessment]())
	many := s.of(reflect.TypeFor[Document]())
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	err := enc.Encode(map[string]any{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"title":       "Drawbridge assessment, version " + drawbridge.SchemaVersion,
		"description": "What drawbridge assess --format json prints: one assessment, or a document that holds several.",
		"anyOf":       []any{one, many},
		"$defs":       s.defs,
	})
	return b.Bytes(), err
}

type schema struct{ defs map[string]any }

func (s *schema) of(t reflect.Type) map[string]any {
	if list, ok := words[t]; ok {
		return map[string]any{"enum": list}
	}
	switch {
	case t == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[drawbridge.Level]():
		return map[string]any{"type": "integer", "minimum": int(drawbridge.LevelUnknown), "maximum": int(drawbridge.LevelRestricted)}
	}
	switch t.Kind() {
	case reflect.Pointer:
		inner := s.of(t.Elem())
		return map[string]any{"anyOf": []any{inner, map[string]any{"type": "null"}}}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Struct:
		return s.object(t)
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float64, reflect.Float32:
		return map[string]any{"type": "number"}
	default:
		return map[string]any{"type": "integer"}
	}
}

// object describes a struct once, by its package and name.
func (s *schema) object(t reflect.Type) map[string]any {
	name := t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:] + "." + t.Name()
	ref := map[string]any{"$ref": "#/$defs/" + name}
	if _, ok := s.defs[name]; ok {
		return ref
	}
	properties, required := map[string]any{}, []string{}
	s.defs[name] = map[string]any{}
	for f := range t.Fields() {
		key, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		if key == "-" || !f.IsExported() {
			continue
		}
		properties[key] = s.of(f.Type)
		if !strings.Contains(rest, "omitempty") {
			required = append(required, key)
		}
	}
	s.defs[name] = map[string]any{"type": "object", "properties": properties, "required": required}
	return ref
}

// Complete makes every list of the document present: a list that is empty reads
// as [], never as null.
func Complete(a *Assessment) { complete(reflect.ValueOf(a).Elem()) }

func complete(v reflect.Value) {
	switch v.Kind() { //nolint:exhaustive // the other kinds hold no lists
	case reflect.Pointer:
		if !v.IsNil() {
			complete(v.Elem())
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				complete(v.Field(i))
			}
		}
	case reflect.Slice:
		if v.IsNil() && v.CanSet() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			complete(v.Index(i))
		}
	case reflect.Map:
		if v.IsNil() && v.CanSet() {
			v.Set(reflect.MakeMap(v.Type()))
		}
	}
}
