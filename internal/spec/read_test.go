package spec_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/spec"
)

const minimal = `{"openapi":"3.0.0","paths":{"/a":{"get":{"operationId":"a","responses":{}}}}}`

// TestBadInput shows what a person is told about files that cannot be read.
func TestBadInput(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ file, data, want string }{
		"empty":              {"a.json", " \n", "is empty"},
		"only comments":      {"a.yaml", "# nothing\n", "is empty"},
		"binary":             {"a.json", "\x00\x01{}", "not text in UTF-8"},
		"bad utf-8":          {"a.json", "{\"a\":\"\xff\"}", "not text in UTF-8"},
		"utf-16":             {"a.json", "\xff\xfe{\x00", "UTF-16"},
		"archive":            {"a.zip", "PK\x03\x04", "archive"},
		"page":               {"a.json", "<!doctype html>", "web page"},
		"truncated":          {"a.json", minimal[:40], "a.json:1:41: the file ends"},
		"truncated in text":  {"a.json", `{"openapi":"3.0`, "ends inside a text"},
		"trailing comma":     {"a.json", `{"a":1,}`, "expected a key"},
		"text after the end": {"a.json", minimal + "x", "after the end"},
		"bad escape":         {"a.json", `{"a":"\x"}`, "bad escape"},
		"bad number":         {"a.json", `{"a":1-2}`, "not a number"},
		"control":            {"a.json", "{\"a\":\"b\nc\"}", "control character"},
		"duplicate key":      {"a.json", "{\"openapi\":\"3.0.0\",\n\"paths\":{},\"paths\":{}}", `a.json:2:20: the key "paths" stands twice`},
		"duplicate yaml key": {"a.yaml", "openapi: 3.0.0\npaths: {}\npaths: {}\n", `a.yaml:3:8: the key "paths" stands twice`},
		"yaml indentation":   {"a.yaml", "openapi: 3.0.0\n\tpaths: {}\n", "a.yaml:2:"},
		"two documents":      {"a.yaml", "openapi: 3.0.0\n---\nopenapi: 3.0.0\n", "a.yaml:2:1: a second document"},
		"unknown format":     {"a.json", `{"hello":1}`, "none of the known formats"},
		"list":               {"a.json", `[]`, "must be an object, and is a list"},
		"scalar":             {"a.yaml", "hello", "must be an object, and is text"},
		"openapi 4":          {"a.yaml", "openapi: 4.0.0", `OpenAPI "4.0.0" is not known`},
		"swagger 1":          {"a.json", `{"swagger":"1.2"}`, `Swagger "1.2" is not known`},
		"asyncapi 1":         {"a.yaml", "asyncapi: 1.0.0", `AsyncAPI "1.0.0" is not known`},
		"postman 1":          {"a.json", `{"info":{"schema":"https://x/v1.0.0/"},"item":[]}`, "export it again as 2.1"},
		"no operations":      {"a.yaml", "openapi: 3.0.0\npaths: {}", "describes no operation"},
		"paths is a list":    {"a.json", `{"openapi":"3.0.0","paths":[]}`, "a.json:1:28: paths must be an object, and is a list"},
		"item is text":       {"a.json", `{"openapi":"3.0.0","paths":{"/a":"b"}}`, "path item /a must be an object"},
		"operation is text":  {"a.json", `{"openapi":"3.0.0","paths":{"/a":{"get":1}}}`, "GET /a must be an object, and is a number"},
		"parameters":         {"a.json", `{"openapi":"3.0.0","paths":{"/a":{"get":{"parameters":{}}}}}`, "parameters must be a list"},
		"servers":            {"a.json", `{"openapi":"3.0.0","servers":["x"]}`, "a server must be an object"},
		"entries":            {"a.har", `{"log":{"entries":{}}}`, "log.entries must be a list"},
		"items":              {"a.json", `{"item":[1]}`, "an item must be an object"},
		"deep json":          {"a.json", strings.Repeat("[", 20_000), "nested deeper"},
		"deep yaml":          {"a.yaml", "openapi: " + strings.Repeat("[", 20_000), "nest more than"},
		"deep yaml lists":    {"a.yaml", "openapi:\n  " + strings.Repeat("- ", 20_000), "nest more than"},
		"alias bomb":         {"a.yaml", bomb(), "aliases"},
		"alias of nothing":   {"a.yaml", "openapi: *a", "stands for nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := spec.Read(tc.file, []byte(tc.data), spec.Options{})
			if err == nil || !strings.Contains(err.Error(), tc.want) || drawbridge.KindOf(err).Exit() != 1 || drawbridge.KindOf(err) == drawbridge.Internal {
				t.Errorf("Read = %v (%s), want %q", err, drawbridge.KindOf(err), tc.want)
			}
		})
	}
}

func bomb() string {
	var b strings.Builder
	b.WriteString("openapi: 3.0.0\na0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := range 12 {
		ref := fmt.Sprintf("*a%d", i)
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i+1, i+1, strings.Join([]string{ref, ref, ref, ref, ref, ref, ref, ref}, ", "))
	}
	return b.String()
}

