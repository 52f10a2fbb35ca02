package flow

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/internal/expr"
	"drawbridge/internal/manifest"
	"drawbridge/internal/taxonomy"
)

var factsAsOf = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)

// TestVocabulary holds facts.yaml and the getters to each other.
func TestVocabulary(t *testing.T) {
	t.Parallel()
	joins := []string{"any", "all", "most", "least", "sum", "union", "common", "same", "worst", "longest_or_zero", "least_or_zero"}
	numeric := []string{"most", "least", "longest_or_zero", "least_or_zero"}
	seen := map[string]bool{}
	for _, d := range Vocabulary() {
		if seen[d.Name] {
			t.Errorf("%s stands twice", d.Name)
		}
		seen[d.Name] = true
		guard := strings.HasPrefix(d.Name, "safeguard.")
		table := map[Scope]int{}
		if fileGetters[d.Name] != nil {
			table[ScopeFile]++
		}
		if ifaceGetters[d.Name] != nil {
			table[ScopeInterface]++
		}
		if flowGetters[d.Name] != nil {
			table[ScopeFlow]++
		}
		if !guard && (len(table) != 1 || table[d.Scope()] != 1) {
			t.Errorf("%s needs one getter, in the table of its scope", d.Name)
		}
		if d.Doc == "" || d.Key == "" {
			t.Errorf("%s lacks doc or key", d.Name)
		}
		if d.Structure == (d.Ask != "") {
			t.Errorf("%s: structure has no question, anything else has one", d.Name)
		}
		if (d.Scope() == ScopeFile) != (d.Join == "") {
			t.Errorf("%s: join %q; what is written once has none, anything else has one", d.Name, d.Join)
		}
		if d.Join != "" && !slices.Contains(joins, d.Join) {
			t.Errorf("%s: join %q is not known", d.Name, d.Join)
		}
		fits := map[expr.Type]bool{
			expr.Bool: d.Join == "any" || d.Join == "all", expr.List: d.Join == "union" || d.Join == "common",
			expr.Text: d.Join == "same" || d.Join == "worst", expr.Int: d.Join == "sum" || slices.Contains(numeric, d.Join),
			expr.Span: slices.Contains(numeric, d.Join), expr.Size: slices.Contains(numeric, d.Join),
		}
		if d.Join != "" && !fits[d.Type] {
			t.Errorf("%s: join %q does not fit %s", d.Name, d.Join, d.Type)
		}
		if (d.Join == "worst") != (len(d.Order) > 0) {
			t.Errorf("%s: the join worst, and no other, needs an order", d.Name)
		}
		for _, v := range d.Order {
			if !slices.Contains(d.Values, v) {
				t.Errorf("%s: order names %q, which is no accepted value", d.Name, v)
			}
		}
		if d.Join == "worst" && len(d.Order) != len(d.Values) {
			t.Errorf("%s: order has %d values, %d are accepted", d.Name, len(d.Order), len(d.Values))
		}
	}
	for _, table := range []int{len(fileGetters) + len(ifaceGetters) + len(flowGetters)} {
		if want := len(Vocabulary()) - len(manifest.SafeguardDefs()); table != want {
			t.Errorf("%d getters for %d facts", table, want)
		}
	}
	var file factFile
	if err := json.Unmarshal(factsJSON, &file); err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Safeguards {
		if !seen["safeguard."+d.Key] {
			t.Errorf("facts.yaml says how the safeguard %q joins, but there is none", d.Key)
		}
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	order := []string{"none", "1.2", "1.3"}
	day := 24 * time.Hour
	cases := []struct {
		name  string
		def   FactDef
		parts []any
		want  any
	}{
		{"any: one true decides, unknown or not", FactDef{Join: "any"}, []any{nil, true, false}, true},
		{"any: false and unknown", FactDef{Join: "any"}, []any{false, nil}, nil},
		{"any: all false", FactDef{Join: "any"}, []any{false, false}, false},
		{"all: one false decides", FactDef{Join: "all"}, []any{true, false, nil}, false},
		{"all: true and unknown", FactDef{Join: "all"}, []any{true, nil}, nil},
		{"all: all true", FactDef{Join: "all"}, []any{true, true}, true},
		{"most", FactDef{Join: "most"}, []any{int64(2), int64(4), int64(3)}, int64(4)},
		{"most of spans", FactDef{Join: "most"}, []any{day, 3 * day}, 3 * day},
		{"most with unknown", FactDef{Join: "most"}, []any{int64(2), nil}, nil},
		{"least", FactDef{Join: "least"}, []any{int64(2), int64(0)}, int64(0)},
		{"sum", FactDef{Join: "sum"}, []any{int64(2), int64(4)}, int64(6)},
		{"sum with unknown", FactDef{Join: "sum"}, []any{int64(2), nil}, nil},
		{"union", FactDef{Join: "union"}, []any{[]string{"US"}, []string{"IE", "US"}}, []string{"IE", "US"}},
		{"union with unknown", FactDef{Join: "union"}, []any{[]string{"US"}, nil}, nil},
		{"common", FactDef{Join: "common"}, []any{[]string{"iss", "aud"}, []string{"aud"}}, []string{"aud"}},
		{"common: nothing in common decides", FactDef{Join: "common"}, []any{[]string{"iss"}, []string{"aud"}, nil}, []string{}},
		{"same", FactDef{Join: "same"}, []any{"a", "a"}, "a"},
		{"same: differing is mixed, unknown or not", FactDef{Join: "same"}, []any{"a", nil, "b"}, Mixed},
		{"same with unknown", FactDef{Join: "same"}, []any{"a", nil}, nil},
		{"worst", FactDef{Join: "worst", Order: order}, []any{"1.3", "1.2"}, "1.2"},
		{"worst: the first of the order decides", FactDef{Join: "worst", Order: order}, []any{"1.3", nil, "none"}, "none"},
		{"worst with unknown", FactDef{Join: "worst", Order: order}, []any{"1.2", nil}, nil},
		{"zero is never", FactDef{Join: "longest_or_zero"}, []any{90 * day, time.Duration(0), nil}, time.Duration(0)},
		{"else the longest", FactDef{Join: "longest_or_zero"}, []any{30 * day, 90 * day}, 90 * day},
		{"least or zero", FactDef{Join: "least_or_zero"}, []any{int64(5), int64(3)}, int64(3)},
		{"nobody answered", FactDef{Join: "any"}, []any{nil, nil}, nil},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			// The order of the parts must not matter.
			for range 2 {
				slots := make([][]slot, len(tc.parts))
				parts := make([]int, len(tc.parts))
				for i, v := range tc.parts {
					slots[i], parts[i] = []slot{{value: v, part: noPart}}, i
				}
				if got := joinFact(tc.def, 0, parts, slots); !cmp.Equal(got.value, tc.want) {
					t.Errorf("join(%v) = %v, want %v", tc.parts, got.value, tc.want)
				}
				slices.Reverse(tc.parts)
			}
		})
	}
}

