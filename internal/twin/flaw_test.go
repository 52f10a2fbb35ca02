package twin

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"drawbridge/internal/deid"
)

// shows holds, for each flaw but the ones of transport, a direct look that tells
// the flawed twin from the mended one.
func shows() map[string]func(t *testing.T, tw *Twin) bool {
	stranger := func(o func(tw *Twin) *operation, edit func(*http.Request)) func(t *testing.T, tw *Twin) bool {
		return func(t *testing.T, tw *Twin) bool {
			t.Helper()
			op := o(tw)
			return call(t, tw, "").send(op.method, call(t, tw, "alice").path(op, ""), nil, edit).status == 200
		}
	}
	garbage := func(r *http.Request) {
		r.Header.Set("Authorization", "Bearer garbage")
		r.Header.Set("X-API-Key", "garbage")
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: "garbage"})
	}
	spot := func(id string) func(tw *Twin) *operation {
		return func(tw *Twin) *operation { return tw.spots[id] }
	}
	anyRead := func(tw *Twin) *operation { return tw.spots["BOLA-01"] }
	out := map[string]func(t *testing.T, tw *Twin) bool{
		"AUTHN-01":       stranger(spot("AUTHN-01"), nil),
		"AUTHN-01/list":  stranger(spot("AUTHN-01/list"), nil),
		"AUTHN-01/all":   stranger(anyRead, nil),
		"AUTHN-02":       stranger(spot("AUTHN-02"), garbage),
		"AUTHN-02/all":   stranger(anyRead, garbage),
		"BOLA-01":        foreign("BOLA-01"),
		"BOLA-01/all":    foreign("BOLA-01"),
		"BOLA-01/nested": foreignList,
		"MASS-01": func(t *testing.T, tw *Twin) bool {
			t.Helper()
			for _, f := range tw.spots["MASS-01"].res.fields {
				if f.guarded && persisted(t, tw, tw.spots["MASS-01"], f.name, privilege(f)) {
					return true
				}
			}
			return false
		},
		"MASS-01/hidden": func(t *testing.T, tw *Twin) bool {
			t.Helper()
			return persisted(t, tw, tw.spots["MASS-01/hidden"], "is_admin", true)
		},
		"RATE-01": func(t *testing.T, tw *Twin) bool {
			t.Helper()
			return call(t, tw, "alice").send("GET", "/", nil, nil).header.Get("RateLimit-Limit") == "" && good(t, tw, "BOLA-01").header.Get("RateLimit-Limit") == ""
		},
	}
	for _, more := range []map[string]func(t *testing.T, tw *Twin) bool{showsData(), showsErrors(), showsHeaders(), showsTokens()} {
		maps.Copy(out, more)
	}
	return out
}

// good asks for the flaw's operation as alice.
func good(t *testing.T, tw *Twin, id string) reply {
	t.Helper()
	c, o := call(t, tw, "alice"), tw.spots[id]
	return c.send(o.method, c.path(o, ""), nil, nil)
}

func foreign(id string) func(t *testing.T, tw *Twin) bool {
	return func(t *testing.T, tw *Twin) bool {
		t.Helper()
		alice, bob, o := call(t, tw, "alice"), call(t, tw, "bob"), tw.spots[id]
		path := alice.path(o, "")
		r := bob.send(o.method, path, nil, nil)
		return r.status == 200 && string(r.raw) == string(alice.send(o.method, path, nil, nil).raw)
	}
}

func foreignList(t *testing.T, tw *Twin) bool {
	t.Helper()
	alice, bob := call(t, tw, "alice"), call(t, tw, "bob")
	for _, o := range tw.ops {
		if o.effect == doList && o.res.parent != "" {
			r := bob.send(o.method, alice.path(o, ""), nil, nil)
			if r.status == 200 && len(bob.listed(r)) > 0 {
				return true
			}
		}
	}
	return false
}

