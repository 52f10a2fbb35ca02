package review

import (
	"context"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/store"
)

// Opening asks for a review of an integration.
type Opening struct {
	Integration drawbridge.IntegrationID
	Cause       string            // intake, push, or the kind of trigger
	Source      string            // identifier of what happened; may be empty
	Intake      drawbridge.Intake // what the requester says; may be empty
	Reason      string
	Key         string
}

// Open opens a review that carries forward what the one before knew. There is
// one open review of an integration: when there is one already, it is the answer.
func (d *Desk) Open(ctx context.Context, actor access.Actor, in Opening) (drawbridge.Review, error) {
	problem := checkOpening(&in)
	act := action.Act{
		Actor: actor, Action: access.ReviewOpen, Reason: in.Reason, Key: in.Key, Input: in,
		On: onIntegration(in.Integration),
	}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Review, error) {
		if problem != nil {
			return drawbridge.Review{}, problem
		}
		r, err := d.open(tx, actor, in)
		if err != nil {
			return drawbridge.Review{}, err
		}
		return *r, nil
	})
	return out, err
}

func checkOpening(in *Opening) (err error) {
	if in.Reason, err = drawbridge.Prose(in.Reason, maxReason); err != nil {
		return err
	}
	return checkIntake(&in.Intake)
}

// open is Open within an act.
func (d *Desk) open(tx *store.Tx, actor access.Actor, in Opening) (*drawbridge.Review, error) {
	i, err := tx.Integration(in.Integration)
	if err != nil {
		return nil, err
	}
	if i.State == drawbridge.Retired {
		return nil, drawbridge.Errorf(drawbridge.Conflict, "the integration is retired: there is nothing to review")
	}
	st, err := d.standing(tx, i)
	if err != nil {
		return nil, err
	}
	if st.Review != "" {
		return d.join(tx, st.Review, in)
	}
	last, err := tx.Reviews().First(store.Query{Equal: map[string]any{"integration": string(i.ID)}, Newest: true})
	if err != nil && drawbridge.KindOf(err) != drawbridge.NotFound {
		return nil, err
	}
	now := d.now()
	r := &drawbridge.Review{
		ID: drawbridge.ReviewID(drawbridge.NewID("rvw", now)), Integration: i.ID, Partner: i.Partner, Number: 1, State: drawbridge.Draft,
		Cause: in.Cause, Intake: in.Intake, Requester: actor.Person, Revision: i.Head, OpenedAt: now, UpdatedAt: now,
	}
	if r.Requester == "" {
		r.Requester = i.Owner
	}
	if last != nil {
		n, err := tx.Reviews().Count(store.Query{Equal: map[string]any{"integration": string(i.ID)}})
		if err != nil {
			return nil, err
		}
		r.Number, r.Previous = n+1, last.ID
	}
	l := &look{desk: d, tx: tx, now: now, in: i, review: r}
	st.Review, st.Danger = r.ID, l.danger(r)
	if err := d.setStanding(tx, st); err != nil {
		return nil, err
	}
	if err := tx.Reviews().Add(r); err != nil {
		return nil, err
	}
	return r, l.tell(actor, noticeOpened, l.requester)
}

// join is the answer when a review is open already. What the requester says is
// added to a draft that says nothing yet.
func (d *Desk) join(tx *store.Tx, id drawbridge.ReviewID, in Opening) (*drawbridge.Review, error) {
	r, err := tx.Reviews().Get(string(id))
	if err != nil || !said(in.Intake) || said(r.Intake) || r.State != drawbridge.Draft {
		return r, err
	}
	r.Intake, r.Cause, r.UpdatedAt = in.Intake, in.Cause, d.now()
	return r, tx.Reviews().Set(r)
}

// standing reads where an integration stands; a new one has version 0.
func (d *Desk) standing(tx *store.Tx, i *drawbridge.Integration) (*drawbridge.Standing, error) {
	s, err := tx.Standings().Get(string(i.ID))
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		return &drawbridge.Standing{ID: i.ID, Partner: i.Partner}, nil
	}
	return s, err
}

func (d *Desk) setStanding(tx *store.Tx, s *drawbridge.Standing) error {
	s.UpdatedAt = d.now()
	if s.Version == 0 {
		return tx.Standings().Add(s)
	}
	return tx.Standings().Set(s)
}
