package seed

import (
	"embed"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/manifest"
)

//go:embed template/*.yaml
var templateFiles embed.FS

// templateNames are the kinds of integration, in the order of their share.
var templateNames = []string{"payments", "mail", "crm", "analytics", "storage", "model"}

// template parses a fresh copy of a template.
func template(name string) (*manifest.Integration, error) {
	data, err := templateFiles.ReadFile("template/" + name + ".yaml")
	if err != nil {
		return nil, err
	}
	doc, err := manifest.Parse(name+".yaml", data)
	if err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	return doc.Integration, nil
}

// mainFile is the manifest among a revision's files.
const mainFile = "integration.yaml"

// item is an integration as it is planned.
type item struct {
	slug, name string
	template   string
	partner    *partner
	owner      int // among the people
	seed       uint64
	care       int // 0 careful, 1 mixed, 2 careless
	size       int // how many interfaces

	// What the record has of it so far.
	id       drawbridge.IntegrationID
	head     drawbridge.RevisionID
	pushed   int // the number of the head as it was planned
	findings int64
}

// rand is the item's own source: what it looks like does not depend on others.
func (it *item) rand() *rand.Rand { return rand.New(rand.NewPCG(it.seed, 1)) } //nolint:gosec // made-up data, repeatable by its seed

// files writes the files of a revision, counted from 1.
func (it *item) files(revision int) (manifest.Files, string, error) {
	m, err := template(it.template)
	if err != nil {
		return nil, "", err
	}
	r := it.rand()
	it.vary(m, r)
	reason := ""
	for n := 2; n <= revision; n++ {
		reason = moves[r.IntN(len(moves))](m, r, n)
	}
	it.grow(m)
	data, err := manifest.Encode(m)
	if err != nil {
		return nil, "", fmt.Errorf("write %s: %w", it.slug, err)
	}
	about, err := it.partner.file()
	return manifest.Files{mainFile: data, "partners/" + it.partner.id + ".yaml": about}, reason, err
}

// vary makes the template this integration: whose it is, where data lie, and
// what is not as it should be.
func (it *item) vary(m *manifest.Integration, r *rand.Rand) {
	m.ID, m.Name, m.Partner = it.slug, it.name, it.partner.id
	place := pick(r, places)
	if it.care == 0 {
		place = places[0]
	}
	in := &m.Interfaces[0]
	if place.country != "" {
		in.Region = place.country
		for i := range m.Flows {
			m.Flows[i].Region = manifest.Region{Storage: []string{place.country}, Processing: []string{place.country}, Transfer: place.transfer, Evidence: place.evidence}
		}
	}
	if in.Direction == drawbridge.Outbound {
		in.Hosts = []string{strings.Split(in.Hosts[0], ".")[0] + "." + it.partner.host()}
	}
	for i := range m.Targets {
		m.Targets[i].BaseURL = "https://" + m.Targets[i].Name + "." + it.partner.host()
	}
	it.weaken(in, r)
	if it.care == 0 {
		return
	}
	for i := range m.Flows {
		for j := range m.Flows[i].Data {
			if d := &m.Flows[i].Data[j]; r.Float64() < 0.25*float64(it.care) && d.Category != "finance.card.pan" {
				d.Transform, d.Needed = "keep", new(r.IntN(2) == 0)
			}
		}
	}
	if r.IntN(3) < it.care {
		m.Operations.Fallback, m.Operations.Runbook, m.Operations.Rollback = "none", "", ""
	}
	if r.IntN(4) < it.care {
		m.Contract.BreachNotice, m.Contract.SubprocessorNotice, m.Contract.Exit = nil, nil, manifest.Exit{}
	}
}

// place is where data lie, and on what ground they got there.
type place struct {
	country, transfer string
	evidence          []string
}

// places begins with the one that the template names.
var places = []place{
	{},
	{},
	{"IE", "none-needed", nil},
	{"DE", "none-needed", nil},
	{"US", "scc-eu", []string{"signed-scc", "tia"}},
	{"US", "dpf", nil},
	{"US", "notice-only", nil},
	{"GB", "adequacy", nil},
	{"IN", "scc-eu", []string{"signed-scc"}},
	{"BR", "derogation", nil},
}

