package assess

import (
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/policy"
	"drawbridge/internal/threat"
)

// What the tests make of a claim.
const (
	Verified     = "verified"
	Contradicted = "contradicted"
	NotTestable  = "not_testable" // no automated check exists
	Untested     = "untested"
)

// ClaimTest lays a claim that a control is in place beside the tests of it.
type ClaimTest struct {
	Control  string      `json:"control"`
	Title    string      `json:"title"`
	Element  string      `json:"element"`
	Required bool        `json:"required"` // by the tier
	Verdict  string      `json:"verdict"`  // verified, contradicted, not_testable, untested
	Reviewed bool        `json:"reviewed"` // a reviewer ruled on each failure behind a contradiction
	Disputed bool        `json:"disputed"` // the claims themselves do not agree
	Claims   []ClaimSide `json:"claims"`
	Tests    []TestSide  `json:"tests"`
}

// ClaimSide is one statement about the control.
type ClaimSide struct {
	Source string   `json:"source"`         // manifest, answer:<inquiry>/<question>, evidence:<id>
	Keys   []string `json:"keys,omitempty"` // of the manifest
	Holds  bool     `json:"holds"`
}

// TestSide is what one check says about it.
type TestSide struct {
	Check     string             `json:"check"`
	Interface string             `json:"interface"`
	Verdict   drawbridge.Verdict `json:"verdict"`
	At        time.Time          `json:"at"`
	Target    string             `json:"target"`
	Run       string             `json:"run,omitempty"`      // of the record; its document holds the transcript
	Findings  []string           `json:"findings,omitempty"` // fingerprints of the failures
	Reason    string             `json:"reason,omitempty"`
	Ruling    *RulingSide        `json:"ruling,omitempty"` // on all failures
}

// RulingSide is what a named reviewer found of a failure.
type RulingSide struct {
	ID      string                `json:"id"`
	Refuted bool                  `json:"refuted"` // the test is wrong; otherwise the contradiction stands
	Role    drawbridge.Discipline `json:"role"`
	By      drawbridge.PersonID   `json:"ruled_by"`
	Reason  string                `json:"reason"`
}

// Open reports whether a person still has to look: a contradiction that nobody
// ruled on.
func (c *ClaimTest) Open() bool { return c.Verdict == Contradicted && !c.Reviewed }

// claims lays each claim beside the verdicts that speak of its control.
func (t *tests) claims(controls []policy.Control) []ClaimTest {
	var out []ClaimTest
	for i := range controls {
		for _, s := range controls[i].Stated {
			if s.Claimed() {
				out = append(out, t.claim(&controls[i], s))
			}
		}
	}
	return out
}

func (t *tests) claim(c *policy.Control, s policy.Stated) ClaimTest {
	out := ClaimTest{Control: c.ID, Title: c.Title, Element: s.Element, Required: c.Required, Disputed: s.Disputed(), Verdict: Untested}
	for _, a := range s.Said {
		out.Claims = append(out.Claims, ClaimSide(a))
	}
	var passed, doubt, failed bool
	reviewed := true
	for i := range t.verdicts {
		v := &t.verdicts[i]
		if !slices.Contains(c.Settles, v.Check) || !s.Settled(v.Element) {
			continue
		}
		out.Tests = append(out.Tests, v.side())
		switch v.Verdict {
		case drawbridge.Pass:
			passed = true
		case drawbridge.Fail:
			failed, reviewed = true, reviewed && v.ruled != nil
		default:
			doubt = true
		}
	}
	switch {
	case failed:
		out.Verdict, out.Reviewed = Contradicted, reviewed
	case passed && !doubt && c.Technical:
		out.Verdict = Verified
	case len(out.Tests) == 0 && !testable(c):
		out.Verdict = NotTestable
	}
	return out
}

// testable reports whether a machine can run a check of the control.
func testable(c *policy.Control) bool {
	return slices.ContainsFunc(threat.Runners(), func(id string) bool { return slices.Contains(c.Settles, id) })
}

func (v *verdict) side() TestSide {
	out := TestSide{
		Check: v.Check, Interface: v.Element, Verdict: v.Verdict, At: v.run.Finished.UTC(), Target: v.run.Target.Name,
		Run: v.run.Name, Findings: v.fails, Reason: v.Reason,
	}
	if r := v.ruled; r != nil {
		out.Ruling = &RulingSide{ID: r.ID, Refuted: r.Refuted, Role: r.Role, By: r.By, Reason: r.Reason}
	}
	return out
}
