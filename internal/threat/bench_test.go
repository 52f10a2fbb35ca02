package threat_test

import (
	"fmt"
	"testing"

	"drawbridge"
	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
	"drawbridge/internal/taxonomy"
	"drawbridge/internal/threat"
)

// big makes a manifest of n elements, a third of them systems, and three flows
// for each: kinds, data and answers vary, so that rules differ between elements.
func big(n, flows int) *manifest.Bundle {
	in := &manifest.Integration{APIVersion: manifest.APIVersion, Kind: "Integration", ID: "big", Environment: "production"}
	systems := max(1, n/3)
	for i := range systems {
		in.Systems = append(in.Systems, manifest.System{ID: fmt.Sprintf("sys-%04d", i), Zone: fmt.Sprintf("internal/zone-%d", i%7)})
	}
	kinds := drawbridge.InterfaceKinds()
	tls := []any{"1.0", "1.2", "1.3", nil}
	auth := []string{"bearer", "api_key", "mtls", "", "oauth2_client_credentials"}
	for i := range n - systems {
		x := manifest.Interface{
			ID: fmt.Sprintf("if-%04d", i), Kind: kinds[i%len(kinds)], Direction: drawbridge.Outbound,
			Hosts: []string{"api.partner.example"}, Protocols: []string{"https"}, Formats: []string{"json"},
			Auth: manifest.Auth{Type: auth[i%len(auth)]}, Safeguards: manifest.Safeguards{},
			Operations: []manifest.Operation{{ID: "op", Method: "POST", Path: "/things/{id}"}},
		}
		if x.Kind == drawbridge.Webhook || i%4 == 0 {
			x.Direction = drawbridge.Inbound
		}
		if v := tls[i%len(tls)]; v != nil {
			x.Safeguards["tls_min"] = v
		}
		if i%3 == 0 {
			x.Safeguards["logging"] = "metadata"
			x.Safeguards["response_validation"] = i%2 == 0
		}
		in.Interfaces = append(in.Interfaces, x)
	}
	categories := []string{"contact.email", "finance.card.pan", "", "person.name.full", "health.record"}
	for i := range flows {
		volume := int64(i % 500_000)
		in.Flows = append(in.Flows, manifest.Flow{
			ID: fmt.Sprintf("fl-%05d", i), From: in.Systems[i%systems].ID, To: in.Interfaces[i%len(in.Interfaces)].ID,
			Purpose: "payment", Volume: manifest.Volume{RecordsPerDay: &volume},
			Data: []manifest.DataElement{
				{At: drawbridge.AtRequest, Field: "/a", Category: categories[i%len(categories)]},
				{At: drawbridge.AtResponse, Field: "/b", Category: categories[(i+1)%len(categories)]},
			},
		})
	}
	return &manifest.Bundle{Path: "big.yaml", Integration: in}
}

// BenchmarkMapThreats measures map, facts and threats together, rules loaded.
func BenchmarkMapThreats(b *testing.B) {
	for _, size := range []struct{ elements, flows int }{{14, 20}, {500, 1500}, {1000, 3000}, {2000, 6000}} {
		b.Run(fmt.Sprintf("%d-%d", size.elements, size.flows), func(b *testing.B) {
			bundle := big(size.elements, size.flows)
			run(b, big(14, 20), threat.Options{}) // load the rules
			b.ReportAllocs()
			var r *threat.Result
			for b.Loop() {
				r = run(b, bundle, threat.Options{})
			}
			b.ReportMetric(float64(len(r.Threats)), "threats")
			b.ReportMetric(float64(len(r.Questions)), "questions")
			b.ReportMetric(float64(len(r.Backlog)), "scenarios")
		})
	}
}

// BenchmarkParts measures the steps of the largest size apart.
func BenchmarkParts(b *testing.B) {
	bundle := big(2000, 6000)
	t := taxonomy.Builtin()
	m, err := flow.Build(bundle, t)
	if err != nil {
		b.Fatal(err)
	}
	c, err := threat.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("map", func(b *testing.B) {
		for b.Loop() {
			if _, err := flow.Build(bundle, t); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("facts", func(b *testing.B) {
		for b.Loop() {
			flow.NewFacts(bundle, m, t, asOf)
		}
	})
	facts := flow.NewFacts(bundle, m, t, asOf)
	b.Run("rules", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.Evaluate(bundle, m, facts, threat.Options{AsOf: asOf}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
