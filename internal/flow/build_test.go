package flow_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge"
	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
	"drawbridge/internal/taxonomy"
)

// payments is a map with one of everything, written by hand.
func payments() *manifest.Bundle {
	return &manifest.Bundle{
		Integration: &manifest.Integration{
			ID: "acme-payments", Environment: "production", Name: "Acme card payments", Partner: "acme-pay",
			Systems: []manifest.System{
				{ID: "shopper", Name: "Shopper", Kind: "browser", Zone: "internet"},
				{ID: "checkout", Name: "Checkout", Zone: "internal/pci", Region: "DE"},
				{ID: "vault", Name: "Card vault", Kind: "store", Zone: "internal/pci", Region: "DE"},
				{ID: "ledger", Name: "Ledger", Kind: "store"},
				{ID: "fulfilment", Name: "Fulfilment", Kind: "service"},
			},
			Interfaces: []manifest.Interface{
				{ID: "charges", Name: "Charges API", Kind: drawbridge.HTTPAPI, Direction: drawbridge.Outbound, Region: "IE"},
				{
					ID: "events", Name: "Payment events", Kind: drawbridge.Webhook, Direction: drawbridge.Inbound,
					FailureModes: []manifest.FailureMode{{Mode: "duplicate", Expect: "drop by id"}},
				},
			},
			Flows: []manifest.Flow{
				{ID: "browse", From: "shopper", To: "checkout", Data: []manifest.DataElement{
					{At: drawbridge.AtRequest, Field: "/email", Category: "contact.email"},
				}},
				{ID: "store", From: "checkout", To: "vault", Data: []manifest.DataElement{
					{At: drawbridge.AtRequest, Field: "/pan", Category: "finance.card.pan", Transform: "token"},
				}},
				{ID: "book", From: "checkout", To: "ledger"},
				{
					ID: "charge", Name: "Charge a card", From: "checkout", To: "charges", Purpose: "payment",
					LawfulBasis: "contract", Subjects: []string{"customer"}, Origin: []string{"DE"},
					Data: []manifest.DataElement{
						{At: drawbridge.AtRequest, Field: "/customer/email", Category: "contact.email"},
						{At: drawbridge.AtRequest, Field: "/card", Category: "finance.card.pan", Transform: "mask"},
						{At: drawbridge.AtResponse, Field: "/cvv", Category: "finance.card.sad", Transform: "drop"},
						{At: drawbridge.AtResponse, Field: "/id", Category: "system.operations"},
					},
					Volume:     manifest.Volume{RecordsPerDay: new(int64(20000))},
					Retention:  manifest.Retention{Period: new(drawbridge.Span(400 * 86_400_000)), Deletion: "api", Evidence: "log"},
					Region:     manifest.Region{Storage: []string{"IE"}, Processing: []string{"IE", "US"}, Transfer: "scc-eu"},
					SharedWith: []string{"cloudco"},
				},
				{ID: "paid", From: "events", To: "fulfilment", Data: []manifest.DataElement{
					{At: drawbridge.AtRequest, Field: "/data/*/who"},
				}},
			},
		},
		Partner: &manifest.Partner{ID: "acme-pay", DisplayName: "Acme Payments", Subprocessors: []manifest.Subprocessor{
			{ID: "cloudco", Name: "CloudCo Inc", Region: "US"}, {ID: "mailer", Name: "Mailer GmbH", Region: "DE"},
		}},
	}
}

