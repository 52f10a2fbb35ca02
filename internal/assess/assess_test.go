package assess_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"drawbridge"
	"drawbridge/internal/assess"
	"drawbridge/internal/policy"
)

var asOf = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func run(t *testing.T, file string) *assess.Assessment {
	t.Helper()
	ws, err := policy.OpenWorkspace(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	a, err := assess.Run(t.Context(), ws, file, assess.Options{AsOf: asOf, Name: "integration.yaml", Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func examples(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../examples/*/integration.yaml")
	if err != nil || len(files) < 9 {
		t.Fatalf("examples: %d files, %v", len(files), err)
	}
	return files
}

// TestSameInputsSameBytes holds the line to being a function of its inputs.
func TestSameInputsSameBytes(t *testing.T) {
	t.Parallel()
	for _, file := range examples(t) {
		a, err := json.Marshal(run(t, file))
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(run(t, file))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s: two runs differ:\n%s", file, cmp.Diff(string(a), string(b)))
		}
	}
}

// TestSchema holds every example's document to the published schema, and shows
// that the schema can refuse.
func TestSchema(t *testing.T) {
	t.Parallel()
	raw, err := assess.Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("assessment.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("assessment.json")
	if err != nil {
		t.Fatal(err)
	}
	check := func(v any) error {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		inst, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(inst)
	}
	for _, file := range examples(t) {
		a := run(t, file)
		if err := check(a); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if err := check(assess.Document{SchemaVersion: drawbridge.SchemaVersion, Assessments: []assess.Assessment{*a, *a}}); err != nil {
			t.Errorf("%s twice: %v", file, err)
		}
		a.Gate.Outcome = "perhaps"
		if check(a) == nil {
			t.Errorf("%s: an outcome that does not exist passes the schema", file)
		}
	}
}

// TestBareImport is the promise to a new user: what nobody answered never
// passes, and at most 25 questions are asked about one operation.
func TestBareImport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const bare = `apiVersion: drawbridge/v1
kind: Integration
id: bare
environment: production
systems: [{id: app}]
interfaces:
  - {id: api, kind: http_api, direction: outbound, hosts: [api.partner.example], auth: {type: api_key, in: header}, operations: [{id: create, method: POST, path: /things}]}
flows:
  - {id: things, from: app, to: api, data: [{at: request, field: /email, category: contact.email, source: inferred}, {at: request, field: /what}]}
`
	file := filepath.Join(dir, "integration.yaml")
	if err := os.WriteFile(file, []byte(bare), 0o600); err != nil {
		t.Fatal(err)
	}
	a := run(t, file)
	if a.Gate.Outcome != drawbridge.NoGo {
		t.Errorf("outcome = %s, want no-go", a.Gate.Outcome)
	}
	if n := len(a.Questions); n == 0 || n > 25 {
		t.Errorf("%d questions, want 1 to 25", n)
	}
	for _, x := range a.Threats {
		if x.State == drawbridge.ThreatOpen {
			t.Errorf("%s is open although nothing is known: unknown must ask, not accuse", x.ID)
		}
	}
	if len(a.Unknowns) == 0 || len(a.Notes) == 0 {
		t.Errorf("unknowns %d, notes %d: the document must say what it assumed", len(a.Unknowns), len(a.Notes))
	}
	if a.Coverage != (assess.Coverage{Planned: a.Coverage.Planned}) {
		t.Errorf("coverage = %+v, want nothing run", a.Coverage)
	}
}
