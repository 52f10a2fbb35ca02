// Package manifest is the integration's file: its types, a strict parser that
// knows the position of everything, validation, printing, the JSON Schema, the
// two digests, and the difference between two versions. It does not judge risk.
//
// The struct tags of the types below are the one description of the format: the
// parser, the JSON Schema and the reference page all read them.
//
//	yaml  the key
//	doc   what it means, with unit and range
//	need  "true" when it must be present
//	enum  the accepted words, separated by |
//	like  an example of a value
//	list  "set" when order has no meaning and repetition is an error
//	key   "true" when it tells the items of a list apart
//	is    the form of a text, one of [forms]
//	view  "no" for prose, which the material view leaves out; "set" where it keeps only that something is stated
//
// What is left out is unknown, never a default: pointers, empty strings and nil
// lists mean that nobody answered; an empty list means "none".
package manifest

import "drawbridge"

// APIVersion is the only version of the format so far.
const APIVersion = "drawbridge/v1"

// Ref names a team or a role, "team:payments" or "role:dpo"; never a person.
type Ref string

// Sources says where single attributes of an object come from: key path inside the
// object ("hosts", "auth.type", "safeguards.tls_min") to source. What is not
// listed has the object's own source.
type Sources map[string]drawbridge.Source

// Integration is one partner service, for one purpose, in one environment.
type Integration struct {
	APIVersion  string      `yaml:"apiVersion" need:"true" enum:"drawbridge/v1" doc:"Version of the format."`
	Kind        string      `yaml:"kind" need:"true" enum:"Integration" doc:"Kind of document."`
	ID          string      `yaml:"id" is:"slug" need:"true" like:"acme-payments" doc:"Short name, unique in the organisation: lower-case letters, digits and hyphens, at most 63."`
	Environment string      `yaml:"environment" need:"true" enum:"production|staging|sandbox|test|development" doc:"Environment under review; (id, environment) is the key."`
	Extends     string      `yaml:"extends" is:"file" like:"./integration.yaml" doc:"Another manifest of the same folder whose values hold where this one is silent."`
	Name        string      `yaml:"name" view:"no" doc:"Name that people read."`
	Purpose     string      `yaml:"purpose" view:"no" doc:"What the integration is for, in plain words."`
	Partner     string      `yaml:"partner" is:"slug" doc:"Id of the partner; its file is partners/<id>.yaml beside the manifest."`
	Owners      Owners      `yaml:"owners" doc:"Who answers for it inside."`
	Criticality Criticality `yaml:"criticality" doc:"What depends on it."`
	Systems     []System    `yaml:"systems" doc:"Our own systems, stores and user groups that take part."`
	Interfaces  []Interface `yaml:"interfaces" doc:"The means by which the two parties exchange data."`
	Flows       []Flow      `yaml:"flows" doc:"What data moves over which interface, and why."`
	Access      []Access    `yaml:"access" doc:"Who inside may see which data."`
	Operations  Operations  `yaml:"operations" doc:"How the integration is run."`
	Contract    Contract    `yaml:"contract" doc:"What was agreed with the partner."`
	Envelope    Envelope    `yaml:"envelope" doc:"Limits asked for; the approval compiles them."`
	Exceptions  []Exception `yaml:"exceptions" doc:"Threats that somebody proposes to accept for a time."`
	Targets     []Target    `yaml:"targets" doc:"Where live checks may run."`
	Tags        []string    `yaml:"tags" view:"no" list:"set" doc:"Free labels."`
	Sources     Sources     `yaml:"sources" doc:"Where single attributes come from; default declared."`
}

// Owners are references that the server resolves.
type Owners struct {
	Business  Ref `yaml:"business" is:"ref" like:"team:checkout" doc:"Answers for the purpose and the money."`
	Technical Ref `yaml:"technical" is:"ref" like:"team:payments" doc:"Answers for the code that calls or is called."`
	Data      Ref `yaml:"data" is:"ref" like:"role:dpo" doc:"Answers for the personal data."`
}

