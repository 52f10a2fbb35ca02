package seal

import (
	"golang.org/x/mod/sumdb/note"

	"drawbridge"
)

// PendingSigner returns the signer of a sign key that waits to be activated: the
// record of a rotation is the first that it signs.
func (k *Keyring) PendingSigner(id string) (note.Signer, error) {
	if r := k.ring.Load(); r.pending != nil && r.pendingID == id {
		return r.pending, nil
	}
	return nil, drawbridge.Errorf(drawbridge.NotFound, "there is no pending key %q to sign with", id)
}
