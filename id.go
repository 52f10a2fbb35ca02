package drawbridge

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"
)

// The identifiers of records. Each is a prefix that names the noun, and 26
// characters: 48 bits of milliseconds, then 80 random bits. They sort by age
// and cannot be guessed.
type (
	IntegrationID string // int_…
	RevisionID    string // rev_…
	AssessmentID  string // asm_…
	PartnerID     string // the slug that manifests write, like acme-pay
	PersonID      string // per_…
	SessionID     string // ses_…
	TokenID       string // tok_…
	EventID       string // evt_…
	MessageID     string // msg_…
	WebhookID     string // whk_…
	HoldID        string // hld_…
)

// crockford is the alphabet of ULID: no i, l, o, u.
var crockford = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewID makes an identifier for a noun's prefix, as in NewID("int", now).
func NewID(prefix string, at time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(at.UnixMilli())<<16)
	rand.Read(b[6:]) // never fails (crypto/rand)
	return prefix + "_" + crockford.EncodeToString(b[:])
}

// ValidID reports whether s is an identifier with the prefix, as [NewID] writes it.
func ValidID(prefix, s string) bool {
	rest, ok := strings.CutPrefix(s, prefix+"_")
	if !ok || len(rest) != 26 {
		return false
	}
	b, err := crockford.DecodeString(rest)
	return err == nil && crockford.EncodeToString(b) == rest
}
