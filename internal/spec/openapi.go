package spec

import (
	"slices"
	"strings"

	"drawbridge"
)

// methods are the members of a path item that are operations.
var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"}

// openapi reads OpenAPI 3.0 and 3.1 (3.2 where it says the same).
func (r *reader) openapi(version *node) error {
	root := &r.main.root
	if !strings.HasPrefix(version.str, "3.") {
		return r.main.errorf(version, "OpenAPI %q is not known; 3.0 and 3.1 are read, and Swagger 2.0", clip(version.str, 20))
	}
	r.api.Format = "OpenAPI " + version.str
	if err := r.info(root); err != nil {
		return err
	}
	top := spot{r.main, root}
	servers, err := r.servers(top)
	if err != nil {
		return err
	}
	r.api.Servers = servers
	components, err := r.main.child(root, "components", "components", object)
	if err != nil {
		return err
	}
	if err := r.schemes(components, "securitySchemes", r.scheme3); err != nil {
		return err
	}
	if err := r.securityOf(root); err != nil {
		return err
	}
	paths, err := r.main.child(root, "paths", "paths", object)
	if err != nil {
		return err
	}
	if err := r.paths(spot{r.main, paths}, &r.api.Operations, false); err != nil {
		return err
	}
	for _, key := range []string{"webhooks", "x-webhooks"} {
		hooks, err := r.main.child(root, key, key, object)
		if err != nil {
			return err
		}
		if err := r.paths(spot{r.main, hooks}, &r.api.Webhooks, true); err != nil {
			return err
		}
	}
	return nil
}

// info reads what all formats of the OpenAPI family say about themselves.
func (r *reader) info(root *node) error {
	info, err := r.main.child(root, "info", "info", object)
	if err != nil {
		return err
	}
	r.api.Title = oneLine(info.text("title"))
	r.api.Version = oneLine(info.text("version"))
	r.api.Description = oneLine(info.text("description"))
	r.api.Home = home(info)
	return nil
}

