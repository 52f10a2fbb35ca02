package rule

import (
	"context"

	"drawbridge"
	"drawbridge/internal/check"
)

// schema03 asks whether the bodies of answers fit their schemas.
type schema03 struct{}

// Info describes the check.
func (schema03) Info() check.Info {
	return check.Info{
		ID: "SCHEMA-03", Title: "Answers do not fit their schema", Severity: drawbridge.Low,
		Why: "Code written to the specification breaks, or stores what it did not expect.",
		CWE: []int{573, 20}, OWASP: "API8:2023", ASVS: []string{"v5.0.0-2.2.1"},
		Needs: []check.Need{check.NeedSpec, check.NeedIdentity}, Safety: check.Passive,
		Sends: "Nothing of its own.",
		Fix:   "Test answers against the specification before each release; change the one that is wrong.",
	}
}

// Run validates every first good answer; one result an operation.
func (c schema03) Run(_ context.Context, s *check.Session) []check.Result {
	info := c.Info()
	return perOperation(s, func(a asked) *check.Result {
		if len(a.answer.Body) == 0 {
			return nil
		}
		broken, known := a.op.Violations(a.answer)
		r := s.Verdict(info, a.op, drawbridge.Pass, "the answer fits its schema")
		switch {
		case !known:
			r = s.Verdict(info, a.op, drawbridge.Inconclusive, "the specification has no schema for this answer")
		case len(broken) > 0:
			var places []string
			for _, b := range broken {
				path := b.Path
				if path == "" {
					path = "/"
				}
				places = append(places, path+" "+b.Message)
			}
			r = s.Verdict(info, a.op, drawbridge.Fail, list(places), s.Exchange("baseline", a.answer))
		}
		return &r
	})
}
