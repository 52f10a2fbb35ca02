package rule

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"drawbridge"
	"drawbridge/internal/check"
	"drawbridge/internal/deid"
)

// data03 asks whether answers hold personal data that the manifest does not declare.
type data03 struct{}

// Info describes the check.
func (data03) Info() check.Info {
	return check.Info{
		ID: "DATA-03", Title: "Answers hold personal data beyond the map", Severity: drawbridge.High,
		Why: "Data that is not on the map has no purpose, no legal ground and no retention, and is a breach when it leaks.",
		CWE: []int{359}, OWASP: "API3:2023", ASVS: []string{"v5.0.0-14.2.4", "v5.0.0-14.2.6"},
		Needs: []check.Need{check.NeedSpec, check.NeedIdentity}, Safety: check.Passive,
		Sends: "Nothing of its own.",
		Fix:   "Leave the field out of the answer, or declare its category in the manifest and have it reviewed.",
	}
}

// found is one category at one place.
type found struct{ path, category string }

// Run looks for e-mail addresses, telephone, card and account numbers; one result an operation.
func (c data03) Run(_ context.Context, s *check.Session) []check.Result {
	info := c.Info()
	if !s.Declared.Known {
		return []check.Result{s.Verdict(info, nil, drawbridge.Inconclusive, "the manifest declares no data on this interface, so nothing can be beyond it")}
	}
	return perOperation(s, func(a asked) *check.Result {
		places := map[found]bool{}
		for _, l := range leaves(a.answer.Body) {
			for _, category := range personal(s, l) {
				if !s.Declares(a.op, l.path, category) {
					places[found{l.path, category}] = true
				}
			}
		}
		r := s.Verdict(info, a.op, drawbridge.Pass, "every detected category is declared where it stands")
		if len(places) > 0 {
			var names []string
			for p := range maps.Keys(places) {
				names = append(names, fmt.Sprintf("%s at %s", p.category, p.path))
			}
			r = s.Verdict(info, a.op, drawbridge.Fail, "not declared: "+list(names), s.Exchange("baseline", a.answer))
			r.Cause = a.op.Resource + " " + sameFields(places)
		}
		return &r
	})
}

// sameFields names the fields and categories without where they stand: one field
// of one kind of object is one cause, in its list and by itself.
func sameFields(places map[found]bool) string {
	var out []string
	for p := range places {
		_, after, nested := strings.Cut(p.path, "/*")
		if !nested || after == "" {
			after = p.path
		}
		out = append(out, p.category+" "+after[strings.LastIndexByte(after, '/')+1:])
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), ", ")
}

// personal lists the categories in a value that the run did not send itself.
func personal(s *check.Session, l leaf) []string {
	text, ok := l.value.(string)
	if n, isNumber := l.value.(float64); isNumber {
		text, ok = strconv.FormatFloat(n, 'f', -1, 64), n > 1e11
	}
	if !ok || s.Sent(text) {
		return nil
	}
	var out []string
	for _, m := range deid.Find([]byte(text)) {
		if m.Confidence >= 0.5 && !s.Sent(text[m.Start:m.End]) && !slices.Contains(out, m.Category) {
			out = append(out, m.Category)
		}
	}
	return out
}
