package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"drawbridge"
)

// Limits of a specification. The largest real one has 13 MB and some 30,000 fields.
const (
	maxSpecBytes = 128 << 20
	maxFields    = 500_000
	maxDepth     = 64
	maxHops      = 16
)

// document is a parsed specification and its file name.
type document struct {
	file string
	root map[string]any
}

// parseDocument reads a specification in JSON.
func parseDocument(file string, data []byte) (*document, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var root map[string]any
	if err := dec.Decode(&root); err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s is not a JSON object: %w", file, err)
	}
	return &document{file: file, root: root}, nil
}

var (
	pointerEscape   = strings.NewReplacer("~", "~0", "/", "~1")
	pointerUnescape = strings.NewReplacer("~1", "/", "~0", "~")
)

// child returns the JSON pointer (RFC 6901) of a member below pointer.
func child(pointer string, names ...string) string {
	for _, name := range names {
		pointer += "/" + pointerEscape.Replace(name)
	}
	return pointer
}

// lookup returns the object at a JSON pointer.
func (d *document) lookup(pointer string) (map[string]any, bool) {
	var node any = d.root
	if pointer != "" {
		rest, ok := strings.CutPrefix(pointer, "/")
		if !ok {
			return nil, false
		}
		for seg := range strings.SplitSeq(rest, "/") {
			node, ok = step(node, pointerUnescape.Replace(seg))
			if !ok {
				return nil, false
			}
		}
	}
	object, ok := node.(map[string]any)
	return object, ok
}

// step goes from node to its member or item called name.
func step(node any, name string) (any, bool) {
	switch n := node.(type) {
	case map[string]any:
		v, ok := n[name]
		return v, ok
	case []any:
		i, err := strconv.Atoi(name)
		if err != nil || i < 0 || i >= len(n) {
			return nil, false
		}
		return n[i], true
	default:
		return nil, false
	}
}

// follow resolves the local references at pointer and returns where they end.
func (d *document) follow(pointer string) (string, map[string]any, bool) {
	for range maxHops {
		node, ok := d.lookup(pointer)
		if !ok {
			return "", nil, false
		}
		ref, ok := node["$ref"].(string)
		if !ok {
			return pointer, node, true
		}
		target, ok := strings.CutPrefix(ref, "#")
		if !ok {
			return "", nil, false
		}
		pointer = target
	}
	return "", nil, false
}

// parts returns the pointers of the schemas that make up the value at pointer
// itself: its items, its map values, and the members of its compositions.
func parts(pointer string, node map[string]any) []string {
	var out []string
	for _, key := range []string{"allOf", "oneOf", "anyOf"} {
		list, _ := node[key].([]any)
		for i := range list {
			out = append(out, child(pointer, key, strconv.Itoa(i)))
		}
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if _, ok := node[key].(map[string]any); ok {
			out = append(out, child(pointer, key))
		}
	}
	return out
}

// holdsFields reports whether the schema at pointer has named fields below it.
func (d *document) holdsFields(pointer string) bool {
	seen := map[string]bool{}
	for todo := []string{pointer}; len(todo) > 0; {
		at, node, ok := d.follow(todo[0])
		todo = todo[1:]
		if !ok || seen[at] {
			continue
		}
		seen[at] = true
		if props, ok := node["properties"].(map[string]any); ok && len(props) > 0 {
			return true
		}
		todo = append(todo, parts(at, node)...)
	}
	return false
}

// traits are what a specification says about one field.
type traits struct {
	Type, Format, Pattern, Description, Example string
	Enum                                        []string
}

// traits collects what the schema or parameter at pointer says. What stands
// nearer to the field wins over what a reference, an item or a member says.
func (d *document) traits(pointer string) traits {
	var t traits
	seen := map[string]bool{}
	for todo := []string{pointer}; len(todo) > 0; {
		at := todo[0]
		todo = todo[1:]
		node, ok := d.lookup(at)
		if !ok || seen[at] {
			continue
		}
		seen[at] = true
		t.add(node)
		var next []string
		if target, ok := strings.CutPrefix(text(node["$ref"]), "#"); ok {
			next = append(next, target)
		}
		if _, ok := node["schema"].(map[string]any); ok { // a parameter
			next = append(next, child(at, "schema"))
		}
		todo = slices.Concat(next, parts(at, node), todo)
	}
	return t
}

// add fills in what is not known yet.
func (t *traits) add(node map[string]any) {
	t.Description = cmp.Or(t.Description, text(node["description"]))
	t.Pattern = cmp.Or(t.Pattern, text(node["pattern"]))
	t.Format = cmp.Or(t.Format, text(node["format"]))
	t.Example = cmp.Or(t.Example, example(node))
	if typ := schemaType(node["type"]); typ != "array" {
		t.Type = cmp.Or(t.Type, typ)
	}
	if list, ok := node["enum"].([]any); ok && t.Enum == nil {
		for _, v := range list {
			t.Enum = append(t.Enum, text(v))
		}
	}
}

func example(node map[string]any) string {
	if list, ok := node["examples"].([]any); ok && len(list) > 0 {
		return cmp.Or(text(node["example"]), text(list[0]))
	}
	return text(node["example"])
}

// schemaType returns the first type that is not null.
func schemaType(v any) string {
	list, ok := v.([]any)
	if !ok {
		return text(v)
	}
	for _, item := range list {
		if s := text(item); s != "null" {
			return s
		}
	}
	return ""
}

// text returns a scalar as it is written, anything else as nothing.
func text(v any) string {
	switch s := v.(type) {
	case string:
		return s
	case json.Number:
		return s.String()
	case bool:
		return strconv.FormatBool(s)
	default:
		return ""
	}
}

// keys returns the names in an object in order.
func keys(v any) []string {
	object, _ := v.(map[string]any)
	return sortedKeys(object)
}
