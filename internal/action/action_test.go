package action_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/ledger"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, url string) *action.Door {
	t.Helper()
	dir := t.TempDir()
	keys, err := seal.EnsureKeyring(filepath.Join(dir, "keys"), "drawbridge.test/log", start)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{Dir: dir, Database: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return action.New(action.Options{Store: s, Keys: keys, Now: func() time.Time { return start }})
}

func addPerson(email string) func(tx *store.Tx) (drawbridge.Person, error) {
	return func(tx *store.Tx) (drawbridge.Person, error) {
		p := drawbridge.Person{
			ID: drawbridge.PersonID(drawbridge.NewID("per", start)), Email: email, Name: "Ann",
			Roles: []drawbridge.Role{drawbridge.Requester}, CreatedAt: start, UpdatedAt: start,
		}
		return p, tx.AddPerson(&p)
	}
}

var setup = action.Act{Actor: access.System("setup"), Action: access.PersonWrite, Object: access.Object{Kind: "person"}}

func TestAct(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		d := open(t, url)
		act := setup
		act.Reason, act.Key, act.Input = "joins the team", "k1", "ann"
		first, receipt, err := action.Do(t.Context(), d, act, addPerson("ann@drawbridge.example"))
		if err != nil || receipt.Seq != 0 {
			t.Fatalf("Do = %v %v", receipt, err)
		}
		again, receipt, err := action.Do(t.Context(), d, act, addPerson("ann@drawbridge.example"))
		if err != nil || !receipt.Replayed || again.ID != first.ID {
			t.Fatalf("repetition = %v %v %v, want the first answer %v", again, receipt, err, first.ID)
		}
		act.Input = "bob"
		if _, _, err = action.Do(t.Context(), d, act, addPerson("bob@drawbridge.example")); drawbridge.KindOf(err) != drawbridge.Conflict {
			t.Errorf("another request with the same key: %v, want a conflict", err)
		}
		stale := first
		change := func(p drawbridge.Person, name string) error {
			_, _, err := action.Do(t.Context(), d, setup, func(tx *store.Tx) (int, error) {
				p.Name = name
				return 0, tx.SetPerson(&p)
			})
			return err
		}
		if err := change(first, "Ann B."); err != nil {
			t.Fatal(err)
		}
		if err := change(stale, "Ann C."); drawbridge.KindOf(err) != drawbridge.Conflict {
			t.Errorf("a change over a newer version: %v, want a conflict", err)
		}
		verify(t, d, 2)
	})
}

func TestRefusal(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		d := open(t, url)
		act := setup
		act.Actor = access.Actor{ID: "per_1", Person: "per_1", Roles: []drawbridge.Role{drawbridge.Requester}, Via: "api"}
		for range 100 {
			if _, _, err := action.Do(t.Context(), d, act, addPerson("x@drawbridge.example")); drawbridge.KindOf(err) != drawbridge.NotFound {
				t.Fatalf("Do = %v, want not_found", err)
			}
		}
		verify(t, d, 1)
		d.FlushDenials(t.Context())
		verify(t, d, 2)
	})
}

// verify exports the ledger and verifies it as an outsider would.
func verify(t *testing.T, d *action.Door, want int64) {
	t.Helper()
	var buf bytes.Buffer
	err := d.Store().View(t.Context(), func(tx *store.Tx) error {
		size, note, err := tx.Head()
		if err != nil || size != want {
			t.Fatalf("head = %d %v, want %d entries", size, err, want)
		}
		w, err := ledger.NewExportWriter(&buf, ledger.Header{Origin: d.Keys().Origin(), Keys: d.Keys().VerifierKeys()})
		if err != nil {
			return err
		}
		leaves, err := tx.Leaves(0, 1000)
		if err != nil {
			return err
		}
		details, err := tx.Details(0, size)
		if err != nil {
			return err
		}
		for _, l := range leaves {
			var plain, salt []byte
			for _, x := range details {
				if x.Seq == l.Seq {
					if plain, err = d.Keys().Open(x.Sealed, action.DetailContext(x.Seq)); err != nil {
						return err
					}
					salt = x.Salt
				}
			}
			if err := w.Entry(l.Data, plain, salt); err != nil {
				return err
			}
		}
		return w.Close([]byte(note))
	})
	if err != nil {
		t.Fatal(err)
	}
	report, err := ledger.Verify(t.Context(), &buf, ledger.Trust{Keys: d.Keys().VerifierKeys()}, nil)
	if err != nil || !report.OK {
		t.Fatalf("Verify = %+v %v", report, err)
	}
}

// TestOnlyDoor holds the rule that action alone writes to the store.
func TestOnlyDoor(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir("..", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") || strings.HasPrefix(p, "../action/") || strings.HasPrefix(p, "../store/") {
			return err
		}
		src, err := os.ReadFile(p)
		if bytes.Contains(src, []byte("drawbridge/internal/store")) && bytes.Contains(src, []byte(".Update(ctx")) {
			t.Errorf("%s calls store.Update: only action may", p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTakenAway shows that what was taken from a person after they were
// recognised does not count in the act.
func TestTakenAway(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		d := open(t, url)
		p, _, err := action.Do(t.Context(), d, setup, func(tx *store.Tx) (drawbridge.Person, error) {
			p := drawbridge.Person{ID: "per_1", Email: "ann@drawbridge.example", Roles: []drawbridge.Role{drawbridge.ProgrammeOwner}}
			return p, tx.AddPerson(&p)
		})
		if err != nil {
			t.Fatal(err)
		}
		act := action.Act{Actor: access.Actor{ID: "per_1", Person: "per_1", Roles: p.Roles, Via: "api"}, Action: access.PartnerWrite, Object: access.Object{Kind: "partner"}}
		nothing := func(*store.Tx) (int, error) { return 0, nil }
		if _, _, err := action.Do(t.Context(), d, act, nothing); err != nil {
			t.Fatal(err)
		}
		for _, taken := range []struct {
			what string
			from func(*drawbridge.Person)
			want drawbridge.Kind
		}{
			{"the role", func(p *drawbridge.Person) { p.Roles = []drawbridge.Role{drawbridge.Tester} }, drawbridge.Denied},
			{"the account", func(p *drawbridge.Person) { p.Disabled = true }, drawbridge.Unauthenticated},
		} {
			if _, _, err := action.Do(t.Context(), d, setup, func(tx *store.Tx) (int, error) {
				taken.from(&p)
				return 0, tx.SetPerson(&p)
			}); err != nil {
				t.Fatal(err)
			}
			if _, _, err := action.Do(t.Context(), d, act, nothing); drawbridge.KindOf(err) != taken.want {
				t.Errorf("after %s was taken: %v, want %s", taken.what, err, taken.want)
			}
		}
	})
}