// persisted sends a field and reads the object again.
func persisted(t *testing.T, tw *Twin, o *operation, name string, value any) bool {
	t.Helper()
	c := call(t, tw, "alice")
	id := ""
	if o.effect == doUpdate {
		id = c.made(o.res.name)
	}
	body := c.input(o)
	body[name] = value
	r := c.send(o.method, c.path(o, id), body, nil)
	if id == "" && r.status == o.status {
		id = c.listed(reply{t: t, raw: wrap(tw.style, r.raw)})[0]
	}
	for _, get := range tw.ops {
		if get.res == o.res && get.effect == doRead {
			r = c.send("GET", c.path(get, id), nil, nil)
		}
	}
	got := r.body()[name]
	return got == value || tw.style.form && got == "true"
}

func showsData() map[string]func(t *testing.T, tw *Twin) bool {
	has := func(id string, text ...string) func(t *testing.T, tw *Twin) bool {
		return func(t *testing.T, tw *Twin) bool {
			t.Helper()
			raw := string(good(t, tw, id).raw)
			return !slices.ContainsFunc(text, func(s string) bool { return !strings.Contains(raw, s) })
		}
	}
	differs := func(id string, tell func(o *operation, r reply) bool) func(t *testing.T, tw *Twin) bool {
		return func(t *testing.T, tw *Twin) bool {
			t.Helper()
			return tell(tw.spots[id], good(t, tw, id))
		}
	}
	breaks := func(id string) func(t *testing.T, tw *Twin) bool {
		return func(t *testing.T, tw *Twin) bool {
			t.Helper()
			c, o := call(t, tw, "alice"), tw.spots[id]
			path := c.path(o, "")
			probe := &testing.T{} // collects what does not conform
			c.t, c.router = probe, conforming(t, tw)
			r := c.send(o.method, path, nil, nil)
			return r.status == o.status && r.header.Get("Content-Type") == mediaJSON && probe.Failed()
		}
	}
	return map[string]func(t *testing.T, tw *Twin) bool{
		"DATA-01":       has("DATA-01", `"internal_risk_score":37`),
		"DATA-02":       has("DATA-02", "password_hash", "$2b$12$"),
		"DATA-02/token": has("DATA-02/token", "session_token"),
		"DATA-03": func(t *testing.T, tw *Twin) bool {
			t.Helper()
			text, _ := good(t, tw, "DATA-03").body()[tw.style.text].(string)
			var found []string
			for _, m := range deid.Find([]byte(text)) {
				found = append(found, m.Category)
			}
			return slices.Equal(found, []string{deid.Phone, deid.Email, deid.IBAN, deid.Card})
		},
		"SCHEMA-01": differs("SCHEMA-01", func(o *operation, r reply) bool { return r.status != o.status }),
		"SCHEMA-01/create": func(t *testing.T, tw *Twin) bool {
			t.Helper()
			c, o := call(t, tw, "alice"), tw.spots["SCHEMA-01/create"]
			return c.send(o.method, c.path(o, ""), c.input(o), nil).status != o.status
		},
		"SCHEMA-02":         differs("SCHEMA-02", func(_ *operation, r reply) bool { return r.header.Get("Content-Type") != mediaJSON }),
		"SCHEMA-03":         breaks("SCHEMA-03"),
		"SCHEMA-03/missing": breaks("SCHEMA-03/missing"),
	}
}