// Criticality says what depends on the integration.
type Criticality struct {
	Function      string           `yaml:"function" doc:"Business function that stops without it."`
	TierHint      drawbridge.Tier  `yaml:"tier_hint" enum:"low|medium|high|critical" doc:"How critical the requester holds it to be."`
	RTO           *drawbridge.Span `yaml:"rto" like:"1h" doc:"Recovery time objective: how long the function may be down."`
	RPO           *drawbridge.Span `yaml:"rpo" like:"0s" doc:"Recovery point objective: how much recent data may be lost."`
	Substitutable string           `yaml:"substitutable" enum:"easy|moderate|hard|impossible" doc:"How hard the partner is to replace."`
}

// System is a node of our own on the map.
type System struct {
	ID      string            `yaml:"id" is:"id" key:"true" need:"true" like:"checkout" doc:"Short name, unique in the file."`
	Name    string            `yaml:"name" view:"no" doc:"Name that people read."`
	Kind    string            `yaml:"kind" enum:"service|store|user|browser|mobile|job|queue" doc:"What it is; default service."`
	Zone    string            `yaml:"zone" is:"zone" like:"internal/pci" doc:"Trust boundary it stands in; nested by /."`
	Owner   Ref               `yaml:"owner" is:"ref" doc:"Who answers for it."`
	Region  string            `yaml:"region" is:"country" like:"IE" doc:"Country it runs in: ISO 3166 code."`
	Source  drawbridge.Source `yaml:"source" enum:"declared|imported|inferred|observed" doc:"Where the object comes from; default declared."`
	Sources Sources           `yaml:"sources" doc:"Where single attributes come from."`
}

// Interface is one means of exchange.
type Interface struct {
	ID           string                   `yaml:"id" is:"id" key:"true" need:"true" like:"charges" doc:"Short name, unique in the file."`
	Name         string                   `yaml:"name" view:"no" doc:"Name that people read."`
	Kind         drawbridge.InterfaceKind `yaml:"kind" need:"true" enum:"http_api|webhook|oauth_app|sdk|script|file|queue|widget|model_api" doc:"What it is."`
	Direction    drawbridge.Direction     `yaml:"direction" need:"true" enum:"outbound|inbound" doc:"Seen from us: outbound when we call or send first."`
	Spec         string                   `yaml:"spec" is:"file" like:"./openapi.yaml" doc:"Specification file, relative to the manifest and not above its folder."`
	Hosts        []string                 `yaml:"hosts" is:"host" list:"set" like:"api.acme.example" doc:"Host names, with :port where it is not the scheme's own."`
	Protocols    []string                 `yaml:"protocols" list:"set" enum:"https|http|wss|ws|sse|sftp|ftps|ftp|scp|s3|amqp|amqps|kafka|mqtt|mqtts|nats|postmessage|grpc" doc:"Protocols spoken."`
	Formats      []string                 `yaml:"formats" list:"set" enum:"json|xml|form|multipart|csv|text|html|binary|protobuf|avro|yaml|java-serialized|pickle|php-serialized|yaml-typed|archive|graphql" doc:"Payload formats."`
	Auth         Auth                     `yaml:"auth" doc:"How the caller proves who it is."`
	OAuth        OAuth                    `yaml:"oauth" doc:"The grant, where OAuth is used."`
	Operations   []Operation              `yaml:"operations" doc:"Operations of the interface that we call or serve."`
	Safeguards   Safeguards               `yaml:"safeguards" doc:"Protections in place; the keys and their types are listed on their own page. A missing key is unknown."`
	FailureModes []FailureMode            `yaml:"failure_modes" doc:"How the interface fails and what we then do; each becomes a test."`
	Region       string                   `yaml:"region" is:"country" like:"US" doc:"Country the partner's end runs in."`
	Source       drawbridge.Source        `yaml:"source" enum:"declared|imported|inferred|observed" doc:"Where the object comes from; default declared."`
	Sources      Sources                  `yaml:"sources" doc:"Where single attributes come from."`
}

