package twin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// caller is a client of a twin, written for the tests alone.
type caller struct {
	t      *testing.T
	twin   *Twin
	name   string // "" is nobody
	secret string
	token  string
	http   *http.Client
	router routers.Router // when set, every answer is checked against the specification
}

func start(t *testing.T, opt Options) *Twin {
	t.Helper()
	if opt.Now == nil {
		opt.Now = time.Now
	}
	tw, err := Start(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tw.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return tw
}

func call(t *testing.T, tw *Twin, name string) *caller {
	t.Helper()
	jar, _ := cookiejar.New(nil)
	tr := &http.Transport{DisableCompression: true}
	t.Cleanup(tr.CloseIdleConnections)
	c := &caller{t: t, twin: tw, name: name, http: &http.Client{Jar: jar, Transport: tr, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if name == "" {
		return c
	}
	secret, err := tw.Secret("env:TWIN_" + strings.ToUpper(name))
	if err != nil {
		t.Fatal(err)
	}
	c.secret = secret
	c.signIn()
	return c
}

func (c *caller) signIn() {
	c.t.Helper()
	var r reply
	switch c.twin.style.auth {
	case session:
		r = c.send("POST", "/login", dict{"username": c.name, "password": c.secret}, nil)
	case jwt:
		r = c.send("POST", "/auth/login", dict{"username": c.name, "password": c.secret}, nil)
	case oauth:
		form := dict{"grant_type": "client_credentials", "client_id": c.name, "client_secret": c.secret}
		if c.name == "bob" {
			form = dict{"grant_type": "password", "username": c.name, "password": c.secret}
		}
		r = c.send("POST", "/oauth/token", form, nil)
	default:
		return
	}
	if r.status != 200 {
		c.t.Fatalf("sign in %s = %d %s", c.name, r.status, r.raw)
	}
	c.token, _ = r.body()["access_token"].(string)
}

type reply struct {
	t      *testing.T
	status int
	header http.Header
	raw    []byte
}

func (r reply) value() any {
	var v any
	if err := json.Unmarshal(r.raw, &v); err != nil {
		r.t.Fatalf("answer %d %q is not JSON: %v", r.status, r.raw, err)
	}
	return v
}

func (r reply) body() map[string]any { m, _ := r.value().(map[string]any); return m }

func (c *caller) auth(r *http.Request) {
	if c.name == "" {
		return
	}
	switch c.twin.style.auth {
	case bearer:
		r.Header.Set("Authorization", "Bearer "+c.secret)
	case apiKey:
		r.Header.Set("X-API-Key", c.secret)
	case basic:
		r.SetBasicAuth(c.name, c.secret)
	case jwt, oauth:
		if c.token != "" {
			r.Header.Set("Authorization", "Bearer "+c.token)
		}
	case session: // the jar has it
	}
}

// send sends a body in the form that the operation takes; []byte goes as it is.
func (c *caller) send(method, path string, body any, edit func(*http.Request)) reply {
	c.t.Helper()
	var raw []byte
	media := mediaJSON
	if c.twin.style.form || strings.HasPrefix(path, "/oauth/") {
		media = mediaForm
	}
	switch b := body.(type) {
	case nil:
	case []byte:
		raw = b
	default:
		if media == mediaForm {
			form := url.Values{}
			flatten(form, "", b)
			raw = []byte(form.Encode())
		} else {
			raw, _ = json.Marshal(b)
		}
	}
	req, err := http.NewRequestWithContext(context.Background(), method, c.twin.URL()+path, bytes.NewReader(raw))
	if err != nil {
		c.t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", media)
	}
	c.auth(req)
	if edit != nil {
		edit(req)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	r := reply{t: c.t, status: resp.StatusCode, header: resp.Header, raw: got}
	c.conform(req, raw, r)
	return r
}

func flatten(form url.Values, key string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if key != "" {
				k = key + "[" + k + "]"
			}
			flatten(form, k, x)
		}
	case []any:
		for _, x := range v {
			flatten(form, key+"[]", x)
		}
	default:
		form.Add(key, fmt.Sprint(v))
	}
}

var ( // read once for each style: the specification does not change
	readMu   sync.Mutex
	readDocs = map[string]routers.Router{}
)

// conforming returns the style's router, from the first twin that asked.
func conforming(t *testing.T, tw *Twin) routers.Router {
	t.Helper()
	readMu.Lock()
	defer readMu.Unlock()
	if readDocs[tw.Style()] == nil {
		_, readDocs[tw.Style()] = document(t, tw)
	}
	return readDocs[tw.Style()]
}

// document loads and validates the twin's specification.
func document(t *testing.T, tw *Twin) (*openapi3.T, routers.Router) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(tw.Spec())
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatalf("specification of %s: %v", tw.Style(), err)
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return doc, router
}

// conform checks an answer against the specification.
func (c *caller) conform(req *http.Request, raw []byte, r reply) {
	c.t.Helper()
	if c.router == nil {
		return
	}
	u, _ := url.Parse("https://" + c.twin.style.host + req.URL.RequestURI())
	again := req.Clone(context.Background())
	again.URL, again.Host, again.Body = u, u.Host, io.NopCloser(bytes.NewReader(raw))
	route, params, err := c.router.FindRoute(again)
	if err != nil {
		c.t.Errorf("%s %s: %v", req.Method, req.URL.Path, err)
		return
	}
	in := &openapi3filter.RequestValidationInput{
		Request: again, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, MultiError: true},
	}
	if r.status < 300 {
		if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
			c.t.Errorf("request %s %s %s does not conform, and was taken: %v", req.Method, req.URL.Path, raw, err)
		}
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: r.status, Header: r.header, Options: in.Options}
	out.SetBodyBytes(r.raw)
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		c.t.Errorf("answer to %s %s: %d %s: %v", req.Method, req.URL.Path, r.status, r.raw, err)
	}
}

