package register

import (
	"context"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/assess"
	"drawbridge/internal/manifest"
)

// Foreseen is what a first push would come to, with all that the assessment says.
type Foreseen struct {
	Pushed   Pushed
	Bundle   *manifest.Bundle
	Document *assess.Assessment
}

// Foresee says what the first push of a manifest would come to. Nothing is kept.
func (d *Desk) Foresee(ctx context.Context, actor access.Actor, in Push) (Foreseen, error) {
	var out Foreseen
	in.DryRun, in.Key, in.Base = true, "", ""
	if err := d.mayPush(ctx, actor); err != nil {
		return out, err
	}
	leave, err := d.enter(ctx)
	if err != nil {
		return out, err
	}
	defer leave()
	p, err := d.prepare(ctx, actor, in)
	if err != nil {
		return out, err
	}
	if p.push == nil {
		return out, drawbridge.Errorf(drawbridge.Conflict, "an integration with the id %s is on record in this environment, and says the same", p.answer.Integration.Slug)
	}
	out.Bundle, out.Document = p.push.bundle, p.push.verdict.whole
	out.Pushed, err = p.Commit(ctx)
	return out, err
}
