package review

import (
	"cmp"
	"context"
	"math"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/store"
)

// The words that are kept of a comparison.
const (
	fresh = "fresh"
	stale = "stale"
)

// Compare keeps, for lists, whether the decision about an integration is stale and
// how dangerous its open review is. The queue calls it after each push and each
// assessment; nothing is decided by what is kept.
func (d *Desk) Compare(ctx context.Context, actor access.Actor, id drawbridge.IntegrationID) error {
	var now, kept *drawbridge.Standing
	look := func(tx *store.Tx) (err error) {
		now, kept, err = d.compared(tx, id)
		return err
	}
	act := action.Act{Actor: actor, Action: access.ReviewOpen, On: onIntegration(id), Input: id}
	if err := d.door.View(ctx, act, look); err != nil || *now == *kept {
		return err
	}
	_, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (struct{}, error) {
		if err := look(tx); err != nil || *now == *kept {
			return struct{}{}, err
		}
		return struct{}{}, d.setStanding(tx, now)
	})
	return err
}

// compared is the standing of an integration as it should be, and as it is kept.
func (d *Desk) compared(tx *store.Tx, id drawbridge.IntegrationID) (now, kept *drawbridge.Standing, err error) {
	in, err := tx.Integration(id)
	if err != nil {
		return nil, nil, err
	}
	l, err := d.look(tx, in, nil)
	if err != nil {
		return nil, nil, err
	}
	should := l.file.Standing
	should.Danger = l.danger(l.file.Open)
	if l.file.Decision != nil {
		s, err := l.status()
		if err != nil {
			return nil, nil, err
		}
		should.Freshness, should.Compared = freshness(s.Stale), in.Head
	}
	return &should, &l.file.Standing, nil
}

func freshness(isStale bool) string {
	if isStale {
		return stale
	}
	return fresh
}

// danger is what an open review is ordered by: its tier, before triage the one that
// the head was assessed at, and within that the residual risk of the head.
func (l *look) danger(r *drawbridge.Review) int64 {
	if r == nil {
		return 0
	}
	const steps = 1000
	return int64(danger(cmp.Or(r.Tier, l.in.Tier))+1)*steps + int64(min(steps-1, max(0, math.Round(l.in.Residual))))
}
