package twin

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

type dict = map[string]any

// Spec returns the OpenAPI document as the partner publishes it: what the
// mended twin does. Flaws do not change it.
func (t *Twin) Spec() []byte {
	b, err := json.MarshalIndent(t.style.document(t.ops), "", "  ")
	if err != nil {
		panic(err) // every value is JSON-like
	}
	return append(b, '\n')
}

// document describes the style.
func (s *style) document(ops []*operation) dict {
	schemas := dict{}
	paths := dict{}
	for _, o := range ops {
		item, ok := paths[o.path].(dict)
		if !ok {
			item = dict{}
			paths[o.path] = item
		}
		item[lower(o.method)] = s.describe(o, schemas)
	}
	doc := dict{
		"openapi": s.openapi,
		"info":    dict{"title": s.title, "version": "2026-03-01", "description": s.about},
		"servers": []any{dict{"url": "https://" + s.host + s.base}},
		"paths":   paths,
	}
	components := dict{}
	if name, security := s.security(); name != "" {
		components["securitySchemes"] = dict{name: security}
		doc["security"] = []any{dict{name: []any{}}}
	}
	if !s.poor {
		schemas["Problem"] = s.problemSchema()
		doc["tags"] = tags(ops)
	}
	if len(schemas) > 0 {
		components["schemas"] = schemas
	}
	doc["components"] = components
	if s.modern() {
		doc["webhooks"] = s.webhooks(ops)
	}
	return doc
}

// modern reports OpenAPI 3.1, whose schemas are JSON Schema 2020-12.
func (s *style) modern() bool { return s.openapi >= "3.1" }

func lower(method string) string {
	return map[string]string{"GET": "get", "POST": "post", "PUT": "put", "PATCH": "patch", "DELETE": "delete"}[method]
}

func tags(ops []*operation) []any {
	var names []string
	for _, o := range ops {
		names = append(names, o.tag)
	}
	slices.Sort(names)
	var out []any
	for _, n := range slices.Compact(names) {
		out = append(out, dict{"name": n})
	}
	return out
}

