// Package check is the live tester: it signs in, learns to drive an API from its
// specification, and runs checks that prove what they claim. The engine owns
// the client, scope, budget, transcript and verdicts; a check owns one
// question. It knows nothing of the database or of who asked.
package check

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"drawbridge"
)

// Need is what a check cannot do without.
type Need string

// The needs of checks.
const (
	NeedSpec       Need = "specification"
	NeedIdentity   Need = "identity"
	NeedIdentities Need = "two_identities"
	NeedTLS        Need = "tls"
	NeedOptIn      Need = "opt_in" // runs only when asked for by name
)

// Safety says what a check does to the target.
type Safety string

// The kinds of safety.
const (
	Passive  Safety = "passive"  // reads answers that the run has anyway
	Active   Safety = "active"   // sends requests of its own, and changes nothing
	Mutating Safety = "mutating" // changes only objects that the run created
	Stress   Safety = "stress"   // sends a bounded burst
)

// Info is what a check declares about itself.
type Info struct {
	ID       string              `json:"id"`
	Title    string              `json:"title"`
	Why      string              `json:"why"` // why it matters
	Severity drawbridge.Severity `json:"severity"`
	CWE      []int               `json:"cwe"`
	OWASP    string              `json:"owasp_api"` // OWASP API Security Top 10, 2023
	ASVS     []string            `json:"asvs"`      // OWASP ASVS 5.0.0 requirement ids
	Needs    []Need              `json:"needs"`
	Safety   Safety              `json:"safety"`
	Sends    string              `json:"sends"` // what goes to the target
	Fix      string              `json:"fix"`
	Explains []string            `json:"explains,omitempty"` // checks whose failure this one's failure explains
}

// Check answers one question about a target.
type Check interface {
	Info() Info
	// Run returns a result for each operation that it looked at, or one for the
	// whole target. It stops when ctx ends or the budget is spent.
	Run(ctx context.Context, s *Session) []Result
}

// Result is one verdict. Inconclusive and skipped carry a reason.
type Result struct {
	Check         string              `json:"check"`
	Title         string              `json:"title"`
	Interface     string              `json:"interface"`
	Operation     string              `json:"operation,omitempty"` // METHOD and path template
	Location      string              `json:"location,omitempty"`  // field path or header
	Discriminator string              `json:"discriminator,omitempty"`
	Verdict       drawbridge.Verdict  `json:"verdict"`
	Reason        string              `json:"reason"`
	Severity      drawbridge.Severity `json:"severity"`
	Fix           string              `json:"fix,omitempty"`
	Evidence      []Exchange          `json:"evidence,omitempty"` // the smallest transcript that proves it
	Fingerprint   string              `json:"fingerprint"`
	Root          string              `json:"root,omitempty"` // fingerprint of the finding that explains this one

	Cause string `json:"cause,omitempty"` // failures of one check with the same cause are one finding; empty: each is its own
}

// Fingerprint identifies a finding over time: titles, targets, identities and
// times never enter.
func Fingerprint(integration string, r Result) string {
	h := sha256.Sum256([]byte(strings.Join([]string{integration, r.Interface, r.Check, r.Operation, r.Location, r.Discriminator}, "\x00")))
	return "f1-" + hex.EncodeToString(h[:12])
}

// Exchange is one request and its answer, redacted, as evidence.
type Exchange struct {
	Name     string `json:"name"` // baseline, control, attack, repeat
	Identity string `json:"identity"`
	Request  string `json:"request"`
	Response string `json:"response"`
	Curl     string `json:"curl"`
	Digest   string `json:"digest"` // of request and response before redaction
}

// Run is the run file: what one run found, and what a stopped run needs to go on.
type Run struct {
	SchemaVersion string          `json:"schema_version"`
	Tool          string          `json:"tool"`
	Version       string          `json:"version"`
	Integration   RunIntegration  `json:"integration"`
	Target        RunTarget       `json:"target"`
	Origin        string          `json:"origin"` // cli or ci
	Started       time.Time       `json:"started"`
	Finished      time.Time       `json:"finished"`
	Complete      bool            `json:"complete"`
	Stopped       string          `json:"stopped,omitempty"` // why it is not complete
	Budget        RunBudget       `json:"budget"`
	Identities    []RunIdentity   `json:"identities"`
	Operations    []RunOperation  `json:"operations"`
	Coverage      RunCoverage     `json:"coverage"`
	Done          []string        `json:"done"` // checks that ran to their end
	Results       []Result        `json:"results"`
	Created       []CreatedObject `json:"created"`
	Notes         []string        `json:"notes"`
}

// RunIntegration says what was under review.
type RunIntegration struct {
	ID          string `json:"id"`
	Environment string `json:"environment"`
	Digest      string `json:"digest"` // content digest of the manifest
}

// RunTarget says where the run went.
type RunTarget struct {
	Name       string `json:"name"`
	Interface  string `json:"interface"`
	BaseURL    string `json:"base_url"`
	Represents string `json:"represents"`
	Why        string `json:"why,omitempty"`
}

// RunBudget is what was allowed and what was used.
type RunBudget struct {
	Requests     int     `json:"requests"`
	Seconds      float64 `json:"seconds"`
	UsedRequests int     `json:"used_requests"`
	UsedSeconds  float64 `json:"used_seconds"`
}

// RunIdentity says how an identity was proven.
type RunIdentity struct {
	Name   string `json:"name"`
	Proven bool   `json:"proven"`
	Probe  string `json:"probe"` // operation that answered 2xx with it and not without
	Reason string `json:"reason,omitempty"`
}

// RunOperation says whether an operation could be driven.
type RunOperation struct {
	Operation string         `json:"operation"`
	Baseline  map[string]int `json:"baseline"` // identity to status
	Reason    string         `json:"reason,omitempty"`
}

// RunCoverage says how much of the interface the run could drive.
type RunCoverage struct {
	Operations   int     `json:"operations"`
	WithBaseline int     `json:"with_baseline"`
	Percent      float64 `json:"percent"`
}

// CreatedObject is something that the run made at the target.
type CreatedObject struct {
	Operation string   `json:"operation"`
	Resource  string   `json:"resource"` // path template of its collection
	Path      string   `json:"path"`
	IDs       []string `json:"ids"`
	Identity  string   `json:"identity"`
	Removed   bool     `json:"removed"`
	Reason    string   `json:"reason,omitempty"` // why it could not be removed
}

// Event tells how a run goes on.
type Event struct {
	Phase    string // sign-in, explore, check, clean up
	Text     string
	Requests int
	Budget   int
	Verdict  drawbridge.Verdict // of the phase, when it is a check that ended here: the worst of its results
}
