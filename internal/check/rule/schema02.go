package rule

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/check"
)

// schema02 asks whether answers have the content type that the specification says.
type schema02 struct{}

// Info describes the check.
func (schema02) Info() check.Info {
	return check.Info{
		ID: "SCHEMA-02", Title: "Answers with an undeclared content type", Severity: drawbridge.Low,
		Why: "A body read as another type than it is becomes a parser error, or a script in a browser.",
		CWE: []int{436, 573}, OWASP: "API8:2023", ASVS: []string{"v5.0.0-4.1.1"},
		Needs: []check.Need{check.NeedSpec, check.NeedIdentity}, Safety: check.Passive,
		Sends: "Nothing of its own.",
		Fix:   "Send the declared Content-Type with every body.", Explains: []string{"SCHEMA-03"},
	}
}

// Run compares the type of every first good answer that has a body; one result an operation.
func (c schema02) Run(_ context.Context, s *check.Session) []check.Result {
	info := c.Info()
	return perOperation(s, func(a asked) *check.Result {
		declared := a.op.Declared(a.answer.Status)
		if declared == nil || len(a.answer.Body) == 0 {
			return nil
		}
		var types []string
		for _, t := range slices.Sorted(maps.Keys(declared.Content)) {
			base, _, _ := strings.Cut(t, ";")
			types = append(types, strings.ToLower(strings.TrimSpace(base)))
		}
		r := s.Verdict(info, a.op, drawbridge.Pass, a.answer.Type()+" is declared")
		switch {
		case len(types) == 0:
			r = s.Verdict(info, a.op, drawbridge.Inconclusive, "the specification declares no content type for this answer")
		case !slices.ContainsFunc(types, func(t string) bool { return covers(t, a.answer.Type()) }):
			r = s.Verdict(info, a.op, drawbridge.Fail, fmt.Sprintf("answered %q; declared are %s", a.answer.Type(), strings.Join(types, ", ")), s.Exchange("baseline", a.answer))
		}
		return &r
	})
}

// covers reports that a declared media type or range covers a type.
func covers(declared, t string) bool {
	group, _, _ := strings.Cut(t, "/")
	return declared == t || declared == "*/*" || declared == group+"/*"
}
