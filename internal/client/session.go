package client

import (
	"context"
	"time"

	"drawbridge"
	"drawbridge/internal/seal"
)

// SignIn is what somebody gives to be signed in.
type SignIn struct {
	Email    string `json:"email"`
	Password Secret `json:"password"`
	Code     Secret `json:"code,omitzero" doc:"of the second factor, or a recovery code"`
	Cookie   bool   `json:"cookie,omitempty" doc:"give the secret to a browser as its cookie instead of in the answer"`
}

// SignedIn is a session, and its secret this once.
type SignedIn struct {
	Secret  Secret             `json:"secret,omitzero" doc:"for the Authorization header; absent when it is in the cookie"`
	Session drawbridge.Session `json:"session"`
}

// Proof is a password given again, before a sensitive act.
type Proof struct {
	Password Secret `json:"password"`
	Code     Secret `json:"code,omitzero" doc:"of the second factor"`
}

// Me is who the server takes the caller for.
type Me struct {
	Actor       string                   `json:"actor"`
	Person      drawbridge.PersonID      `json:"person"` // empty for a machine
	Name        string                   `json:"name"`
	Email       string                   `json:"email"`
	Roles       []drawbridge.Role        `json:"roles"`
	Integration drawbridge.IntegrationID `json:"integration"` // of a machine
	Proved      time.Time                `json:"proved_at"`   // zero for tokens
	Version     string                   `json:"server_version"`
}

// Setup is the first administrator.
type Setup struct {
	Email    string `json:"email"`
	Name     string `json:"name"`
	Password Secret `json:"password"`
}

// Health says whether the server answers.
type Health struct {
	Status string `json:"status"`
}

// Health asks whether the server answers.
func (c *Client) Health(ctx context.Context) (Health, error) {
	out, _, err := call[Health](ctx, c, "GET /api/v1/health", nil)
	return out, err
}

// Setup makes the first administrator, from the server's own machine.
func (c *Client) Setup(ctx context.Context, in Setup) (drawbridge.Person, error) {
	out, _, err := call[drawbridge.Person](ctx, c, "POST /api/v1/setup", in)
	return out, err
}

// SignIn makes a session.
func (c *Client) SignIn(ctx context.Context, in SignIn) (SignedIn, error) {
	out, _, err := call[SignedIn](ctx, c, "POST /api/v1/session", in)
	return out, err
}

// SignOut ends the session that the client's token is the secret of.
func (c *Client) SignOut(ctx context.Context) error {
	_, _, err := call[None](ctx, c, "DELETE /api/v1/session", nil)
	return err
}

// Prove exchanges the session's secret for one that is fit for sensitive acts.
func (c *Client) Prove(ctx context.Context, in Proof) (SignedIn, error) {
	out, _, err := call[SignedIn](ctx, c, "POST /api/v1/session/proof", in)
	return out, err
}

// Me tells who the server takes the caller for.
func (c *Client) Me(ctx context.Context) (Me, error) {
	out, _, err := call[Me](ctx, c, "GET /api/v1/me", nil)
	return out, err
}

// As is the same client with another secret; the connections are shared.
func (c *Client) As(token seal.Hidden) *Client {
	other := *c
	other.opt.Token = token
	return &other
}
