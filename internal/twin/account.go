package twin

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"drawbridge"
)

// principal is a synthetic account at the partner, one to a tenant.
type principal struct {
	name, tenant, user, password string
	email, phone                 string
	token                        string // of bearer and API key styles
}

func accounts(seed uint64) []*principal {
	rng := rand.New(rand.NewPCG(seed, 0x70656f706c65)) //nolint:gosec // a twin must repeat itself; its secrets guard nothing
	secret := func(n int) string {
		out := make([]byte, n)
		for i := range out {
			out[i] = letters[rng.IntN(len(letters))]
		}
		return string(out)
	}
	var out []*principal
	for i, name := range []string{"alice", "bob"} {
		out = append(out, &principal{
			name: name, tenant: tenants[i], user: "usr_" + secret(12), password: "pw-" + secret(20), token: "tk_" + secret(32),
			email: name + "@" + tenants[i] + ".example", phone: fmt.Sprintf("+44207946099%d", i),
		})
	}
	return out
}

// secretRef is what the manifest says in place of the account's secret.
func (p *principal) secretRef() string { return "env:TWIN_" + strings.ToUpper(p.name) }

// Secret returns the secret behind a reference of the manifest.
func (t *Twin) Secret(ref string) (string, error) {
	for _, p := range t.people {
		if p.secretRef() != ref {
			continue
		}
		if s := t.style.auth; s == bearer || s == apiKey {
			return p.token, nil
		}
		return p.password, nil
	}
	return "", drawbridge.Errorf(drawbridge.NotFound, "the twin has no secret %q; its manifest names env:TWIN_ALICE and env:TWIN_BOB", ref)
}

// grants maps the digests of the tokens in force to what they allow. Looking a
// digest up tells nothing about how much of a guess was right.
type grants map[[32]byte]grant

type grant struct {
	who     *principal
	expires time.Time // zero: never
	refresh bool      // good for a new token only
}

const maxGrants = 50_000

func (g grants) issue(token string, to grant) {
	if len(g) < maxGrants {
		g[sha256.Sum256([]byte(token))] = to
	}
}

func (g grants) find(token string, now time.Time) (grant, bool) {
	found, ok := g[sha256.Sum256([]byte(token))]
	return found, ok && (found.expires.IsZero() || now.Before(found.expires))
}

func (g grants) revoke(token string) { delete(g, sha256.Sum256([]byte(token))) }

// newToken returns a token that nobody can guess from the ones before it,
// unless the seed is known.
func (t *Twin) newToken(prefix string) string { return prefix + t.store.random(32) }

const sessionCookie = "session"

// credential takes the caller's credential out of the request.
func (t *Twin) credential(r *http.Request) (value string, given bool) {
	switch t.style.auth {
	case apiKey:
		_, given = r.Header["X-Api-Key"]
		return r.Header.Get("X-API-Key"), given
	case session:
		c, err := r.Cookie(sessionCookie)
		if err != nil {
			return "", false
		}
		return c.Value, true
	case basic, bearer, jwt, oauth:
	}
	value = r.Header.Get("Authorization")
	return value, value != ""
}

// scheme words of the Authorization header and of WWW-Authenticate.
func (s scheme) word() string {
	switch s {
	case basic:
		return "Basic"
	case apiKey:
		return "ApiKey"
	case session:
		return "Cookie"
	case bearer, jwt, oauth:
	}
	return "Bearer"
}

// identify says who the caller is, or nil.
func (t *Twin) identify(x *exchange, value string) *principal {
	if t.style.auth != apiKey && t.style.auth != session {
		word, rest, _ := strings.Cut(value, " ")
		if !strings.EqualFold(word, t.style.auth.word()) {
			return nil
		}
		value = strings.TrimSpace(rest)
	}
	switch t.style.auth {
	case basic:
		raw, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return nil
		}
		name, password, _ := strings.Cut(string(raw), ":")
		return t.signIn(name, password)
	case jwt:
		return t.verify(x, value)
	case bearer, apiKey, session, oauth:
	}
	g, ok := t.grants.find(value, t.now())
	if !ok || g.refresh {
		return nil
	}
	return g.who
}

// signIn checks a name and a password.
func (t *Twin) signIn(name, password string) *principal {
	var who *principal
	for _, p := range t.people {
		sameName := subtle.ConstantTimeCompare([]byte(p.name), []byte(name))
		samePassword := subtle.ConstantTimeCompare([]byte(p.password), []byte(password))
		if sameName&samePassword == 1 {
			who = p
		}
	}
	return who
}

