package manifest_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	third "go.yaml.in/yaml/v3"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/taxonomy"
)

// withTaxonomy checks categories by the built-in taxonomy.
func withTaxonomy() manifest.Option {
	t := taxonomy.Builtin()
	return manifest.WithCategories(func(id string) (bool, []string) {
		if _, ok := t.Category(id); ok {
			return true, nil
		}
		return false, t.Suggest(id)
	})
}

func TestExamplesCoverEveryKind(t *testing.T) {
	t.Parallel()
	for _, kind := range drawbridge.InterfaceKinds() {
		b, err := manifest.Load(filepath.Join("../../examples", string(kind), "integration.yaml"), withTaxonomy())
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		found := false
		for _, i := range b.Integration.Interfaces {
			found = found || i.Kind == kind
		}
		if !found || b.Partner == nil {
			t.Errorf("%s: has such an interface: %v, has a partner: %v", kind, found, b.Partner != nil)
		}
	}
	if _, err := manifest.Load("../../examples/acme-payments/integration.yaml", withTaxonomy()); err != nil {
		t.Error(err)
	}
}

func TestExamplesAreLaidOut(t *testing.T) {
	t.Parallel()
	for _, p := range files(t) {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := manifest.Format(p, data); strings.Contains(p, "examples") && (err != nil || !bytes.Equal(out, data)) {
			t.Errorf("%s is not laid out (%v); run: drawbridge fmt %s", p, err, p)
		}
	}
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	data, err := manifest.Schema("")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("manifest.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("manifest.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// instance reads YAML by another library, so that the schema and our reader are
// held to a third opinion.
func instance(t *testing.T, data []byte) any {
	t.Helper()
	var n third.Node
	if err := third.Unmarshal(data, &n); err != nil {
		t.Fatal(err)
	}
	var v any
	if err := daysAsText(&n).Decode(&v); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// daysAsText undoes that the other library, after YAML 1.1, reads days as times.
func daysAsText(n *third.Node) *third.Node {
	if n.Tag == "!!timestamp" {
		n.Tag = "!!str"
	}
	for _, c := range n.Content {
		daysAsText(c)
	}
	return n
}

func TestSchemaAcceptsExamples(t *testing.T) {
	t.Parallel()
	s := compileSchema(t)
	for _, p := range files(t) {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(instance(t, data)); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
}

// TestSchemaRefuses holds that the schema and the parser refuse the same slips.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	s := compileSchema(t)
	good, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"unknown key":       {"purpose: payment", "purpos: payment"},
		"bad enum":          {"direction: inbound", "direction: sideways"},
		"wrong type":        {"records_per_day: 20000", "records_per_day: many"},
		"number for text":   {`tls_min: "1.2"`, "tls_min: 1.2"},
		"bad span":          {"period: 400d", "period: 400 days"},
		"bad size":          {"envelope: {requests_per_minute: 600, max_body: 64KiB}", "envelope: {max_body: 64KB}"},
		"bad date":          {"dpa: 2026-03-01", "dpa: 01.03.2026"},
		"bad id":            {"id: acme-payments", "id: Acme Payments"},
		"missing key":       {"    direction: outbound\n", ""},
		"safeguard unknown": {"retry: backoff", "retrys: backoff"},
		"safeguard kind":    {"signature_over: raw_body", "pkce: true"},
		"literal secret":    {"vault:kv/acme", "hunter2"},
		"no person":         {"team:checkout", "jane@firm.example"},
		"repeated word":     {"processing: [IE, US]", "processing: [IE, IE]"},
		"out of range":      {"availability: 99.9", "availability: 100.1"},
		"bad field":         {"/customer/email", "customer.email"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := bytes.Replace(good, []byte(change[0]), []byte(change[1]), 1)
			if bytes.Equal(bad, good) {
				t.Fatalf("%q does not stand in the file", change[0])
			}
			if s.Validate(instance(t, bad)) == nil {
				t.Error("the schema accepts it")
			}
			if _, err := manifest.Parse("bad.yaml", bad); err == nil {
				t.Error("the parser accepts it")
			}
		})
	}
}