// TestHostileSize reads files that are made to exhaust the reader.
func TestHostileSize(t *testing.T) {
	for name, tc := range map[string]struct{ file, data, want string }{
		"too large":        {"a.json", strings.Repeat(" ", 1+spec.MaxBytes), "at most 64 are read"},
		"too many values":  {"a.json", "[" + strings.Repeat("0,", 3<<20) + "0]", "values"},
		"too many in yaml": {"a.yaml", "a: [" + strings.Repeat("0,", 3<<20) + "0]", "values"},
		"exponential schema": {"a.json", `{"openapi":"3.0.0","paths":{"/a":{"get":{"responses":{"200":{"content":{"application/json":{"schema":{"$ref":"#/s/0"}}}}}}}},"s":{` +
			chain(60) + `}}`, ""},
		"exponential allOf": {"a.json", `{"openapi":"3.0.0","paths":{"/a":{"get":{"responses":{"200":{"content":{"application/json":{"schema":{"$ref":"#/s/0"}}}}}}}},"s":{` +
			strings.NewReplacer(`"properties":{"a":`, `"allOf":[`, `"b":`, ``, `}}}`, `}]}`).Replace(chain(60)) + `}}`, ""},
		"reference ring": {"a.json", `{"openapi":"3.0.0","paths":{"/a":{"get":{"parameters":[{"$ref":"#/r"}],"responses":{"200":{"$ref":"#/r"}}}}},"r":{"$ref":"#/q"},"q":{"$ref":"#/r"}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, err := spec.Read(tc.file, []byte(tc.data), spec.Options{})
			runtime.ReadMemStats(&after)
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("Read took %s", took)
			}
			if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 2000 {
				t.Errorf("Read allocated %d MiB", used)
			}
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("Read = %v, want %q", err, tc.want)
			}
		})
	}
}

// chain is a list of schemas each of which holds the next one twice.
func chain(n int) string {
	var parts []string
	for i := range n {
		parts = append(parts, fmt.Sprintf(`"%d":{"properties":{"a":{"$ref":"#/s/%d"},"b":{"$ref":"#/s/%d"}}}`, i, i+1, i+1))
	}
	return strings.Join(append(parts, fmt.Sprintf(`"%d":{"type":"string"}`, n)), ",")
}

// TestEscapes tries every way out of the description's folder.
func TestEscapes(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret.json"), []byte(`{"get":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(filepath.Join(outside, "secret.json"), filepath.Join(dir, "link.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "folder")); err != nil {
		t.Fatal(err)
	}
	for ref, want := range map[string]string{
		"../secret.json":                       "leads out of",
		"a/../../secret.json":                  "leads out of",
		"%2e%2e/secret.json":                   "leads out of",
		"..\\\\secret.json":                    "leads out of",
		filepath.Join(outside, "secret.json"):  "leads out of",
		"link.json":                            "no plain file below",
		"folder/secret.json":                   "no plain file below",
		"file:///etc/passwd":                   "another server",
		"https://acme.example/x.json#/a":       "another server",
		"//acme.example/x.json":                "another server",
		"missing.json":                         "does not exist",
		".":                                    "names no file",
		"missing.json?x=1#/components/schemas": "does not exist",
	} {
		t.Run(ref, func(t *testing.T) {
			t.Parallel()
			data := `{"openapi":"3.0.0","paths":{"/a":{"$ref":"` + ref + `"}}}`
			_, err := spec.Read("openapi.json", []byte(data), spec.Options{Dir: dir})
			if drawbridge.KindOf(err) != drawbridge.Invalid || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "openapi.json:1:4") {
				t.Errorf("Read = %v, want %q with a position", err, want)
			}
		})
	}
	_, err := spec.Read("openapi.json", []byte(`{"openapi":"3.0.0","paths":{"/a":{"$ref":"x.json"}}}`), spec.Options{})
	if err == nil || !strings.Contains(err.Error(), "has no folder") {
		t.Errorf("Read without a folder = %v", err)
	}
}

// TestWholeYAML reads what the product's own reader of YAML leaves out.
func TestWholeYAML(t *testing.T) {
	t.Parallel()
	data := `%YAML 1.2
---
openapi: !!str 3.0.0
x: &common
  operationId: a
  responses: {}
paths:
  ? /a/very/long/path
  : get:
      <<: *common
      summary: |
        hello
`
	api, err := spec.Read("a.yaml", []byte(data), spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if o := api.Operations[0]; o.ID != "a" || o.Path != "/a/very/long/path" || o.Summary != "hello" || api.Format != "OpenAPI 3.0.0" {
		t.Errorf("Read = %+v", o)
	}
}

// FuzzRead feeds every format's reader; the seeds are one description of each.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".golden") {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(filepath.Ext(file) == ".yaml", data)
	}
	f.Fuzz(func(t *testing.T, yaml bool, data []byte) {
		name := "a.json"
		if yaml {
			name = "a.yaml"
		}
		api, err := spec.Read(name, data, spec.Options{})
		if err != nil {
			if drawbridge.KindOf(err) == drawbridge.Internal {
				t.Errorf("Read = %v, which says nothing to a person", err)
			}
			return
		}
		ids, err := api.Select(nil)
		if err != nil {
			t.Fatal(err)
		}
		d, err := spec.NewDraft(api, ids, spec.DraftOptions{ID: "it", Classify: names{}})
		if err != nil {
			t.Fatal(err)
		}
		shown(t, api, d)
	})
}
