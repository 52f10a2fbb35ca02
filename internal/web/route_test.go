package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/account"
	"drawbridge/internal/seal"
	"drawbridge/internal/web"
)

var wildcard = regexp.MustCompile(`\{([a-z]+)(\.\.\.)?\}`)

// filled is a route's pattern as an address: identifiers of things that are not there.
func filled(pattern string) string {
	return wildcard.ReplaceAllString(strings.ReplaceAll(pattern, "{$}", ""), "itg_06h05ww2jwyj6r0dchys3zhy2t")
}

// ask sends a request to a route, with an empty form where it takes one.
func (b *browser) ask(r web.Route) answer {
	if r.Method == http.MethodPost {
		return b.post(filled(r.Pattern), url.Values{})
	}
	return b.get(filled(r.Pattern))
}

// TestNobody asks every route without a sign-in: none but the public ones answers.
func TestNobody(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	r.browser(t).first()
	b := r.browser(t)
	for _, route := range web.Routes() {
		if route.Public {
			continue
		}
		r.Pass(time.Second) // strangers are slowed down
		a := b.ask(route)
		led := a.StatusCode == 303 && strings.HasPrefix(a.Header.Get("Location"), "/sign-in")
		switch {
		case route.Visitor && a.StatusCode == 401, !route.Visitor && led && (route.Method == "GET" || route.Uploads), !route.Visitor && route.Method == "POST" && a.StatusCode == 401 && strings.Contains(a.text, `action="/sign-in"`):
		default:
			t.Errorf("%s %s of nobody: %d, led to %q", route.Method, route.Pattern, a.StatusCode, a.Header.Get("Location"))
		}
	}
}

// TestNothingThere asks every route about things that are not there, as somebody
// of each role: the server never breaks, and tells nobody of another's things.
func TestNothingThere(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	root := r.browser(t)
	root.first()
	for i, role := range drawbridge.PersonRoles() {
		b := r.signedIn(t, fmt.Sprintf("p%d@drawbridge.example", i), role)
		for _, route := range web.Routes() {
			if route.Public || route.Visitor || strings.Contains(route.Pattern, "sign-out") {
				continue
			}
			a := b.ask(route)
			if a.StatusCode >= 500 {
				t.Errorf("%s %s as %s: %d %s", route.Method, route.Pattern, role, a.StatusCode, a.text)
			}
			if strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") && a.StatusCode != 303 {
				for _, wrong := range check(t, a.text) {
					t.Errorf("%s %s as %s (%d): %s", route.Method, route.Pattern, role, a.StatusCode, wrong)
				}
			}
			if a.StatusCode == 200 && len(a.text) > 200<<10 {
				t.Errorf("%s weighs %d bytes", route.Pattern, len(a.text))
			}
		}
	}
}

// signedIn invites somebody with roles, who then signs in.
func (r *rig) signedIn(t *testing.T, email string, roles ...drawbridge.Role) *browser {
	t.Helper()
	_, secret, err := r.people.Invite(t.Context(), r.root(t), account.Invitation{Email: email, Name: "Somebody", Roles: roles, Reason: "joins"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.people.AcceptInvite(t.Context(), account.Acceptance{Secret: secret, Password: seal.Hide(password), Via: "web"}); err != nil {
		t.Fatal(err)
	}
	b := r.browser(t)
	if a := b.post("/sign-in", url.Values{"email": {email}, "password": {password}}); a.StatusCode != 303 {
		t.Fatalf("sign in as %s: %d %s", email, a.StatusCode, a.text)
	}
	return b
}
