package custody_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/custody"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// members takes an archive apart. Its manifest says more than the members do,
// which only a restore knows, so the end is not proved here.
func members(t *testing.T, data []byte) (names []string, contents [][]byte) {
	t.Helper()
	names, contents, err := custody.Unpack(bytes.NewReader(data))
	if len(names) == 0 {
		t.Fatal(err)
	}
	return names, contents
}

// reform changes the rows of a member.
func reform(t *testing.T, packed []byte, change func(row []json.RawMessage) []json.RawMessage) []byte {
	t.Helper()
	in, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	for line := range strings.Lines(string(data)) {
		var row []json.RawMessage
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		if err := json.NewEncoder(w).Encode(change(row)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// reheaded packs an archive again with another header.
func reheaded(t *testing.T, names []string, contents [][]byte, change func(*custody.Backup)) []byte {
	t.Helper()
	var head custody.Backup
	if err := json.Unmarshal(contents[0], &head); err != nil {
		t.Fatal(err)
	}
	change(&head)
	data, err := json.Marshal(head)
	if err != nil {
		t.Fatal(err)
	}
	contents = slices.Clone(contents)
	contents[0] = data
	packed, err := custody.Pack(names, contents)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// younger4 are the tables that came after schema 4.
var younger4 = map[string]bool{
	"hold": true, "retention": true, "review": true, "signoff": true, "delegation": true, "decision": true, "standing": true, "ruling": true, "run": true,
	"inquiry": true, "answer": true, "link": true, "evidence": true, "thread": true, "comment": true, "contract": true, "measure": true, "subprocessor": true,
	"notice": true, "profile": true, "condition": true, "exception": true, "risk": true, "trigger_event": true, "attestation": true, "departure": true, "threat_review": true, "footprint": true, "viewed": true, "live_run": true, "draft": true, "draft_file": true, "saved_view": true, "bulk": true, "bulk_item": true,
}

// TestRestoreOlderSchema brings a backup of an older program up to date.
func TestRestoreOlderSchema(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		h := open(t, freshDatabase(t, url))
		h.populate(t)
		names, contents := members(t, h.backup(t))
		at := -1 // of the column that came with schema 5
		var younger []string
		old := func(b *custody.Backup) {
			b.Schema = 4
			b.Tables = slices.DeleteFunc(b.Tables, func(x store.Table) bool { return younger4[x.Name] })
			for i := range b.Tables {
				if b.Tables[i].Name == "ledger_detail" {
					at = slices.IndexFunc(b.Tables[i].Columns, func(c store.Column) bool { return c.Name == "made_at" })
					b.Tables[i].Columns = slices.Delete(b.Tables[i].Columns, at, at+1)
				}
			}
		}
		reheaded(t, names, contents, old) // finds the column
		for i, name := range names {
			if strings.HasPrefix(name, "rows/ledger_detail/") {
				contents[i] = reform(t, contents[i], func(row []json.RawMessage) []json.RawMessage { return slices.Delete(row, at, at+1) })
				younger = append(younger, name)
			}
		}
		if at < 0 || len(younger) != 1 {
			t.Fatalf("column %d in %v", at, younger)
		}
		into := custody.RestoreOptions{Data: filepath.Join(t.TempDir(), "new"), Database: url, Keys: filepath.Join(h.dir, "keys"), Now: now}
		r, err := custody.Restore(t.Context(), bytes.NewReader(reheaded(t, names, contents, old)), into)
		if err != nil || !r.Verified {
			t.Fatalf("Restore = %+v %v", r, err)
		}
		have, want, err := restored(t, into.Data, url).door.Store().Schema(t.Context())
		if err != nil || have != want {
			t.Errorf("schema %d, want %d (%v)", have, want, err)
		}
	})
}

// backup is a backup without keys.
func (h *house) backup(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := h.Backup(t.Context(), access.Keeper(), &b, custody.BackupOptions{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestRestoreForged refuses archives that are whole and say what no backup says.
func TestRestoreForged(t *testing.T) {
	t.Parallel()
	h := open(t, "")
	h.populate(t)
	names, contents := members(t, h.backup(t))
	for name, forge := range map[string]struct {
		head  func(*custody.Backup)
		kind  drawbridge.Kind
		words string
	}{
		"of a newer program":       {func(b *custody.Backup) { b.Schema = 99 }, drawbridge.Unavailable, "newer drawbridge"},
		"of no schema":             {func(b *custody.Backup) { b.Schema = 0 }, drawbridge.Unavailable, "schema 0"},
		"of another format":        {func(b *custody.Backup) { b.Format = "x/2" }, drawbridge.Invalid, "x/2"},
		"says that it has keys":    {func(b *custody.Backup) { b.Keys = true }, drawbridge.Invalid, "--keys"},
		"a table is missing":       {func(b *custody.Backup) { b.Tables = b.Tables[1:] }, drawbridge.Invalid, "tables"},
		"a table of another name":  {func(b *custody.Backup) { b.Tables[0].Name = "person; DROP TABLE person" }, drawbridge.Invalid, "not of its schema"},
		"a column of another name": {func(b *custody.Backup) { b.Tables[0].Columns[0].Name = "id) --" }, drawbridge.Invalid, "not as its schema says"},
		"a checkpoint of others":   {func(b *custody.Backup) { b.Checkpoint = "x" }, drawbridge.Invalid, "not signed by these keys"},
		"another root":             {func(b *custody.Backup) { b.Root = "x" }, drawbridge.Invalid, "not signed by these keys"},
	} {
		dir := filepath.Join(t.TempDir(), "new")
		_, err := custody.Restore(t.Context(), bytes.NewReader(reheaded(t, names, contents, forge.head)), custody.RestoreOptions{Data: dir, Keys: filepath.Join(h.dir, "keys"), Now: now})
		if drawbridge.KindOf(err) != forge.kind || !strings.Contains(err.Error(), forge.words) {
			t.Errorf("%s: %v, want %s with %q", name, err, forge.kind, forge.words)
		}
		if store.Unfinished(dir) {
			t.Errorf("%s: the folder is left", name)
		}
	}
}

// TestBackupWhileWriting takes backups amid acts; each is one moment.
func TestBackupWhileWriting(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		h := open(t, url)
		h.populate(t)
		stop, _ := h.writer(t)
		var list [][]byte
		for range 3 {
			list = append(list, h.backup(t))
		}
		stop()
		for _, data := range list {
			r, err := custody.VerifyBackup(t.Context(), bytes.NewReader(data), custody.RestoreOptions{Data: t.TempDir(), Keys: filepath.Join(h.dir, "keys"), Now: now})
			if err != nil || !r.Verified {
				t.Errorf("VerifyBackup = %+v %v", r, err)
			}
		}
	})
}

// TestBackupWhilePurging purges a file that a backup under way is about to
// copy: the backup starts again.
func TestBackupWhilePurging(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		h := open(t, url)
		h.populate(t)
		var files []string
		for _, content := range []string{"one", "two", "three"} {
			digest, size := h.put(t, content)
			h.do(t, func(tx *store.Tx) error {
				return tx.AddBlob(&store.Blob{ID: digest, Kind: "test", Size: size, CreatedAt: h.now})
			})
			files = append(files, digest)
		}
		slices.Sort(files)
		last := files[len(files)-1]
		began := 0
		opt := custody.BackupOptions{Progress: func(part string, done, _ int64) {
			if part != "files" || done != 1 {
				return
			}
			if began++; began == 1 {
				h.do(t, func(tx *store.Tx) error { return tx.RemoveBlob(last) })
				if err := h.door.Store().Blobs().Remove(last); err != nil {
					t.Error(err)
				}
			}
		}}
		report, err := h.BackupFile(t.Context(), access.Keeper(), filepath.Join(t.TempDir(), "b"), opt)
		if err != nil || began != 2 || report.Files != 3 {
			t.Errorf("BackupFile = %+v %v after %d begins", report, err, began)
		}
	})
}