// Safeguards maps a safeguard's key to its value: bool, int64, string,
// drawbridge.Span, drawbridge.Size or []string, by the type that safeguards.yaml gives the key.
type Safeguards map[string]any

// Auth says how a caller proves who it is.
type Auth struct {
	Type       string     `yaml:"type" enum:"none|basic|api_key|bearer|jwt|cookie|mtls|oauth2_client_credentials|oauth2_authorization_code|oauth2_implicit|oauth2_password|oidc|hmac|ssh_key|password|ip_allowlist" doc:"Scheme."`
	In         string     `yaml:"in" enum:"header|query|cookie|body|tls" doc:"Where the credential travels."`
	Name       string     `yaml:"name" like:"X-API-Key" doc:"Name of the header, parameter or cookie."`
	Scopes     []string   `yaml:"scopes" list:"set" doc:"Scopes granted."`
	ScopesUsed []string   `yaml:"scopes_used" list:"set" doc:"Scopes that the declared operations need."`
	TokenURL   string     `yaml:"token_url" is:"url" doc:"Where tokens are issued."`
	Credential Credential `yaml:"credential" doc:"Where the credential is kept; never the credential itself."`
}

// Credential points at a secret; it never holds one.
type Credential struct {
	Ref    string           `yaml:"ref" is:"secret" like:"vault:kv/acme" doc:"Reference: env:NAME, file:PATH, vault:PATH or openbao:PATH."`
	Rotate *drawbridge.Span `yaml:"rotate" like:"90d" doc:"Longest age before it is replaced; 0s means never."`
}

// OAuth describes the grant of an oauth_app or of an API behind OAuth.
type OAuth struct {
	Grant        string   `yaml:"grant" enum:"authorization_code|client_credentials|implicit|password|device_code" doc:"Grant type."`
	RedirectURIs []string `yaml:"redirect_uris" is:"uri" list:"set" doc:"Registered redirect addresses."`
}

// Operation is one callable of an interface.
type Operation struct {
	ID      string            `yaml:"id" is:"name" key:"true" need:"true" like:"createCharge" doc:"Operation id; unique in the interface."`
	Method  string            `yaml:"method" enum:"GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|QUERY|SEND|RECEIVE" doc:"HTTP method; SEND or RECEIVE on queues."`
	Path    string            `yaml:"path" like:"/charges/{id}" doc:"Path template, topic or channel."`
	Summary string            `yaml:"summary" view:"no" doc:"What it does."`
	Scopes  []string          `yaml:"scopes" list:"set" doc:"Scopes that it needs."`
	Source  drawbridge.Source `yaml:"source" enum:"declared|imported|inferred|observed" doc:"Where the object comes from; default declared."`
}

// FailureMode is a way in which an interface fails, and our answer to it.
type FailureMode struct {
	Mode   string `yaml:"mode" key:"true" need:"true" enum:"slow|unreachable|throttled|server_error|lost_answer|truncated|malformed|wrong_type|schema_change|oversized|redirected|bad_certificate|token_expired|duplicate|out_of_order|forged|stale|clock_skew|dns|maintenance|wrong_tenant" doc:"What goes wrong."`
	Expect string `yaml:"expect" need:"true" like:"retry twice, then queue" doc:"What our side does then."`
}

