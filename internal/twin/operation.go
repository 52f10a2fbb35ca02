package twin

import (
	"slices"
	"strings"
)

// effect is what an operation does.
type effect string

const (
	doList   effect = "list"
	doCreate effect = "create"
	doRead   effect = "get"
	doUpdate effect = "update"
	doDelete effect = "delete"
	doAct    effect = "act"
	doOther  effect = "other" // signing in and out, status
)

// operation is one callable, compiled from a style.
type operation struct {
	id, method, path, tag, summary string
	segments                       []string // of path
	effect                         effect
	res                            *resource // nil for doOther
	action                         *action
	public                         bool
	form                           bool // takes a form whatever the style takes
	in                             []field
	out                            []field
	many                           bool   // the answer is a list of out
	schema                         string // name of the answer's schema
	status                         int
	call                           func(x *exchange) (*answer, *problem)
	cookie                         bool // the answer sets the session cookie
}

// compile makes the operations of a style, in the order of its resources.
func (s *style) compile() []*operation {
	ops := s.signIn()
	for _, r := range s.resources {
		s.link(r.fields)
		ops = append(ops, s.operations(r)...)
	}
	for _, o := range ops {
		o.segments = strings.Split(strings.Trim(o.path, "/"), "/")
	}
	return ops
}

// link gives references the form of the style's ids.
func (s *style) link(fields []field) {
	for i := range fields {
		f := &fields[i]
		if f.ref == "" {
			continue
		}
		id := s.head(s.resource(f.ref))[0]
		f.kind, f.pattern, f.format, f.min, f.max = id.kind, id.pattern, id.format, id.min, id.max
	}
}

// paths returns where the resource is listed and where one object stands.
func (s *style) paths(r *resource) (collection, item string) {
	collection = "/" + r.plural
	if r.parent != "" {
		_, above := s.paths(s.resource(r.parent))
		if r.flat {
			above = strings.Replace(above, "{"+s.resource(r.parent).param+"}", "{"+r.parent+"}", 1)
		}
		collection = above + collection
	}
	item = collection + "/{" + r.param + "}"
	if r.flat {
		item = "/" + r.plural + "/{" + r.param + "}"
	}
	return collection, item
}

func (s *style) operations(r *resource) []*operation {
	collection, item := s.paths(r)
	if r.single {
		return []*operation{{id: "get" + title(r.name), method: "GET", path: collection, tag: r.tag, summary: "Read the " + words(r.name), effect: doRead, res: r, out: shown(r.fields, false), schema: title(r.name), status: 200}}
	}
	one, many := title(r.name), title(r.plural)
	head := slices.Clip(s.head(r))
	seen, first := append(head, shown(r.fields, false)...), append(head, shown(r.fields, true)...)
	created := one
	if len(first) != len(seen) {
		created = one + "Created"
	}
	update := "PATCH"
	if s.put {
		update = "PUT"
	}
	all := map[rune]*operation{
		'l': {id: "list" + many, method: "GET", path: collection, summary: "List " + words(r.plural), effect: doList, out: seen, many: true, schema: one, status: 200},
		'c': {id: "create" + one, method: "POST", path: collection, summary: "Create a " + words(r.name), effect: doCreate, in: asked(r.fields, false), out: first, schema: created, status: 201},
		'r': {id: "get" + one, method: "GET", path: item, summary: "Read a " + words(r.name), effect: doRead, out: seen, schema: one, status: 200},
		'u': {id: "update" + one, method: update, path: item, summary: "Change a " + words(r.name), effect: doUpdate, in: asked(r.fields, !s.put), out: seen, schema: one, status: 200},
		'd': {id: "delete" + one, method: "DELETE", path: item, summary: "Delete a " + words(r.name), effect: doDelete, status: 204},
	}
	var ops []*operation
	for _, letter := range r.ops {
		ops = append(ops, all[letter])
	}
	for i := range r.acts {
		a := &r.acts[i]
		ops = append(ops, &operation{id: a.name + one, method: "POST", path: item + "/" + a.name, summary: a.title, effect: doAct, action: a, in: a.in, out: seen, schema: one, status: 200})
	}
	for _, o := range ops {
		o.tag, o.res = r.tag, r
	}
	return ops
}

