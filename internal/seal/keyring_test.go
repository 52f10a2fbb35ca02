package seal_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"drawbridge"
	"drawbridge/internal/seal"
)

const origin = "drawbridge.example/abc"

var day = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newKeyring(tb testing.TB) (k *seal.Keyring, dir string) {
	tb.Helper()
	dir = filepath.Join(tb.TempDir(), "data", "keys")
	k, err := seal.CreateKeyring(dir, origin, day)
	if err != nil {
		tb.Fatal(err)
	}
	return k, dir
}

func reopen(tb testing.TB, dir string) *seal.Keyring {
	tb.Helper()
	k, err := seal.OpenKeyring(dir)
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func TestCreateKeyring(t *testing.T) {
	t.Parallel()
	k, dir := newKeyring(t)
	for path, want := range map[string]os.FileMode{dir: 0o700, dir + "/keyring.json": 0o600, dir + "/keyring.lock": 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
	before := list(k)
	if want := "sign active, encrypt active, mac active"; before != want {
		t.Errorf("the keys are %s, want %s", before, want)
	}
	if _, err := seal.CreateKeyring(dir, origin, day); drawbridge.KindOf(err) != drawbridge.Conflict {
		t.Errorf("a second CreateKeyring gives %v, want a conflict", err)
	}
	again, err := seal.EnsureKeyring(dir, "another.example", day.AddDate(1, 0, 0))
	if err != nil || !slices.Equal(again.List(), k.List()) || again.Origin() != origin {
		t.Errorf("EnsureKeyring made other keys: %v, %v", again, err)
	}
	if _, err := seal.OpenKeyring(dir + "x"); drawbridge.KindOf(err) != drawbridge.NotFound {
		t.Errorf("OpenKeyring of nothing gives %v, want not found", err)
	}
	for _, name := range []string{"", "a b", "a+b", "a\nb", "\xff"} {
		if _, err := seal.EnsureKeyring(dir+"x", name, day); drawbridge.KindOf(err) != drawbridge.Invalid {
			t.Errorf("the origin %q gives %v, want invalid", name, err)
		}
	}
}

func TestEnsureKeyringAtOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	var all [8]*seal.Keyring
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() {
			k, err := seal.EnsureKeyring(dir, origin, day)
			if err != nil {
				t.Error(err)
			}
			all[i] = k
		})
	}
	wg.Wait()
	for _, k := range all {
		if k == nil || !slices.Equal(k.List(), all[0].List()) {
			t.Errorf("two processes made different keys: %v", k)
		}
	}
}

func list(k *seal.Keyring) string {
	var b []string
	for _, i := range k.List() {
		b = append(b, fmt.Sprintf("%s %s", i.Purpose, i.State))
	}
	return strings.Join(b, ", ")
}

