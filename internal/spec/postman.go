package spec

import (
	"net/url"
	"slices"
	"strings"

	"drawbridge"
)

// collection carries the state of one Postman collection.
type collection struct {
	*reader
	vars map[string]string
}

// postman reads a Postman collection 2.0 or 2.1; an export may wrap it.
func (r *reader) postman(*node) error {
	root := &r.main.root
	if inner := root.get("collection"); inner.is(object) {
		root = inner
	}
	info, err := r.main.child(root, "info", "info", object)
	if err != nil {
		return err
	}
	schema := info.text("schema")
	if schema != "" && !strings.Contains(schema, "/v2.") {
		return r.main.errorf(info, "the collection is of schema %q; 2.0 and 2.1 are read, export it again as 2.1", clip(schema, 100))
	}
	r.api.Format, r.api.Sampled = "Postman 2.1", true
	if strings.Contains(schema, "/v2.0") {
		r.api.Format = "Postman 2.0"
	}
	r.api.Title = oneLine(info.text("name"))
	r.api.Description = oneLine(prose(info.get("description")))
	c := collection{r, map[string]string{}}
	for _, v := range root.get("variable").members() {
		name := v.val.text("key")
		if name == "" {
			name = v.val.text("id")
		}
		c.vars[name] = v.val.text("value")
	}
	return c.items(root, "", root.get("auth"), 0)
}

func prose(n *node) string {
	if n.is(object) {
		return n.text("content")
	}
	if n.is(text) {
		return n.str
	}
	return ""
}

// items reads a folder: its folders and requests. Only the top folder is a tag.
func (c *collection) items(folder *node, tag string, auth *node, depth int) error {
	list, err := c.main.child(folder, "item", "item", list)
	if err != nil {
		return err
	}
	for i := range list.members() {
		it := &list.kids[i].val
		if it.kind != object {
			return c.main.wrong(it, "an item", object)
		}
		own := auth
		if a := it.get("auth"); a.is(object) {
			own = a
		}
		if it.get("item") != nil {
			next := tag
			if next == "" {
				next = oneLine(it.text("name"))
			}
			if err := c.items(it, next, own, depth+1); err != nil {
				return err
			}
			continue
		}
		if err := c.request(it, tag, own); err != nil {
			return err
		}
	}
	return nil
}

func (c *collection) request(it *node, tag string, auth *node) error {
	req, err := c.main.child(it, "request", "request", object, text)
	if err != nil || req == nil {
		return err
	}
	s := spot{c.main, it}
	if len(c.api.Operations) >= maxOperations {
		return c.main.errorf(it, "more than %d operations", maxOperations)
	}
	address := req.get("url")
	if req.kind == text {
		address = req
	}
	raw := address.text("raw")
	if address.is(text) {
		raw = address.str
	}
	u, err := url.Parse(c.fill(raw))
	if err != nil || raw == "" {
		c.warn(s, "the request %q has no address that can be used; it is left out", clip(it.text("name"), 60))
		return nil //nolint:nilerr // a request without an address is a warning, not the end of the import
	}
	o := Operation{Method: strings.ToUpper(clip(req.text("method"), 10)), Tag: tag, Summary: oneLine(it.text("name"))}
	if o.Method == "" {
		o.Method = "GET"
	}
	if !slices.Contains(methods, strings.ToLower(o.Method)) {
		c.warn(s, "the method %q of request %q is not known; it is left out", o.Method, clip(it.text("name"), 60))
		return nil
	}
	var params []string
	o.Path, params = holes(u.Path)
	o.ID = c.unique(s, cleanID(madeID(o.Method, o.Path)))
	if u.Host != "" {
		o.Servers = c.server(nil, s, u.Scheme+"://"+u.Host)
	} else {
		c.warn(s, "the address %q names no host; write it into interfaces[api].hosts", clip(raw, 80))
	}
	for _, p := range params {
		c.hole(&o, p)
	}
	c.parts(&o, s, req, address, u)
	if a := req.get("auth"); a.is(object) {
		auth = a
	}
	c.auth(&o, auth)
	c.api.Operations = append(c.api.Operations, o)
	return nil
}

// parts adds what a request and its saved answers carry.
func (c *collection) parts(o *Operation, s spot, req, address *node, u *url.URL) {
	query := address.get("query")
	for _, q := range query.members() {
		c.named(o, drawbridge.AtQuery, q.val.text("key"), prose(q.val.get("description")))
	}
	if query == nil {
		c.form(o, drawbridge.AtQuery, u.RawQuery)
	}
	for _, h := range req.get("header").members() {
		c.header(o, h.val.text("key"), c.fill(h.val.text("value")))
	}
	body := req.get("body")
	switch mode := body.text("mode"); mode {
	case "raw":
		media := "application/json"
		for _, h := range req.get("header").members() {
			if strings.EqualFold(h.val.text("key"), "content-type") {
				media = h.val.text("value")
			}
		}
		if body.get("options").get("raw").text("language") == "xml" {
			media = "application/xml"
		}
		addType(&o.RequestTypes, media)
		c.sample(o, drawbridge.AtRequest, media, quoteHoles(body.text("raw")), s)
	case "urlencoded", "formdata":
		addType(&o.RequestTypes, map[string]string{"urlencoded": "application/x-www-form-urlencoded", "formdata": "multipart/form-data"}[mode])
		for _, p := range body.get(mode).members() {
			at := drawbridge.AtRequest
			if p.val.text("type") == "file" {
				at = drawbridge.AtFile
			}
			c.named(o, at, p.val.text("key"), prose(p.val.get("description")))
		}
	case "file":
		addType(&o.RequestTypes, "application/octet-stream")
		c.add(o, Field{At: drawbridge.AtFile, Schema: &Schema{Format: "binary"}})
	case "graphql":
		addType(&o.RequestTypes, "application/graphql")
		c.sample(o, drawbridge.AtRequest, "application/json", body.get("graphql").text("variables"), s)
	}
	for _, answer := range s.n.get("response").members() {
		media := "application/json"
		for _, h := range answer.val.get("header").members() {
			if strings.EqualFold(h.val.text("key"), "content-type") {
				media = h.val.text("value")
			}
		}
		addType(&o.ResponseTypes, media)
		c.sample(o, drawbridge.AtResponse, media, answer.val.text("body"), s)
	}
}

