package rule

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/check"
)

// data02 asks whether answers hold passwords, hashes, keys or tokens.
type data02 struct{}

// Info describes the check.
func (data02) Info() check.Info {
	return check.Info{
		ID: "DATA-02", Title: "Answers hold credentials", Severity: drawbridge.High,
		Why: "A credential in an answer is copied into logs, caches and screens, and is as good as stolen.",
		CWE: []int{200, 522}, OWASP: "API3:2023", ASVS: []string{"v5.0.0-15.3.1", "v5.0.0-14.2.6"},
		Needs: []check.Need{check.NeedSpec, check.NeedIdentity}, Safety: check.Passive,
		Sends: "Nothing of its own.",
		Fix:   "Never load the credential into what is answered; show a generated secret once, in the answer to its making.",
	}
}

var (
	passwordHash = regexp.MustCompile(`^(\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}|\$argon2(id|i|d)\$.{20,}|\$(5|6|y|7|scrypt|pbkdf2[^$]*)\$.{20,}|pbkdf2_sha\d+\$.{20,}|\{SSHA\d*\}.{20,})$`)
	privateKey   = regexp.MustCompile(`-----BEGIN ([A-Z]+ )?PRIVATE KEY-----`)
	jwtText      = regexp.MustCompile(`^eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*$`)
	hexText      = regexp.MustCompile(`^[0-9a-fA-F]{32,128}$`)
	masked       = regexp.MustCompile(`[*•]{3,}|x{4,}|\.{3}|^\[?(hidden|redacted|masked)\]?$`)
)

// Run looks at the values of every first good answer; one result an operation.
func (c data02) Run(_ context.Context, s *check.Session) []check.Result {
	info := c.Info()
	return perOperation(s, func(a asked) *check.Result {
		var found []string
		for _, l := range leaves(a.answer.Body) {
			if what := credential(s, a, l); what != "" {
				found = append(found, l.path+" ("+what+")")
			}
		}
		r := s.Verdict(info, a.op, drawbridge.Pass, "no value has the form of a credential")
		if len(found) > 0 {
			r = s.Verdict(info, a.op, drawbridge.Fail, "in the answer: "+list(found), s.Exchange("baseline", a.answer))
		}
		return &r
	})
}

// credential names what a value is when its form, or its name and its form
// together, say so. A secret in the answer to its own making is the right place.
func credential(s *check.Session, a asked, l leaf) string {
	v, ok := l.value.(string)
	if !ok || len(v) < 6 || masked.MatchString(v) || s.Sent(v) {
		return ""
	}
	name := flat(l.name)
	switch {
	case passwordHash.MatchString(v):
		s.Hide(v)
		return "password hash"
	case privateKey.MatchString(v):
		s.Hide(v)
		return "private key"
	case jwtText.MatchString(v) && !makes(s, a.op) && v != a.id.Bearer():
		s.Hide(v)
		return "token"
	case strings.Contains(name, "password") || name == "passwd" || name == "pwd":
		if strings.Contains(v, " ") || strings.HasPrefix(v, "http") {
			return "" // a hint or an address
		}
		s.Hide(v)
		if hexText.MatchString(v) {
			return "password hash"
		}
		return "password"
	case !makes(s, a.op) && (strings.HasSuffix(name, "secret") || strings.HasSuffix(name, "secretkey") || strings.HasSuffix(name, "privatekey")) && random(v):
		s.Hide(v)
		return "secret"
	}
	return ""
}

// makes reports whether an operation makes what its answer shows: an object of a
// collection, or the one thing at an address that GET reads, such as a second factor.
func makes(s *check.Session, o *check.Operation) bool {
	return o.Effect == check.Create || o.Method == "POST" && slices.ContainsFunc(s.Operations, func(x *check.Operation) bool {
		return x.Method == "GET" && x.Path == o.Path
	})
}

// random reports a text that looks drawn by lot: long, unspaced, with digits and letters.
func random(v string) bool {
	if len(v) < 16 || strings.ContainsAny(v, " /") {
		return false
	}
	digits, letters := 0, 0
	for _, c := range v {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			letters++
		}
	}
	return digits >= 3 && letters >= 3
}
