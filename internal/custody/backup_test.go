package custody_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/custody"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

var custodyPeriod = custody.NewPeriod{Kind: custody.KeepToken, Days: 400, Reason: "our rules"}

// dump is every row of every table of a backup as text, in a stable order.
func dump(t *testing.T, s *store.Store) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := s.View(t.Context(), func(tx *store.Tx) error {
		tables, err := tx.Tables()
		if err != nil {
			return err
		}
		for _, table := range tables {
			out[table.Name] = []string{}
			if err := tx.Rows(table, func(row []any) error {
				line, err := json.Marshal(row)
				out[table.Name] = append(out[table.Name], string(line))
				return err
			}); err != nil {
				return err
			}
			slices.Sort(out[table.Name])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// restored opens what was restored, as a server would.
func restored(t *testing.T, dir, url string) *house {
	t.Helper()
	keys, err := seal.OpenKeyring(filepath.Join(dir, "keys"))
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

func now() time.Time { return start }

// TestBackup takes each database over into each, and compares every row.
func TestBackup(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		h := open(t, url)
		h.furnish(t)
		identity, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		report, err := h.Backup(t.Context(), access.Keeper(), &b, custody.BackupOptions{Recipient: identity.Recipient().String()})
		if err != nil {
			t.Fatal(err)
		}
		if report.Files != 12 || report.Bytes != int64(b.Len()) || !report.Keys || report.Rows == 0 {
			t.Errorf("Backup = %+v", report)
		}
		want := dump(t, h.door.Store())
		testkit.Databases(t, func(t *testing.T, url string) {
			dir := filepath.Join(t.TempDir(), "new")
			r, err := custody.Restore(t.Context(), bytes.NewReader(b.Bytes()), custody.RestoreOptions{Data: dir, Database: url, Identity: seal.Hide(identity.String()), Now: now})
			if err != nil {
				t.Fatal(err)
			}
			if !r.Verified || r.Rows != report.Rows || r.Files != report.Files || r.Root != report.Root || r.Entry != report.Entries {
				t.Fatalf("Restore = %+v", r)
			}
			h := restored(t, dir, url)
			got := dump(t, h.door.Store())
			for _, grown := range []string{"ledger_entry", "ledger_hash", "ledger_head", "ledger_subject", "ledger_detail"} { // by the entry of the restore
				if len(got[grown]) < len(want[grown]) {
					t.Errorf("%s has %d rows, want at least %d", grown, len(got[grown]), len(want[grown]))
				}
				delete(got, grown)
			}
			for name := range got {
				if diff := cmp.Diff(want[name], got[name]); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
			h.person(t, "late") // the ledger goes on
			if report := h.check(t, t.Context()); !report.OK {
				t.Errorf("after another act: %+v", report.Differences)
			}
		})
	})
}

// TestBackupPlain keeps the keys out of an archive that is not encrypted.
func TestBackupPlain(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		h := open(t, url)
		h.furnish(t)
		file := filepath.Join(t.TempDir(), "plain")
		report, err := h.BackupFile(t.Context(), access.Keeper(), file, custody.BackupOptions{})
		if err != nil || report.Keys {
			t.Fatalf("BackupFile = %+v %v", report, err)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		secret, err := h.door.Keys().Export()
		if err != nil {
			t.Fatal(err)
		}
		var ring struct {
			Keys []struct {
				Secret string `json:"secret"`
			} `json:"keys"`
		}
		if err := json.Unmarshal([]byte(secret.Reveal()), &ring); err != nil || len(ring.Keys) < 3 {
			t.Fatal(err, len(ring.Keys))
		}
		for _, k := range ring.Keys {
			if bytes.Contains(data, []byte(k.Secret)) {
				t.Error("the archive shows a key")
			}
		}
		restore := func(keys string) (custody.RestoreReport, error) {
			return custody.Restore(t.Context(), bytes.NewReader(data), custody.RestoreOptions{Data: filepath.Join(t.TempDir(), "new"), Keys: keys, Now: now})
		}
		if _, err := restore(""); err == nil || !strings.Contains(err.Error(), "--keys") {
			t.Errorf("without keys: %v", err)
		}
		other := open(t, freshDatabase(t, url))
		if _, err := restore(filepath.Join(other.dir, "keys")); drawbridge.KindOf(err) != drawbridge.Invalid {
			t.Errorf("with the keys of another installation: %v", err)
		}
		if r, err := restore(filepath.Join(h.dir, "keys")); err != nil || !r.Verified {
			t.Errorf("with its keys: %+v %v", r, err)
		}
	})
}

// TestBackupPassphrase opens with the passphrase and with no other.
func TestBackupPassphrase(t *testing.T) {
	t.Parallel()
	h := open(t, "")
	h.populate(t)
	var b bytes.Buffer
	if _, err := h.Backup(t.Context(), access.Keeper(), &b, custody.BackupOptions{Passphrase: seal.Hide("correct horse")}); err != nil {
		t.Fatal(err)
	}
	verify := func(passphrase string) (custody.RestoreReport, error) {
		return custody.VerifyBackup(t.Context(), bytes.NewReader(b.Bytes()), custody.RestoreOptions{Data: t.TempDir(), Passphrase: seal.Hide(passphrase), Now: now})
	}
	if r, err := verify("correct horse"); err != nil || !r.Verified {
		t.Errorf("Verify = %+v %v", r, err)
	}
	for _, wrong := range []string{"", "correct horses"} {
		if _, err := verify(wrong); drawbridge.KindOf(err) != drawbridge.Invalid {
			t.Errorf("with %q: %v", wrong, err)
		}
	}
}

// TestBackupDamaged flips, cuts and adds: nothing of it is restored, and nothing is left.
func TestBackupDamaged(t *testing.T) {
	t.Parallel()
	h := open(t, "")
	h.populate(t)
	var b bytes.Buffer
	if _, err := h.Backup(t.Context(), access.Keeper(), &b, custody.BackupOptions{}); err != nil {
		t.Fatal(err)
	}
	good := b.Bytes()
	refused := func(name string, data []byte) {
		t.Helper()
		dir := filepath.Join(t.TempDir(), "new")
		r, err := custody.Restore(t.Context(), bytes.NewReader(data), custody.RestoreOptions{Data: dir, Keys: filepath.Join(h.dir, "keys"), Now: now})
		if err == nil {
			t.Errorf("%s: restored, verified %v", name, r.Verified)
		}
		if kind := drawbridge.KindOf(err); err != nil && kind != drawbridge.Invalid && kind != drawbridge.Unavailable {
			t.Errorf("%s: %s %v", name, kind, err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: the folder is left", name)
		}
	}
	stride := 1 + len(good)/60 // TestArchiveTampered takes every bit
	if os.Getenv("PROVE") != "" {
		stride = 1 + len(good)/1500
	}
	for i := 0; i < len(good); i += stride {
		data := bytes.Clone(good)
		data[i] ^= 1 << (i % 8)
		refused("a bit of byte "+strconv.Itoa(i), data)
	}
	for i := 0; i < len(good); i += 1 + len(good)/20 {
		refused("cut to "+strconv.Itoa(i), good[:i])
	}
	refused("without its last byte", good[:len(good)-1])
	refused("with a byte more", append(bytes.Clone(good), 0))
	refused("with a block more", append(bytes.Clone(good), make([]byte, 512)...))
	refused("twice", append(bytes.Clone(good), good...))
	refused("with a member more", withMember(t, good, "rows/person/000099.jsonl.gz"))
	refused("with a path", withMember(t, good, "files/../../../etc/passwd"))
}

// TestRestoreTarget refuses a place that is not empty, and begins again where
// it was broken off.
func TestRestoreTarget(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		h := open(t, url)
		h.populate(t)
		var b bytes.Buffer
		if _, err := h.Backup(t.Context(), access.Keeper(), &b, custody.BackupOptions{}); err != nil {
			t.Fatal(err)
		}
		keys := filepath.Join(h.dir, "keys")
		into := func(dir, url string, r io.Reader) error {
			_, err := custody.Restore(t.Context(), r, custody.RestoreOptions{Data: dir, Database: url, Keys: keys, Now: now})
			return err
		}
		full := t.TempDir()
		if err := os.WriteFile(filepath.Join(full, "notes.txt"), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := into(full, freshDatabase(t, url), bytes.NewReader(b.Bytes())); drawbridge.KindOf(err) != drawbridge.Conflict {
			t.Errorf("into a folder with a file: %v", err)
		}
		if url != "" {
			if err := into(filepath.Join(t.TempDir(), "new"), url, bytes.NewReader(b.Bytes())); drawbridge.KindOf(err) != drawbridge.Conflict {
				t.Errorf("into a database in use: %v", err)
			}
		}
		dir, fresh := t.TempDir(), freshDatabase(t, url)
		if err := into(dir, fresh, bytes.NewReader(b.Bytes()[:b.Len()-600])); drawbridge.KindOf(err) != drawbridge.Invalid {
			t.Errorf("from half a backup: %v", err)
		}
		if err := os.WriteFile(filepath.Join(dir, "restore.unfinished"), nil, 0o600); err != nil { // as a kill leaves it
			t.Fatal(err)
		}
		if _, err := store.Open(t.Context(), store.Options{Dir: dir, Database: fresh}); drawbridge.KindOf(err) != drawbridge.Unavailable {
			t.Errorf("a folder with an unfinished restore opens: %v", err)
		}
		if err := into(dir, fresh, bytes.NewReader(b.Bytes())); err != nil {
			t.Errorf("again: %v", err)
		}
		restored(t, dir, fresh)
	})
}

// TestBackupTampered restores a record that was tampered with before, and does
// not call it verified.
func TestBackupTampered(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		h := open(t, url)
		h.populate(t)
		if _, err := h.db.ExecContext(t.Context(), `UPDATE person SET name = 'Q' WHERE email = 'p1@drawbridge.example'`); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := h.Backup(t.Context(), access.Keeper(), &b, custody.BackupOptions{}); err != nil {
			t.Fatal(err)
		}
		r, err := custody.Restore(t.Context(), &b, custody.RestoreOptions{Data: filepath.Join(t.TempDir(), "new"), Keys: filepath.Join(h.dir, "keys"), Now: now})
		if err != nil || r.Verified || len(r.Check.Differences) != 1 || r.Entry != -1 {
			t.Errorf("Restore = %+v %v", r, err)
		}
	})
}

