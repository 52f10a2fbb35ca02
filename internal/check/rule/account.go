package rule

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"drawbridge/internal/check"
)

// selves are paths at which a partner tells callers who they are.
var selves = regexp.MustCompile(`(?i)(^|/)(me|self|whoami|who-am-i|profile|account|user|userinfo|current-?user|current_user)(/profile)?/?$`)

// sameAccount says by what two identities look like one account at the partner,
// or "": between them nothing can be shown about objects of others.
func sameAccount(s *check.Session, a, b *check.Identity) string {
	for _, o := range s.Operations {
		x, y := s.Baseline(o, a), s.Baseline(o, b)
		if o.Method != "GET" || len(o.IDs) > 0 || x == nil || y == nil || !selves.MatchString(o.Path) {
			continue
		}
		mine, theirs := fieldsOf(x.Answer), fieldsOf(y.Answer)
		for _, name := range identifying(mine) {
			if fmt.Sprint(mine[name]) == fmt.Sprint(theirs[name]) {
				return fmt.Sprintf("%s tells both the same %s", o.Name(), name)
			}
			return "" // it tells them apart
		}
	}
	if t := a.Bearer(); t != "" && t == b.Bearer() {
		return "both are given the same token"
	}
	if x, y := subject(a), subject(b); x != "" && x == y {
		return "both tokens have the same subject"
	}
	return ""
}

// subject reads whom a JSON Web Token is about.
func subject(id *check.Identity) string {
	parts := strings.Split(id.Bearer(), ".")
	if len(parts) != 3 {
		return ""
	}
	var claims struct {
		Subject string `json:"sub"`
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil || json.Unmarshal(raw, &claims) != nil {
		return ""
	}
	return claims.Subject
}

// identifying lists the fields of an object that tell one account from another, the surest first.
func identifying(m map[string]any) []string {
	var out []string
	for _, want := range []string{"id", "userid", "uid", "sub", "email", "username", "login", "accountid", "customerid", "tenantid"} {
		for name, v := range m {
			if _, text := v.(string); flat(name) == want && v != nil && (text || strings.HasSuffix(want, "id")) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}
