package register_test

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
	"drawbridge/internal/register"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// rig is a desk over a record of its own, with a clock that tests set.
type rig struct {
	*register.Desk
	door  *action.Door
	clock atomic.Int64 // nanoseconds after start
	packs atomic.Pointer[policy.Workspace]
}

func (r *rig) now() time.Time { return start.Add(time.Duration(r.clock.Load())) }

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
	r := &rig{}
	r.packs.Store(ws)
	r.door = action.New(action.Options{Store: s, Keys: keys, Now: r.now})
	r.Desk = register.New(r.door, register.Options{Workspace: r.packs.Load, Version: "test"})
	return r
}

// person adds somebody with roles and acts as them.
func (r *rig) person(tb testing.TB, name string, roles ...drawbridge.Role) access.Actor {
	tb.Helper()
	p := drawbridge.Person{ID: drawbridge.PersonID(drawbridge.NewID("per", r.now())), Email: name + "@drawbridge.example", Name: name, Roles: roles}
	_, _, err := action.Do(tb.Context(), r.door, action.Act{Actor: access.System("setup"), Action: access.PersonWrite, Object: access.Object{Kind: "person"}},
		func(tx *store.Tx) (int, error) { return 0, tx.AddPerson(&p) })
	if err != nil {
		tb.Fatal(err)
	}
	return access.Actor{ID: string(p.ID), Person: p.ID, Roles: roles, Via: "api"}
}

func machine(id drawbridge.IntegrationID) access.Actor {
	return access.Actor{ID: "tok_machine", Roles: []drawbridge.Role{drawbridge.Machine}, Integration: id, Via: "api"}
}

// example is the example manifest under another id, with lines added.
func example(tb testing.TB, id string, edit ...string) register.Push {
	tb.Helper()
	main, files, err := manifest.ReadFiles("../../examples/acme-payments/integration.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	text := strings.Replace(string(files[main]), "id: acme-payments", "id: "+id, 1)
	for i := 0; i < len(edit); i += 2 {
		if !strings.Contains(text, edit[i]) {
			tb.Fatalf("the example does not say %q", edit[i])
		}
		text = strings.Replace(text, edit[i], edit[i+1], 1)
	}
	files[main] = []byte(text)
	return register.Push{Main: main, Files: files}
}

func wantKind(t *testing.T, what string, err error, want drawbridge.Kind) {
	t.Helper()
	if err == nil || drawbridge.KindOf(err) != want {
		t.Errorf("%s = %v, want an error of kind %s", what, err, want)
	}
}

func TestPushPullGate(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ann := r.person(t, "ann", drawbridge.Requester)
		p := example(t, "pay")
		dry := p
		dry.DryRun = true
		out, err := r.Push(t.Context(), ann, dry)
		if err != nil || !out.DryRun || out.Assessment.Outcome == "" {
			t.Fatalf("dry push = %+v %v", out, err)
		}
		if page, err := r.Integrations(t.Context(), ann, register.IntegrationFilter{}, nil, 0); err != nil || len(page.Items) != 0 {
			t.Fatalf("after a dry push there are %v %v", page, err)
		}
		first, err := r.Push(t.Context(), ann, p)
		if err != nil || !first.Created || first.Revision.Number != 1 || first.Integration.Owner != ann.Person || first.Integration.Head != first.Revision.ID {
			t.Fatalf("first push = %+v %v", first, err)
		}
		if again, err := r.Push(t.Context(), ann, p); err != nil || !again.Unchanged || again.Revision.ID != first.Revision.ID || again.Assessment.ID != first.Assessment.ID {
			t.Fatalf("the same again = %+v %v", again, err)
		}
	})
}
