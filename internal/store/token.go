package store

import (
	"time"

	"drawbridge"
	"drawbridge/internal/access"
)

// AddToken writes a new token.
func (tx *Tx) AddToken(t *drawbridge.Token) error { return tokens.insert(tx, t) }

// SetToken writes a token over the version that was read.
func (tx *Tx) SetToken(t *drawbridge.Token) error { return tokens.update(tx, t) }

// RemoveToken deletes a token.
func (tx *Tx) RemoveToken(id drawbridge.TokenID) error { return tokens.remove(tx, string(id)) }

// Token reads a token.
func (tx *Tx) Token(id drawbridge.TokenID) (*drawbridge.Token, error) {
	return tokens.get(tx, string(id))
}

// TokenByHash reads the token with a secret.
func (tx *Tx) TokenByHash(hash string) (*drawbridge.Token, error) {
	return tokens.first(tx, "hash = ?", hash)
}

// tokenInScope shows a person their own tokens and those of their integrations.
//
//nolint:gosec // G101: SQL, no secret
const tokenInScope = `(? OR person = ? OR integration IN (SELECT id FROM integration WHERE owner = ?)
	OR integration IN (SELECT integration FROM member WHERE person = ?))`

// TokensAfter lists what of the tokens may be seen, in the order of their identifiers.
func (tx *Tx) TokensAfter(s access.Scope, after drawbridge.TokenID, limit int) ([]drawbridge.Token, error) {
	person := string(s.Person)
	if person == "" {
		person = "nobody"
	}
	return tokens.find(tx, tokenInScope+" AND id > ? ORDER BY id LIMIT ?", s.All, person, person, person, string(after), limit)
}

// TokensOf lists the tokens that a person made, in the order of their identifiers.
func (tx *Tx) TokensOf(person drawbridge.PersonID, after drawbridge.TokenID, limit int) ([]drawbridge.Token, error) {
	return tokens.find(tx, "person = ? AND id > ? ORDER BY id LIMIT ?", string(person), string(after), limit)
}

// LiveTokens counts the tokens that a person made and that still work.
func (tx *Tx) LiveTokens(person drawbridge.PersonID, now time.Time) (int64, error) {
	var n int64
	err := tx.one([]any{&n}, `SELECT COUNT(*) FROM token WHERE person = ? AND revoked_at = '' AND expires_at > ?`, string(person), Time(now))
	return n, err
}
