package spec

import (
	"net/url"
	"regexp"
	"strings"

	"drawbridge"
)

// sample adds the fields of a recorded or example body. The values themselves
// are never kept: a recording holds real data.
func (r *reader) sample(o *Operation, at drawbridge.At, media, body string, s spot) {
	format := formatOf(media)
	if format == "form" {
		r.form(o, at, body)
		return
	}
	body = strings.TrimSpace(body)
	if body == "" || format != "json" && format != "" || body[0] != '{' && body[0] != '[' {
		return
	}
	root, err := parseJSON("a body", body)
	if err != nil {
		r.warn(s, "a body of %s %s is not JSON that can be read; its fields are left out", o.Method, clip(o.Path, 80))
		return
	}
	seen := map[drawbridge.FieldPath]bool{}
	var out []Field
	var visit func(n *node, path drawbridge.FieldPath, depth int)
	visit = func(n *node, path drawbridge.FieldPath, depth int) {
		if len(out) >= maxLeaves || depth > maxDepth || len(path) > drawbridge.MaxFieldPathBytes {
			return
		}
		for i := range n.kids {
			m := &n.kids[i]
			next := path.Any()
			if n.kind == object {
				if strings.ContainsFunc(m.key, control) {
					continue
				}
				if !variable(m.key) {
					next = path.Child(m.key)
				}
			}
			visit(&m.val, next, depth+1)
		}
		if len(n.kids) == 0 && path != "" && !seen[path] {
			seen[path] = true
			out = append(out, Field{At: at, Path: path, Schema: &Schema{Type: typeOf(n), Format: looksLike(n)}})
		}
	}
	visit(&root, "", 0)
	r.add(o, out...)
}

func typeOf(n *node) string {
	return map[kind]string{boolean: "boolean", number: "number", text: "string", list: "array", object: "object"}[n.kind]
}

var shapes = []struct {
	format string
	like   *regexp.Regexp
}{
	{"email", regexp.MustCompile(`^[^@\s]{1,64}@[^@\s]{1,190}\.[a-zA-Z]{2,}$`)},
	{"uuid", regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)},
	{"date-time", regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d`)},
	{"date", regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)},
	{"uri", regexp.MustCompile(`^https?://`)},
}

// looksLike names the format of a recorded text, without keeping the text.
func looksLike(n *node) string {
	if n.kind == text && len(n.str) <= 300 {
		for _, s := range shapes {
			if s.like.MatchString(n.str) {
				return s.format
			}
		}
	}
	return ""
}

// form adds the names of a form body.
func (r *reader) form(o *Operation, at drawbridge.At, body string) {
	for pair := range strings.SplitSeq(body, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); err == nil {
			r.named(o, at, name, "")
		}
	}
}

// named adds a parameter of which only the name, and perhaps a description, is known.
func (r *reader) named(o *Operation, at drawbridge.At, name, description string) {
	path := drawbridge.FieldPath("").Child(name)
	if name == "" || strings.ContainsFunc(name, control) || len(path) > drawbridge.MaxFieldPathBytes || len(o.Fields) >= maxLeaves {
		return
	}
	r.add(o, Field{At: at, Path: path, Schema: &Schema{Type: "string", Description: oneLine(description)}})
}

// hole adds a parameter of a path template.
func (r *reader) hole(o *Operation, name string) {
	r.named(o, drawbridge.AtPath, name, "")
	if n := len(o.Fields); n > 0 && o.Fields[n-1].At == drawbridge.AtPath {
		o.Fields[n-1].Required = true
	}
}

var idLike = regexp.MustCompile(`^(\d+|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{16,}|[A-Za-z]{1,6}_[A-Za-z0-9]{8,}|[^@/]+@[^@/]+\.[A-Za-z]+|[A-Z]{2}[0-9a-f]{32})$`)

// variable reports whether a recorded path segment or map key looks like a
// value: a number, an identifier, an address.
func variable(s string) bool { return idLike.MatchString(s) || len(s) > 60 }

// template makes a path template of a recorded path; the names of the holes
// follow from the segment before.
func template(p string) (path string, params []string) {
	var out []string
	used := map[string]bool{}
	for seg := range strings.SplitSeq(strings.Trim(p, "/"), "/") {
		if u, err := url.PathUnescape(seg); err == nil && variable(u) {
			name := "id"
			if n := len(out); n > 0 && !strings.HasPrefix(out[n-1], "{") {
				name = strings.TrimSuffix(strings.ReplaceAll(slug(out[n-1]), "-", "_"), "s") + "_id"
			}
			for used[name] {
				name += "_"
			}
			used[name] = true
			params = append(params, name)
			seg = "{" + name + "}"
		}
		out = append(out, seg)
	}
	return clip("/"+strings.Join(out, "/"), maxText), params
}
