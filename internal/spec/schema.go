package spec

import (
	"strings"

	"drawbridge"
)

// Limits on one body. The walk is breadth first, so that what a limit cuts off
// is the deepest part.
const (
	maxLeaves  = 2000   // fields of one body
	maxVisits  = 20_000 // schemas looked at for one body
	maxDepth   = 16     // steps of a field path
	maxParts   = 2000   // schemas that one place is composed of
	maxBodyKey = 20_000 // bodies remembered
)

type leafKey = *node

// bodyKey identifies a body that was walked before.
type bodyKey struct {
	n  *node
	at drawbridge.At
	in bool // the fields go to the server: what is readOnly is not sent
}

// place is a schema waiting to be walked.
type place struct {
	spot
	path     drawbridge.FieldPath
	depth    int
	required bool
	up       *place // the schema that holds it
	target   *node  // after references, for the cut of recursion
}

// body returns the fields of a schema. sent says that they go to the server.
func (r *reader) body(s spot, at drawbridge.At, sent bool) ([]Field, error) {
	s, ok, err := r.follow(s)
	if err != nil || !ok || s.n == nil {
		return nil, err
	}
	key := bodyKey{s.n, at, sent}
	if known, ok := r.bodies[key]; ok {
		return known, nil
	}
	w := walk{r: r, at: at, sent: sent, seen: map[drawbridge.FieldPath]bool{}}
	if err := w.run(s); err != nil {
		return nil, err
	}
	if len(r.bodies) < maxBodyKey {
		r.bodies[key] = w.out
	}
	return w.out, nil
}

// walk is one breadth-first pass over a schema.
type walk struct {
	r     *reader
	at    drawbridge.At
	sent  bool
	queue []*place
	seen  map[drawbridge.FieldPath]bool
	out   []Field
}

func (w *walk) run(s spot) error {
	w.queue = append(w.queue, &place{spot: s, required: true})
	for i := 0; i < len(w.queue); i++ {
		if i >= maxVisits || len(w.out) >= maxLeaves {
			w.r.warn(s, "this schema has more than %d fields; those nearest to its top are listed", len(w.out))
			return nil
		}
		if err := w.visit(w.queue[i]); err != nil {
			return err
		}
		w.queue[i] = nil
	}
	return nil
}

// visit lists the children of one place, or makes it a field.
func (w *walk) visit(p *place) error {
	parts, err := w.parts(p)
	if err != nil || len(parts) == 0 {
		return err
	}
	if p.target = parts[0].n; w.repeats(p) {
		w.r.warn(parts[0].spot, "a schema contains itself at %s; its fields are listed once, and not again below", p.path)
		return nil
	}
	required := map[string]bool{}
	for _, part := range parts {
		if !part.optional {
			for _, name := range part.n.get("required").texts() {
				required[name] = true
			}
		}
	}
	before, nested := len(w.queue), false
	for _, part := range parts {
		more, err := w.children(p, part, required)
		if err != nil {
			return err
		}
		nested = nested || more
	}
	if len(w.queue) == before && !nested {
		w.leaf(p, parts)
	}
	return nil
}

// repeats reports whether p's schema holds itself.
func (w *walk) repeats(p *place) bool {
	for up := p.up; up != nil; up = up.up {
		if up.target == p.target {
			return true
		}
	}
	return false
}

// part is one of the schemas that a place is composed of.
type part struct {
	spot
	optional bool // one of several alternatives
}

// parts flattens references, allOf, oneOf, anyOf, if/then/else and
// discriminators into the schemas that describe the same value.
func (w *walk) parts(p *place) ([]part, error) {
	var out []part
	seen := map[*node]bool{}
	todo := []part{{p.spot, false}}
	for i := 0; i < len(todo) && len(out) < maxParts; i++ {
		cur := todo[i]
		s, ok, err := w.r.follow(cur.spot)
		if err != nil {
			return nil, err
		}
		if !ok || seen[s.n] {
			continue
		}
		seen[s.n] = true
		if s.n.kind != object {
			if s.n.kind != boolean {
				w.r.warn(s, "a schema must be an object, and is %s; it is left out", s.n.kind)
			} else if s.n.str == "true" {
				out = append(out, part{s, cur.optional})
			}
			continue
		}
		out = append(out, part{s, cur.optional})
		todo = append(todo, composed(s, cur.optional)...)
	}
	return out, nil
}

