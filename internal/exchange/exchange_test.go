package exchange_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v3"

	"drawbridge"
	"drawbridge/internal/exchange"
	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
	"drawbridge/internal/taxonomy"
)

// full is the manifest with every key, and a partner beside it.
func full(tb testing.TB) *manifest.Bundle {
	tb.Helper()
	data, err := os.ReadFile("../manifest/testdata/full.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	doc, err := manifest.Parse("full.yaml", data)
	if err != nil {
		tb.Fatal(err)
	}
	b := &manifest.Bundle{Integration: doc.Integration, Partner: &manifest.Partner{
		APIVersion: manifest.APIVersion, Kind: "Partner", ID: doc.Integration.Partner, DisplayName: "Acme Pay",
		Subprocessors: []manifest.Subprocessor{{ID: "cloudco", Name: "CloudCo", Region: "US"}},
	}}
	b.Integration.Extends = ""
	return b
}

func export(tb testing.TB, format string, b *manifest.Bundle) ([]byte, []exchange.Loss) {
	tb.Helper()
	m, err := flow.Build(b, taxonomy.Builtin())
	if err != nil {
		tb.Fatal(err)
	}
	data, losses, err := exchange.Export(format, b, m, taxonomy.Builtin())
	if err != nil {
		tb.Fatal(err)
	}
	return data, losses
}

// TestOTMRoundTrip writes and reads a manifest that states every key: all of it
// comes back but the specification, which is a file of its own.
func TestOTMRoundTrip(t *testing.T) {
	t.Parallel()
	b := full(t)
	data, _ := export(t, "otm", b)
	asJSON, err := exchange.JSON(data)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"model.yaml": data, "model.json": asJSON} {
		got, err := exchange.Import("otm", name, data, exchange.Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := *b.Integration
		want.Interfaces = slices.Clone(want.Interfaces)
		for i := range want.Interfaces {
			want.Interfaces[i].Spec = ""
		}
		byID := cmp.Options{
			cmpopts.SortSlices(func(a, b manifest.System) bool { return a.ID < b.ID }),
			cmpopts.SortSlices(func(a, b manifest.Interface) bool { return a.ID < b.ID }),
			cmpopts.SortSlices(func(a, b manifest.Flow) bool { return a.ID < b.ID }),
		}
		if d := cmp.Diff(&want, got.Integration, byID); d != "" {
			t.Errorf("%s: (-want +got)\n%s", name, d)
		}
		if d := cmp.Diff(b.Partner, got.Partner); d != "" {
			t.Errorf("%s: partner (-want +got)\n%s", name, d)
		}
		for _, l := range got.Losses {
			if !strings.HasSuffix(l.Where, ".spec") {
				t.Errorf("%s: lost %s: %s", name, l.Where, l.What)
			}
		}
	}
}

// shape is what a Threagile model carries of a manifest.
func shape(i *manifest.Integration) []string {
	out := []string{i.ID, i.Environment, i.Name, i.Purpose, i.Partner}
	for _, s := range i.Systems {
		kind := s.Kind
		if kind == "" {
			kind = "service"
		}
		zone := s.Zone
		if zone == "" {
			zone = "internal"
		}
		out = append(out, fmt.Sprintf("system %s %q %s %s", s.ID, s.Name, kind, zone))
	}
	for _, x := range i.Interfaces {
		out = append(out, fmt.Sprintf("interface %s %q %s %s", x.ID, x.Name, x.Kind, x.Direction))
	}
	for _, f := range i.Flows {
		data := map[string]bool{}
		for _, d := range f.Data {
			data[fmt.Sprint(d.At == drawbridge.AtResponse, d.Category)] = true
		}
		out = append(out, fmt.Sprintf("flow %s %q %s -> %s %v", f.ID, f.Name, f.From, f.To, data))
	}
	slices.Sort(out)
	return out
}

func TestThreagileRoundTrip(t *testing.T) {
	t.Parallel()
	b := full(t)
	data, losses := export(t, "threagile", b)
	got, err := exchange.Import("threagile", "model.yaml", data, exchange.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if d := cmp.Diff(shape(b.Integration), shape(got.Integration)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	var where []string
	for _, l := range losses {
		where = append(where, l.Where)
	}
	for _, f := range b.Integration.Flows {
		if key := "flows[" + f.ID + "].retention"; f.Retention.Period != nil && !slices.Contains(where, key) {
			t.Errorf("the losses do not name %s", key)
		}
	}
	if !slices.Contains(where, "contract") || !slices.Contains(where, "exceptions") {
		t.Errorf("the losses do not name contract and exceptions: %q", where)
	}
}

// TestThreagileForm holds a model to what Threagile's own reader insists on:
// the required keys and words, ids of letters, digits and hyphens, tags that
// are declared, references that lead somewhere, one boundary an asset.
func TestThreagileForm(t *testing.T) {
	t.Parallel()
	data, _ := export(t, "threagile", full(t))
	var m struct {
		Version     string                    `yaml:"threagile_version"`
		Title       string                    `yaml:"title"`
		Author      struct{ Name string }     `yaml:"author"`
		Criticality string                    `yaml:"business_criticality"`
		Tags        []string                  `yaml:"tags_available"`
		Data        map[string]map[string]any `yaml:"data_assets"`
		Assets      map[string]map[string]any `yaml:"technical_assets"`
		Boundaries  map[string]struct {
			ID     string
			Type   string
			Tags   []string
			Inside []string `yaml:"technical_assets_inside"`
			Nested []string `yaml:"trust_boundaries_nested"`
		} `yaml:"trust_boundaries"`
	}
	if err := yaml.Unmarshal(data, &m); err != nil {
		t.Fatalf("another reader refuses the model: %v", err)
	}
	if m.Version == "" || m.Title == "" || m.Author.Name == "" || m.Criticality == "" {
		t.Errorf("the head lacks something: %+v", m)
	}
	words := func(v any) (out []string) {
		list, _ := v.([]any)
		for _, x := range list {
			out = append(out, fmt.Sprint(x))
		}
		return out
	}
	dataIDs, ids := map[string]bool{}, map[string]bool{}
	plain := func(id string) bool {
		return id != "" && strings.Trim(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
	}
	for title, d := range m.Data {
		id := fmt.Sprint(d["id"])
		if !plain(id) || dataIDs[id] {
			t.Errorf("data asset %s has the id %q", title, id)
		}
		dataIDs[id] = true
		for _, key := range []string{"usage", "quantity", "confidentiality", "integrity", "availability"} {
			if d[key] == nil {
				t.Errorf("data asset %s lacks %s", title, key)
			}
		}
	}
	for title, a := range m.Assets {
		id := fmt.Sprint(a["id"])
		if !plain(id) || ids[id] {
			t.Errorf("technical asset %s has the id %q", title, id)
		}
		ids[id] = true
	}
	tagged := func(where string, tags []string) {
		for _, tag := range tags {
			if !slices.Contains(m.Tags, tag) || tag != strings.ToLower(tag) {
				t.Errorf("%s: tag %q is not declared", where, tag)
			}
		}
	}
	for title, a := range m.Assets {
		tagged(title, words(a["tags"]))
		for _, key := range []string{"type", "size", "technology", "machine", "encryption", "used_as_client_by_human", "out_of_scope", "internet", "multi_tenant", "redundant", "custom_developed_parts"} {
			if a[key] == nil {
				t.Errorf("technical asset %s lacks %s", title, key)
			}
		}
		links, _ := a["communication_links"].(map[string]any)
		for name, l := range links {
			link, _ := l.(map[string]any)
			if !ids[fmt.Sprint(link["target"])] {
				t.Errorf("link %s leads to %v", name, link["target"])
			}
			for _, d := range append(words(link["data_assets_sent"]), words(link["data_assets_received"])...) {
				if !dataIDs[d] {
					t.Errorf("link %s moves %q, which is no data asset", name, d)
				}
			}
		}
	}
	home := map[string]int{}
	for title, b := range m.Boundaries {
		tagged(title, b.Tags)
		for _, id := range b.Inside {
			if home[id]++; !ids[id] || home[id] > 1 {
				t.Errorf("boundary %s holds %q, %d times", title, id, home[id])
			}
		}
	}
	if len(home) != len(ids) {
		t.Errorf("%d of %d assets stand in a boundary", len(home), len(ids))
	}
}

// TestOTMForm holds a model to what the published schema of 0.2 requires.
func TestOTMForm(t *testing.T) {
	t.Parallel()
	data, _ := export(t, "otm", full(t))
	data, err := exchange.JSON(data)
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Version string           `json:"otmVersion"`
		Project map[string]any   `json:"project"`
		Assets  []map[string]any `json:"assets"`
		Zones   []map[string]any `json:"trustZones"`
		Parts   []map[string]any `json:"components"`
		Flows   []map[string]any `json:"dataflows"`
	}
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	if m.Version != "0.2.0" || m.Project["id"] == nil || m.Project["name"] == nil {
		t.Errorf("head: %v %v", m.Version, m.Project)
	}
	zones, parts, assets := map[any]bool{}, map[any]bool{}, map[any]bool{}
	number := func(x map[string]any, keys ...string) {
		risk, _ := x["risk"].(map[string]any)
		for _, k := range keys {
			if _, ok := risk[k].(float64); !ok {
				t.Errorf("%v: risk.%s is %v, not a number", x["id"], k, risk[k])
			}
		}
	}
	for _, z := range m.Zones {
		zones[z["id"]] = true
		number(z, "trustRating")
	}
	for _, a := range m.Assets {
		assets[a["id"]] = true
		number(a, "confidentiality", "integrity", "availability")
	}
	for _, c := range m.Parts {
		parts[c["id"]] = true
		parent, _ := c["parent"].(map[string]any)
		if !zones[parent["trustZone"]] || c["type"] == nil || c["name"] == nil {
			t.Errorf("component %v", c)
		}
	}
	for _, f := range m.Flows {
		if !parts[f["source"]] || !parts[f["destination"]] || f["id"] == nil || f["name"] == nil {
			t.Errorf("dataflow %v", f)
		}
		list, _ := f["assets"].([]any)
		for _, a := range list {
			if !assets[a] {
				t.Errorf("dataflow %v moves %v, which is no asset", f["id"], a)
			}
		}
	}
}

func TestExportSameBytes(t *testing.T) {
	t.Parallel()
	for _, format := range exchange.Formats() {
		first, _ := export(t, format, full(t))
		for range 5 {
			if again, _ := export(t, format, full(t)); !bytes.Equal(first, again) {
				t.Errorf("%s: two exports of one manifest differ", format)
			}
		}
	}
}

// TestEditedOTM changes a model outside, as another tool would: the change
// wins over what the element carried.
func TestEditedOTM(t *testing.T) {
	t.Parallel()
	b := full(t)
	data, _ := export(t, "otm", b)
	f := b.Integration.Flows[0]
	model := string(data)
	edit := strings.Replace(model, "assets: [", "assets: [demo.birth_date, ", 1)
	if edit == model {
		t.Fatal("no flow has assets in this form")
	}
	edit = strings.Replace(edit, "name: "+b.Integration.Name+"\n", "name: Renamed outside\n", 1)
	got, err := exchange.Import("otm", "model.yaml", []byte(edit), exchange.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Integration.Name != "Renamed outside" {
		t.Errorf("name = %q", got.Integration.Name)
	}
	found := false
	for _, g := range got.Integration.Flows {
		for _, d := range g.Data {
			found = found || d.Category == "demo.birth_date" && d.Source == drawbridge.Imported
		}
	}
	if !found {
		t.Errorf("the asset added to a flow like %s is not among the data", f.ID)
	}
}
