package rule

import (
	"context"
	_ "embed"
	"encoding/base64"
	"strings"

	"drawbridge"
	"drawbridge/internal/check"
)

// jwt04 asks whether the secret under a token can be guessed.
type jwt04 struct{}

//go:embed secrets.txt
var secrets string

// Info describes the check.
func (jwt04) Info() check.Info {
	return check.Info{
		ID: "JWT-04", Title: "The signing secret can be guessed", Severity: drawbridge.Critical,
		Why: "Whoever holds one token can guess the secret at home and then sign tokens for everybody.",
		CWE: []int{521, 326}, OWASP: "API2:2023", ASVS: []string{"v5.0.0-9.1.3", "v5.0.0-11.2.3"},
		Needs: []check.Need{check.NeedIdentity}, Safety: check.Passive,
		Sends: "Nothing: a list of common secrets and all numbers of up to six digits are tried against the run's own token on this machine.",
		Fix:   "Draw the secret by lot, at least 256 bits of it (RFC 7518 section 3.2), or sign with a private key.",
	}
}

// Run tries the list, then the numbers.
func (c jwt04) Run(ctx context.Context, s *check.Session) []check.Result {
	info := c.Info()
	_, tok, ok := bearer(s)
	if !ok {
		return []check.Result{s.Verdict(info, nil, drawbridge.Skipped, noToken)}
	}
	alg, _ := tok.header["alg"].(string)
	d, symmetric := digestOf(alg)
	want, err := base64.RawURLEncoding.DecodeString(tok.parts[2])
	if !symmetric || err != nil {
		return []check.Result{s.Verdict(info, nil, drawbridge.Skipped, "the token is not signed with a shared secret")}
	}
	g := newGuesser(tok, d, want)
	for word := range strings.SplitSeq(secrets, "\n") {
		for _, guess := range []string{word, strings.ToUpper(word), word + "123", word + "!"} {
			if g.fits([]byte(guess)) {
				return []check.Result{c.found(s, "a word of the list of common secrets")}
			}
		}
	}
	if found, err := digits(ctx, g); err != nil {
		return []check.Result{undecided(s, info, nil, err)}
	} else if found {
		return []check.Result{c.found(s, "a number of at most six digits")}
	}
	return []check.Result{s.Verdict(info, nil, drawbridge.Pass, "neither the list of common secrets nor a short number fits")}
}

func (c jwt04) found(s *check.Session, what string) check.Result {
	r := s.Verdict(c.Info(), nil, drawbridge.Fail, "the token is signed with "+what)
	r.Evidence = []check.Exchange{{Name: "attack", Request: "offline: HMAC of the run's own token with each candidate", Response: "one candidate gives the token's own signature; it is not shown"}}
	return r
}

// digits tries all numbers of one to six digits.
func digits(ctx context.Context, g *guesser) (bool, error) {
	var guess [6]byte
	limit := 1
	for width := 1; width <= 6; width++ {
		limit *= 10
		for n := range limit {
			if n%4096 == 0 && ctx.Err() != nil {
				return false, context.Cause(ctx)
			}
			for i, rest := width-1, n; i >= 0; i-- {
				guess[i], rest = byte('0'+rest%10), rest/10
			}
			if g.fits(guess[:width]) {
				return true, nil
			}
		}
	}
	return false, nil
}
