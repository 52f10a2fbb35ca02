package account

import (
	"context"
	"fmt"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

const (
	sessionLife = 12 * time.Hour  // whatever happens
	sessionIdle = 2 * time.Hour   // without use
	touchEvery  = 5 * time.Minute // how exactly use is written down
	maxSessions = 50              // of one person; the oldest go
)

// Authenticate tells who stands behind a session or token. It reads the
// person's roles as they are now.
func (d *Desk) Authenticate(ctx context.Context, secret seal.Hidden, via, request string) (access.Actor, error) {
	prefix, hash, ok := readSecret(secret)
	if !ok {
		return access.Actor{}, errSignedOut()
	}
	switch prefix {
	case prefixSession:
		s, p, err := d.session(ctx, hash)
		if err != nil {
			return access.Actor{}, err
		}
		d.touch(ctx, s)
		return access.Actor{ID: string(p.ID), Person: p.ID, Roles: p.Roles, Via: via, Request: request, Proved: s.ProvedAt}, nil
	case prefixPersonal, prefixMachine:
		t, p, err := d.token(ctx, hash)
		if err != nil {
			return access.Actor{}, err
		}
		if t.Machine {
			return access.Actor{ID: string(t.ID), Roles: []drawbridge.Role{drawbridge.Machine}, Integration: t.Integration, Via: via, Request: request}, nil
		}
		return access.Actor{ID: string(p.ID), Person: p.ID, Roles: p.Roles, Via: via, Request: request}, nil
	}
	return access.Actor{}, errSignedOut()
}

// session reads a session that is still good, and whose it is.
func (d *Desk) session(ctx context.Context, hash string) (*drawbridge.Session, *drawbridge.Person, error) {
	var s *drawbridge.Session
	var p *drawbridge.Person
	err := d.door.Store().View(ctx, func(tx *store.Tx) (err error) {
		if s, err = tx.SessionByHash(hash); err != nil {
			return err
		}
		p, err = tx.Person(s.Person)
		return err
	})
	if err != nil {
		return nil, nil, hideMissing("read the session", err)
	}
	now := d.now()
	if p.Disabled || p.Erased || !now.Before(s.ExpiresAt) || now.Sub(s.SeenAt) >= sessionIdle {
		return nil, nil, errSignedOut()
	}
	return s, p, nil
}

// touch writes down now and then that a session is in use. When that fails, the
// session ends earlier, which is no reason to turn the person away: reading
// must go on while the disk is full.
func (d *Desk) touch(ctx context.Context, s *drawbridge.Session) {
	now := d.now()
	if now.Sub(s.SeenAt) < touchEvery {
		return
	}
	_ = d.door.Keep(ctx, func(tx *store.Tx) error { return tx.TouchSession(s.ID, now) })
}

// hideMissing answers for what was looked up by its secret.
func hideMissing(doing string, err error) error {
	if is(err, drawbridge.NotFound) {
		return errSignedOut()
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// SignOut ends the session with a secret. One that has ended already is fine.
func (d *Desk) SignOut(ctx context.Context, secret seal.Hidden, via, request string) error {
	prefix, hash, ok := readSecret(secret)
	if !ok || prefix != prefixSession {
		return nil
	}
	s, p, err := d.session(ctx, hash)
	if is(err, drawbridge.Unauthenticated) {
		return nil
	}
	if err != nil {
		return err
	}
	actor := access.Actor{ID: string(p.ID), Person: p.ID, Roles: p.Roles, Via: via, Request: request}
	return d.RevokeSession(ctx, actor, s.ID)
}

// Sessions lists where a person is signed in, newest first.
func (d *Desk) Sessions(ctx context.Context, actor access.Actor, person drawbridge.PersonID) ([]drawbridge.Session, error) {
	var out []drawbridge.Session
	act := action.Act{Actor: actor, Action: access.SessionRead, On: ofPerson("session", person)}
	err := d.door.View(ctx, act, func(tx *store.Tx) (err error) {
		out, err = tx.SessionsOf(person, maxSessions)
		return err
	})
	return out, err
}

// RevokeSession ends one session.
func (d *Desk) RevokeSession(ctx context.Context, actor access.Actor, id drawbridge.SessionID) error {
	act := action.Act{Actor: actor, Action: access.SessionRevoke, On: func(tx *store.Tx) (access.Object, error) {
		s, err := tx.Session(id)
		if err != nil {
			return access.Object{Kind: "session"}, err
		}
		return access.Object{Kind: "session", ID: string(id), Owners: []drawbridge.PersonID{s.Person}}, nil
	}}
	_, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (struct{}, error) {
		return struct{}{}, tx.DropSession(id)
	})
	return err
}

// RevokeSessions signs a person out everywhere, and tells how many sessions
// ended. One session may be kept: the one whose secret is given.
func (d *Desk) RevokeSessions(ctx context.Context, actor access.Actor, person drawbridge.PersonID, keep seal.Hidden) (int64, error) {
	act := action.Act{Actor: actor, Action: access.SessionRevoke, On: ofPerson("session", person)}
	n, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (int64, error) {
		return d.dropSessions(tx, person, keep)
	})
	return n, err
}

func (d *Desk) dropSessions(tx *store.Tx, person drawbridge.PersonID, keep seal.Hidden) (int64, error) {
	var except drawbridge.SessionID
	if _, hash, ok := readSecret(keep); ok {
		s, err := tx.SessionByHash(hash)
		switch {
		case err == nil:
			except = s.ID
		case !is(err, drawbridge.NotFound):
			return 0, err
		}
	}
	n, err := tx.DropSessions(person, except)
	if n > 0 {
		tx.Note("sessions_ended", n)
	}
	return n, err
}

// Sweep deletes sessions that have ended, and tells how many.
func (d *Desk) Sweep(ctx context.Context) (int64, error) {
	var n int64
	now := d.now()
	err := d.door.Keep(ctx, func(tx *store.Tx) (err error) {
		n, err = tx.DropOldSessions(now, now.Add(-sessionIdle))
		return err
	})
	return n, err
}

// ofPerson finds a person, as the owner of what is acted on.
func ofPerson(kind string, id drawbridge.PersonID) func(*store.Tx) (access.Object, error) {
	return func(tx *store.Tx) (access.Object, error) {
		o := access.Object{Kind: kind, ID: string(id), Owners: []drawbridge.PersonID{id}}
		_, err := tx.Person(id)
		return o, err
	}
}
