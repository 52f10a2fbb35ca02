package check

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// style says how a body is filled.
type style int

const (
	minimal style = iota // required properties
	full                 // all properties
	sample               // all properties, with the specification's examples where it has some
	fresh                // all properties, with values that nobody had before
)

// Request builds a valid request to o with the ids of its path: required
// parameters, and the required properties of the body.
func (s *Session) Request(ctx context.Context, o *Operation, id *Identity, ids []string) (Request, error) {
	return s.request(ctx, o, id, ids, o.fill)
}

func (s *Session) request(ctx context.Context, o *Operation, id *Identity, ids []string, st style) (Request, error) {
	path, err := o.expand(ids)
	if err != nil {
		return Request{}, err
	}
	m := s.make
	m.style = st
	m.ref = func(name string, sc *openapi3.Schema) any { return s.reference(ctx, o, id, name, sc) }
	r := Request{Method: o.Method, Path: path, Header: http.Header{}}
	query := url.Values{}
	for _, p := range o.Params {
		v := p.Example
		if v == nil {
			v = m.value(p.Name, p.Schema, 0)
		}
		if p.In == "query" {
			query.Set(p.Name, fmt.Sprint(v))
		} else {
			r.Header.Set(p.Name, fmt.Sprint(v))
		}
	}
	if len(query) > 0 {
		r.Path += "?" + query.Encode()
	}
	if o.BodyType == "" {
		return r, nil
	}
	v := s.document(&m, o, id)
	r.Type, r.Body, err = encode(o.BodyType, v)
	return r, err
}

// Fresh is Request with values that nobody had before, for partners that refuse
// an object like one that is there.
func (s *Session) Fresh(ctx context.Context, o *Operation, id *Identity, ids []string) (Request, error) {
	return s.request(ctx, o, id, ids, fresh)
}

// document makes the body: by the schema, else like an object that was seen,
// else the specification's example.
func (s *Session) document(m *maker, o *Operation, id *Identity) any {
	switch {
	case m.style == sample && o.example != nil:
		return o.example
	case o.Body != nil && hasShape(o.Body, 0):
		return m.value("", o.Body, 0)
	case o.example != nil:
		return o.example
	}
	for _, obj := range s.pools[poolKey{o.Resource, id.Name}] {
		if like := m.like(obj.Body); like != nil {
			return like
		}
	}
	return map[string]any{"name": m.text("name", nil)}
}

// hasShape reports that a schema says something about a body's properties.
func hasShape(s *openapi3.Schema, depth int) bool {
	if s == nil || depth > maxDepth {
		return false
	}
	if len(s.Properties) > 0 || s.Items != nil || s.Type != nil && !s.Type.Is("object") {
		return true
	}
	for _, list := range []openapi3.SchemaRefs{s.AllOf, s.OneOf, s.AnyOf} {
		for _, part := range list {
			if hasShape(part.Value, depth+1) {
				return true
			}
		}
	}
	return false
}

// reference gives a field that names another resource one of the identity's own ids.
func (s *Session) reference(ctx context.Context, o *Operation, id *Identity, name string, sc *openapi3.Schema) any {
	stem := singular(trimID(name))
	if stem == "" || strings.EqualFold(name, "id") || len(sc.Enum) > 0 || sc.Type.Is("boolean") || sc.Format != "" && sc.Format != "uuid" && sc.Format != "int64" && sc.Format != "int32" {
		return nil
	}
	own := ""
	for _, other := range s.all {
		if other.Effect != Create && other.Effect != List || other.Skip != "" || other.Resource == o.Resource || !names(stem, singular(strings.ToLower(last(other.Resource)))) {
			continue
		}
		obj, err := s.own(ctx, other.Resource, id, false)
		if err != nil {
			return nil
		}
		if obj != nil {
			own = obj.IDs[len(obj.IDs)-1]
			break
		}
	}
	if own == "" && trimID(name) != name {
		own = s.hinted(o, id, name, sc)
	}
	if v := s.seen[poolKey{strings.ToLower(stem), id.Name}]; own == "" && len(v) > 0 && trimID(name) != name {
		own = v[0]
	}
	if own == "" {
		return nil
	}
	if sc.Type.Includes("integer") || sc.Type.Includes("number") {
		n, err := strconv.ParseInt(own, 10, 64)
		if err != nil {
			return nil
		}
		return n
	}
	return own
}

// hinted finds the own object that a field means whose name does not say it: its
// description names the resource, or its example is formed like the own ids.
func (s *Session) hinted(o *Operation, id *Identity, name string, sc *openapi3.Schema) string {
	example, _ := sc.Example.(string)
	if whole, ok := o.example.(map[string]any); ok && example == "" {
		example, _ = whole[name].(string)
	}
	prefix := idPrefix.FindString(example)
	words := strings.FieldsFunc(strings.ToLower(sc.Description), func(r rune) bool { return r < 'a' || r > 'z' })
	for _, other := range s.all {
		pool := s.pools[poolKey{other.Resource, id.Name}]
		if other.Effect != Create && other.Effect != List || other.Resource == o.Resource || len(pool) == 0 {
			continue
		}
		own := pool[0].IDs[len(pool[0].IDs)-1]
		if prefix != "" && strings.HasPrefix(own, prefix) || slices.ContainsFunc(words, func(w string) bool { return singular(w) == singular(strings.ToLower(last(other.Resource))) }) {
			return own
		}
	}
	return ""
}

// idPrefix is the part of an id that says what it names, as in con_12ab.
var idPrefix = regexp.MustCompile(`^[A-Za-z]{2,8}[_-]`)

// names reports that a field's name ends with a resource's: to_address names an address.
func names(field, resource string) bool {
	words := strings.ReplaceAll(splitWords(field), "-", "_")
	return snake(field) == snake(resource) || strings.HasSuffix(strings.ToLower(words), "_"+resource)
}

// last returns the last segment of a path.
func last(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// snake writes a name with nothing but lower-case letters and digits.
func snake(name string) string {
	return strings.NewReplacer("_", "", "-", "", ".", "").Replace(strings.ToLower(name))
}