// Flow is data moving between one system and one interface for one purpose.
type Flow struct {
	ID          string            `yaml:"id" is:"id" key:"true" need:"true" like:"charge" doc:"Short name, unique in the file."`
	Name        string            `yaml:"name" view:"no" doc:"Name that people read."`
	From        string            `yaml:"from" is:"id" need:"true" doc:"Id of the system or interface that starts the exchange."`
	To          string            `yaml:"to" is:"id" need:"true" doc:"Id of the system or interface at the other end."`
	Operations  []string          `yaml:"operations" is:"name" list:"set" doc:"Ids of the interface's operations that the flow uses; left out means all."`
	Purpose     string            `yaml:"purpose" like:"payment" doc:"Why the data moves; one word or phrase."`
	LawfulBasis string            `yaml:"lawful_basis" enum:"consent|contract|legal_obligation|vital_interests|public_task|legitimate_interests|not_personal" doc:"Ground for processing personal data (GDPR Art 6)."`
	Subjects    []string          `yaml:"subjects" list:"set" enum:"customer|prospect|employee|candidate|contractor|patient|student|child|citizen|visitor|partner_staff|other" doc:"Whose data it is: kinds of data subject."`
	Origin      []string          `yaml:"origin" is:"country" list:"set" like:"DE" doc:"Countries of the data subjects and of the exporter: ISO 3166 codes or EEA."`
	Data        []DataElement     `yaml:"data" doc:"What moves, element by element."`
	Volume      Volume            `yaml:"volume" doc:"How much."`
	Retention   Retention         `yaml:"retention" doc:"How long the receiver keeps it, and how it goes."`
	Region      Region            `yaml:"region" doc:"Where it is stored and processed."`
	SharedWith  []string          `yaml:"shared_with" is:"id" list:"set" doc:"Sub-processors and others that the receiver passes it on to; ids of the partner's file. An empty list means nobody."`
	Trigger     string            `yaml:"trigger" enum:"user_action|user_browser|schedule|event|batch" doc:"What starts it."`
	Mutates     *bool             `yaml:"mutates" doc:"Whether it changes state at the receiver; from the methods when left out."`
	Binding     *bool             `yaml:"legally_binding" doc:"Whether the exchange has legal effect (an order, a payment, a signature)."`
	Source      drawbridge.Source `yaml:"source" enum:"declared|imported|inferred|observed" doc:"Where the object comes from; default declared."`
	Sources     Sources           `yaml:"sources" doc:"Where single attributes come from."`
}

// DataElement is one field, or one set of fields that a wildcard path names.
type DataElement struct {
	At         drawbridge.At        `yaml:"at" key:"true" need:"true" enum:"request|response|path|query|header|file" doc:"Part of the exchange."`
	Field      drawbridge.FieldPath `yaml:"field" key:"true" need:"true" like:"/customer/email" doc:"JSON Pointer with * for any array item or map key; for path, query and header the name behind a slash."`
	Category   string               `yaml:"category" is:"category" like:"contact.email" doc:"Data category; left out means that nobody knows, and counts as restricted."`
	Required   *bool                `yaml:"required" doc:"Whether the exchange fails without it."`
	Needed     *bool                `yaml:"needed" doc:"Whether the purpose needs it."`
	Transform  string               `yaml:"transform" enum:"keep|redact|mask|hmac|fpe|token|shift|generalise|synth|drop" doc:"What is done to it before it crosses."`
	Operations []string             `yaml:"operations" is:"name" list:"set" doc:"Operations that carry it; left out means all of the flow's."`
	Source     drawbridge.Source    `yaml:"source" enum:"declared|imported|inferred|observed" doc:"Where the category comes from; inferred means that no person has confirmed it. Default declared."`
	Confidence *float64             `yaml:"confidence" is:"share" like:"0.9" doc:"How sure an inference is, 0 to 1."`
	Because    string               `yaml:"because" view:"no" doc:"Why the category was inferred."`
}

// Volume says how much data moves.
type Volume struct {
	RecordsPerDay *int64 `yaml:"records_per_day" like:"20000" doc:"Records (data subjects or transactions) a day."`
	PeakRPS       *int64 `yaml:"peak_rps" like:"40" doc:"Requests a second at the peak."`
	Subjects      *int64 `yaml:"subjects" doc:"Distinct data subjects in a year."`
}

// Retention says how long the receiver keeps the data.
type Retention struct {
	Period   *drawbridge.Span `yaml:"period" like:"400d" doc:"Longest time kept; 0s means not kept."`
	Deletion string           `yaml:"deletion" enum:"api|automatic|request|manual|none" doc:"How deletion happens."`
	Evidence string           `yaml:"evidence" enum:"log|certificate|probe|none" doc:"What shows that it happened."`
}

