package api_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"drawbridge/internal/api"
)

// described is the description as a document, and its compiler.
var described = sync.OnceValues(func() (map[string]any, *jsonschema.Compiler) {
	data, err := api.OpenAPI()
	if err != nil {
		panic(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		panic(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource("openapi.json", doc); err != nil {
		panic(err)
	}
	return doc.(map[string]any), c
})

var compiling sync.Mutex // a compiler is for one goroutine

func schemaAt(tb testing.TB, pointer string) *jsonschema.Schema {
	tb.Helper()
	_, c := described()
	compiling.Lock()
	defer compiling.Unlock()
	s, err := c.Compile("openapi.json#" + pointer)
	if err != nil {
		tb.Errorf("%s: %v", pointer, err)
		return nil
	}
	return s
}

func escaped(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "~", "~0"), "/", "~1")
}

// conforming holds every answer of a server to the description.
func conforming(tb testing.TB, next http.Handler) http.Handler {
	tb.Helper()
	mux := http.NewServeMux()
	for _, r := range api.Routes() {
		mux.Handle(r.Method+" "+r.Pattern, http.NotFoundHandler())
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		rec.Body = &bytes.Buffer{}
		next.ServeHTTP(rec, r)
		conforms(tb, mux, r, rec)
		maps.Copy(w.Header(), rec.Header())
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	})
}

func conforms(t testing.TB, mux *http.ServeMux, r *http.Request, rec *httptest.ResponseRecorder) {
	t.Helper()
	media, _, _ := strings.Cut(rec.Header().Get("Content-Type"), ";")
	_, pattern := mux.Handler(r)
	method, path, _ := strings.Cut(pattern, " ")
	var s *jsonschema.Schema
	switch {
	case media == "application/problem+json":
		s = schemaAt(t, "/components/schemas/ProblemDetails")
	case rec.Body.Len() == 0 || pattern == "" || r.Method == http.MethodHead:
		return
	default:
		doc, _ := described()
		content := doc["paths"].(map[string]any)[path].(map[string]any)[strings.ToLower(method)].(map[string]any)["responses"].(map[string]any)
		good, ok := content[strconv.Itoa(rec.Code)].(map[string]any)
		if !ok {
			t.Errorf("%s answers %d, which the description lacks", pattern, rec.Code)
			return
		}
		if _, streams := good["content"].(map[string]any)["*/*"]; streams {
			return
		}
		s = schemaAt(t, "/paths/"+escaped(path)+"/"+strings.ToLower(method)+"/responses/"+strconv.Itoa(rec.Code)+"/content/application~1json/schema")
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(rec.Body.Bytes()))
	if err != nil {
		t.Errorf("%s answers no JSON: %v", pattern, err)
		return
	}
	if s == nil {
		return
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("%s answers what its description does not allow: %v\n%s", pattern, err, rec.Body)
	}
}

func TestDescription(t *testing.T) {
	t.Parallel()
	doc, _ := described()
	paths := doc["paths"].(map[string]any)
	known := map[string]bool{}
	names := map[string]bool{}
	for _, r := range api.Routes() {
		known[r.Method+" "+r.Pattern] = true
		if names[r.Name] {
			t.Errorf("two routes are called %s", r.Name)
		}
		names[r.Name] = true
		if _, ok := paths[r.Pattern].(map[string]any)[strings.ToLower(r.Method)]; !ok {
			t.Errorf("%s %s is not described", r.Method, r.Pattern)
			continue
		}
		if r.Action == "" && !r.Has(api.Public) && !r.Has(api.SignedIn) {
			t.Errorf("%s has no action: nobody asks who may", r.Name)
		}
		hidden(t, r.Name, r.Out)
	}
	for path, item := range paths {
		for method := range item.(map[string]any) {
			if !known[strings.ToUpper(method)+" "+path] {
				t.Errorf("%s %s is described and does not exist", method, path)
			}
		}
	}
	for name := range doc["components"].(map[string]any)["schemas"].(map[string]any) {
		schemaAt(t, "/components/schemas/"+name)
	}
}

// hidden refuses an answer whose type could tell a stored secret.
func hidden(t *testing.T, route string, typ reflect.Type) {
	t.Helper()
	switch typ.Kind() {
	case reflect.Slice, reflect.Pointer, reflect.Map:
		hidden(t, route, typ.Elem())
	case reflect.Struct:
		for f := range typ.Fields() {
			if f.Tag.Get("record") == "secret" {
				t.Errorf("%s answers with %s.%s, which is secret", route, typ.Name(), f.Name)
			}
			hidden(t, route, f.Type)
		}
	default:
	}
}

func TestDescriptionIsServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	resp, err := http.Get(w.server.URL + "/api/v1/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var got any
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	want, _ := api.OpenAPI()
	var expected any
	if err := json.Unmarshal(want, &expected); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, expected) {
		t.Error("the served description differs from the one of the table")
	}
}
