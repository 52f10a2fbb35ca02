package rule

import (
	"context"
	"fmt"

	"drawbridge"
	"drawbridge/internal/check"
)

// data01 asks whether answers hold more than the specification says.
type data01 struct{}

// Info describes the check.
func (data01) Info() check.Info {
	return check.Info{
		ID: "DATA-01", Title: "Answers hold undeclared properties", Severity: drawbridge.Medium,
		Why: "What nobody declared, nobody reviewed: it is stored, logged and passed on without a purpose.",
		CWE: []int{213}, OWASP: "API3:2023", ASVS: []string{"v5.0.0-15.3.1", "v5.0.0-14.2.6"},
		Needs: []check.Need{check.NeedSpec, check.NeedIdentity}, Safety: check.Passive,
		Sends: "Nothing of its own.",
		Fix:   "Answer with a type made for the operation, or declare the property and review what it holds.",
	}
}

// Run compares every first good answer with its schema; one result an operation.
func (c data01) Run(_ context.Context, s *check.Session) []check.Result {
	info := c.Info()
	return perOperation(s, func(a asked) *check.Result {
		if !isJSON(a.answer) {
			return nil
		}
		extra, known := a.op.Extra(a.answer)
		r := s.Verdict(info, a.op, drawbridge.Pass, "every property is declared")
		switch {
		case !known:
			r = s.Verdict(info, a.op, drawbridge.Inconclusive, "the specification names no properties for this answer, or takes any")
		case len(extra) > 0:
			r = s.Verdict(info, a.op, drawbridge.Fail, fmt.Sprintf("not declared: %s", list(extra)), s.Exchange("baseline", a.answer))
		}
		return &r
	})
}
