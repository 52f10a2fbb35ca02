package check_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/check"
	"drawbridge/internal/check/rule"
	"drawbridge/internal/manifest"
)

// odd is a partner in none of the twin's styles: a nested sign-in body, a cookie
// with a value against forgery, refusals with status 200, ids named orderNumber,
// objects that can be read only after a while, times in every answer.
type odd struct {
	mu       sync.Mutex
	n        int
	flaw     string
	sessions map[string]string // cookie to account
	orders   map[string]map[string]any
}

const oddSpec = `openapi: 3.1.0
info: {title: Odd, version: "1"}
security: [{session: []}]
paths:
  /session:
    post:
      operationId: enter
      security: []
      requestBody: {content: {application/json: {schema: {type: object, properties: {user: {type: object, properties: {email: {type: string}, pass: {type: string}}}}}}}}
      responses: {"200": {description: in}}
  /me: {get: {operationId: me, responses: {"200": {description: me}}}}
  /orders:
    get: {operationId: orders, responses: {"200": {description: all}}}
    post:
      operationId: order
      requestBody: {content: {application/json: {schema: {type: object, required: [title], properties: {title: {type: string}}}}}}
      responses: {"202": {description: taken}}
  /orders/{orderNumber}:
    parameters: [{name: orderNumber, in: path, required: true, schema: {type: string}}]
    get: {operationId: readOrder, responses: {"200": {description: one}}}
    delete: {operationId: dropOrder, responses: {"200": {description: gone}}}
  /rates/{pair}: {get: {operationId: rate, parameters: [{name: pair, in: path, required: true, schema: {type: string, example: EUR-USD}}], responses: {"200": {description: shared by all}}}}
  /docs/{docKey}:
    parameters: [{name: docKey, in: path, required: true, schema: {type: string}}]
    get: {operationId: doc, responses: {"200": {description: one}}}
    put: {operationId: saveDoc, requestBody: {content: {application/json: {schema: {type: object, properties: {title: {type: string}}}}}}, responses: {"200": {description: made}}}
    delete: {operationId: unsubscribe, responses: {"200": {description: gone}}}
components: {securitySchemes: {session: {type: apiKey, in: cookie, name: sid}}}
`

func (p *odd) say(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"success": true, "at": time.Now().UnixNano(), "result": v})
}

