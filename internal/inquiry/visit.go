package inquiry

import (
	"context"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// A visit begins with the token of a link's address, which is exchanged for the
// secret of a cookie: the token is in the address once. Of both, hashes are
// kept. A link has one visit at a time; who opens it elsewhere takes it over.

// errLink is the answer to every token that lets nobody in, whyever.
func errLink() error {
	return drawbridge.Errorf(drawbridge.NotFound, "this link does not work: it was revoked, has expired, or was copied in part; ask whoever sent it for a new one")
}

func errVisit() error {
	return drawbridge.Errorf(drawbridge.Unauthenticated, "open your link first: the address that you were sent, with /p/ in it")
}

// actorOf is who stands behind a link.
func actorOf(l *drawbridge.Link, via, request string) access.Actor {
	return access.Actor{ID: string(l.ID), Roles: []drawbridge.Role{drawbridge.PartnerContact}, Inquiry: l.Inquiry, Via: via, Request: request}
}

// Enter exchanges the token of a link's address for the secret of a cookie. A
// browser that has that cookie already keeps it: the answer is empty then.
func (d *Desk) Enter(ctx context.Context, token, cookie seal.Hidden, via, request string) (access.Actor, seal.Hidden, error) {
	l, err := d.link(ctx, token, prefixLink, (*store.Tx).LinkByHash)
	if err != nil {
		return access.Actor{}, seal.Hidden{}, err
	}
	if l == nil {
		return access.Actor{}, seal.Hidden{}, errLink()
	}
	actor := actorOf(l, via, request)
	if formed(cookie, prefixVisit) && l.Visit == hashOf(cookie.Reveal()) {
		return actor, seal.Hidden{}, nil
	}
	secret, hash := newSecret(prefixVisit)
	return actor, seal.Hide(secret), d.visit(ctx, l.ID, hash)
}

// Recognise tells who stands behind the cookie of a visit.
func (d *Desk) Recognise(ctx context.Context, cookie seal.Hidden, via, request string) (access.Actor, error) {
	l, err := d.link(ctx, cookie, prefixVisit, (*store.Tx).LinkByVisit)
	if err != nil {
		return access.Actor{}, err
	}
	if l == nil {
		return access.Actor{}, errVisit()
	}
	return actorOf(l, via, request), nil
}

// Leave ends a visit. The link works on.
func (d *Desk) Leave(ctx context.Context, actor access.Actor) error {
	if _, err := d.Holder(ctx, actor); err != nil {
		return err
	}
	return d.visit(ctx, drawbridge.LinkID(actor.ID), "")
}

// visit notes the hash of the cookie. It is done as the process itself: a
// preview has visits too, and changes nothing else.
func (d *Desk) visit(ctx context.Context, id drawbridge.LinkID, hash string) error {
	act := action.Act{Actor: access.System("visit"), Action: access.LinkWrite, Object: access.Object{Kind: "link", ID: string(id)}}
	_, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (struct{}, error) {
		l, err := tx.Links().Get(string(id))
		if err != nil {
			return struct{}{}, err
		}
		if !l.Works(d.now()) {
			return struct{}{}, errLink()
		}
		l.Visit = hash
		return struct{}{}, tx.Links().Set(l)
	})
	return err
}

// link reads the link that a secret belongs to; nil when there is none that
// works. Who has one that ended with its questionnaire is told so.
func (d *Desk) link(ctx context.Context, secret seal.Hidden, prefix string, find func(*store.Tx, string) (*drawbridge.Link, error)) (l *drawbridge.Link, err error) {
	if !formed(secret, prefix) {
		return nil, nil
	}
	words := ""
	err = d.door.Store().View(ctx, func(tx *store.Tx) (err error) {
		if l, err = find(tx, hashOf(secret.Reveal())); err != nil || l.Works(d.now()) {
			return err
		}
		words, err = action.Closed(tx, l)
		l = nil
		return err
	})
	switch {
	case drawbridge.KindOf(err) == drawbridge.NotFound:
		return nil, nil
	case words != "":
		return nil, drawbridge.Errorf(drawbridge.Unauthenticated, "%s", words)
	}
	return l, err
}

// Holder reads the link that somebody came by.
func (d *Desk) Holder(ctx context.Context, actor access.Actor) (drawbridge.Link, error) {
	var out drawbridge.Link
	act := action.Act{Actor: actor, Action: access.InquiryRead, Object: access.Object{Kind: "inquiry", Inquiry: actor.Inquiry}}
	err := d.door.View(ctx, act, func(tx *store.Tx) error {
		l, err := holder(tx, actor)
		if l != nil {
			out = told(*l)
		}
		return err
	})
	return out, err
}
