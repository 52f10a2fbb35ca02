package threat_test

import (
	"testing"
	"time"

	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
	"drawbridge/internal/taxonomy"
	"drawbridge/internal/threat"
)

var asOf = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)

// evaluate runs the line from a manifest's text to its threats.
func evaluate(tb testing.TB, src string, opt threat.Options) *threat.Result {
	tb.Helper()
	doc, err := manifest.Parse("integration.yaml", []byte(src))
	if err != nil {
		tb.Fatal(err)
	}
	return run(tb, &manifest.Bundle{Path: "integration.yaml", Integration: doc.Integration}, opt)
}

func run(tb testing.TB, b *manifest.Bundle, opt threat.Options) *threat.Result {
	tb.Helper()
	opt.AsOf = asOf
	m, err := flow.Build(b, taxonomy.Builtin())
	if err != nil {
		tb.Fatal(err)
	}
	c, err := threat.Builtin()
	if err != nil {
		tb.Fatal(err)
	}
	r, err := c.Evaluate(b, m, flow.NewFacts(b, m, taxonomy.Builtin(), asOf), opt)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

const bare = `apiVersion: drawbridge/v1
kind: Integration
id: acme
environment: production
systems:
  - {id: ours}
interfaces:
  - id: api
    kind: http_api
    direction: outbound
    hosts: [api.acme.example]
    source: imported
    protocols: [https]
    formats: [json]
    auth: {type: bearer, in: header}
    operations:
      - {id: createCharge, method: POST, path: "/charges/{id}"}
flows:
  - id: charge
    from: ours
    to: api
    operations: [createCharge]
    source: imported
    data:
      - {at: request, field: /customer/email, category: contact.email, source: inferred}
      - {at: request, field: /card/number, category: finance.card.pan, source: inferred}
      - {at: response, field: /id}
`

func TestBareImport(t *testing.T) {
	r := evaluate(t, bare, threat.Options{})
	for _, q := range r.Questions {
		t.Logf("%5.0f %s %v %s %v", q.Effect, q.ID, q.Keys, q.Text, q.Threats)
	}
	for _, x := range r.Threats {
		t.Logf("%s %s %s %s %v q=%s miss=%v", x.State, x.Severity, x.ID, x.Title, x.Because, x.Question, x.Missing)
	}
	t.Log(r.Counts, len(r.Questions), len(r.Backlog))
}
