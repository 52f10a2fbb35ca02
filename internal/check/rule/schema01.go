package rule

import (
	"context"
	"fmt"
	"strings"

	"drawbridge"
	"drawbridge/internal/check"
)

// schema01 asks whether operations answer with the statuses that they declare.
type schema01 struct{}

// Info describes the check.
func (schema01) Info() check.Info {
	return check.Info{
		ID: "SCHEMA-01", Title: "Answers with an undeclared status", Severity: drawbridge.Low,
		Why: "A client built from the specification treats an unknown status as an error, or as success.",
		CWE: []int{573}, OWASP: "API9:2023", ASVS: []string{"v5.0.0-4.1.1"},
		Needs: []check.Need{check.NeedSpec, check.NeedIdentity}, Safety: check.Passive,
		Sends: "Nothing of its own.",
		Fix:   "Declare the status, or answer with one that is declared.", Explains: []string{"SCHEMA-02", "SCHEMA-03"},
	}
}

// Run compares the status of every first good answer; one result an operation.
func (c schema01) Run(_ context.Context, s *check.Session) []check.Result {
	info := c.Info()
	return perOperation(s, func(a asked) *check.Result {
		r := s.Verdict(info, a.op, drawbridge.Pass, fmt.Sprintf("%d is declared", a.answer.Status))
		switch declared := a.op.Statuses(); {
		case len(declared) == 0:
			r = s.Verdict(info, a.op, drawbridge.Inconclusive, "the specification declares no answer")
		case a.op.Declared(a.answer.Status) == nil:
			r = s.Verdict(info, a.op, drawbridge.Fail, fmt.Sprintf("answered %d; declared are %s", a.answer.Status, strings.Join(declared, ", ")), s.Exchange("baseline", a.answer))
		}
		return &r
	})
}
