package main

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"drawbridge"
)

// location is one place of a specification that describes a field: a schema
// property or a parameter.
type location struct {
	File      string
	Pointer   string
	Name      string
	Parents   []string
	At        drawbridge.At
	Operation string
	Tag       string
}

// walker finds each field of a specification once, breadth first, so that a
// shared schema is met by its shortest path from the first operation.
type walker struct {
	doc   *document
	queue []task
	seen  map[string]bool
	found []location
}

// task is a schema yet to be looked into; its location is that of its parent.
type task struct {
	pointer string
	from    location
	depth   int
}

var methods = []string{"delete", "get", "head", "options", "patch", "post", "put", "trace"}

// walk returns the fields of a specification that hold values: containers are
// only passed through. The order is the same on every run.
func walk(d *document) []location {
	w := &walker{doc: d, seen: map[string]bool{}}
	for _, section := range []string{"paths", "webhooks", "x-webhooks"} {
		for _, path := range keys(d.root[section]) {
			w.path(child("", section, path), path)
		}
	}
	for len(w.queue) > 0 && len(w.found) < maxFields {
		next := w.queue[0]
		w.queue = w.queue[1:]
		w.schema(next)
	}
	return w.found
}

func (w *walker) path(pointer, path string) {
	at, node, ok := w.doc.follow(pointer)
	if !ok {
		return
	}
	for _, method := range methods {
		op, ok := node[method].(map[string]any)
		if !ok {
			continue
		}
		from := location{File: w.doc.file, Operation: cmp.Or(text(op["operationId"]), strings.ToUpper(method)+" "+path)}
		if tags, ok := op["tags"].([]any); ok && len(tags) > 0 {
			from.Tag = text(tags[0])
		}
		base := child(at, method)
		w.parameters(child(at, "parameters"), node["parameters"], from)
		w.parameters(child(base, "parameters"), op["parameters"], from)
		w.body(child(base, "requestBody"), from, drawbridge.AtRequest)
		for _, status := range keys(op["responses"]) {
			w.body(child(base, "responses", status), from, drawbridge.AtResponse)
		}
	}
}

// places maps the "in" of a parameter, as Swagger 2 and OpenAPI 3 spell it.
var places = map[string]drawbridge.At{
	"path": drawbridge.AtPath, "query": drawbridge.AtQuery, "header": drawbridge.AtHeader, "cookie": drawbridge.AtHeader,
	"formData": drawbridge.AtRequest, "body": drawbridge.AtRequest,
}

func (w *walker) parameters(base string, v any, from location) {
	list, _ := v.([]any)
	for i := range list {
		pointer, node, ok := w.doc.follow(child(base, strconv.Itoa(i)))
		if !ok || w.seen[pointer] {
			continue
		}
		place, ok := places[text(node["in"])]
		if !ok {
			continue
		}
		from.At = place
		schema := child(pointer, "schema")
		if text(node["in"]) == "body" || w.doc.holdsFields(schema) {
			w.queue = append(w.queue, task{pointer: schema, from: from})
			continue
		}
		w.seen[pointer] = true
		from.Name, from.Pointer = text(node["name"]), pointer
		w.found = append(w.found, from)
	}
}

// body queues the schemas of a request body or a response, in both spellings.
func (w *walker) body(pointer string, from location, at drawbridge.At) {
	base, node, ok := w.doc.follow(pointer)
	if !ok {
		return
	}
	from.At = at
	w.queue = append(w.queue, task{pointer: child(base, "schema"), from: from})
	for _, media := range keys(node["content"]) {
		w.queue = append(w.queue, task{pointer: child(base, "content", media, "schema"), from: from})
	}
}

func (w *walker) schema(t task) {
	pointer, node, ok := w.doc.follow(t.pointer)
	if !ok || w.seen[pointer] || t.depth > maxDepth {
		return
	}
	w.seen[pointer] = true
	for _, name := range keys(node["properties"]) {
		property := child(pointer, "properties", name)
		if _, ok := w.doc.lookup(property); !ok {
			continue
		}
		if w.doc.holdsFields(property) {
			below := t.from
			below.Parents = append(slices.Clone(t.from.Parents), name)
			w.queue = append(w.queue, task{pointer: property, from: below, depth: t.depth + 1})
			continue
		}
		field := t.from
		field.Name, field.Pointer = name, property
		w.found = append(w.found, field)
	}
	for _, p := range parts(pointer, node) {
		w.queue = append(w.queue, task{pointer: p, from: t.from, depth: t.depth + 1})
	}
}