func showsErrors() map[string]func(t *testing.T, tw *Twin) bool {
	answer := func(t *testing.T, tw *Twin, id string, body []byte) reply {
		t.Helper()
		c, o := call(t, tw, "alice"), tw.spots[id]
		return c.send(o.method, c.path(o, ""), body, nil)
	}
	wrongType := func(tw *Twin, id string) []byte {
		c := dict{}
		for _, f := range tw.spots[id].in {
			if f.kind == number || f.kind == boolean {
				c[f.name] = "x"
			} else if f.kind == text && !tw.style.form {
				c[f.name] = 1
			}
		}
		if tw.style.form {
			var pairs []string
			for k := range c {
				pairs = append(pairs, k+"=x")
			}
			return []byte(strings.Join(pairs, "&"))
		}
		b, _ := json.Marshal(c)
		return b
	}
	return map[string]func(t *testing.T, tw *Twin) bool{
		"ERR-01": func(t *testing.T, tw *Twin) bool {
			t.Helper()
			return strings.Contains(string(answer(t, tw, "ERR-01", []byte("%zz{")).raw), ".java:")
		},
		"ERR-01/type": func(t *testing.T, tw *Twin) bool {
			t.Helper()
			return strings.Contains(string(answer(t, tw, "ERR-01/type", wrongType(tw, "ERR-01/type")).raw), "Traceback")
		},
		"ERR-02": func(t *testing.T, tw *Twin) bool {
			t.Helper()
			return answer(t, tw, "ERR-02", []byte("%zz{")).status == 500
		},
		"ERR-02/type": func(t *testing.T, tw *Twin) bool {
			t.Helper()
			return answer(t, tw, "ERR-02/type", wrongType(tw, "ERR-02/type")).status == 500
		},
	}
}

func showsHeaders() map[string]func(t *testing.T, tw *Twin) bool {
	cors := func(origin func(tw *Twin) string) func(t *testing.T, tw *Twin) bool {
		return func(t *testing.T, tw *Twin) bool {
			t.Helper()
			c, o := call(t, tw, "alice"), tw.spots["BOLA-01"]
			h := c.send(o.method, c.path(o, ""), nil, func(r *http.Request) { r.Header.Set("Origin", origin(tw)) }).header
			return h.Get("Access-Control-Allow-Origin") == origin(tw) && h.Get("Access-Control-Allow-Credentials") == "true"
		}
	}
	header := func(id, name string, bad func(string) bool) func(t *testing.T, tw *Twin) bool {
		return func(t *testing.T, tw *Twin) bool {
			t.Helper()
			return bad(good(t, tw, id).header.Get(name))
		}
	}
	return map[string]func(t *testing.T, tw *Twin) bool{
		"CORS-01":        cors(func(*Twin) string { return "https://evil.example" }),
		"CORS-01/null":   cors(func(*Twin) string { return "null" }),
		"CORS-01/suffix": cors(func(tw *Twin) string { return "https://evil" + strings.TrimPrefix(tw.style.host, "api.") }),
		"CORS-01/prefix": cors(func(tw *Twin) string { return "https://" + tw.style.host + ".evil.example" }),
		"HDR-01":         header("HDR-01", "Cache-Control", func(s string) bool { return strings.Contains(s, "public") }),
		"HDR-01/absent":  header("HDR-01/absent", "Cache-Control", func(s string) bool { return s == "" }),
		"HDR-02":         header("BOLA-01", "Server", func(s string) bool { return strings.Contains(s, "nginx/") }),
		"HDR-02/nosniff": header("BOLA-01", "X-Content-Type-Options", func(s string) bool { return s == "" }),
		"HDR-02/banner":  header("BOLA-01", "Server", func(s string) bool { return strings.Contains(s, "Apache/") }),
	}
}

