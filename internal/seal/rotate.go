package seal

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"

	"drawbridge"
)

// RotationType is the payload type of a rotation statement.
const RotationType = "application/vnd.drawbridge.rotation+json"

// Rotation is the statement that a new sign key follows an old one. Both sign
// it: the old key vouches for the new, and the new proves that it is held.
type Rotation struct {
	Purpose Purpose `json:"purpose"`
	Old     string  `json:"old"` // verifier keys
	New     string  `json:"new"`
	At      string  `json:"at"`
}

// Pending is a key that waits to be activated.
type Pending struct {
	KeyInfo
	Statement []byte // the envelope of a [Rotation]; nil unless it is a sign key
}

// PrepareRotation writes a pending key. Called again before [Keyring.Activate],
// it returns the same key and the same statement, so that a rotation which
// broke off goes on where it stood.
func (k *Keyring) PrepareRotation(p Purpose, now time.Time) (Pending, error) {
	var pending Pending
	err := k.edit(func(f *keyFile) error {
		i := find(f, p, StatePending)
		if i < 0 {
			added, err := newKey(p, StatePending, f.Origin, now)
			if err != nil {
				return err
			}
			i, f.Keys = len(f.Keys), append(f.Keys, added)
		}
		pending.ID = f.Keys[i].ID
		if p != PurposeSign {
			return nil
		}
		var err error
		pending.Statement, err = statement(f.Keys[find(f, p, StateActive)], f.Keys[i])
		return err
	})
	if err != nil {
		return Pending{}, fmt.Errorf("prepare a rotation: %w", err)
	}
	pending.KeyInfo, err = k.info(pending.ID)
	return pending, err
}

// Activate puts a pending key in the place of the active one of its purpose,
// which is retired in the same step. For an active key it does nothing.
func (k *Keyring) Activate(id string) error {
	err := k.edit(func(f *keyFile) error {
		i := slices.IndexFunc(f.Keys, func(k fileKey) bool { return k.ID == id })
		switch {
		case i < 0:
			return drawbridge.Errorf(drawbridge.NotFound, "there is no key %q; drawbridge keys list shows them", id)
		case f.Keys[i].State == StateRetired:
			return drawbridge.Errorf(drawbridge.Conflict, "the key %s is retired and stays so; rotate again for a new one", id)
		case f.Keys[i].State == StatePending:
			f.Keys[find(f, f.Keys[i].Purpose, StateActive)].State = StateRetired
			f.Keys[i].State = StateActive
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("activate a key: %w", err)
	}
	return nil
}

// VerifyRotation returns the verifier key that follows the trusted one, if the
// envelope is a rotation signed by exactly these two.
func VerifyRotation(data []byte, trusted string) (newKey string, err error) {
	kind, payload, _, err := VerifyEnvelope(data, []string{trusted})
	if err != nil {
		return "", err
	}
	if kind != RotationType {
		return "", drawbridge.Errorf(drawbridge.Invalid, "rotation: the envelope holds %q instead of %s", kind, RotationType)
	}
	var r Rotation
	if err := strict(payload, &r); err != nil {
		return "", drawbridge.Errorf(drawbridge.Invalid, "rotation: %w", err)
	}
	if canonical, err := Canonical(r); err != nil || !bytes.Equal(canonical, payload) {
		return "", drawbridge.Errorf(drawbridge.Invalid, "rotation: it is not canonical JSON")
	}
	if err := r.follows(trusted); err != nil {
		return "", err
	}
	if _, _, _, err := VerifyEnvelope(data, []string{r.New}); err != nil {
		return "", drawbridge.Errorf(drawbridge.Invalid, "rotation: the new key: %w", err)
	}
	if e, _, err := parseEnvelope(data); err != nil || len(e.Signatures) != 2 {
		return "", drawbridge.Errorf(drawbridge.Invalid, "rotation: it is not signed by exactly the old and the new key")
	}
	return r.New, nil
}

func (r Rotation) follows(trusted string) error {
	before, err := note.NewVerifier(trusted)
	if err != nil {
		return drawbridge.Errorf(drawbridge.Invalid, "rotation: %q is no verifier key: %w", trusted, err)
	}
	after, err := note.NewVerifier(r.New)
	if err != nil {
		return drawbridge.Errorf(drawbridge.Invalid, "rotation: %q is no verifier key: %w", r.New, err)
	}
	if _, err := time.Parse(timeLayout, r.At); err != nil {
		return drawbridge.Errorf(drawbridge.Invalid, "rotation: the time %q is not of the form %s", r.At, timeLayout)
	}
	switch {
	case r.Purpose != PurposeSign:
		return drawbridge.Errorf(drawbridge.Invalid, "rotation: it is of a key to %q, not to sign", r.Purpose)
	case r.Old != trusted:
		return drawbridge.Errorf(drawbridge.Invalid, "rotation: it follows the key %q, and the trusted one is %q; give the rotations in order", r.Old, trusted)
	case before.Name() != after.Name() || keyName(before) == keyName(after):
		return drawbridge.Errorf(drawbridge.Invalid, "rotation: the new key %q is not another key of %q", r.New, before.Name())
	}
	return nil
}

// statement is the same whenever it is made again: Ed25519 has no chance in it.
func statement(before, after fileKey) ([]byte, error) {
	oldSigner, oldPublic, err := signKey(before.Secret)
	if err != nil {
		return nil, err
	}
	newSigner, newPublic, err := signKey(after.Secret)
	if err != nil {
		return nil, err
	}
	payload, err := Canonical(Rotation{Purpose: PurposeSign, Old: oldPublic, New: newPublic, At: after.Created})
	if err != nil {
		return nil, err
	}
	return signEnvelope(RotationType, payload, oldSigner, newSigner)
}

// edit changes the newest file, whoever wrote it, and takes it into use.
func (k *Keyring) edit(change func(*keyFile) error) error {
	k.change.Lock()
	defer k.change.Unlock()
	unlock, err := lock(k.dir)
	if err != nil {
		return err
	}
	defer unlock()
	f, err := readFile(k.dir)
	if err != nil {
		return err
	}
	r, err := newRing(f) // find relies on its checks
	if err != nil {
		return err
	}
	before := slices.Clone(f.Keys)
	if err := change(&f); err != nil {
		return err
	}
	if slices.Equal(before, f.Keys) {
		k.ring.Store(r)
		return nil
	}
	return k.save(f)
}

// find returns the place of the key that alone has the state, else -1.
func find(f *keyFile, p Purpose, s State) int {
	return slices.IndexFunc(f.Keys, func(k fileKey) bool { return k.Purpose == p && k.State == s })
}

func (k *Keyring) info(id string) (KeyInfo, error) {
	for _, info := range k.List() {
		if info.ID == id {
			return info, nil
		}
	}
	return KeyInfo{}, fmt.Errorf("key %s was written and is not there", id)
}
