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

// readSecret tells which kind of secret it is, and its hash. What newSecret
// does not write is no secret.
func readSecret(secret seal.Hidden) (prefix, hash string, ok bool) {
	s := secret.Reveal()
	for _, prefix := range []string{prefixSession, prefixPersonal, prefixMachine, prefixSetup} {
		rest, found := strings.CutPrefix(s, prefix)
		if !found || len(rest) != base64.RawURLEncoding.EncodedLen(secretSize) {
			continue
		}
		// Strict refuses a second spelling of the same bytes; the length, line breaks.
		b, err := base64.RawURLEncoding.Strict().DecodeString(rest)
		return prefix, hashOf(s), err == nil && len(b) == secretSize
	}
	return "", "", false
}
