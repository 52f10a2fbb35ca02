package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"drawbridge/internal/client"
)

// object is a part of the document; its keys are written in order of the alphabet.
type object = map[string]any

// OpenAPI returns the description of the interface (OpenAPI 3.1), made from the
// table of routes and the types of their inputs and answers.
func OpenAPI() ([]byte, error) {
	s := schemas{}
	paths := object{}
	for _, r := range Routes() {
		at, _ := paths[r.Pattern].(object)
		if at == nil {
			at = object{}
			paths[r.Pattern] = at
		}
		at[strings.ToLower(r.Method)] = r.operation(s)
	}
	problem := s.of(reflect.TypeFor[client.ProblemDetails]())
	doc := object{
		"openapi":           "3.1.0",
		"jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
		"info": object{
			"title": "Drawbridge", "version": "1", "license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
			"description": "The interface of a Drawbridge server, for the command line and for CI. What you may not see is answered as if it did not exist.",
		},
		"servers":  []any{object{"url": "/"}},
		"security": []any{object{"token": []any{}}, object{"session": []any{}}},
		"paths":    paths,
		"components": object{
			"schemas":   s,
			"responses": object{"Problem": object{"description": "The answer is no; the reason is in it.", "content": object{"application/problem+json": object{"schema": problem}}}},
			"securitySchemes": object{
				"token":   object{"type": "http", "scheme": "bearer", "description": "A personal token, a machine token or the secret of a session."},
				"session": object{"type": "apiKey", "in": "cookie", "name": "__Host-drawbridge"},
				"visit":   object{"type": "apiKey", "in": "cookie", "name": "__Host-drawbridge-partner", "description": "What a partner's link is exchanged for."},
			},
		},
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	err := enc.Encode(doc)
	return b.Bytes(), err
}

// operation describes one route.
func (r *Route) operation(s schemas) object {
	op := object{"operationId": r.Name, "summary": r.Summary, "tags": []any{r.tag()}, "responses": r.responses(s)}
	switch {
	case r.Has(Public):
		op["security"] = []any{}
	case r.Has(Partner):
		op["security"] = []any{object{"visit": []any{}}}
	}
	if r.Action != "" {
		op["x-action"] = string(r.Action)
	}
	if p := r.parameters(s); len(p) > 0 {
		op["parameters"] = p
	}
	switch {
	case r.Has(Upload):
		op["requestBody"] = object{"required": true, "content": object{"multipart/form-data": object{
			"schema": object{"type": "object", "required": []any{client.PartRequest, client.PartFile}, "properties": object{
				client.PartRequest: s.of(r.In),
				client.PartFile:    object{"type": "string", "contentMediaType": "application/octet-stream"},
			}},
			"encoding": object{client.PartRequest: object{"contentType": "application/json"}},
		}}}
	case r.Method == http.MethodPost && r.Has(Large):
		op["requestBody"] = object{"required": true, "content": object{"multipart/form-data": object{
			"schema": object{"type": "object", "required": []any{client.PartRequest, client.PartFile}, "properties": object{
				client.PartRequest: s.of(reflect.TypeFor[client.Push]()),
				client.PartFile:    object{"type": "array", "items": object{"type": "string", "contentMediaType": "application/octet-stream"}},
			}},
			"encoding": object{client.PartRequest: object{"contentType": "application/json"}},
		}}}
	case r.takesBody():
		op["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": s.of(r.In)}}}
	}
	return op
}

func (r *Route) tag() string {
	name, _, _ := strings.Cut(r.Name, ".")
	return name
}

// takesBody reports whether the input has a part that is neither path nor query.
func (r *Route) takesBody() bool {
	for _, f := range fields(r.In) {
		if f.Tag.Get("path") == "" && f.Tag.Get("query") == "" {
			return true
		}
	}
	return false
}

func (r *Route) parameters(s schemas) []any {
	var out []any
	for _, f := range fields(r.In) {
		for _, in := range []string{"path", "query"} {
			name := f.Tag.Get(in)
			if name == "" {
				continue
			}
			p := object{"name": name, "in": in, "schema": s.of(f.Type)}
			if doc := f.Tag.Get("doc"); doc != "" {
				p["description"] = doc
			}
			if in == "path" {
				p["required"] = true
			}
			out = append(out, p)
		}
	}
	if r.Has(Idempotent) {
		out = append(out, object{
			"name": "Idempotency-Key", "in": "header", "schema": object{"type": "string", "pattern": "^[!-~]{1,200}$"},
			"description": "The same key and the same request give the same answer, and are done once.",
		})
	}
	if r.Has(Conditional) {
		out = append(out, object{
			"name": "If-Match", "in": "header", "required": true, "schema": object{"type": "string", "pattern": `^"[1-9][0-9]*"$`},
			"description": "The version that is changed, as its ETag gives it.",
		})
	}
	return out
}

func (r *Route) responses(s schemas) object {
	good := object{"description": http.StatusText(r.Status)}
	switch {
	case r.Has(Streams):
		good["content"] = object{"*/*": object{"schema": object{}}}
	case r.Out != reflect.TypeFor[client.None]():
		good["content"] = object{"application/json": object{"schema": s.of(r.Out)}}
	}
	switch {
	case r.Status == http.StatusSeeOther:
		good["headers"] = object{"Location": object{"schema": object{"type": "string"}, "description": "Where it goes on."}}
	case r.Method != http.MethodGet:
		good["headers"] = object{client.HeaderEntry: object{"schema": object{"type": "integer"}, "description": "The place of the change in the ledger."}}
	}
	return object{strconv.Itoa(r.Status): good, "default": object{"$ref": "#/components/responses/Problem"}}
}
