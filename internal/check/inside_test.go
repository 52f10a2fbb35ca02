package check

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"
)

// FuzzPattern holds that a made text is accepted by the pattern it was made for,
// or is given up, and that no pattern hangs or breaks the maker.
func FuzzPattern(f *testing.F) {
	for _, p := range []string{`^\+[1-9][0-9]{6,14}$`, `[A-Z]{2}`, `(a|b)+c?`, `^.{3}$`, `\d{3}-\d{2}`, `(x{1000}){1000}`, `[^a-zA-Z0-9]`, `(?i)abc`, `\bword\b`} {
		f.Add(p, 1)
	}
	f.Fuzz(func(t *testing.T, pattern string, seed int) {
		v, ok := fromPattern(pattern, max(seed, 0))
		if ok && len(v) > 8192 {
			t.Errorf("fromPattern(%q) has %d bytes", pattern, len(v))
		}
	})
}

func TestPattern(t *testing.T) {
	t.Parallel()
	for _, p := range []string{`^\+[1-9][0-9]{6,14}$`, `^[A-Z]{2}$`, `^[a-z0-9-]{3,10}$`, `^(EUR|USD)$`, `^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$`} {
		one, ok := fromPattern(p, 7)
		if !ok || !regexp.MustCompile(p).MatchString(one) {
			t.Errorf("fromPattern(%q) = %q, %v", p, one, ok)
		}
	}
	a, _ := fromPattern(`^[A-Z]{4}$`, 1)
	if b, _ := fromPattern(`^[A-Z]{4}$`, 2); a == b {
		t.Errorf("two seeds make one text, %q", a)
	}
}

// TestCycle: schemas that contain themselves end.
func TestCycle(t *testing.T) {
	t.Parallel()
	self := &openapi3.Schema{Type: &openapi3.Types{"object"}, Required: []string{"child"}}
	self.Properties = openapi3.Schemas{"child": {Value: self}, "list": {Value: &openapi3.Schema{Type: &openapi3.Types{"array"}, Items: &openapi3.SchemaRef{Value: self}}}}
	loop := &openapi3.Schema{}
	loop.AllOf = openapi3.SchemaRefs{{Value: loop}}
	m := maker{marker: "dbk-1", n: new(int), style: full}
	for name, s := range map[string]*openapi3.Schema{"property": self, "allOf": loop} {
		if v := m.value("", s, 0); v == nil && name == "property" {
			t.Errorf("%s: nothing was made", name)
		}
		properties(s, 0)
		hasShape(s, 0)
		array(s, 0)
	}
}

// TestRedact: what looks like a credential or a person does not pass, whatever
// stands around it.
func TestRedact(t *testing.T) {
	t.Parallel()
	r := &redactor{}
	r.add("s3cr3t-value")
	for in, out := range map[string]string{
		`x s3cr3t-value y`:                          `s3cr3t`,
		`{"password": "hunter22"}`:                  `hunter22`,
		`{"a":"eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.x"}`: `eyJ`,
		`write to ana@shop.example`:                 `ana@`,
	} {
		if got := r.text(in); strings.Contains(got, out) {
			t.Errorf("text(%q) = %q, which shows %q", in, got, out)
		}
	}
	for name, value := range map[string]string{"Authorization": "Bearer s3", "Cookie": "session=abc", "X-Api-Key": "k", "Set-Cookie": "session=abc; Path=/"} {
		if got := r.header(name, value); strings.Contains(got, "abc") || strings.HasSuffix(got, "s3") || got == "k" {
			t.Errorf("header(%s) = %q", name, got)
		}
	}
	if got := r.text("dbk-1@drawbridge.example"); got != "dbk-1@drawbridge.example" {
		t.Errorf("the run's own address is hidden: %q", got)
	}
	if got := shell("it's"); got != `'it'\''s'` {
		t.Errorf("shell = %s", got)
	}
}