// weak is what a safeguard is where nobody cares.
var weak = map[string]any{
	"authz": "authn_only", "field_allowlist": false, "max_depth": int64(0), "contract_test": false, "tenant_source": "payload",
	"tls_min": "1.0", "tls_verify": "none", "crypto_policy": false, "credential_shared": true, "credential_isolated": false, "secrets_managed": false,
	"revocation": false, "idempotency_key": false, "response_validation": false, "injection_safe": false, "output_encoding": false, "max_body": drawbridge.Size(0),
	"redirects": "followed", "egress_allowlist": false, "request_allowlist": false, "erasure": "none", "logging": "payload", "retry": "fixed", "breaker": false,
	"signature": "none", "signature_over": "parsed", "signature_fail_closed": false, "dedup": false, "log_structured": false, "log_tamper_evident": false,
	"sri": false, "csp": "none", "script_contained": false, "consent_gate": false, "pseudonym_per_partner": false, "dns_monitoring": false,
	"hostkey": "unchecked", "key_shared": true, "lockout": false, "checksum": "none", "at_rest": "none", "content_inspection": false, "field_encryption": false,
	"tool_allowlist": false, "input_redaction": false, "training_use": "allowed", "spend_cap": false, "version_pinned": false, "max_tokens": int64(0),
}

// weaken takes safeguards away: some are known to be missing, of others nobody knows.
func (it *item) weaken(in *manifest.Interface, r *rand.Rand) {
	missing, unknown := []float64{0.005, 0.05, 0.7}[it.care], []float64{0.02, 0.12, 0.05}[it.care]
	for _, key := range sortedKeys(in.Safeguards) {
		switch p := r.Float64(); {
		case p < missing:
			if v, ok := weak[key]; ok {
				in.Safeguards[key] = v
			}
		case p < missing+unknown:
			delete(in.Safeguards, key)
		}
	}
}

func sortedKeys(m manifest.Safeguards) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// grow repeats the interface and its flows, as a service that has one for each
// region or brand does.
func (it *item) grow(m *manifest.Integration) {
	interfaces, flows := m.Interfaces, m.Flows
	for n := 2; n <= it.size; n++ {
		in := interfaces[0]
		suffix := fmt.Sprintf("-%d", n)
		in.ID += suffix
		if in.Direction == drawbridge.Outbound {
			in.Hosts = []string{fmt.Sprintf("r%d.%s", n, in.Hosts[0])}
		}
		m.Interfaces = append(m.Interfaces, in)
		for _, f := range flows {
			f.ID += suffix
			if f.From == interfaces[0].ID {
				f.From = in.ID
			} else {
				f.To = in.ID
			}
			m.Flows = append(m.Flows, f)
		}
	}
}

// moves are what people change, with why: some widen, some narrow, some mend.
var moves = []func(m *manifest.Integration, r *rand.Rand, n int) string{
	func(m *manifest.Integration, r *rand.Rand, n int) string {
		f := &m.Flows[0]
		f.Data = append(f.Data, manifest.DataElement{
			At: f.Data[0].At, Field: drawbridge.FieldPath(fmt.Sprintf("/extra%d", n)), Category: pick(r, extras), Required: new(false), Needed: new(r.IntN(3) > 0), Transform: "keep",
		})
		return "the partner asks for one more field"
	},
	func(m *manifest.Integration, r *rand.Rand, _ int) string {
		in := m.Interfaces[0]
		for _, key := range sortedKeys(in.Safeguards) {
			if v, ok := weak[key].(bool); ok && in.Safeguards[key] == v && r.IntN(2) == 0 {
				in.Safeguards[key] = !v
			}
		}
		return "what the review found was mended"
	},
	func(m *manifest.Integration, _ *rand.Rand, n int) string {
		in := &m.Interfaces[0]
		in.Operations = append(in.Operations, manifest.Operation{ID: fmt.Sprintf("readReport%d", n), Method: "GET", Path: fmt.Sprintf("/reports/%d", n)})
		return "the monthly report is fetched too"
	},
	func(m *manifest.Integration, _ *rand.Rand, n int) string {
		m.Name = strings.TrimSpace(strings.Split(m.Name, ",")[0]) + fmt.Sprintf(", phase %d", n)
		return "the project's next phase"
	},
	func(m *manifest.Integration, r *rand.Rand, n int) string {
		f := &m.Flows[0]
		f.Volume.RecordsPerDay = new(*f.Volume.RecordsPerDay + int64(n*(1+r.IntN(20))*100))
		return "more customers use it"
	},
	func(m *manifest.Integration, _ *rand.Rand, _ int) string {
		if f := &m.Flows[0]; len(f.Data) > 1 {
			f.Data = f.Data[:len(f.Data)-1]
		}
		return "a field that nobody needs is gone"
	},
}

// extras are categories of fields that partners ask for later.
var extras = []string{"contact.phone", "demo.birth_date", "device.ip", "location.coarse", "behaviour.purchase", "demo.language", "account.user_id"}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }
