package account_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/account"
	"drawbridge/internal/action"
	"drawbridge/internal/ledger"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
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

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// world is one installation, which can be opened again.
type world struct {
	*account.Desk
	t     *testing.T
	dir   string
	url   string
	clock *clock
	door  *action.Door
	store *store.Store

	hashes *atomic.Int64 // how many passwords were hashed
}

const (
	annsAddress  = "ann@drawbridge.example"
	annsPassword = "canary-ann correct horse"
	bobsAddress  = "bob@drawbridge.example"
	bobsPassword = "canary-bob battery staple"
)

func newWorld(t *testing.T, url string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), url: url, clock: &clock{at: start}}
	w.open()
	t.Cleanup(func() { w.store.Close() })
	return w
}

// open opens the installation, as a process does that starts.
func (w *world) open() {
	w.t.Helper()
	keys, err := seal.EnsureKeyring(filepath.Join(w.dir, "keys"), "drawbridge.test/log", start)
	if err != nil {
		w.t.Fatal(err)
	}
	if w.store, err = store.Open(w.ctx(), store.Options{Dir: w.dir, Database: w.url}); err != nil {
		w.t.Fatal(err)
	}
	w.door = action.New(action.Options{Store: w.store, Keys: keys, Now: w.clock.now})
	w.Desk = account.New(w.door, account.Options{Now: w.clock.now, Origin: "drawbridge.test"})
	w.hashes = account.Cheap(w.Desk)
}

func (w *world) ctx() context.Context { return w.t.Context() }

// restart closes the installation and opens it again.
func (w *world) restart() {
	w.t.Helper()
	if err := w.store.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.open()
}

func (w *world) bootstrap() drawbridge.Person {
	w.t.Helper()
	p, err := w.Bootstrap(w.ctx(), "setup", annsAddress, "Ann", seal.Hide(annsPassword))
	if err != nil {
		w.t.Fatalf("Bootstrap = %v", err)
	}
	return p
}

func (w *world) try(email, password, code string) (seal.Hidden, drawbridge.Session, error) {
	return w.SignIn(w.ctx(), account.SignIn{
		Email: email, Password: seal.Hide(password), Code: seal.Hide(code), Via: "api", Request: "req_1", Remote: "192.0.2.7:4711",
	})
}

// signIn signs somebody in and returns the secret and the actor.
func (w *world) signIn(email, password string) (seal.Hidden, access.Actor) {
	w.t.Helper()
	secret, _, err := w.try(email, password, "")
	if err != nil {
		w.t.Fatalf("SignIn(%s) = %v", email, err)
	}
	return secret, w.actor(secret)
}

func (w *world) actor(secret seal.Hidden) access.Actor {
	w.t.Helper()
	a, err := w.Authenticate(w.ctx(), secret, "api", "req_2")
	if err != nil {
		w.t.Fatalf("Authenticate = %v", err)
	}
	return a
}

// join invites somebody, accepts for them and signs them in.
func (w *world) join(by access.Actor, email, name, password string, roles ...drawbridge.Role) (drawbridge.Person, seal.Hidden, access.Actor) {
	w.t.Helper()
	_, invitation, err := w.Invite(w.ctx(), by, account.Invitation{Email: email, Name: name, Roles: roles, Reason: "joins"})
	if err != nil {
		w.t.Fatalf("Invite(%s) = %v", email, err)
	}
	p, err := w.AcceptInvite(w.ctx(), account.Acceptance{Via: "web", Secret: invitation, Password: seal.Hide(password)})
	if err != nil {
		w.t.Fatalf("AcceptInvite(%s) = %v", email, err)
	}
	secret, actor := w.signIn(email, password)
	return p, secret, actor
}

// verify exports the ledger and verifies it as an outsider would. It returns the
// details that are left, in the clear.
func (w *world) verify() string {
	w.t.Helper()
	var export bytes.Buffer
	var details strings.Builder
	keys := w.door.Keys()
	err := w.store.View(w.ctx(), func(tx *store.Tx) error {
		size, note, err := tx.Head()
		if err != nil {
			return err
		}
		out, err := ledger.NewExportWriter(&export, ledger.Header{Origin: keys.Origin(), Keys: keys.VerifierKeys()})
		if err != nil {
			return err
		}
		leaves, err := tx.Leaves(0, 10_000)
		if err != nil {
			return err
		}
		kept, err := tx.Details(0, size)
		if err != nil {
			return err
		}
		for _, l := range leaves {
			var plain, salt []byte
			for _, x := range kept {
				if x.Seq == l.Seq {
					if plain, err = keys.Open(x.Sealed, action.DetailContext(x.Seq)); err != nil {
						return err
					}
					salt = x.Salt
				}
			}
			details.Write(plain)
			if err := out.Entry(l.Data, plain, salt); err != nil {
				return err
			}
		}
		return out.Close([]byte(note))
	})
	if err != nil {
		w.t.Fatal(err)
	}
	report, err := ledger.Verify(w.ctx(), &export, ledger.Trust{Keys: keys.VerifierKeys()}, nil)
	if err != nil || !report.OK {
		w.t.Fatalf("Verify = %+v %v", report, err)
	}
	return details.String()
}

// want fails the test when an error is not of a kind that names the words.
func want(t *testing.T, what string, err error, kind drawbridge.Kind, words ...string) {
	t.Helper()
	if err == nil || drawbridge.KindOf(err) != kind {
		t.Errorf("%s = %v, want %s", what, err, kind)
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%s = %q, want it to say %q", what, err, word)
		}
	}
}

// both runs a test in a new installation on each kind of database.
func both(t *testing.T, test func(w *world)) {
	t.Helper()
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		t.Helper()
		test(newWorld(t, url))
	})
}

func TestBootstrap(t *testing.T) {
	both(t, func(w *world) {
		if empty, err := w.Empty(w.ctx()); err != nil || !empty {
			w.t.Fatalf("Empty = %v %v, want nobody", empty, err)
		}
		p := w.bootstrap()
		if empty, err := w.Empty(w.ctx()); err != nil || empty {
			w.t.Errorf("Empty = %v %v, want somebody", empty, err)
		}
		_, err := w.Bootstrap(w.ctx(), "setup", bobsAddress, "Bob", seal.Hide(bobsPassword))
		want(w.t, "second Bootstrap", err, drawbridge.Conflict, "invitation")
		secret, actor := w.signIn(strings.ToUpper(annsAddress), annsPassword)
		if actor.Person != p.ID || !actor.Has(drawbridge.Administrator) || !actor.Has(drawbridge.ProgrammeOwner) || !actor.Proved.Equal(start) {
			w.t.Errorf("actor = %+v", actor)
		}
		w.restart()
		if again := w.actor(secret); again.Person != p.ID {
			w.t.Errorf("after a restart: %+v", again)
		}
		w.verify()
	})
}

func TestBootstrapAtOnce(t *testing.T) {
	both(t, func(w *world) {
		const n = 4
		var wg sync.WaitGroup
		errs := make([]error, n)
		for i := range n {
			other := &world{t: w.t, dir: w.dir, url: w.url, clock: w.clock}
			other.open()
			w.t.Cleanup(func() { other.store.Close() })
			wg.Go(func() {
				_, errs[i] = other.Bootstrap(w.ctx(), "setup", fmt.Sprintf("ann%d@drawbridge.example", i), "Ann", seal.Hide(annsPassword))
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			want(w.t, "Bootstrap", err, drawbridge.Conflict)
		}
		if won != 1 {
			w.t.Errorf("%d won, want 1", won)
		}
	})
}
