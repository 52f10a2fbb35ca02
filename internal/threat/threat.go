// Package threat is the rule catalogue over a map: which threats stand, what
// holds them, what is not known, and what would settle each. Rules are data,
// one YAML file each; this package owns their evaluation. It does not score.
package threat

import "drawbridge"

// Threat is one rule on one element of the map.
type Threat struct {
	ID          string                 `json:"id"` // rule @ element, T017@charges
	Rule        string                 `json:"rule"`
	Version     int                    `json:"version"`
	Title       string                 `json:"title"`
	Why         string                 `json:"why"`
	Model       string                 `json:"model"`    // stride or linddun
	Class       string                 `json:"class"`    // information_disclosure, linking, ...
	Severity    drawbridge.Severity    `json:"severity"` // after the arithmetic
	Arithmetic  []Term                 `json:"arithmetic"`
	State       drawbridge.ThreatState `json:"state"`
	Element     string                 `json:"element"`      // id of the interface or flow, or "integration"
	ElementKind string                 `json:"element_kind"` // interface, flow, integration
	Because     []Because              `json:"because"`
	Missing     []string               `json:"missing,omitempty"`  // manifest keys that nobody answered
	Question    string                 `json:"question,omitempty"` // id of the question that waits for them
	Controls    []string               `json:"controls"`
	Settles     []Settle               `json:"settles"`
	CWE         []int                  `json:"cwe,omitempty"`
	CAPEC       []int                  `json:"capec,omitempty"`
	OWASP       string                 `json:"owasp_api,omitempty"`
	Accepted    *Acceptance            `json:"accepted,omitempty"`
	Tested      []Live                 `json:"tested,omitempty"` // what live checks found about it
	Reason      string                 `json:"reason,omitempty"` // why not evaluated or not applicable
}

// Term is one step of a severity's arithmetic.
type Term struct {
	Name  string  `json:"name"`  // base, level, exposure, volume
	Input string  `json:"input"` // what was read
	Value float64 `json:"value"` // what it adds, in severity steps
}

// Because is one attribute that the rule matched, and where its value came from.
type Because struct {
	Fact   string            `json:"fact"`
	Value  string            `json:"value"`
	Source drawbridge.Source `json:"source"`
	Key    string            `json:"key"` // manifest key
}

// Mode says who can settle a threat.
type Mode string

// The modes.
const (
	Automated   Mode = "automated" // a check or rehearsal has a runner
	Manual      Mode = "manual"    // a person follows the oracle
	NotTestable Mode = "not_testable"
)

// Settle names one thing that would settle a threat.
type Settle struct {
	ID     string `json:"id"`   // TLS-01, TIMEOUT-1, GW-01, evidence:pentest
	Kind   string `json:"kind"` // check, rehearsal, gateway, evidence
	Mode   Mode   `json:"mode"`
	Oracle string `json:"oracle"`
}

// Acceptance is the unexpired exception that covers a threat.
type Acceptance struct {
	Reason       string          `json:"reason"`
	Owner        string          `json:"owner"`
	Compensating string          `json:"compensating,omitempty"`
	Expires      drawbridge.Date `json:"expires"`
	Confirmed    bool            `json:"confirmed,omitempty"` // by the record; otherwise it is the manifest's proposal
	Exception    string          `json:"exception,omitempty"` // of the record

	Instead drawbridge.ThreatState `json:"instead"` // how the threat would stand without: open or needs_answer
}

// Bare is how a threat stands when nothing is accepted.
func (t *Threat) Bare() drawbridge.ThreatState {
	if t.Accepted == nil {
		return t.State
	}
	return t.Accepted.Instead
}

// Question asks one person for what several rules wait for.
type Question struct {
	ID      string   `json:"id"` // control @ element
	Control string   `json:"control"`
	Element string   `json:"element"`
	Text    string   `json:"text"`
	Keys    []string `json:"keys"`    // manifest keys that answer it
	Accepts []string `json:"accepts"` // one line a key: what may be written there
	Threats []string `json:"threats"` // that wait for it
	Effect  float64  `json:"effect"`  // how much the answer can matter; bigger first
}

// Scenario is one line of the prioritised backlog of tests.
type Scenario struct {
	Rank     int                 `json:"rank"`
	Settle   Settle              `json:"settle"`
	Element  string              `json:"element"`
	Threats  []string            `json:"threats"`
	Severity drawbridge.Severity `json:"severity"`
}

// Result is what the rules say about one map.
type Result struct {
	Threats    []Threat                       `json:"threats"`   // sorted: state, severity, id; not_applicable only when asked for
	Questions  []Question                     `json:"questions"` // biggest effect first
	Backlog    []Scenario                     `json:"backlog"`
	Counts     map[drawbridge.ThreatState]int `json:"counts"`
	Exceptions []ExceptionNote                `json:"exceptions,omitempty"` // that cover nothing
}

// ExceptionNote is an exception that covers nothing, and why.
type ExceptionNote struct {
	Threat  string          `json:"threat"`
	Expires drawbridge.Date `json:"expires"`
	Text    string          `json:"text"`
	Key     string          `json:"key"`
}
