package threat_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
	"drawbridge/internal/taxonomy"
	"drawbridge/internal/threat"
)

var asOf = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)

// parse reads a manifest's text.
func parse(tb testing.TB, src string) *manifest.Bundle {
	tb.Helper()
	doc, err := manifest.Parse("integration.yaml", []byte(src))
	if err != nil {
		tb.Fatal(err)
	}
	return &manifest.Bundle{Path: "integration.yaml", Integration: doc.Integration}
}

// evaluate runs the line from a manifest's text to its threats.
func evaluate(tb testing.TB, src string, opt threat.Options) *threat.Result {
	tb.Helper()
	return run(tb, parse(tb, src), opt)
}

func run(tb testing.TB, b *manifest.Bundle, opt threat.Options) *threat.Result {
	tb.Helper()
	c, err := threat.Builtin()
	if err != nil {
		tb.Fatal(err)
	}
	return runWith(tb, c, b, opt)
}

// runWith evaluates the rules of one catalogue.
func runWith(tb testing.TB, c *threat.Catalogue, b *manifest.Bundle, opt threat.Options) *threat.Result {
	tb.Helper()
	opt.AsOf = asOf
	m, err := flow.Build(b, taxonomy.Builtin())
	if err != nil {
		tb.Fatal(err)
	}
	r, err := c.Evaluate(b, m, flow.NewFacts(b, m, taxonomy.Builtin(), asOf), opt)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// bare is what an import of one operation gives before anybody answers.
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

// maxBareQuestions is what a person is asked after a bare import, at most.
const maxBareQuestions = 25

func TestBareImportAsksLittle(t *testing.T) {
	t.Parallel()
	noAuth := strings.Replace(bare, "    auth: {type: bearer, in: header}\n    operations", "    operations", 1)
	for name, src := range map[string]string{
		"bearer": bare, "nothing known of authentication": noAuth,
		"no data named": bare[:strings.Index(bare, "    data:")],
		"oauth":         strings.Replace(bare, "type: bearer", "type: oauth2_client_credentials", 1),
		"special data":  strings.Replace(bare, "category: contact.email", "category: health.record", 1),
		"inbound":       strings.Replace(bare, "direction: outbound", "direction: inbound", 1),
		"webhook":       strings.Replace(strings.Replace(bare, "kind: http_api", "kind: webhook", 1), "direction: outbound", "direction: inbound", 1),
	} {
		r := evaluate(t, src, threat.Options{})
		t.Logf("%s: %d questions", name, len(r.Questions))
		if n := len(r.Questions); n == 0 || n > maxBareQuestions {
			t.Errorf("%s: %d questions, want 1 to %d", name, n, maxBareQuestions)
		}
	}
}

// TestQuestions holds what questions promise: no key twice, biggest effect
// first, every waiting threat in one of them and pointing back.
func TestQuestions(t *testing.T) {
	t.Parallel()
	r := evaluate(t, bare, threat.Options{})
	asked := map[string]string{}
	byID := map[string]threat.Question{}
	for i, q := range r.Questions {
		byID[q.ID] = q
		if q.Text == "" || len(q.Keys) == 0 || len(q.Keys) != len(q.Accepts) {
			t.Errorf("%s: text %q, %d keys, %d lines of accepted values", q.ID, q.Text, len(q.Keys), len(q.Accepts))
		}
		if i > 0 && q.Effect > r.Questions[i-1].Effect {
			t.Errorf("%s has a bigger effect than the question before it", q.ID)
		}
		for _, k := range q.Keys {
			if asked[k] != "" {
				t.Errorf("%s is asked by %s and by %s", k, asked[k], q.ID)
			}
			asked[k] = q.ID
			if strings.HasPrefix(k, "operations.") != (q.Element == "integration" && strings.HasPrefix(k, "operations.")) {
				t.Errorf("%s is asked about %s; it is written once in the file", k, q.Element)
			}
		}
	}
	for _, x := range r.Threats {
		if x.State != drawbridge.ThreatNeedsAnswer {
			if x.Question != "" {
				t.Errorf("%s is %s and has a question", x.ID, x.State)
			}
			continue
		}
		if q, ok := byID[x.Question]; !ok || !slices.Contains(q.Threats, x.ID) {
			t.Errorf("%s waits for %q, which does not list it", x.ID, x.Question)
		}
		for _, k := range x.Missing {
			if asked[k] == "" {
				t.Errorf("%s misses %s, which nobody is asked", x.ID, k)
			}
		}
	}
}

// example is a manifest with a threat in every state.
const example = `apiVersion: drawbridge/v1
kind: Integration
id: acme-payments
environment: production
purpose: Charge cards at checkout
owners: {business: "team:checkout", technical: "team:payments", data: "role:dpo"}
criticality: {tier_hint: high}
systems:
  - {id: checkout, zone: internal/pci}
interfaces:
  - id: charges
    kind: http_api
    direction: outbound
    hosts: [api.acme.example]
    protocols: [https]
    formats: [json]
    auth: {type: oauth2_client_credentials, in: header, scopes: ["charges:write"], scopes_used: ["charges:write"], credential: {ref: "vault:kv/acme", rotate: 90d}}
    operations: [{id: createCharge, method: POST, path: "/charges/{id}"}]
    safeguards: {tls_min: "1.0", tls_verify: full, response_validation: false, logging: metadata, max_body: 1MiB, max_depth: 20}
    failure_modes: [{mode: slow, expect: give up after two seconds and queue}]
  - id: events
    kind: webhook
    direction: inbound
    protocols: [https]
    formats: [json]
    safeguards: {signature: none, tls_min: "1.3"}
flows:
  - id: charge
    from: checkout
    to: charges
    purpose: payment
    lawful_basis: contract
    volume: {records_per_day: 20000}
    data:
      - {at: request, field: /customer/email, category: contact.email}
      - {at: response, field: /card/last4, category: finance.card.pan, transform: mask}
operations: {timeout: 2s, fallback: queue-and-retry}
exceptions:
  - {threat: T001@charges, reason: the old gateway goes in March, owner: "role:security", expires: 2027-03-01}
  - {threat: T005@events, reason: trial, owner: "role:security", expires: 2026-11-20}
  - {threat: T999@charges, reason: nothing, owner: "role:security", expires: 2027-03-01}
`

func find(t *testing.T, r *threat.Result, id string) threat.Threat {
	t.Helper()
	i := slices.IndexFunc(r.Threats, func(x threat.Threat) bool { return x.ID == id })
	if i < 0 {
		t.Fatalf("no threat %s", id)
	}
	return r.Threats[i]
}

func TestStates(t *testing.T) {
	t.Parallel()
	r := evaluate(t, example, threat.Options{All: true})
	for id, want := range map[string]drawbridge.ThreatState{
		"T001@charges":     drawbridge.ThreatAccepted,
		"T001@events":      drawbridge.ThreatMitigated,
		"T002@charges":     drawbridge.ThreatMitigated,
		"T005@events":      drawbridge.ThreatOpen,
		"T029@charges":     drawbridge.ThreatOpen,
		"T038@charges":     drawbridge.ThreatNeedsAnswer,
		"T043@integration": drawbridge.ThreatNotEvaluated,
	} {
		if got := find(t, r, id); got.State != want {
			t.Errorf("%s is %s, want %s", id, got.State, want)
		}
	}
	x := find(t, r, "T001@charges")
	if x.Accepted == nil || x.Accepted.Expires != "2027-03-01" {
		t.Errorf("T001@charges is accepted by %+v", x.Accepted)
	}
	want := threat.Because{Fact: "safeguard.tls_min", Value: "1.0", Source: drawbridge.Declared, Key: "interfaces[charges].safeguards.tls_min"}
	if !slices.Contains(x.Because, want) {
		t.Errorf("T001@charges because %v, want it to name %v", x.Because, want)
	}
	if got := find(t, r, "T005@events").Reason; !strings.Contains(got, "2026-11-20") {
		t.Errorf("an ended exception is not told: %q", got)
	}
	notes := map[string]string{}
	for _, n := range r.Exceptions {
		notes[n.Threat] = n.Text
	}
	if len(notes) != 2 || !strings.Contains(notes["T005@events"], "ended") || !strings.Contains(notes["T999@charges"], "covers no threat") {
		t.Errorf("exceptions = %v", r.Exceptions)
	}
	if r.Counts[drawbridge.ThreatNotApplicable] == 0 {
		t.Error("nothing is not applicable although all was asked for")
	}
	if n := evaluate(t, example, threat.Options{}).Counts[drawbridge.ThreatNotApplicable]; n != 0 {
		t.Errorf("%d not applicable threats that nobody asked for", n)
	}
}

// TestSeverityAddsUp holds each severity to its listed arithmetic.
func TestSeverityAddsUp(t *testing.T) {
	t.Parallel()
	for _, src := range []string{bare, example} {
		for _, x := range evaluate(t, src, threat.Options{}).Threats {
			sum := 0.0
			for _, term := range x.Arithmetic {
				sum += term.Value
			}
			if got := drawbridge.Severities()[int(sum+0.5)]; got != x.Severity || x.Arithmetic[0].Name != "base" {
				t.Errorf("%s: %v adds up to %s, but the severity is %s", x.ID, x.Arithmetic, got, x.Severity)
			}
		}
	}
}

func TestFailureModesAreScenarios(t *testing.T) {
	t.Parallel()
	r := evaluate(t, example, threat.Options{})
	found := slices.ContainsFunc(r.Backlog, func(s threat.Scenario) bool {
		return s.Element == "charges" && s.Settle.Kind == "rehearsal" && strings.Contains(s.Settle.Oracle, "give up after two seconds and queue")
	})
	if !found {
		t.Error("the failure mode slow of charges is no scenario")
	}
	for i, s := range r.Backlog {
		if s.Rank != i+1 {
			t.Fatalf("rank %d stands at place %d", s.Rank, i+1)
		}
		want := threat.Manual
		switch {
		case slices.Contains(threat.Runners(), s.Settle.ID):
			want = threat.Automated
		case s.Settle.Kind == "evidence":
			want = threat.NotTestable
		}
		if s.Settle.Mode != want {
			t.Errorf("%s is %s, want %s", s.Settle.ID, s.Settle.Mode, want)
		}
	}
}

// TestEveryFailureModeHasARehearsal holds settles.yaml to the manifest's words.
func TestEveryFailureModeHasARehearsal(t *testing.T) {
	t.Parallel()
	for _, mode := range failureModes(t) {
		if len(threat.Settles().ForMode(mode)) == 0 {
			t.Errorf("the failure mode %s has no rehearsal", mode)
		}
	}
}

func failureModes(t *testing.T) []string {
	t.Helper()
	data, err := manifest.Schema("Integration")
	if err != nil {
		t.Fatal(err)
	}
	var schema any
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	var out []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if list, ok := v["enum"].([]any); ok && slices.Contains(list, any("lost_answer")) && out == nil {
				for _, x := range list {
					out = append(out, x.(string))
				}
			}
			for _, x := range v {
				walk(x)
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		}
	}
	walk(schema)
	if len(out) == 0 {
		t.Fatal("the schema lists no failure modes")
	}
	return out
}

