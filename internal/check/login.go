package check

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"drawbridge"
)

// csrf is a value that a cookie session must repeat in a header when it changes something.
type csrf struct{ header, value string }

// login calls the operation that the manifest names with the account's name and
// secret, and takes the token where the pointer says, else the cookies, else
// what is named like a token.
func (s *Session) login(ctx context.Context, id *Identity) error {
	p := id.def.Params
	o, method, path := s.signInOperation(p["operation"])
	if path == "" {
		return drawbridge.Errorf(drawbridge.Invalid, "identity %s: params.operation %q names no operation; write its id, or METHOD and path", id.Name, p["operation"])
	}
	user, pass := fieldsOf(o)
	user, pass = or(p["username_field"], user, "username"), or(p["password_field"], pass, "password")
	mediaType := p["content_type"]
	if mediaType == "" && o != nil {
		mediaType = o.BodyType
	}
	mediaType, raw, err := encode(or(mediaType, "application/json"), loginBody(user, id.def.Username, pass, id.secret))
	if err != nil {
		return err
	}
	a, err := s.client.do(ctx, id.Name, nil, Request{Method: method, Path: path, Body: raw, Type: mediaType})
	if err != nil {
		return fmt.Errorf("sign in %s: %w", id.Name, err)
	}
	if !a.OK() {
		return drawbridge.Errorf(drawbridge.Unauthenticated, "identity %s: sign-in with %s answered %d: %s. It sent the account in %s and the secret in %s; when the body should be another, set params.username_field and params.password_field (a JSON Pointer such as /user/email where they are nested)",
			id.Name, p["operation"], a.Code(), clip(strings.Join(strings.Fields(s.client.shown(a.Body)), " "), 160), user, pass)
	}
	s.entered(id, method, path, a)
	return s.admitted(id, a)
}

// admitted keeps what a good sign-in gave: cookies, a token, a value against forgery.
func (s *Session) admitted(id *Identity, a *Answer) error {
	pointer := id.def.Params["token"]
	id.jar, id.csrf = nil, csrf{}
	cookies := (&http.Response{Header: a.Header}).Cookies()
	if pointer != "" || len(cookies) == 0 {
		return s.takeToken(id, a.Body, pointer)
	}
	for _, c := range cookies[:min(len(cookies), 10)] {
		id.jar = append(id.jar, cookie(c.Name, c.Value))
		s.client.redact.add(c.Value)
	}
	id.csrf = forgery(id.def.Params, a, cookies)
	s.client.redact.add(id.csrf.value)
	return nil
}

// forgery finds the value against cross-site forgery: where params.csrf points,
// else in what is named csrf or xsrf, in the answer's body or in a cookie.
func forgery(params map[string]string, a *Answer, cookies []*http.Cookie) csrf {
	var doc any
	_ = json.Unmarshal(a.Body, &doc) // a body that is no JSON has no value
	if p := params["csrf"]; strings.HasPrefix(p, "/") {
		value, _ := at(doc, p).(string)
		return csrf{or(params["csrf_header"], "X-CSRF-Token"), value}
	}
	for _, c := range cookies {
		name := snake(c.Name)
		if c.Name == params["csrf"] || strings.Contains(name, "xsrf") || strings.Contains(name, "csrf") {
			header := "X-CSRF-Token"
			if strings.Contains(name, "xsrf") {
				header = "X-XSRF-TOKEN"
			}
			return csrf{or(params["csrf_header"], header), c.Value}
		}
	}
	found := ""
	walk(doc, 0, func(name string, v any) {
		text, _ := v.(string)
		if flat := snake(name); found == "" && text != "" && (strings.Contains(flat, "csrf") || strings.Contains(flat, "xsrf")) {
			found = text
		}
	})
	return csrf{or(params["csrf_header"], "X-CSRF-Token"), found}
}

// loginBody puts name and secret where the fields say: a property's name, or a
// JSON Pointer to one.
func loginBody(user, name, pass, secret string) map[string]any {
	body := map[string]any{}
	put := func(field, value string) {
		in, parts := body, strings.Split(strings.TrimPrefix(field, "/"), "/")
		for _, part := range parts[:len(parts)-1] {
			next, ok := in[part].(map[string]any)
			if !ok {
				next = map[string]any{}
				in[part] = next
			}
			in = next
		}
		in[parts[len(parts)-1]] = value
	}
	put(user, name)
	put(pass, secret)
	return body
}

// fieldsOf reads in the specification where a sign-in takes account and secret:
// "" when it does not say.
func fieldsOf(o *Operation) (user, pass string) {
	if o == nil {
		return "", ""
	}
	accounts := []string{"email", "username", "user", "login", "userid", "account", "accountid", "emailaddress", "identifier", "name"}
	best := len(accounts)
	var look func(s *openapi3.Schema, path string, depth int)
	look = func(s *openapi3.Schema, path string, depth int) {
		props, _ := properties(s, 0)
		for _, name := range slices.Sorted(maps.Keys(props)) {
			p := props[name]
			if p == nil || depth > 3 {
				continue
			}
			if p.Type.Includes("object") || len(p.Properties) > 0 || len(p.AllOf) > 0 {
				look(p, path+"/"+name, depth+1)
				continue
			}
			flat := snake(name)
			switch i := slices.Index(accounts, flat); {
			case pass == "" && (p.Format == "password" || strings.Contains(flat, "passw") || flat == "pass" || flat == "pwd" || flat == "secret"):
				pass = path + "/" + name
			case i >= 0 && i < best:
				best, user = i, path+"/"+name
			}
		}
	}
	look(o.Body, "", 0)
	return user, pass
}

// signInOperation finds a login operation by its id, or by METHOD and path.
func (s *Session) signInOperation(name string) (o *Operation, method, path string) {
	for _, o := range s.all {
		if o.ID == name || o.Name() == name {
			return o, o.Method, o.Path
		}
	}
	method, path, _ = strings.Cut(name, " ")
	return nil, method, path
}

// tokenNames are the properties that sign-ins give tokens in, the surest first.
var tokenNames = []string{"accesstoken", "token", "jwt", "idtoken", "authtoken", "bearertoken", "sessiontoken", "bearer", "sessionid"}

// takeToken keeps the token at a pointer; without a pointer, in the property
// that is named like one.
func (s *Session) takeToken(id *Identity, body []byte, pointer string) error {
	var doc any
	if err := json.Unmarshal(body, &doc); err != nil {
		return drawbridge.Errorf(drawbridge.Unauthenticated, "identity %s: the sign-in's answer is not JSON", id.Name)
	}
	token, _ := at(doc, or(pointer, "/access_token")).(string)
	if pointer == "" && token == "" {
		token = namedToken(doc)
	}
	if token == "" {
		return drawbridge.Errorf(drawbridge.Unauthenticated, "identity %s: the sign-in's answer has no token at %s; set params.token to its JSON Pointer", id.Name, or(pointer, "/access_token"))
	}
	id.token = token
	s.client.redact.add(token)
	life := tokenLife
	if seconds, ok := at(doc, "/expires_in").(float64); ok && seconds > 0 {
		life = min(life, time.Duration(seconds*float64(time.Second)))
	}
	id.expires = s.client.now().Add(life)
	return nil
}

func namedToken(doc any) string {
	best, token := len(tokenNames), ""
	walk(doc, 0, func(name string, v any) {
		text, _ := v.(string)
		if i := slices.Index(tokenNames, snake(name)); text != "" && i >= 0 && i < best {
			best, token = i, text
		}
	})
	return token
}
