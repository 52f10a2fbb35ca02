package account

import (
	"context"
	"errors"
	"fmt"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// SignIn is what somebody gives to be signed in.
type SignIn struct {
	Email    string
	Password seal.Hidden
	Code     seal.Hidden // of the second factor, or a recovery code; empty where there is none
	Via      string      // api, cli or web
	Request  string      // request id
	Remote   string      // address that asks; empty for a local command
}

// ErrSecondFactor is the cause of the error when the password was right and the
// account wants a code as well.
var ErrSecondFactor = errors.New("second factor required")

func errNeedsCode() error {
	return &drawbridge.Error{
		Kind:    drawbridge.Unauthenticated,
		Message: "the account has a second factor: send its code, or a recovery code, as well (second_factor_required)", Err: ErrSecondFactor,
	}
}

// SignIn makes a session, and returns its secret this once. All that fails for
// the same reason takes the same time and gives the same answer.
func (d *Desk) SignIn(ctx context.Context, in SignIn) (seal.Hidden, drawbridge.Session, error) {
	email, err := cleanEmail(in.Email)
	if err != nil || len(in.Password.Reveal()) > maxPassword || len(in.Code.Reveal()) > maxCode {
		return seal.Hidden{}, drawbridge.Session{}, errWrong() // says nothing about any account
	}
	var secret seal.Hidden
	var session drawbridge.Session
	act := action.Act{Actor: access.Anonymous(in.Via, in.Request), Action: access.SignIn}
	err = d.counted(ctx, "sign in "+email, in.Remote, act, func() (err error) {
		secret, session, err = d.signIn(ctx, email, in)
		return err
	})
	return secret, session, err
}

func (d *Desk) signIn(ctx context.Context, email string, in SignIn) (seal.Hidden, drawbridge.Session, error) {
	proof, err := d.prove(ctx, in.Password, func(tx *store.Tx) (*drawbridge.Person, error) { return tx.PersonByEmail(email) })
	if err != nil {
		return seal.Hidden{}, drawbridge.Session{}, err
	}
	now := d.now()
	secret, hash := newSecret(prefixSession)
	session := drawbridge.Session{
		ID: drawbridge.SessionID(drawbridge.NewID("ses", now)), Person: proof.person, ProvedAt: now, SeenAt: now,
		ExpiresAt: now.Add(sessionLife), CreatedAt: now,
	}
	err = d.signed(ctx, proof, in, session.ID, func(tx *store.Tx) error {
		// Before, so that the new one stays also on a clock that stands still or jumped back.
		if err := tx.TrimSessions(proof.person, maxSessions-1); err != nil {
			return err
		}
		return tx.AddSession(session, hash)
	})
	if err != nil {
		return seal.Hidden{}, drawbridge.Session{}, err
	}
	return seal.Hide(secret), session, nil
}

// signed records a proof of identity: the second factor is judged, and fn
// writes the session, in one act.
func (d *Desk) signed(ctx context.Context, proof proof, in SignIn, session drawbridge.SessionID, fn func(*store.Tx) error) error {
	act := action.Act{
		Actor:  access.Actor{ID: string(proof.person), Via: in.Via, Request: in.Request, System: true},
		Action: access.SignIn, Object: access.Object{Kind: "session", ID: string(session)},
	}
	_, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (struct{}, error) {
		if err := d.confirm(tx, proof, in.Code); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, fn(tx)
	})
	return err
}

// proof is a password that was right when it was read.
type proof struct {
	person drawbridge.PersonID
	was    string // the kept hash that it was checked against
	better string // the hash at present costs, where was is cheaper
}

