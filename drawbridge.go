// Package drawbridge is the vocabulary of the product: the nouns that are
// stored or cross a boundary, their states, and the kinds of error. It does no
// I/O and imports only the standard library.
//
// Everything else lives in internal/, one package per idea, in the layers that
// docs/ARCHITECTURE.md draws.
//
//	path, err := drawbridge.ParseFieldPath("/items/*/card/last4")
package drawbridge

// SchemaVersion is the version of the published assessment document. It grows
// when a field changes its meaning or goes away; new fields do not change it.
const SchemaVersion = "1"

// InterfaceKind says by what means two parties exchange data.
type InterfaceKind string

// The interface kinds of a manifest.
const (
	HTTPAPI  InterfaceKind = "http_api"
	Webhook  InterfaceKind = "webhook"
	OAuthApp InterfaceKind = "oauth_app"
	SDK      InterfaceKind = "sdk"
	Script   InterfaceKind = "script"
	File     InterfaceKind = "file"
	Queue    InterfaceKind = "queue"
	Widget   InterfaceKind = "widget"
	ModelAPI InterfaceKind = "model_api"
)

// InterfaceKinds lists every interface kind in the order of the documents.
func InterfaceKinds() []InterfaceKind {
	return []InterfaceKind{HTTPAPI, Webhook, OAuthApp, SDK, Script, File, Queue, Widget, ModelAPI}
}

// Direction is seen from us: outbound means that we call the partner.
type Direction string

// The two directions of an interface.
const (
	Outbound Direction = "outbound"
	Inbound  Direction = "inbound"
)

// Source says where an attribute's value comes from.
type Source string

// The sources of an attribute. The zero value reads as declared.
const (
	Declared Source = "declared" // a person wrote it or confirmed it
	Imported Source = "imported" // copied from a specification
	Inferred Source = "inferred" // concluded by a rule, not yet confirmed
	Observed Source = "observed" // seen in traffic
)

// Level is the sensitivity of data, 0 (public) to 4 (restricted). LevelUnknown
// stands for data that nobody has classified; it counts as the worst case.
type Level int

// The sensitivity levels of data-categories.
const (
	LevelUnknown    Level = -1
	LevelPublic     Level = 0
	LevelInternal   Level = 1
	LevelPersonal   Level = 2
	LevelSensitive  Level = 3
	LevelRestricted Level = 4
)

// String returns the level's name as the taxonomy spells it.
func (l Level) String() string {
	switch l {
	case LevelPublic:
		return "public"
	case LevelInternal:
		return "internal"
	case LevelPersonal:
		return "personal"
	case LevelSensitive:
		return "sensitive"
	case LevelRestricted:
		return "restricted"
	default:
		return "unknown"
	}
}

// Worst returns the level that scoring uses: unknown counts as restricted.
func (l Level) Worst() Level {
	if l < LevelPublic || l > LevelRestricted {
		return LevelRestricted
	}
	return l
}

// Severity grades a threat, a check's failure or a finding.
type Severity string

// The severities, least first.
const (
	Info     Severity = "info"
	Low      Severity = "low"
	Medium   Severity = "medium"
	High     Severity = "high"
	Critical Severity = "critical"
)

// Severities lists every severity, least first.
func Severities() []Severity { return []Severity{Info, Low, Medium, High, Critical} }

// Rank orders severities: info 0 to critical 4; an unknown word ranks -1.
func (s Severity) Rank() int {
	for i, v := range Severities() {
		if v == s {
			return i
		}
	}
	return -1
}

// Tier segments integrations by inherent risk; it picks controls, approvers and rhythm.
type Tier string

// The tiers, lowest risk first.
const (
	TierLow      Tier = "low"
	TierMedium   Tier = "medium"
	TierHigh     Tier = "high"
	TierCritical Tier = "critical"
)

// Tiers lists every tier, lowest risk first.
func Tiers() []Tier { return []Tier{TierLow, TierMedium, TierHigh, TierCritical} }

// ThreatState is where a threat stands on one element of the map.
type ThreatState string

// The states of a threat.
const (
	ThreatOpen          ThreatState = "open"           // the rule applies and no safeguard holds it
	ThreatMitigated     ThreatState = "mitigated"      // the rule applies and the declared safeguard holds it
	ThreatNeedsAnswer   ThreatState = "needs_answer"   // the rule applies and the safeguard is unknown
	ThreatAccepted      ThreatState = "accepted"       // open, and covered by an unexpired exception
	ThreatNotApplicable ThreatState = "not_applicable" // the rule's structure does not match
	ThreatNotEvaluated  ThreatState = "not_evaluated"  // needs observation, history or the portfolio
)

// Verdict is the outcome of a check. Only Pass counts as pass.
type Verdict string

// The four verdicts; inconclusive and skipped always carry a reason.
const (
	Pass         Verdict = "pass"
	Fail         Verdict = "fail"
	Inconclusive Verdict = "inconclusive"
	Skipped      Verdict = "skipped"
)

// Outcome is the answer of the gate.
type Outcome string

// The outcomes, best first.
const (
	Go          Outcome = "go"
	Conditional Outcome = "conditional" // go once the listed conditions are met
	NoGo        Outcome = "no-go"
)

// Threats, controls and findings are joined by how a claim is known.

// Knowledge says how the value of a control is known, weakest first.
type Knowledge string

// The rungs of the confidence ladder.
const (
	KnownNothing   Knowledge = "nothing"
	KnownClaim     Knowledge = "self_attested"
	KnownDocument  Knowledge = "document"
	KnownAudit     Knowledge = "independent_audit"
	KnownTest      Knowledge = "live_test"
	KnownTestProxy Knowledge = "live_test_representative"
)
