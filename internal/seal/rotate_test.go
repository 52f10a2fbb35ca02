package seal_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"drawbridge"
	"drawbridge/internal/seal"
)

// TestRotation stops after each step, opens the folder again, and finds all
// that was made before still good.
func TestRotation(t *testing.T) {
	t.Parallel()
	for _, purpose := range []seal.Purpose{seal.PurposeSign, seal.PurposeEncrypt, seal.PurposeMAC} {
		t.Run(string(purpose), func(t *testing.T) {
			t.Parallel()
			k, dir := newKeyring(t)
			made := makeAll(t, k)
			former, before := active(k, purpose), inUse(t, k, purpose)
			made.check(t, reopen(t, dir))

			first, err := k.PrepareRotation(purpose, day)
			if err != nil || first.State != seal.StatePending || first.Purpose != purpose || first.ID == former.ID || (first.Statement != nil) != (purpose == seal.PurposeSign) {
				t.Fatalf("PrepareRotation = %+v, %v", first, err)
			}
			leaveHalfFile(t, dir)
			k = reopen(t, dir)
			made.check(t, k)
			if active(k, purpose) != former || inUse(t, k, purpose) != before {
				t.Error("a pending key is in use")
			}
			if _, hash, _ := strings.Cut(first.Public, "+"); purpose == seal.PurposeSign {
				n, err := strconv.ParseUint(hash[:8], 16, 32)
				if v, unknown := k.Verifiers().Verifier(origin, uint32(n)); err != nil || unknown == nil || len(k.VerifierKeys()) != 1 {
					t.Errorf("a pending key verifies: %v, %v", v, err)
				}
			}
			second, err := k.PrepareRotation(purpose, day.AddDate(0, 0, 1))
			if err != nil || second.KeyInfo != first.KeyInfo || !bytes.Equal(second.Statement, first.Statement) {
				t.Errorf("PrepareRotation again = %+v, %v, want the same as before: %+v", second, err, first)
			}

			server := reopen(t, dir) // and not reloaded
			if err := k.Activate(first.ID); err != nil {
				t.Fatal(err)
			}
			if purpose != seal.PurposeSign {
				makeAll(t, k).check(t, server)
			}
			leaveHalfFile(t, dir)
			k = reopen(t, dir)
			made.check(t, k)
			makeAll(t, k).check(t, reopen(t, dir))
			if got := active(k, purpose); got.ID != first.ID || inUse(t, k, purpose) == before {
				t.Errorf("%+v is active, want %s", got, first.ID)
			}
			if err := k.Activate(first.ID); err != nil {
				t.Errorf("Activate again: %v", err)
			}
			if err := k.Activate(former.ID); drawbridge.KindOf(err) != drawbridge.Conflict {
				t.Errorf("Activate a retired key: %v, want a conflict", err)
			}
			if err := k.Activate("key_none"); drawbridge.KindOf(err) != drawbridge.NotFound {
				t.Errorf("Activate no key: %v, want not found", err)
			}
		})
	}
	k, _ := newKeyring(t)
	if _, err := k.PrepareRotation("mark", day); drawbridge.KindOf(err) != drawbridge.Invalid {
		t.Errorf("PrepareRotation of no purpose: %v, want invalid", err)
	}
}

// leaveHalfFile does what a crash in the middle of a write leaves.
func leaveHalfFile(t *testing.T, dir string) {
	t.Helper()
	if err := os.WriteFile(dir+"/keyring.json.new", []byte(`{"format":`), 0o600); err != nil {
		t.Fatal(err)
	}
}

func active(k *seal.Keyring, p seal.Purpose) seal.KeyInfo {
	list := k.List()
	return list[slices.IndexFunc(list, func(i seal.KeyInfo) bool { return i.Purpose == p && i.State == seal.StateActive })]
}

