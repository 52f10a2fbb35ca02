package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Declared returns what the specification says about an answer: its response
// object, or nil when the status is not declared.
func (o *Operation) Declared(status int) *openapi3.Response {
	if o.spec.Responses == nil {
		return nil
	}
	for _, key := range []string{strconv.Itoa(status), fmt.Sprintf("%dXX", status/100), fmt.Sprintf("%dxx", status/100), "default"} {
		if r := o.spec.Responses.Value(key); r != nil && r.Value != nil {
			return r.Value
		}
	}
	return nil
}

// Statuses lists the statuses that the specification declares.
func (o *Operation) Statuses() []string {
	if o.spec.Responses == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(o.spec.Responses.Map()))
}

// Schema returns the schema of an answer's body, or nil when the specification has none for it.
func (o *Operation) Schema(a *Answer) *openapi3.Schema {
	r := o.Declared(a.Status)
	if r == nil {
		return nil
	}
	mt := r.Content.Get(a.Type())
	if mt == nil || mt.Schema == nil {
		return nil
	}
	return mt.Schema.Value
}

// Violation is one place where an answer breaks its schema.
type Violation struct {
	Path    string // JSON Pointer; array indices are written as *
	Message string
}

// maxViolations bounds what is told about one answer.
const maxViolations = 20

// Violations holds a JSON answer against its schema. known is false when there
// is nothing to hold it against. Properties that the schema does not name are
// not its business.
func (o *Operation) Violations(a *Answer) (out []Violation, known bool) {
	schema := o.Schema(a)
	var doc any
	if schema == nil || a.Truncated || json.Unmarshal(a.Body, &doc) != nil {
		return nil, false
	}
	err, ok := visit(schema, doc, append(slices.Clone(o.options), openapi3.MultiErrors(), openapi3.VisitAsResponse()))
	if !ok {
		return nil, false
	}
	var collect func(err error, depth int)
	collect = func(err error, depth int) {
		if many, ok := errors.AsType[openapi3.MultiError](err); ok && depth < maxDepth {
			for _, e := range many {
				collect(e, depth+1)
			}
			return
		}
		v := Violation{Message: "does not fit its schema"}
		if one, ok := errors.AsType[*openapi3.SchemaError](err); ok {
			if one.SchemaField == "properties" || one.SchemaField == "additionalProperties" {
				return
			}
			v.Path, v.Message = pointer(one.JSONPointer()), wording(one)
		}
		if len(out) < maxViolations && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	if err != nil {
		collect(err, 0)
	}
	slices.SortFunc(out, func(a, b Violation) int {
		return strings.Compare(a.Path+"\x00"+a.Message, b.Path+"\x00"+b.Message)
	})
	return out, true
}

// visit validates; a schema that the validator cannot work with is no verdict.
func visit(schema *openapi3.Schema, doc any, options []openapi3.SchemaValidationOption) (err error, ok bool) { //nolint:revive // the error is the verdict here
	defer func() {
		if recover() != nil {
			err, ok = nil, false
		}
	}()
	return schema.VisitJSON(doc, options...), true
}

func pointer(parts []string) string {
	var b strings.Builder
	for _, p := range parts {
		if _, err := strconv.Atoi(p); err == nil {
			p = "*"
		}
		b.WriteString("/" + p)
	}
	return b.String()
}

// wording tells what is broken without the value, which may be personal.
func wording(e *openapi3.SchemaError) string {
	switch {
	case e.SchemaField == "required":
		return "lacks a required property"
	case e.SchemaField == "type" && e.Schema != nil && e.Schema.Type != nil:
		return "is not of type " + strings.Join(e.Schema.Type.Slice(), " or ")
	case e.SchemaField != "":
		return "breaks " + e.SchemaField
	}
	return "does not fit its schema"
}

// Extra lists the properties of a JSON answer that its schema does not name, as
// pointers with * for array items. known is false when the schema names no
// properties at all, or takes any.
func (o *Operation) Extra(a *Answer) (paths []string, known bool) {
	schema := o.Schema(a)
	var doc any
	if schema == nil || json.Unmarshal(a.Body, &doc) != nil {
		return nil, false
	}
	known = extra(schema, doc, "", 0, &paths)
	slices.Sort(paths)
	return slices.Compact(paths), known
}

func extra(s *openapi3.Schema, doc any, at string, depth int, out *[]string) bool {
	if s == nil || depth > 2*maxDepth || len(*out) > maxViolations {
		return false
	}
	switch doc := doc.(type) {
	case []any:
		known := false
		if s = array(s, 0); s == nil || s.Items == nil {
			return false
		}
		for _, item := range doc[:min(len(doc), maxItems)] {
			known = extra(s.Items.Value, item, at+"/*", depth+1, out) || known
		}
		return known || len(doc) == 0
	case map[string]any:
		props, open := properties(s, 0)
		if len(props) == 0 || open {
			return false
		}
		for _, name := range slices.Sorted(maps.Keys(doc)) {
			p, named := props[name]
			if !named {
				*out = append(*out, at+"/"+name)
				continue
			}
			extra(p, doc[name], at+"/"+name, depth+1, out)
		}
		return true
	}
	return false
}

// Enum lists the texts that the schema of an answer's main object allows for a
// property; none when it allows any.
func (o *Operation) Enum(a *Answer, name string) []string {
	props, _ := properties(o.Schema(a), 0)
	p := props[name]
	if p == nil {
		return nil
	}
	var out []string
	for _, v := range p.Enum {
		if text, ok := v.(string); ok {
			out = append(out, text)
		}
	}
	return out
}

// Typed lists the top-level properties of the request's body that are numbers or
// truth values, sorted.
func (o *Operation) Typed() []string {
	props, _ := properties(o.Body, 0)
	var out []string
	for name, p := range props {
		if p != nil && !p.ReadOnly && p.Type != nil && !p.Type.Includes("string") && (p.Type.Includes("integer") || p.Type.Includes("number") || p.Type.Includes("boolean")) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// array finds the part of a schema that describes items.
func array(s *openapi3.Schema, depth int) *openapi3.Schema {
	if s == nil || depth > maxDepth || s.Items != nil {
		return s
	}
	for _, list := range []openapi3.SchemaRefs{s.AllOf, s.OneOf, s.AnyOf} {
		for _, part := range list {
			if found := array(part.Value, depth+1); found != nil && found.Items != nil {
				return found
			}
		}
	}
	return nil
}

// properties merges what a schema and its parts name. open reports that it
// takes any other property on purpose: additionalProperties is stated.
func properties(s *openapi3.Schema, depth int) (map[string]*openapi3.Schema, bool) {
	out := map[string]*openapi3.Schema{}
	if s == nil || depth > maxDepth {
		return out, false
	}
	open := s.AdditionalProperties.Schema != nil || s.AdditionalProperties.Has != nil && *s.AdditionalProperties.Has || len(s.PatternProperties) > 0
	for name, p := range s.Properties {
		out[name] = p.Value
	}
	for _, list := range []openapi3.SchemaRefs{s.AllOf, s.OneOf, s.AnyOf} {
		for _, part := range list {
			more, partOpen := properties(part.Value, depth+1)
			open = open || partOpen
			for name, p := range more {
				if out[name] == nil {
					out[name] = p
				}
			}
		}
	}
	return out, open
}