func (s *style) security() (string, dict) {
	switch s.auth {
	case bearer:
		return "token", dict{"type": "http", "scheme": "bearer"}
	case apiKey:
		return "key", dict{"type": "apiKey", "in": "header", "name": "X-API-Key"}
	case basic:
		return "basic", dict{"type": "http", "scheme": "basic"}
	case session:
		return "session", dict{"type": "apiKey", "in": "cookie", "name": sessionCookie}
	case jwt:
		return "token", dict{"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
	case oauth:
		token := "https://" + s.host + s.base + "/oauth/token"
		scopes := dict{"read": "Read everything", "write": "Change everything"}
		return "oauth", dict{"type": "oauth2", "flows": dict{
			"clientCredentials": dict{"tokenUrl": token, "scopes": scopes}, "password": dict{"tokenUrl": token, "scopes": scopes},
		}}
	}
	return "", nil
}

// describe writes one operation.
func (s *style) describe(o *operation, schemas dict) dict {
	if s.poor {
		return s.sketch(o)
	}
	op := dict{"operationId": o.id, "summary": o.summary, "tags": []any{o.tag}, "responses": s.responses(o, schemas)}
	if params := s.parameters(o); len(params) > 0 {
		op["parameters"] = params
	}
	if o.public {
		op["security"] = []any{}
	}
	if o.in != nil {
		name := title(o.id) + "Request"
		schemas[name] = s.object(o.in, true)
		media := mediaJSON
		if s.form || o.form {
			media = mediaForm
		}
		op["requestBody"] = dict{"required": true, "content": dict{media: dict{"schema": ref(name), "example": s.sample(o.in)}}}
	}
	return op
}

func ref(name string) dict { return dict{"$ref": "#/components/schemas/" + name} }

func (s *style) parameters(o *operation) []any {
	var out []any
	for _, name := range o.params() {
		out = append(out, dict{"name": name, "in": "path", "required": true, "schema": s.schema(s.pathField(o, name), false)})
	}
	for _, f := range s.query(o) {
		p := dict{"name": f.name, "in": "query", "schema": s.schema(f, false)}
		if f.doc != "" {
			p["description"] = f.doc
		}
		out = append(out, p)
	}
	if s.idempotent && (o.effect == doCreate || o.effect == doAct) {
		out = append(out, dict{"name": "Idempotency-Key", "in": "header", "description": "Repeats of a request with the same key have no further effect.", "schema": dict{"type": "string", "maxLength": 100}})
	}
	return out
}

// pathField describes a path parameter: the id of the resource that it names.
func (s *style) pathField(o *operation, name string) field {
	r := o.res
	for up := o.res; up != nil; up = s.resource(up.parent) {
		if up.name == name || up.param == name && (up == o.res || !o.res.flat) {
			r = up
			break
		}
	}
	f := s.head(r)[0]
	f.read = false
	return f
}

// responses lists every status that the mended twin answers with.
func (s *style) responses(o *operation, schemas dict) dict {
	good := dict{"description": "Done."}
	if o.out != nil {
		schemas[o.schema] = s.object(o.out, false)
		body := ref(o.schema)
		sample := s.sample(o.out)
		var example any = sample
		if o.many {
			name := title(o.id[len("list"):], "list")
			schemas[name], example = s.listSchema(body, sample)
			body = ref(name)
		}
		good["content"] = dict{mediaJSON: dict{"schema": body, "example": example}}
	}
	out := dict{strconv.Itoa(o.status): good}
	fail := func(status int, text string) {
		out[strconv.Itoa(status)] = dict{"description": text, "content": dict{mediaProblem: dict{"schema": ref("Problem")}}}
	}
	fail(400, "The request cannot be read.")
	fail(401, "The credential is missing or not valid.")
	fail(413, "The body is too large.")
	fail(429, "Too many requests.")
	fail(500, "Something went wrong on our side.")
	if o.in != nil {
		fail(415, "The content type is not taken.")
		fail(422, "Some fields are not valid.")
	}
	if len(o.params()) > 0 {
		fail(404, "There is no such object.")
	}
	if o.effect == doCreate || o.effect == doUpdate || o.effect == doAct {
		fail(409, "The state of the object, or another request, does not allow it.")
	}
	return out
}

func (s *style) listSchema(item dict, sample dict) (dict, any) {
	items := dict{"type": "array", "items": item}
	switch {
	case s.envelope.items == "":
		return items, []any{sample}
	case s.envelope.pages:
		return dict{
			"type": "object", "required": []any{s.envelope.items, "total"},
			"properties": dict{s.envelope.items: items, "total": dict{"type": "integer", "minimum": 0}},
		}, dict{s.envelope.items: []any{sample}, "total": 1}
	}
	cursor := s.schema(str("next_cursor", 64, null), false)
	return dict{
		"type": "object", "required": []any{s.envelope.items, "has_more", "next_cursor"},
		"properties": dict{s.envelope.items: items, "has_more": dict{"type": "boolean"}, "next_cursor": cursor},
	}, dict{s.envelope.items: []any{sample}, "has_more": false, "next_cursor": nil}
}

func (s *style) problemSchema() dict {
	return dict{
		"type": "object", "required": []any{"type", "title", "status", "detail"},
		"properties": dict{
			"type": dict{"type": "string"}, "title": dict{"type": "string"}, "status": dict{"type": "integer"}, "detail": dict{"type": "string"},
			"errors": dict{"type": "array", "items": dict{
				"type": "object", "required": []any{"field", "message"},
				"properties": dict{"field": dict{"type": "string"}, "message": dict{"type": "string"}},
			}},
		},
	}
}

// object describes fields as one object. In answers every field is present.
func (s *style) object(fields []field, request bool) dict {
	props, required := dict{}, []any{}
	for _, f := range fields {
		props[f.name] = s.schema(f, request)
		if request && f.need || !request {
			required = append(required, f.name)
		}
	}
	out := dict{"type": "object", "properties": props}
	if len(required) > 0 {
		out["required"] = required
	}
	if request && s.strict {
		out["additionalProperties"] = false
	}
	return out
}

// schema describes one field.
func (s *style) schema(f field, request bool) dict {
	out := dict{"type": string(f.kind)}
	switch f.kind {
	case text:
		bounds(out, "minLength", "maxLength", f)
		if f.need && request && f.min == 0 {
			out["minLength"] = 1
		}
		if f.pattern != "" {
			out["pattern"] = f.pattern
		}
		if f.format != "" {
			out["format"] = f.format
		}
	case number:
		out["minimum"] = f.min
		if f.max != 0 {
			out["maximum"] = f.max
		}
		if f.max > 1<<31 {
			out["format"] = "int64"
		}
	case record:
		out = s.object(f.of, request)
	case array:
		out["items"] = s.schema(f.of[0], request)
		bounds(out, "minItems", "maxItems", f)
	case textMap:
		out = dict{"type": "object", "additionalProperties": dict{"type": "string", "maxLength": 500}, "maxProperties": f.max}
	case boolean:
	}
	s.values(f, out)
	if f.doc != "" {
		out["description"] = f.doc
	}
	if f.read && !request && f.name != "id" {
		out["readOnly"] = true
	}
	if request && f.def != nil {
		out["default"] = f.def
	}
	if f.null {
		s.nullable(out)
	}
	return out
}

func bounds(out dict, low, high string, f field) {
	if f.min > 0 {
		out[low] = f.min
	}
	if f.max > 0 {
		out[high] = f.max
	}
}

// values writes the allowed values and the example.
func (s *style) values(f field, out dict) {
	if n := len(f.enum); n == 1 && s.modern() {
		out["const"] = f.enum[0]
	} else if n > 0 {
		all := []any{}
		for _, e := range f.enum {
			all = append(all, e)
		}
		out["enum"] = all
		delete(out, "maxLength")
	}
	if f.example != nil && f.kind != textMap {
		if s.modern() {
			out["examples"] = []any{f.example}
		} else {
			out["example"] = f.example
		}
	}
}

func (s *style) nullable(out dict) {
	if !s.modern() {
		out["nullable"] = true
		return
	}
	out["type"] = []any{out["type"], "null"}
	if e, ok := out["enum"].([]any); ok {
		out["enum"] = append(slices.Clone(e), nil)
	}
}

// sample is an example of an object.
func (s *style) sample(fields []field) dict {
	out := dict{}
	for _, f := range fields {
		switch {
		case f.kind == record:
			out[f.name] = s.sample(f.of)
		case f.kind == array:
			out[f.name] = []any{f.of[0].example}
		case f.kind == boolean:
			out[f.name] = f.def == true
		case f.example != nil:
			out[f.name] = clone(f.example)
		case f.def != nil:
			out[f.name] = clone(f.def)
		case f.ref != "":
			out[f.name] = s.head(s.resource(f.ref))[0].example
		case f.null:
			out[f.name] = nil
		}
	}
	return out
}

// sketch is what the poor style says of an operation: a body's bare fields, and
// that there is an answer.
func (s *style) sketch(o *operation) dict {
	op := dict{"responses": dict{"default": dict{"description": "Response"}}}
	var params []any
	for _, name := range o.params() {
		params = append(params, dict{"name": name, "in": "path", "required": true, "schema": dict{"type": "string"}})
	}
	if params != nil {
		op["parameters"] = params
	}
	if o.public {
		op["security"] = []any{}
	}
	if o.in != nil {
		props := dict{}
		for _, f := range o.in {
			t := string(f.kind)
			if f.kind == textMap {
				t = "object"
			}
			props[f.name] = dict{"type": t}
		}
		op["requestBody"] = dict{"content": dict{mediaJSON: dict{"schema": dict{"type": "object", "properties": props}}}}
	}
	return op
}

// webhooks describes what the partner delivers on its own (OpenAPI 3.1).
func (s *style) webhooks(ops []*operation) dict {
	out := dict{}
	for _, o := range ops {
		if o.effect != doCreate || o.res.name != s.main {
			continue
		}
		out[o.res.name+".created"] = dict{"post": dict{
			"operationId": "on" + title(o.res.name) + "Created", "summary": fmt.Sprintf("A %s was created", words(o.res.name)),
			"requestBody": dict{"required": true, "content": dict{mediaJSON: dict{"schema": ref(o.schema)}}},
			"responses":   dict{"204": dict{"description": "Received."}},
		}}
	}
	return maps.Clone(out)
}
