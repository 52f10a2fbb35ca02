package drawbridge

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"
)

// The identifiers of records. Each but a partner's is a prefix that names the
// noun, and 26 characters: 48 bits of milliseconds, then 80 random bits. They
// sort by age and cannot be guessed.

// IntegrationID names an integration, int_….
type IntegrationID string

// RevisionID names a revision of an integration, rev_….
type RevisionID string

// AssessmentID names an assessment, asm_….
type AssessmentID string

// PartnerID is the slug by which manifests name a partner, like acme-pay.
type PartnerID string

// PersonID names somebody with an account, per_….
type PersonID string

// SessionID names a session, ses_….
type SessionID string

// TokenID names a token, tok_….
type TokenID string

// EventID names an event, evt_….
type EventID string

// MessageID names a message, msg_….
type MessageID string

// WebhookID names a webhook, whk_….
type WebhookID string

// HoldID names a legal hold, hld_….
type HoldID string

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