const factsManifest = `apiVersion: drawbridge/v1
kind: Integration
id: acme
environment: production
partner: acme-pay
owners: {business: "team:a", technical: "team:b"}
criticality: {tier_hint: low}
systems: [{id: shop}]
interfaces:
  - id: charges
    kind: http_api
    direction: outbound
    auth: {type: api_key, credential: {rotate: 0s}}
    safeguards: {tls_min: "1.2", logging: metadata}
    sources: {safeguards.tls_min: imported}
    operations: [{id: create, method: POST, path: "/charges/{id}"}, {id: list, method: GET, path: /charges}]
  - id: events
    kind: webhook
    direction: inbound
    safeguards: {tls_min: "1.3"}
flows:
  - id: charge
    from: shop
    to: charges
    operations: [create]
    origin: [DE]
    region: {storage: [IE], processing: [IE, US]}
    retention: {period: 30d}
    data:
      - {at: request, field: /email, category: contact.email, needed: true}
      - {at: request, field: /pan, category: finance.card.pan, transform: token}
  - id: list
    from: shop
    to: charges
    operations: [list]
    data: [{at: response, field: /mail, category: contact.email, source: inferred}]
  - {id: note, from: events, to: shop}
`

func testFacts(t *testing.T, src string) *Facts {
	t.Helper()
	doc, err := manifest.Parse("integration.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	b := &manifest.Bundle{Integration: doc.Integration}
	m, err := Build(b, taxonomy.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	return NewFacts(b, m, taxonomy.Builtin(), factsAsOf)
}

func TestFacts(t *testing.T) {
	t.Parallel()
	f := testFacts(t, factsManifest)
	cases := []struct {
		kind    ElementKind
		id      string
		fact    string
		want    any
		key     string
		source  string
		missing []string
	}{
		{OnInterface, "charges", "safeguard.tls_min", "1.2", "interfaces[charges].safeguards.tls_min", "imported", nil},
		{OnFlow, "charge", "safeguard.tls_min", "1.2", "interfaces[charges].safeguards.tls_min", "imported", nil},
		{OnIntegration, "integration", "safeguard.tls_min", "1.2", "interfaces[charges].safeguards.tls_min", "imported", nil},
		{OnIntegration, "integration", "safeguard.logging", nil, "interfaces[*].safeguards.logging", "declared", []string{"interfaces[events].safeguards.logging"}},
		{OnInterface, "charges", "iface.rotation", time.Duration(0), "interfaces[charges].auth.credential.rotate", "declared", nil},
		{OnInterface, "charges", "iface.mutates", true, "interfaces[charges].operations", "declared", nil},
		{OnInterface, "charges", "iface.addresses_objects", true, "interfaces[charges].operations", "declared", nil},
		{OnInterface, "charges", "iface.operations", int64(2), "interfaces[charges].operations", "declared", nil},
		{OnInterface, "charges", "iface.scopes", []string{}, "interfaces[charges].auth.scopes", "declared", nil},
		{OnInterface, "events", "iface.mutates", true, "interfaces[events].operations", "declared", nil},
		{OnInterface, "events", "iface.auth", nil, "interfaces[events].auth.type", "declared", []string{"interfaces[events].auth.type"}},
		{OnFlow, "charge", "flow.abroad", true, "flows[charge].region.storage", "declared", nil},
		{OnFlow, "list", "flow.abroad", nil, "flows[list].region.storage", "declared", []string{"flows[list].origin", "flows[list].region.storage", "flows[list].region.processing"}},
		{OnFlow, "charge", "flow.unneeded", nil, "flows[charge].data[*].needed", "declared", []string{"flows[charge].data[request /pan].needed"}},
		{OnFlow, "charge", "flow.card", false, "flows[charge].data", "declared", nil},
		{OnFlow, "charge", "flow.sends", true, "flows[charge].data", "declared", nil},
		{OnFlow, "list", "flow.sends", false, "flows[list].data", "inferred", nil},
		{OnFlow, "list", "flow.receives", true, "flows[list].data", "inferred", nil},
		{OnInterface, "charges", "flow.retention", nil, "flows[*].retention.period", "declared", []string{"flows[list].retention.period"}},
		{OnInterface, "charges", "flow.personal", true, "flows[charge].data", "inferred", nil},
		{OnInterface, "charges", "flow.abroad", true, "flows[charge].region.storage", "declared", nil},
		{OnIntegration, "integration", "iface.kind", "", "interfaces[*].kind", "declared", nil},
		{OnIntegration, "integration", "integration.owners_named", true, "owners", "declared", nil},
		{OnFlow, "note", "criticality.critical", nil, "criticality.tier_hint", "declared", []string{"criticality.rto"}},
		{OnFlow, "note", "partner.audited", nil, "partner.assurance", "declared", []string{"partner.assurance"}},
		{OnIntegration, "integration", "integration.unconfirmed", int64(1), "flows[*].data", "declared", nil},
	}
	for _, tc := range cases {
		t.Run(string(tc.kind)+" "+tc.id+" "+tc.fact, func(t *testing.T) {
			t.Parallel()
			e := f.ElementOf(tc.kind, tc.id)
			got := f.Value(e, tc.fact)
			if !cmp.Equal(got.Value, tc.want) || got.Known != (tc.want != nil) || got.Key != tc.key || string(got.Source) != tc.source {
				t.Errorf("got %v known %v from %s, %s; want %v from %s, %s", got.Value, got.Known, got.Source, got.Key, tc.want, tc.source, tc.key)
			}
			i, _ := FactIndex(tc.fact)
			if diff := cmp.Diff(tc.missing, f.Missing(e, i)); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFactsOfNothing reads every fact of a manifest that says nothing.
func TestFactsOfNothing(t *testing.T) {
	t.Parallel()
	f := testFacts(t, "apiVersion: drawbridge/v1\nkind: Integration\nid: acme\nenvironment: test\n")
	if n := len(f.Elements()); n != 1 {
		t.Fatalf("%d elements, want the integration alone", n)
	}
	for i, d := range Vocabulary() {
		got := f.At(0, i)
		if d.Structure != got.Known {
			t.Errorf("%s known = %v, want %v", d.Name, got.Known, d.Structure)
		}
		if missing := f.Missing(0, i); !got.Known && len(missing) == 0 {
			t.Errorf("%s is unknown, but no key answers it", d.Name)
		}
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	cases := []struct {
		def  FactDef
		v    any
		want string
	}{
		{FactDef{Type: expr.Span}, 90 * 24 * time.Hour, "90d"},
		{FactDef{Type: expr.Size}, int64(65536), "64KiB"},
		{FactDef{Type: expr.List}, []string{"a", "b"}, "[a, b]"},
		{FactDef{Type: expr.Int}, int64(3), "3"},
		{FactDef{Type: expr.Bool}, nil, "unknown"},
	}
	for _, tc := range cases {
		if got := tc.def.Show(tc.v); got != tc.want {
			t.Errorf("Show(%v) = %q, want %q", tc.v, got, tc.want)
		}
	}
}
