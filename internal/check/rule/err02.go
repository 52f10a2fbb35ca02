package rule

import (
	"context"
	"fmt"

	"drawbridge"
	"drawbridge/internal/check"
)

// err02 asks whether invalid input breaks the partner's software.
type err02 struct{}

// Info describes the check.
func (err02) Info() check.Info {
	return check.Info{
		ID: "ERR-02", Title: "Invalid input is answered with a server error", Severity: drawbridge.Low,
		Why: "Input that nobody handles is where software breaks: work is half done, and worse holes begin there.",
		CWE: []int{755}, OWASP: "API8:2023", ASVS: []string{"v5.0.0-16.5.3", "v5.0.0-2.2.1"},
		Needs: []check.Need{check.NeedSpec, check.NeedIdentity}, Safety: check.Active,
		Sends: "The invalid requests of ERR-01, and those that were answered with a server error twice more.",
		Fix:   "Validate the request against its schema first, and answer 400 or 422 with the field that is wrong.",
	}
}

// Run looks at the answers to invalid requests; one result an operation.
func (c err02) Run(ctx context.Context, s *check.Session) []check.Result {
	var out []check.Result
	id := s.Identities[0]
	for _, o := range spoilable(s, id) {
		if s.Stopped(ctx) {
			break
		}
		out = append(out, c.judge(ctx, s, o, id))
	}
	return out
}

func (c err02) judge(ctx context.Context, s *check.Session, o *check.Operation, id *check.Identity) check.Result {
	info := c.Info()
	for _, bad := range spoil(ctx, s, o, id) {
		got, err := s.Probe(ctx, id, bad.request)
		if err != nil {
			return undecided(s, info, o, err)
		}
		settled(s, o, id, got)
		if !broke(got) {
			continue
		}
		evidence := []check.Exchange{s.Exchange("baseline", s.Baseline(o, id).Answer), s.Exchange("attack", got)}
		if control, err := s.Do(ctx, id, id.ProbeRequest()); err != nil || !control.OK() {
			return s.Verdict(info, o, drawbridge.Inconclusive, "the target answers good requests with errors too", evidence...)
		}
		repeat, err := s.Do(ctx, id, bad.request)
		if err != nil {
			return undecided(s, info, o, err)
		}
		if !broke(repeat) {
			continue
		}
		return s.Verdict(info, o, drawbridge.Fail, fmt.Sprintf("%s is answered %d, again and again", bad.what, got.Status), append(evidence, s.Exchange("repeat", repeat))...)
	}
	return s.Verdict(info, o, drawbridge.Pass, "invalid requests are refused")
}

// broke reports a server error that is not about load or a gateway.
func broke(a *check.Answer) bool {
	return a.Status >= 500 && a.Status != 502 && a.Status != 503 && a.Status != 504
}