// head returns the fields that every object begins with: its id and its parent's.
func (s *style) head(r *resource) []field {
	id := field{name: "id", kind: text, read: true, category: "system.operations", example: r.prefix + "_3fk1x9w2m4b7q8", pattern: "^" + r.prefix + "_[0-9a-z]{14}$", doc: "Id of the " + words(r.name) + "."}
	switch s.ids {
	case integer:
		id.kind, id.pattern, id.example, id.min, id.max = number, "", int64(1042), 1, 1<<40
	case uuid:
		id.pattern, id.format, id.example = "", "uuid", "5f0c1e0a-3b7d-4c55-9a1e-0d6f5b2c7e11"
	case prefixed:
	}
	if r.parent == "" {
		return []field{id}
	}
	above := s.head(s.resource(r.parent))[0]
	above.name = s.up(r)
	return []field{id, above}
}

// up names the field that holds the parent's id.
func (s *style) up(r *resource) string {
	if s.ids == prefixed {
		return r.parent
	}
	return r.parent + "_id"
}

func words(name string) string { return strings.NewReplacer("_", " ", "-", " ").Replace(name) }

// shown returns the fields of an answer.
func shown(fields []field, created bool) []field {
	var out []field
	for _, f := range fields {
		if f.write || f.reveal && !created {
			continue
		}
		f.of = shown(f.of, created)
		out = append(out, f)
	}
	return out
}

// asked returns the fields that a caller may send; on a change none is required.
func asked(fields []field, change bool) []field {
	var out []field
	for _, f := range fields {
		if f.read || change && f.once {
			continue
		}
		if change {
			f.need, f.def = false, nil
		}
		f.of = asked(f.of, false)
		out = append(out, f)
	}
	return out
}

// params returns the names of the path parameters.
func (o *operation) params() []string {
	var out []string
	for _, s := range o.segments {
		if name, ok := param(s); ok {
			out = append(out, name)
		}
	}
	return out
}

func param(segment string) (string, bool) {
	if strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}") {
		return segment[1 : len(segment)-1], true
	}
	return "", false
}

// match finds the operations of a path; a fixed segment wins over a parameter.
func match(ops []*operation, path string) (here []*operation, vars map[string]string) {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	best := -1
	for _, o := range ops {
		if len(o.segments) != len(parts) {
			continue
		}
		found, fixed := map[string]string{}, 0
		ok := true
		for i, s := range o.segments {
			if name, isParam := param(s); isParam {
				found[name], ok = parts[i], ok && parts[i] != ""
			} else {
				fixed++
				ok = ok && s == parts[i]
			}
		}
		switch {
		case !ok || fixed < best:
		case fixed > best:
			best, here, vars = fixed, []*operation{o}, found
		default:
			here = append(here, o)
		}
	}
	return here, vars
}

// allow lists the methods of a path for the Allow header.
func allow(here []*operation) string {
	methods := []string{"OPTIONS"}
	for _, o := range here {
		methods = append(methods, o.method)
		if o.method == "GET" {
			methods = append(methods, "HEAD")
		}
	}
	slices.Sort(methods)
	return strings.Join(slices.Compact(methods), ", ")
}

// query returns the query parameters of a list.
func (s *style) query(o *operation) []field {
	if o.effect != doList {
		return nil
	}
	system := cat("system.operations")
	out := []field{num("limit", 1, 100, def(int64(20)), eg(int64(20)), system), str("cursor", 64, system, doc("Where the previous page ended."))}
	if s.envelope.pages {
		out = []field{num("page", 1, 1000, def(int64(1)), eg(int64(1)), system), num("per_page", 1, 100, def(int64(20)), eg(int64(20)), system)}
	}
	for _, name := range o.res.filters {
		f, _ := o.res.field(name)
		f.need, f.def, f.example, f.read = false, nil, nil, false
		out = append(out, f)
	}
	return out
}
