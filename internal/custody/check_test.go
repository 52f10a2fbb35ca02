package custody_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/custody"
	"drawbridge/internal/ledger"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// house is one installation of a test.
type house struct {
	*custody.Desk
	door *action.Door
	dir  string
	db   *sql.DB // to change things behind the record's back
	now  time.Time
}

func open(t *testing.T, url string) *house {
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
	h := &house{dir: dir, db: s.Writer(), now: start}
	h.door = action.New(action.Options{Store: s, Keys: keys, Now: func() time.Time { return h.now }})
	h.Desk = custody.New(h.door)
	return h
}

// populate makes people, a partner and files, and deletes one of them.
func (h *house) populate(t *testing.T) (people []drawbridge.PersonID, file string) {
	t.Helper()
	digest, size, err := h.door.Store().Blobs().Put(strings.NewReader("a file of the record"), 1<<20, h.door.Keys())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		_, _, err := action.Do(t.Context(), h.door, action.Act{Actor: access.Keeper(), Action: access.PersonWrite, Object: access.Object{Kind: "person"}, Reason: "a test"},
			func(tx *store.Tx) (int, error) {
				p := drawbridge.Person{ID: drawbridge.PersonID(drawbridge.NewID("per", h.now)), Email: fmt.Sprintf("p%d@drawbridge.example", i), Name: "P", CreatedAt: h.now, UpdatedAt: h.now}
				people = append(people, p.ID)
				if err := tx.AddPerson(&p); err != nil || i > 0 {
					return 0, err
				}
				return 0, tx.AddBlob(&store.Blob{ID: digest, Kind: "test", Size: size, CreatedAt: h.now})
			})
		if err != nil {
			t.Fatal(err)
		}
	}
	return people, digest
}

