package api_test

import (
	"testing"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/manifest"
	"drawbridge/internal/testkit"
)

// files is a small integration by its key.
func files(slug, environment string, extra string) manifest.Files {
	return manifest.Files{"integration.yaml": []byte(`apiVersion: drawbridge/v1
kind: Integration
id: ` + slug + `
environment: ` + environment + `
name: Shipping labels
purpose: Print a label for each order
partner: swift
interfaces:
  - id: labels
    kind: http_api
    direction: outbound
    hosts: [api.swift.example]
    auth: {type: api_key}
flows:
  - id: label
    from: shop
    to: labels
    purpose: delivery
    data:
      - {at: request, field: /name, category: person.name.full}
` + extra + `systems:
  - {id: shop, zone: internal}
`)}
}

func TestJourney(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		w := newWorld(t, database)
		admin := w.first()
		ann, annID := w.person(admin, "ann@drawbridge.example", drawbridge.Requester)
		pushed, sent, err := ann.Push(t.Context(), client.Push{Main: "integration.yaml", Files: files("swift-labels", "production", "")})
		if err != nil {
			t.Fatal(err)
		}
		if !pushed.Created || sent.Entry < 1 || pushed.Integration.Owner != annID.ID || pushed.Assessment.Outcome == "" {
			t.Errorf("push = %+v, sent %+v", pushed, sent)
		}
	})
}
