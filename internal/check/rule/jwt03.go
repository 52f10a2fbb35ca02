package rule

import (
	"context"
	"maps"

	"drawbridge"
	"drawbridge/internal/check"
)

// jwt03 asks whether the signature of a token is verified.
type jwt03 struct{}

// Info describes the check.
func (jwt03) Info() check.Info {
	return check.Info{
		ID: "JWT-03", Title: "The token's signature is not verified", Severity: drawbridge.Critical,
		Why: "Claims can be rewritten at will, so anyone can be any user with any right.",
		CWE: []int{347}, OWASP: "API2:2023", ASVS: []string{"v5.0.0-9.1.1"},
		Needs: []check.Need{check.NeedIdentity}, Safety: check.Active,
		Sends: "One good read with one bit of the signature turned, and with a changed claim under the old signature.",
		Fix:   "Verify the signature with the issuer's key before reading a single claim.", Explains: []string{"JWT-01", "JWT-02", "JWT-04", "JWT-05", "JWT-06", "JWT-07"},
	}
}

// Run sends both damaged tokens twice.
func (c jwt03) Run(ctx context.Context, s *check.Session) []check.Result {
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
	claims := maps.Clone(tok.payload)
	claims["drawbridge"] = "a claim that nobody signed"
	for _, forged := range []struct{ what, text string }{
		{"a token with one bit of its signature turned", tok.damaged()},
		{"a token with a changed claim under the old signature", encode(tok.header, claims, tok.parts[2])},
	} {
		if forged.text == "" {
			continue
		}
		got, err := t.send(ctx, forged.text)
		if err != nil {
			return []check.Result{undecided(s, info, nil, err)}
		}
		if !t.taken(got) {
			continue
		}
		repeat, err := t.send(ctx, forged.text)
		if err != nil {
			return []check.Result{undecided(s, info, nil, err)}
		}
		if t.taken(repeat) {
			return []check.Result{s.Verdict(info, nil, drawbridge.Fail, forged.what+" is accepted; a text that is no token is not",
				append(t.evidence, s.Exchange("attack", got), s.Exchange("repeat", repeat))...)}
		}
	}
	return []check.Result{s.Verdict(info, nil, drawbridge.Pass, "damaged tokens are refused")}
}
