package notify

import (
	"context"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/store"
)

const (
	defaultList = 50
	maxList     = 500
)

// InboxQuery selects a person's own messages.
type InboxQuery struct {
	Unread bool
	Below  drawbridge.MessageID // newest first, below this one
	Limit  int                  // at most 500; default 50
}

// Inbox lists the actor's own messages, newest first.
func (n *Notify) Inbox(ctx context.Context, actor access.Actor, q InboxQuery) ([]drawbridge.Message, error) {
	if q.Limit <= 0 {
		q.Limit = defaultList
	}
	var out []drawbridge.Message
	err := n.own(ctx, actor, func(tx *store.Tx) (err error) {
		out, err = tx.MessagesBefore(actor.Person, q.Unread, q.Below, min(q.Limit, maxList))
		return err
	})
	return out, err
}

// Unread counts the actor's own messages that were not read.
func (n *Notify) Unread(ctx context.Context, actor access.Actor) (int64, error) {
	var out int64
	err := n.own(ctx, actor, func(tx *store.Tx) (err error) {
		out, err = tx.UnreadMessages(actor.Person)
		return err
	})
	return out, err
}

// Message reads one of the actor's own messages.
func (n *Notify) Message(ctx context.Context, actor access.Actor, id drawbridge.MessageID) (*drawbridge.Message, error) {
	var out *drawbridge.Message
	err := n.opt.Door.View(ctx, n.about(actor, id), func(tx *store.Tx) (err error) {
		out, err = tx.Message(id)
		return err
	})
	return out, err
}

// MarkRead notes that the actor read a message, and with upTo all before it.
func (n *Notify) MarkRead(ctx context.Context, actor access.Actor, id drawbridge.MessageID, upTo bool) error {
	if err := n.opt.Door.View(ctx, n.about(actor, id), func(*store.Tx) error { return nil }); err != nil {
		return err
	}
	return n.opt.Door.Keep(ctx, func(tx *store.Tx) error { return tx.ReadMessages(actor.Person, id, upTo, n.opt.Door.Now()) })
}

// Mail tells whether the actor takes messages by mail too, and whether this
// server sends any.
func (n *Notify) Mail(ctx context.Context, actor access.Actor) (wants, sent bool, err error) {
	err = n.own(ctx, actor, func(tx *store.Tx) (err error) {
		wants, err = tx.WantsMail(actor.Person)
		return err
	})
	return wants, n.mail != nil, err
}

// SetMail notes whether the actor takes messages by mail too.
func (n *Notify) SetMail(ctx context.Context, actor access.Actor, wants bool) error {
	if err := n.own(ctx, actor, func(*store.Tx) error { return nil }); err != nil {
		return err
	}
	return n.opt.Door.Keep(ctx, func(tx *store.Tx) error { return tx.SetMail(actor.Person, wants) })
}

// own runs a read over what is the actor's own.
func (n *Notify) own(ctx context.Context, actor access.Actor, fn func(*store.Tx) error) error {
	o := access.Object{Kind: "message"}
	if actor.Person != "" {
		o.Owners = []drawbridge.PersonID{actor.Person}
	}
	return n.opt.Door.View(ctx, action.Act{Actor: actor, Action: access.InboxRead, Object: o}, fn)
}

// about is the act of reading one message.
func (n *Notify) about(actor access.Actor, id drawbridge.MessageID) action.Act {
	return action.Act{Actor: actor, Action: access.InboxRead, Object: access.Object{Kind: "message"}, On: func(tx *store.Tx) (access.Object, error) {
		m, err := tx.Message(id)
		if err != nil {
			return access.Object{}, err
		}
		return access.Object{Kind: "message", ID: string(id), Owners: []drawbridge.PersonID{m.Person}}, nil
	}}
}