// input makes a valid body for the operation, with references to the caller's objects.
func (c *caller) input(o *operation) dict {
	body := c.twin.style.sample(o.in)
	for _, f := range o.in {
		if f.ref != "" {
			if id := c.find(f.ref); id != "" {
				body[f.name] = c.twin.store.idValue(id)
			} else {
				delete(body, f.name)
			}
		}
		if body[f.name] == nil {
			delete(body, f.name)
		}
	}
	if o.effect == doCreate && o.res.unique != "" {
		body[o.res.unique] = fmt.Sprintf("U-%d", c.twin.Requests())
	}
	return body
}

// find returns the id of one of the caller's objects, as its list shows them.
func (c *caller) find(resource string) string {
	ids := c.pool(resource)
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}

func (c *caller) pool(resource string) []string {
	c.t.Helper()
	for _, o := range c.twin.ops {
		if o.res == nil || o.res.name != resource || o.effect != doList {
			continue
		}
		return c.listed(c.send("GET", c.path(o, ""), nil, nil))
	}
	return nil
}

func (c *caller) listed(r reply) []string {
	c.t.Helper()
	rows, _ := r.value().([]any)
	if name := c.twin.style.envelope.items; name != "" {
		rows, _ = r.body()[name].([]any)
	}
	var out []string
	for _, row := range rows {
		switch id := row.(map[string]any)["id"].(type) {
		case string:
			out = append(out, id)
		case float64:
			out = append(out, fmt.Sprintf("%.0f", id))
		}
	}
	return out
}

// path fills the template: id for the operation's own object, where it is given.
func (c *caller) path(o *operation, id string) string {
	path := o.path
	for up := o.res; up != nil; up = c.twin.style.resource(up.parent) {
		names := []string{"{" + up.param + "}"}
		if o.res.flat && up != o.res {
			names = []string{"{" + up.name + "}"}
		}
		for _, name := range names {
			if !strings.Contains(path, name) {
				continue
			}
			value := id
			if up != o.res || value == "" {
				value = c.find(up.name)
			}
			path = strings.Replace(path, name, value, 1)
		}
	}
	return path
}

// made creates an object and returns its id.
func (c *caller) made(resource string) string {
	c.t.Helper()
	for _, o := range c.twin.ops {
		if o.res == nil || o.res.name != resource || o.effect != doCreate {
			continue
		}
		r := c.send("POST", c.path(o, ""), c.input(o), nil)
		if r.status > 299 {
			c.t.Fatalf("%s as %s = %d %s", o.id, c.name, r.status, r.raw)
		}
		return c.listed(reply{t: c.t, raw: wrap(c.twin.style, r.raw)})[0]
	}
	return c.find(resource)
}

func wrap(s *style, raw []byte) []byte {
	if s.envelope.items == "" {
		return fmt.Appendf(nil, "[%s]", raw)
	}
	return fmt.Appendf(nil, "{%q:[%s]}", s.envelope.items, raw)
}
