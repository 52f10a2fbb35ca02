package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// Change says which person is changed, and why.
type Change struct {
	Person  drawbridge.PersonID
	Version int64 // that was read; 0 to change whatever is there, where that is safe
	Reason  string
	Key     string // idempotency key
}

// change runs fn over a person, and writes what fn left. The guard that an
// administrator remains stands here, for every kind of change.
func change[T any](ctx context.Context, d *Desk, act action.Act, in Change, asked any, fn func(*store.Tx, *drawbridge.Person) (T, error)) (T, error) {
	act.On, act.Reason, act.Key = ofPerson("person", in.Person), in.Reason, in.Key
	act.Input = map[string]any{"person": string(in.Person), "version": in.Version, "asked": asked}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (T, error) {
		var none T
		p, err := tx.Person(in.Person)
		if err != nil {
			return none, err
		}
		if in.Version != 0 && in.Version != p.Version {
			return none, drawbridge.Errorf(drawbridge.Conflict, "the person was changed by somebody else (version %d, yours is %d): read it again", p.Version, in.Version)
		}
		if p.Erased && act.Action != access.PersonErase {
			return none, drawbridge.Errorf(drawbridge.Conflict, "the person was erased")
		}
		ruled := rules(p)
		p.UpdatedAt = d.now()
		out, err := fn(tx, p)
		if err != nil {
			return none, err
		}
		if ruled && (!rules(p) || act.Action == access.CredentialReset && !act.Actor.System) {
			return out, needOther(tx, p.ID)
		}
		return out, nil
	})
	return out, err
}

// rules reports whether a person is an administrator in use.
func rules(p *drawbridge.Person) bool {
	return slices.Contains(p.Roles, drawbridge.Administrator) && !p.Disabled && !p.Erased
}

// needOther refuses what would leave nobody who can sign in as administrator.
func needOther(tx *store.Tx, than drawbridge.PersonID) error {
	n, err := tx.OtherAdministrators(than)
	if err == nil && n == 0 {
		return drawbridge.Errorf(drawbridge.Conflict, "this is the last administrator who can sign in: let another one accept an invitation first")
	}
	return err
}

func needReason(in Change) error {
	if strings.TrimSpace(in.Reason) == "" {
		return drawbridge.Errorf(drawbridge.Invalid, "give a reason: it is recorded with the change")
	}
	return nil
}

func needVersion(in Change) error {
	if in.Version <= 0 {
		return drawbridge.Errorf(drawbridge.Invalid, "name the version of the person that you read")
	}
	return nil
}

// set is a change of the person's row alone.
func (d *Desk) set(ctx context.Context, actor access.Actor, act access.Action, in Change, asked any, fn func(*store.Tx, *drawbridge.Person) error) (drawbridge.Person, error) {
	return change(ctx, d, action.Act{Actor: actor, Action: act}, in, asked, func(tx *store.Tx, p *drawbridge.Person) (drawbridge.Person, error) {
		if err := fn(tx, p); err != nil {
			return drawbridge.Person{}, err
		}
		err := tx.SetPerson(p)
		return *p, err
	})
}

// Rename gives a person another name.
func (d *Desk) Rename(ctx context.Context, actor access.Actor, in Change, name string) (drawbridge.Person, error) {
	if err := firstOf(needVersion(in), checkName("the name", name)); err != nil {
		return drawbridge.Person{}, err
	}
	return d.set(ctx, actor, access.PersonWrite, in, "rename "+name, func(_ *store.Tx, p *drawbridge.Person) error {
		p.Name = name
		return nil
	})
}

// AssignRoles replaces a person's roles. They count from the next request on.
func (d *Desk) AssignRoles(ctx context.Context, actor access.Actor, in Change, roles []drawbridge.Role) (drawbridge.Person, error) {
	roles, err := cleanRoles(roles)
	if err := firstOf(err, needVersion(in), needReason(in)); err != nil {
		return drawbridge.Person{}, err
	}
	return d.set(ctx, actor, access.RoleAssign, in, roles, func(tx *store.Tx, p *drawbridge.Person) error {
		p.Roles = roles
		return d.notice(tx, "account.role_changed", p.ID)
	})
}

