package rule

import (
	"context"
	"strings"

	"drawbridge"
	"drawbridge/internal/check"
)

// hdr01 asks whether signed-in answers may be kept by caches.
type hdr01 struct{}

// Info describes the check.
func (hdr01) Info() check.Info {
	return check.Info{
		ID: "HDR-01", Title: "Signed-in answers may be cached", Severity: drawbridge.Low,
		Why: "A cache between the two parties can hand one caller's data to the next.",
		CWE: []int{525}, OWASP: "API8:2023", ASVS: []string{"v5.0.0-14.3.2"},
		Needs: []check.Need{check.NeedSpec, check.NeedIdentity}, Safety: check.Passive,
		Sends: "Nothing of its own.",
		Fix:   "Send Cache-Control: no-store with every answer to a signed-in caller.",
	}
}

// Run looks at every first good JSON answer; one result for the target.
func (c hdr01) Run(_ context.Context, s *check.Session) []check.Result {
	info := c.Info()
	var open, seen []string
	var evidence []check.Exchange
	for _, a := range answers(s) {
		if !isJSON(a.answer) || a.op.Method != "GET" || !a.op.Secured && !a.op.Open {
			continue
		}
		seen = append(seen, a.op.Name())
		if cacheable(a.answer) {
			open = append(open, a.op.Name())
			if len(evidence) == 0 {
				evidence = append(evidence, s.Exchange("baseline", a.answer))
			}
		}
	}
	switch {
	case len(seen) == 0:
		return []check.Result{s.Verdict(info, nil, drawbridge.Inconclusive, "no signed-in JSON answer was seen")}
	case len(open) > 0:
		r := s.Verdict(info, nil, drawbridge.Fail, "caches may keep the answers of "+list(open), evidence...)
		r.Location = "Cache-Control"
		return []check.Result{r}
	}
	return []check.Result{s.Verdict(info, nil, drawbridge.Pass, "every signed-in answer keeps shared caches out")}
}

// cacheable reports an answer that a shared cache may keep: nothing in its
// Cache-Control forbids it (RFC 9111 section 5.2.2).
func cacheable(a *check.Answer) bool {
	for directive := range strings.SplitSeq(strings.ToLower(strings.Join(a.Header.Values("Cache-Control"), ",")), ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(directive), "=")
		if name == "no-store" || name == "private" || name == "no-cache" {
			return false
		}
	}
	return true
}
