package register

import (
	"context"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/manifest"
	"drawbridge/internal/store"
)

// EventPushed is the kind of the event that each push of a new revision leaves
// for the desk of reviews; its subject is an integration.
const EventPushed = "review.pushed"

// EventTouched is the kind of the event by which the queue calls
// [Desk.AssessTouched]; its subject is an integration.
const EventTouched = "assess.touched"

// Watch keeps what it needs of a head that was just assessed, in the same act.
type Watch func(*store.Tx, *drawbridge.Integration, *manifest.Bundle) error

// SetWatch says who is shown each head that is assessed. It is called before the
// desk is used, by who puts the desks together.
func (d *Desk) SetWatch(watch Watch) { d.watch = watch }

// Object is what the table of permissions asks about something that belongs to
// an integration: its owner and members with it.
func Object(tx *store.Tx, in drawbridge.IntegrationID, kind, id string) (access.Object, error) {
	_, o, err := find(tx, ByID(in))
	o.Kind, o.ID = kind, id
	return o, err
}

// On finds an integration, and what the table of permissions asks about it.
func On(ref Ref, at **drawbridge.Integration) func(*store.Tx) (access.Object, error) {
	return func(tx *store.Tx) (o access.Object, err error) {
		*at, o, err = find(tx, ref)
		return o, err
	}
}

// Touch asks for a new assessment of an integration soon. Who changes what the
// score rests on calls it in the transaction of the change: answers, evidence,
// exceptions, runs, rulings.
func (d *Desk) Touch(tx *store.Tx, in drawbridge.IntegrationID) error {
	now := d.now()
	// One look does for several changes; a look under way does not count as done.
	if err := tx.EndEventsAbout(EventTouched, string(in), now); err != nil {
		return err
	}
	return tx.AddEvent(store.Event{
		ID: drawbridge.EventID(drawbridge.NewID("evt", now)), Kind: EventTouched, Subject: string(in), DueAt: now, CreatedAt: now,
	})
}

// AssessTouched is Assess for an event of [Desk.Touch], once for each event
// however often it is called. It reports whether there was something to do.
func (d *Desk) AssessTouched(ctx context.Context, actor access.Actor, e store.Event) (bool, error) {
	id := drawbridge.IntegrationID(e.Subject)
	var retired bool
	err := d.view(ctx, actor, access.IntegrationAssess, ByID(id), func(_ *store.Tx, in *drawbridge.Integration) error {
		retired = in.State == drawbridge.Retired
		return nil
	})
	if err != nil || retired {
		return false, err
	}
	_, err = d.assess(ctx, actor, ByID(id), OriginChange, func(drawbridge.RevisionID) string { return string(e.ID) })
	return err == nil, err
}

// Reassess is Assess by the identifier of an integration: for desks that need
// the new figures before they go on.
func (d *Desk) Reassess(ctx context.Context, actor access.Actor, in drawbridge.IntegrationID, key string) (Assessed, error) {
	return d.Assess(ctx, actor, ByID(in), key)
}
