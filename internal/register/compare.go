package register

import (
	"cmp"
	"context"
	"math"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/manifest"
	"drawbridge/internal/store"
)

// compares is how many revisions a comparison offers.
const compares = 20

// Comparison is a difference with the integration that it is of, and the latest
// revisions, any two of which can be compared.
type Comparison struct {
	Difference

	Integration drawbridge.Integration
	Revisions   []drawbridge.Revision // newest first
}

// Compare compares two revisions of an integration in one look: no to means the
// head, no from the revision that to was made from, and the first with itself.
func (d *Desk) Compare(ctx context.Context, actor access.Actor, ref Ref, from, to drawbridge.RevisionID) (Comparison, error) {
	var out Comparison
	err := d.view(ctx, actor, access.IntegrationRead, ref, func(tx *store.Tx, in *drawbridge.Integration) error {
		b, err := revision(tx, in, to)
		if err != nil {
			return err
		}
		a, err := revision(tx, in, cmp.Or(from, b.Parent, b.ID))
		if err != nil {
			return err
		}
		out.Integration, out.From, out.To = *in, *a, *b
		out.Revisions, err = tx.RevisionsBefore(in.ID, math.MaxInt64, compares)
		return err
	})
	if err != nil {
		return out, err
	}
	leave, err := d.enter(ctx)
	if err != nil {
		return out, err
	}
	defer leave()
	var sides [2]*manifest.Bundle
	for i, r := range []*drawbridge.Revision{&out.From, &out.To} {
		name, files, err := d.openBundle(r.Bundle)
		if err != nil {
			return out, d.whyGone(ctx, r.Bundle, err)
		}
		if sides[i], err = manifest.LoadFiles(name, files); err != nil {
			return out, err
		}
	}
	out.Changes = append([]manifest.Change{}, manifest.Diff(sides[0], sides[1])...)
	out.Widens = manifest.Widens(out.Changes)
	return out, nil
}