// TestBackupMissing says that a file is missing instead of leaving it out.
func TestBackupMissing(t *testing.T) {
	t.Parallel()
	h := open(t, "")
	_, file := h.populate(t)
	path, err := h.door.Store().Blobs().Path(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "b")
	if _, err := h.BackupFile(t.Context(), access.Keeper(), out, custody.BackupOptions{}); drawbridge.KindOf(err) != drawbridge.Unavailable {
		t.Errorf("BackupFile = %v", err)
	}
	if list, err := os.ReadDir(filepath.Dir(out)); err != nil || len(list) != 0 {
		t.Errorf("left: %v %v", list, err)
	}
}

// failing is a disk that fills up.
type failing struct{ left int }

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, &os.PathError{Op: "write", Path: "x", Err: os.ErrInvalid}
	}
	return len(p), nil
}

// TestBackupFullDisk is an error wherever the disk fills up.
func TestBackupFullDisk(t *testing.T) {
	t.Parallel()
	h := open(t, "")
	h.populate(t)
	for left := 0; left < 20_000; left += 1500 {
		if _, err := h.Backup(t.Context(), access.Keeper(), &failing{left}, custody.BackupOptions{}); err == nil {
			t.Errorf("with room for %d bytes: no error", left)
		}
	}
}

// withMember puts another member in front of the manifest.
func withMember(t *testing.T, good []byte, name string) []byte {
	t.Helper()
	var b bytes.Buffer
	in, out := tar.NewReader(bytes.NewReader(good)), tar.NewWriter(&b)
	for {
		h, err := in.Next()
		if err != nil {
			break
		}
		if h.Name == "manifest.json" {
			if err := out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o600, Format: tar.FormatUSTAR}); err != nil {
				t.Fatal(err)
			}
		}
		if err := out.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(out, in); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
