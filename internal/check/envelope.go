package check

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// refusalIn reads the refusal that some partners send with status 200:
// {"success": false, "error": {"code": 404}}. It returns the status that is meant,
// 400 when the body does not say which, and 0 when the answer refuses nothing.
func refusalIn(a *Answer) int {
	body := bytes.TrimSpace(a.Body)
	if a.Status < 200 || a.Status > 299 || len(body) == 0 || body[0] != '{' {
		return 0
	}
	var m map[string]any
	if json.Unmarshal(body, &m) != nil || !refuses(m) {
		return 0
	}
	for _, where := range []any{m["error"], m["errors"], m} {
		if list, ok := where.([]any); ok && len(list) > 0 {
			where = list[0]
		}
		inner, _ := where.(map[string]any)
		for _, name := range []string{"code", "status", "status_code", "statusCode", "http_status"} {
			if n, ok := inner[name].(float64); ok && n >= 400 && n <= 599 {
				return int(n)
			}
		}
	}
	return 400
}

// refuses reports an envelope that says no: a flag that is false, or the word
// error together with an error.
func refuses(m map[string]any) bool {
	told := false
	for _, name := range []string{"error", "errors", "error_message", "errorMessage", "message", "code", "error_code", "errorCode"} {
		told = told || m[name] != nil
	}
	for _, name := range []string{"success", "ok", "succeeded", "isSuccess"} {
		if flag, ok := m[name].(bool); ok {
			return !flag && (told || len(m) <= 2)
		}
	}
	word, _ := m["status"].(string)
	word = strings.ToLower(word)
	return (word == "error" || word == "fail") && told
}

// envelopes are the names under which partners wrap what they mean.
var envelopes = []string{"data", "result", "item", "payload", "response", "body"}

// Main returns the object that a document describes. It unwraps {"data": {...}},
// {"charge": {...}} and {"success": true, "data": {"charge": {...}}}.
func Main(doc any) map[string]any {
	m, ok := doc.(map[string]any)
	for range 3 {
		if !ok {
			return nil
		}
		inner, wrapped := unwrap(m)
		if !wrapped {
			return m
		}
		m = inner
	}
	return m
}

func unwrap(m map[string]any) (map[string]any, bool) {
	if _, has := m["id"]; has {
		return nil, false
	}
	for _, k := range envelopes {
		if inner, ok := m[k].(map[string]any); ok {
			return inner, true
		}
	}
	var only map[string]any
	objects := 0
	for name, v := range m {
		inner, ok := v.(map[string]any)
		switch {
		case ok:
			objects++
			only = inner
		case trimID(name) != name && !traceID.MatchString(name):
			return nil, false // it has an id of its own
		}
	}
	if objects != 1 {
		return nil, false
	}
	return only, len(m) == 1 || hasID(only)
}

// traceID names what identifies an answer and not an object.
var traceID = regexp.MustCompile(`(?i)^(x_?)?(req|request|trace|correlation|transaction|log)_?(id|uuid|key)$`)

func hasID(m map[string]any) bool {
	for name := range m {
		if trimID(name) != name && scalar(m[name]) != "" {
			return true
		}
	}
	return false
}

// Items finds the objects of a list's answer: the answer itself, the usual
// names, else the first array of it, in an envelope or not.
func Items(doc any) []map[string]any {
	var out []map[string]any
	list := listIn(doc, 0)
	for _, v := range list[:min(len(list), maxItems)] {
		if m, ok := v.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func listIn(doc any, depth int) []any {
	m, ok := doc.(map[string]any)
	if !ok {
		list, _ := doc.([]any)
		return list
	}
	for _, k := range append([]string{"data", "items", "results", "records", "values", "entries", "rows"}, slices.Sorted(maps.Keys(m))...) {
		if list, isList := m[k].([]any); isList {
			return list
		}
	}
	for _, k := range append(slices.Clone(envelopes), "_embedded", "page") {
		if inner, wrapped := m[k].(map[string]any); wrapped && depth < 3 {
			if list := listIn(inner, depth+1); list != nil {
				return list
			}
		}
	}
	return nil
}