func composed(s spot, optional bool) []part {
	var out []part
	for _, m := range s.n.get("allOf").members() {
		out = append(out, part{spot{s.doc, &m.val}, optional})
	}
	for _, key := range []string{"oneOf", "anyOf"} {
		kids := s.n.get(key).members()
		for i := range kids {
			out = append(out, part{spot{s.doc, &kids[i].val}, optional || len(kids) > 1})
		}
	}
	for _, key := range []string{"then", "else"} {
		if n := s.n.get(key); n != nil {
			out = append(out, part{spot{s.doc, n}, true})
		}
	}
	mapping := s.n.get("discriminator").get("mapping").members()
	for i := range mapping {
		if to := &mapping[i].val; to.is(text) && strings.Contains(to.str, "#") {
			ref := &node{kind: object, line: to.line, col: to.col, kids: []member{{"$ref", *to}}}
			out = append(out, part{spot{s.doc, ref}, true})
		}
	}
	return out
}

// children queues what one part of a place holds. more is true when it holds
// something that is not listed.
func (w *walk) children(p *place, s part, required map[string]bool) (more bool, err error) {
	props, err := s.doc.child(s.n, "properties", "properties", object)
	if err != nil {
		return false, err
	}
	for i := range props.members() {
		m := &props.kids[i]
		if w.sent && m.val.flag("readOnly") || !w.sent && m.val.flag("writeOnly") {
			more = true
			continue
		}
		need := p.required && required[m.key] && !s.optional
		more = w.push(p, spot{s.doc, &m.val}, p.path.Child(m.key), need) || more
	}
	for _, key := range []string{"items", "additionalProperties", "unevaluatedProperties"} {
		if n := s.n.get(key); n.is(object) && (key == "items" || len(n.kids) > 0) {
			more = w.push(p, spot{s.doc, n}, p.path.Any(), false) || more
		}
	}
	for _, key := range []string{"prefixItems", "items", "patternProperties"} {
		n := s.n.get(key)
		if key == "items" && !n.is(list) {
			continue // of a draft before 2020-12: a tuple
		}
		for i := range n.members() {
			more = w.push(p, spot{s.doc, &n.kids[i].val}, p.path.Any(), false) || more
		}
	}
	return more, nil
}

// push queues a child; it returns true when a limit keeps the child out.
func (w *walk) push(p *place, s spot, path drawbridge.FieldPath, required bool) bool {
	if len(path) > drawbridge.MaxFieldPathBytes || strings.ContainsFunc(string(path[len(p.path):]), control) {
		w.r.warn(s, "a field's name is too long or holds control characters; it is left out")
		return true
	}
	if p.depth+1 > maxDepth {
		w.r.warn(s, "fields more than %d steps deep are left out, like %s", maxDepth, clip(string(path), 200))
		return true
	}
	w.queue = append(w.queue, &place{spot: s, path: path, depth: p.depth + 1, required: required, up: p})
	return false
}

func control(c rune) bool { return c < ' ' || c == 0x7f }

// leaf makes p a field.
func (w *walk) leaf(p *place, parts []part) {
	path := p.path
	for _, s := range parts {
		if kindOf(s.n) == "array" {
			path = path.Any() // a list that does not say of what
			break
		}
	}
	if w.seen[path] {
		return
	}
	w.seen[path] = true
	w.out = append(w.out, Field{At: w.at, Path: path, Required: p.required, Schema: w.r.leaf(p.spot, parts)})
}

// kindOf returns a schema's type; of the type list of 3.1 the first that is not null.
func kindOf(n *node) string {
	t := n.get("type")
	if t.is(text) {
		return t.str
	}
	for _, s := range t.texts() {
		if s != "null" {
			return s
		}
	}
	return ""
}

// leaf gathers what the parts say about one value.
func (r *reader) leaf(at spot, parts []part) *Schema {
	key := at.n
	if known := r.leaves[key]; known != nil {
		return known
	}
	out := &Schema{Line: int(at.n.line), Description: oneLine(at.n.text("description"))}
	for _, p := range parts {
		n := p.n
		or(&out.Type, kindOf(n))
		or(&out.Format, n.text("format"))
		if enc := n.text("contentEncoding"); enc != "" || n.text("contentMediaType") == "application/octet-stream" {
			or(&out.Format, "byte")
		}
		or(&out.Pattern, clip(n.text("pattern"), maxText))
		or(&out.Description, oneLine(n.text("description")))
		or(&out.Description, oneLine(n.text("title")))
		or(&out.Example, example(n))
		out.Secret = out.Secret || n.text("format") == "password"
		for _, e := range append(n.get("enum").texts(), n.text("const")) {
			if e != "" && len(out.Enum) < maxEnum {
				out.Enum = append(out.Enum, clip(e, 80))
			}
		}
	}
	r.leaves[key] = out
	return out
}

func or(to *string, s string) {
	if *to == "" {
		*to = s
	}
}

func example(n *node) string {
	for _, key := range []string{"example", "x-example", "default"} {
		if s := n.text(key); s != "" {
			return clip(s, maxText)
		}
	}
	if ex := n.get("examples").texts(); len(ex) > 0 {
		return clip(ex[0], maxText)
	}
	return ""
}
