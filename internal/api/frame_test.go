package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/api"
	"drawbridge/internal/client"
	"drawbridge/internal/seal"
)

// ask sends a request past the client, as a stranger to it would. Headers come
// as "Name: value".
func (w *world) ask(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	req := httptest.NewRequestWithContext(w.t.Context(), method, "http://localhost/", strings.NewReader(body))
	req.URL.Path, req.URL.RawQuery, _ = strings.Cut(path, "?")
	req.RemoteAddr = "127.0.0.1:1234"
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			req.Host = value
		}
		if name == "Remote" {
			req.RemoteAddr = value
		}
		req.Header.Add(name, value)
	}
	rec := httptest.NewRecorder()
	w.server.Config.Handler.ServeHTTP(rec, req)
	return rec
}

const asJSON = "Content-Type: application/json"

// bearer makes the first administrator, and returns the header that says so.
func (w *world) bearer() string {
	w.t.Helper()
	w.first()
	return w.again("root@drawbridge.example")
}

// again signs somebody in, and returns the header that says so.
func (w *world) again(email string) string {
	w.t.Helper()
	in, err := w.client(seal.Hidden{}).SignIn(w.t.Context(), client.SignIn{Email: email, Password: client.Hide(password)})
	if err != nil {
		w.t.Fatal(err)
	}
	return "Authorization: Bearer " + in.Secret.Reveal()
}

func problemOf(t *testing.T, rec *httptest.ResponseRecorder) client.ProblemDetails {
	t.Helper()
	var p client.ProblemDetails
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil || rec.Header().Get("Content-Type") != "application/problem+json" {
		t.Fatalf("no problem: %v %v %s", err, rec.Header(), rec.Body)
	}
	if p.Status != rec.Code || p.Instance != rec.Header().Get("Drawbridge-Request") || p.Title == "" {
		t.Errorf("problem %+v does not say what the answer %d %v says", p, rec.Code, rec.Header())
	}
	return p
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	for _, tt := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/", 404, ""},
		{"GET", "/api/v1/nothing", 404, ""},
		{"OPTIONS", "/api/v1/nothing", 404, ""},
		{"GET", "/api/v1/../v1/health", 404, ""},
		{"GET", "//api/v1/health", 404, ""},
		{"GET", "/api/v1/health/", 404, ""},
		{"GET", "/api/v1/\r\nfake log line", 404, ""},
		{"GET", "/api/v1/health", 200, ""},
		{"HEAD", "/api/v1/health", 200, ""},
		{"OPTIONS", "/api/v1/health", 204, "GET, HEAD, OPTIONS"},
		{"POST", "/api/v1/health", 405, "GET, HEAD, OPTIONS"},
		{"BREW", "/api/v1/health", 405, "GET, HEAD, OPTIONS"},
		{"GET", "/api/v1/session", 405, "POST, DELETE, OPTIONS"},
		{"DELETE", "/api/v1/people/per_1", 405, "GET, HEAD, PATCH, OPTIONS"},
		{"GET", "/api/v1/people", 401, ""},
	} {
		rec := w.ask(tt.method, tt.path, "", "Drawbridge-Request: mine", "X-Request-Id: mine")
		if rec.Code != tt.status || rec.Header().Get("Allow") != tt.allow {
			t.Errorf("%s %q = %d, Allow %q, want %d, %q", tt.method, tt.path, rec.Code, rec.Header().Get("Allow"), tt.status, tt.allow)
		}
		if id := rec.Header().Get("Drawbridge-Request"); !drawbridge.ValidID("req", id) {
			t.Errorf("%s %q: request id %q is not the server's", tt.method, tt.path, id)
		}
		if tt.status >= 400 {
			problemOf(t, rec)
		}
		if tt.method == "HEAD" && rec.Body.Len() != 0 {
			t.Errorf("HEAD has a body: %s", rec.Body)
		}
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		w := newWorld(t, "", func(p *parts) { p.front.Secure = secure })
		for _, path := range []string{"/api/v1/health", "/api/v1/nothing", "/api/v1/people", "/api/v1/openapi.json"} {
			h := w.ask("GET", path, "").Header()
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
			} {
				if h.Get(name) != want {
					t.Errorf("%s: %s is %q, want %q", path, name, h.Get(name), want)
				}
			}
			if !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") || (h.Get("Strict-Transport-Security") != "") != secure {
				t.Errorf("%s, secure %v: %v", path, secure, h)
			}
		}
	}
}

func TestStrictRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	auth := w.bearer()
	good := `{"email":"x@drawbridge.example","name":"X","roles":["tester"],"reason":"r"}`
	for name, tt := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
		says               string
	}{
		"an unknown key":         {"POST", "/api/v1/people", `{"email":"x","admin":true}`, []string{asJSON}, 400, `"/admin"`},
		"a key in other case":    {"POST", "/api/v1/people", `{"Email":"x"}`, []string{asJSON}, 400, `"/Email"`},
		"a key twice":            {"POST", "/api/v1/people", `{"email":"x","email":"y"}`, []string{asJSON}, 400, "stands twice"},
		"something behind":       {"POST", "/api/v1/people", good + `{}`, []string{asJSON}, 400, "follows"},
		"a list":                 {"POST", "/api/v1/people", `[]`, []string{asJSON}, 400, "no JSON object"},
		"null":                   {"POST", "/api/v1/people", `null`, []string{asJSON}, 400, "no JSON object"},
		"nothing":                {"POST", "/api/v1/people", ``, []string{asJSON}, 400, "JSON"},
		"a wrong type":           {"POST", "/api/v1/people", `{"email":1}`, []string{asJSON}, 400, "email in the body is a number; string is expected"},
		"broken text":            {"POST", "/api/v1/people", "{\"email\":\"\xff\"}", []string{asJSON}, 400, "UTF-8"},
		"the mask of a secret":   {"PUT", "/api/v1/me/password", `{"old":"[hidden]","password":"x"}`, []string{asJSON}, 400, "mask"},
		"deep nesting":           {"POST", "/api/v1/people", strings.Repeat(`{"a":`, 10000), []string{asJSON}, 413, "deep"},
		"another type":           {"POST", "/api/v1/people", good, []string{"Content-Type: text/plain"}, 400, "application/json"},
		"no type":                {"POST", "/api/v1/people", good, nil, 400, "application/json"},
		"a form":                 {"POST", "/api/v1/people", "email=x", []string{"Content-Type: application/x-www-form-urlencoded"}, 400, "application/json"},
		"compressed":             {"POST", "/api/v1/people", good, []string{asJSON, "Content-Encoding: gzip"}, 400, "Content-Encoding"},
		"too large":              {"POST", "/api/v1/people", `{"email":"` + strings.Repeat("x", 1<<20) + `"}`, []string{asJSON}, 413, "1MiB"},
		"a body of a read":       {"GET", "/api/v1/people", good, []string{asJSON}, 400, "takes no body"},
		"an unknown parameter":   {"GET", "/api/v1/people?all=true", "", nil, 400, `"all"`},
		"a token in the address": {"GET", "/api/v1/people?access_token=dbt_x", "", nil, 400, "never goes into the address"},
		"a parameter twice":      {"GET", "/api/v1/people?limit=1&limit=2", "", nil, 400, "more than once"},
		"a limit of no number":   {"GET", "/api/v1/people?limit=ten", "", nil, 400, "whole number"},
		"a negative limit":       {"GET", "/api/v1/people?limit=-1", "", nil, 400, "whole number"},
		"a limit too large":      {"GET", "/api/v1/people?limit=201", "", nil, 400, "at most 200"},
		"a broken query":         {"GET", "/api/v1/people?a=%zz", "", nil, 400, "cannot be read"},
		"a key with spaces":      {"POST", "/api/v1/people", good, []string{asJSON, "Idempotency-Key: a b"}, 400, "Idempotency-Key"},
		"two keys":               {"POST", "/api/v1/people", good, []string{asJSON, "Idempotency-Key: a", "Idempotency-Key: b"}, 400, "Idempotency-Key"},
		"a key on a read":        {"GET", "/api/v1/people", "", []string{"Idempotency-Key: a"}, 400, "Idempotency-Key"},
		"no version":             {"PATCH", "/api/v1/people/per_x", `{"name":"x"}`, []string{asJSON}, 428, "If-Match"},
		"a bad version":          {"PATCH", "/api/v1/people/per_x", `{"name":"x"}`, []string{asJSON, "If-Match: 1"}, 400, "If-Match"},
		"any version":            {"PATCH", "/api/v1/people/per_x", `{"name":"x"}`, []string{asJSON, "If-Match: *"}, 400, "If-Match"},
		"a weak version":         {"PATCH", "/api/v1/people/per_x", `{"name":"x"}`, []string{asJSON, `If-Match: W/"1"`}, 400, "If-Match"},
		"an id of no such form":  {"GET", "/api/v1/people/' OR 1=1 --", "", nil, 404, "there is no such"},
		"an entry of no number":  {"GET", "/api/v1/log/entries/0x1/proof", "", nil, 400, "is a number"},
	} {
		rec := w.ask(tt.method, tt.path, tt.body, append(tt.headers, auth)...)
		p := problemOf(t, rec)
		if rec.Code != tt.status || !strings.Contains(p.Detail, tt.says) {
			t.Errorf("%s: %d %q, want %d with %q", name, rec.Code, p.Detail, tt.status, tt.says)
		}
	}
}

