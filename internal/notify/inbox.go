package notify

import (
	"context"
	"regexp"

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
	Kind   string               // the first word of the kinds, like review; empty for all
	About  string               // an identifier that the messages name; empty for all
	Below  drawbridge.MessageID // newest first, below this one
	Limit  int                  // at most 500; default 50
}

func (q InboxQuery) filter() (store.MessageFilter, error) {
	f := store.MessageFilter{Unread: q.Unread, Kind: q.Kind, About: q.About}
	if !kindForm.MatchString(q.Kind) || !aboutForm.MatchString(q.About) {
		return f, drawbridge.Errorf(drawbridge.Invalid, "messages are filtered by the first word of their kind, like review, and by an identifier that they name")
	}
	return f, nil
}

var (
	kindForm  = regexp.MustCompile(`^[a-z]{0,40}$`)
	aboutForm = regexp.MustCompile(`^[A-Za-z0-9._-]{0,100}$`)
)

// Inbox lists the actor's own messages, newest first.
func (n *Notify) Inbox(ctx context.Context, actor access.Actor, q InboxQuery) ([]drawbridge.Message, error) {
	if q.Limit <= 0 {
		q.Limit = defaultList
	}
	var out []drawbridge.Message
	f, err := q.filter()
	if err != nil {
		return nil, err
	}
	err = n.own(ctx, actor, func(tx *store.Tx) (err error) {
		out, err = tx.MessagesBefore(actor.Person, f, q.Below, min(q.Limit, maxList))
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

// Reading is which messages somebody read.
type Reading struct {
	ID    drawbridge.MessageID
	UpTo  bool   // and all before it
	Kind  string // of those, what fits: as [InboxQuery] says
	About string
}

// MarkRead notes that the actor read a message, or all up to it.
func (n *Notify) MarkRead(ctx context.Context, actor access.Actor, r Reading) error {
	f, err := InboxQuery{Kind: r.Kind, About: r.About}.filter()
	if err != nil {
		return err
	}
	if err := n.opt.Door.View(ctx, n.about(actor, r.ID), func(*store.Tx) error { return nil }); err != nil {
		return err
	}
	return n.opt.Door.Keep(ctx, func(tx *store.Tx) error {
		return tx.ReadMessages(actor.Person, r.ID, r.UpTo, f, n.opt.Door.Now())
	})
}

// MarkUnread takes back that the actor read a message, and what was marked together with it.
func (n *Notify) MarkUnread(ctx context.Context, actor access.Actor, id drawbridge.MessageID) error {
	if err := n.opt.Door.View(ctx, n.about(actor, id), func(*store.Tx) error { return nil }); err != nil {
		return err
	}
	return n.opt.Door.Keep(ctx, func(tx *store.Tx) error { return tx.UnreadAgain(actor.Person, id) })
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
