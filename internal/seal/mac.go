package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// MAC returns the HMAC-SHA-256 of data under the active key. The purpose, such
// as "cursor", keeps one use's codes from passing in another.
func (k *Keyring) MAC(purpose string, data []byte) []byte {
	return mac(k.ring.Load().macs[0], purpose, data)
}

// CheckMAC reports in constant time whether a code is that of data under the
// active key or any other of the keyring.
func (k *Keyring) CheckMAC(purpose string, data, code []byte) bool {
	ok := false
	for _, secret := range k.ring.Load().macs {
		if hmac.Equal(code, mac(secret, purpose, data)) {
			ok = true
		}
	}
	return ok
}

func mac(secret []byte, purpose string, data []byte) []byte {
	h := hmac.New(sha256.New, secret)
	// The length keeps "ab","c" from reading as "a","bc".
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(purpose))))
	h.Write([]byte(purpose))
	h.Write(data)
	return h.Sum(nil)
}
