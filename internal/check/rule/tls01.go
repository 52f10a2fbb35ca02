package rule

import (
	"context"
	"crypto/tls"

	"drawbridge"
	"drawbridge/internal/check"
)

// tls01 asks whether the target speaks old versions of TLS.
type tls01 struct{}

// Info describes the check.
func (tls01) Info() check.Info {
	return check.Info{
		ID: "TLS-01", Title: "TLS before 1.2 is spoken", Severity: drawbridge.Medium,
		Why: "TLS 1.0 and 1.1 rest on broken hashes and are withdrawn (RFC 8996); an attacker in the middle can push both sides down to them.",
		CWE: []int{326, 327}, OWASP: "API8:2023", ASVS: []string{"v5.0.0-12.1.1"},
		Needs: []check.Need{check.NeedTLS}, Safety: check.Active,
		Sends: "One handshake each that offers TLS 1.0 and 1.1 alone, and one as control. It judges what Go's crypto/tls can speak: SSL 2 and 3, and suites that it lacks, are not tried.",
		Fix:   "Allow TLS 1.2 and 1.3 only.",
	}
}

// Run offers one version at a time.
func (c tls01) Run(ctx context.Context, s *check.Session) []check.Result {
	info := c.Info()
	var suites []uint16
	for _, list := range [][]*tls.CipherSuite{tls.CipherSuites(), tls.InsecureCipherSuites()} {
		for _, suite := range list {
			suites = append(suites, suite.ID)
		}
	}
	config := s.TLS.Clone()
	config.InsecureSkipVerify = true // the certificate is TLS-03's question; nothing is sent
	config.CipherSuites = suites
	control, err := shake(ctx, s, config)
	if err != nil {
		return []check.Result{undecided(s, info, nil, err)}
	}
	evidence := []check.Exchange{handshake(s, "control", "any version", tls.VersionName(control.Version)+" agreed", "")}
	var spoken []string
	for _, v := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		old := config.Clone()
		old.MinVersion, old.MaxVersion = v, v
		state, err := shake(ctx, s, old)
		if s.Stopped(ctx) {
			return []check.Result{s.Verdict(info, nil, drawbridge.Inconclusive, "the run stopped during the handshakes")}
		}
		if err != nil || state.Version != v {
			continue
		}
		spoken = append(spoken, tls.VersionName(v))
		flag := "--tlsv1.0 --tls-max 1.0 "
		if v == tls.VersionTLS11 {
			flag = "--tlsv1.1 --tls-max 1.1 "
		}
		evidence = append(evidence, handshake(s, "attack", tls.VersionName(v)+" alone", "agreed, "+tls.CipherSuiteName(state.CipherSuite), flag))
	}
	if len(spoken) > 0 {
		return []check.Result{s.Verdict(info, nil, drawbridge.Fail, "spoken: "+list(spoken), evidence...)}
	}
	return []check.Result{s.Verdict(info, nil, drawbridge.Pass, "TLS 1.0 and 1.1 are refused, as far as crypto/tls can offer them")}
}
