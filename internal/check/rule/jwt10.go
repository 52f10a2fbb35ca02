package rule

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/check"
	"drawbridge/internal/deid"
)

// jwt10 asks whether a token says for whom and how long, and no more.
type jwt10 struct{}

// longest is the longest life of an access token, in seconds.
const longest = 24 * 60 * 60

// Info describes the check.
func (jwt10) Info() check.Info {
	return check.Info{
		ID: "JWT-10", Title: "The token's claims are careless", Severity: drawbridge.Medium,
		Why: "A token without an end or an audience works for ever and elsewhere; its claims can be read by all who see it.",
		CWE: []int{613, 312}, OWASP: "API2:2023", ASVS: []string{"v5.0.0-9.2.1", "v5.0.0-9.2.3", "v5.0.0-14.1.1"},
		Needs: []check.Need{check.NeedIdentity}, Safety: check.Passive,
		Sends: "Nothing: the run's own token is decoded.",
		Fix:   "State exp (a day at the most), iss and aud; carry an opaque id instead of personal data.",
	}
}

// Run decodes the first token.
func (c jwt10) Run(_ context.Context, s *check.Session) []check.Result {
	info := c.Info()
	_, tok, ok := bearer(s)
	if !ok {
		return []check.Result{s.Verdict(info, nil, drawbridge.Skipped, noToken)}
	}
	bad := careless(tok.payload)
	if len(bad) == 0 {
		return []check.Result{s.Verdict(info, nil, drawbridge.Pass, "the token states its end, issuer and audience, and no personal data")}
	}
	r := s.Verdict(info, nil, drawbridge.Fail, strings.Join(bad, "; "))
	names := make([]string, 0, len(tok.payload))
	for name := range tok.payload {
		names = append(names, name)
	}
	slices.Sort(names)
	r.Evidence = []check.Exchange{{Name: "baseline", Request: "offline: decoded the run's own token", Response: "claims: " + strings.Join(names, ", ")}}
	return []check.Result{r}
}

// careless says what is wrong with a token's claims.
func careless(claims map[string]any) []string {
	var bad []string
	exp, hasExp := claims["exp"].(float64)
	iat, hasIat := claims["iat"].(float64)
	switch {
	case !hasExp:
		bad = append(bad, "it never ends: exp is missing")
	case hasIat && exp-iat > longest:
		bad = append(bad, fmt.Sprintf("it lives for %.0f hours", (exp-iat)/3600))
	}
	for _, name := range []string{"aud", "iss"} {
		if claims[name] == nil {
			bad = append(bad, name+" is missing")
		}
	}
	raw, err := json.Marshal(claims)
	if err != nil {
		return bad
	}
	var places []string
	for _, l := range leaves(raw) {
		text, ok := l.value.(string)
		if !ok {
			continue
		}
		for _, m := range deid.Find([]byte(text)) {
			places = append(places, m.Category+" in "+l.path[1:])
		}
		if name := flat(l.name); strings.Contains(name, "password") || strings.HasSuffix(name, "secret") || passwordHash.MatchString(text) {
			places = append(places, "a secret in "+l.path[1:])
		}
	}
	if len(places) > 0 {
		bad = append(bad, "anyone who sees it can read "+list(places))
	}
	return bad
}