// auth notes how a request signs in. A credential in clear text must not be
// copied into a repository, so that the file is not kept then.
func (c *collection) auth(o *Operation, auth *node) {
	kind := auth.text("type")
	if kind == "" || kind == "noauth" {
		o.Open = kind == "noauth"
		return
	}
	params := map[string]string{}
	for _, p := range auth.get(kind).members() {
		name, value := p.key, p.val.str
		if p.val.kind == object {
			name, value = p.val.text("key"), p.val.text("value")
		}
		params[name] = value
		switch name {
		case "value", "token", "password", "accessToken", "clientSecret", "secretKey", "refreshToken":
			if value != "" && !strings.Contains(value, "{{") {
				c.api.Secret = "the collection holds a credential in clear text"
			}
		}
	}
	s := Scheme{Name: kind, In: "header"}
	switch kind {
	case "basic", "bearer":
		s.Type = kind
	case "jwt":
		s.Type = "jwt"
	case "apikey":
		s.Type, s.Param = "api_key", params["key"]
		if params["in"] == "query" {
			s.In = "query"
		}
	case "oauth2":
		s.Type, s.Grant = "oauth2_authorization_code", "authorization_code"
		for _, g := range grants {
			if strings.ReplaceAll(g.grant, "_credentials", "") == strings.ReplaceAll(params["grant_type"], "_credentials", "") {
				s.Type, s.Grant = g.auth, g.grant
			}
		}
		s.TokenURL = c.tokenURL(c.fill(params["accessTokenUrl"]))
		s.Scopes = strings.Fields(strings.ReplaceAll(params["scope"], ",", " "))
		slices.Sort(s.Scopes)
	case "hawk", "awsv4", "edgegrid", "asap":
		s.Type = "hmac"
	case "digest", "ntlm":
		s.Type = "password"
	}
	c.scheme(o, s)
}

// fill replaces {{variables}} that the collection defines.
func (c *collection) fill(s string) string {
	for range 5 { // a variable may stand for others
		next := s
		for rest := s; ; {
			_, after, ok := strings.Cut(rest, "{{")
			name, tail, closed := strings.Cut(after, "}}")
			if !ok || !closed {
				break
			}
			if v, known := c.vars[strings.TrimSpace(name)]; known && len(next) < 10_000 {
				next = strings.Replace(next, "{{"+name+"}}", v, 1)
			}
			rest = tail
		}
		if next == s {
			break
		}
		s = next
	}
	if host, rest, ok := strings.Cut(s, "}}"); ok && strings.HasPrefix(host, "{{") {
		return rest // an address that starts with an unknown variable has no host
	}
	if s != "" && !strings.Contains(s, "://") && !strings.HasPrefix(s, "/") {
		return "https://" + s
	}
	return s
}

// holes turns :name, {{name}} and what looks like a value into {name}.
func holes(p string) (string, []string) {
	var params []string
	segs := strings.Split(strings.Trim(p, "/"), "/")
	for i, seg := range segs {
		name := ""
		switch {
		case strings.HasPrefix(seg, ":") && len(seg) > 1:
			name = seg[1:]
		case strings.HasPrefix(seg, "{{") && strings.HasSuffix(seg, "}}"):
			name = strings.TrimSpace(seg[2 : len(seg)-2])
		case strings.HasPrefix(seg, "{") && strings.HasSuffix(seg, "}"):
			name = seg[1 : len(seg)-1]
		case variable(seg):
			_, found := template("/" + strings.Join(segs[:i+1], "/"))
			name = found[len(found)-1]
		}
		if name != "" && !slices.Contains(params, name) {
			params = append(params, name)
			segs[i] = "{" + name + "}"
		}
	}
	return clip("/"+strings.Join(segs, "/"), maxText), params
}

// quoteHoles makes JSON of a body whose values are {{variables}} without quotes.
func quoteHoles(s string) string {
	var b strings.Builder
	inText := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && inText && i+1 < len(s):
			b.WriteByte(s[i])
			i++
		case s[i] == '"':
			inText = !inText
		case !inText && strings.HasPrefix(s[i:], "{{"):
			if end := strings.Index(s[i:], "}}"); end > 0 {
				b.WriteString("null")
				i += end + 1
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
