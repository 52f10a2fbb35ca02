package twin

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// fault says how a request was bad, for the flaws that answer bad requests badly.
type fault string

const (
	syntax fault = "syntax" // not JSON, or not a form
	typing fault = "type"   // a value of the wrong type
	range_ fault = "range"  // a value that is not allowed, or missing
)

// problem is an error answer (RFC 9457).
type problem struct {
	status int
	title  string
	detail string
	fault  fault
	errors []wrong
	header map[string]string
}

// wrong is one bad field.
type wrong struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

func conflict(detail string) *problem {
	return &problem{status: 409, title: "Conflict", detail: detail}
}

func refused(detail string) *problem {
	return &problem{status: 401, title: "Unauthorized", detail: detail}
}

func notFound() *problem {
	return &problem{status: 404, title: "Not Found", detail: "There is no such resource."}
}

func malformed() *problem {
	return &problem{status: 400, title: "Bad Request", detail: "The body cannot be read.", fault: syntax}
}

func invalid(field, message string) *problem {
	return invalids(range_, wrong{field, message})
}

func invalids(f fault, all ...wrong) *problem {
	return &problem{status: 422, title: "Unprocessable Content", detail: "Some fields are not valid.", fault: f, errors: all}
}

// readJSON reads one object, and nothing after it.
func readJSON(raw []byte) (map[string]any, *problem) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if !utf8.Valid(raw) || d.Decode(&v) != nil {
		return nil, malformed()
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, malformed()
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, invalids(typing, wrong{"", "must be an object"})
	}
	return m, nil
}

// readForm reads name=value pairs; brackets nest, as in card[number]=4242.
func readForm(raw []byte, fields []field) (map[string]any, *problem) {
	values, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, malformed()
	}
	return unflatten(values, "", fields), nil
}

func unflatten(values url.Values, prefix string, fields []field) map[string]any {
	out := map[string]any{}
	for _, f := range fields {
		key := f.name
		if prefix != "" {
			key = prefix + "[" + f.name + "]"
		}
		switch f.kind {
		case record:
			if m := unflatten(values, key, f.of); len(m) > 0 {
				out[f.name] = m
			}
		case array:
			if list := slices.Concat(values[key], values[key+"[]"]); len(list) > 0 {
				items := make([]any, len(list))
				for i, s := range list {
					items[i] = fromText(f.of[0], s)
				}
				out[f.name] = items
			}
		case textMap:
			m := map[string]any{}
			for k, v := range values {
				if inner, ok := strings.CutPrefix(k, key+"["); ok && strings.HasSuffix(inner, "]") {
					m[strings.TrimSuffix(inner, "]")] = v[0]
				}
			}
			if len(m) > 0 {
				out[f.name] = m
			}
		case text, number, boolean:
			if list := values[key]; len(list) == 1 {
				out[f.name] = fromText(f, list[0])
			} else if len(list) > 1 {
				out[f.name] = list // no type has this, so that it is refused
			}
		}
	}
	for k, v := range values {
		if _, known := out[k]; !known && prefix == "" && !strings.Contains(k, "[") && !slices.ContainsFunc(fields, func(f field) bool { return f.name == k }) {
			out[k] = v[0]
		}
	}
	return out
}

// fromText gives a form's value the type of its field, where it has that form.
func fromText(f field, s string) any {
	switch f.kind {
	case number:
		return json.Number(s)
	case boolean:
		if s == "true" || s == "false" {
			return s == "true"
		}
	case text, record, array, textMap:
	}
	return s
}

// judge checks values against the fields and returns what may be kept.
func judge(fields []field, values map[string]any, strict bool, at string) (map[string]any, []wrong, fault) {
	out := map[string]any{}
	var bad []wrong
	worst := fault("")
	add := func(f fault, where, message string) {
		bad = append(bad, wrong{where, message})
		if worst == "" || f == typing {
			worst = f
		}
	}
	for _, f := range fields {
		v, given := values[f.name]
		where := at + "/" + f.name
		switch {
		case !given && f.need:
			add(range_, where, "is required")
		case !given && f.def != nil:
			out[f.name] = clone(f.def)
		case given && v == nil && f.null:
			out[f.name] = nil
		case given:
			kept, more, kind := f.judge(v, strict, where)
			out[f.name] = kept
			for _, w := range more {
				add(kind, w.Field, w.Message)
			}
		}
	}
	if strict {
		for name := range values {
			if !slices.ContainsFunc(fields, func(f field) bool { return f.name == name }) {
				add(range_, at+"/"+clip(name, 60), "is not a field of this request")
			}
		}
		slices.SortStableFunc(bad, func(a, b wrong) int { return strings.Compare(a.Field, b.Field) })
	}
	return out, bad, worst
}

