package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/api"
	"drawbridge/internal/client"
	"drawbridge/internal/front"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// caller is somebody who holds one role, or nobody.
type caller struct {
	role   drawbridge.Role // empty for somebody who is not signed in
	secret string
	visit  string // cookie of a partner's link
	actor  access.Actor
}

// matrix is a server with what the routes are tried on.
type matrix struct {
	*world
	handler http.Handler
	callers []*caller
	mine    drawbridge.Integration // of which every caller is a member, and the machine's
	other   drawbridge.Integration
	builtin *access.Table
}

// request is one try of a route, and the object that it is about.
type request struct {
	path    string
	body    any
	match   int64
	object  access.Object
	caller  *caller // in place of the one that was given, where the try destroys it
	push    *client.Push
	upload  any   // a request that goes with a small file
	allowed []int // statuses that say that the table said yes, besides success
}

func newMatrix(t *testing.T, database string, table *access.Table, pace ...front.Pace) *matrix {
	t.Helper()
	rates := front.Rate{Second: 1e6, Burst: 1e6}
	w := newWorld(t, database, func(p *parts) {
		p.front.ActorRate, p.front.AddressRate, p.front.VisitRate, p.front.EntryRate, p.door.Table = rates, rates, rates, rates, table
		for _, pace := range pace {
			p.front.Pace = pace
		}
	})
	m := &matrix{world: w, builtin: access.Builtin(), handler: w.server.Config.Handler}
	m.callers = []*caller{{actor: access.Anonymous("api", "")}}
	var members []drawbridge.PersonID
	for _, role := range drawbridge.PersonRoles() {
		c := m.signedIn(role)
		m.callers = append(m.callers, c)
		members = append(members, c.actor.Person)
	}
	outsider := m.signedIn(drawbridge.ProgrammeOwner)
	owner := access.Actor{ID: string(outsider.actor.Person), Person: outsider.actor.Person, Roles: []drawbridge.Role{drawbridge.ProgrammeOwner}}
	m.mine, m.other = m.integration(owner, "mine"), m.integration(owner, "other")
	m.act(func(tx *store.Tx) error {
		for _, p := range members {
			err := tx.AddMember(&drawbridge.Member{ID: string(m.mine.ID) + "/" + string(p), Integration: m.mine.ID, Person: p, CreatedAt: start})
			if err != nil {
				return err
			}
		}
		return nil
	})
	m.callers = append(m.callers, m.machine(outsider.actor.Person, m.mine.ID), m.visitor(m.inquiry(m.mine, "open")))
	return m
}

// act writes to the record as the process itself, whatever the table says.
func (m *matrix) act(fn func(*store.Tx) error) {
	m.t.Helper()
	_, _, err := action.Do(m.t.Context(), m.door, action.Act{Actor: access.System("seed"), Action: access.Seed}, func(tx *store.Tx) (struct{}, error) {
		return struct{}{}, fn(tx)
	})
	if err != nil {
		m.t.Fatal(err)
	}
}

func newSecret(prefix string) (secret, hash string) {
	b := make([]byte, 32)
	rand.Read(b)
	secret = prefix + base64.RawURLEncoding.EncodeToString(b)
	sum := sha256.Sum256([]byte(secret))
	return secret, hex.EncodeToString(sum[:])
}

// somebody adds a person with a role, who has no password that works.
func (m *matrix) somebody(role drawbridge.Role) drawbridge.Person {
	m.t.Helper()
	id := drawbridge.NewID("per", start)
	p := drawbridge.Person{ID: drawbridge.PersonID(id), Email: id + "@drawbridge.example", Name: "Somebody", Roles: []drawbridge.Role{role}, CreatedAt: start, UpdatedAt: start}
	m.act(func(tx *store.Tx) error {
		if err := tx.AddPerson(&p); err != nil {
			return err
		}
		return tx.AddCredential(&drawbridge.Credential{ID: p.ID, UpdatedAt: start})
	})
	return p
}

// signedIn adds a person with a session that was proved just now.
func (m *matrix) signedIn(role drawbridge.Role) *caller {
	m.t.Helper()
	p := m.somebody(role)
	secret, _ := m.session(p.ID)
	return &caller{role: role, secret: secret, actor: access.Actor{ID: string(p.ID), Person: p.ID, Roles: p.Roles, Proved: m.clock.now()}}
}

func (m *matrix) session(p drawbridge.PersonID) (string, drawbridge.SessionID) {
	m.t.Helper()
	secret, hash := newSecret("dbs_")
	now := m.clock.now()
	s := drawbridge.Session{ID: drawbridge.SessionID(drawbridge.NewID("ses", now)), Person: p, ProvedAt: now, SeenAt: now, ExpiresAt: now.AddDate(0, 0, 1), CreatedAt: now}
	if err := m.door.Keep(context.Background(), func(tx *store.Tx) error { return tx.AddSession(s, hash) }); err != nil {
		m.t.Fatal(err)
	}
	return secret, s.ID
}

