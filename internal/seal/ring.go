package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/xaesgcm"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/key"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/streamingaead"
	"github.com/tink-crypto/tink-go/v2/streamingaead/aesgcmhkdf"
	"github.com/tink-crypto/tink-go/v2/tink"
	"golang.org/x/mod/sumdb/note"

	"drawbridge"
)

const macSize = 32

// ring is a keyring in use. It never changes.
type ring struct {
	origin    string
	keys      []KeyInfo
	signer    note.Signer // of the active key
	pending   note.Signer // of the pending key, if there is one
	pendingID string
	verifiers []note.Verifier // active and retired, oldest first
	rows      tink.AEAD
	blobs     tink.StreamingAEAD
	macs      [][]byte // the active one first
}

// newKey makes a key with a random id.
func newKey(p Purpose, s State, origin string, now time.Time) (fileKey, error) {
	secret, err := newSecret(p, origin)
	if err != nil {
		return fileKey{}, fmt.Errorf("make a key to %s: %w", p, err)
	}
	return fileKey{
		ID: "key_" + strings.ToLower(rand.Text()), Purpose: p, State: s,
		Created: now.UTC().Format(timeLayout), Secret: secret,
	}, nil
}

// newSecret makes the secret of a key: a signer key of a C2SP signed note, a
// binary Tink keyset of a key for rows and one for blobs in base64, or random
// bytes in base64.
func newSecret(p Purpose, origin string) (string, error) {
	switch p {
	case PurposeSign:
		secret, _, err := note.GenerateKey(rand.Reader, origin)
		return secret, err
	case PurposeEncrypt:
		return newKeyset()
	case PurposeMAC:
		secret := make([]byte, macSize)
		_, _ = rand.Read(secret) // never fails
		return base64.StdEncoding.EncodeToString(secret), nil
	}
	return "", drawbridge.Errorf(drawbridge.Invalid, "%q is no purpose of a key; take sign, encrypt or mac", p)
}

// rowParams are those of XAES-256-GCM (C2SP): its random nonce of 192 bits needs
// no count of the rows sealed, as that of AES-GCM does.
func rowParams() (key.Parameters, error) { return xaesgcm.NewParameters(xaesgcm.VariantTink, 12) }

// blobParams are those of AES-256-GCM-HKDF in segments of 64 KiB: each segment
// is authentic before it is read, and none can be dropped or moved.
func blobParams() (key.Parameters, error) {
	return aesgcmhkdf.NewParameters(aesgcmhkdf.ParametersOpts{
		KeySizeInBytes: 32, DerivedKeySizeInBytes: 32, HKDFHashType: aesgcmhkdf.SHA256, SegmentSizeInBytes: 64 << 10,
	})
}

func newKeyset() (string, error) {
	m := keyset.NewManager()
	for _, params := range []func() (key.Parameters, error){blobParams, rowParams} {
		p, err := params()
		if err != nil {
			return "", err
		}
		id, err := m.AddNewKeyFromParameters(p)
		if err != nil {
			return "", err
		}
		if err := m.SetPrimary(id); err != nil { // a keyset needs one; here it says nothing
			return "", err
		}
	}
	h, err := m.Handle()
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(h, keyset.NewBinaryWriter(&b)); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// newRing checks a file and takes its keys into use.
func newRing(f keyFile) (*ring, error) {
	b := builder{ring: &ring{origin: f.Origin}, rows: keyset.NewManager(), blobs: keyset.NewManager(), seen: map[string]bool{}}
	for _, k := range f.Keys {
		if err := b.add(k); err != nil {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "the key %q: %w", k.ID, err)
		}
	}
	for _, p := range purposes {
		if !b.seen[string(p)+string(StateActive)] {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "no key to %s is active", p)
		}
	}
	rows, err := b.rows.Handle()
	if err != nil {
		return nil, fmt.Errorf("keys for rows: %w", err)
	}
	if b.ring.rows, err = aead.New(rows); err != nil {
		return nil, fmt.Errorf("keys for rows: %w", err)
	}
	blobs, err := b.blobs.Handle()
	if err != nil {
		return nil, fmt.Errorf("keys for blobs: %w", err)
	}
	if b.ring.blobs, err = streamingaead.New(blobs); err != nil {
		return nil, fmt.Errorf("keys for blobs: %w", err)
	}
	return b.ring, nil
}

