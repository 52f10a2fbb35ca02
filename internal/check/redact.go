package check

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"drawbridge/internal/deid"
)

const (
	hidden    = "[hidden]"
	ownDomain = "@drawbridge.example" // of every address that the run makes up
)

// redactor hides secrets that the run knows, headers that carry credentials,
// and what looks like a credential or a person's data.
type redactor struct {
	mu      sync.Mutex
	secrets []string // longest first
}

// add makes the redactor hide s wherever it stands. Short strings are left out:
// hiding "1" would hide everything.
func (r *redactor) add(s string) {
	if len(s) < 4 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.secrets, s) {
		r.secrets = append(r.secrets, s)
		slices.SortFunc(r.secrets, func(a, b string) int { return len(b) - len(a) })
	}
}

var (
	jwtShape    = regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*`)
	secretField = regexp.MustCompile(`(?i)("?(?:password|passwd|secret|token|api_?key|authorization|client_secret|refresh_token|access_token)"?\s*[:=]\s*"?)([^"&,\s}]{3,})`)
)

// text hides secrets in s.
func (r *redactor) text(s string) string {
	r.mu.Lock()
	for _, secret := range r.secrets {
		s = strings.ReplaceAll(s, secret, hidden)
	}
	r.mu.Unlock()
	s = jwtShape.ReplaceAllString(s, hidden)
	s = secretField.ReplaceAllString(s, "${1}"+hidden)
	var b strings.Builder
	end := 0
	for _, m := range deid.Find([]byte(s)) {
		if strings.HasSuffix(s[m.Start:m.End], ownDomain) {
			continue // the run's own synthetic address
		}
		b.WriteString(s[end:m.Start])
		b.WriteString("[" + m.Category + "]")
		end = m.End
	}
	b.WriteString(s[end:])
	return b.String()
}

// header hides the values of headers that carry credentials.
func (r *redactor) header(name, value string) string {
	switch http.CanonicalHeaderKey(name) {
	case "Authorization", "Proxy-Authorization":
		scheme, _, found := strings.Cut(value, " ")
		if found {
			return scheme + " " + hidden
		}
		return hidden
	case "Cookie", "Set-Cookie":
		name, _, _ := strings.Cut(value, "=")
		return name + "=" + hidden
	}
	if lower := strings.ToLower(name); strings.Contains(lower, "key") || strings.Contains(lower, "token") || strings.Contains(lower, "secret") {
		return hidden
	}
	return r.text(value)
}