// token adds a token, of a person or for one integration.
func (m *matrix) token(p drawbridge.PersonID, in drawbridge.IntegrationID) (drawbridge.Token, string) {
	m.t.Helper()
	prefix := "dbt_"
	if in != "" {
		prefix = "dbm_"
	}
	secret, hash := newSecret(prefix)
	t := drawbridge.Token{
		ID: drawbridge.TokenID(drawbridge.NewID("tok", start)), Name: "try", Hash: hash, Person: p, Machine: in != "", Integration: in,
		ExpiresAt: start.AddDate(0, 0, 30), CreatedAt: start,
	}
	m.act(func(tx *store.Tx) error { return tx.AddToken(&t) })
	return t, secret
}

func (m *matrix) machine(maker drawbridge.PersonID, in drawbridge.IntegrationID) *caller {
	t, secret := m.token(maker, in)
	return &caller{role: drawbridge.Machine, secret: secret, actor: access.Actor{ID: string(t.ID), Roles: []drawbridge.Role{drawbridge.Machine}, Integration: in}}
}

// integration pushes one as the process itself, and gives it to its owner.
func (m *matrix) integration(owner access.Actor, slug string) drawbridge.Integration {
	m.t.Helper()
	system := access.System("seed")
	p, err := m.record.Push(m.t.Context(), system, register.Push{Main: "integration.yaml", Files: files(slug, "production", "")})
	if err != nil {
		m.t.Fatal(err)
	}
	in := p.Integration
	m.act(func(tx *store.Tx) error {
		in.Owner = owner.Person
		return tx.SetIntegration(&in)
	})
	return in
}