func (p *odd) refuse(w http.ResponseWriter, code int) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"success": false, "error": {"code": %d, "message": "no"}}`, code)
}

func (p *odd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.URL.Path == "/session" {
		var in struct {
			User struct {
				Email string `json:"email"`
				Pass  string `json:"pass"`
			} `json:"user"`
		}
		if json.NewDecoder(r.Body).Decode(&in) != nil || in.User.Pass != "secret-of-"+in.User.Email {
			p.refuse(w, 401)
			return
		}
		p.n++
		sid := fmt.Sprintf("sid-%d-%d", p.n, time.Now().UnixNano())
		p.sessions[sid] = in.User.Email
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: sid})
		p.say(w, 200, map[string]any{"csrfToken": "forgery-" + sid})
		return
	}
	c, err := r.Cookie("sid")
	account := ""
	if err == nil {
		account = p.sessions[c.Value]
	}
	if account == "" || r.Method != "GET" && r.Header.Get("X-CSRF-Token") != "forgery-"+c.Value {
		p.refuse(w, 401)
		return
	}
	if key, ok := strings.CutPrefix(r.URL.Path, "/docs/"); ok {
		key = account + "/" + key
		switch {
		case r.Method == "PUT":
			p.orders[key] = map[string]any{"owner": "doc"}
		case p.orders[key] == nil:
			p.refuse(w, 404)
			return
		case r.Method == "DELETE":
			delete(p.orders, key)
		}
		p.say(w, 200, map[string]any{"text": key})
		return
	}
	if r.URL.Path == "/rates/EUR-USD" {
		p.say(w, 200, map[string]any{"pair": "EUR-USD", "source": "central bank"})
		return
	}
	number := strings.TrimPrefix(r.URL.Path, "/orders/")
	switch {
	case r.URL.Path == "/me":
		if p.flaw == "one account" {
			account = "same"
		}
		p.say(w, 200, map[string]any{"userId": account})
	case r.URL.Path == "/orders" && r.Method == "POST":
		var in map[string]any
		title := ""
		if json.NewDecoder(r.Body).Decode(&in) == nil {
			title, _ = in["title"].(string)
		}
		for _, o := range p.orders {
			if o["title"] == title && o["owner"] == account {
				p.refuse(w, 409)
				return
			}
		}
		if title == "" {
			p.refuse(w, 422)
			return
		}
		p.n++
		o := map[string]any{"orderNumber": fmt.Sprintf("SO-%d", 1000+p.n), "title": title, "owner": account, "after": time.Now().Add(150 * time.Millisecond)}
		if p.flaw == "MASS-01" {
			o["verified"] = in["verified"]
		}
		p.orders[o["orderNumber"].(string)] = o
		p.say(w, 202, map[string]any{"orderNumber": o["orderNumber"]})
	case r.URL.Path == "/orders":
		list := []any{}
		for _, o := range p.orders {
			if o["owner"] == account || p.flaw == "one account" {
				list = append(list, o)
			}
		}
		p.say(w, 200, map[string]any{"rows": list})
	default:
		o := p.orders[number]
		if o == nil || o["owner"] != account && p.flaw != "BOLA-01" && p.flaw != "one account" || time.Now().Before(o["after"].(time.Time)) {
			p.refuse(w, 404)
			return
		}
		if r.Method == "DELETE" {
			delete(p.orders, number)
		}
		p.say(w, 200, o)
	}
}

// TestUnseen drives a partner that the engine was not built against.
func TestUnseen(t *testing.T) {
	t.Parallel()
	for _, flaw := range []string{"", "BOLA-01", "MASS-01", "one account"} {
		t.Run("flaw "+flaw, func(t *testing.T) {
			t.Parallel()
			p := &odd{flaw: flaw, sessions: map[string]string{}, orders: map[string]map[string]any{}}
			srv := httptest.NewServer(p)
			t.Cleanup(srv.Close)
			run, err := check.Execute(t.Context(), oddOptions(t, srv.URL))
			if err != nil {
				t.Fatal(err)
			}
			if run.Coverage.Percent < 100 || !run.Complete {
				t.Errorf("complete %v, coverage %.0f%%: %+v", run.Complete, run.Coverage.Percent, run.Operations)
			}
			for _, r := range run.Results {
				if r.Verdict == drawbridge.Fail && strings.HasPrefix(r.Check, "HDR") {
					continue
				}
				if (r.Verdict == drawbridge.Fail) != (r.Check == flaw && r.Operation != "GET /me" && r.Verdict == drawbridge.Fail) {
					t.Errorf("%s %s: %s: %s", r.Check, r.Operation, r.Verdict, r.Reason)
				}
			}
			if found := run.Verdicts()[drawbridge.Fail] > 0; strings.Contains(flaw, "-") && !failed(run, flaw) {
				t.Errorf("%s is not found (%v)", flaw, found)
			}
			for _, r := range run.Results {
				if flaw == "BOLA-01" && strings.HasSuffix(r.Operation, "{pair}") && r.Check == flaw && r.Verdict != drawbridge.Inconclusive {
					t.Errorf("an id that the specification names is taken for an object of somebody: %s", r.Reason)
				}
				if flaw == "one account" && r.Check == "BOLA-01" && (r.Verdict != drawbridge.Inconclusive || len(run.Notes) == 0) {
					t.Errorf("two identities of one account: %s is %s: %s", r.Operation, r.Verdict, r.Reason)
				}
			}
			if len(p.orders) > 0 {
				t.Errorf("%d orders are left behind", len(p.orders))
			}
			if raw, err := json.Marshal(run); err != nil || strings.Contains(string(raw), "secret-of-") || strings.Contains(string(raw), "sid-1-") {
				t.Errorf("the run file holds a credential (%v)", err)
			}
		})
	}
}

// TestOpenDoor: a credential that every strict operation refuses is not proven
// by one that takes anything.
func TestOpenDoor(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/me" && r.Header.Get("X-API-Key") != "good" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"rows": []}`))
	}))
	t.Cleanup(srv.Close)
	opt := oddOptions(t, srv.URL)
	ids := opt.Bundle.Integration.Targets[0].Identities
	for i := range ids {
		ids[i].Type, ids[i].Params = "api_key", nil
	}
	opt.Secret = func(string) (string, error) { return "wrong", nil }
	opt.Bundle.Integration.Targets[0].Identities = ids[:1]
	if run, err := check.Execute(t.Context(), opt); err == nil || drawbridge.KindOf(err) != drawbridge.Unauthenticated {
		t.Errorf("a wrong credential gave %v and a run %v, want an error", err, run != nil)
	}
}

func failed(run *check.Run, id string) bool {
	for _, r := range run.Results {
		if r.Check == id && r.Verdict == drawbridge.Fail {
			return true
		}
	}
	return false
}

func oddOptions(t *testing.T, url string) check.Options {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "openapi.yaml"), []byte(oddSpec))
	text := `apiVersion: drawbridge/v1
kind: Integration
id: odd
environment: sandbox
name: Odd
interfaces: [{id: api, kind: http_api, direction: outbound, spec: ./openapi.yaml}]
targets:
  - name: sandbox
    base_url: ` + url + `
    represents: production
    identities:
      - {name: alice, type: login, username: alice, credential: {ref: "env:ALICE"}, params: {operation: enter, tenant: north}}
      - {name: bob, type: login, username: bob, credential: {ref: "env:BOB"}, params: {operation: enter, tenant: south}}
`
	write(t, filepath.Join(dir, "integration.yaml"), []byte(text))
	b, err := manifest.Load(filepath.Join(dir, "integration.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	secret := func(ref string) (string, error) {
		return "secret-of-" + strings.ToLower(strings.TrimPrefix(ref, "env:")), nil
	}
	return check.Options{Bundle: b, Target: "sandbox", Checks: rule.All(), Secret: secret, Now: time.Now, Version: "test"}
}
