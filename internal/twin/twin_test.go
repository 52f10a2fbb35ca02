package twin

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/internal/manifest"
	"drawbridge/internal/spec"
)

// eachStyle runs a test on a mended twin of every style.
func eachStyle(t *testing.T, test func(t *testing.T, tw *Twin)) {
	t.Helper()
	for _, name := range Styles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, start(t, Options{Style: name, Seed: 7}))
		})
	}
}

// TestEveryOperation drives every operation of the specification with both
// identities, and holds each answer to the specification.
func TestEveryOperation(t *testing.T) {
	t.Parallel()
	eachStyle(t, func(t *testing.T, tw *Twin) {
		t.Helper()
		doc, router := document(t, tw)
		n := 0
		for _, item := range doc.Paths.Map() {
			n += len(item.Operations())
		}
		if n != len(tw.ops) {
			t.Errorf("the specification has %d operations, the server %d", n, len(tw.ops))
		}
		for _, name := range []string{"alice", "bob"} {
			c := call(t, tw, name)
			c.router = router
			for _, o := range tw.ops {
				drive(c, o)
			}
		}
	})
}

// drive sends one operation and expects its good answer.
func drive(c *caller, o *operation) {
	c.t.Helper()
	if o.effect == doOther {
		return // signing in has its own test
	}
	id := ""
	if o.effect == doDelete || o.effect == doAct || o.effect == doUpdate {
		id = c.made(o.res.name)
	}
	var body any
	if o.in != nil {
		body = c.input(o)
	}
	path := c.path(o, id)
	r := c.send(o.method, path, body, nil)
	if r.status != o.status {
		c.t.Errorf("%s (%s %s) as %s = %d %s, want %d", o.id, o.method, path, c.name, r.status, r.raw, o.status)
		return
	}
	if o.effect == doDelete {
		if again := c.send(o.method, path, nil, nil); again.status != o.status {
			c.t.Errorf("%s a second time = %d, want %d", o.id, again.status, o.status)
		}
	}
	if o.effect == doAct {
		if again := c.send(o.method, path, body, nil); again.status != 409 && again.status != 200 {
			c.t.Errorf("%s a second time = %d %s", o.id, again.status, again.raw)
		}
	}
	if want := "no-store"; r.header.Get("Cache-Control") != want || r.header.Get("X-Content-Type-Options") != "nosniff" || r.header.Get("Server") != "" {
		c.t.Errorf("%s: headers %v", o.id, r.header)
	}
	if r.header.Get("RateLimit-Limit") == "" {
		c.t.Errorf("%s: no RateLimit-Limit", o.id)
	}
}

// TestStrangers holds every operation to refusing callers without a good credential.
func TestStrangers(t *testing.T) {
	t.Parallel()
	eachStyle(t, func(t *testing.T, tw *Twin) {
		t.Helper()
		_, router := document(t, tw)
		alice := call(t, tw, "alice")
		for _, o := range tw.ops {
			if o.public {
				continue
			}
			path := o.path
			if o.res != nil {
				path = alice.path(o, "")
			}
			var body any
			if o.in != nil {
				body = alice.input(o)
			}
			for kind, edit := range credentials(tw) {
				c := call(t, tw, "")
				c.router = router
				r := c.send(o.method, path, body, edit)
				if r.status != 401 || r.header.Get("WWW-Authenticate") == "" || r.header.Get("Content-Type") != mediaProblem {
					t.Errorf("%s with %s = %d %v %s, want 401", o.id, kind, r.status, r.header, r.raw)
				}
			}
		}
	})
}

// credentials are what strangers try.
func credentials(tw *Twin) map[string]func(*http.Request) {
	out := map[string]func(*http.Request){
		"nothing":          nil,
		"a garbage bearer": func(r *http.Request) { r.Header.Set("Authorization", "Bearer garbage") },
		"an empty bearer":  func(r *http.Request) { r.Header.Set("Authorization", "Bearer ") },
		"garbage basic":    func(r *http.Request) { r.SetBasicAuth("alice", "garbage") },
		"a garbage key":    func(r *http.Request) { r.Header.Set("X-API-Key", "garbage") },
		"a garbage cookie": func(r *http.Request) { r.AddCookie(&http.Cookie{Name: sessionCookie, Value: "garbage"}) },
	}
	if tw.style.auth == bearer {
		out["the token under another scheme"] = func(r *http.Request) { r.Header.Set("Authorization", "Basic "+tw.people[0].token) }
	}
	return out
}

