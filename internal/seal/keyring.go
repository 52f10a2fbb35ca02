package seal

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"drawbridge"
)

// Purpose is what a key is for.
type Purpose string

// The purposes of keys.
const (
	PurposeSign    Purpose = "sign"    // Ed25519: checkpoints and envelopes
	PurposeEncrypt Purpose = "encrypt" // rows and blobs at rest
	PurposeMAC     Purpose = "mac"     // cursors, link tokens, form tokens
)

var purposes = []Purpose{PurposeSign, PurposeEncrypt, PurposeMAC}

// State is where a key stands in its life: pending, then active, then retired.
type State string

// The states of a key. One key of each purpose is active; a retired one still
// verifies, opens and checks. A pending one opens and checks already, so that
// several servers can rotate one after the other; it does not verify yet.
const (
	StatePending State = "pending"
	StateActive  State = "active"
	StateRetired State = "retired"
)

// KeyInfo tells what may be known of a key.
type KeyInfo struct {
	ID          string    `json:"id"`
	Purpose     Purpose   `json:"purpose"`
	State       State     `json:"state"`
	Created     time.Time `json:"created"`
	Fingerprint string    `json:"fingerprint"`      // sha256:...; of the public part, or one way from the secret
	Public      string    `json:"public,omitempty"` // the verifier key of a sign key, name+hash+base64
}

// Keyring is an installation's keys, kept in one file of a folder that only its
// owner can read. It is safe for concurrent use.
type Keyring struct {
	dir string

	// change orders Reload, PrepareRotation and Activate, so that an older file
	// never replaces a newer ring. It is taken before the folder's lock file.
	// Everything else takes no lock: it loads ring, which is never changed once
	// it is stored.
	change sync.Mutex
	ring   atomic.Pointer[ring]
}

// maxOrigin bounds the name of a log, as its entries and checkpoints do.
const maxOrigin = 256

// CreateKeyring makes a folder with one active key of each purpose. The origin
// is the name under which the installation signs, such as
// "drawbridge.example/abc". It refuses a folder that has keys.
func CreateKeyring(dir, origin string, now time.Time) (*Keyring, error) {
	if origin == "" || len(origin) > maxOrigin || strings.ContainsFunc(origin, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`+"\<>&`, r) }) {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the name to sign under, %q, has 1 to %d visible ASCII characters, none of + \" \\ < > &; take one such as drawbridge.example/abc", origin, maxOrigin)
	}
	if err := makeFolder(dir); err != nil {
		return nil, err
	}
	unlock, err := lock(dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	path := filepath.Join(dir, fileName)
	if _, err := os.Lstat(path); err == nil {
		return nil, drawbridge.Errorf(drawbridge.Conflict, "%s has keys already; keep them, since what they sealed opens with no others", dir)
	}
	f := keyFile{Format: fileFormat, Origin: origin}
	for _, p := range purposes {
		k, err := newKey(p, StateActive, origin, now)
		if err != nil {
			return nil, err
		}
		f.Keys = append(f.Keys, k)
	}
	k := &Keyring{dir: dir}
	if err := k.save(f); err != nil {
		return nil, err
	}
	return k, nil
}

// OpenKeyring reads the keys of a folder. It refuses a folder or file that
// others than its owner can read.
func OpenKeyring(dir string) (*Keyring, error) {
	k := &Keyring{dir: dir}
	if err := k.Reload(); err != nil {
		return nil, err
	}
	return k, nil
}

// EnsureKeyring opens the keys of a folder, and makes them where there are
// none; only then the origin is used. Whoever has data sealed by an earlier
// keyring calls [OpenKeyring] instead, since new keys open none of it.
func EnsureKeyring(dir, origin string, now time.Time) (*Keyring, error) {
	k, err := OpenKeyring(dir)
	if drawbridge.KindOf(err) != drawbridge.NotFound {
		return k, err
	}
	k, err = CreateKeyring(dir, origin, now)
	if drawbridge.KindOf(err) == drawbridge.Conflict { // another process was first
		return OpenKeyring(dir)
	}
	return k, err
}

// Reload reads the folder again, so that a running server takes up a rotation
// made by the command line. After an error the former keys stay in use.
func (k *Keyring) Reload() error {
	k.change.Lock()
	defer k.change.Unlock()
	f, err := readFile(k.dir)
	if err != nil {
		return err
	}
	r, err := newRing(f)
	if err != nil {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: %w", filepath.Join(k.dir, fileName), err)
	}
	k.ring.Store(r)
	return nil
}

// Origin returns the name under which the installation signs.
func (k *Keyring) Origin() string { return k.ring.Load().origin }

// List returns what may be known of the keys, oldest first.
func (k *Keyring) List() []KeyInfo { return slices.Clone(k.ring.Load().keys) }

// String names the keyring and shows no key.
func (k *Keyring) String() string { return "keyring " + k.dir }

// save writes the file and takes it into use.
func (k *Keyring) save(f keyFile) error {
	r, err := newRing(f) // what cannot be read again is not written
	if err != nil {
		return err
	}
	if err := writeFile(k.dir, f); err != nil {
		return err
	}
	k.ring.Store(r)
	return nil
}
