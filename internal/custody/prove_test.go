package custody_test

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/custody"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// TestBackupLarge backs a gigabyte up while somebody writes, and restores it.
// PROVE=1 runs it: half of it is files, half rows, a million findings among them.
func TestBackupLarge(t *testing.T) {
	if os.Getenv("PROVE") == "" {
		t.Skip("PROVE=1 runs this test")
	}
	testkit.Databases(t, func(t *testing.T, url string) {
		h := open(t, url)
		owner := h.person(t, "owner")
		content := make([]byte, 200<<10)
		for i := range 100 {
			id := h.integration(t, fmt.Sprintf("service-%d", i), fmt.Sprintf("partner-%d", i%10), owner)
			h.load(t, id, content)
		}
		var size int64
		if err := h.door.Store().View(t.Context(), func(tx *store.Tx) (err error) {
			size, err = tx.Size()
			return err
		}); err != nil {
			t.Fatal(err)
		}
		stop, wrote := h.writer(t)
		file := filepath.Join(t.TempDir(), "large.backup")
		begin := time.Now()
		b, err := h.BackupFile(t.Context(), access.Keeper(), file, custody.BackupOptions{})
		took := time.Since(begin)
		stop()
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("database of %s and %d files: backed up to %s in %s, while %d acts were written", drawbridge.Size(size), b.Files, drawbridge.Size(b.Bytes), took.Round(time.Millisecond), *wrote)
		testkit.Databases(t, func(t *testing.T, url string) {
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			begin := time.Now()
			r, err := custody.Restore(t.Context(), f, custody.RestoreOptions{
				Data: filepath.Join(t.TempDir(), "new"), Database: url, Keys: filepath.Join(h.dir, "keys"), Now: now,
				Progress: func(part string, done, _ int64) {
					if part == "ledger" && done == 0 {
						t.Logf("loaded after %s", time.Since(begin).Round(time.Millisecond))
					}
				},
			})
			if err != nil || !r.Verified {
				t.Fatalf("Restore = %+v %v", r.Check, err)
			}
			t.Logf("%d rows and %d files restored and verified in %s", r.Rows, r.Files, time.Since(begin).Round(time.Millisecond))
		})
	})
}

// load gives an integration 25 files of random bytes and 10,000 findings.
func (h *house) load(t *testing.T, id drawbridge.IntegrationID, content []byte) {
	t.Helper()
	var files []store.Blob
	for range 25 {
		rand.Read(content)
		digest, size := h.put(t, string(content))
		files = append(files, store.Blob{ID: digest, Kind: "document", Size: size, Integration: id, CreatedAt: h.now})
	}
	h.do(t, func(tx *store.Tx) error {
		for i := range files {
			if err := tx.AddBlob(&files[i]); err != nil {
				return err
			}
		}
		in, err := tx.Integration(id)
		if err != nil {
			return err
		}
		a, err := tx.Assessment(in.Assessment)
		if err != nil {
			return err
		}
		a.ID, a.Document = drawbridge.AssessmentID(drawbridge.NewID("asm", h.now)), files[0].ID
		rows := make([]drawbridge.Finding, 10_000)
		for i := range rows {
			rows[i] = drawbridge.Finding{
				Assessment: a.ID, Fingerprint: fmt.Sprintf("f1-%064d", i), Integration: id, Source: "threat", Rule: "T001", Element: fmt.Sprintf("flow/customer-%d", i), Severity: "high",
				State: "open", Title: "Personal data leaves the region without a transfer mechanism",
			}
		}
		if a.FindingsSum, err = store.DigestFindings(rows); err != nil {
			return err
		}
		a.Findings, in.Assessment = int64(len(rows)), a.ID
		if err := tx.AddAssessment(a); err != nil {
			return err
		}
		if err := tx.SetFindings(id, rows); err != nil {
			return err
		}
		return tx.SetIntegration(in)
	})
}

// writer adds people until it is stopped.
func (h *house) writer(t *testing.T) (stop func(), wrote *int) {
	t.Helper()
	done := make(chan struct{})
	wrote = new(int)
	var wait sync.WaitGroup
	wait.Go(func() {
		for ; ; *wrote++ {
			select {
			case <-done:
				return
			default:
			}
			p := drawbridge.Person{ID: drawbridge.PersonID(drawbridge.NewID("per", h.now)), Email: fmt.Sprintf("w%d@drawbridge.example", *wrote), CreatedAt: h.now, UpdatedAt: h.now}
			act := action.Act{Actor: access.Keeper(), Action: access.PersonWrite, Object: access.Object{Kind: "person"}}
			if _, _, err := action.Do(t.Context(), h.door, act, func(tx *store.Tx) (int, error) { return 0, tx.AddPerson(&p) }); err != nil {
				t.Error(err)
				return
			}
		}
	})
	return func() { close(done); wait.Wait() }, wrote
}