// Disable stops an account at once: its sessions end, and its tokens do not work
// while it is disabled.
func (d *Desk) Disable(ctx context.Context, actor access.Actor, in Change) (drawbridge.Person, error) {
	if err := needReason(in); err != nil {
		return drawbridge.Person{}, err
	}
	return d.set(ctx, actor, access.PersonWrite, in, "disable", func(tx *store.Tx, p *drawbridge.Person) error {
		p.Disabled = true
		_, err := d.dropSessions(tx, p.ID, seal.Hidden{})
		return err
	})
}

// Enable lets an account be used again. Tokens that were not revoked work again.
func (d *Desk) Enable(ctx context.Context, actor access.Actor, in Change) (drawbridge.Person, error) {
	return d.set(ctx, actor, access.PersonWrite, in, "enable", func(_ *store.Tx, p *drawbridge.Person) error {
		p.Disabled = false
		return nil
	})
}

// ResetCredential takes a person's password and second factor away, ends their
// sessions, and returns a one-time secret with which they set a new password.
// It is also how a new invitation is made for somebody who missed the first.
func (d *Desk) ResetCredential(ctx context.Context, actor access.Actor, in Change) (seal.Hidden, error) {
	if err := needReason(in); err != nil {
		return seal.Hidden{}, err
	}
	secret, hash := newSecret(prefixSetup)
	out, err := change(ctx, d, action.Act{Actor: actor, Action: access.CredentialReset}, in, "reset", func(tx *store.Tx, p *drawbridge.Person) (invited, error) {
		c, err := tx.Credential(p.ID)
		if err != nil {
			return invited{}, err
		}
		if _, err := d.dropSessions(tx, p.ID, seal.Hidden{}); err != nil {
			return invited{}, err
		}
		now := d.now()
		fresh := drawbridge.Credential{Meta: c.Meta, ID: c.ID, Setup: hash, SetupEnds: now.Add(setupLife), TOTPStep: c.TOTPStep, UpdatedAt: now}
		if err := d.notice(tx, credentialChanged, p.ID); err != nil {
			return invited{}, err
		}
		return invited{Secret: secret}, tx.SetCredential(&fresh)
	})
	return seal.Hide(out.Secret), err
}

// ChangePassword replaces the actor's own password, and signs them out
// everywhere but in the session whose secret is given.
func (d *Desk) ChangePassword(ctx context.Context, actor access.Actor, session, old, password seal.Hidden) error {
	act := ownCredential(actor)
	var p *drawbridge.Person
	err := d.door.View(ctx, act, func(tx *store.Tx) (err error) { // refused before anything is computed
		p, err = tx.Person(actor.Person)
		return err
	})
	if err != nil {
		return err
	}
	if err := checkPassword(password, p.Email, p.Name); err != nil {
		return err
	}
	if len(old.Reveal()) > maxPassword {
		return errAgain()
	}
	var proof proof
	err = d.counted(ctx, "prove "+string(p.ID), "", act, func() (err error) {
		proof, err = d.prove(ctx, old, func(tx *store.Tx) (*drawbridge.Person, error) { return tx.Person(p.ID) })
		return err
	})
	switch {
	case errors.Is(err, errProof):
		return errAgain()
	case err != nil:
		return err
	}
	kept, err := d.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	_, _, err = action.Do(ctx, d.door, act, func(tx *store.Tx) (struct{}, error) {
		c, err := tx.Credential(p.ID)
		if err != nil {
			return struct{}{}, err
		}
		if c.Password != proof.was {
			return struct{}{}, drawbridge.Errorf(drawbridge.Conflict, "the password was changed meanwhile: sign in again")
		}
		c.Password, c.Setup, c.SetupEnds, c.UpdatedAt = kept, "", time.Time{}, d.now()
		if _, err := d.dropSessions(tx, p.ID, session); err != nil {
			return struct{}{}, err
		}
		if err := d.notice(tx, credentialChanged, p.ID); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, tx.SetCredential(c)
	})
	return err
}

// credentialChanged is told to the person also when they did it: if they did
// not, this is how they learn of it.
const credentialChanged = "credential.changed" //nolint:gosec // the name of an event, no secret

// notice tells a person what became of their account.
func (d *Desk) notice(tx *store.Tx, kind string, to drawbridge.PersonID) error {
	return tx.AddMessage(drawbridge.Message{
		ID: drawbridge.MessageID(drawbridge.NewID("msg", d.now())), Person: to, Kind: kind,
		Params: map[string]string{"person": string(to)}, Link: "/people/" + string(to), CreatedAt: d.now(),
	})
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
