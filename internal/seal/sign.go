package seal

import (
	"crypto/ed25519"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Signer returns the signer of the active key. Ask for it at each use: a
// rotation changes it.
func (k *Keyring) Signer() note.Signer { return k.ring.Load().signer }

// Verifiers returns the verifiers of the active and retired keys.
func (k *Keyring) Verifiers() note.Verifiers {
	return note.VerifierList(k.ring.Load().verifiers...)
}

// VerifierKeys returns the public parts of the active and retired keys, oldest
// first, as name+hash+base64.
func (k *Keyring) VerifierKeys() []string {
	var list []string
	for _, info := range k.ring.Load().keys {
		if info.Purpose == PurposeSign && info.State != StatePending {
			list = append(list, info.Public)
		}
	}
	return list
}

// signKey reads the secret of a sign key, PRIVATE+KEY+name+hash+base64.
func signKey(secret string) (signer note.Signer, public string, err error) {
	signer, err = note.NewSigner(secret)
	if err != nil {
		return nil, "", fmt.Errorf("its secret: %w", err)
	}
	// The signer was made, so there are five parts, and the last is the byte of
	// the algorithm before the seed.
	data, err := decode64(strings.SplitN(secret, "+", 5)[4])
	if err != nil {
		return nil, "", err
	}
	pair := ed25519.NewKeyFromSeed(data[1:])
	public, err = note.NewEd25519VerifierKey(signer.Name(), ed25519.PublicKey(pair[ed25519.SeedSize:]))
	return signer, public, err
}
