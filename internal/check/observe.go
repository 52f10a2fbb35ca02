package check

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// idIn finds the id of the object that an answer describes.
func idIn(o *Operation, a *Answer) string {
	var doc any
	if err := json.Unmarshal(a.Body, &doc); err == nil {
		outer, _ := doc.(map[string]any)
		named, _ := outer[singular(last(o.Resource))].(map[string]any)
		for _, m := range []map[string]any{named, Main(doc), outer} {
			if own := idOf(m, o.Resource, o.idNames); own != "" {
				return own
			}
		}
	}
	location, _, _ := strings.Cut(a.Header.Get("Location"), "?")
	if !strings.Contains(location, "/"+last(o.Resource)+"/") {
		return ""
	}
	return last(location)
}

// idOf reads an object's own id: id, then <resource>_id and its kin, then a
// property that bears the name of the path parameter which takes it.
func idOf(m map[string]any, resource string, params []string) string {
	stem := singular(strings.ToLower(last(resource)))
	for _, name := range []string{"id", "_id", "ID", stem + "_id", stem + "Id", stem + "ID"} {
		if own := scalar(m[name]); own != "" {
			return own
		}
	}
	for _, param := range append(slices.Clone(params), snake(stem)+"id", snake(stem)+"number", snake(stem)+"no", snake(stem)+"code") {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if own := scalar(m[name]); own != "" && snake(name) == snake(param) {
				return own
			}
		}
	}
	for _, name := range []string{"uuid", "sid", "guid", "key", "slug", "number", "code"} {
		if own := scalar(m[name]); own != "" {
			return own
		}
	}
	return ""
}

// scalar writes a text or a number as it stands in a path; "" for all else.
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// observe remembers the ids that an answer shows.
func (s *Session) observe(o *Operation, id *Identity, a *Answer) {
	var doc any
	if json.Unmarshal(a.Body, &doc) != nil {
		return
	}
	if o.Effect == List {
		s.observeList(o, id, doc)
	}
	walk(doc, 0, func(name string, v any) {
		stem, text := trimID(name), scalar(v)
		if stem == name {
			return // it names no id
		}
		stem = singular(strings.ToLower(stem))
		key := poolKey{stem, id.Name}
		if text != "" && stem != "" && len(s.seen[key]) < 5 && !slices.Contains(s.seen[key], text) {
			s.seen[key] = append(s.seen[key], text)
		}
	})
}

func (s *Session) observeList(o *Operation, id *Identity, doc any) {
	key := poolKey{o.Resource, id.Name}
	for _, m := range Items(doc) {
		own := idOf(m, o.Resource, o.idNames)
		if own == "" || len(s.pools[key]) >= maxPool || slices.ContainsFunc(s.pools[key], func(x *Object) bool { return x.IDs[len(x.IDs)-1] == own }) {
			continue
		}
		ids := []string{own}
		if b := o.baselines[id.Name]; b != nil {
			ids = append(slices.Clone(b.IDs), own)
		}
		if raw, err := json.Marshal(m); err == nil {
			s.pools[key] = append(s.pools[key], &Object{IDs: ids, Body: raw})
		}
	}
}

// maxItems bounds the items of a list that are looked at.
const maxItems = 100

// walk visits the named values of a document in order, to a bounded depth.
func walk(doc any, depth int, visit func(name string, v any)) {
	if depth > 12 {
		return
	}
	switch v := doc.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			visit(name, v[name])
			walk(v[name], depth+1, visit)
		}
	case []any:
		for _, item := range v[:min(len(v), maxItems)] {
			walk(item, depth+1, visit)
		}
	}
}

// Same reports how alike two JSON answers are, 0 to 1: the share of a's leaves
// that b has with the same value. Other bodies are alike or not.
func Same(a, b []byte) float64 {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		if len(a) > 0 && string(a) == string(b) {
			return 1
		}
		return 0
	}
	return share(x, y, func(v, w any) bool { return v == w })
}

// SameBut is Same without what changes from answer to answer: the leaves, such as
// times and request ids, in which a differs from before, an earlier answer to the
// same request.
func SameBut(a, b, before []byte) float64 {
	var x, y, z any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil || json.Unmarshal(before, &z) != nil {
		return Same(a, b)
	}
	return share(steady(x, z, 0), y, func(v, w any) bool { return v == w })
}

// steady copies a without the scalars that z has with another value.
func steady(a, z any, depth int) any {
	m, ok := a.(map[string]any)
	other, both := z.(map[string]any)
	if !ok || !both || depth > maxDepth {
		return a
	}
	out := map[string]any{}
	for k, v := range m {
		was, has := other[k]
		kind := kindOf(v)
		if has && kind != "object" && kind != "array" && kind == kindOf(was) && v != was {
			continue
		}
		out[k] = steady(v, was, depth+1)
	}
	return out
}

// Alike reports how alike the shapes of two JSON answers are, 0 to 1: the share
// of a's leaves that b has with a value of the same kind. Two empty bodies, and
// two lists of which one is empty, are alike.
func Alike(a, b []byte) float64 {
	var x, y any
	if len(a) == 0 && len(b) == 0 {
		return 1
	}
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return Same(a, b)
	}
	return share(x, y, func(v, w any) bool { return kindOf(v) == kindOf(w) })
}

func kindOf(v any) string {
	switch v.(type) {
	case string:
		return "text"
	case float64:
		return "number"
	case bool:
		return "boolean"
	case map[string]any:
		return "object"
	case []any:
		return "array"
	}
	return ""
}

func share(a, b any, equal func(v, w any) bool) float64 {
	same, all := leaves(a, b, equal)
	if all == 0 {
		if kindOf(a) == kindOf(b) {
			return 1
		}
		return 0
	}
	return float64(same) / float64(all)
}

func leaves(a, b any, equal func(v, w any) bool) (same, all int) {
	switch a := a.(type) {
	case map[string]any:
		other, _ := b.(map[string]any)
		for k, v := range a {
			s, n := leaves(v, other[k], equal)
			same, all = same+s, all+n
		}
		return same, all
	case []any:
		other, _ := b.([]any)
		for i, v := range a {
			var o any
			if i < len(other) {
				o = other[i]
			}
			s, n := leaves(v, o, equal)
			same, all = same+s, all+n
		}
		return same, all
	}
	if kindOf(b) == "object" || kindOf(b) == "array" {
		return 0, 1
	}
	if equal(a, b) {
		return 1, 1
	}
	return 0, 1
}
