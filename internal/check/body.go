package check

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// maker writes values that a schema accepts. Free strings carry a marker of the
// run, so that an object can be recognised as the run's own.
type maker struct {
	marker string // "dbk-" and the run's name
	n      *int   // shared by every copy
	style  style
	ref    func(name string, s *openapi3.Schema) any // an id for a field that names another resource, or nil
}

const maxDepth = 8

// value makes a value for the field called name.
func (m *maker) value(name string, s *openapi3.Schema, depth int) any {
	switch {
	case s == nil:
		return m.text(name, nil)
	case depth > maxDepth:
		return nil
	}
	if m.ref != nil && name != "" && !s.Type.Is("object") && !s.Type.Is("array") {
		if v := m.ref(name, s); v != nil {
			return v
		}
	}
	switch {
	case s.Const != nil:
		return s.Const
	case len(s.Enum) > 0:
		return s.Enum[0]
	case len(s.AllOf) > 0:
		return m.value(name, joined(s, 0), depth+1)
	case len(s.OneOf) > 0:
		return m.value(name, s.OneOf[0].Value, depth+1)
	case len(s.AnyOf) > 0:
		return m.value(name, s.AnyOf[0].Value, depth+1)
	}
	switch {
	case s.Type.Includes("object") || s.Type == nil && len(s.Properties) > 0:
		return m.object(s, depth)
	case s.Type.Includes("array"):
		return m.array(name, s, depth)
	case s.Type.Includes("string") && m.style == fresh:
		return m.text(name, s)
	case s.Example != nil && (m.style == sample || !free(name, s)):
		return s.Example
	case len(s.Examples) > 0 && (m.style == sample || !free(name, s)):
		return s.Examples[0]
	case s.Default != nil:
		return s.Default
	case s.Type.Includes("integer"):
		return int64(number(s, 1))
	case s.Type.Includes("number"):
		return number(s, 0.01)
	case s.Type.Includes("boolean"):
		return false
	}
	return m.text(name, s)
}

// free reports a string that may be anything, where a marker does better than
// the specification's example.
func free(name string, s *openapi3.Schema) bool {
	if !s.Type.Includes("string") || s.Format != "" || s.Pattern != "" || len(s.Enum) > 0 {
		return false
	}
	switch strings.ToLower(name) {
	case "name", "title", "description", "note", "comment", "label", "message", "text", "subject", "summary", "reference", "memo", "content", "body":
		return s.MaxLength == nil || *s.MaxLength >= 24
	}
	return false
}

// joined merges the parts of an allOf.
func joined(s *openapi3.Schema, depth int) *openapi3.Schema {
	out := *s
	out.AllOf = nil
	out.Properties = openapi3.Schemas{}
	maps.Copy(out.Properties, s.Properties)
	for _, part := range s.AllOf {
		if part.Value == nil || depth > maxDepth {
			continue
		}
		p := joined(part.Value, depth+1)
		maps.Copy(out.Properties, p.Properties)
		out.Required = append(slices.Clone(out.Required), p.Required...)
		if out.Type == nil {
			out.Type = p.Type
		}
		if out.Format == "" {
			out.Format = p.Format
		}
		if len(out.Enum) == 0 {
			out.Enum = p.Enum
		}
	}
	if out.Type == nil && len(out.Properties) > 0 {
		out.Type = &openapi3.Types{"object"}
	}
	return &out
}

func (m *maker) object(s *openapi3.Schema, depth int) map[string]any {
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		required := slices.Contains(s.Required, name)
		if p.Value == nil || p.Value.ReadOnly || !required && (m.style == minimal || depth > 2) {
			continue
		}
		if v := m.value(name, p.Value, depth+1); v != nil {
			out[name] = v
		}
	}
	return out
}

func (m *maker) array(name string, s *openapi3.Schema, depth int) []any {
	n := max(1, int(min(s.MinItems, 20)))
	out := []any{}
	for range n {
		if s.Items == nil {
			break
		}
		if v := m.value(singular(name), s.Items.Value, depth+1); v != nil {
			out = append(out, v)
		}
	}
	return out
}

