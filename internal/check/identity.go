package check

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/manifest"
)

// Identity is a synthetic account that the run signs in with. Its credential
// never leaves the engine.
type Identity struct {
	Name  string
	Role  string
	Probe *Operation // that proved it

	def     manifest.Identity
	probe   Request
	secret  string
	token   string    // what sign-in gave; empty for static credentials
	expires time.Time // zero: not known
	jar     []*http.Cookie
	csrf    csrf
}

// tokenLife is how long a token is used when its issuer does not say.
const tokenLife = 4 * time.Minute

// signIn gets what the identity needs to call the API.
func (s *Session) signIn(ctx context.Context, id *Identity) error {
	switch id.def.Type {
	case "login":
		return s.login(ctx, id)
	case "oauth2_client_credentials", "oauth2_password":
		return s.oauth(ctx, id)
	case "bearer", "basic", "api_key", "cookie":
		return nil
	}
	return drawbridge.Errorf(drawbridge.Invalid, "identity %s: type %q is not known; write bearer, basic, api_key, cookie, login, oauth2_client_credentials or oauth2_password", id.Name, id.def.Type)
}

// renew signs in again when the token is about to end.
func (s *Session) renew(ctx context.Context, id *Identity) error {
	if id.expires.IsZero() || s.client.now().Add(5*time.Second).Before(id.expires) {
		return nil
	}
	return s.signIn(ctx, id)
}

// auth adds the identity's credential to a request.
func (id *Identity) auth(req *http.Request) {
	p := id.def.Params
	switch id.def.Type {
	case "basic":
		req.SetBasicAuth(id.def.Username, id.secret)
	case "api_key":
		switch name := or(p["header"], p["name"], "X-API-Key"); p["in"] {
		case "query":
			q := req.URL.Query()
			q.Set(name, id.secret)
			req.URL.RawQuery = q.Encode()
		case "cookie":
			req.AddCookie(cookie(name, id.secret))
		default:
			req.Header.Set(name, id.secret)
		}
	case "cookie":
		req.AddCookie(cookie(or(p["cookie"], p["name"], "session"), id.secret))
	default:
		if id.token != "" || id.def.Type == "bearer" {
			req.Header.Set(or(p["header"], "Authorization"), or(p["scheme"], "Bearer")+" "+or(id.token, id.secret))
		}
	}
	for _, c := range id.jar {
		req.AddCookie(c)
	}
	if id.csrf.value != "" && req.Method != http.MethodGet && req.Method != http.MethodHead {
		req.Header.Set(id.csrf.header, id.csrf.value)
	}
}

// cookie makes one to send; attributes belong to the side that sets it.
func cookie(name, value string) *http.Cookie {
	return &http.Cookie{Name: name, Value: value} //nolint:gosec // sent, not set
}

// dynamic reports that the identity signs in, and so can sign in again.
func (id *Identity) dynamic() bool {
	return id.def.Type == "login" || strings.HasPrefix(id.def.Type, "oauth2_")
}

// ProbeRequest returns the good read that proved the identity.
func (id *Identity) ProbeRequest() Request { return id.probe.Clone() }

// Tenant returns the account that the identity belongs to at the partner, as
// the manifest says; "" when it does not.
func (id *Identity) Tenant() string { return id.def.Params["tenant"] }

// ByCookie reports that a browser would send the identity's credential by itself.
func (id *Identity) ByCookie() bool { return id.def.Type == "cookie" || len(id.jar) > 0 }

// Bearer returns the token that the identity sends, or "".
func (id *Identity) Bearer() string {
	switch id.def.Type {
	case "bearer":
		return id.secret
	case "login", "oauth2_client_credentials", "oauth2_password":
		return id.token
	}
	return ""
}

// With returns an identity that sends another token in the same place.
func (id *Identity) With(name, token string) *Identity {
	return &Identity{Name: name, def: manifest.Identity{Name: name, Type: "bearer", Params: id.def.Params}, secret: token}
}

// Garbage returns an identity that sends, in the same place and form, a
// credential that nobody issued.
func (id *Identity) Garbage(value string) *Identity {
	out := &Identity{Name: "nobody", def: id.def, secret: value}
	if id.token != "" {
		out.token = value
	}
	for _, c := range id.jar {
		out.jar = append(out.jar, cookie(c.Name, value))
	}
	if id.csrf.value != "" {
		out.csrf = csrf{id.csrf.header, value}
	}
	return out
}

// entered remembers that an operation of the specification was driven by signing in.
func (s *Session) entered(id *Identity, method, path string, a *Answer) {
	for _, o := range s.all {
		if o.Method == method && o.Path == path {
			o.entered[id.Name] = a.Status
		}
	}
}

// oauth asks the token endpoint (RFC 6749 sections 4.3 and 4.4).
func (s *Session) oauth(ctx context.Context, id *Identity) error {
	p := id.def.Params
	form := url.Values{"grant_type": {"client_credentials"}}
	if id.def.Type == "oauth2_password" {
		form = url.Values{"grant_type": {"password"}, "username": {id.def.Username}, "password": {id.secret}}
		if p["client_id"] != "" {
			form.Set("client_id", p["client_id"])
		}
	}
	if p["scope"] != "" {
		form.Set("scope", p["scope"])
	}
	path, err := s.below(or(p["token_url"], "/oauth/token"))
	if err != nil {
		return err
	}
	auth := func(*http.Request) {}
	if id.def.Type == "oauth2_client_credentials" {
		auth = func(r *http.Request) { r.SetBasicAuth(url.QueryEscape(id.def.Username), url.QueryEscape(id.secret)) }
	}
	a, err := s.client.do(ctx, id.Name, auth, Request{Method: "POST", Path: path, Body: []byte(form.Encode()), Type: "application/x-www-form-urlencoded"})
	if err != nil {
		return fmt.Errorf("sign in %s: %w", id.Name, err)
	}
	if !a.OK() {
		return drawbridge.Errorf(drawbridge.Unauthenticated, "identity %s: the token endpoint answered %d", id.Name, a.Status)
	}
	s.entered(id, "POST", path, a)
	return s.takeToken(id, a.Body, "/access_token")
}

// below turns an address at the target into a path below the base URL.
func (s *Session) below(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", drawbridge.Errorf(drawbridge.Invalid, "token_url %q is not an address", address)
	}
	if u.Host != "" && u.Host != s.client.base.Host {
		return "", drawbridge.Errorf(drawbridge.Denied, "token_url %s is outside the run's scope; only %s is", u.Redacted(), s.client.base.Host)
	}
	return strings.TrimPrefix(u.RequestURI(), strings.TrimRight(s.client.base.Path, "/")), nil
}

// at follows a JSON Pointer (RFC 6901).
func at(doc any, pointer string) any {
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		m, ok := doc.(map[string]any)
		if !ok {
			return nil
		}
		doc = m[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
	}
	return doc
}

func or(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