func TestWhoAsks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	auth := w.bearer()
	secret := strings.TrimPrefix(auth, "Authorization: Bearer ")
	write := `{"name":"ci"}`
	for name, tt := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
	}{
		"by header":                  {"GET", "/api/v1/me", "", []string{auth}, 200},
		"scheme in another case":     {"GET", "/api/v1/me", "", []string{"Authorization: bearer " + secret}, 200},
		"by cookie":                  {"GET", "/api/v1/me", "", []string{"Cookie: drawbridge=" + secret}, 200},
		"by another cookie":          {"GET", "/api/v1/me", "", []string{"Cookie: session=" + secret}, 401},
		"by the cookie of TLS":       {"GET", "/api/v1/me", "", []string{"Cookie: __Host-drawbridge=" + secret}, 401},
		"two cookies":                {"GET", "/api/v1/me", "", []string{"Cookie: drawbridge=x; drawbridge=" + secret}, 401},
		"basic":                      {"GET", "/api/v1/me", "", []string{"Authorization: Basic " + secret}, 401},
		"two headers":                {"GET", "/api/v1/me", "", []string{auth, auth}, 401},
		"the header wins":            {"GET", "/api/v1/me", "", []string{"Authorization: Bearer dbs_wrong", "Cookie: drawbridge=" + secret}, 401},
		"a huge secret":              {"GET", "/api/v1/me", "", []string{"Authorization: Bearer " + strings.Repeat("x", 1000)}, 401},
		"write by cookie, own site":  {"POST", "/api/v1/tokens", write, []string{asJSON, "Cookie: drawbridge=" + secret, "Sec-Fetch-Site: same-origin"}, 201},
		"write by cookie, no signs":  {"POST", "/api/v1/tokens", write, []string{asJSON, "Cookie: drawbridge=" + secret}, 201},
		"write by cookie, cross":     {"POST", "/api/v1/tokens", write, []string{asJSON, "Cookie: drawbridge=" + secret, "Sec-Fetch-Site: cross-site"}, 403},
		"write by cookie, same site": {"POST", "/api/v1/tokens", write, []string{asJSON, "Cookie: drawbridge=" + secret, "Sec-Fetch-Site: same-site"}, 403},
		"write by cookie, origin":    {"POST", "/api/v1/tokens", write, []string{asJSON, "Cookie: drawbridge=" + secret, "Origin: https://evil.example"}, 403},
		"sign in across sites":       {"POST", "/api/v1/session", `{}`, []string{asJSON, "Sec-Fetch-Site: cross-site"}, 403},
		"setup from elsewhere":       {"POST", "/api/v1/setup", `{}`, []string{asJSON, "Remote: 192.0.2.1:99"}, 404},
		"setup by another name":      {"POST", "/api/v1/setup", `{}`, []string{asJSON, "Host: evil.example"}, 404},
		"setup through a proxy":      {"POST", "/api/v1/setup", `{}`, []string{asJSON, "X-Forwarded-For: 192.0.2.1"}, 404},
	} {
		if rec := w.ask(tt.method, tt.path, tt.body, tt.headers...); rec.Code != tt.status {
			t.Errorf("%s: %d %s, want %d", name, rec.Code, rec.Body, tt.status)
		}
	}
}

