package seal

import (
	"encoding/base64"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"drawbridge"
)

const (
	maxEnvelope   = 16 << 20
	maxSignatures = 8
)

// envelope is the JSON envelope of DSSE v1. The library for it takes base64 and
// JSON that differ from what was signed, so it is written out here.
type envelope struct {
	PayloadType string      `json:"payloadType"`
	Payload     string      `json:"payload"`
	Signatures  []signature `json:"signatures"`
}

type signature struct {
	KeyID string `json:"keyid"` // name+hash of a verifier key
	Sig   string `json:"sig"`
}

// SignEnvelope returns a DSSE v1 envelope of the payload, signed by the active
// key.
func (k *Keyring) SignEnvelope(payloadType string, payload []byte) ([]byte, error) {
	return signEnvelope(payloadType, payload, k.Signer())
}

// VerifyEnvelope returns what a DSSE v1 envelope holds and the id, name+hash, of
// the first of the given verifier keys (name+hash+base64) that signed it.
// Signatures by other keys count for nothing; one that names a given key and
// does not verify refuses the envelope.
func VerifyEnvelope(data []byte, keys []string) (payloadType string, payload []byte, keyID string, err error) {
	e, payload, err := parseEnvelope(data)
	if err != nil {
		return "", nil, "", err
	}
	verifiers := make([]note.Verifier, len(keys))
	for i, k := range keys {
		if verifiers[i], err = note.NewVerifier(k); err != nil {
			return "", nil, "", drawbridge.Errorf(drawbridge.Invalid, "%q is no verifier key (name+hash+base64): %w", k, err)
		}
	}
	signed := pae(e.PayloadType, payload)
	for i, s := range e.Signatures {
		sig, err := anyBase64(s.Sig)
		if err != nil {
			return "", nil, "", drawbridge.Errorf(drawbridge.Invalid, "envelope: signature %d: %w", i+1, err)
		}
		named := func(v note.Verifier) bool { return keyName(v) == s.KeyID }
		switch {
		case !slices.ContainsFunc(verifiers, named):
		case !slices.ContainsFunc(verifiers, func(v note.Verifier) bool { return named(v) && v.Verify(signed, sig) }):
			return "", nil, "", drawbridge.Errorf(drawbridge.Invalid, "envelope: the signature by %s is not one of this content; it was changed after signing", s.KeyID)
		case keyID == "":
			keyID = s.KeyID
		}
	}
	if keyID == "" {
		return "", nil, "", drawbridge.Errorf(drawbridge.Invalid, "envelope: none of its signatures is by a key that is trusted here; check whom it is from, and give that key")
	}
	return e.PayloadType, payload, keyID, nil
}

func signEnvelope(payloadType string, payload []byte, signers ...note.Signer) ([]byte, error) {
	e := envelope{PayloadType: payloadType, Payload: base64.StdEncoding.EncodeToString(payload)}
	for _, s := range signers {
		sig, err := s.Sign(pae(payloadType, payload))
		if err != nil {
			return nil, fmt.Errorf("sign an envelope: %w", err)
		}
		e.Signatures = append(e.Signatures, signature{keyName(s), base64.StdEncoding.EncodeToString(sig)})
	}
	return Canonical(e)
}

func parseEnvelope(data []byte) (e envelope, payload []byte, err error) {
	if len(data) > maxEnvelope {
		return e, nil, drawbridge.Errorf(drawbridge.TooLarge, "envelope: larger than %d bytes", maxEnvelope)
	}
	if err := strict(data, &e); err != nil {
		return e, nil, drawbridge.Errorf(drawbridge.KindOf(err), "envelope: %w", err)
	}
	if n := len(e.Signatures); n == 0 || n > maxSignatures {
		return e, nil, drawbridge.Errorf(drawbridge.Invalid, "envelope: %d signatures instead of 1 to %d", n, maxSignatures)
	}
	payload, err = anyBase64(e.Payload)
	if err != nil {
		return e, nil, drawbridge.Errorf(drawbridge.Invalid, "envelope: payload: %w", err)
	}
	return e, payload, nil
}

// pae is the pre-authentication encoding of DSSE v1. The same Ed25519 keys sign
// notes; no note passes for this and the reverse, since a checkpoint begins
// with its origin, which has no space.
func pae(payloadType string, payload []byte) []byte {
	return append(fmt.Appendf(nil, "DSSEv1 %d %s %d ", len(payloadType), payloadType, len(payload)), payload...)
}

// anyBase64 reads standard or URL-safe base64, as DSSE asks for, and refuses
// what encodes the same bytes in another text.
func anyBase64(s string) ([]byte, error) {
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		if data, err := enc.DecodeString(s); err == nil && enc.EncodeToString(data) == s {
			return data, nil
		}
	}
	return nil, fmt.Errorf("it is not canonical base64")
}

// keyName returns name+hash, by which envelopes and notes name a key.
func keyName(k interface {
	Name() string
	KeyHash() uint32
},
) string {
	return fmt.Sprintf("%s+%08x", k.Name(), k.KeyHash())
}
