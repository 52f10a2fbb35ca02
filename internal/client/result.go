package client

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"drawbridge"
	"drawbridge/internal/assess"
)

// NewRun is a run of live checks, as drawbridge test --out writes it.
type NewRun struct {
	ByID
	Run json.RawMessage `json:"run" doc:"the run file"`
}

// ByRun names a run of an integration in the path.
type ByRun struct {
	ByID
	Run string `json:"-" path:"run"`
}

// ClaimTests are the claims of an integration beside their tests, as they were
// assessed last.
type ClaimTests struct {
	Integration drawbridge.IntegrationID `json:"integration"`
	Assessment  drawbridge.AssessmentID  `json:"assessment"`
	AsOf        time.Time                `json:"as_of"`
	Claims      []assess.ClaimTest       `json:"claims"`
}

// NewRuling is what a reviewer finds of a check that failed.
type NewRuling struct {
	ByID
	Fingerprint string                `json:"fingerprint,omitempty" doc:"of one failure; or"`
	Check       string                `json:"check,omitempty" doc:"every failure of a check"`
	Element     string                `json:"element,omitempty" doc:"on this interface"`
	Refuted     bool                  `json:"refuted" doc:"the test is wrong; otherwise the failure stands"`
	Role        drawbridge.Discipline `json:"role,omitempty" doc:"in which you rule; needed when you review in several"`
	Reason      string                `json:"reason"`
}

// Rulings are rulings that were made together.
type Rulings struct {
	Rulings []drawbridge.Ruling `json:"rulings"`
}

// RevokeRuling takes a ruling back.
type RevokeRuling struct {
	ByID
	Ruling string `json:"-" path:"ruling"`
	Reason string `json:"reason"`
}

// AddRun hands a run of live checks in.
func (c *Client) AddRun(ctx context.Context, in NewRun) (drawbridge.Run, error) {
	out, _, err := create[drawbridge.Run](ctx, c, "POST /api/v1/integrations/{id}/runs", in)
	return out, err
}

// Runs lists the runs of an integration, newest first.
func (c *Client) Runs(ctx context.Context, in ListOf) (List[drawbridge.Run], error) {
	out, _, err := call[List[drawbridge.Run]](ctx, c, "GET /api/v1/integrations/{id}/runs", in)
	return out, err
}

// RunDocument writes a run as it was handed in.
func (c *Client) RunDocument(ctx context.Context, in ByRun, w io.Writer) error {
	return stream(ctx, c, "GET /api/v1/integrations/{id}/runs/{run}/document", in, w)
}

// Claims lays what is claimed of an integration beside what was tested.
func (c *Client) Claims(ctx context.Context, id drawbridge.IntegrationID) (ClaimTests, error) {
	out, _, err := fetch[ClaimTests](ctx, c, "GET /api/v1/integrations/{id}/claims", ByID{string(id)})
	return out, err
}

// Rule records what a reviewer finds of a check that failed.
func (c *Client) Rule(ctx context.Context, in NewRuling) (Rulings, error) {
	out, _, err := create[Rulings](ctx, c, "POST /api/v1/integrations/{id}/rulings", in)
	return out, err
}

// Rulings lists the rulings on an integration's tests, newest first.
func (c *Client) Rulings(ctx context.Context, in ListOf) (List[drawbridge.Ruling], error) {
	out, _, err := call[List[drawbridge.Ruling]](ctx, c, "GET /api/v1/integrations/{id}/rulings", in)
	return out, err
}

// RevokeRuling takes a ruling back, over the version that was read.
func (c *Client) RevokeRuling(ctx context.Context, version int64, in RevokeRuling) (drawbridge.Ruling, error) {
	out, _, err := change[drawbridge.Ruling](ctx, c, "POST /api/v1/integrations/{id}/rulings/{ruling}/revoke", in, version)
	return out, err
}
