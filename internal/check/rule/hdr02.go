package rule

import (
	"context"
	"regexp"
	"strings"

	"drawbridge"
	"drawbridge/internal/check"
)

// hdr02 asks whether answers carry the headers that protect, and none that tells
// versions.
type hdr02 struct{}

// Info describes the check.
func (hdr02) Info() check.Info {
	return check.Info{
		ID: "HDR-02", Title: "Protective headers are missing, or a version is told", Severity: drawbridge.Low,
		Why: "Without nosniff a browser may run data as a script; a version tells an attacker which hole to try.",
		CWE: []int{693, 200}, OWASP: "API8:2023", ASVS: []string{"v5.0.0-3.4.4", "v5.0.0-3.4.1", "v5.0.0-13.4.6"},
		Needs: []check.Need{check.NeedIdentity}, Safety: check.Passive,
		Sends: "Nothing of its own.",
		Fix:   "Send X-Content-Type-Options: nosniff, over TLS also Strict-Transport-Security, and no version in Server or X-Powered-By.",
	}
}

var version = regexp.MustCompile(`[0-9]+\.[0-9]+`)

// Run looks at every first good answer; one result for each header.
func (c hdr02) Run(_ context.Context, s *check.Session) []check.Result {
	all := answers(s)
	if len(all) == 0 {
		return []check.Result{s.Verdict(c.Info(), nil, drawbridge.Inconclusive, "no answer was seen")}
	}
	out := []check.Result{
		c.header(s, all, "X-Content-Type-Options", "nosniff is sent", "nosniff is missing at ", func(a *check.Answer) bool {
			return len(a.Body) == 0 || strings.EqualFold(strings.TrimSpace(a.Header.Get("X-Content-Type-Options")), "nosniff")
		}),
	}
	if s.TLS != nil {
		out = append(out, c.header(s, all, "Strict-Transport-Security", "browsers are told to use TLS alone", "browsers are not told to use TLS alone at ", func(a *check.Answer) bool {
			return strings.Contains(strings.ToLower(a.Header.Get("Strict-Transport-Security")), "max-age=") && !strings.Contains(a.Header.Get("Strict-Transport-Security"), "max-age=0")
		}))
	}
	for _, name := range []string{"Server", "X-Powered-By"} {
		out = append(out, c.header(s, all, name, "no version is told", "a version is told at ", func(a *check.Answer) bool { return !version.MatchString(a.Header.Get(name)) }))
	}
	return out
}

func (c hdr02) header(s *check.Session, all []asked, name, good, bad string, ok func(*check.Answer) bool) check.Result {
	var at []string
	var evidence []check.Exchange
	for _, a := range all {
		if ok(a.answer) {
			continue
		}
		at = append(at, a.op.Name())
		if len(evidence) == 0 {
			evidence = append(evidence, s.Exchange("baseline", a.answer))
		}
	}
	r := s.Verdict(c.Info(), nil, drawbridge.Pass, good)
	if len(at) > 0 {
		r = s.Verdict(c.Info(), nil, drawbridge.Fail, bad+list(at), evidence...)
	}
	r.Location = name
	return r
}