// prove checks a password outside of any transaction. Whether there is such a
// person, a password or an account in use, exactly one hash is computed before
// the answer is no.
func (d *Desk) prove(ctx context.Context, password seal.Hidden, find func(*store.Tx) (*drawbridge.Person, error)) (proof, error) {
	var out proof
	usable := false
	err := d.door.Store().View(ctx, func(tx *store.Tx) error {
		p, err := find(tx)
		if is(err, drawbridge.NotFound) {
			p, err = &drawbridge.Person{Erased: true}, nil
		}
		if err != nil {
			return fmt.Errorf("read the account: %w", err)
		}
		c, err := tx.Credential(p.ID)
		if is(err, drawbridge.NotFound) {
			c, err = &drawbridge.Credential{}, nil
		}
		if err != nil {
			return fmt.Errorf("read the account: %w", err)
		}
		out, usable = proof{person: p.ID, was: c.Password}, !p.Disabled && !p.Erased
		return nil
	})
	if err != nil {
		return proof{}, err
	}
	ok, old, err := d.hasher.check(ctx, password, out.was)
	if err != nil {
		return proof{}, err
	}
	if !ok || !usable {
		return proof{}, errWrong()
	}
	if old {
		if out.better, err = d.hasher.hash(ctx, password); err != nil {
			return proof{}, err
		}
	}
	return out, nil
}

// confirm checks in the transaction that what was proved is still so, uses the
// code of the second factor up, and brings the hash up to present costs.
func (d *Desk) confirm(tx *store.Tx, proof proof, code seal.Hidden) error {
	p, err := tx.Person(proof.person)
	if err != nil {
		return fmt.Errorf("read the account: %w", err)
	}
	if p.Disabled || p.Erased {
		return errWrong()
	}
	c, err := tx.Credential(proof.person)
	if err != nil {
		return fmt.Errorf("read the account: %w", err)
	}
	if c.Password != proof.was {
		return errWrong() // changed meanwhile
	}
	changed := proof.better != ""
	if changed {
		c.Password = proof.better
	}
	if len(c.TOTP) > 0 {
		if code.Empty() {
			return errNeedsCode()
		}
		if err := d.useCode(c, code); err != nil {
			return err
		}
		changed = true
	}
	if !changed {
		return nil
	}
	c.UpdatedAt = d.now()
	return tx.SetCredential(c)
}

// Reprove proves again who a signed-in person is, before a sensitive act. The
// session's secret is exchanged for the one that is returned, so that a secret
// that was stolen before is worth nothing after.
func (d *Desk) Reprove(ctx context.Context, actor access.Actor, secret, password, code seal.Hidden) (seal.Hidden, drawbridge.Session, error) {
	var none seal.Hidden
	prefix, old, ok := readSecret(secret)
	if !ok || prefix != prefixSession || actor.Person == "" {
		return none, drawbridge.Session{}, errSignedOut()
	}
	session, person, err := d.session(ctx, old)
	if err != nil {
		return none, drawbridge.Session{}, err
	}
	if person.ID != actor.Person {
		return none, drawbridge.Session{}, errSignedOut()
	}
	if len(password.Reveal()) > maxPassword || len(code.Reveal()) > maxCode {
		return none, drawbridge.Session{}, errAgain()
	}
	renewed, hash := newSecret(prefixSession)
	// Counted apart from sign-ins: a stranger who fails must not stop the owner here.
	err = d.counted(ctx, "prove "+string(person.ID), "", action.Act{Actor: actor, Action: access.SignIn}, func() error {
		proof, err := d.prove(ctx, password, func(tx *store.Tx) (*drawbridge.Person, error) { return tx.Person(person.ID) })
		if err != nil {
			return err
		}
		session.ProvedAt = d.now()
		session.SeenAt = session.ProvedAt
		in := SignIn{Code: code, Via: actor.Via, Request: actor.Request}
		return d.signed(ctx, proof, in, session.ID, func(tx *store.Tx) error {
			ok, err := tx.RotateSession(session.ID, old, hash, session.ProvedAt)
			if err == nil && !ok {
				return errSignedOut()
			}
			return err
		})
	})
	switch {
	case errors.Is(err, errProof):
		return none, drawbridge.Session{}, errAgain()
	case err != nil:
		return none, drawbridge.Session{}, err
	}
	return seal.Hide(renewed), *session, nil
}
