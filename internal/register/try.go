package register

import (
	"context"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/assess"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/store"
)

// MaxTried bounds how many levers are tried together.
const MaxTried = 20

// Try says what levers of the head would come to together, by the packs in force
// and all that the record knows, now. Nothing is kept.
func (d *Desk) Try(ctx context.Context, actor access.Actor, ref Ref, pick []string) (policy.Tried, error) {
	var none policy.Tried
	if len(pick) > MaxTried {
		return none, drawbridge.Errorf(drawbridge.Invalid, "at most %d levers are tried together", MaxTried)
	}
	ws, err := d.workspace()
	if err != nil {
		return none, err
	}
	var in drawbridge.Integration
	var head drawbridge.Revision
	err = d.view(ctx, actor, access.IntegrationRead, ref, func(tx *store.Tx, have *drawbridge.Integration) error {
		in = *have
		r, err := tx.Revision(have.Head)
		if err == nil {
			head = *r
		}
		return err
	})
	if err != nil {
		return none, err
	}
	leave, err := d.enter(ctx)
	if err != nil {
		return none, err
	}
	defer leave()
	main, files, err := d.openBundle(head.Bundle)
	if err != nil {
		return none, d.whyGone(ctx, head.Bundle, err)
	}
	b, err := manifest.LoadFiles(main, files, ws.ManifestOptions()...)
	if err != nil {
		return none, err
	}
	asOf := d.now()
	g, err := d.grounds(ctx, []*drawbridge.Integration{&in}, asOf)
	if err != nil {
		return none, err
	}
	opt, err := d.options(g[in.ID], b.Integration, asOf)
	if err != nil {
		return none, err
	}
	return assess.Try(ctx, ws, b, opt, pick)
}
