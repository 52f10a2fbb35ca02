package client

import (
	"context"
	"time"

	"drawbridge"
)

// InboxFilter says which of the caller's own messages to list.
type InboxFilter struct {
	Page
	Unread bool `json:"-" query:"unread" doc:"only those that were not read"`
}

// Message tells the caller that something happened.
type Message struct {
	ID        drawbridge.MessageID `json:"id"`
	Kind      string               `json:"kind" doc:"like integration.assigned"`
	Title     string               `json:"title" doc:"what the kind means, in a line"`
	Params    map[string]string    `json:"params" doc:"identifiers, by what they name"`
	Link      string               `json:"link" doc:"a path of this server"`
	CreatedAt time.Time            `json:"created_at"`
	ReadAt    time.Time            `json:"read_at,omitzero" doc:"absent while unread"`
}

// Unread counts the caller's own messages that were not read.
type Unread struct {
	Unread int64 `json:"unread"`
}

// MarkRead notes that a message was read.
type MarkRead struct {
	ByID
	UpTo bool `json:"up_to,omitempty" doc:"and all before it"`
}

// Mail tells whether the caller takes messages by mail too.
type Mail struct {
	Wanted bool `json:"wanted"`
	Sent   bool `json:"sent" doc:"whether this server sends any"`
}

// SetMail notes whether the caller takes messages by mail too.
type SetMail struct {
	Wanted bool `json:"wanted"`
}

// Inbox lists the caller's own messages, newest first.
func (c *Client) Inbox(ctx context.Context, f InboxFilter) (List[Message], error) {
	out, _, err := call[List[Message]](ctx, c, "GET /api/v1/inbox", f)
	return out, err
}

// Unread counts the caller's own messages that were not read.
func (c *Client) Unread(ctx context.Context) (Unread, error) {
	out, _, err := call[Unread](ctx, c, "GET /api/v1/inbox/unread", nil)
	return out, err
}

// MarkRead notes that the caller read a message.
func (c *Client) MarkRead(ctx context.Context, in MarkRead) error {
	_, _, err := call[None](ctx, c, "PUT /api/v1/inbox/{id}/read", in)
	return err
}

// Mail tells whether the caller takes messages by mail too.
func (c *Client) Mail(ctx context.Context) (Mail, error) {
	out, _, err := call[Mail](ctx, c, "GET /api/v1/me/mail", nil)
	return out, err
}

// SetMail notes whether the caller takes messages by mail too.
func (c *Client) SetMail(ctx context.Context, in SetMail) error {
	_, _, err := call[None](ctx, c, "PUT /api/v1/me/mail", in)
	return err
}
