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
	Run  json.RawMessage `json:"run" doc:"the run file"`
	Live string          `json:"live,omitempty" doc:"id under which the run was opened, if it was; it keeps it"`
}

// OpenRun is a run of live checks that begins.
type OpenRun struct {
	ByID
	Target string   `json:"target" doc:"name of a target in the manifest"`
	Checks []string `json:"checks" doc:"that are planned"`
	Budget int64    `json:"budget,omitempty" doc:"requests that it may send at most"`
}

// TellRun is how a run goes on. It is a note and no result.
type TellRun struct {
	ByRun
	Now      string                 `json:"now" doc:"what runs, in a few words"`
	Requests int64                  `json:"requests,omitempty"`
	Budget   int64                  `json:"budget,omitempty"`
	Checks   []drawbridge.LiveCheck `json:"checks,omitempty" doc:"those that have ended"`
	Ended    string                 `json:"ended,omitempty" doc:"why it ended without a result"`
}

// LiveRuns are the runs of an integration that were opened and not handed in.
type LiveRuns struct {
	Items []drawbridge.LiveRun `json:"items"`
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

// OpenRun notes that a run begins, so that people can watch it.
func (c *Client) OpenRun(ctx context.Context, in OpenRun) (drawbridge.LiveRun, error) {
	out, _, err := call[drawbridge.LiveRun](ctx, c, "POST /api/v1/integrations/{id}/live-runs", in)
	return out, err
}

// TellRun says how a run goes on. The answer says whether somebody asked it to stop.
func (c *Client) TellRun(ctx context.Context, in TellRun) (drawbridge.LiveRun, error) {
	out, _, err := call[drawbridge.LiveRun](ctx, c, "POST /api/v1/integrations/{id}/live-runs/{run}/progress", in)
	return out, err
}

// StopRun asks a run to stop; one that was lost or has ended is forgotten.
func (c *Client) StopRun(ctx context.Context, in ByRun) (drawbridge.LiveRun, error) {
	out, _, err := call[drawbridge.LiveRun](ctx, c, "POST /api/v1/integrations/{id}/live-runs/{run}/stop", in)
	return out, err
}

// LiveRuns lists the runs that go on, or were lost, newest first.
func (c *Client) LiveRuns(ctx context.Context, id drawbridge.IntegrationID) (LiveRuns, error) {
	out, _, err := call[LiveRuns](ctx, c, "GET /api/v1/integrations/{id}/live-runs", ByID{string(id)})
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