func TestCookieSession(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		w := newWorld(t, "", func(p *parts) { p.front.Secure = secure })
		w.first()
		rec := w.ask("POST", "/api/v1/session", fmt.Sprintf(`{"email":"root@drawbridge.example","password":%q,"cookie":true}`, password), asJSON)
		cookies := rec.Result().Cookies()
		if rec.Code != 201 || len(cookies) != 1 || strings.Contains(rec.Body.String(), "dbs_") {
			t.Fatalf("sign in = %d %v %s, want the secret in a cookie alone", rec.Code, cookies, rec.Body)
		}
		c := cookies[0]
		want := "drawbridge"
		if secure {
			want = "__Host-drawbridge"
		}
		if c.Name != want || !c.HttpOnly || c.Secure != secure || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("cookie %+v", c)
		}
		cookie := "Cookie: " + c.Name + "=" + c.Value
		rec = w.ask("POST", "/api/v1/session/proof", fmt.Sprintf(`{"password":%q}`, password), asJSON, cookie)
		renewed := rec.Result().Cookies()
		if rec.Code != 200 || len(renewed) != 1 || renewed[0].Value == c.Value || strings.Contains(rec.Body.String(), "dbs_") {
			t.Fatalf("proof = %d %v %s, want another secret in the cookie", rec.Code, renewed, rec.Body)
		}
		cookie = "Cookie: " + c.Name + "=" + renewed[0].Value
		rec = w.ask("DELETE", "/api/v1/session", "", cookie)
		if gone := rec.Result().Cookies(); rec.Code != 204 || len(gone) != 1 || gone[0].MaxAge >= 0 {
			t.Errorf("sign out = %d %v", rec.Code, gone)
		}
		if rec = w.ask("GET", "/api/v1/me", "", cookie); rec.Code != 401 {
			t.Errorf("after signing out: %d", rec.Code)
		}
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var mu sync.Mutex
	var seen []string
	w := newWorld(t, "", func(p *parts) {
		p.front.Log = slog.New(slog.NewTextHandler(&locked{w: &log, mu: &mu}, nil))
		p.front.Observe = func(route string, status int, _ time.Duration, _ int64) {
			seen = append(seen, fmt.Sprint(route, " ", status))
		}
	})
	answers := map[string]func(client.None) (client.None, error){
		"panic": func(client.None) (client.None, error) { panic("secret of the panic") },
		"broken": func(client.None) (client.None, error) {
			return client.None{}, fmt.Errorf("read: %w", errors.New("secret of the disk"))
		},
		"busy": func(client.None) (client.None, error) {
			return client.None{}, drawbridge.Errorf(drawbridge.Unavailable, "busy: %w", io.ErrUnexpectedEOF)
		},
	}
	var routes []api.Route
	for name, fn := range answers {
		routes = append(routes, api.Route{Method: "GET", Pattern: "/api/v1/" + name + "/{id}", Name: name, Status: 204, Flags: api.Public})
		api.Handle(&routes[len(routes)-1], fn)
	}
	w.replace(routes)
	for name, want := range map[string]struct {
		status int
		detail string
		logged string
	}{
		"panic":  {500, "internal error", "secret of the panic"},
		"broken": {500, "internal error", "secret of the disk"},
		"busy":   {503, "busy: unexpected EOF", "busy"},
	} {
		rec := w.ask("GET", "/api/v1/"+name+"/ann@drawbridge.example", "")
		p := problemOf(t, rec)
		if rec.Code != want.status || p.Detail != want.detail {
			t.Errorf("%s: %d %q, want %d %q", name, rec.Code, p.Detail, want.status, want.detail)
		}
		if s := log.String(); !strings.Contains(s, want.logged) || !strings.Contains(s, p.Instance) {
			t.Errorf("%s: the operator is not told: %s", name, s)
		}
	}
	if s := log.String(); strings.Contains(s, "ann@drawbridge.example") || !strings.Contains(s, "/api/v1/panic/{id}") {
		t.Errorf("the log tells the path, not the route: %s", s)
	}
	if len(seen) != 3 || !strings.HasPrefix(seen[0], "GET /api/v1/") || !strings.Contains(seen[0], "/{id} 5") {
		t.Errorf("observed %q", seen)
	}
}

// locked is a buffer that several goroutines write to.
type locked struct {
	w  io.Writer
	mu *sync.Mutex
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
