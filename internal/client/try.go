package client

import (
	"context"

	"drawbridge"
)

// Try asks what changes would come to together.
type Try struct {
	ByID
	Levers []string `json:"levers,omitempty" doc:"identifiers of what is tried, at most 20; none lists what can be"`
}

// Lever is one change that would lower the risk.
type Lever struct {
	ID       string  `json:"id"`
	Change   string  `json:"change" doc:"what to do, in words"`
	Key      string  `json:"key" doc:"of the manifest"`
	Inherent float64 `json:"inherent" doc:"change of the inherent risk; negative is better"`
	Residual float64 `json:"residual" doc:"change of the residual risk; negative is better"`
	Unlifted float64 `json:"unlifted" doc:"the same, once the reasons of lifts are gone"`
	Taken    bool    `json:"taken" doc:"was tried"`
}

// TrialFigures are what an integration comes to.
type TrialFigures struct {
	Tier     drawbridge.Tier    `json:"tier"`
	Inherent float64            `json:"inherent"`
	Residual float64            `json:"residual"`
	Outcome  drawbridge.Outcome `json:"outcome"`
	Reasons  []Reason           `json:"reasons"`
}

// Trial is what changes would come to together; nothing of it is kept.
type Trial struct {
	Levers []Lever      `json:"levers"`
	Before TrialFigures `json:"before"`
	After  TrialFigures `json:"after"`
}

// Try says what changes of an integration would come to together.
func (c *Client) Try(ctx context.Context, in Try) (Trial, error) {
	out, _, err := fetch[Trial](ctx, c, "POST /api/v1/integrations/{id}/try", in)
	return out, err
}