// paths reads a map from path template (or webhook name) to path item.
func (r *reader) paths(paths spot, into *[]Operation, inbound bool) error {
	for i := range paths.n.members() {
		m := &paths.n.kids[i]
		if strings.HasPrefix(m.key, "x-") && !inbound {
			continue
		}
		item, ok, err := r.follow(spot{paths.doc, &m.val})
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if item.n.kind != object {
			return item.doc.wrong(item.n, "the path item "+clip(m.key, 80), object)
		}
		if err := r.pathItem(item, m.key, into, inbound); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) pathItem(item spot, path string, into *[]Operation, inbound bool) error {
	for i := range item.n.kids {
		m := &item.n.kids[i]
		if !slices.Contains(methods, m.key) {
			continue
		}
		if m.val.kind != object {
			return item.doc.wrong(&m.val, strings.ToUpper(m.key)+" "+clip(path, 80), object)
		}
		if len(*into) >= maxOperations {
			return item.doc.errorf(&m.val, "more than %d operations", maxOperations)
		}
		o := Operation{Method: strings.ToUpper(m.key), Path: clip(path, maxText)}
		if err := r.operation(&o, item, spot{item.doc, &m.val}, inbound); err != nil {
			return err
		}
		*into = append(*into, o)
	}
	return nil
}

// operation reads one operation of OpenAPI 3 or Swagger 2.
func (r *reader) operation(o *Operation, item, s spot, inbound bool) error {
	if err := r.head(o, s, inbound); err != nil {
		return err
	}
	var err error
	if o.Servers, err = r.servers(s); err != nil {
		return err
	}
	if len(o.Servers) == 0 {
		if o.Servers, err = r.servers(item); err != nil {
			return err
		}
	}
	params, err := r.parameters(item, s)
	if err != nil {
		return err
	}
	for _, p := range params {
		if err := r.parameter(o, p); err != nil {
			return err
		}
	}
	if err := r.requestBody(o, s, !inbound); err != nil {
		return err
	}
	if err := r.responses(o, s, inbound); err != nil {
		return err
	}
	if r.main.root.get("swagger") != nil {
		r.mediaTypes(o, s.n)
	}
	slices.Sort(o.RequestTypes)
	slices.Sort(o.ResponseTypes)
	o.RequestTypes, o.ResponseTypes = slices.Compact(o.RequestTypes), slices.Compact(o.ResponseTypes)
	return r.callbacks(o, s)
}

// head reads what an operation says about itself.
func (r *reader) head(o *Operation, s spot, inbound bool) error {
	id := s.n.text("operationId")
	if id == "" {
		id = madeID(o.Method, o.Path)
	}
	o.ID = r.unique(s, cleanID(id))
	o.Summary = oneLine(s.n.text("summary"))
	o.Deprecated = s.n.flag("deprecated")
	if tags := s.n.get("tags").texts(); len(tags) > 0 {
		o.Tag = oneLine(tags[0])
	} else if gh := s.n.get("x-github"); gh != nil {
		o.Tag = oneLine(gh.text("category"))
	}
	own, err := s.doc.child(s.n, "security", "security", list)
	if err != nil {
		return err
	}
	if own == nil && !inbound { // what callers of the partner show says nothing about the partner's own calls
		r.demand(o, r.security)
	}
	if own == nil {
		return nil
	}
	r.demand(o, alternatives(own))
	o.Open = len(own.kids) == 0 || o.Open
	return nil
}

// cleanID makes an operation id that a manifest can hold on one line.
func cleanID(id string) string {
	id = strings.Map(func(c rune) rune {
		if c <= ' ' || c == 0x7f || c == ',' || c == '[' || c == ']' {
			return '-'
		}
		return c
	}, id)
	return clip(id, 120)
}

// madeID names an operation that has no id, stably, by method and path.
func madeID(method, path string) string {
	var b strings.Builder
	b.WriteString(strings.ToLower(method))
	gap := true
	for _, c := range path {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c > 0x7f {
			if gap {
				b.WriteByte('-')
			}
			b.WriteRune(c)
			gap = false
			continue
		}
		gap = true
	}
	return b.String()
}

// parameters returns an operation's parameters; its own win over the path's.
func (r *reader) parameters(item, op spot) ([]spot, error) {
	var out []spot
	at := map[string]int{}
	for _, s := range []spot{item, op} {
		params, err := s.doc.child(s.n, "parameters", "parameters", list)
		if err != nil {
			return nil, err
		}
		for i := range params.members() {
			p, ok, err := r.follow(spot{s.doc, &params.kids[i].val})
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			if p.n.kind != object {
				return nil, p.doc.wrong(p.n, "a parameter", object)
			}
			key := p.n.text("in") + " " + p.n.text("name")
			if j, ok := at[key]; ok {
				out[j] = p
				continue
			}
			at[key] = len(out)
			out = append(out, p)
		}
	}
	return out, nil
}

// parameter adds one parameter outside the body.
func (r *reader) parameter(o *Operation, p spot) error {
	name := p.n.text("name")
	at := drawbridge.At(p.n.text("in"))
	path := drawbridge.FieldPath("").Child(name)
	switch at {
	case drawbridge.AtPath, drawbridge.AtQuery, drawbridge.AtHeader:
	case "cookie":
		at, path = drawbridge.AtHeader, "/Cookie" // one header, however many cookies
	case "querystring":
		at = drawbridge.AtQuery
	case "body", "formData":
		return r.bodyParameter(o, p)
	default:
		r.warn(p, "a parameter lies in %q, which is not known; it is left out", clip(string(at), 40))
		return nil
	}
	if name == "" || strings.ContainsFunc(name, control) || len(path) > drawbridge.MaxFieldPathBytes {
		r.warn(p, "a parameter has no usable name; it is left out")
		return nil
	}
	r.add(o, Field{At: at, Path: path, Required: p.n.flag("required"), Schema: r.parameterSchema(p)})
	return nil
}

// add appends a field unless the same place is there already.
func (r *reader) add(o *Operation, fields ...Field) {
	if len(o.Fields) == 0 {
		o.Fields = slices.Clip(fields) // shared with other operations until one adds
		return
	}
	if len(o.Fields)*len(fields) < 2000 {
		for _, f := range fields {
			if !slices.ContainsFunc(o.Fields, func(g Field) bool { return g.At == f.At && g.Path == f.Path }) {
				o.Fields = append(o.Fields, f)
			}
		}
		return
	}
	have := make(map[elementKey]bool, len(o.Fields)+len(fields))
	for _, f := range o.Fields {
		have[elementKey{f.At, f.Path}] = true
	}
	for _, f := range fields {
		if key := (elementKey{f.At, f.Path}); !have[key] {
			have[key] = true
			o.Fields = append(o.Fields, f)
		}
	}
}

// parameterSchema joins what a parameter and its schema say.
func (r *reader) parameterSchema(p spot) *Schema {
	if known := r.leaves[p.n]; known != nil {
		return known
	}
	parts := []part{{p, false}}
	schema := spot{p.doc, p.n.get("schema")}
	if content := p.n.get("content"); len(content.members()) > 0 {
		schema.n = content.kids[0].val.get("schema")
	}
	for range 2 { // the schema, and what a list in it consists of
		if schema.n == nil {
			break
		}
		s, ok, err := r.follow(schema)
		if err != nil || !ok {
			break
		}
		parts = append(parts, part{s, false})
		schema = spot{s.doc, s.n.get("items")}
	}
	return r.leaf(p, parts)
}

// callbacks reads the calls that an operation asks the other side to make.
func (r *reader) callbacks(o *Operation, s spot) error {
	cbs, err := s.doc.child(s.n, "callbacks", "callbacks", object)
	if err != nil {
		return err
	}
	for i := range cbs.members() {
		cb, ok, err := r.follow(spot{s.doc, &cbs.kids[i].val})
		if err != nil {
			return err
		}
		if !ok || cb.n.kind != object {
			continue
		}
		first := len(r.api.Callbacks)
		if first >= maxOperations {
			return s.doc.errorf(s.n, "more than %d callbacks", maxOperations)
		}
		if err := r.paths(cb, &r.api.Callbacks, true); err != nil {
			return err
		}
		for j := first; j < len(r.api.Callbacks); j++ {
			c := &r.api.Callbacks[j]
			c.Of = o.ID
			or(&c.Tag, o.Tag)
		}
	}
	return nil
}
