package twin

import (
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/manifest"
)

// The ids that the manifest uses.
const (
	SystemID    = "shop"
	InterfaceID = "api"
	TargetName  = "sandbox"
	PartnerID   = "twin-partner"
)

// Manifest returns a complete integration that tells the truth about the mended
// twin. Its target is the running twin; its specification is ./openapi.json,
// which [Twin.Spec] holds, and its partner's file is [Twin.Partner].
func (t *Twin) Manifest() []byte {
	b, err := manifest.Encode(t.integration())
	if err != nil {
		panic(err) // the types hold whatever a style says
	}
	return b
}

// Partner returns the partner's file.
func (t *Twin) Partner() []byte {
	no := []manifest.Subprocessor{}
	b, err := manifest.EncodePartner(&manifest.Partner{
		APIVersion: manifest.APIVersion, Kind: "Partner", ID: PartnerID, LegalName: strings.TrimSuffix(t.style.title, " API") + " Ltd", DisplayName: strings.TrimSuffix(t.style.title, " API"),
		Country: "IE", PersonType: "legal", Website: "https://" + strings.TrimPrefix(t.style.host, "api."), Status: "active",
		SecurityContact: "https://" + t.style.host + "/.well-known/security.txt", PrivacyContact: "privacy@" + strings.TrimPrefix(t.style.host, "api."),
		Subprocessors: no, Incidents: []manifest.Incident{},
		Assurance: []manifest.Assurance{{Kind: "iso27001", Issuer: "Example Certification", Scope: "the whole service", Issued: t.day(-200), Expires: t.day(500)}},
	})
	if err != nil {
		panic(err)
	}
	return b
}

// day returns the day that is n days from now.
func (t *Twin) day(n int) drawbridge.Date { return drawbridge.DateOf(t.now().AddDate(0, 0, n)) }

func span(s string) *drawbridge.Span {
	v, err := drawbridge.ParseSpan(s)
	if err != nil {
		panic(err)
	}
	return &v
}

func size(s string) *drawbridge.Size {
	v, err := drawbridge.ParseSize(s)
	if err != nil {
		panic(err)
	}
	return &v
}

func (t *Twin) integration() *manifest.Integration {
	s := t.style
	percent := 99.9
	m := &manifest.Integration{
		APIVersion: manifest.APIVersion, Kind: "Integration", ID: "twin-" + s.name, Environment: "production",
		Name: strings.TrimSuffix(s.title, " API"), Purpose: s.about, Partner: PartnerID,
		Owners:      manifest.Owners{Business: "team:shop", Technical: "team:platform", Data: "role:dpo"},
		Criticality: manifest.Criticality{Function: "checkout", TierHint: drawbridge.TierHigh, RTO: span("4h"), RPO: span("1h"), Substitutable: "moderate"},
		Systems:     []manifest.System{{ID: SystemID, Name: "Shop", Kind: "service", Zone: "internal", Owner: "team:platform", Region: "IE"}},
		Interfaces:  []manifest.Interface{t.iface()},
		Flows:       t.flows(),
		Operations: manifest.Operations{
			LatencyBudget: span("2s"), Timeout: span("3s"), Fallback: "queue-and-retry", Rollback: "switch the feature off",
			Runbook: "runbooks/partner.md", Monitoring: "error rate and latency", LastDrill: t.day(-30),
		},
		Contract: manifest.Contract{
			DPA: t.day(-100), Signed: t.day(-100), Until: t.day(600), BreachNotice: span("24h"), SLO: manifest.SLO{Availability: &percent, LatencyP95: span("500ms")},
			DeprecationNotice: span("180d"), SubprocessorNotice: span("30d"), AuditRights: new(true), DataOwnership: "ours", TrainingUse: "prohibited",
			Exit: manifest.Exit{DataReturn: span("30d"), Deletion: span("60d"), Plan: "runbooks/exit.md"},
		},
		Envelope: manifest.Envelope{RequestsPerMinute: new(int64(600)), MaxBody: size("64KiB")},
		Targets: []manifest.Target{{
			Name: TargetName, BaseURL: t.URL(), Represents: "production", Why: "the same build, with invented data",
			Identities: t.identities(), Budget: manifest.Budget{Requests: new(int64(2000)), Seconds: new(int64(60))},
		}},
	}
	seen := map[string]bool{}
	for _, f := range m.Flows {
		for _, d := range f.Data {
			seen[d.Category] = true
		}
	}
	sees := []string{}
	for c := range seen {
		if !strings.HasPrefix(c, "secret.") {
			sees = append(sees, c)
		}
	}
	slices.Sort(sees)
	m.Access = []manifest.Access{{Who: "role:support", Sees: sees, Why: "to help customers"}}
	return m
}

