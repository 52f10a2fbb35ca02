package client_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/manifest"
	"drawbridge/internal/seal"
)

// server answers by a function, and counts.
func server(t *testing.T, answer http.HandlerFunc) (*httptest.Server, client.Options, *int) {
	t.Helper()
	n := new(int)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*n++
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s, client.Options{URL: s.URL, Token: seal.Hide("dbt_secret"), UserAgent: "drawbridge/test", Pause: func(context.Context, time.Duration) error { return nil }}, n
}

func open(t *testing.T, opt client.Options) *client.Client {
	t.Helper()
	c, err := client.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestParseURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://drawbridge.example":       "https://drawbridge.example",
		"https://Drawbridge.EXAMPLE:8443/": "https://drawbridge.example:8443",
		"http://127.0.0.1:8080":            "http://127.0.0.1:8080",
		"http://[::1]:8080":                "http://[::1]:8080",
		"http://localhost:8080":            "http://localhost:8080",
	} {
		if u, err := client.ParseURL(address); err != nil || u.String() != want {
			t.Errorf("ParseURL(%q) = %v %v, want %s", address, u, err, want)
		}
	}
	for address, want := range map[string]drawbridge.Kind{
		"":                                      drawbridge.Invalid,
		"drawbridge.example":                    drawbridge.Invalid,
		"https://":                              drawbridge.Invalid,
		"ftp://drawbridge.example":              drawbridge.Invalid,
		"https://ann:secret@drawbridge.example": drawbridge.Invalid,
		"https://drawbridge.example/api":        drawbridge.Invalid,
		"https://drawbridge.example?token=x":    drawbridge.Invalid,
		"https://drawbridge.example#x":          drawbridge.Invalid,
		"http://drawbridge.example":             drawbridge.Denied,
		"http://127.0.0.1.evil.example":         drawbridge.Denied,
		"http://localhost.evil.example":         drawbridge.Denied,
		"http://169.254.169.254":                drawbridge.Denied,
	} {
		_, err := client.ParseURL(address)
		if err == nil || drawbridge.KindOf(err) != want {
			t.Errorf("ParseURL(%q) = %v, want %s", address, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("ParseURL(%q) shows a password: %v", address, err)
		}
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	var keys []string
	fails := 2
	_, opt, n := server(t, func(w http.ResponseWriter, r *http.Request) {
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		if len(keys) <= fails {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, `{"kind":"unavailable","detail":"busy"}`)
			return
		}
		fmt.Fprint(w, `{"secret":"dbt_x","token":{"id":"tok_1"}}`)
	})
	c := open(t, opt)
	made, err := c.CreateToken(t.Context(), client.NewToken{Name: "x"})
	if err != nil || made.Token.ID != "tok_1" || *n != 3 {
		t.Fatalf("CreateToken = %+v %v after %d requests, want the third to do it", made, err, *n)
	}
	if keys[0] == "" || keys[0] != keys[1] || keys[1] != keys[2] {
		t.Errorf("keys %q, want one and the same", keys)
	}
	if _, err := c.CreateToken(t.Context(), client.NewToken{Name: "x"}); err != nil || keys[3] == keys[0] {
		t.Errorf("the next request has key %q (%v), want another than %q", keys[3], err, keys[0])
	}

	fails = 1 << 20
	*n = 0
	if _, err := c.Me(t.Context()); drawbridge.KindOf(err) != drawbridge.Unavailable || err.Error() != "busy" || *n != 4 {
		t.Errorf("Me = %v after %d requests, want busy after 4", err, *n)
	}
	*n = 0
	if _, err := c.SignIn(t.Context(), client.SignIn{}); err == nil || *n != 1 {
		t.Errorf("SignIn = %v after %d requests: what has no key is not repeated", err, *n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Me(ctx); !strings.Contains(fmt.Sprint(err), "canceled") {
		t.Errorf("cancelled: %v", err)
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	s, opt, _ := server(t, func(http.ResponseWriter, *http.Request) {})
	s.Close()
	_, err := open(t, opt).Me(t.Context())
	if drawbridge.KindOf(err) != drawbridge.Unavailable || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("Me = %v", err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		media  string
		body   string
		kind   drawbridge.Kind
		says   string
	}{
		"a problem":          {404, "application/problem+json", `{"kind":"not_found","detail":"there is no such integration","instance":"req_1"}`, drawbridge.NotFound, "there is no such integration"},
		"ours failed":        {500, "application/problem+json", `{"kind":"internal","detail":"internal error","instance":"req_1"}`, drawbridge.Internal, "request req_1"},
		"a proxy":            {502, "text/html", "<h1>Bad gateway</h1>", drawbridge.Unavailable, "not like a Drawbridge server"},
		"another server":     {403, "application/json", `{"error":"no"}`, drawbridge.Denied, "not like a Drawbridge server"},
		"a redirect":         {302, "", "", drawbridge.Denied, "no redirect is followed"},
		"a page":             {200, "text/html", "<h1>Welcome</h1>", drawbridge.Unavailable, "does not answer like a Drawbridge server"},
		"an answer cut off":  {200, "application/json", `{"actor":"per`, drawbridge.Unavailable, "does not answer like a Drawbridge server"},
		"a problem of kinds": {418, "application/problem+json", `{"kind":"","detail":"x"}`, drawbridge.Internal, "not like a Drawbridge server"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, opt, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/elsewhere" {
					t.Error("the redirect was followed, with the token")
				}
				w.Header().Set("Content-Type", tt.media)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			})
			opt.Attempts = 1
			_, err := open(t, opt).Me(t.Context())
			if drawbridge.KindOf(err) != tt.kind || !strings.Contains(fmt.Sprint(err), tt.says) {
				t.Errorf("Me = %v (%s), want %s: ... %s ...", err, drawbridge.KindOf(err), tt.kind, tt.says)
			}
			if strings.HasPrefix(tt.media, "application/problem") && tt.kind != drawbridge.Internal {
				if r := client.RefusedBy(err); r == nil || r.Request != "req_1" {
					t.Errorf("RefusedBy = %+v, want request req_1", r)
				}
			}
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, opt), "dbt_secret") {
				t.Error("the token shows")
			}
		})
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"actor":"per_1"}`) }))
	s.Config.ErrorLog = nil
	s.StartTLS()
	t.Cleanup(s.Close)
	n := 0
	opt := client.Options{URL: s.URL, Pause: func(context.Context, time.Duration) error { n++; return nil }}
	if _, err := open(t, opt).Me(t.Context()); drawbridge.KindOf(err) != drawbridge.Unavailable || !strings.Contains(err.Error(), "certificate") || n != 0 {
		t.Errorf("an unknown authority: %v after %d repetitions, want a refusal at once", err, n)
	}
	opt.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(opt.CAFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	if me, err := open(t, opt).Me(t.Context()); err != nil || me.Actor != "per_1" {
		t.Errorf("with the authority's file: %+v %v", me, err)
	}
	for name, file := range map[string]string{"missing": "none.pem", "no certificate": os.Args[0]} {
		if _, err := client.New(client.Options{URL: s.URL, CAFile: file}); err == nil {
			t.Errorf("%s: New took the file", name)
		}
	}
}

func TestRequestForm(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body string
	_, opt, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		got, body = r, string(data)
		fmt.Fprint(w, `{}`)
	})
	c := open(t, opt)
	if _, err := c.AssignRoles(t.Context(), 7, client.AssignRoles{ByID: client.ByID{ID: "per/1?x"}, Roles: []drawbridge.Role{drawbridge.Tester}, Reason: "joins"}); err != nil {
		t.Fatal(err)
	}
	if got.Method != "PUT" || got.URL.EscapedPath() != "/api/v1/people/per%2F1%3Fx/roles" || got.Header.Get("If-Match") != `"7"` || got.Header.Get("Authorization") != "Bearer dbt_secret" ||
		body != `{"roles":["tester"],"reason":"joins"}` || got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s %s %v %s", got.Method, got.URL, got.Header, body)
	}
	if _, err := c.Findings(t.Context(), client.FindingFilter{Page: client.Page{Limit: 5}, Severity: drawbridge.High}); err != nil {
		t.Fatal(err)
	}
	if got.URL.RawQuery != "limit=5&severity=high" || body != "" || got.Header.Get("Content-Type") != "" {
		t.Errorf("%s %q %v", got.URL, body, got.Header)
	}
}

func TestPushForm(t *testing.T) {
	t.Parallel()
	files := manifest.Files{"integration.yaml": []byte("a: 1\n"), "specs/ö \"x\".yaml": []byte{0, 1, 2}}
	body, media, err := client.Push{Main: "integration.yaml", Reason: "r", Files: files}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(media)
	if err != nil {
		t.Fatal(err)
	}
	r := multipart.NewReader(strings.NewReader(string(body)), params["boundary"])
	first, err := r.NextRawPart()
	if err != nil {
		t.Fatal(err)
	}
	var in client.Push
	if err := json.NewDecoder(first).Decode(&in); err != nil || first.FormName() != client.PartRequest || in.Reason != "r" {
		t.Errorf("first part %q: %+v %v", first.FormName(), in, err)
	}
	for range files {
		part, err := r.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		data, _ := io.ReadAll(part)
		if want, ok := files[params["filename"]]; err != nil || !ok || string(want) != string(data) {
			t.Errorf("part %v holds %q (%v)", params, data, err)
		}
	}
}

func TestSecretShowsOnTheWireAlone(t *testing.T) {
	t.Parallel()
	in := client.SignIn{Email: "a", Password: client.Hide("hunter2")}
	if s := fmt.Sprintf("%v %+v %#v %s", in, in, in, in.Password); strings.Contains(s, "hunter2") {
		t.Errorf("printed: %s", s)
	}
	data, err := json.Marshal(in)
	if err != nil || string(data) != `{"email":"a","password":"hunter2"}` {
		t.Errorf("Marshal = %s %v", data, err)
	}
	var back client.SignIn
	if err := json.Unmarshal(data, &back); err != nil || back.Password.Reveal() != "hunter2" {
		t.Errorf("Unmarshal = %v %v", back, err)
	}
}
