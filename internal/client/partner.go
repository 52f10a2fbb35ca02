package client

import (
	"context"
	"time"

	"drawbridge"
)

// PartnerEdit is a partner as somebody wants it.
type PartnerEdit struct {
	Name    string              `json:"name"`
	Country string              `json:"country,omitempty" doc:"ISO 3166-1 alpha-2"`
	Website string              `json:"website,omitempty"`
	Owner   drawbridge.PersonID `json:"owner,omitempty" doc:"who keeps the record"`
	Reason  string              `json:"reason,omitempty"`
}

// NewPartner is a partner that nobody has pushed yet.
type NewPartner struct {
	ID drawbridge.PartnerID `json:"id"`
	PartnerEdit
}

// UpdatePartner changes a partner.
type UpdatePartner struct {
	ByID
	PartnerEdit
}

// HistoryOf asks for the acts that changed one record.
type HistoryOf struct {
	Page
	Kind string `json:"-" query:"kind" doc:"of the record: integration, partner, revision, review, decision, evidence, condition, exception, risk, …"`
	ID   string `json:"-" query:"id"`
}

// HistoryEntry is an act that changed a record.
type HistoryEntry struct {
	Seq     int64           `json:"seq" doc:"its place in the ledger"`
	At      time.Time       `json:"at"`
	Actor   string          `json:"actor"`
	Via     string          `json:"via"`
	Action  string          `json:"action"`
	Reason  string          `json:"reason"`
	Changes []HistoryChange `json:"changes"`
}

// HistoryChange is what an act did to one record.
type HistoryChange struct {
	Kind string         `json:"kind"`
	ID   string         `json:"id"`
	Op   string         `json:"op"`
	Old  map[string]any `json:"old,omitempty"`
	New  map[string]any `json:"new,omitempty"`
}

// Partners lists partners.
func (c *Client) Partners(ctx context.Context, page Page) (List[drawbridge.Partner], error) {
	out, _, err := call[List[drawbridge.Partner]](ctx, c, "GET /api/v1/partners", page)
	return out, err
}

// Partner reads one partner.
func (c *Client) Partner(ctx context.Context, id drawbridge.PartnerID) (drawbridge.Partner, error) {
	out, _, err := call[drawbridge.Partner](ctx, c, "GET /api/v1/partners/{id}", ByID{string(id)})
	return out, err
}

// CreatePartner writes a partner that nobody has pushed yet.
func (c *Client) CreatePartner(ctx context.Context, in NewPartner) (drawbridge.Partner, error) {
	out, _, err := create[drawbridge.Partner](ctx, c, "POST /api/v1/partners", in)
	return out, err
}

// UpdatePartner changes a partner, over the version that was read.
func (c *Client) UpdatePartner(ctx context.Context, version int64, in UpdatePartner) (drawbridge.Partner, error) {
	out, _, err := change[drawbridge.Partner](ctx, c, "PUT /api/v1/partners/{id}", in, version)
	return out, err
}

// History lists the acts that changed a record, newest first.
func (c *Client) History(ctx context.Context, in HistoryOf) (List[HistoryEntry], error) {
	out, _, err := call[List[HistoryEntry]](ctx, c, "GET /api/v1/history", in)
	return out, err
}
