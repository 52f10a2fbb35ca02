package spec

import (
	"strings"

	"drawbridge"
)

// requestBody reads the body of an OpenAPI 3 operation.
func (r *reader) requestBody(o *Operation, s spot, sent bool) error {
	n, err := s.doc.child(s.n, "requestBody", "requestBody", object)
	if n == nil || err != nil {
		return err
	}
	body, ok, err := r.follow(spot{s.doc, n})
	if err != nil || !ok {
		return err
	}
	types, err := r.content(o, body, drawbridge.AtRequest, sent)
	o.RequestTypes = append(o.RequestTypes, types...)
	return err
}

// responses reads every answer of an operation: the fields of all statuses
// together, success first.
func (r *reader) responses(o *Operation, s spot, sent bool) error {
	n, err := s.doc.child(s.n, "responses", "responses", object)
	if err != nil {
		return err
	}
	for _, success := range []bool{true, false} {
		for i := range n.members() {
			m := &n.kids[i]
			if strings.HasPrefix(m.key, "2") != success || strings.HasPrefix(m.key, "x-") {
				continue
			}
			answer, ok, err := r.follow(spot{s.doc, &m.val})
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			if answer.n.kind != object {
				return answer.doc.wrong(answer.n, "a response", object)
			}
			if err := r.response(o, answer, sent); err != nil {
				return err
			}
		}
	}
	return nil
}

// response reads one answer of OpenAPI 3 (content) or Swagger 2 (schema).
func (r *reader) response(o *Operation, answer spot, sent bool) error {
	if schema := answer.n.get("schema"); schema != nil {
		if kindOf(schema) == "file" {
			r.add(o, Field{At: drawbridge.AtFile, Schema: r.leaf(answer, []part{{answer, false}})})
			return nil
		}
		fields, err := r.body(spot{answer.doc, schema}, drawbridge.AtResponse, sent)
		r.add(o, fields...)
		return err
	}
	types, err := r.content(o, answer, drawbridge.AtResponse, sent)
	o.ResponseTypes = append(o.ResponseTypes, types...)
	return err
}

// content reads a map from media type to schema.
func (r *reader) content(o *Operation, body spot, at drawbridge.At, sent bool) ([]string, error) {
	content, err := body.doc.child(body.n, "content", "content", object)
	if err != nil {
		return nil, err
	}
	var types []string
	for i := range content.members() {
		m := &content.kids[i]
		media, _, _ := strings.Cut(strings.ToLower(m.key), ";")
		types = append(types, strings.TrimSpace(media))
		schema := spot{body.doc, m.val.get("schema")}
		if schema.n == nil {
			if opaque(media) {
				r.add(o, Field{At: drawbridge.AtFile, Schema: r.leaf(spot{body.doc, &m.val}, nil)})
			}
			continue
		}
		fields, err := r.body(schema, at, sent)
		if err != nil {
			return nil, err
		}
		required := body.n.flag("required") || at == drawbridge.AtResponse
		r.add(o, placed(fields, media, required)...)
	}
	return types, nil
}

// placed puts the fields of a body where its media type says: files apart, and
// nothing required when the body is not.
func placed(fields []Field, media string, required bool) []Field {
	if whole := len(fields) == 1 && fields[0].Path == ""; required && media != "multipart/form-data" && !opaque(media) && !whole {
		return fields // shared, and as they are
	}
	out := make([]Field, len(fields))
	for i, f := range fields {
		f.Required = f.Required && required
		binary := f.Schema.Format == "binary" || f.Schema.Format == "byte"
		if opaque(media) || binary && (f.Path == "" || media == "multipart/form-data") {
			f.At = drawbridge.AtFile
		}
		out[i] = f
	}
	return out
}

// opaque reports whether a body of this type is a file and not a structure.
func opaque(media string) bool {
	for _, prefix := range []string{"image/", "audio/", "video/", "font/", "application/octet-stream", "application/pdf", "application/zip", "application/gzip", "application/x-tar"} {
		if strings.HasPrefix(media, prefix) {
			return true
		}
	}
	return false
}

// formatOf returns the manifest's word for a media type, or "".
func formatOf(media string) string {
	media, _, _ = strings.Cut(strings.ToLower(media), ";")
	switch media = strings.TrimSpace(media); {
	case media == "application/json", strings.HasSuffix(media, "+json"), media == "text/json", media == "application/x-ndjson":
		return "json"
	case media == "application/xml", media == "text/xml", strings.HasSuffix(media, "+xml"):
		return "xml"
	case media == "application/x-www-form-urlencoded":
		return "form"
	case strings.HasPrefix(media, "multipart/"):
		return "multipart"
	case media == "text/csv":
		return "csv"
	case media == "text/html":
		return "html"
	case media == "application/yaml", media == "application/x-yaml", media == "text/yaml":
		return "yaml"
	case media == "application/x-protobuf", media == "application/protobuf", media == "application/grpc":
		return "protobuf"
	case strings.Contains(media, "avro"):
		return "avro"
	case media == "application/graphql":
		return "graphql"
	case media == "application/zip", media == "application/gzip", media == "application/x-tar":
		return "archive"
	case strings.HasPrefix(media, "text/"):
		return "text"
	case opaque(media):
		return "binary"
	}
	return ""
}
