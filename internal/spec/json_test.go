package spec

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// plain turns a tree into what encoding/json would return, numbers as text.
func plain(n *node) any {
	switch n.kind { //nolint:exhaustive // text is what remains
	case object:
		out := map[string]any{}
		for i := range n.kids {
			out[n.kids[i].key] = plain(&n.kids[i].val)
		}
		return out
	case list:
		out := []any{}
		for i := range n.kids {
			out = append(out, plain(&n.kids[i].val))
		}
		return out
	case boolean:
		return n.str == "true"
	case null:
		return nil
	case number:
		return json.Number(n.str)
	}
	return n.str
}

// FuzzJSON compares with the standard library: what both read, they read alike,
// and nothing that it refuses passes, numbers like 01 apart.
func FuzzJSON(f *testing.F) {
	f.Add("{\"a\":\"x\\u00e9 \x00\"}")
	for _, seed := range []string{`{"a":[1,-2.5e3,true,null,"x\u00e9\ud83d\ude00\n"]}`, ` [ ] `, `{"a":{"b":{}}}`, `"\ud800"`, `{"a":1,"a":2}`, `[1,]`, `tru`, `{"":""}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if !utf8.ValidString(src) {
			return
		}
		n, err := parseJSON("x", src)
		dec := json.NewDecoder(strings.NewReader(src))
		dec.UseNumber()
		var want any
		wantErr := dec.Decode(&want)
		if wantErr == nil && dec.More() {
			return
		}
		switch {
		case err == nil && wantErr == nil:
			if diff := cmp.Diff(want, plain(&n)); diff != "" {
				t.Errorf("parseJSON(%q) differs (-want +got):\n%s", src, diff)
			}
		case err == nil && !json.Valid([]byte(src)) && !loose(&n):
			t.Errorf("parseJSON(%q) passes, and is not JSON: %v", src, wantErr)
		case err != nil && json.Valid([]byte(src)) && !strings.Contains(err.Error(), "twice") && !strings.Contains(err.Error(), "nested") && !strings.Contains(err.Error(), "values"):
			t.Errorf("parseJSON(%q) = %v, and it is JSON", src, err)
		}
	})
}

// loose reports whether the tree holds a number that only Go's parser reads.
func loose(n *node) bool {
	if n.kind == number && !json.Valid([]byte(n.str)) {
		_, err := strconv.ParseFloat(n.str, 64)
		return err == nil
	}
	for i := range n.kids {
		if loose(&n.kids[i].val) {
			return true
		}
	}
	return false
}

func TestPositions(t *testing.T) {
	t.Parallel()
	const want = "3:8"
	for name, read := range map[string]func(string, string) (node, error){"json": parseJSON, "yaml": parseYAML} {
		n, err := read("x", "{\n \"a\": 1,\n \"b\": [\"c\"]}")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		item := n.get("b").step("0")
		if got := strconv.Itoa(int(item.line)) + ":" + strconv.Itoa(int(item.col)); got != want {
			t.Errorf("%s: the item stands at %s, want %s", name, got, want)
		}
	}
}

// TestTemplate shows how recorded paths become templates.
func TestTemplate(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/v1/customers/42/cards/8":                "/v1/customers/{customer_id}/cards/{card_id}",
		"/users/jane%40doe.example":               "/users/{user_id}",
		"/a/0f8fad5b-d9cb-469f-a165-70867728950e": "/a/{a_id}",
		"/7/8":                     "/{id}/{id_}",
		"/v2/things.json":          "/v2/things.json",
		"/":                        "/",
		"/charges/ch_1AbcdEFGhijk": "/charges/{charge_id}",
	} {
		if got, _ := template(path); got != want {
			t.Errorf("template(%s) = %s, want %s", path, got, want)
		}
	}
}