func (t *Twin) iface() manifest.Interface {
	s := t.style
	auth := map[scheme]manifest.Auth{
		bearer:  {Type: "bearer", In: "header", Name: "Authorization"},
		apiKey:  {Type: "api_key", In: "header", Name: "X-API-Key"},
		basic:   {Type: "basic", In: "header", Name: "Authorization"},
		session: {Type: "cookie", In: "cookie", Name: sessionCookie},
		jwt:     {Type: "jwt", In: "header", Name: "Authorization"},
		oauth:   {Type: "oauth2_client_credentials", In: "header", Name: "Authorization", Scopes: []string{"read", "write"}, ScopesUsed: []string{"read", "write"}, TokenURL: "https://" + s.host + s.base + "/oauth/token"},
	}[s.auth]
	if auth.Scopes == nil { // no scopes are known here: an answer, not silence
		auth.Scopes, auth.ScopesUsed = []string{}, []string{}
	}
	auth.Credential = manifest.Credential{Ref: t.people[0].secretRef(), Rotate: span("90d")}
	i := manifest.Interface{
		ID: InterfaceID, Name: s.title, Kind: drawbridge.HTTPAPI, Direction: drawbridge.Outbound, Spec: "./openapi.json",
		Hosts: []string{s.host}, Protocols: []string{"https"}, Formats: []string{"json"}, Auth: auth, Region: "IE",
		Safeguards: manifest.Safeguards{
			"tls_min": "1.2", "tls_verify": "full", "authz": "object", "tenant_source": "credential", "field_allowlist": true, "error_detail": "generic",
			"cacheable": false, "cors": "exact", "cors_credentials": true, "rate_limit": int64(t.rate * 60), "max_body": *size("64KiB"),
			"idempotency_key": s.idempotent, "response_validation": true, "retry": "backoff", "redirects": "none", "egress_allowlist": true,
			"credential_shared": false, "credential_isolated": true, "secrets_managed": true, "revocation": true, "logging": "metadata",
			"masked_test_data": true, "request_allowlist": true, "breaker": true, "contract_test": true, "inventory": true,
			"erasure": "api", "data_reaches": []string{"log"}, "injection_safe": true, "output_encoding": true, "max_depth": int64(20), "mtls": true,
			"identifier_needed": true, "crypto_policy": true, "log_tamper_evident": true, "url_from_input": false, "uniform_responses": true,
		},
		FailureModes: []manifest.FailureMode{{Mode: "slow", Expect: "give up after 3s and queue"}, {Mode: "unreachable", Expect: "queue and retry"}, {Mode: "throttled", Expect: "wait as told"}},
	}
	if s.form {
		i.Formats = []string{"form", "json"}
	}
	if s.auth == jwt || s.auth == oauth || s.auth == session {
		ttl := drawbridge.Span(t.life.Milliseconds())
		i.Safeguards["token_ttl"] = ttl
	}
	if s.auth == jwt {
		i.Safeguards["token_alg_allowlist"] = true
		i.Safeguards["token_checks"] = []string{"iss", "aud", "exp", "nbf"}
	}
	if s.auth == oauth {
		i.OAuth = manifest.OAuth{Grant: "client_credentials"}
	}
	for _, o := range t.ops {
		i.Operations = append(i.Operations, manifest.Operation{ID: t.opID(o), Method: o.method, Path: o.path, Summary: o.summary})
	}
	return i
}

// opID is the operation's id in the specification, or what an importer makes of it.
func (t *Twin) opID(o *operation) string {
	if !t.style.poor {
		return o.id
	}
	words := strings.FieldsFunc(o.path, func(r rune) bool { return r == '/' || r == '{' || r == '}' || r == '_' })
	return lower(o.method) + "-" + strings.Join(words, "-")
}

