package rule

import (
	"context"
	"maps"

	"drawbridge"
	"drawbridge/internal/check"
)

// jwt01 asks whether a token without a signature is accepted.
type jwt01 struct{}

// Info describes the check.
func (jwt01) Info() check.Info {
	return check.Info{
		ID: "JWT-01", Title: "Tokens without a signature are accepted", Severity: drawbridge.Critical,
		Why: "Whoever can write a token without a signature can be any user.",
		CWE: []int{347}, OWASP: "API2:2023", ASVS: []string{"v5.0.0-9.1.1", "v5.0.0-9.1.2"},
		Needs: []check.Need{check.NeedIdentity}, Safety: check.Active,
		Sends: "One good read with the identity's own claims and the algorithm none in four spellings; a damaged signature as control.",
		Fix:   "Name the one algorithm that is expected when verifying; never take it from the token.",
	}
}

// Run forges four tokens; a target that does not verify at all is JWT-03's.
func (c jwt01) Run(ctx context.Context, s *check.Session) []check.Result {
	info := c.Info()
	id, tok, ok := bearer(s)
	if !ok {
		return []check.Result{s.Verdict(info, nil, drawbridge.Skipped, noToken)}
	}
	t, why, err := newTrial(ctx, s, id)
	if err != nil {
		return []check.Result{undecided(s, info, nil, err)}
	}
	if why != "" {
		return []check.Result{s.Verdict(info, nil, drawbridge.Inconclusive, why)}
	}
	if damaged := tok.damaged(); damaged != "" {
		control, err := t.send(ctx, damaged)
		if err != nil {
			return []check.Result{undecided(s, info, nil, err)}
		}
		if t.taken(control) {
			return []check.Result{s.Verdict(info, nil, drawbridge.Inconclusive, "a damaged signature is accepted too, so nothing is verified at all; JWT-03 judges that")}
		}
		t.evidence = append(t.evidence, s.Exchange("control", control))
	}
	for _, alg := range []string{"none", "None", "NONE", "nOnE"} {
		header := maps.Clone(tok.header)
		header["alg"] = alg
		forged := encode(header, tok.payload, "")
		got, err := t.send(ctx, forged)
		if err != nil {
			return []check.Result{undecided(s, info, nil, err)}
		}
		if !t.taken(got) {
			continue
		}
		repeat, err := t.send(ctx, forged)
		if err != nil {
			return []check.Result{undecided(s, info, nil, err)}
		}
		if t.taken(repeat) {
			return []check.Result{s.Verdict(info, nil, drawbridge.Fail, "a token with the algorithm "+alg+" and no signature is accepted; one with a damaged signature is not",
				append(t.evidence, s.Exchange("attack", got), s.Exchange("repeat", repeat))...)}
		}
	}
	return []check.Result{s.Verdict(info, nil, drawbridge.Pass, "tokens without a signature are refused")}
}