// TestTenants holds every operation to hiding other tenants' objects.
func TestTenants(t *testing.T) {
	t.Parallel()
	eachStyle(t, func(t *testing.T, tw *Twin) {
		t.Helper()
		_, router := document(t, tw)
		alice, bob := call(t, tw, "alice"), call(t, tw, "bob")
		for _, o := range tw.ops {
			if o.res == nil || o.res.single || o.res.shared || len(o.params()) == 0 {
				continue
			}
			id := ""
			if o.effect != doList && o.effect != doCreate {
				id = alice.made(o.res.name)
			}
			path := alice.path(o, id)
			var body any
			if o.in != nil {
				body = bob.input(o)
			}
			before := tw.dump("north")
			bob.router = router
			if r := bob.send(o.method, path, body, nil); r.status != 404 {
				t.Errorf("%s %s of alice's as bob = %d %s, want 404", o.method, path, r.status, r.raw)
			}
			bob.router = nil
			if d := cmp.Diff(before, tw.dump("north")); d != "" {
				t.Errorf("%s of alice's as bob changed her data (-before +after):\n%s", o.id, d)
			}
		}
		for _, r := range tw.style.resources {
			if r.single || r.shared {
				continue
			}
			for _, id := range bob.pool(r.name) {
				if slices.Contains(alice.pool(r.name), id) {
					t.Errorf("%s %s stands in both tenants' lists", r.name, id)
				}
			}
		}
	})
}

// dump copies a tenant's objects.
func (t *Twin) dump(tenant string) map[string]any {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[string]any{}
	for _, r := range t.style.resources {
		for _, o := range t.store.all(r.name, tenant, "") {
			if o.tenant == tenant {
				out[r.name+" "+o.id] = clone(o.fields)
			}
		}
	}
	return out
}

// TestForeignReference holds that an object of another tenant cannot be named.
func TestForeignReference(t *testing.T) {
	t.Parallel()
	eachStyle(t, func(t *testing.T, tw *Twin) {
		t.Helper()
		alice, bob := call(t, tw, "alice"), call(t, tw, "bob")
		for _, o := range tw.ops {
			for _, f := range o.in {
				if f.ref == "" || tw.style.resource(f.ref).shared {
					continue
				}
				body := bob.input(o)
				body[f.name] = tw.store.idValue(alice.find(f.ref))
				id := ""
				if o.effect == doUpdate {
					id = bob.made(o.res.name)
				}
				if r := bob.send(o.method, bob.path(o, id), body, nil); r.status != 422 {
					t.Errorf("%s with alice's %s = %d %s, want 422", o.id, f.ref, r.status, r.raw)
				}
			}
		}
	})
}

// TestBadBodies holds that bad input is refused with a problem, and privileges are not taken.
func TestBadBodies(t *testing.T) {
	t.Parallel()
	eachStyle(t, func(t *testing.T, tw *Twin) {
		t.Helper()
		_, router := document(t, tw)
		c := call(t, tw, "alice")
		c.router = router
		for _, o := range tw.ops {
			if o.in == nil || o.res == nil {
				continue
			}
			id := ""
			if o.effect == doUpdate || o.effect == doAct {
				id = c.made(o.res.name)
			}
			path := c.path(o, id)
			expect := func(what string, body any, edit func(*http.Request), want ...int) {
				t.Helper()
				r := c.send(o.method, path, body, edit)
				if !slices.Contains(want, r.status) || r.header.Get("Content-Type") != mediaProblem {
					t.Errorf("%s with %s = %d %s, want %v", o.id, what, r.status, r.raw, want)
				}
				if strings.Contains(string(r.raw), "goroutine") || strings.Contains(string(r.raw), ".go:") {
					t.Errorf("%s with %s tells of its inside: %s", o.id, what, r.raw)
				}
			}
			bad := []byte(`{"a":`)
			if tw.style.form {
				bad = []byte("a=%zz")
			} else {
				expect("a list", []byte(`[1]`), nil, 422)
				expect("two values", []byte(`{} {}`), nil, 400)
			}
			expect("a cut body", bad, nil, 400)
			expect("another type", []byte("<a/>"), func(r *http.Request) { r.Header.Set("Content-Type", "text/xml") }, 415)
			expect("a huge body", bytes.Repeat([]byte("a"), maxBody+1), nil, 413)
			for _, f := range o.in {
				if f.kind != number && f.kind != boolean && f.kind != record || tw.style.form && f.kind == record {
					continue
				}
				body := c.input(o)
				body[f.name] = "wrong"
				expect("a text for "+f.name, body, nil, 422)
			}
		}
	})
}

