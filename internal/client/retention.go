package client

import (
	"context"
	"time"

	"drawbridge"
)

// Kept says how long one kind of thing is kept, and what becomes of it.
type Kept struct {
	Kind    string `json:"kind"`
	What    string `json:"what"`
	From    string `json:"from" doc:"from when the period counts, or until when the thing is kept"`
	Days    int64  `json:"days" doc:"the product's own period; 0 where none can be set"`
	Least   int64  `json:"least" doc:"the shortest that can be set"`
	Purged  string `json:"purged" doc:"what goes"`
	Stays   string `json:"stays"`
	Why     string `json:"why"`
	Held    bool   `json:"held" doc:"a legal hold keeps it"`
	Period  int64  `json:"period" doc:"days, as they count here; 0 where none can be set"`
	Version int64  `json:"version" doc:"of the period; 0 while it is the product's own"`
}

// SetPeriod changes how long a kind of thing is kept.
type SetPeriod struct {
	Kind    string `json:"-" path:"kind"`
	Days    int64  `json:"days"`
	Version int64  `json:"version" doc:"of the period that was read; 0 while it is the product's own"`
	Reason  string `json:"reason"`
}

// Purge removes what is past its period and under no hold.
type Purge struct {
	Kind   string `json:"kind,omitempty" doc:"empty for every kind"`
	DryRun bool   `json:"dry_run,omitempty" doc:"tell what would go, and remove nothing"`
}

// PurgedKind is what was purged of one kind.
type PurgedKind struct {
	Kind    string    `json:"kind"`
	Days    int64     `json:"days"`
	Before  time.Time `json:"before" doc:"what is older was due"`
	Count   int64     `json:"count"`
	Held    int64     `json:"held" doc:"due, and kept by a hold"`
	Entries []int64   `json:"entries" doc:"of the ledger, which prove it"`
}

// Purged is the outcome of a purge.
type Purged struct {
	DryRun bool         `json:"dry_run"`
	Kinds  []PurgedKind `json:"kinds"`
	Swept  int64        `json:"swept" doc:"files that no record names any more"`
}

// NewHold is a legal hold to be placed.
type NewHold struct {
	Scope   drawbridge.HoldScope `json:"scope"`
	Subject string               `json:"subject,omitempty" doc:"identifier of what is held; empty for everything"`
	Reason  string               `json:"reason"`
	Until   time.Time            `json:"until,omitzero" doc:"absent: until somebody lifts it"`
}

// Retention lists how long everything is kept.
func (c *Client) Retention(ctx context.Context) (List[Kept], error) {
	out, _, err := call[List[Kept]](ctx, c, "GET /api/v1/retention", nil)
	return out, err
}

// SetPeriod changes how long a kind of thing is kept.
func (c *Client) SetPeriod(ctx context.Context, in SetPeriod) (drawbridge.Period, error) {
	out, _, err := call[drawbridge.Period](ctx, c, "PUT /api/v1/retention/{kind}", in)
	return out, err
}

// Purge removes what is past its period. What was purged when it breaks off
// stays purged, and the next one goes on.
func (c *Client) Purge(ctx context.Context, in Purge) (Purged, error) {
	out, _, err := fetch[Purged](ctx, c, "POST /api/v1/retention/purge", in)
	return out, err
}

// Holds lists legal holds in the order in which they were placed, those that
// ended among them.
func (c *Client) Holds(ctx context.Context, page Page) (List[drawbridge.Hold], error) {
	out, _, err := call[List[drawbridge.Hold]](ctx, c, "GET /api/v1/holds", page)
	return out, err
}

// PlaceHold keeps what it covers from being purged and erased.
func (c *Client) PlaceHold(ctx context.Context, in NewHold) (drawbridge.Hold, error) {
	out, _, err := create[drawbridge.Hold](ctx, c, "POST /api/v1/holds", in)
	return out, err
}

// LiftHold ends a legal hold. Its record stays.
func (c *Client) LiftHold(ctx context.Context, in Because) (drawbridge.Hold, error) {
	out, _, err := create[drawbridge.Hold](ctx, c, "POST /api/v1/holds/{id}/lift", in)
	return out, err
}
