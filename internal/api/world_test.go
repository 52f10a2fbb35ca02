package api_test

import (
	"context"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/account"
	"drawbridge/internal/action"
	"drawbridge/internal/api"
	"drawbridge/internal/app"
	"drawbridge/internal/client"
	"drawbridge/internal/custody"
	"drawbridge/internal/front"
	"drawbridge/internal/job"
	"drawbridge/internal/notify"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// world is a server with its desks, on a real database.
type world struct {
	t      testing.TB
	clock  *clock
	door   *action.Door
	people *account.Desk
	record *register.Desk
	api    *api.API
	server *httptest.Server
}

type option func(*parts)

// parts are what a world is put together from.
type parts struct {
	api   api.Options
	front front.Options
	door  action.Options
}

// newWorld starts a server on a database ("" is SQLite).
func newWorld(t testing.TB, database string, options ...option) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{at: start}}
	dir := t.TempDir()
	keys, err := seal.EnsureKeyring(filepath.Join(dir, "keys"), "drawbridge.test/log", start)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{Dir: dir, Database: database})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	p := parts{
		door:  action.Options{Store: s, Keys: keys, Now: w.clock.now},
		front: front.Options{Now: w.clock.now},
		api:   api.Options{Now: w.clock.now, Version: "test"},
	}
	for _, o := range options {
		o(&p)
	}
	opt := &p.api
	w.door = action.New(p.door)
	w.people = account.New(w.door, account.Options{Now: w.clock.now, Origin: "drawbridge.test"})
	workspace := sync.OnceValue(func() *policy.Workspace {
		ws, err := policy.OpenWorkspace(dir)
		if err != nil {
			panic(err)
		}
		return ws
	})
	w.record = register.New(w.door, register.Options{Workspace: workspace, Version: "test"})
	desks := app.NewDesks(w.door, w.record, workspace)
	opt.Dossier, opt.Inquiry, opt.Review = desks.Dossier, desks.Inquiry, desks.Review
	opt.Lifecycle, opt.Programme, opt.Portfolio = desks.Lifecycle, desks.Programme, desks.Portfolio
	opt.Door, opt.Account, opt.Register, opt.Custody = w.door, w.people, w.record, custody.New(w.door)
	if opt.Notify, err = notify.New(notify.Options{Door: w.door}); err != nil {
		t.Fatal(err)
	}
	if opt.Jobs, err = job.New(job.Options{Door: w.door, Database: database}); err != nil {
		t.Fatal(err)
	}
	p.front.Authenticate, p.front.Visitor = w.people.Authenticate, desks.Inquiry.Recognise
	opt.Front = front.New(p.front)
	a, err := api.New(*opt)
	if err != nil {
		t.Fatal(err)
	}
	w.api = a
	w.server = httptest.NewServer(conforming(t, a.Handler()))
	t.Cleanup(w.server.Close)
	return w
}

// replace serves other routes, which no description knows.
func (w *world) replace(routes []api.Route) {
	w.api.SetRoutes(routes)
	w.server.Config.Handler = w.api.Handler()
}

const password = "correct horse battery staple"

// first makes the first administrator and signs them in.
func (w *world) first() *client.Client {
	w.t.Helper()
	if _, err := w.people.Bootstrap(w.t.Context(), "cli", "root@drawbridge.example", "Root", seal.Hide(password)); err != nil {
		w.t.Fatal(err)
	}
	return w.signIn("root@drawbridge.example")
}

func (w *world) signIn(email string) *client.Client {
	w.t.Helper()
	in, err := w.client(seal.Hidden{}).SignIn(w.t.Context(), client.SignIn{Email: email, Password: client.Hide(password)})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.client(in.Secret.Hidden)
}

// person adds somebody with roles and a password, and signs them in.
func (w *world) person(admin *client.Client, email string, roles ...drawbridge.Role) (*client.Client, drawbridge.Person) {
	w.t.Helper()
	invited, err := admin.Invite(w.t.Context(), client.Invite{Email: email, Name: "Somebody", Roles: roles})
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := w.client(seal.Hidden{}).Accept(w.t.Context(), client.Accept{Secret: invited.Secret, Password: client.Hide(password)})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.signIn(email), p
}

// client calls the server; it does not wait between attempts.
func (w *world) client(token seal.Hidden) *client.Client {
	w.t.Helper()
	c, err := client.New(client.Options{URL: w.server.URL, Token: token, UserAgent: "test", Pause: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(c.Close)
	return c
}

func kind(t testing.TB, err error, want drawbridge.Kind) {
	t.Helper()
	if err == nil || drawbridge.KindOf(err) != want {
		t.Errorf("%v, want an error of kind %s", err, want)
	}
}
