package rule

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"drawbridge/internal/check"
)

// spoiled is one invalid request that ERR-01 and ERR-02 both look at.
type spoiled struct {
	what    string
	request check.Request
}

// spoil makes invalid requests out of an operation's good one: a body that does
// not parse, values of the wrong type, nothing at all, an id of the wrong form.
func spoil(ctx context.Context, s *check.Session, o *check.Operation, id *check.Identity) []spoiled {
	good := s.Baseline(o, id).Request
	var out []spoiled
	add := func(what string, body []byte) {
		r := good.Clone()
		r.Body = body
		out = append(out, spoiled{what, r})
	}
	switch {
	case strings.HasPrefix(good.Type, "application/x-www-form-urlencoded"):
		add("a broken form", []byte("%zz=%&a[b=1"))
		if form, err := url.ParseQuery(string(good.Body)); err == nil && len(form) > 0 {
			for k := range form {
				form.Set(k, "\u0000not what you expect")
			}
			add("values of the wrong type", []byte(form.Encode()))
		}
		for _, k := range typed(o) {
			if form, err := url.ParseQuery(string(good.Body)); err == nil {
				form.Set(k, "not a number")
				add("a "+k+" of the wrong type", []byte(form.Encode()))
			}
		}
	case good.Type != "":
		add("a body that does not parse", []byte(`{"a": [1, 2`))
		if fields := bodyFields(good.Body, good.Type); len(fields) > 0 {
			wrong := map[string]any{}
			for k, v := range fields {
				wrong[k] = otherType(v)
			}
			if raw, err := json.Marshal(wrong); err == nil {
				add("values of the wrong type", raw)
			}
			// One at a time: the first bad value often hides the others.
			for _, k := range slices.Sorted(maps.Keys(fields))[:min(len(fields), 2)] {
				one := maps.Clone(fields)
				one[k] = otherType(fields[k])
				if raw, err := json.Marshal(one); err == nil {
					add("a "+k+" of the wrong type", raw)
				}
			}
		}
		for _, k := range typed(o) {
			if fields := bodyFields(good.Body, good.Type); fields != nil {
				fields[k] = "not a number"
				if raw, err := json.Marshal(fields); err == nil {
					add("a "+k+" of the wrong type", raw)
				}
			}
		}
		add("no object at all", []byte(`[]`))
	case o.Method == "GET" && len(o.IDs) > 0:
		ids := slices.Clone(s.Baseline(o, id).IDs)
		ids[len(ids)-1] = "%00'\"><{not-an-id}"
		if r, err := s.Request(ctx, o, id, ids); err == nil {
			out = append(out, spoiled{"an id of the wrong form", r})
		}
	case o.Method == "GET":
		r := good.Clone()
		path, _, _ := strings.Cut(r.Path, "?")
		r.Path = path + "?limit=not-a-number&page=-1&offset=%00&cursor=%7B"
		out = append(out, spoiled{"query values of the wrong type", r})
	}
	return out
}

// typed lists at most two fields that are no texts, sent or not.
func typed(o *check.Operation) []string {
	all := o.Typed()
	return all[:min(len(all), 2)]
}

// otherType returns a value of another JSON type.
func otherType(v any) any {
	switch v.(type) {
	case string:
		return map[string]any{"unexpected": []any{float64(1)}}
	case float64:
		return "not a number"
	case bool:
		return "not a boolean"
	case []any:
		return "not a list"
	}
	return "not an object"
}

// spoilable lists the operations that invalid requests may be sent to: reads,
// and what takes a body. A deletion or a bare action is left alone.
func spoilable(s *check.Session, id *check.Identity) []*check.Operation {
	var out []*check.Operation
	for _, o := range s.Driven(id) {
		if o.Method == "GET" || o.BodyType != "" {
			out = append(out, o)
		}
	}
	return out
}

// settled removes what an invalid request made all the same.
func settled(s *check.Session, o *check.Operation, id *check.Identity, a *check.Answer) {
	if a.OK() && o.Effect == check.Create {
		s.Adopt(o, id, s.Baseline(o, id).IDs, a)
	}
}