func (h *house) check(t *testing.T, ctx context.Context) custody.CheckReport {
	t.Helper()
	report, err := h.Check(ctx, access.Keeper(), custody.CheckOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestCheckNames shows that whatever is changed behind the record's back is named.
func TestCheckNames(t *testing.T) {
	t.Parallel()
	harms := []struct {
		name, kind string
		sql        string
		file       func(t *testing.T, path string)
	}{
		{name: "a row is edited", kind: "person", sql: `UPDATE person SET name = 'Q' WHERE email = 'p1@drawbridge.example'`},
		{name: "a row is edited and its version too", kind: "person", sql: `UPDATE person SET roles = '["administrator"]', version = 2 WHERE email = 'p1@drawbridge.example'`},
		{name: "a salt is edited", kind: "person", sql: `UPDATE person SET salt = (SELECT salt FROM blob) WHERE email = 'p1@drawbridge.example'`},
		{name: "a row is deleted", kind: "person", sql: `DELETE FROM person WHERE email = 'p2@drawbridge.example'`},
		{name: "a row is made", kind: "person", sql: `INSERT INTO person SELECT version, 'per_made', 'made@drawbridge.example', name, roles, disabled, erased, created_at, updated_at, salt FROM person WHERE email = 'p3@drawbridge.example'`},
		{name: "an entry is deleted", kind: "ledger", sql: `DELETE FROM ledger_entry WHERE seq = 2`},
		{name: "the last entry is deleted", kind: "ledger", sql: `DELETE FROM ledger_entry WHERE seq = 4`},
		{name: "entries are swapped", kind: "ledger", sql: `UPDATE ledger_entry SET leaf = (SELECT leaf FROM ledger_entry WHERE seq = 1) WHERE seq = 3`},
		{name: "a detail is deleted", kind: "ledger", sql: `DELETE FROM ledger_detail WHERE seq = 1`},
		{name: "a detail is swapped", kind: "ledger", sql: `UPDATE ledger_detail SET detail = (SELECT detail FROM ledger_detail WHERE seq = 1), salt = (SELECT salt FROM ledger_detail WHERE seq = 1) WHERE seq = 3`},
		{name: "the log is cut and its head too", kind: "ledger", sql: `UPDATE ledger_head SET size = 3`},
		{name: "the head is deleted", kind: "ledger", sql: `DELETE FROM ledger_head`},
		{name: "a hash of the tree is changed", kind: "tree", sql: `UPDATE ledger_hash SET hash = (SELECT hash FROM ledger_hash WHERE idx = 0) WHERE idx = 2`},
		{name: "a hash of the tree is deleted", kind: "tree", sql: `DELETE FROM ledger_hash WHERE idx = 3`},
		{name: "the index is changed with the row", kind: "index", sql: `UPDATE ledger_subject SET after_digest = 'sha256:00' WHERE seq = 1`},
		{name: "a line of the index is deleted", kind: "index", sql: `DELETE FROM ledger_subject WHERE seq = 1`},
		{name: "a line of the index is made", kind: "index", sql: `INSERT INTO ledger_subject (kind, id, seq, after_digest) VALUES ('person', 'per_made', 4, 'sha256:00')`},
		{name: "the record of a file is deleted", kind: "blob", sql: `DELETE FROM blob`},
		{name: "findings are made", kind: "finding", sql: `INSERT INTO finding (assessment, fingerprint, integration, source, rule, element, severity, severity_rank, state, title) VALUES ('asm_made', 'f1-x', 'int_x', 'threat', 'T001', 'e', 'low', 1, 'open', 't')`},
		{name: "a file is deleted", kind: "blob", file: func(t *testing.T, path string) {
			t.Helper()
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "a bit of a file is flipped", kind: "blob", file: func(t *testing.T, path string) {
			t.Helper()
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			data[len(data)/2] ^= 1
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}},
	}
	testkit.Databases(t, func(t *testing.T, url string) {
		for _, harm := range harms {
			h := open(t, freshDatabase(t, url))
			_, file := h.populate(t)
			if report := h.check(t, t.Context()); !report.OK || report.Rows != 6 || report.Files != 1 || report.Entries != 5 {
				t.Fatalf("before: %+v", report)
			}
			if harm.sql != "" {
				if _, err := h.db.ExecContext(t.Context(), harm.sql); err != nil {
					t.Fatalf("%s: %v", harm.name, err)
				}
			} else {
				path, err := h.door.Store().Blobs().Path(file)
				if err != nil {
					t.Fatal(err)
				}
				harm.file(t, path)
			}
			report := h.check(t, t.Context())
			found := false
			for _, d := range report.Differences {
				found = found || d.Kind == harm.kind
			}
			if report.OK || !found {
				t.Errorf("%s: %+v, want a difference of %s", harm.name, report.Differences, harm.kind)
			}
		}
	})
}

// freshDatabase gives each installation of one subtest a database of its own.
func freshDatabase(t *testing.T, url string) string {
	t.Helper()
	if url == "" {
		return ""
	}
	return testkit.Postgres(t)
}

// TestRotation changes every key, and the exported log shows the chain to somebody who knows the first key alone.
func TestRotation(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		h := open(t, url)
		first := h.door.Keys().VerifierKeys()
		_, file := h.populate(t)
		for _, purpose := range []seal.Purpose{seal.PurposeSign, seal.PurposeEncrypt, seal.PurposeMAC, seal.PurposeSign} {
			if _, err := h.RotateKey(t.Context(), access.Keeper(), purpose, "yearly"); err != nil {
				t.Fatal(err)
			}
		}
		if report := h.check(t, t.Context()); !report.OK {
			t.Fatalf("after the change of keys: %+v", report.Differences)
		}
		if data, err := h.door.Store().Blobs().Read(file, 1<<20, h.door.Keys()); err != nil || string(data) != "a file of the record" {
			t.Errorf("an old file reads as %q %v", data, err)
		}
		var b strings.Builder
		if err := h.Export(t.Context(), access.Keeper(), &b, nil); err != nil {
			t.Fatal(err)
		}
		trust := ledger.Trust{Keys: first, Rotation: custody.Handover}
		if report, err := ledger.Verify(t.Context(), strings.NewReader(b.String()), trust, nil); err != nil || !report.OK || !report.Trusted {
			t.Errorf("Verify = %+v %v", report, err)
		}
		proof, err := h.Prove(t.Context(), access.Keeper(), 1)
		if err != nil {
			t.Fatal(err)
		}
		if proved, err := ledger.VerifyProof(proof, trust); err != nil || proved.Entry.Seq != 1 || !proved.Trusted {
			t.Errorf("VerifyProof = %+v %v", proved, err)
		}
	})
}

// TestRotationBrokenOff stops a change of the sign key after the entry is in
// the ledger; the next act finishes it.
func TestRotationBrokenOff(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		h := open(t, url)
		h.populate(t)
		keys := h.door.Keys()
		pending, err := keys.PrepareRotation(seal.PurposeSign, h.now)
		if err != nil {
			t.Fatal(err)
		}
		signer, err := keys.PendingSigner(pending.ID)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = action.Do(t.Context(), h.door, action.Act{Actor: access.Keeper(), Action: access.KeyRotate, Object: access.Object{Kind: "key", ID: "sign"}, Signer: signer},
			func(tx *store.Tx) (int, error) {
				tx.Changed(store.Change{Kind: "key", ID: "sign", Op: ledger.Update, After: pending.Fingerprint})
				tx.Note("rotation", string(pending.Statement))
				return 0, nil
			})
		if err != nil {
			t.Fatal(err)
		}
		other, err := seal.OpenKeyring(filepath.Join(h.dir, "keys")) // the process after the crash
		if err != nil {
			t.Fatal(err)
		}
		door := action.New(action.Options{Store: h.door.Store(), Keys: other, Now: func() time.Time { return h.now }})
		if err := door.RefreshKeys(t.Context()); err != nil {
			t.Fatal(err)
		}
		if v, err := note.NewVerifier(pending.Public); err != nil || other.Signer().KeyHash() != v.KeyHash() {
			t.Errorf("the key that the ledger names is not in use (%v)", err)
		}
		h.populateMore(t, door)
		if report, err := custody.New(door).Check(t.Context(), access.Keeper(), custody.CheckOptions{}); err != nil || !report.OK {
			t.Errorf("Check = %+v %v", report.Differences, err)
		}
	})
}

func (h *house) populateMore(t *testing.T, door *action.Door) {
	t.Helper()
	_, _, err := action.Do(t.Context(), door, action.Act{Actor: access.Keeper(), Action: access.PersonWrite, Object: access.Object{Kind: "person"}},
		func(tx *store.Tx) (int, error) {
			return 0, tx.AddPerson(&drawbridge.Person{ID: drawbridge.PersonID(drawbridge.NewID("per", h.now)), Email: "late@drawbridge.example"})
		})
	if err != nil {
		t.Fatal(err)
	}
}
