// Package account keeps people and proves who they are: passwords, the second
// factor, sessions, tokens, roles held, invitations and erasure. It does not say
// what a role may do; access does. It sends no mail: a one-time secret is given
// to the person who asked for it, once.
//
//	desk := account.New(door, account.Options{Now: now, Origin: "drawbridge.example"})
//	secret, session, err := desk.SignIn(ctx, account.SignIn{Email: "ann@drawbridge.example", Password: password, Via: "api", Remote: "192.0.2.7"})
//	actor, err := desk.Authenticate(ctx, secret, "api", requestID)
package account

import (
	"context"
	"errors"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// Options are what a desk is made of.
type Options struct {
	Now    func() time.Time
	Origin string // the installation's name, as authenticator apps show it
}

// Desk is the account desk. It is safe for concurrent use.
type Desk struct {
	door     *action.Door
	opt      Options
	hasher   *hasher
	accounts *limiter // failed proofs by account
	remotes  *limiter // failed proofs by remote address
	maxErase int
}

// New makes a desk.
func New(door *action.Door, opt Options) *Desk {
	return &Desk{
		door: door, opt: opt, hasher: newHasher(present), maxErase: maxErase,
		accounts: newLimiter(10, time.Minute),
		remotes:  newLimiter(50, 10*time.Second),
	}
}

// now is the time as it is stored.
func (d *Desk) now() time.Time { return d.opt.Now().UTC().Truncate(time.Microsecond) }

// errProof is the cause of every error by which somebody failed to prove who
// they are: those are counted and recorded.
var errProof = errors.New("proof failed")

// errWrong is the one answer to a sign-in that failed. It does not say which
// part was wrong, nor whether there is such an account.
func errWrong() error {
	return &drawbridge.Error{
		Kind: drawbridge.Unauthenticated, Message: "the address, the password or the code is wrong, or the account is not in use", Err: errProof,
	}
}

// errAgain is what errWrong is to somebody who is signed in, and stays so.
func errAgain() error {
	return &drawbridge.Error{Kind: drawbridge.Denied, Message: "the password or the code is wrong", Err: errProof}
}

// errSignedOut is the one answer to a secret that does not work.
func errSignedOut() error {
	return drawbridge.Errorf(drawbridge.Unauthenticated, "the session or token is not valid or has ended: sign in, or make a new token")
}

// is reports whether an error is of a kind.
func is(err error, kind drawbridge.Kind) bool { return err != nil && drawbridge.KindOf(err) == kind }

// Empty reports whether there is nobody yet, so that Bootstrap is due.
func (d *Desk) Empty(ctx context.Context) (bool, error) {
	var none bool
	err := d.door.Store().View(ctx, func(tx *store.Tx) (err error) {
		none, err = tx.NoPeople()
		return err
	})
	return none, err
}

// Bootstrap adds the first administrator, and works only while there is nobody.
// They run the programme too, until they give that role away: one person can
// try the product alone.
func (d *Desk) Bootstrap(ctx context.Context, via, email, name string, password seal.Hidden) (drawbridge.Person, error) {
	p, err := d.newPerson(email, name, []drawbridge.Role{drawbridge.Administrator, drawbridge.ProgrammeOwner})
	if err != nil {
		return drawbridge.Person{}, err
	}
	if err := d.door.Store().View(ctx, nobody); err != nil { // before a hash is computed
		return drawbridge.Person{}, err
	}
	if err := checkPassword(password, p.Email, p.Name); err != nil {
		return drawbridge.Person{}, err
	}
	phc, err := d.hasher.hash(ctx, password)
	if err != nil {
		return drawbridge.Person{}, err
	}
	act := action.Act{
		Actor:  access.Actor{ID: "setup", Via: via, System: true},
		Action: access.Setup, Object: access.Object{Kind: "person", ID: string(p.ID)},
	}
	p, _, err = action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Person, error) {
		if err := nobody(tx); err != nil {
			return p, err
		}
		if err := tx.AddPerson(&p); err != nil {
			return p, err
		}
		return p, tx.AddCredential(&drawbridge.Credential{ID: p.ID, Password: phc, UpdatedAt: p.CreatedAt})
	})
	return p, err
}

// nobody refuses a second first administrator.
func nobody(tx *store.Tx) error {
	none, err := tx.NoPeople()
	if err == nil && !none {
		return drawbridge.Errorf(drawbridge.Conflict, "there are people already: ask an administrator for an invitation")
	}
	return err
}
