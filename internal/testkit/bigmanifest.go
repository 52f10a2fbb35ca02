package testkit

import (
	"bytes"
	"fmt"
)

// BigManifest writes a valid manifest with about as many systems and interfaces
// as elements, and with that many flows. One element in ten is an interface;
// kinds, zones, data and safeguards repeat in a fixed pattern, so that the same
// numbers always give the same bytes.
func BigManifest(elements, flows int) []byte {
	interfaces := max(1, elements/10)
	systems := max(1, elements-interfaces)
	var b bytes.Buffer
	b.WriteString("apiVersion: drawbridge/v1\nkind: Integration\nid: generated\nenvironment: production\nname: Generated\npurpose: Measure\nsystems:\n")
	for i := range systems {
		fmt.Fprintf(&b, "  - {id: s%d, kind: %s, zone: internal/z%d, owner: team:t%d, region: %s}\n",
			i, pick(i, "service", "store", "job"), i%20, i%7, pick(i, "IE", "DE", "US"))
	}
	b.WriteString("interfaces:\n")
	for i := range interfaces {
		bigInterface(&b, i)
	}
	b.WriteString("flows:\n")
	for i := range flows {
		from, to := fmt.Sprintf("s%d", i%systems), fmt.Sprintf("i%d", i%interfaces)
		if inbound(i % interfaces) {
			from, to = to, from
		}
		fmt.Fprintf(&b, "  - id: f%d\n    from: %s\n    to: %s\n    operations: [op%d]\n    purpose: payment\n    lawful_basis: contract\n    subjects: [customer]\n    origin: [EEA]\n    data:\n"+
			"      - {at: request, field: /customer/email, category: contact.email, required: false, transform: %s}\n"+
			"      - {at: response, field: /items/*/card/last4, category: finance.card.pan, transform: mask}\n"+
			"    volume: {records_per_day: %d, peak_rps: 40}\n    retention: {period: %dd, deletion: api, evidence: log}\n"+
			"    region: {storage: [IE], processing: [IE, US], transfer: scc-eu}\n    shared_with: []\n",
			i, from, to, i%3, pick(i, "keep", "hmac", "mask"), 100+i%9000, 30+i%400)
	}
	return b.Bytes()
}

// inbound reports the direction of the interface with that number.
func inbound(i int) bool { return i%3 == 1 }

func bigInterface(b *bytes.Buffer, i int) {
	kind, direction, safeguards := "http_api", "outbound", `tls_min: "1.2", retry: backoff, response_validation: true`
	if inbound(i) {
		kind, direction, safeguards = "webhook", "inbound", `signature: hmac-sha256, signature_over: raw_body, replay_window: 5m`
	}
	fmt.Fprintf(b, "  - id: i%d\n    kind: %s\n    direction: %s\n    hosts: [h%d.acme.example]\n    auth: {type: api_key, in: header}\n    operations:\n", i, kind, direction, i)
	for op := range 3 {
		fmt.Fprintf(b, "      - {id: op%d, method: %s, path: \"/things/{id}/%d\"}\n", op, pick(op, "GET", "POST", "DELETE"), op)
	}
	fmt.Fprintf(b, "    safeguards: {%s}\n", safeguards)
}

func pick(i int, words ...string) string { return words[i%len(words)] }