// judge checks one value.
func (f field) judge(v any, strict bool, where string) (kept any, bad []wrong, worst fault) {
	wrongType := func(want string) (any, []wrong, fault) { return nil, []wrong{{where, "must be " + want}}, typing }
	fail := func(message string) (any, []wrong, fault) { return nil, []wrong{{where, message}}, range_ }
	switch f.kind {
	case number:
		n, ok := v.(json.Number)
		if !ok {
			return wrongType("a whole number")
		}
		i, err := strconv.ParseInt(n.String(), 10, 64)
		switch {
		case err != nil:
			return wrongType("a whole number")
		case i < f.min || f.max != 0 && i > f.max:
			return fail("is out of range")
		}
		return i, nil, ""
	case boolean:
		if _, ok := v.(bool); !ok {
			return wrongType("true or false")
		}
		return v, nil, ""
	case record:
		m, ok := v.(map[string]any)
		if !ok {
			return wrongType("an object")
		}
		return unwrap(judge(f.of, m, strict, where))
	case textMap:
		return f.judgeMap(v, where)
	case array:
		return f.judgeArray(v, strict, where)
	case text:
	}
	s, ok := v.(string)
	if !ok {
		return wrongType("text")
	}
	if message := f.judgeText(s); message != "" {
		return fail(message)
	}
	return s, nil, ""
}

func unwrap(m map[string]any, bad []wrong, worst fault) (any, []wrong, fault) { return m, bad, worst }

func (f field) judgeMap(v any, where string) (any, []wrong, fault) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, []wrong{{where, "must be an object"}}, typing
	}
	if int64(len(m)) > f.max {
		return nil, []wrong{{where, "has too many values"}}, range_
	}
	for k, x := range m {
		if s, ok := x.(string); !ok || len(s) > 500 || len(k) > 40 {
			return nil, []wrong{{where, "takes short names and texts"}}, typing
		}
	}
	return m, nil, ""
}

func (f field) judgeArray(v any, strict bool, where string) (any, []wrong, fault) {
	items, ok := v.([]any)
	if !ok {
		return nil, []wrong{{where, "must be a list"}}, typing
	}
	if n := int64(len(items)); n < f.min || f.max > 0 && n > f.max {
		return nil, []wrong{{where, "has too few or too many items"}}, range_
	}
	out := make([]any, 0, len(items))
	for i, item := range items {
		kept, bad, worst := f.of[0].judge(item, strict, where+"/"+strconv.Itoa(i))
		if len(bad) > 0 {
			return nil, bad, worst
		}
		out = append(out, kept)
	}
	return out, nil, ""
}

// judgeText returns what is wrong with a text, or "".
func (f field) judgeText(s string) string {
	n := int64(utf8.RuneCountInString(s))
	switch {
	case len(f.enum) > 0 && !slices.Contains(f.enum, s):
		return "is not one of the allowed values"
	case n < f.min || f.max > 0 && n > f.max:
		return "is too short or too long"
	case f.pattern != "" && !regexp.MustCompile(f.pattern).MatchString(s):
		return "does not have the right form"
	case f.need && n == 0:
		return "must not be empty"
	}
	ok := true
	switch f.format {
	case "email":
		a, err := mail.ParseAddress(s)
		ok = err == nil && a.Address == s
	case "uri":
		u, err := url.Parse(s)
		ok = err == nil && u.Scheme != "" && u.Host != ""
	case "date-time":
		_, err := time.Parse(time.RFC3339, s)
		ok = err == nil
	case "date":
		_, err := time.Parse(time.DateOnly, s)
		ok = err == nil
	}
	if !ok {
		return "does not have the form of a " + f.format
	}
	return ""
}
