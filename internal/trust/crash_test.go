package trust_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/ledger"
	"drawbridge/internal/testkit"
)

// acknowledged is a write that the server said was done.
type acknowledged struct {
	*deed
	answer
	id string
}

// crash is a server that is killed over and over while writers write, and all
// that it has promised them.
type crash struct {
	t       *testing.T
	in      *installation
	server  *server
	people  map[string]string // id by name
	secrets map[string]string // of their sessions
	signed  time.Time
	writers []*writer
	seed    uint64
	rnd     *rand.Rand

	mu      sync.Mutex // guards what follows
	acks    map[int64]acknowledged
	keyed   []int64                // entries of acts that can be replayed
	lost    []lost                 // requests that no answer came to
	untold  map[int64]ledger.Entry // effects of them that the ledger shows
	anchor  *ledger.Checkpoint
	retried int
	done    int // retried requests that had had their effect
}

// lost is a request whose answer never came.
type lost struct {
	*deed
	w *writer
}

// TestNothingAcknowledgedIsLost kills a server with SIGKILL amid mixed writes.
// After each kill everything that was acknowledged is there, nothing else is but
// what was being answered, each push is whole, the ledger goes on from the
// checkpoint that was kept, and a retry has its effect once.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, database string) {
		for part := range times(1, 4) { // anew at times: a check reads the whole record
			if part > 0 && database != "" {
				database = testkit.Postgres(t)
			}
			c := newCrash(t, database, 0x5eed+uint64(part))
			begin := time.Now()
			testkit.Kills{
				Rounds: times(10, 50), Within: 2500 * time.Millisecond,
				Start: c.start, Work: c.work, Check: c.check,
			}.Run(t)
			c.finish()
			t.Logf("seed %#x: %d kills in %v, %d writes acknowledged, 0 lost; %d requests were in flight, of which %d had been done",
				c.seed, times(10, 50), time.Since(begin).Round(time.Second), len(c.acks), c.retried, c.done)
		}
	})
}