// number picks a value inside the schema's bounds, near 100 where it may.
func number(s *openapi3.Schema, step float64) float64 {
	low, high := math.Inf(-1), math.Inf(1)
	if s.Min != nil {
		low = *s.Min
	}
	if s.Max != nil {
		high = *s.Max
	}
	if s.ExclusiveMin.IsTrue() {
		low += step
	}
	if s.ExclusiveMax.IsTrue() {
		high -= step
	}
	v := math.Min(math.Max(100, low), high)
	if s.MultipleOf != nil && *s.MultipleOf > 0 {
		v = math.Ceil(v / *s.MultipleOf) * *s.MultipleOf
		if v > high {
			v -= *s.MultipleOf
		}
	}
	return v
}

// text makes a string: by format, by pattern, by what the name means, else the
// marker. All addresses are reserved ones (RFC 2606, RFC 5737).
func (m *maker) text(name string, s *openapi3.Schema) string {
	*m.n++
	id := fmt.Sprintf("%s-%d", m.marker, *m.n)
	if s == nil {
		s = &openapi3.Schema{}
	}
	lower := strings.ToLower(name)
	switch {
	case s.Format == "email" || strings.Contains(lower, "email"):
		return id + ownDomain
	case s.Format == "date-time":
		return "2030-01-02T03:04:05Z"
	case s.Format == "date":
		return "2030-01-02"
	case s.Format == "uuid":
		return fmt.Sprintf("00000000-0000-4000-8000-%012d", *m.n)
	case s.Format == "uri" || s.Format == "url" || s.Pattern == "" && (strings.HasSuffix(lower, "url") || strings.HasSuffix(lower, "uri")):
		return "https://drawbridge.example/" + id
	case s.Format == "ipv4":
		return "192.0.2.1"
	case s.Format == "byte":
		return "ZHJhd2JyaWRnZQ=="
	}
	hint := ""
	switch {
	case lower == "currency" || strings.HasSuffix(lower, "_currency"):
		hint = "EUR"
	case lower == "country" || strings.HasSuffix(lower, "_country"):
		hint = "IE"
	case strings.Contains(lower, "phone"):
		hint = "+442079460000"
	}
	if s.Pattern == "" {
		return fit(or(hint, id), s)
	}
	re, err := regexp.Compile(s.Pattern)
	if err != nil || hint != "" && re.MatchString(hint) {
		return fit(or(hint, id), s)
	}
	if v := fit(id, s); re.MatchString(v) {
		return v
	}
	if v, ok := fromPattern(s.Pattern, *m.n); ok && re.MatchString(v) {
		return v
	}
	return fit(id, s)
}

// fit cuts or fills a string to the schema's lengths.
func fit(v string, s *openapi3.Schema) string {
	if s.MaxLength != nil && uint64(len(v)) > *s.MaxLength {
		v = v[uint64(len(v))-*s.MaxLength:]
	}
	for uint64(len(v)) < min(s.MinLength, 4096) {
		v += "x"
	}
	return v
}

// like makes a body that looks like an object that was seen: its own id and
// what partners set themselves left out, texts renewed where they are free.
func (m *maker) like(body []byte) map[string]any {
	var doc any
	if json.Unmarshal(body, &doc) != nil {
		return nil
	}
	out := map[string]any{}
	for name, v := range Main(doc) {
		switch lower := snake(name); {
		case lower == "id", lower == "object", lower == "status", strings.HasSuffix(lower, "at"), strings.HasPrefix(lower, "created"), strings.HasPrefix(lower, "updated"), v == nil:
			continue
		case lower == "name" || lower == "title" || lower == "description" || lower == "email" || strings.HasSuffix(lower, "reference"):
			out[name] = m.text(name, nil)
		default:
			out[name] = v
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