func TestOpenKeyringRefuses(t *testing.T) {
	t.Parallel()
	edit := func(from, to string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			data, err := os.ReadFile(dir + "/keyring.json")
			if err != nil {
				t.Fatal(err)
			}
			changed := bytes.Replace(data, []byte(from), []byte(to), 1)
			if bytes.Equal(changed, data) {
				t.Fatalf("%q is not in the file", from)
			}
			if err := os.WriteFile(dir+"/keyring.json", changed, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	chmod := func(name string, mode os.FileMode) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Chmod(dir+name, mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, tt := range map[string]struct {
		spoil func(t *testing.T, dir string)
		want  string // in the error
	}{
		"folder for the group": {chmod("", 0o750), "chmod 700"},
		"folder for others":    {chmod("", 0o701), "chmod 700"},
		"file for the group":   {chmod("/keyring.json", 0o640), "chmod 600"},
		"file for others":      {chmod("/keyring.json", 0o604), "chmod 600"},
		"unknown field":        {edit(`"origin"`, `"note": "x", "origin"`), `unknown field "note"`},
		"unknown in a key":     {edit(`"purpose"`, `"note": "x", "purpose"`), `unknown field "note"`},
		"repeated field":       {edit(`"origin"`, `"format": "x", "origin"`), "twice"},
		"other case":           {edit(`"origin"`, `"Origin"`), "another case"},
		"other format":         {edit("keyring/1", "keyring/2"), "drawbridge-keyring/2"},
		"other origin":         {edit(`"origin": "`, `"origin": "x`), "signs for"},
		"unknown purpose":      {edit(`"purpose": "mac"`, `"purpose": "max"`), `purpose "max"`},
		"unknown state":        {edit(`"state": "active"`, `"state": "lost"`), `state "lost"`},
		"none active":          {edit(`"state": "active"`, `"state": "retired"`), "no key to sign is active"},
		"two of one purpose":   {edit(`"purpose": "mac"`, `"purpose": "sign"`), "another key to sign"},
		"bad time":             {edit("2026-03-01T", "2026-03-01 "), "time"},
		"empty id":             {edit(`"id": "key_`, `"id": "", "idx": "key_`), "unknown field"},
		"text behind":          {edit("\n}\n", "\n}\n{}"), "follows"},
		"cut short":            {edit("\n}\n", "\n"), "keyring.json"},
		"large":                {edit("\n}\n", "\n}"+strings.Repeat(" ", 1<<20)), "larger"},
		"missing": {func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Remove(dir + "/keyring.json"); err != nil {
				t.Fatal(err)
			}
		}, "drawbridge keys new"},
		"a folder instead": {func(t *testing.T, dir string) {
			t.Helper()
			if err := errors.Join(os.Remove(dir+"/keyring.json"), os.Mkdir(dir+"/keyring.json", 0o700)); err != nil {
				t.Fatal(err)
			}
		}, "wrong type"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, dir := newKeyring(t)
			sealed, err := k.Seal([]byte("row"), nil)
			if err != nil {
				t.Fatal(err)
			}
			tt.spoil(t, dir)
			_, err = seal.OpenKeyring(dir)
			if err == nil || !strings.Contains(err.Error(), tt.want) || drawbridge.KindOf(err) == drawbridge.Internal {
				t.Errorf("OpenKeyring gives %v (%s), want one with %q", err, drawbridge.KindOf(err), tt.want)
			}
			if err := k.Reload(); err == nil {
				t.Error("Reload took the spoilt file")
			}
			if got, err := k.Open(sealed, nil); err != nil || string(got) != "row" {
				t.Errorf("after a Reload that was refused: %q, %v", got, err)
			}
		})
	}
}

func TestOpenKeyringRefusesSecrets(t *testing.T) {
	t.Parallel()
	m := keyset.NewManager()
	for range 2 {
		id, err := m.Add(aead.AES128GCMKeyTemplate())
		if err := errors.Join(err, m.SetPrimary(id)); err != nil {
			t.Fatal(err)
		}
	}
	h, err := m.Handle()
	if err != nil {
		t.Fatal(err)
	}
	var weak bytes.Buffer
	if err := insecurecleartextkeyset.Write(h, keyset.NewBinaryWriter(&weak)); err != nil {
		t.Fatal(err)
	}
	b64 := base64.StdEncoding.EncodeToString
	for name, tt := range map[string]struct {
		purpose      seal.Purpose
		secret, want string
	}{
		"weak keyset":         {seal.PurposeEncrypt, b64(weak.Bytes()), "not of the kind"},
		"broken keyset":       {seal.PurposeEncrypt, b64([]byte("keyset")), "its keyset"},
		"no keyset":           {seal.PurposeEncrypt, "", "its keyset"},
		"keyset not base64":   {seal.PurposeEncrypt, "-", "canonical base64"},
		"short code":          {seal.PurposeMAC, b64(make([]byte, 31)), "31 bytes instead of 32"},
		"trailing bits":       {seal.PurposeMAC, b64(make([]byte, 32))[:42] + "B=", "canonical base64"},
		"broken signer":       {seal.PurposeSign, "PRIVATE+KEY+" + origin, "its secret"},
		"signer of two lines": {seal.PurposeSign, "x\ny", "its secret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, dir := newKeyring(t)
			data, err := os.ReadFile(dir + "/keyring.json")
			if err != nil {
				t.Fatal(err)
			}
			var file map[string]any
			if err := json.Unmarshal(data, &file); err != nil {
				t.Fatal(err)
			}
			for _, item := range file["keys"].([]any) {
				if key := item.(map[string]any); key["purpose"] == string(tt.purpose) {
					key["secret"] = tt.secret
				}
			}
			data, err = json.Marshal(file)
			if err := errors.Join(err, os.WriteFile(dir+"/keyring.json", data, 0o600)); err != nil {
				t.Fatal(err)
			}
			_, err = seal.OpenKeyring(dir)
			if drawbridge.KindOf(err) != drawbridge.Invalid || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("OpenKeyring gives %v, want one with %q", err, tt.want)
			}
			if len(tt.secret) > 1 && strings.Contains(err.Error(), tt.secret) {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}

func TestKeyringShowsNoSecret(t *testing.T) {
	t.Parallel()
	k, dir := newKeyring(t)
	data, err := os.ReadFile(dir + "/keyring.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Keys []struct {
			Secret string `json:"secret"`
		} `json:"keys"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	asJSON, _ := json.Marshal(k.List())
	shown := fmt.Sprintf("%v %+v %#v %+v %#v %+v %s", k, k, k, k.List(), k.Signer(), k.Verifiers(), asJSON)
	for _, key := range file.Keys {
		if part := key.Secret[len(key.Secret)-20:]; strings.Contains(shown, part) {
			t.Errorf("a secret is shown in %s", shown)
		}
	}
	if len(file.Keys) != 3 || !strings.Contains(shown, k.VerifierKeys()[0]) {
		t.Errorf("the public key is not shown in %s", shown)
	}
}

// FuzzOpenKeyring holds that no file makes the reader fall, and that what it
// takes works.
func FuzzOpenKeyring(f *testing.F) {
	k, dir := newKeyring(f)
	if _, err := k.PrepareRotation(seal.PurposeSign, day); err != nil {
		f.Fatal(err)
	}
	path := dir + "/keyring.json"
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(bytes.ReplaceAll(data, []byte("pending"), []byte("retired")))
	f.Add([]byte(`{"format":"drawbridge-keyring/1","origin":"x","keys":[{"id":"a","purpose":"mac","state":"active","created":"2026-03-01T12:00:00.000000Z","secret":"AAAA"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		k, err := seal.OpenKeyring(dir)
		if err != nil {
			if drawbridge.KindOf(err) == drawbridge.Internal {
				t.Fatalf("OpenKeyring: %v (%s)", err, drawbridge.KindOf(err))
			}
			return
		}
		makeAll(t, k).check(t, k)
	})
}