// TestSameBytes evaluates the same manifest again, and with its lists turned round.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	encode := func(b *manifest.Bundle) string {
		data, err := json.Marshal(run(t, b, threat.Options{All: true}))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	for _, build := range []func() *manifest.Bundle{
		func() *manifest.Bundle { return parse(t, example) },
		func() *manifest.Bundle { return big(40, 90) },
	} {
		b := build()
		want := encode(b)
		slices.Reverse(b.Integration.Interfaces)
		slices.Reverse(b.Integration.Flows)
		slices.Reverse(b.Integration.Systems)
		for range 3 {
			if got := encode(b); got != want {
				t.Fatal("the same manifest in another order gives other bytes")
			}
		}
	}
}

// TestAnswersOnlySettle draws answers at random: a threat that is decided stays
// as it is however many more facts become known, and an unknown one only ever
// becomes decided.
func TestAnswersOnlySettle(t *testing.T) {
	t.Parallel()
	values := map[string][]any{}
	for _, d := range manifest.SafeguardDefs() {
		if d.Type == manifest.SafeguardBool {
			values[d.Key] = []any{true, false}
		}
		if d.Type == manifest.SafeguardEnum {
			for _, v := range d.Values {
				values[d.Key] = append(values[d.Key], v)
			}
		}
	}
	keys := make([]string, 0, len(values))
	for k := range values {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	rapid.Check(t, func(rt *rapid.T) {
		b := parse(t, bare)
		held := manifest.Safeguards{}
		b.Integration.Interfaces[0].Safeguards = held
		states := map[string]drawbridge.ThreatState{}
		for range 4 {
			for _, k := range rapid.SliceOfN(rapid.SampledFrom(keys), 0, 20).Draw(rt, "keys") {
				if _, ok := held[k]; !ok {
					held[k] = rapid.SampledFrom(values[k]).Draw(rt, k)
				}
			}
			for _, x := range run(t, b, threat.Options{}).Threats {
				before, seen := states[x.ID]
				if seen && before != drawbridge.ThreatNeedsAnswer && before != x.State {
					rt.Fatalf("%s was %s and is %s after more answers %v", x.ID, before, x.State, held)
				}
				states[x.ID] = x.State
			}
		}
	})
}

func TestUniqueIDs(t *testing.T) {
	t.Parallel()
	r := run(t, big(200, 500), threat.Options{All: true})
	seen := map[string]bool{}
	for _, x := range r.Threats {
		if seen[x.ID] {
			t.Errorf("%s stands twice", x.ID)
		}
		seen[x.ID] = true
	}
	for _, q := range r.Questions {
		if seen[q.ID] {
			t.Errorf("question %s stands twice", q.ID)
		}
		seen[q.ID] = true
	}
}
