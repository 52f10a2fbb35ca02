package ledger

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"drawbridge"
)

// maxKeys bounds the keys of one log.
const maxKeys = 1000

// Trust is what the reader knows from elsewhere than the file.
type Trust struct {
	// Keys are verifier keys of the log that the reader trusts; one of them
	// must be in the chain that leads to the signature. Without any, the key is
	// taken from the file, and the report says so.
	Keys []string
	// Rotation verifies the detail of a RotateAction entry, in which a trusted
	// key hands over to a new one; it returns "" when the detail is about a key
	// that does not sign the log. Without it no handover is believed.
	Rotation func(detail []byte, trusted string) (newKey string, err error)
	// Anchor is a checkpoint of the same log that the reader kept.
	Anchor *Checkpoint
}

func (t Trust) check() error {
	for _, key := range t.Keys {
		if _, err := ParseKey(key); err != nil {
			return err
		}
	}
	if t.Anchor != nil && t.Anchor.Size < 0 {
		return drawbridge.Errorf(drawbridge.Invalid, "the anchor's size %d is below zero", t.Anchor.Size)
	}
	return nil
}

// handover verifies that the detail replaces a key of this origin, and returns the next key.
func (t Trust) handover(detail []byte, key, origin string) (string, error) {
	if t.Rotation == nil {
		return "", errors.New("this program was not told how to verify a change of keys")
	}
	next, err := t.Rotation(detail, key)
	if err != nil || next == "" {
		return "", err
	}
	return next, checkKey(next, origin)
}

// vouches reports whether the chain holds a key that the reader trusts.
func (t Trust) vouches(chain []string) bool {
	return slices.ContainsFunc(chain, func(key string) bool { return slices.Contains(t.Keys, key) })
}

func (t Trust) unknownKey(signer note.Verifier) string {
	return fmt.Sprintf("it is signed by %s, and none of the keys that you trust vouches for that key", keyID(signer.Name(), signer.KeyHash()))
}

// checkKey holds a key to its form and to the name of the log.
func checkKey(key, origin string) error {
	v, err := ParseKey(key)
	if err != nil {
		return err
	}
	if v.Name() != origin {
		return drawbridge.Errorf(drawbridge.Invalid, "the key %s does not bear the name of the log, %s", keyID(v.Name(), v.KeyHash()), origin)
	}
	return nil
}