// Region says where the receiver holds the data and on what ground it goes there.
type Region struct {
	Storage    []string `yaml:"storage" is:"country" list:"set" like:"IE" doc:"Countries where it is stored."`
	Processing []string `yaml:"processing" is:"country" list:"set" like:"US" doc:"Countries where it is processed or seen, support access included."`
	Transfer   string   `yaml:"transfer" enum:"adequacy|partial|dpf|scc-eu|scc-ch|idta|uk-addendum|bcr|code-cert|derogation|consent|cn-assessment|cn-scc|cn-cert|contract-local|tia-filing|notice-only|none-needed" doc:"Transfer mechanism relied on."`
	Evidence   []string `yaml:"evidence" list:"set" doc:"What shows the mechanism, like signed-scc or tia."`
}

// Access says who inside may see which data.
type Access struct {
	Who  Ref      `yaml:"who" is:"ref" key:"true" need:"true" like:"role:support" doc:"Team or role."`
	Sees []string `yaml:"sees" is:"category" need:"true" list:"set" like:"contact.email" doc:"Data categories."`
	Why  string   `yaml:"why" view:"no" doc:"Reason."`
}

// Operations says how the integration is run.
type Operations struct {
	LatencyBudget *drawbridge.Span `yaml:"latency_budget" like:"800ms" doc:"Longest time that the caller can wait."`
	Timeout       *drawbridge.Span `yaml:"timeout" like:"2s" doc:"Deadline of one call; 0s means none."`
	Fallback      string           `yaml:"fallback" like:"queue-and-retry" doc:"What happens when the partner does not answer; none when nothing does."`
	Rollback      string           `yaml:"rollback" view:"set" doc:"How to go back to life without it."`
	Runbook       string           `yaml:"runbook" view:"set" doc:"Where the incident plan is."`
	SupportLoad   string           `yaml:"support_load" view:"no" doc:"Support effort expected."`
	Monitoring    string           `yaml:"monitoring" view:"set" doc:"What watches it."`
	LastDrill     drawbridge.Date  `yaml:"last_drill" doc:"Day of the last rehearsal of fallback or kill switch."`
}

// Contract says what was agreed with the partner.
type Contract struct {
	DPA                drawbridge.Date  `yaml:"dpa" like:"2026-03-01" doc:"Day on which the data processing agreement was signed."`
	Signed             drawbridge.Date  `yaml:"signed" doc:"Day on which the main agreement was signed."`
	Until              drawbridge.Date  `yaml:"until" doc:"Day on which it ends."`
	BreachNotice       *drawbridge.Span `yaml:"breach_notice" like:"24h" doc:"Longest time until the partner tells us of a breach."`
	SLO                SLO              `yaml:"slo" doc:"Service level promised."`
	DeprecationNotice  *drawbridge.Span `yaml:"deprecation_notice" like:"180d" doc:"Notice before a breaking change."`
	SubprocessorNotice *drawbridge.Span `yaml:"subprocessor_notice" like:"30d" doc:"Notice before a new sub-processor."`
	AuditRights        *bool            `yaml:"audit_rights" doc:"Whether we may audit."`
	DataOwnership      string           `yaml:"data_ownership" enum:"ours|partner|shared" doc:"Who owns the data."`
	TrainingUse        string           `yaml:"training_use" enum:"prohibited|opt_out|allowed" doc:"Whether the partner may train models on our data."`
	Exit               Exit             `yaml:"exit" doc:"What happens at the end."`
}

// SLO is a promised service level.
type SLO struct {
	Availability *float64         `yaml:"availability" is:"percent" like:"99.9" doc:"Percent of time."`
	LatencyP95   *drawbridge.Span `yaml:"latency_p95" like:"500ms" doc:"95th percentile of latency."`
}

