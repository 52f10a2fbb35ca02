package client

import (
	"context"
	"time"

	"drawbridge"
)

// Webhook is what may be told of a webhook.
type Webhook struct {
	drawbridge.Meta
	ID        drawbridge.WebhookID `json:"id"`
	Name      string               `json:"name"`
	URL       string               `json:"url" doc:"scheme and host; the rest is secret"`
	Kinds     []string             `json:"kinds" doc:"of messages; empty for every kind"`
	Disabled  bool                 `json:"disabled"`
	Why       string               `json:"why" doc:"why it was disabled"`
	CreatedBy string               `json:"created_by"`
	CreatedAt time.Time            `json:"created_at"`
	UpdatedAt time.Time            `json:"updated_at"`
}

// NewWebhook is a webhook that somebody wants.
type NewWebhook struct {
	Name  string   `json:"name"`
	URL   Secret   `json:"url" doc:"its path is often a password; it is never shown again"`
	Kinds []string `json:"kinds,omitempty" doc:"of messages; empty for every kind"`
}

// MadeWebhook is a webhook, and the secret that signs what it is sent, this once.
type MadeWebhook struct {
	Webhook Webhook `json:"webhook"`
	Secret  Secret  `json:"secret" doc:"whsec_…, as Standard Webhooks writes it"`
}

// EditWebhook changes a webhook. Another address is another webhook.
type EditWebhook struct {
	ByID
	Name     string   `json:"name"`
	Kinds    []string `json:"kinds"`
	Disabled bool     `json:"disabled"`
	Reason   string   `json:"reason,omitempty"`
}

// Tried is how a delivery went that was tried at once.
type Tried struct {
	Delivered bool   `json:"delivered"`
	Error     string `json:"error,omitempty"`
}

// Redelivery names a message that a webhook lost.
type Redelivery struct {
	ByID
	Message drawbridge.MessageID `json:"-" path:"message"`
}

// Redeliver sends again what a webhook lost.
func (c *Client) Redeliver(ctx context.Context, in Redelivery) error {
	_, _, err := create[None](ctx, c, "POST /api/v1/webhooks/{id}/deliveries/{message}/retry", in)
	return err
}

// Webhooks lists the webhooks.
func (c *Client) Webhooks(ctx context.Context) (List[Webhook], error) {
	out, _, err := call[List[Webhook]](ctx, c, "GET /api/v1/webhooks", nil)
	return out, err
}

// CreateWebhook makes a webhook.
func (c *Client) CreateWebhook(ctx context.Context, in NewWebhook) (MadeWebhook, error) {
	out, _, err := create[MadeWebhook](ctx, c, "POST /api/v1/webhooks", in)
	return out, err
}

// EditWebhook changes a webhook, over the version that was read.
func (c *Client) EditWebhook(ctx context.Context, version int64, in EditWebhook) (Webhook, error) {
	out, _, err := change[Webhook](ctx, c, "PUT /api/v1/webhooks/{id}", in, version)
	return out, err
}

// RemoveWebhook deletes a webhook.
func (c *Client) RemoveWebhook(ctx context.Context, in Because) error {
	_, _, err := create[None](ctx, c, "POST /api/v1/webhooks/{id}/remove", in)
	return err
}

// TryWebhook sends a message to a webhook, now.
func (c *Client) TryWebhook(ctx context.Context, id drawbridge.WebhookID) (Tried, error) {
	out, _, err := call[Tried](ctx, c, "POST /api/v1/webhooks/{id}/test", ByID{string(id)})
	return out, err
}

// Deliveries lists what went to a webhook, newest first.
func (c *Client) Deliveries(ctx context.Context, in ListOf) (List[drawbridge.Delivery], error) {
	out, _, err := call[List[drawbridge.Delivery]](ctx, c, "GET /api/v1/webhooks/{id}/deliveries", in)
	return out, err
}