func showsTokens() map[string]func(t *testing.T, tw *Twin) bool {
	forged := func(forge func(parts []string) string) func(t *testing.T, tw *Twin) bool {
		return func(t *testing.T, tw *Twin) bool {
			t.Helper()
			c, o := call(t, tw, "alice"), tw.spots["BOLA-01"]
			path := c.path(o, "")
			c.token = forge(strings.Split(c.token, "."))
			return c.send(o.method, path, nil, nil).status == 200
		}
	}
	signed := func(key string) func(t *testing.T, tw *Twin) bool {
		return forged(func(p []string) string {
			s := p[0] + "." + p[1]
			return s + "." + encode64(sum([]byte(key), s))
		})
	}
	claims := func(t *testing.T, tw *Twin) map[string]any {
		t.Helper()
		raw, err := base64.RawURLEncoding.DecodeString(strings.Split(call(t, tw, "alice").token, ".")[1])
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	return map[string]func(t *testing.T, tw *Twin) bool{
		"JWT-01": forged(func(p []string) string { return encode64([]byte(`{"alg":"nOnE"}`)) + "." + p[1] + "." }),
		"JWT-03": forged(func(p []string) string { return p[0] + "." + p[1] + "." + strings.Repeat("A", 43) }),
		"JWT-04": signed("secret"), "JWT-04/digits": signed("402713"),
		"JWT-10": func(t *testing.T, tw *Twin) bool {
			t.Helper()
			m := claims(t, tw)
			return m["exp"] == nil && m["aud"] == nil && m["email"] != nil
		},
		"JWT-10/personal": func(t *testing.T, tw *Twin) bool {
			t.Helper()
			return claims(t, tw)["email"] != nil
		},
	}
}

// TestFlaws switches each flaw on and off in each style that has it. Only the
// flaws that include it may show with it.
func TestFlaws(t *testing.T) {
	t.Parallel()
	look := shows()
	for _, f := range Flaws() {
		if f.TLS {
			continue
		}
		if look[f.ID] == nil {
			t.Errorf("flaw %s has no test", f.ID)
			continue
		}
		if len(f.Styles) == 0 {
			t.Errorf("flaw %s fits no style", f.ID)
		}
		for _, style := range f.Styles {
			t.Run(f.ID+" "+style, func(t *testing.T) {
				t.Parallel()
				tw := start(t, Options{Style: style, Seed: 11})
				for _, on := range []bool{false, true, false} {
					if err := tw.Set(f.ID, on); err != nil {
						t.Fatal(err)
					}
					if got := look[f.ID](t, tw); got != on {
						t.Errorf("with %s %v it shows: %v", f.ID, on, got)
					}
				}
			})
		}
	}
}

// TestFlawsApart holds that a flaw shows nothing but itself and its own
// variants. Two styles have every flaw between them.
func TestFlawsApart(t *testing.T) {
	t.Parallel()
	look := shows()
	together := map[string][]string{ // what one flaw cannot help showing
		"JWT-03": {"JWT-04", "JWT-04/digits"}, "AUTHN-02/all": {"JWT-01", "JWT-03", "JWT-04", "JWT-04/digits"},
		"JWT-10": {"JWT-10/personal"},
	}
	for _, style := range []string{"payments", "jwt"} {
		t.Run(style, func(t *testing.T) {
			t.Parallel()
			tw := start(t, Options{Style: style, Seed: 3, Rate: 1 << 20})
			for _, f := range Flaws() {
				if f.TLS || !slices.Contains(f.Styles, style) {
					continue
				}
				if err := tw.Set(f.ID, true); err != nil {
					t.Fatal(err)
				}
				for _, other := range Flaws() {
					if other.TLS || !slices.Contains(other.Styles, style) || other.Check == f.Check || slices.Contains(together[f.ID], other.ID) {
						continue
					}
					if strings.HasPrefix(other.Check, "BOLA") && strings.HasPrefix(f.Check, "BOLA") {
						continue
					}
					if look[other.ID](t, tw) {
						t.Errorf("with %s on, %s shows too", f.ID, other.ID)
					}
				}
				if err := tw.Set(f.ID, false); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestSetRefuses(t *testing.T) {
	t.Parallel()
	tw := start(t, Options{})
	for _, id := range []string{"", "NONSENSE-1", "JWT-01", "TLS-01"} {
		if err := tw.Set(id, true); err == nil {
			t.Errorf("Set(%q) = nil on the payments style in clear text", id)
		}
	}
	if got := tw.Flaws(); len(got) != 0 {
		t.Errorf("Flaws() = %v, want none", got)
	}
}
