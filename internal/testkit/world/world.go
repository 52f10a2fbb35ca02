// Package world is a record for tests of the desks: a database, its keys, the
// door, the register over the built-in packs, and a clock that tests move. It is
// not a server: what a test needs above the register it builds itself.
//
//	w := world.New(t, database, world.Options{})
//	ann := w.Person(t, "ann", drawbridge.Requester)
//	in := w.Bring(t, ann, "pay")
package world

import (
	"context"
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
)

// Start is when every world begins.
func Start() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

// Host is a test, or one try of a property.
type Host interface {
	Helper()
	Context() context.Context
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// Door opens an empty record on a database ("" is SQLite) with keys of its own.
// It is closed when the test ends.
func Door(tb testing.TB, database string, now func() time.Time) *action.Door {
	tb.Helper()
	dir := tb.TempDir()
	keys, err := seal.EnsureKeyring(filepath.Join(dir, "keys"), "drawbridge.test/log", Start())
	if err != nil {
		tb.Fatal(err)
	}
	s, err := store.Open(tb.Context(), store.Options{Dir: dir, Database: database})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return action.New(action.Options{Store: s, Keys: keys, Now: now})
}

// Options say what is not as usual.
type Options struct {
	Packs *policy.Workspace // instead of the built-in packs
	Tick  time.Duration     // how far a look at the clock moves it
}

// World is one installation.
type World struct {
	Door   *action.Door
	Record *register.Desk
	Packs  atomic.Pointer[policy.Workspace] // what the register judges by; tests may replace it

	clock atomic.Int64 // nanoseconds after the start
	tick  time.Duration
}

// New makes an installation.
func New(tb testing.TB, database string, opt Options) *World {
	tb.Helper()
	if opt.Packs == nil {
		builtin, err := policy.BuiltinWorkspace()
		if err != nil {
			tb.Fatal(err)
		}
		opt.Packs = builtin
	}
	w := &World{tick: opt.Tick}
	w.Packs.Store(opt.Packs)
	w.Door = Door(tb, database, w.Now)
	w.Record = register.New(w.Door, register.Options{Workspace: w.Packs.Load, Version: "test"})
	return w
}

// Now is the time of the world.
func (w *World) Now() time.Time { return Start().Add(time.Duration(w.clock.Add(int64(w.tick)))) }

// Pass lets time go on: what is made later sorts later.
func (w *World) Pass(d time.Duration) { w.clock.Add(int64(d)) }

// Set sets the time.
func (w *World) Set(at time.Time) { w.clock.Store(int64(at.Sub(Start()))) }

// Days is a day, so many after today.
func (w *World) Days(n int) drawbridge.Date { return drawbridge.DateOf(w.Now().AddDate(0, 0, n)) }

// Write changes the record as the process itself, whatever the desks say.
func (w *World) Write(t Host, fn func(*store.Tx) error) {
	t.Helper()
	w.Pass(time.Millisecond)
	_, _, err := action.Do(t.Context(), w.Door, action.Act{Actor: access.System("test"), Action: access.Seed}, func(tx *store.Tx) (int, error) { return 0, fn(tx) })
	if err != nil {
		t.Fatal(err)
	}
}

// Look reads the record.
func (w *World) Look(t Host, fn func(*store.Tx) error) {
	t.Helper()
	if err := w.Door.Store().View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// Person adds somebody with roles, who has just proved who they are.
func (w *World) Person(t Host, name string, roles ...drawbridge.Role) access.Actor {
	t.Helper()
	p := drawbridge.Person{ID: drawbridge.PersonID(drawbridge.NewID("per", w.Now())), Email: name + "@drawbridge.example", Name: name, Roles: roles}
	w.Write(t, func(tx *store.Tx) error { return tx.AddPerson(&p) })
	return access.Actor{ID: string(p.ID), Person: p.ID, Roles: roles, Via: "api", Proved: w.Now()}
}

// Example is the example manifest under another id, with texts replaced by others.
func Example(t Host, id string, edit ...string) register.Push {
	t.Helper()
	main, files, err := manifest.ReadFiles("../../examples/acme-payments/integration.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files[main] = []byte(Edit(t, string(files[main]), append([]string{"id: acme-payments", "id: " + id}, edit...)...))
	return register.Push{Main: main, Files: files}
}

// Edit replaces texts, which must be there, by others.
func Edit(t Host, text string, edit ...string) string {
	t.Helper()
	for i := 0; i < len(edit); i += 2 {
		if !strings.Contains(text, edit[i]) {
			t.Fatalf("the text does not say %q", edit[i])
		}
		text = strings.Replace(text, edit[i], edit[i+1], 1)
	}
	return text
}

// Bring pushes the example under an id, edited, on top of what is there.
func (w *World) Bring(t Host, actor access.Actor, id string, edit ...string) drawbridge.Integration {
	t.Helper()
	return w.Deliver(t, actor, id, Example(t, id, edit...)).Integration
}

// Deliver pushes files on top of what is there under an id in production.
func (w *World) Deliver(t Host, actor access.Actor, id string, in register.Push) register.Pushed {
	t.Helper()
	w.Pass(time.Millisecond)
	if had, err := w.Record.Integration(t.Context(), actor, register.ByKey(id, "production")); err == nil {
		in.Base, in.Reason = had.Head, "it changed"
	}
	out, err := w.Record.Push(t.Context(), actor, in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// WantKind holds an error to its kind.
func WantKind(t Host, what string, err error, want drawbridge.Kind) {
	t.Helper()
	if err == nil || drawbridge.KindOf(err) != want {
		t.Errorf("%s = %v, want an error of kind %s", what, err, want)
	}
}