func newCrash(t *testing.T, database string, seed uint64) *crash {
	t.Helper()
	c := &crash{
		t: t, in: newInstallation(t, database), people: map[string]string{}, secrets: map[string]string{}, acks: map[int64]acknowledged{},
		seed: seed, rnd: rand.New(rand.NewPCG(seed, 99)),
	}
	t.Logf("seed %#x", seed)
	s := c.in.serve()
	admin := s.sign("ann")
	s.add(admin, "otto", drawbridge.ProgrammeOwner)
	for name, secret := range map[string]string{"ann": admin, "otto": s.sign("otto")} {
		var me struct {
			Actor string `json:"actor"`
		}
		if err := s.get(t.Context(), secret, "/api/v1/me", &me); err != nil {
			t.Fatal(err)
		}
		c.people[name] = me.Actor
	}
	if code := s.Stop(); code != 0 {
		t.Fatalf("the server ended with %d", code)
	}
	for n := range 4 {
		c.writers = append(c.writers, newWriter(seed, n))
	}
	entries, cp, err := c.in.log(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c.anchor = cp
	for _, e := range entries { // what was done by hand
		if c.ours(e) {
			c.acks[e.Seq] = acknowledged{deed: &deed{kind: e.Changes[0].Kind}, answer: answer{entry: e.Seq, request: e.Request}, id: e.Changes[0].ID}
		}
	}
	return c
}

// start starts the server, and signs in again before a proof of identity is
// too old.
func (c *crash) start() *testkit.Process {
	c.server = c.in.serve()
	if time.Since(c.signed) > 5*time.Minute {
		c.signed = time.Now()
		for name := range c.people {
			c.secrets[name] = c.server.sign(name)
		}
	}
	return c.server.Process
}

// work makes good what was lost, looks at what is there, and lets the writers
// write until the server is dead.
func (c *crash) work(ctx context.Context, _ *testkit.Process) {
	if err := c.makeGood(ctx); err != nil {
		if _, answered := errors.AsType[*wrong](err); answered {
			c.t.Error(err)
		}
		<-ctx.Done() // the death explains an answer that did not come
		return
	}
	var all sync.WaitGroup
	for _, w := range c.writers {
		all.Go(func() { c.write(ctx, w) })
	}
	all.Wait()
}

// wrong is an answer that should have been another.
type wrong struct{ error }

func wrongf(format string, args ...any) error { return &wrong{fmt.Errorf(format, args...)} }

// makeGood repeats what no answer came to, and reads back what did.
func (c *crash) makeGood(ctx context.Context) error {
	for len(c.lost) > 0 {
		if err := c.retry(ctx, c.lost[0]); err != nil {
			return err
		}
		c.lost = c.lost[1:]
		c.retried++
	}
	if len(c.untold) > 0 {
		return wrongf("%d effects belong to no request: %v", len(c.untold), c.untold)
	}
	for _, w := range c.writers {
		if err := w.whole(ctx, c.server, c.secrets); err != nil {
			return err
		}
	}
	if len(c.keyed) == 0 {
		return nil
	}
	old := c.acks[c.keyed[c.rnd.IntN(len(c.keyed))]]
	a, err := c.server.send(ctx, c.secrets[old.by], old.ask)
	if err == nil && (!a.replayed || a.entry != old.entry || !bytes.Equal(a.body, old.body)) {
		return wrongf("a repetition of %s %s is answered by %v, and was by %v", old.method, old.path, a, old.answer)
	}
	return err
}

// retry sends again, twice, what may have been done or not.
func (c *crash) retry(ctx context.Context, l lost) error {
	if l.key == "" && l.kind != "" {
		return c.look(ctx, l)
	}
	a, err := c.server.send(ctx, c.secrets[l.by], l.ask)
	if err != nil {
		return err
	}
	if !a.ok() {
		return wrongf("the retry of %s %s: %v", l.method, l.path, a)
	}
	if l.kind == "" { // no record: the last one counts
		_, err := l.learn(a.body)
		return err
	}
	_, had := c.untold[a.entry]
	if a.replayed != had || !had && a.entry < c.anchor.Size {
		return wrongf("the retry of %s %s is entry %d, replayed %v; the ledger shows as effects of lost requests: %v", l.method, l.path, a.entry, a.replayed, c.untold)
	}
	if had {
		delete(c.untold, a.entry)
		c.done++
		a.request = ""
	}
	if err := c.note(l.deed, a); err != nil {
		return err
	}
	b, err := c.server.send(ctx, c.secrets[l.by], l.ask)
	if err == nil && (!b.replayed || b.entry != a.entry || !bytes.Equal(a.body, b.body)) {
		return wrongf("the second retry of %s %s is %v, the first %v", l.method, l.path, b, a)
	}
	return nil // the first retry has its answer in any case
}

// look finds out what became of an update, which names the version that it
// changes in place of a key.
func (c *crash) look(ctx context.Context, l lost) error {
	entry := int64(-1)
	for seq, e := range c.untold {
		if names(e, l.kind, l.id) {
			entry = seq
		}
	}
	a := answer{status: 200, entry: entry}
	if l.look != "" {
		var err error
		if a.body, err = c.read(ctx, l.look, c.secrets[l.by]); err != nil {
			return err
		}
		var now drawbridge.Meta
		if err := json.Unmarshal(a.body, &now); err != nil {
			return err
		}
		if want := l.version + min(entry+1, 1); now.Version != want {
			return wrongf("%s is at version %d, and the ledger says %d", l.look, now.Version, want)
		}
	}
	if entry < 0 {
		return nil // it was not done
	}
	delete(c.untold, entry)
	c.done++
	return c.note(l.deed, a)
}

func (c *crash) read(ctx context.Context, path, secret string) ([]byte, error) {
	a, err := c.server.send(ctx, secret, ask{method: "GET", path: path})
	if err == nil && !a.ok() {
		err = wrongf("GET %s: %v", path, a)
	}
	return a.body, err
}

// write lets one writer write, one request at a time.
func (c *crash) write(ctx context.Context, w *writer) {
	for ctx.Err() == nil {
		d := w.next()
		a, err := c.server.send(ctx, c.secrets[d.by], d.ask)
		if err != nil {
			c.mu.Lock()
			c.lost = append(c.lost, lost{d, w})
			c.mu.Unlock()
			return
		}
		if !a.ok() {
			c.t.Errorf("%s %s: %v", d.method, d.path, a)
			return
		}
		if err := c.note(d, a); err != nil {
			c.t.Error(err)
			return
		}
	}
}

// note keeps what was acknowledged.
func (c *crash) note(d *deed, a answer) error {
	id, err := d.learn(a.body)
	if err != nil {
		return wrongf("%s %s: %v", d.method, d.path, err)
	}
	if d.kind == "" {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if other, twice := c.acks[a.entry]; twice || a.entry < 0 {
		return wrongf("%s %s of %s was acknowledged as entry %d, and so was %s %s of %s", d.method, d.path, id, a.entry, other.method, other.path, other.id)
	}
	c.acks[a.entry] = acknowledged{d, a, id}
	if d.key != "" {
		c.keyed = append(c.keyed, a.entry)
	}
	return nil
}

// check holds what the dead server left to what it had promised.
func (c *crash) check(round int) {
	if c.in.database != "" {
		settle(c.t, c.in.database)
	}
	if err := c.in.fsck(); err != nil {
		c.t.Errorf("round %d: %v", round, err)
	}
	entries, cp, err := c.in.log(c.t.Context(), c.anchor)
	if err != nil {
		c.t.Errorf("round %d: %v", round, err)
		return
	}
	c.anchor = cp
	for seq, a := range c.acks {
		if seq >= int64(len(entries)) {
			c.t.Errorf("round %d: lost: %s %s of %s was acknowledged as entry %d; the ledger ends at %d", round, a.method, a.path, a.id, seq, len(entries))
			continue
		}
		if e := entries[seq]; !names(e, a.kind, a.id) || a.request != "" && a.request != e.Request || a.kind == "revision" && !wholePush(e) {
			c.t.Errorf("round %d: entry %d should be %s %s of %s in request %s; it is %+v", round, seq, a.method, a.path, a.id, a.request, e)
		}
	}
	c.untold = map[int64]ledger.Entry{}
	for _, e := range entries {
		if _, told := c.acks[e.Seq]; !told && c.ours(e) {
			c.untold[e.Seq] = e
		}
	}
	if len(c.untold) > len(c.lost) {
		c.t.Errorf("round %d: %d requests got no answer, and had %d effects: %v", round, len(c.lost), len(c.untold), c.untold)
	}
}

// ours reports whether an entry is an act of the writers'.
func (c *crash) ours(e ledger.Entry) bool {
	return (e.Actor == c.people["ann"] || e.Actor == c.people["otto"]) && e.Action != string(access.SignIn)
}

func names(e ledger.Entry, kind, id string) bool {
	return slices.ContainsFunc(e.Changes, func(x ledger.Change) bool { return x.Kind == kind && x.ID == id })
}

// wholePush reports whether an entry is of everything that a push writes. That
// the rows and files are as it says is for fsck.
func wholePush(e ledger.Entry) bool {
	for _, kind := range []string{"integration", "revision", "assessment", "blob"} {
		if !slices.ContainsFunc(e.Changes, func(x ledger.Change) bool { return x.Kind == kind }) {
			return false
		}
	}
	return true
}

// finish makes good the last round, and holds the record to all that was said.
func (c *crash) finish() {
	c.start()
	if err := c.makeGood(c.t.Context()); err != nil {
		c.t.Error(err)
	}
	c.server.Stop()
	if c.check(-1); len(c.untold) > 0 {
		c.t.Errorf("effects that nobody asked for: %v", c.untold)
	}
}

// settle waits until the database has ended the work of a client that is dead.
func settle(t *testing.T, database string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for late := time.Now().Add(time.Minute); ; {
		var others int
		err := conn.QueryRow(t.Context(), `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`).Scan(&others)
		if err != nil || time.Now().After(late) {
			t.Fatalf("%d connections of the dead server are still there: %v", others, err)
		}
		if others == 0 {
			return
		}
	}
}
