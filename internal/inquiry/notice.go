package inquiry

import (
	"context"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/store"
)

// The kinds of messages that people get about questionnaires.
const (
	noticeSent      = "inquiry.sent"
	noticeSubmitted = "inquiry.submitted"
	noticeReturned  = "inquiry.returned"
	noticeAccepted  = "inquiry.accepted"
	noticeExpiring  = "link.expiring"
)

// maxTold bounds who is told because of a role.
const maxTold = 50

// tell sends a message about an inquiry to people, each once and never to who acts.
func (d *Desk) tell(tx *store.Tx, actor access.Actor, kind string, q *drawbridge.Inquiry, to ...drawbridge.PersonID) error {
	done := map[drawbridge.PersonID]bool{"": true, actor.Person: true}
	for _, p := range to {
		if done[p] {
			continue
		}
		done[p] = true
		err := tx.AddMessage(drawbridge.Message{
			ID: drawbridge.MessageID(drawbridge.NewID("msg", d.now())), Person: p, Kind: kind, Link: "/inquiries/" + string(q.ID), CreatedAt: d.now(),
			Params: map[string]string{"inquiry": string(q.ID), "integration": string(q.Integration), "review": string(q.Review)},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// tellOwner tells who answers for the integration.
func (d *Desk) tellOwner(tx *store.Tx, actor access.Actor, kind string, q *drawbridge.Inquiry, to ...drawbridge.PersonID) error {
	in, err := tx.Integration(q.Integration)
	if err != nil {
		return err
	}
	return d.tell(tx, actor, kind, q, append(to, in.Owner)...)
}

// tellReviewers tells the sender and those who sign the review.
func (d *Desk) tellReviewers(tx *store.Tx, actor access.Actor, kind string, q *drawbridge.Inquiry) error {
	to := []drawbridge.PersonID{q.SentBy}
	r, err := tx.Reviews().Get(string(q.Review))
	if err != nil {
		return err
	}
	for _, role := range r.Roles {
		people, err := tx.Holders(role.Reviewer(), maxTold)
		if err != nil {
			return err
		}
		for _, p := range people {
			to = append(to, p.ID)
		}
	}
	return d.tell(tx, actor, kind, q, to...)
}

// warnLater has the sender told before a link ends.
func (d *Desk) warnLater(tx *store.Tx, l *drawbridge.Link) error {
	due := l.ExpiresAt.Add(-warnBefore)
	if l.Preview || l.Parent != "" || !due.After(d.now()) {
		return nil
	}
	return tx.AddEvent(store.Event{
		ID: drawbridge.EventID(drawbridge.NewID("evt", d.now())), Kind: EventExpiring, Subject: string(l.ID), DueAt: due, CreatedAt: d.now(),
	})
}

// NoteExpiry tells who sent a questionnaire that a link to it ends soon, unless
// the work is done or the link has ended already. The event's key makes that one
// message.
func (d *Desk) NoteExpiry(ctx context.Context, actor access.Actor, id drawbridge.LinkID, key string) error {
	var q *drawbridge.Inquiry
	act := action.Act{Actor: actor, Action: access.LinkWrite, Key: key, Input: id, On: func(tx *store.Tx) (access.Object, error) {
		l, err := tx.Links().Get(string(id))
		if err != nil {
			return access.Object{}, err
		}
		if q, err = tx.Inquiries().Get(string(l.Inquiry)); err != nil {
			return access.Object{}, err
		}
		return object(tx, q, "link", string(id))
	}}
	_, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (struct{}, error) {
		l, err := tx.Links().Get(string(id))
		if err != nil || !l.Works(d.now()) || !answerable(q.State) {
			return struct{}{}, err
		}
		return struct{}{}, d.tell(tx, actor, noticeExpiring, q, q.SentBy, drawbridge.PersonID(l.CreatedBy))
	})
	return err
}