// Exit says what happens to the data when the contract ends.
type Exit struct {
	DataReturn *drawbridge.Span `yaml:"data_return" like:"30d" doc:"Time until our data is returned."`
	Deletion   *drawbridge.Span `yaml:"deletion" like:"60d" doc:"Time until it is deleted."`
	Plan       string           `yaml:"plan" view:"set" doc:"Where the exit plan is."`
}

// Envelope is what the requester asks to be allowed.
type Envelope struct {
	RequestsPerMinute *int64           `yaml:"requests_per_minute" like:"600" doc:"Highest rate."`
	RequestsPerDay    *int64           `yaml:"requests_per_day" doc:"Daily quota."`
	RecordsPerDay     *int64           `yaml:"records_per_day" doc:"Daily quota of records."`
	MaxBody           *drawbridge.Size `yaml:"max_body" like:"64KiB" doc:"Largest body."`
	NotAfter          drawbridge.Date  `yaml:"not_after" doc:"Last day."`
}

// Exception is a proposal to accept a threat for a time. It never lowers the
// score; the gate stays conditional until the server's record confirms it.
type Exception struct {
	Threat       string          `yaml:"threat" is:"threat" key:"true" need:"true" like:"T017@charges" doc:"Threat id: rule @ element."`
	Reason       string          `yaml:"reason" view:"no" need:"true" doc:"Why it can be lived with."`
	Owner        Ref             `yaml:"owner" is:"ref" need:"true" like:"role:security" doc:"Who answers for it."`
	Compensating string          `yaml:"compensating" view:"set" doc:"What is done instead."`
	Expires      drawbridge.Date `yaml:"expires" need:"true" like:"2027-03-01" doc:"Last day on which it holds."`
}

// Target is a place where live checks may run.
type Target struct {
	Name          string        `yaml:"name" is:"id" key:"true" need:"true" like:"sandbox" doc:"Short name."`
	BaseURL       string        `yaml:"base_url" is:"url" need:"true" like:"https://sandbox.acme.example" doc:"Where it answers."`
	Represents    string        `yaml:"represents" like:"production" doc:"Environment whose behaviour it stands for."`
	Why           string        `yaml:"why" view:"no" like:"same build" doc:"Why it may stand for it."`
	Identities    []Identity    `yaml:"identities" doc:"Synthetic accounts that the checks sign in with."`
	Authorisation Authorisation `yaml:"authorisation" doc:"Who allowed the test; needed everywhere but on loopback."`
	Budget        Budget        `yaml:"budget" doc:"Limits of one run."`
}

// Identity is a synthetic account; its secret is a reference.
type Identity struct {
	Name       string            `yaml:"name" is:"id" key:"true" need:"true" like:"alice" doc:"Short name."`
	Role       string            `yaml:"role" doc:"Role at the partner."`
	Type       string            `yaml:"type" enum:"bearer|basic|api_key|cookie|login|oauth2_client_credentials|oauth2_password" doc:"How it signs in."`
	Credential Credential        `yaml:"credential" doc:"Where the secret is kept."`
	Username   string            `yaml:"username" doc:"Name of the account."`
	Params     map[string]string `yaml:"params" doc:"What else the sign-in needs, such as header, operation, token, token_url, scope, probe, tenant; docs/live-checks.md lists them by type."`
}

// Authorisation allows live checks outside loopback.
type Authorisation struct {
	Scope []string        `yaml:"scope" is:"host" list:"set" doc:"Hosts that may be tested."`
	Owner Ref             `yaml:"owner" is:"ref" doc:"Who allowed it."`
	From  drawbridge.Date `yaml:"from" doc:"First day."`
	Until drawbridge.Date `yaml:"until" doc:"Last day."`
}

// Budget bounds one run of live checks.
type Budget struct {
	Requests *int64 `yaml:"requests" like:"600" doc:"Most requests."`
	Seconds  *int64 `yaml:"seconds" like:"60" doc:"Longest time."`
}