// builder gathers the keys of a ring.
type builder struct {
	ring        *ring
	rows, blobs *keyset.Manager
	seen        map[string]bool // ids; purposes with the states that stand alone
}

func (b *builder) add(k fileKey) error {
	created, err := time.Parse(timeLayout, k.Created)
	if err != nil {
		return fmt.Errorf("its time %q is not of the form %s", k.Created, timeLayout)
	}
	info := KeyInfo{
		ID: k.ID, Purpose: k.Purpose, State: k.State, Created: created,
		Fingerprint: Digest([]byte("drawbridge key fingerprint\n" + k.Secret)),
	}
	switch k.State {
	case StateActive, StatePending:
		if !b.once(string(k.Purpose) + string(k.State)) {
			return fmt.Errorf("another key to %s is %s too", k.Purpose, k.State)
		}
	case StateRetired:
	default:
		return fmt.Errorf("its state %q is none of pending, active, retired", k.State)
	}
	if k.ID == "" || !b.once(k.ID) {
		return fmt.Errorf("its id is empty or used twice")
	}
	switch k.Purpose {
	case PurposeSign:
		info.Public, err = b.addSign(k)
		info.Fingerprint = Digest([]byte(info.Public))
	case PurposeEncrypt:
		err = b.addKeyset(k)
	case PurposeMAC:
		err = b.addMAC(k)
	default:
		err = fmt.Errorf("its purpose %q is none of sign, encrypt, mac", k.Purpose)
	}
	b.ring.keys = append(b.ring.keys, info)
	return err
}

func (b *builder) once(name string) bool {
	if b.seen[name] {
		return false
	}
	b.seen[name] = true
	return true
}

func (b *builder) addSign(k fileKey) (public string, err error) {
	signer, verifier, err := signKey(k.Secret)
	if err != nil {
		return "", err
	}
	if signer.Name() != b.ring.origin {
		return "", fmt.Errorf("it signs for %q, and the keyring is of %q", signer.Name(), b.ring.origin)
	}
	v, err := note.NewVerifier(verifier)
	if err != nil {
		return "", fmt.Errorf("its public part: %w", err)
	}
	if k.State == StatePending {
		b.ring.pending, b.ring.pendingID = signer, k.ID
		return verifier, nil
	}
	if k.State == StateActive {
		b.ring.signer = signer
	}
	b.ring.verifiers = append(b.ring.verifiers, v)
	return verifier, nil
}

func (b *builder) addKeyset(k fileKey) error {
	data, err := decode64(k.Secret)
	if err != nil {
		return err
	}
	h, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(data)))
	if err != nil {
		return fmt.Errorf("its keyset: %w", err)
	}
	if h.Len() != 2 {
		return fmt.Errorf("its keyset has %d keys instead of one for rows and one for blobs", h.Len())
	}
	// The order is that of newKeyset.
	for i, to := range []struct {
		params func() (key.Parameters, error)
		keys   *keyset.Manager
	}{{blobParams, b.blobs}, {rowParams, b.rows}} {
		if err := addEntry(h, i, k.State == StateActive, to.params, to.keys); err != nil {
			return fmt.Errorf("its keyset: %w", err)
		}
	}
	return nil
}

func addEntry(h *keyset.Handle, i int, primary bool, params func() (key.Parameters, error), to *keyset.Manager) error {
	e, err := h.Entry(i)
	if err != nil {
		return err
	}
	want, err := params()
	if err != nil {
		return err
	}
	if !want.Equal(e.Key().Parameters()) {
		return fmt.Errorf("key %d is not of the kind that this program makes", i+1)
	}
	id, err := to.AddKey(e.Key())
	if err != nil || !primary {
		return err
	}
	return to.SetPrimary(id)
}

func (b *builder) addMAC(k fileKey) error {
	secret, err := decode64(k.Secret)
	if err != nil {
		return err
	}
	if len(secret) != macSize {
		return fmt.Errorf("it has %d bytes instead of %d", len(secret), macSize)
	}
	if k.State == StateActive {
		b.ring.macs = append([][]byte{secret}, b.ring.macs...)
	} else {
		b.ring.macs = append(b.ring.macs, secret)
	}
	return nil
}

// decode64 refuses what encodes the same bytes in another text.
func decode64(s string) ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(s)
	if err != nil || base64.StdEncoding.EncodeToString(data) != s {
		return nil, fmt.Errorf("it is not canonical base64")
	}
	return data, nil
}