// identities are alice and bob, of two tenants.
func (t *Twin) identities() []manifest.Identity {
	var out []manifest.Identity
	for i, p := range t.people {
		id := manifest.Identity{Name: p.name, Role: "member", Credential: manifest.Credential{Ref: p.secretRef()}}
		switch t.style.auth {
		case bearer:
			id.Type = "bearer"
		case apiKey:
			id.Type, id.Params = "api_key", map[string]string{"header": "X-API-Key"}
		case basic:
			id.Type, id.Username = "basic", p.name
		case session, jwt: // the token of jwt stands at /access_token
			id.Type, id.Username, id.Params = "login", p.name, map[string]string{"operation": "login"}
		case oauth:
			id.Type, id.Username, id.Params = "oauth2_client_credentials", p.name, map[string]string{"token_url": t.URL() + "/oauth/token", "scope": "read write"}
			if i > 0 {
				id.Type = "oauth2_password"
			}
		}
		out = append(out, id)
	}
	return out
}

// flows declares one flow to a tag, with every field of its requests and answers.
func (t *Twin) flows() []manifest.Flow {
	var order []string
	byTag := map[string][]*operation{}
	for _, o := range t.ops {
		if byTag[o.tag] == nil {
			order = append(order, o.tag)
		}
		byTag[o.tag] = append(byTag[o.tag], o)
	}
	var out []manifest.Flow
	for _, tag := range order {
		ops := byTag[tag]
		f := manifest.Flow{
			ID: strings.ReplaceAll(strings.ToLower(tag), " ", "-"), Name: tag, From: SystemID, To: InterfaceID, Purpose: "service", LawfulBasis: "contract",
			Subjects: []string{"customer"}, Origin: []string{"IE"}, Data: t.elements(ops), SharedWith: []string{}, Trigger: "user_action", Binding: new(false),
			Volume:    manifest.Volume{RecordsPerDay: new(int64(2000)), PeakRPS: new(int64(5)), Subjects: new(int64(50000))},
			Retention: manifest.Retention{Period: span("400d"), Deletion: "api", Evidence: "log"},
			Region:    manifest.Region{Storage: []string{"IE"}, Processing: []string{"IE"}, Transfer: "none-needed"},
		}
		for _, o := range ops {
			f.Operations = append(f.Operations, t.opID(o))
		}
		out = append(out, f)
	}
	return out
}

// elements lists the fields of the operations, each once, with the operations
// that carry it where not all of them do.
func (t *Twin) elements(ops []*operation) []manifest.DataElement {
	type key struct {
		at   drawbridge.At
		path drawbridge.FieldPath
	}
	var out []manifest.DataElement
	index := map[key]int{}
	for _, o := range ops {
		add := func(at drawbridge.At, path drawbridge.FieldPath, f field) {
			k := key{at, path}
			i, ok := index[k]
			if !ok {
				i = len(out)
				index[k] = i
				category := f.category
				if category == "" {
					category = "system.operations"
				}
				out = append(out, manifest.DataElement{At: at, Field: path, Category: category, Needed: new(true)})
			}
			out[i].Operations = append(out[i].Operations, t.opID(o))
		}
		for _, name := range o.params() {
			add(drawbridge.AtPath, drawbridge.FieldPath("").Child(name), field{})
		}
		for _, f := range t.style.query(o) {
			add(drawbridge.AtQuery, drawbridge.FieldPath("").Child(f.name), f)
		}
		leaves("", o.in, func(p drawbridge.FieldPath, f field) { add(drawbridge.AtRequest, p, f) })
		root := drawbridge.FieldPath("")
		if o.many && t.style.envelope.items != "" {
			root = root.Child(t.style.envelope.items)
		}
		if o.many {
			root = root.Any()
		}
		leaves(root, o.out, func(p drawbridge.FieldPath, f field) { add(drawbridge.AtResponse, p, f) })
	}
	for i := range out {
		if len(out[i].Operations) == len(ops) {
			out[i].Operations = nil
		}
	}
	return out
}

// leaves walks to the fields that hold values.
func leaves(at drawbridge.FieldPath, fields []field, visit func(drawbridge.FieldPath, field)) {
	for _, f := range fields {
		p := at.Child(f.name)
		switch f.kind {
		case record:
			leaves(p, f.of, visit)
		case array:
			if f.of[0].kind == record {
				leaves(p.Any(), f.of[0].of, visit)
			} else {
				visit(p.Any(), f.of[0])
			}
		case textMap:
			visit(p.Any(), f)
		case text, number, boolean:
			visit(p, f)
		}
	}
}
