package client

import (
	"context"

	"drawbridge"
)

// Invite asks for a new person.
type Invite struct {
	Email  string            `json:"email"`
	Name   string            `json:"name"`
	Roles  []drawbridge.Role `json:"roles"`
	Reason string            `json:"reason,omitempty"`
}

// ByEmail names a person by their address, which never goes into a URL.
type ByEmail struct {
	Email string `json:"email"`
}

// Invited is a person, and the one-time secret with which they set a password.
type Invited struct {
	Person drawbridge.Person `json:"person"`
	Secret Secret            `json:"secret"`
}

// Accept sets the password of somebody who was invited, or whose credential was reset.
type Accept struct {
	Secret   Secret `json:"secret"`
	Name     string `json:"name,omitempty" doc:"default the one of the invitation"`
	Password Secret `json:"password"`
}

// Rename gives a person another name.
type Rename struct {
	ByID
	Name   string `json:"name"`
	Reason string `json:"reason,omitempty"`
}

// AssignRoles replaces a person's roles.
type AssignRoles struct {
	ByID
	Roles  []drawbridge.Role `json:"roles"`
	Reason string            `json:"reason"`
}

// SetDisabled stops an account, or lets it be used again.
type SetDisabled struct {
	ByID
	Disabled bool   `json:"disabled"`
	Reason   string `json:"reason"`
}

// Reset is the one-time secret of a credential that was taken away.
type Reset struct {
	Secret Secret `json:"secret"`
}

// NewPassword replaces the caller's own password.
type NewPassword struct {
	Old      Secret `json:"old"`
	Password Secret `json:"password"`
}

// Factor tells whether the caller has a second factor.
type Factor struct {
	Enrolled bool `json:"enrolled"`
	Recovery int  `json:"recovery_codes_left"`
}

// Enrolment is what an authenticator app needs, this once.
type Enrolment struct {
	Secret Secret `json:"secret" doc:"base32, to type in"`
	URI    Secret `json:"uri" doc:"otpauth, for a QR code"`
	Ticket Secret `json:"ticket" doc:"give it back with the first code, within ten minutes"`
}

// ConfirmFactor takes a second factor into use.
type ConfirmFactor struct {
	Ticket Secret `json:"ticket"`
	Code   Secret `json:"code"`
}

// Code is one code of the second factor, or a recovery code.
type Code struct {
	Code Secret `json:"code"`
}

// Recovery are codes of which each stands in for the second factor once.
type Recovery struct {
	Codes []Secret `json:"codes"`
}

// People lists the people that the caller may see.
func (c *Client) People(ctx context.Context, page Page) (List[drawbridge.Person], error) {
	out, _, err := call[List[drawbridge.Person]](ctx, c, "GET /api/v1/people", page)
	return out, err
}

// Person reads one person.
func (c *Client) Person(ctx context.Context, id drawbridge.PersonID) (drawbridge.Person, error) {
	out, _, err := call[drawbridge.Person](ctx, c, "GET /api/v1/people/{id}", ByID{string(id)})
	return out, err
}

// FindPerson reads the person with an address.
func (c *Client) FindPerson(ctx context.Context, in ByEmail) (drawbridge.Person, error) {
	out, _, err := call[drawbridge.Person](ctx, c, "POST /api/v1/people/find", in)
	return out, err
}

// Invite adds a person.
func (c *Client) Invite(ctx context.Context, in Invite) (Invited, error) {
	out, _, err := create[Invited](ctx, c, "POST /api/v1/people", in)
	return out, err
}

// Accept takes an invitation.
func (c *Client) Accept(ctx context.Context, in Accept) (drawbridge.Person, error) {
	out, _, err := call[drawbridge.Person](ctx, c, "POST /api/v1/invitation", in)
	return out, err
}

// Rename gives a person another name, over the version that was read.
func (c *Client) Rename(ctx context.Context, version int64, in Rename) (drawbridge.Person, error) {
	out, _, err := change[drawbridge.Person](ctx, c, "PATCH /api/v1/people/{id}", in, version)
	return out, err
}

// AssignRoles replaces a person's roles, over the version that was read.
func (c *Client) AssignRoles(ctx context.Context, version int64, in AssignRoles) (drawbridge.Person, error) {
	out, _, err := change[drawbridge.Person](ctx, c, "PUT /api/v1/people/{id}/roles", in, version)
	return out, err
}

// SetDisabled stops an account or lets it be used again, over the version that was read.
func (c *Client) SetDisabled(ctx context.Context, version int64, in SetDisabled) (drawbridge.Person, error) {
	out, _, err := change[drawbridge.Person](ctx, c, "PUT /api/v1/people/{id}/disabled", in, version)
	return out, err
}

// ResetCredential takes a person's password and second factor away.
func (c *Client) ResetCredential(ctx context.Context, in Because) (Reset, error) {
	out, _, err := create[Reset](ctx, c, "POST /api/v1/people/{id}/reset", in)
	return out, err
}

// Erase takes everything personal away from a person's account and history.
func (c *Client) Erase(ctx context.Context, in Because) (drawbridge.Person, error) {
	out, _, err := create[drawbridge.Person](ctx, c, "POST /api/v1/people/{id}/erase", in)
	return out, err
}

// RevokeSessions signs a person out everywhere, but not the caller's own session.
func (c *Client) RevokeSessions(ctx context.Context, id drawbridge.PersonID) error {
	_, _, err := call[None](ctx, c, "DELETE /api/v1/people/{id}/sessions", ByID{string(id)})
	return err
}

// SetPassword replaces the caller's password.
func (c *Client) SetPassword(ctx context.Context, in NewPassword) error {
	_, _, err := call[None](ctx, c, "PUT /api/v1/me/password", in)
	return err
}

// Factor tells whether the caller has a second factor.
func (c *Client) Factor(ctx context.Context) (Factor, error) {
	out, _, err := call[Factor](ctx, c, "GET /api/v1/me/factor", nil)
	return out, err
}

// BeginFactor makes a secret for an authenticator app.
func (c *Client) BeginFactor(ctx context.Context) (Enrolment, error) {
	out, _, err := call[Enrolment](ctx, c, "POST /api/v1/me/factor", nil)
	return out, err
}

// ConfirmFactor takes the second factor into use.
func (c *Client) ConfirmFactor(ctx context.Context, in ConfirmFactor) (Recovery, error) {
	out, _, err := call[Recovery](ctx, c, "PUT /api/v1/me/factor", in)
	return out, err
}

// RemoveFactor goes back to the password alone.
func (c *Client) RemoveFactor(ctx context.Context, in Code) error {
	_, _, err := call[None](ctx, c, "POST /api/v1/me/factor/remove", in)
	return err
}

// RenewRecovery replaces the recovery codes.
func (c *Client) RenewRecovery(ctx context.Context, in Code) (Recovery, error) {
	out, _, err := call[Recovery](ctx, c, "POST /api/v1/me/factor/recovery", in)
	return out, err
}
