package client

import (
	"context"

	"drawbridge"
)

// StartBulk is one act on many things: on those that are named, or on all that a
// filter of the list fits at this moment.
type StartBulk struct {
	Act    string              `json:"act" doc:"owner, add-member, remove-member, assess, review or trigger on integrations; rule or except on findings; read or unread on messages"`
	IDs    []string            `json:"ids,omitempty" doc:"of integrations or messages, or integration/fingerprint of findings; at most 1000"`
	Filter *string             `json:"filter,omitempty" doc:"in place of ids: a filter as it stands in the address of the list's page, like tier=high&state=live; empty fits all"`
	With   drawbridge.BulkWith `json:"with,omitzero" doc:"what the act needs"`
	Reason string              `json:"reason,omitempty" doc:"recorded with each of the acts"`
}

// BulkForeseen is one thing that a bulk would be about.
type BulkForeseen struct {
	Subject string                 `json:"subject"`
	Name    string                 `json:"name" doc:"of the integration"`
	Title   string                 `json:"title,omitempty" doc:"of the finding"`
	Outcome drawbridge.BulkOutcome `json:"outcome" doc:"waits, or what is known before it is tried: refused or left"`
	Told    string                 `json:"told,omitempty" doc:"why"`
}

// BulkPreview is what a bulk would do, as far as it is known before.
type BulkPreview struct {
	Act      string         `json:"act"`
	Undoable bool           `json:"undoable" doc:"what it does can be taken back"`
	Items    []BulkForeseen `json:"items"`
}

// BulkItemFilter says which items of a bulk to list.
type BulkItemFilter struct {
	ListOf
	Outcome drawbridge.BulkOutcome `json:"-" query:"outcome" doc:"waits, begun, done, refused, left or undone"`
}

// PreviewBulk tells what a bulk would do, and does nothing.
func (c *Client) PreviewBulk(ctx context.Context, in StartBulk) (BulkPreview, error) {
	out, _, err := call[BulkPreview](ctx, c, "POST /api/v1/bulks/preview", in)
	return out, err
}

// StartBulk begins one act on many things.
func (c *Client) StartBulk(ctx context.Context, in StartBulk) (drawbridge.Bulk, error) {
	out, _, err := create[drawbridge.Bulk](ctx, c, "POST /api/v1/bulks", in)
	return out, err
}

// Bulks lists the caller's own bulks, newest first.
func (c *Client) Bulks(ctx context.Context, p Page) (List[drawbridge.Bulk], error) {
	out, _, err := call[List[drawbridge.Bulk]](ctx, c, "GET /api/v1/bulks", p)
	return out, err
}

// Bulk reads one of the caller's own bulks.
func (c *Client) Bulk(ctx context.Context, id string) (drawbridge.Bulk, error) {
	out, _, err := call[drawbridge.Bulk](ctx, c, "GET /api/v1/bulks/{id}", ByID{ID: id})
	return out, err
}

// BulkItems lists what became of the items of a bulk.
func (c *Client) BulkItems(ctx context.Context, f BulkItemFilter) (List[drawbridge.BulkItem], error) {
	out, _, err := call[List[drawbridge.BulkItem]](ctx, c, "GET /api/v1/bulks/{id}/items", f)
	return out, err
}

// CancelBulk ends a bulk; what was done stays done.
func (c *Client) CancelBulk(ctx context.Context, id string) (drawbridge.Bulk, error) {
	out, _, err := call[drawbridge.Bulk](ctx, c, "POST /api/v1/bulks/{id}/cancel", ByID{ID: id})
	return out, err
}

// UndoBulk takes back what a bulk did, by a further one.
func (c *Client) UndoBulk(ctx context.Context, in Because) (drawbridge.Bulk, error) {
	out, _, err := create[drawbridge.Bulk](ctx, c, "POST /api/v1/bulks/{id}/undo", in)
	return out, err
}