func build(tb testing.TB, b *manifest.Bundle) *flow.Map {
	tb.Helper()
	m, err := flow.Build(b, taxonomy.Builtin())
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// mustBuild is [build] for properties.
func mustBuild(t interface{ Fatal(...any) }, b *manifest.Bundle) *flow.Map {
	m, err := flow.Build(b, taxonomy.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func edge(t *testing.T, m *flow.Map, id string) flow.Edge {
	t.Helper()
	for _, e := range m.Edges {
		if e.ID == id {
			return e
		}
	}
	t.Fatalf("no edge %q", id)
	return flow.Edge{}
}

func TestBuildStructure(t *testing.T) {
	t.Parallel()
	m := build(t, payments())
	var boundaries, nodes, edges []string
	for _, b := range m.Boundaries {
		boundaries = append(boundaries, b.ID+" in "+b.Parent)
	}
	for _, n := range m.Nodes {
		nodes = append(nodes, fmt.Sprintf("%s %s in %s", n.ID, n.Kind, n.Boundary))
	}
	for _, e := range m.Edges {
		edges = append(edges, fmt.Sprintf("%s %s: %s -> %s crosses=%v possible=%v", e.ID, e.Kind, e.From, e.To, e.Crosses, e.Possible))
	}
	want := [][]string{
		{"internal in ", "internal/pci in internal", "internet in ", "partner in ", "partner/subprocessors in partner"},
		{
			"charges interface in partner", "checkout system in internal/pci", "events interface in partner",
			"fulfilment system in internal", "ledger store in internal", "shopper user in internet",
			"subprocessor/cloudco subprocessor in partner/subprocessors", "subprocessor/mailer subprocessor in partner/subprocessors",
			"vault store in internal/pci",
		},
		{
			"book flow: checkout -> ledger crosses=true possible=false",
			"browse flow: shopper -> checkout crosses=true possible=false",
			"charge flow: checkout -> charges crosses=true possible=false",
			"charges/cloudco onward: charges -> subprocessor/cloudco crosses=true possible=false",
			"events/cloudco onward: events -> subprocessor/cloudco crosses=true possible=true",
			"events/mailer onward: events -> subprocessor/mailer crosses=true possible=true",
			"paid flow: events -> fulfilment crosses=true possible=false",
			"store flow: checkout -> vault crosses=false possible=false",
		},
	}
	if d := cmp.Diff(want, [][]string{boundaries, nodes, edges}); d != "" {
		t.Errorf("Build: (-want +got)\n%s", d)
	}
}

func TestBuildLevels(t *testing.T) {
	t.Parallel()
	m := build(t, payments())
	type sums struct {
		Level, Raw                       drawbridge.Level
		Elements, Forward, Back, Unknown int
		Interface                        string
	}
	tests := map[string]sums{
		"charge": {Level: 3, Raw: 4, Elements: 3, Forward: 2, Back: 1, Interface: "charges"},
		"paid":   {Level: -1, Raw: -1, Elements: 1, Forward: 1, Unknown: 1, Interface: "events"},
		"store":  {Level: 2, Raw: 4, Elements: 1, Forward: 1},
		"book":   {Level: -1, Raw: -1},
	}
	for id, want := range tests {
		e := edge(t, m, id)
		got := sums{e.Level, e.Raw, e.Elements, e.Forward, e.Back, e.Unknown, e.Interface}
		if got != want {
			t.Errorf("edge %s = %+v, want %+v", id, got, want)
		}
	}
}

func TestBuildRefuses(t *testing.T) {
	t.Parallel()
	b := payments()
	b.Integration.Flows[0].To = "nowhere"
	_, err := flow.Build(b, taxonomy.Builtin())
	if drawbridge.KindOf(err) != drawbridge.Invalid {
		t.Errorf("unknown end: %v, want an invalid error", err)
	}
	if _, err := flow.Build(nil, taxonomy.Builtin()); drawbridge.KindOf(err) != drawbridge.Invalid {
		t.Errorf("no bundle: %v, want an invalid error", err)
	}
}

// TestZoneCannotClaimPartner keeps a system of ours out of the partner's
// boundary: otherwise a zone's name would hide that data crosses.
func TestZoneCannotClaimPartner(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]string{
		"": "internal", "partner": "internal/partner", "partner/subprocessors": "internal/partner/subprocessors",
		" / internal // pci/": "internal/pci", "dmz": "dmz", "a/b/c/d/e/f/g/h/i": "a/b/c/d/e/f/g/h",
	} {
		b := payments()
		b.Integration.Systems[1].Zone = zone
		m := build(t, b)
		for _, n := range m.Nodes {
			if n.ID == "checkout" && n.Boundary != want {
				t.Errorf("zone %q: boundary %q, want %q", zone, n.Boundary, want)
			}
		}
		if !edge(t, m, "charge").Crosses {
			t.Errorf("zone %q: the flow to the partner does not cross", zone)
		}
	}
}

func TestCombination(t *testing.T) {
	t.Parallel()
	b := payments()
	f := &b.Integration.Flows[3]
	f.Data = nil
	for _, c := range []string{"demo.birth_date", "demo.gender", "contact.address.postcode", "account.username", "secret.password"} {
		f.Data = append(f.Data, manifest.DataElement{At: drawbridge.AtRequest, Field: drawbridge.FieldPath("/" + c), Category: c})
	}
	f.Data[4].Transform = "hmac"
	e := edge(t, build(t, b), "charge")
	if e.Level != drawbridge.LevelSensitive || e.Raw != drawbridge.LevelRestricted {
		t.Errorf("levels %v raw %v, want sensitive and restricted", e.Level, e.Raw)
	}
	if d := cmp.Diff([]string{"id-triple"}, e.Combos); d != "" {
		t.Errorf("combos (-want +got)\n%s", d)
	}
}

func TestBuildSameBytes(t *testing.T) {
	t.Parallel()
	var first []byte
	for range 20 {
		var buf bytes.Buffer
		if err := build(t, payments()).JSON(&buf); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = buf.Bytes()
		} else if !bytes.Equal(first, buf.Bytes()) {
			t.Fatal("two builds of one manifest differ")
		}
	}
}

// generated makes a map of a size: systems in zones, interfaces, and flows
// between them in a fixed pattern.
func generated(nodes, flows int) *manifest.Bundle {
	in := &manifest.Integration{ID: fmt.Sprintf("generated-%d", nodes), Environment: "production", Name: fmt.Sprintf("Generated map of %d nodes", nodes)}
	categories := taxonomy.Builtin().Categories()
	systems := max(nodes/2, 1)
	zones := []string{"internal", "internal/pci", "internal/back-office", "internal/pci/vault", "internet"}
	kinds := []string{"service", "store", "user", "job", "browser"}
	for i := range systems {
		in.Systems = append(in.Systems, manifest.System{
			ID: fmt.Sprintf("sys-%d", i), Name: fmt.Sprintf("System number %d", i), Zone: zones[(i*7)%len(zones)], Kind: kinds[(i*3)%len(kinds)],
		})
	}
	for i := range nodes - systems {
		in.Interfaces = append(in.Interfaces, manifest.Interface{
			ID: fmt.Sprintf("if-%d", i), Name: fmt.Sprintf("Partner interface %d", i), Kind: drawbridge.InterfaceKinds()[i%9],
			Direction: []drawbridge.Direction{drawbridge.Outbound, drawbridge.Inbound}[i%2],
		})
	}
	for i := range flows {
		f := manifest.Flow{
			ID: fmt.Sprintf("flow-%d", i), Name: fmt.Sprintf("Exchange of kind %d", i), From: fmt.Sprintf("sys-%d", (i*5)%systems),
			Volume: manifest.Volume{RecordsPerDay: new(int64(i * 100))}, SharedWith: []string{}, Origin: []string{"DE"},
			Region: manifest.Region{Storage: []string{"IE"}, Processing: []string{"US"}},
		}
		switch n := len(in.Interfaces); {
		case i%4 == 3 || n == 0:
			f.To = fmt.Sprintf("sys-%d", (i*3+1)%systems)
		case i%4 == 2:
			f.To, f.From = f.From, fmt.Sprintf("if-%d", (i*11)%n)
		default:
			f.To = fmt.Sprintf("if-%d", (i*11)%n)
		}
		for j := range 1 + i%4 {
			f.Data = append(f.Data, manifest.DataElement{
				At: drawbridge.Ats()[(i+j)%2], Field: drawbridge.FieldPath(fmt.Sprintf("/f%d", j)), Category: categories[(i*13+j)%len(categories)].ID,
				Transform: []string{"", "mask", "hmac"}[(i+j)%3],
			})
		}
		in.Flows = append(in.Flows, f)
	}
	return &manifest.Bundle{Integration: in}
}

// TestBuildIsLinear counts allocations, which no busy machine disturbs: four
// times the size may not need much more than four times as many.
func TestBuildIsLinear(t *testing.T) {
	count := func(n int) float64 {
		b := generated(n, 3*n)
		return testing.AllocsPerRun(2, func() { build(t, b) })
	}
	small, large := count(500), count(2000)
	if large > 5*small {
		t.Errorf("%v allocations for 2,000 nodes and %v for 500: more than linear", large, small)
	}
}

func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{14, 500, 1000, 2000} {
		bundle := generated(n, 3*n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				build(b, bundle)
			}
		})
	}
}
