package client

import (
	"context"
	"io"
	"time"

	"drawbridge"
	"drawbridge/internal/seal"
)

// Checkpoint is the signed root of the ledger.
type Checkpoint struct {
	Note string `json:"note" doc:"a signed note in the C2SP form"`
}

// LogFilter says which entries of the ledger to list.
type LogFilter struct {
	Page
	Actor  string          `json:"-" query:"actor" doc:"who, exactly: per_…, tok_… or system:…"`
	Action string          `json:"-" query:"action" doc:"an act like integration.push, or a noun for all that is done to one"`
	Object string          `json:"-" query:"object" doc:"a record as kind/identifier"`
	Since  drawbridge.Date `json:"-" query:"since" doc:"the first day"`
	Until  drawbridge.Date `json:"-" query:"until" doc:"the last day"`
}

// LogEntry is one entry of the ledger: identifiers and digests.
type LogEntry struct {
	Seq     int64       `json:"seq"`
	At      time.Time   `json:"at"`
	Actor   string      `json:"actor"`
	Via     string      `json:"via"`
	Action  string      `json:"action"`
	Object  string      `json:"object"`
	Request string      `json:"request"`
	Changes []LogChange `json:"changes"`
}

// LogChange is what an act did to one record.
type LogChange struct {
	Kind   string `json:"kind"`
	ID     string `json:"id"`
	Op     string `json:"op"`
	Before string `json:"before" doc:"a digest"`
	After  string `json:"after" doc:"a digest"`
}

// LogEntries lists entries of the ledger, newest first. A part may be empty and
// have a next one.
func (c *Client) LogEntries(ctx context.Context, in LogFilter) (List[LogEntry], error) {
	out, _, err := call[List[LogEntry]](ctx, c, "GET /api/v1/log/entries", in)
	return out, err
}

// ByEntry names one entry of the ledger in the path.
type ByEntry struct {
	Seq string `json:"-" path:"seq"`
}

// Older is a checkpoint that somebody kept.
type Older struct {
	Checkpoint string `json:"checkpoint"`
}

// RotateKey replaces the active key of a purpose.
type RotateKey struct {
	Purpose seal.Purpose `json:"purpose" doc:"sign, encrypt or mac"`
	Reason  string       `json:"reason"`
}

// Checkpoint reads the signed root of the ledger.
func (c *Client) Checkpoint(ctx context.Context) (Checkpoint, error) {
	out, _, err := call[Checkpoint](ctx, c, "GET /api/v1/log/checkpoint", nil)
	return out, err
}

// Export writes the whole ledger, to be verified without the server.
func (c *Client) Export(ctx context.Context, w io.Writer) error {
	return stream(ctx, c, "GET /api/v1/log/export", nil, w)
}

// ProveEntry writes a document that shows that an entry is in the ledger.
func (c *Client) ProveEntry(ctx context.Context, entry ByEntry, w io.Writer) error {
	return stream(ctx, c, "GET /api/v1/log/entries/{seq}/proof", entry, w)
}

// ProveSince writes a document that shows that an older checkpoint's history is
// the beginning of the present one.
func (c *Client) ProveSince(ctx context.Context, older Older, w io.Writer) error {
	return stream(ctx, c, "POST /api/v1/log/consistency", older, w)
}

// Keys lists what may be known of the server's keys.
func (c *Client) Keys(ctx context.Context) (List[seal.KeyInfo], error) {
	out, _, err := call[List[seal.KeyInfo]](ctx, c, "GET /api/v1/keys", nil)
	return out, err
}

// RotateKey replaces the active key of a purpose.
func (c *Client) RotateKey(ctx context.Context, in RotateKey) (seal.KeyInfo, error) {
	out, _, err := call[seal.KeyInfo](ctx, c, "POST /api/v1/keys/rotate", in)
	return out, err
}