// TestPrivileges holds that no guarded and no undeclared field is stored.
func TestPrivileges(t *testing.T) {
	t.Parallel()
	eachStyle(t, func(t *testing.T, tw *Twin) {
		t.Helper()
		c := call(t, tw, "alice")
		found := false
		for _, o := range tw.ops {
			if o.effect != doCreate && o.effect != doUpdate {
				continue
			}
			id := ""
			if o.effect == doUpdate {
				id = c.made(o.res.name)
			}
			body := c.input(o)
			for _, f := range o.res.fields {
				if f.guarded {
					found = true
					body[f.name] = privilege(f)
				}
			}
			for _, name := range hidden() {
				body[name] = "owner"
			}
			r := c.send(o.method, c.path(o, id), body, nil)
			if r.status == 422 && tw.style.strict {
				continue
			}
			if r.status != o.status {
				t.Errorf("%s = %d %s", o.id, r.status, r.raw)
				continue
			}
			got := r.body()
			for _, f := range o.res.fields {
				if f.guarded && (got[f.name] == true || got[f.name] == privilege(f)) {
					t.Errorf("%s stored %s = %v", o.id, f.name, got[f.name])
				}
			}
			for _, name := range hidden() {
				if got[name] == "owner" {
					t.Errorf("%s stored %s", o.id, name)
				}
			}
		}
		if !found {
			t.Errorf("style %s has no privilege to guard", tw.Style())
		}
	})
}

// privilege is a value that a caller would like to have.
func privilege(f field) any {
	switch f.kind {
	case boolean:
		return true
	case number:
		return float64(f.max)
	default:
	}
	return f.enum[len(f.enum)-1]
}

// TestImports reads what the twin publishes with the product's own readers.
func TestImports(t *testing.T) {
	t.Parallel()
	eachStyle(t, func(t *testing.T, tw *Twin) {
		t.Helper()
		api, err := spec.Read("openapi.json", tw.Spec(), spec.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(api.Operations) != len(tw.ops) {
			t.Errorf("the specification imports with %d operations, want %d", len(api.Operations), len(tw.ops))
		}
		dir := t.TempDir()
		write := func(name string, data []byte) {
			t.Helper()
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("integration.yaml", tw.Manifest())
		write("openapi.json", tw.Spec())
		write("partners/"+PartnerID+".yaml", tw.Partner())
		if _, err := manifest.Parse("integration.yaml", tw.Manifest()); err != nil {
			t.Errorf("manifest: %v\n%s", err, tw.Manifest())
		}
		b, err := manifest.Load(filepath.Join(dir, "integration.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if b.Partner == nil {
			t.Error("the partner's file was not read")
		}
		for _, id := range b.Integration.Targets[0].Identities {
			if _, err := tw.Secret(id.Credential.Ref); err != nil {
				t.Error(err)
			}
		}
		declared := map[string]bool{}
		for _, o := range b.Integration.Interfaces[0].Operations {
			declared[o.ID] = true
		}
		for _, o := range api.Operations {
			if !declared[o.ID] {
				t.Errorf("the manifest lacks the operation %s", o.ID)
			}
		}
	})
}
