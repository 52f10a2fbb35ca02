package rule

import (
	"context"
	"fmt"
	"strings"

	"drawbridge"
	"drawbridge/internal/check"
)

// rate01 asks whether a burst is limited.
type rate01 struct{}

const burst = 30

// Info describes the check.
func (rate01) Info() check.Info {
	return check.Info{
		ID: "RATE-01", Title: "No limit of rate", Severity: drawbridge.Medium,
		Why: "Without a limit one caller's mistake or attack takes the service from all, or empties it of data.",
		CWE: []int{770}, OWASP: "API4:2023", ASVS: []string{"v5.0.0-2.4.1"},
		Needs: []check.Need{check.NeedIdentity, check.NeedOptIn}, Safety: check.Stress,
		Sends: "The identity's own cheap read thirty times in a row.",
		Fix:   "Limit by caller, answer 429 with Retry-After, and tell the limit in RateLimit headers.",
	}
}

// Run sends the burst and stops at the first sign of a limit.
func (c rate01) Run(ctx context.Context, s *check.Session) []check.Result {
	info := c.Info()
	id := s.Identities[0]
	r := id.ProbeRequest()
	r.Once = true
	var last *check.Answer
	for n := range burst {
		a, err := s.Do(ctx, id, r)
		if err != nil {
			return []check.Result{undecided(s, info, nil, err)}
		}
		last = a
		if a.Throttled() {
			return []check.Result{s.Verdict(info, nil, drawbridge.Pass, fmt.Sprintf("throttled after %d requests", n+1), s.Exchange("attack", a))}
		}
		for name := range a.Header {
			if lower := strings.ToLower(name); strings.HasPrefix(lower, "ratelimit") || strings.HasPrefix(lower, "x-ratelimit") || strings.HasPrefix(lower, "x-rate-limit") {
				return []check.Result{s.Verdict(info, nil, drawbridge.Pass, "the answers tell a limit in "+name, s.Exchange("attack", a))}
			}
		}
		if !a.OK() {
			return []check.Result{s.Verdict(info, nil, drawbridge.Inconclusive, statusNote(a), s.Exchange("attack", a))}
		}
	}
	res := s.Verdict(info, nil, drawbridge.Fail, fmt.Sprintf("%d requests in a row, no 429 and no header that tells a limit", burst), s.Exchange("attack", last))
	if s.Rate == 0 {
		res.Severity = drawbridge.Info // the manifest asks for no rate, so none is held against the partner
	}
	return []check.Result{res}
}