// inUse tells the key that makes things from what it makes.
func inUse(t *testing.T, k *seal.Keyring, p seal.Purpose) string {
	t.Helper()
	switch p {
	case seal.PurposeSign:
		return fmt.Sprint(k.Signer().KeyHash())
	case seal.PurposeEncrypt:
		row, err := k.Seal(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		return string(row[:5]) // Tink's prefix names the key
	case seal.PurposeMAC:
		return string(k.MAC("", nil))
	}
	return ""
}

// made is something of each kind that a keyring makes.
type made struct{ row, blob, code, note, envelope []byte }

func makeAll(t *testing.T, k *seal.Keyring) made {
	t.Helper()
	row, err1 := k.Seal([]byte("row"), []byte("at"))
	var blob bytes.Buffer
	w, err2 := k.SealStream(&blob, []byte("at"))
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	_, err1 = w.Write([]byte("blob"))
	signed, err2 := note.Sign(&note.Note{Text: "text\n"}, k.Signer())
	envelope, err3 := k.SignEnvelope("type", []byte("payload"))
	if err := errors.Join(err1, err2, err3, w.Close()); err != nil {
		t.Fatal(err)
	}
	return made{row, blob.Bytes(), k.MAC("cursor", []byte("data")), signed, envelope}
}

func (m made) check(t *testing.T, k *seal.Keyring) {
	t.Helper()
	if got, err := k.Open(m.row, []byte("at")); err != nil || string(got) != "row" {
		t.Errorf("Open = %q, %v", got, err)
	}
	if got, err := readAll(k, m.blob, []byte("at")); err != nil || string(got) != "blob" {
		t.Errorf("OpenStream reads %q, %v", got, err)
	}
	if !k.CheckMAC("cursor", []byte("data"), m.code) {
		t.Error("CheckMAC refuses")
	}
	if _, err := note.Open(m.note, k.Verifiers()); err != nil {
		t.Errorf("note.Open: %v", err)
	}
	if _, got, _, err := seal.VerifyEnvelope(m.envelope, k.VerifierKeys()); err != nil || string(got) != "payload" {
		t.Errorf("VerifyEnvelope = %q, %v", got, err)
	}
}

func TestWriteFails(t *testing.T) {
	t.Parallel()
	k, dir := newKeyring(t)
	m := makeAll(t, k)
	pending, err := k.PrepareRotation(seal.PurposeSign, day)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir+"/keyring.json.new/in-the-way", 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := k.PrepareRotation(seal.PurposeMAC, day); drawbridge.KindOf(err) != drawbridge.Unavailable {
		t.Errorf("PrepareRotation without room: %v, want unavailable", err)
	}
	if err := k.Activate(pending.ID); drawbridge.KindOf(err) != drawbridge.Unavailable {
		t.Errorf("Activate without room: %v, want unavailable", err)
	}
	if again, err := k.PrepareRotation(seal.PurposeSign, day); err != nil || again.ID != pending.ID {
		t.Errorf("PrepareRotation of what is prepared = %v, %v; it writes nothing", again.ID, err)
	}
	m.check(t, k)
	m.check(t, reopen(t, dir))
	if got, want := list(k), "sign active, encrypt active, mac active, sign pending"; got != want || list(reopen(t, dir)) != want {
		t.Errorf("the keys are %s, want %s", got, want)
	}
}

// TestReloadWhileSealing rotates by one keyring while another of the same
// folder is in use, as the command line does beside a server.
func TestReloadWhileSealing(t *testing.T) {
	t.Parallel()
	server, dir := newKeyring(t)
	hand := reopen(t, dir)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				m := makeAll(t, server)
				if err := server.Reload(); err != nil {
					t.Error(err)
				}
				m.check(t, server)
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for i := range 4 {
		for _, p := range []seal.Purpose{seal.PurposeSign, seal.PurposeEncrypt, seal.PurposeMAC} {
			by := []*seal.Keyring{hand, server}[i%2]
			pending, err := by.PrepareRotation(p, day)
			if err == nil {
				err = by.Activate(pending.ID)
			}
			if err != nil {
				t.Error(err)
			}
		}
	}
	close(done)
	wg.Wait()
	if got := len(server.List()); got != 15 {
		t.Errorf("%d keys after 12 rotations of 3, want 15", got)
	}
	if !slices.Equal(server.List(), reopen(t, dir).List()) {
		t.Error("the server and the folder differ")
	}
}
