package rule

import (
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
	all := 0
	for _, o := range s.Operations {
		if o.Effect != check.List || s.Baseline(o, a) == nil || s.Baseline(o, b) == nil {
			continue
		}
		mine, theirs := s.OwnIn(o.Resource, a), s.OwnIn(o.Resource, b)
		if len(mine) == 0 || len(theirs) == 0 {
			continue
		}
		if !holds(s.Baseline(o, b).Answer.Body, mine...) || !holds(s.Baseline(o, a).Answer.Body, theirs...) {
			return ""
		}
		all++
	}
	if all < 2 {
		return ""
	}
	return fmt.Sprintf("in each of %d lists both see what the other made", all)
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
