package custody

import (
	"context"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/store"
)

// NewHold is a hold to be placed.
type NewHold struct {
	Scope   drawbridge.HoldScope
	Subject string // identifier of what is held; empty for everything
	Reason  string
	Until   time.Time // zero: until somebody lifts it
	Key     string    // idempotency key
}

func (in NewHold) check(now time.Time) error {
	prefix := map[drawbridge.HoldScope]string{drawbridge.HoldIntegration: "int", drawbridge.HoldPerson: "per"}[in.Scope]
	switch {
	case prefix != "" && !drawbridge.ValidID(prefix, in.Subject),
		in.Scope == drawbridge.HoldPartner && in.Subject == "":
		return drawbridge.Errorf(drawbridge.Invalid, "a hold on a %s names its identifier, not %q", in.Scope, in.Subject)
	case in.Scope == drawbridge.HoldEverything && in.Subject != "":
		return drawbridge.Errorf(drawbridge.Invalid, "a hold on everything names nothing besides")
	case prefix == "" && in.Scope != drawbridge.HoldPartner && in.Scope != drawbridge.HoldEverything:
		return drawbridge.Errorf(drawbridge.Invalid, "a hold is on an integration, a partner, a person or everything, not on %q", in.Scope)
	case strings.TrimSpace(in.Reason) == "":
		return drawbridge.Errorf(drawbridge.Invalid, "give a reason: it is recorded with the hold")
	case !in.Until.IsZero() && !in.Until.After(now):
		return drawbridge.Errorf(drawbridge.Invalid, "the hold would end before it begins")
	}
	return nil
}

// PlaceHold keeps what it covers from being purged and erased, from now on.
func (d *Desk) PlaceHold(ctx context.Context, actor access.Actor, in NewHold) (drawbridge.Hold, error) {
	now := d.now()
	in.Until = in.Until.UTC().Truncate(time.Microsecond)
	if err := in.check(now); err != nil {
		return drawbridge.Hold{}, err
	}
	h := drawbridge.Hold{
		ID: drawbridge.HoldID(drawbridge.NewID("hld", now)), Scope: in.Scope, Subject: in.Subject, Reason: in.Reason,
		PlacedBy: actor.ID, PlacedAt: now, Until: in.Until,
	}
	act := action.Act{
		Actor: actor, Action: access.HoldWrite, Object: access.Object{Kind: "hold", ID: string(h.ID)}, Reason: in.Reason, Key: in.Key,
		Input: map[string]any{"scope": string(in.Scope), "subject": in.Subject, "until": store.Time(in.Until)},
	}
	h, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Hold, error) {
		if err := exists(tx, in); err != nil {
			return h, err
		}
		if held, err := tx.HoldsAt(now); err != nil || held.Count() >= store.MaxHolds {
			if err == nil {
				err = drawbridge.Errorf(drawbridge.Limited, "%d holds are in force, which is the most: lift some, or hold everything", held.Count())
			}
			return h, err
		}
		return h, tx.AddHold(&h)
	})
	return h, err
}

// exists looks for what is to be held.
func exists(tx *store.Tx, in NewHold) (err error) {
	switch in.Scope {
	case drawbridge.HoldIntegration:
		_, err = tx.Integration(drawbridge.IntegrationID(in.Subject))
	case drawbridge.HoldPartner:
		_, err = tx.Partner(drawbridge.PartnerID(in.Subject))
	case drawbridge.HoldPerson:
		_, err = tx.Person(drawbridge.PersonID(in.Subject))
	case drawbridge.HoldEverything:
	}
	return err
}

// LiftHold ends a hold. Its record stays.
func (d *Desk) LiftHold(ctx context.Context, actor access.Actor, id drawbridge.HoldID, reason, key string) (drawbridge.Hold, error) {
	if strings.TrimSpace(reason) == "" {
		return drawbridge.Hold{}, drawbridge.Errorf(drawbridge.Invalid, "give a reason: it is recorded with the change")
	}
	act := action.Act{
		Actor: actor, Action: access.HoldWrite, Object: access.Object{Kind: "hold", ID: string(id)}, Reason: reason, Key: key, Input: map[string]any{"lift": string(id)},
	}
	h, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Hold, error) {
		h, err := tx.Hold(id)
		if err != nil {
			return drawbridge.Hold{}, err
		}
		if !h.LiftedAt.IsZero() {
			return *h, drawbridge.Errorf(drawbridge.Conflict, "the hold was lifted on %s", h.LiftedAt.Format(time.DateOnly))
		}
		h.LiftedAt, h.LiftedBy = d.now(), actor.ID
		return *h, tx.SetHold(h)
	})
	return h, err
}

// Holds lists holds in the order in which they were placed, those that ended
// among them.
func (d *Desk) Holds(ctx context.Context, actor access.Actor, after drawbridge.HoldID, limit int) ([]drawbridge.Hold, error) {
	var out []drawbridge.Hold
	err := d.door.View(ctx, action.Act{Actor: actor, Action: access.RetentionRead, Object: access.Object{Kind: "hold"}}, func(tx *store.Tx) (err error) {
		out, err = tx.HoldsAfter(after, min(max(limit, 1), 500))
		return err
	})
	return out, err
}