// at reads an integration as it is now.
func (m *matrix) at(own bool) (drawbridge.Integration, access.Object) {
	m.t.Helper()
	id := m.other.ID
	if own {
		id = m.mine.ID
	}
	var in *drawbridge.Integration
	o := access.Object{Kind: "integration", ID: string(id), Integration: id}
	err := m.door.Store().View(m.t.Context(), func(tx *store.Tx) (err error) {
		if in, err = tx.Integration(id); err != nil {
			return err
		}
		o.Owners = []drawbridge.PersonID{in.Owner}
		members, err := tx.Members(id)
		for _, x := range members {
			o.Owners = append(o.Owners, x.Person)
		}
		return err
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return *in, o
}

// try calls a route and tells what the answer means: y yes, n denied, h hidden,
// s sign in first; or the status and what was said.
func (m *matrix) try(r api.Route, c *caller, q request) string {
	m.t.Helper()
	body := &bytes.Buffer{}
	req := httptest.NewRequestWithContext(m.t.Context(), r.Method, q.path, body)
	req.RemoteAddr = "127.0.0.1:1"
	req.Host = "localhost"
	if q.body != nil {
		data, err := json.Marshal(q.body)
		if err != nil {
			m.t.Fatal(err)
		}
		body.Write(data)
		req.Header.Set("Content-Type", "application/json")
	}
	if q.push != nil {
		data, media, err := q.push.Encode()
		if err != nil {
			m.t.Fatal(err)
		}
		body.Write(data)
		req.Header.Set("Content-Type", media)
	}
	if q.upload != nil {
		if err := client.EncodeUpload(body, "between", q.upload, "report.txt", strings.NewReader("A report.")); err != nil {
			m.t.Fatal(err)
		}
		req.Header.Set("Content-Type", "multipart/form-data; boundary=between")
	}
	req.ContentLength = int64(body.Len())
	if c.secret != "" {
		req.Header.Set("Authorization", "Bearer "+c.secret)
	}
	if c.visit != "" {
		req.Header.Set("Cookie", "drawbridge-partner="+c.visit)
	}
	if q.match > 0 {
		req.Header.Set("If-Match", fmt.Sprintf("%q", fmt.Sprint(q.match)))
	}
	rec := httptest.NewRecorder()
	m.handler.ServeHTTP(rec, req)
	switch {
	case rec.Code < 400, slices.Contains(q.allowed, rec.Code):
		return "y"
	case rec.Code == http.StatusUnauthorized:
		return "s"
	case rec.Code == http.StatusForbidden:
		return "n"
	case rec.Code == http.StatusNotFound:
		return "h"
	}
	return fmt.Sprintf("%d %s", rec.Code, rec.Body)
}

// expected is the answer by the table of permissions.
func (m *matrix) expected(r api.Route, c *caller, q request) string {
	switch {
	case r.Has(api.Public):
		return "y"
	case c.role == "", r.Has(api.Partner) != (c.role == drawbridge.PartnerContact):
		return "s"
	case r.Has(api.SignedIn):
		return "y"
	case r.Has(api.Paged) && q.object.ID == "" && !m.builtin.Scope(c.actor, r.Action).Nothing():
		return "y"
	}
	switch drawbridge.KindOf(m.builtin.Decide(c.actor, r.Action, q.object, m.clock.now())) {
	case drawbridge.Denied:
		return "n"
	case drawbridge.NotFound:
		return "h"
	case drawbridge.Unauthenticated:
		return "s"
	default:
		return "y"
	}
}

// cell tries a route as one caller on an object that is theirs or another's.
func (m *matrix) cell(r api.Route, fixture func(*matrix, *caller, bool) request, c *caller, own bool) (got, want string) {
	q := fixture(m, c, own)
	if q.caller != nil {
		c = q.caller
	}
	return m.try(r, c, q), m.expected(r, c, q)
}

// TestMatrix tries every route as every role, on an object of the caller's own
// and on another's, and holds the answers to the table of permissions and to
// the golden file, which people read.
func TestMatrix(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, database string) {
		m := newMatrix(t, database, nil)
		var b strings.Builder
		b.WriteString("own object, other's object: y yes, n no, h hidden, s sign in first\n\n")
		heading(&b, m.callers)
		for _, r := range api.Routes() {
			fixture, ok := fixtures[r.Name]
			if !ok {
				t.Errorf("%s has no row in the matrix", r.Name)
				continue
			}
			fmt.Fprintf(&b, "%-24s", r.Name)
			for _, c := range m.callers {
				b.WriteByte(' ')
				for _, own := range []bool{true, false} {
					got, want := m.cell(r, fixture, c, own)
					if got != want {
						t.Errorf("%s as %q, own %v: %s, want %s", r.Name, c.role, own, got, want)
					}
					b.WriteString(want)
				}
			}
			b.WriteByte('\n')
		}
		golden(t, "matrix.txt", b.String())
	}
	if os.Getenv("PROVE") == "" {
		run(t, "")
		return
	}
	testkit.Databases(t, run)
}

func heading(b *strings.Builder, callers []*caller) {
	for i, c := range callers {
		name := string(c.role)
		if name == "" {
			name = "anonymous"
		}
		fmt.Fprintf(b, "%-24s %s%s\n", "", strings.Repeat("|  ", i), name)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != got {
		t.Errorf("%s differs; run go test ./internal/api -run TestMatrix -update and read the difference (%v)", path, err)
	}
}

// TestEveryCheckMatters takes the permission of each action away from everybody,
// and gives it to everybody: each route must answer otherwise than the table of
// the product says. A route that does not ask would not notice.
func TestEveryCheckMatters(t *testing.T) {
	t.Parallel()
	byAction := map[access.Action][]api.Route{}
	for _, r := range api.Routes() {
		if r.Action != "" {
			byAction[r.Action] = append(byAction[r.Action], r)
		}
	}
	for act, routes := range byAction {
		t.Run(string(act), func(t *testing.T) {
			t.Parallel()
			open, shut := access.Builtin(), access.Builtin()
			for _, role := range drawbridge.Roles() {
				open = open.With(access.Row{Action: act, Role: role, Condition: access.Any})
				if act == access.ApprovalRead { // the gate tells its advice too
					open = open.With(access.Row{Action: access.IntegrationRead, Role: role, Condition: access.Any})
				}
				if act == access.PersonWrite { // an invitation asks for both
					open = open.With(access.Row{Action: access.RoleAssign, Role: role, Condition: access.Any})
				}
				shut = shut.Without(access.Row{Action: act, Role: role})
			}
			for name, table := range map[string]*access.Table{"open": open, "shut": shut} {
				m := newMatrix(t, "", table)
				for _, r := range routes {
					m.notices(r, name)
				}
			}
		})
	}
}

// notices reports a route whose answers do not change with the table, although
// some answer ought to.
func (m *matrix) notices(r api.Route, name string) {
	m.t.Helper()
	ought := false
	for _, c := range m.callers {
		for _, own := range []bool{true, false} {
			q := fixtures[r.Name](m, c, own)
			who := c
			if q.caller != nil {
				who = q.caller
			}
			want := m.expected(r, who, q)
			if want == "s" || (name == "open") == (want == "y") {
				continue // this cell says the same under both tables
			}
			if who.actor.Person == "" && (r.Action.Sensitive() || strings.HasPrefix(r.Name, "me.")) {
				continue // a machine cannot prove who it is, and has no account: no table helps it
			}
			ought = true
			if m.try(r, who, q) != want {
				return
			}
		}
	}
	if ought {
		m.t.Errorf("%s answers the same when %s is %s to everybody: it does not ask", r.Name, r.Action, name)
	}
}
