package client

import (
	"context"
	"time"

	"drawbridge"
)

// InboxFilter says which of the caller's own messages to list.
type InboxFilter struct {
	Page
	Unread bool   `json:"-" query:"unread" doc:"only those that were not read"`
	Kind   string `json:"-" query:"kind" doc:"the first word of their kinds, like review"`
	About  string `json:"-" query:"about" doc:"an identifier that they name"`
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
	UpTo  bool   `json:"up_to,omitempty" doc:"and all before it"`
	Kind  string `json:"kind,omitempty" doc:"of those, the ones whose kind begins with this word"`
	About string `json:"about,omitempty" doc:"of those, the ones that name this identifier"`
}

// Task is one thing that needs somebody, why it is theirs, and what says how
// dangerous it is to leave it.
type Task struct {
	Kind        string                   `json:"kind" doc:"like review.sign"`
	ID          string                   `json:"id" doc:"of the review, the condition and so on"`
	Do          string                   `json:"do" doc:"what is asked"`
	Why         string                   `json:"why" doc:"why it is yours; of what others have to do, on whom it waits"`
	About       string                   `json:"about" doc:"what it is about, in a few words"`
	Integration drawbridge.IntegrationID `json:"integration"`
	Partner     drawbridge.PartnerID     `json:"partner"`
	Name        string                   `json:"name" doc:"of the integration; of the partner where it is about that"`
	Link        string                   `json:"link" doc:"a path of this server: the page where it is done"`
	Tier        drawbridge.Tier          `json:"tier"`
	Outcome     drawbridge.Outcome       `json:"outcome"`
	Residual    float64                  `json:"residual"`
	Grave       int64                    `json:"grave" doc:"open findings that are at least high"`
	Failed      int64                    `json:"failed" doc:"of them, those that a live check found"`
	Effect      drawbridge.Effect        `json:"effect" doc:"on what is live, when it is left"`
	Live        bool                     `json:"live" doc:"data flows today"`
	Due         drawbridge.Date          `json:"due"`
	Overdue     int                      `json:"overdue" doc:"days"`
	Since       time.Time                `json:"since"`
	By          string                   `json:"by" doc:"who waits for it"`
}

// Tasks are what needs the caller, most dangerous first, and what they wait for.
type Tasks struct {
	Mine   []Task `json:"mine"`
	Others []Task `json:"others"`
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

// MarkUnread takes back that the caller read a message, and what was marked together with it.
func (c *Client) MarkUnread(ctx context.Context, id string) error {
	_, _, err := call[None](ctx, c, "DELETE /api/v1/inbox/{id}/read", ByID{ID: id})
	return err
}

// Tasks lists what needs the caller, most dangerous first, and what they wait for.
func (c *Client) Tasks(ctx context.Context) (Tasks, error) {
	out, _, err := call[Tasks](ctx, c, "GET /api/v1/inbox/tasks", nil)
	return out, err
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
