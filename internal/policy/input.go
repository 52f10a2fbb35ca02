package policy

import (
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/expr"
	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
	"drawbridge/internal/taxonomy"
	"drawbridge/internal/threat"
)

// Facts looks facts up by the position of an element in Elements. The facts of
// the map are the real ones; a pack's examples bring their own.
type Facts interface {
	Elements() []flow.Element
	Value(element int, name string) flow.Fact
	Get(element, fact int) any
	Missing(element, fact int) []string
}

// Input is everything that a verdict is a function of. Nothing else is read:
// no clock, no file, no network.
type Input struct {
	Bundle    *manifest.Bundle
	Map       *flow.Map
	Facts     Facts
	Threats   *threat.Result
	Transfers []Transfer
	AsOf      time.Time
	Results   []Result   // live verdicts; empty for the stateless line so far
	Evidence  []Evidence // accepted by a reviewer; a manifest's own claims never enter here

	// Claims are what questionnaires and documents state besides the manifest.
	// One fills in what the manifest leaves open, as self-attested whatever it
	// says of itself; where it disagrees with the manifest, the worse counts.
	Claims []drawbridge.Claim

	// Exceptions are those of the record. What one names, while it holds, does not
	// close the gate: the answer is go with conditions at best. No figure reads
	// them. Those for threats have spoken in Threats already.
	Exceptions []drawbridge.Exception

	// Taxonomy lets the levers try what leaving out data would do. With none
	// they try everything else.
	Taxonomy *taxonomy.Taxonomy

	// Brief leaves out how the figures came about: the contributions, the levers
	// and the digest of the input. The figures are the same.
	Brief bool

	// Memo remembers what expressions gave, from one integration to the next; nil
	// remembers nothing beyond this one.
	Memo *expr.Memo
}

// Result is the verdict of one live check on one element.
type Result struct {
	Check          string             `json:"check"`   // TLS-01
	Element        string             `json:"element"` // id of the interface or flow, or "integration"
	Verdict        drawbridge.Verdict `json:"verdict"`
	At             time.Time          `json:"at"`
	Representative bool               `json:"representative"` // run on a target that stands for the environment under review
	FromCI         bool               `json:"from_ci"`        // reported by a pipeline, not run by us
	Refuted        string             `json:"refuted"`        // role of the named reviewer who refuted a failure; empty when it stands
	Findings       []string           `json:"findings"`       // fingerprints of its failures, by which exceptions name them
}

// Evidence is a document or an audit report that a reviewer accepted. It counts
// until its last day, for every control that names it among what settles it.
type Evidence struct {
	ID    string               `json:"id"`    // evidence:pentest
	Known drawbridge.Knowledge `json:"known"` // document or independent_audit
	Until drawbridge.Date      `json:"until"` // last day; empty never ends
}

// counts reports whether the evidence says anything on a day.
func (e Evidence) counts(c *ControlDef, asOf time.Time) bool {
	return slices.Contains(c.Settles, e.ID) && (e.Until == "" || !e.Until.Past(asOf)) &&
		(e.Known == drawbridge.KnownDocument || e.Known == drawbridge.KnownAudit)
}
