package rule

import (
	"context"

	"drawbridge"
	"drawbridge/internal/check"
)

// authn02 asks whether any text at all is taken for a credential.
type authn02 struct{}

// Info describes the check.
func (authn02) Info() check.Info {
	return check.Info{
		ID: "AUTHN-02", Title: "Any credential is accepted", Severity: drawbridge.Critical,
		Why: "The credential is asked for and never checked, so a made-up one opens the door.",
		CWE: []int{287}, OWASP: "API2:2023", ASVS: []string{"v5.0.0-7.2.1", "v5.0.0-8.2.1"},
		Needs: []check.Need{check.NeedSpec, check.NeedIdentity}, Safety: check.Mutating,
		Sends: "Each operation's own good request once more, with a made-up credential in the same place; on new objects of the run where it changes something.",
		Fix:   "Verify every credential on the server against its issuer before anything else is done.", Explains: []string{"AUTHN-02", "BOLA-01"},
	}
}

// Run looks at every driven operation that is not declared public.
func (c authn02) Run(ctx context.Context, s *check.Session) []check.Result {
	return withoutRights(ctx, s, c.Info(), "with a made-up credential", func(id *check.Identity) *check.Identity {
		return id.Garbage("nobody-issued-this-" + s.Marker())
	})
}
