package register

import (
	"context"

	"drawbridge"
	"drawbridge/internal/assess"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
)

// Figures are what an assessment comes to.
type Figures struct {
	Tier     drawbridge.Tier    `json:"tier"`
	Outcome  drawbridge.Outcome `json:"outcome"`
	Inherent float64            `json:"inherent"`
	Residual float64            `json:"residual"`
}

// Preview says what the head of an integration would come to, by each of some
// workspaces, now. Nothing is kept, and no permission is asked: who calls it has
// asked for the whole of the portfolio.
func (d *Desk) Preview(ctx context.Context, in *drawbridge.Integration, bundle string, by ...*policy.Workspace) ([]Figures, error) {
	main, files, err := d.openBundle(bundle)
	if err != nil {
		return nil, err
	}
	b, err := manifest.LoadFiles(main, files)
	if err != nil {
		return nil, err
	}
	asOf := d.now()
	g, err := d.ground(ctx, in, asOf)
	if err != nil {
		return nil, err
	}
	opt, err := d.options(g, b.Integration, asOf)
	if err != nil {
		return nil, err
	}
	opt.Brief = true
	out := make([]Figures, len(by))
	for i, ws := range by {
		a, err := assess.FromBundle(ctx, ws, b, opt)
		if err != nil {
			return nil, err
		}
		out[i] = Figures{a.Score.Tier, a.Gate.Outcome, a.Score.Inherent, a.Score.Residual}
	}
	return out, nil
}
