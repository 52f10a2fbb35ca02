package client

import (
	"context"
	"time"

	"drawbridge"
)

// NewToken asks for a personal token.
type NewToken struct {
	Name      string    `json:"name"`
	ExpiresAt time.Time `json:"expires_at,omitzero" doc:"default in 90 days, at most in a year"`
}

// NewMachine asks for a token that acts on one integration.
type NewMachine struct {
	ByID
	NewToken
}

// Token is what may be told of a token.
type Token struct {
	ID          drawbridge.TokenID       `json:"id"`
	Name        string                   `json:"name"`
	Person      drawbridge.PersonID      `json:"person" doc:"whose it is; for a machine, who made it"`
	Machine     bool                     `json:"machine"`
	Integration drawbridge.IntegrationID `json:"integration" doc:"the only one that a machine acts on"`
	ExpiresAt   time.Time                `json:"expires_at"`
	RevokedAt   time.Time                `json:"revoked_at,omitzero"`
	CreatedAt   time.Time                `json:"created_at"`
}

// Issued is a token, and its secret this once.
type Issued struct {
	Secret Secret `json:"secret"`
	Token  Token  `json:"token"`
}

// Because names a record, and says why something is done to it.
type Because struct {
	ByID
	Reason string `json:"reason"`
}

// Tokens lists the tokens that the caller may see.
func (c *Client) Tokens(ctx context.Context, page Page) (List[Token], error) {
	out, _, err := call[List[Token]](ctx, c, "GET /api/v1/tokens", page)
	return out, err
}

// CreateToken makes a personal token.
func (c *Client) CreateToken(ctx context.Context, in NewToken) (Issued, error) {
	out, _, err := create[Issued](ctx, c, "POST /api/v1/tokens", in)
	return out, err
}

// CreateMachine makes a token for one integration.
func (c *Client) CreateMachine(ctx context.Context, id drawbridge.IntegrationID, in NewToken) (Issued, error) {
	out, _, err := create[Issued](ctx, c, "POST /api/v1/integrations/{id}/machines", NewMachine{ByID{string(id)}, in})
	return out, err
}

// RevokeToken ends a token.
func (c *Client) RevokeToken(ctx context.Context, id drawbridge.TokenID, reason string) error {
	_, _, err := call[None](ctx, c, "POST /api/v1/tokens/{id}/revoke", Because{ByID{string(id)}, reason})
	return err
}

// Sessions lists where a person is signed in.
func (c *Client) Sessions(ctx context.Context, person drawbridge.PersonID) (List[drawbridge.Session], error) {
	out, _, err := call[List[drawbridge.Session]](ctx, c, "GET /api/v1/people/{id}/sessions", ByID{string(person)})
	return out, err
}

// RevokeSession ends a session.
func (c *Client) RevokeSession(ctx context.Context, id drawbridge.SessionID) error {
	_, _, err := call[None](ctx, c, "DELETE /api/v1/sessions/{id}", ByID{string(id)})
	return err
}
