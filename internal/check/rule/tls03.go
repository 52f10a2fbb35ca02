package rule

import (
	"context"
	"crypto/tls"
	"errors"

	"drawbridge"
	"drawbridge/internal/check"
)

// tls03 asks whether the target's certificate can be trusted.
type tls03 struct{}

// Info describes the check.
func (tls03) Info() check.Info {
	return check.Info{
		ID: "TLS-03", Title: "The certificate cannot be trusted", Severity: drawbridge.High,
		Why: "Without a valid certificate nobody can tell the partner from an attacker in between.",
		CWE: []int{295}, OWASP: "API8:2023", ASVS: []string{"v5.0.0-12.2.2", "v5.0.0-12.3.2"},
		Needs: []check.Need{check.NeedTLS}, Safety: check.Active,
		Sends: "One handshake that verifies chain, host and dates.",
		Fix:   "Serve the whole chain of a trusted issuer for the very host name, and renew it by a machine.",
	}
}

// Run verifies twice, so that one bad moment is no finding.
func (c tls03) Run(ctx context.Context, s *check.Session) []check.Result {
	info := c.Info()
	_, err := shake(ctx, s, s.TLS)
	if err == nil {
		return []check.Result{s.Verdict(info, nil, drawbridge.Pass, "chain, host and dates hold")}
	}
	bad, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if !ok {
		return []check.Result{undecided(s, info, nil, err)}
	}
	if _, again := shake(ctx, s, s.TLS); again == nil {
		return []check.Result{s.Verdict(info, nil, drawbridge.Inconclusive, "refused once, and accepted the next time: "+bad.Err.Error())}
	}
	return []check.Result{s.Verdict(info, nil, drawbridge.Fail, bad.Err.Error(), handshake(s, "attack", "verifying", "refused: "+bad.Err.Error(), ""))}
}