// TestAlike: an answer is wholly like itself, in value and in shape.
func TestAlike(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		doc := map[string]any{}
		for _, k := range rapid.SliceOfN(rapid.StringMatching("[a-z]{1,4}"), 0, 5).Draw(rt, "keys") {
			doc[k] = rapid.OneOf(rapid.Just[any]("x"), rapid.Just[any](1.5), rapid.Just[any]([]any{"y", true}), rapid.Just[any](map[string]any{"z": nil})).Draw(rt, "value")
		}
		raw, err := json.Marshal(doc)
		if err != nil {
			rt.Fatal(err)
		}
		if s, a := Same(raw, raw), Alike(raw, raw); s != 1 || a != 1 {
			rt.Errorf("Same = %v, Alike = %v of %s with itself", s, a, raw)
		}
	})
	for _, c := range []struct {
		a, b        string
		same, alike float64
	}{
		{`{"a":1,"b":"x"}`, `{"a":2,"b":"x"}`, 0.5, 1},
		{`{"a":1,"b":"x"}`, `{"a":"1","b":"x"}`, 0.5, 0.5},
		{`{"a":1}`, `{"error":"no"}`, 0, 0},
		{`{"a":1}`, `not json`, 0, 0},
		{``, ``, 0, 1},
		{`{"data":[]}`, `{"data":[]}`, 1, 1},
	} {
		if s, a := Same([]byte(c.a), []byte(c.b)), Alike([]byte(c.a), []byte(c.b)); s != c.same || a != c.alike {
			t.Errorf("%s %s: Same = %v, Alike = %v, want %v, %v", c.a, c.b, s, a, c.same, c.alike)
		}
	}
}

// TestNames: parameters and fields find the collection that issues their values.
func TestNames(t *testing.T) {
	t.Parallel()
	collections := map[string]bool{"/customers": true, "/customers/{id}/payment_methods": true, "/companies": true}
	for _, c := range []struct{ path, param, want string }{
		{"/customers/{id}", "id", "/customers"},
		{"/payment_methods/{id}", "id", "/customers/{id}/payment_methods"},
		{"/reports/{companyId}", "companyId", "/companies"},
		{"/unknown/{x}", "x", "/unknown"},
	} {
		if got := issuer(c.path, c.param, collections); got != c.want {
			t.Errorf("issuer(%s, %s) = %s, want %s", c.path, c.param, got, c.want)
		}
	}
	for in, want := range map[string]string{"companies": "company", "addresses": "address", "boxes": "box", "branches": "branch", "charges": "charge", "address": "address"} {
		if got := singular(in); got != want {
			t.Errorf("singular(%s) = %s, want %s", in, got, want)
		}
	}
	if !names("to_address", "address") || names("preaddress", "address") || !names("shipToAddress", "address") {
		t.Error("names does not tell the last word of a field")
	}
}

// TestEnvelope: what partners wrap is found, and what has an id is no envelope.
func TestEnvelope(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ body, want string }{
		{`{"id":1,"data":{"id":2}}`, "1"},
		{`{"success":true,"data":{"id":2}}`, "2"},
		{`{"success":true,"data":{"thing":{"id":3}}}`, "3"},
		{`{"thing":{"thing_id":4},"secret":"x"}`, "4"},
		{`{"requestId":"r","thing":{"thingId":5}}`, "5"},
		{`{"thingId":6,"amount":{"currency_id":9}}`, "6"},
		{`{"thingNumber":"T-7","payload":{"x":1}}`, "T-7"},
		{`{"result":[1]}`, ""},
	} {
		o := &Operation{Resource: "/things", idNames: []string{"thing_number"}}
		if got := idIn(o, &Answer{Body: []byte(c.body)}); got != c.want {
			t.Errorf("idIn(%s) = %q, want %q", c.body, got, c.want)
		}
	}
	for _, c := range []struct {
		status int
		body   string
		want   int
	}{
		{200, `{"success":false,"error":{"code":404}}`, 404},
		{200, `{"success":false,"error":{"code":"x"}}`, 400},
		{200, `{"ok":false,"error":"not_authed"}`, 400},
		{200, `{"status":"error","message":"no","code":403}`, 403},
		{200, `{"errors":[],"success":true}`, 0},
		{200, `{"status":"error","id":7}`, 0}, // an object whose own status is error
		{200, `{"success":false,"a":1,"b":2}`, 0},
		{404, `{"success":false,"error":{"code":400}}`, 0},
		{200, `[{"success":false}]`, 0},
	} {
		if got := refusalIn(&Answer{Status: c.status, Body: []byte(c.body)}); got != c.want {
			t.Errorf("refusalIn(%d, %s) = %d, want %d", c.status, c.body, got, c.want)
		}
	}
	if got := len(Items(map[string]any{"success": true, "data": map[string]any{"page": 1.0, "rows": []any{map[string]any{"id": 1.0}}}})); got != 1 {
		t.Errorf("Items finds %d objects in an envelope, want 1", got)
	}
}
