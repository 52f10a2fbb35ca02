package account

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"drawbridge/internal/seal"
)

// The prefixes of secrets say what leaked when one is found somewhere.
const (
	prefixSession  = "dbs_"
	prefixPersonal = "dbt_"
	prefixMachine  = "dbm_"
	prefixSetup    = "dbi_"
)

// secretSize is 256 bits: nobody guesses one, so a plain SHA-256 of it is kept.
const secretSize = 32

// newSecret makes a secret and the hash that is kept of it.
func newSecret(prefix string) (secret, hash string) {
	var b [secretSize]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	secret = prefix + base64.RawURLEncoding.EncodeToString(b[:])
	return secret, hashOf(secret)
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// readSecret tells which kind of secret it is, and its hash, in which the kind is
// part. Whether there is one with that hash, the record knows.
func readSecret(secret seal.Hidden) (prefix, hash string, ok bool) {
	s := secret.Reveal()
	if len(s) != len(prefixSession)+base64.RawURLEncoding.EncodedLen(secretSize) {
		return "", "", false
	}
	for _, prefix := range []string{prefixSession, prefixPersonal, prefixMachine, prefixSetup} {
		if strings.HasPrefix(s, prefix) {
			return prefix, hashOf(s), true
		}
	}
	return "", "", false
}
