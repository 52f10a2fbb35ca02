package portfolio_test

import (
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/portfolio"
	"drawbridge/internal/register"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// rig is a desk over a record of its own, with a clock that tests set.
type rig struct {
	*portfolio.Desk
	record *register.Desk
	door   *action.Door
	clock  atomic.Int64 // nanoseconds after start
}

func (r *rig) now() time.Time { return start.Add(time.Duration(r.clock.Load())) }

// step lets a moment pass: what was made later sorts later.
func (r *rig) step(by time.Duration) { r.clock.Add(int64(by)) }

func open(tb testing.TB, url string) *rig {
	tb.Helper()
	dir := tb.TempDir()
	keys, err := seal.EnsureKeyring(filepath.Join(dir, "keys"), "drawbridge.test/log", start)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := store.Open(tb.Context(), store.Options{Dir: dir, Database: url})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	ws, err := policy.OpenWorkspace(dir)
	if err != nil {
		tb.Fatal(err)
	}
	workspace := func() *policy.Workspace { return ws }
	r := &rig{}
	r.door = action.New(action.Options{Store: s, Keys: keys, Now: r.now})
	r.record = register.New(r.door, register.Options{Workspace: workspace, Version: "test"})
	r.Desk = portfolio.New(r.door, portfolio.Options{Register: r.record, Workspace: workspace})
	return r
}

// act writes to the record as the process itself.
func (r *rig) act(tb testing.TB, fn func(*store.Tx) error) {
	tb.Helper()
	r.step(time.Millisecond)
	_, _, err := action.Do(tb.Context(), r.door, action.Act{Actor: access.System("seed"), Action: access.Seed, Object: access.Object{Kind: "system"}},
		func(tx *store.Tx) (int, error) { return 0, fn(tx) })
	if err != nil {
		tb.Fatal(err)
	}
}

// person adds somebody with roles and acts as them.
func (r *rig) person(tb testing.TB, name string, roles ...drawbridge.Role) access.Actor {
	tb.Helper()
	p := drawbridge.Person{ID: drawbridge.PersonID(drawbridge.NewID("per", r.now())), Email: name + "@drawbridge.example", Name: name, Roles: roles}
	r.act(tb, func(tx *store.Tx) error { return tx.AddPerson(&p) })
	return access.Actor{ID: string(p.ID), Person: p.ID, Roles: roles, Via: "api", Proved: r.now()}
}

// partner adds a partner.
func (r *rig) partner(tb testing.TB, ids ...string) {
	tb.Helper()
	for _, id := range ids {
		p := drawbridge.Partner{ID: drawbridge.PartnerID(id), Name: id, CreatedAt: r.now(), UpdatedAt: r.now()}
		r.act(tb, func(tx *store.Tx) error { return tx.AddPartner(&p) })
	}
}

// push brings the example under another id, with edits.
func (r *rig) push(tb testing.TB, actor access.Actor, id string, edit ...string) drawbridge.Integration {
	tb.Helper()
	main, files, err := manifest.ReadFiles("../../examples/acme-payments/integration.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	text := strings.Replace(string(files[main]), "id: acme-payments", "id: "+id, 1)
	for i := 0; i+1 < len(edit); i += 2 {
		if !strings.Contains(text, edit[i]) {
			tb.Fatalf("the example does not say %q", edit[i])
		}
		text = strings.Replace(text, edit[i], edit[i+1], 1)
	}
	files[main] = []byte(text)
	r.step(time.Millisecond)
	out, err := r.record.Push(tb.Context(), actor, register.Push{Main: main, Files: files})
	if err != nil {
		tb.Fatal(err)
	}
	return out.Integration
}

// place writes an integration and its facts without a manifest.
func (r *rig) place(tb testing.TB, id, partner string, facts *drawbridge.Facts) drawbridge.IntegrationID {
	tb.Helper()
	in := drawbridge.Integration{
		ID: drawbridge.IntegrationID("int_" + id), Slug: id, Environment: "production", Name: id, Partner: drawbridge.PartnerID(partner),
		State: drawbridge.Live, Head: drawbridge.RevisionID("rev_" + id), Tier: drawbridge.TierHigh, CreatedAt: r.now(), UpdatedAt: r.now(),
	}
	r.act(tb, func(tx *store.Tx) error {
		if err := tx.AddIntegration(&in); err != nil || facts == nil {
			return err
		}
		return tx.Footprints().Add(&drawbridge.Footprint{ID: in.ID, Partner: in.Partner, Revision: in.Head, Facts: *facts, UpdatedAt: r.now()})
	})
	return in.ID
}

func (r *rig) exception(tb testing.TB, in drawbridge.IntegrationID, expires drawbridge.Date, state string) string {
	tb.Helper()
	x := drawbridge.Exception{ID: drawbridge.NewID("exc", r.now()), Integration: in, Covers: "T001@x", Reason: "x", Expires: expires, State: state}
	r.act(tb, func(tx *store.Tx) error { return tx.Exceptions().Add(&x) })
	return x.ID
}

func wantKind(t *testing.T, what string, err error, want drawbridge.Kind) {
	t.Helper()
	if err == nil || drawbridge.KindOf(err) != want {
		t.Errorf("%s = %v, want an error of kind %s", what, err, want)
	}
}

func errOf[T any](_ T, err error) error { return err }