// signIn returns the operations by which callers of the style sign in.
func (s *style) signIn() []*operation {
	secret, system := cat("secret.token"), cat("system.operations")
	login := []field{
		str("username", 80, need, eg("alice"), cat("account.username")),
		str("password", 200, need, form("password"), eg("a-long-password"), cat("secret.password")),
	}
	tokens := []field{
		str("access_token", 4096, read, eg("..."), secret), word("token_type", []string{"Bearer"}, read, system),
		num("expires_in", 1, 86400, read, eg(int64(300)), system), str("refresh_token", 200, read, eg("rt_..."), secret),
	}
	compose := func(o operation) *operation {
		o.effect, o.status = doOther, max(o.status, 200)
		if o.method == "" {
			o.method, o.tag = "POST", "Sign-in"
		}
		return &o
	}
	switch s.auth {
	case session:
		me := []field{str("username", 80, read, eg("alice"), cat("account.username")), str("tenant", 40, read, eg("north"), cat("system.operations"))}
		return []*operation{
			compose(operation{id: "login", path: "/login", summary: "Sign in and receive a session cookie", public: true, in: login, out: me, schema: "Session", call: (*exchange).login, cookie: true}),
			compose(operation{id: "logout", path: "/logout", summary: "End the session", status: 204, call: (*exchange).logout}),
		}
	case jwt:
		again := []field{str("refresh_token", 200, need, eg("rt_..."), secret)}
		return []*operation{
			compose(operation{id: "login", path: "/auth/login", summary: "Sign in and receive a token", public: true, in: login, out: tokens, schema: "Tokens", call: (*exchange).login}),
			compose(operation{id: "refreshToken", path: "/auth/refresh", summary: "Trade the refresh token for new tokens", public: true, in: again, out: tokens, schema: "Tokens", call: (*exchange).renew}),
		}
	case oauth:
		ask := []field{
			{name: "grant_type", kind: text, enum: []string{"client_credentials", "password", "refresh_token"}, need: true, example: "client_credentials", category: "system.operations"},
			str("username", 80, eg("alice"), cat("account.username")), str("password", 200, form("password"), eg("a-long-password"), cat("secret.password")),
			str("client_id", 80, eg("alice"), cat("account.username")), str("client_secret", 200, form("password"), eg("a-long-secret"), cat("secret.api_key")),
			str("refresh_token", 200, eg("rt_..."), secret), str("scope", 200, eg("read write"), system),
		}
		return []*operation{compose(operation{id: "issueToken", path: "/oauth/token", summary: "Issue an access token", public: true, form: true, in: ask, out: tokens, schema: "Tokens", call: (*exchange).token})}
	case bearer, apiKey, basic:
	}
	if !s.public {
		return nil
	}
	return []*operation{compose(operation{
		id: "getStatus", method: "GET", path: "/status", tag: "Status", summary: "Whether the service works", public: true, out: []field{word("status", []string{"ok"}, read)}, schema: "Status",
		call: func(*exchange) (*answer, *problem) { return &answer{status: 200, body: dict{"status": "ok"}}, nil },
	})}
}

func (x *exchange) login() (*answer, *problem) {
	name, _ := x.body["username"].(string)
	password, _ := x.body["password"].(string)
	who := x.t.signIn(name, password)
	if who == nil {
		return nil, refused("The name or the password is wrong.")
	}
	if x.t.style.auth == jwt {
		return x.tokens(who), nil
	}
	token := x.t.newToken("")
	x.t.grants.issue(token, grant{who: who, expires: x.t.now().Add(x.t.life)})
	a := &answer{status: 200, body: map[string]any{"username": who.name, "tenant": who.tenant}, header: http.Header{}}
	c := &http.Cookie{Name: sessionCookie, Value: token, Path: x.t.style.base + "/", HttpOnly: true, Secure: x.r.TLS != nil, SameSite: http.SameSiteStrictMode} //nolint:gosec // Secure would keep the cookie away on a loopback twin without TLS
	a.header.Set("Set-Cookie", c.String())
	return a, nil
}

func (x *exchange) logout() (*answer, *problem) {
	value, _ := x.t.credential(x.r)
	x.t.grants.revoke(value)
	return &answer{status: 204}, nil
}

// renew takes a refresh token once.
func (x *exchange) renew() (*answer, *problem) {
	old, _ := x.body["refresh_token"].(string)
	g, ok := x.t.grants.find(old, x.t.now())
	if !ok || !g.refresh {
		return nil, refused("The refresh token is not valid.")
	}
	x.t.grants.revoke(old)
	return x.tokens(g.who), nil
}

// tokens answers with a new pair.
func (x *exchange) tokens(who *principal) *answer {
	t := x.t
	refresh := t.newToken("rt_")
	var access string
	if t.style.auth == jwt {
		access = t.mint(x, who)
	} else {
		access = t.newToken("at_")
		t.grants.issue(access, grant{who: who, expires: t.now().Add(t.life)})
	}
	t.grants.issue(refresh, grant{who: who, expires: t.now().Add(24 * time.Hour), refresh: true})
	return &answer{status: 200, body: map[string]any{
		"access_token": access, "token_type": "Bearer", "expires_in": int64(max(t.life/time.Second, 1)), "refresh_token": refresh,
	}}
}

// token is the token endpoint (RFC 6749 sections 4.3, 4.4 and 6).
func (x *exchange) token() (*answer, *problem) {
	get := func(name string) string { s, _ := x.body[name].(string); return s }
	switch get("grant_type") {
	case "refresh_token":
		return x.renew()
	case "password":
		if who := x.t.signIn(get("username"), get("password")); who != nil {
			return x.tokens(who), nil
		}
		return nil, refused("The name or the password is wrong.")
	}
	id, secret := get("client_id"), get("client_secret")
	if name, password, ok := x.r.BasicAuth(); ok { // RFC 6749 section 2.3.1: both are form-encoded first
		id, _ = url.QueryUnescape(name)
		secret, _ = url.QueryUnescape(password)
	}
	if who := x.t.signIn(id, secret); who != nil {
		return x.tokens(who), nil
	}
	return nil, refused("The client is not known.")
}
