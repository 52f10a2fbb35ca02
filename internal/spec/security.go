package spec

import (
	"net/url"
	"slices"
	"strings"
)

// schemes reads the map of security schemes with one reader for each format.
func (r *reader) schemes(parent *node, key string, read func(spot, *Scheme)) error {
	n, err := r.main.child(parent, key, key, object)
	if err != nil {
		return err
	}
	for i := range n.members() {
		m := &n.kids[i]
		s, ok, err := r.follow(spot{r.main, &m.val})
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if s.n.kind != object {
			return s.doc.wrong(s.n, "the security scheme "+clip(m.key, 60), object)
		}
		out := Scheme{Name: m.key}
		read(s, &out)
		if out.Type == "" {
			r.warn(s, "the security scheme %q is of a type that has no word here (%s); write interfaces[...].auth by hand", clip(m.key, 60), clip(s.n.text("type"), 40))
		}
		r.api.Schemes = append(r.api.Schemes, out)
	}
	return nil
}

// grants in the order in which a server-side integration would choose.
var grants = []struct{ key, auth, grant string }{
	{"clientCredentials", "oauth2_client_credentials", "client_credentials"},
	{"application", "oauth2_client_credentials", "client_credentials"},
	{"authorizationCode", "oauth2_authorization_code", "authorization_code"},
	{"accessCode", "oauth2_authorization_code", "authorization_code"},
	{"deviceAuthorization", "", "device_code"},
	{"password", "oauth2_password", "password"},
	{"implicit", "oauth2_implicit", "implicit"},
}

// scheme3 reads a security scheme of OpenAPI 3.
func (r *reader) scheme3(s spot, out *Scheme) {
	switch s.n.text("type") {
	case "apiKey":
		apiKey(s.n, out)
	case "http":
		httpScheme(s.n, out)
	case "mutualTLS":
		out.Type, out.In = "mtls", "tls"
	case "openIdConnect":
		out.Type, out.In = "oidc", "header"
	case "oauth2":
		flows := s.n.get("flows")
		for _, g := range grants {
			if f := flows.get(g.key); f != nil && out.Grant == "" {
				out.Type, out.Grant, out.In = g.auth, g.grant, "header"
				out.TokenURL = r.tokenURL(f.text("tokenUrl"))
			}
		}
		if len(flows.members()) > 1 {
			r.warn(s, "the OAuth scheme %q offers several grants; %s is assumed", clip(out.Name, 60), out.Grant)
		}
	}
}

func apiKey(n *node, out *Scheme) {
	out.Type, out.Param = "api_key", n.text("name")
	if in := n.text("in"); slices.Contains([]string{"header", "query", "cookie"}, in) {
		out.In = in
	}
	if out.In == "cookie" {
		out.Type = "cookie"
	}
}

func httpScheme(n *node, out *Scheme) {
	out.In = "header"
	switch scheme := strings.ToLower(n.text("scheme")); scheme {
	case "basic":
		out.Type = "basic"
	case "bearer":
		out.Type = "bearer"
		if strings.EqualFold(n.text("bearerFormat"), "jwt") {
			out.Type = "jwt"
		}
	case "hmac", "signature":
		out.Type = "hmac"
	case "digest":
		out.Type = "password"
	}
}

// tokenURL makes a token address absolute where that is possible.
func (r *reader) tokenURL(raw string) string {
	u, err := url.Parse(raw)
	if raw == "" || err != nil {
		return ""
	}
	if u.Host == "" {
		if len(r.api.Servers) == 0 {
			return ""
		}
		base, err := url.Parse(r.api.Servers[0].URL)
		if err != nil {
			return ""
		}
		u = base.ResolveReference(u)
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.User != nil || !validHost(hostOf(u)) {
		return ""
	}
	u.Fragment = ""
	return u.String()
}

// securityOf reads the requirements that hold for operations without their own.
func (r *reader) securityOf(root *node) error {
	n, err := r.main.child(root, "security", "security", list)
	if err != nil {
		return err
	}
	r.security = alternatives(n)
	return nil
}

func alternatives(n *node) []*node {
	var out []*node
	for i := range n.members() {
		out = append(out, &n.kids[i].val)
	}
	return out
}

// demand notes the schemes that an operation accepts.
func (r *reader) demand(o *Operation, choices []*node) {
	for _, c := range choices {
		if c.kind != object {
			continue
		}
		if len(c.kids) == 0 {
			o.Open = true
		}
		for i := range c.kids {
			name, scopes := c.kids[i].key, c.kids[i].val.texts()
			if name == "$ref" { // AsyncAPI 3 points at the scheme
				name = c.kids[i].val.str[strings.LastIndexByte(c.kids[i].val.str, '/')+1:]
			}
			slices.Sort(scopes)
			o.accept(name, slices.Compact(scopes))
		}
	}
}

// accept adds one scheme, once.
func (o *Operation) accept(scheme string, scopes []string) {
	if !slices.ContainsFunc(o.Accepts, func(d Demand) bool { return d.Scheme == scheme }) {
		d := Demand{Scheme: scheme}
		if len(scopes) > 0 {
			d.Scopes = scopes
		}
		o.Accepts = append(o.Accepts, d)
	}
}
