package register

import (
	"context"
	"time"

	"drawbridge"
	"drawbridge/internal/assess"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
)

// Figures are what an assessment comes to.
type Figures = assess.Figures

// Wanted is the head of an integration of which the figures are wanted.
type Wanted struct {
	Integration *drawbridge.Integration
	Bundle      string // that the head was kept as
	By          []*policy.Workspace
}

// Preview says what heads would come to, now. Nothing is kept, and no permission
// is asked: who calls it has asked for the whole of the portfolio. It is not safe
// for concurrent use: whoever works beside others has one of their own.
type Preview struct {
	desk *Desk
	line assess.Line
}

// Preview makes a preview.
func (d *Desk) Preview() *Preview { return &Preview{desk: d} }

// Each tells the figures of each head by each of its workspaces, or why there are
// none. What they rest on besides the manifests is read for all at once, and one
// manifest is held at a time.
func (p *Preview) Each(ctx context.Context, list []Wanted, told func(i int, figures []Figures, err error)) error {
	asOf := p.desk.now()
	all := make([]*drawbridge.Integration, len(list))
	for i := range list {
		all[i] = list[i].Integration
	}
	grounds, err := p.desk.grounds(ctx, all, asOf)
	if err != nil {
		return err
	}
	for i := range list {
		figures, err := p.figures(ctx, &list[i], grounds[list[i].Integration.ID], asOf)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		told(i, figures, err)
	}
	return nil
}

func (p *Preview) figures(ctx context.Context, w *Wanted, g *grounds, asOf time.Time) ([]Figures, error) {
	main, files, err := p.desk.openBundle(w.Bundle)
	if err != nil {
		return nil, err
	}
	b, err := manifest.LoadFiles(main, files)
	if err != nil {
		return nil, err
	}
	opt, err := p.desk.options(g, b.Integration, asOf)
	if err != nil {
		return nil, err
	}
	return p.line.Figures(ctx, b, opt, w.By...)
}
