package account

import (
	"context"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

const (
	maxEmail  = 254 // RFC 5321 section 4.5.3.1.3, without the brackets
	maxName   = 200 // bytes
	setupLife = 7 * 24 * time.Hour
)

// Invitation asks for a new person.
type Invitation struct {
	Email, Name string
	Roles       []drawbridge.Role
	Reason, Key string
}

// invited is how an act hands a one-time secret out.
type invited struct {
	Secret string            `json:"secret"`
	Person drawbridge.Person `json:"person"`
}

// Invite adds a person, and returns the one-time secret with which they set
// their password within seven days.
func (d *Desk) Invite(ctx context.Context, actor access.Actor, in Invitation) (drawbridge.Person, seal.Hidden, error) {
	p, err := d.newPerson(in.Email, in.Name, in.Roles)
	if err != nil {
		return drawbridge.Person{}, seal.Hidden{}, err
	}
	object := access.Object{Kind: "person", ID: string(p.ID)}
	act := action.Act{
		Actor: actor, Action: access.PersonWrite, Object: object, Reason: in.Reason, Key: in.Key,
		Input: map[string]any{"email": p.Email, "name": p.Name, "roles": p.Roles},
	}
	secret, hash := newSecret(prefixSetup)
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (invited, error) {
		if err := d.door.Table().Decide(actor, access.RoleAssign, object, d.opt.Now()); err != nil {
			return invited{}, err
		}
		switch _, err := tx.PersonByEmail(p.Email); {
		case err == nil:
			return invited{}, drawbridge.Errorf(drawbridge.Conflict, "somebody with the address %s has an account already", p.Email)
		case !is(err, drawbridge.NotFound):
			return invited{}, err
		}
		if err := tx.AddPerson(&p); err != nil {
			return invited{}, err
		}
		c := drawbridge.Credential{ID: p.ID, Setup: hash, SetupEnds: p.CreatedAt.Add(setupLife), UpdatedAt: p.CreatedAt}
		return invited{secret, p}, tx.AddCredential(&c)
	})
	return out.Person, seal.Hide(out.Secret), err
}

func (d *Desk) newPerson(email, name string, roles []drawbridge.Role) (drawbridge.Person, error) {
	email, err := cleanEmail(email)
	if err != nil {
		return drawbridge.Person{}, err
	}
	if err := checkName("the name", name); err != nil {
		return drawbridge.Person{}, err
	}
	if roles, err = cleanRoles(roles); err != nil {
		return drawbridge.Person{}, err
	}
	now := d.now()
	id := drawbridge.PersonID(drawbridge.NewID("per", now))
	return drawbridge.Person{ID: id, Email: email, Name: name, Roles: roles, CreatedAt: now, UpdatedAt: now}, nil
}

// Acceptance is what an invited person gives.
type Acceptance struct {
	Secret       seal.Hidden // from the invitation
	Name         string      // empty to keep the one of the invitation
	Password     seal.Hidden
	Via, Request string
	Remote       string
}

// AcceptInvite sets the password of somebody who was invited, or whose
// credential was reset. The secret works once.
func (d *Desk) AcceptInvite(ctx context.Context, in Acceptance) (drawbridge.Person, error) {
	gone := drawbridge.Errorf(drawbridge.Unauthenticated, "the invitation is not valid, was used or has ended: ask for a new one")
	prefix, hash, ok := readSecret(in.Secret)
	if !ok || prefix != prefixSetup {
		return drawbridge.Person{}, gone
	}
	p, err := d.waiting(ctx, hash)
	if is(err, drawbridge.NotFound) {
		return drawbridge.Person{}, gone
	}
	if err != nil {
		return drawbridge.Person{}, err
	}
	if in.Name == "" {
		in.Name = p.Name
	}
	if err := checkName("the name", in.Name); err != nil {
		return drawbridge.Person{}, err
	}
	if err := checkPassword(in.Password, p.Email, in.Name); err != nil {
		return drawbridge.Person{}, err
	}
	kept, err := d.hasher.hash(ctx, in.Password)
	if err != nil {
		return drawbridge.Person{}, err
	}
	// Whoever holds the secret is the person: that is the proof.
	actor := access.Actor{ID: string(p.ID), Person: p.ID, Roles: p.Roles, Via: in.Via, Request: in.Request, Proved: d.opt.Now()}
	act := action.Act{Actor: actor, Action: access.CredentialWrite, On: ofPerson("person", p.ID)}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Person, error) {
		p, c, err := d.setup(tx, hash)
		if is(err, drawbridge.NotFound) {
			return drawbridge.Person{}, gone
		}
		if err != nil {
			return drawbridge.Person{}, err
		}
		c.Password, c.Setup, c.SetupEnds, c.UpdatedAt = kept, "", time.Time{}, d.now()
		if err := tx.SetCredential(c); err != nil || p.Name == in.Name {
			return *p, err
		}
		p.Name, p.UpdatedAt = in.Name, d.now()
		return *p, tx.SetPerson(p)
	})
	return out, err
}

// waiting reads who may set a password by a one-time secret.
func (d *Desk) waiting(ctx context.Context, hash string) (*drawbridge.Person, error) {
	var p *drawbridge.Person
	err := d.door.Store().View(ctx, func(tx *store.Tx) (err error) {
		p, _, err = d.setup(tx, hash)
		return err
	})
	return p, err
}

func (d *Desk) setup(tx *store.Tx, hash string) (*drawbridge.Person, *drawbridge.Credential, error) {
	c, err := tx.CredentialBySetup(hash)
	if err != nil {
		return nil, nil, err
	}
	p, err := tx.Person(c.ID)
	if err != nil {
		return nil, nil, err
	}
	if p.Disabled || p.Erased || !d.now().Before(c.SetupEnds) {
		return nil, nil, drawbridge.Errorf(drawbridge.NotFound, "the invitation has ended")
	}
	return p, c, nil
}

// People lists the people that the actor may see, after the one that is named.
func (d *Desk) People(ctx context.Context, actor access.Actor, after drawbridge.PersonID, limit int) ([]drawbridge.Person, error) {
	var out []drawbridge.Person
	err := d.door.List(ctx, actor, access.PersonRead, func(tx *store.Tx, s access.Scope) (err error) {
		out, err = tx.PeopleInScope(s, after, pageSize(limit))
		return err
	})
	return out, err
}

// Person reads one person.
func (d *Desk) Person(ctx context.Context, actor access.Actor, id drawbridge.PersonID) (drawbridge.Person, error) {
	var out drawbridge.Person
	on := func(tx *store.Tx) (access.Object, error) {
		p, err := tx.Person(id)
		if err == nil {
			out = *p
		}
		return access.Object{Kind: "person", ID: string(id), Owners: []drawbridge.PersonID{id}}, err
	}
	if err := d.door.View(ctx, action.Act{Actor: actor, Action: access.PersonRead, On: on}, func(*store.Tx) error { return nil }); err != nil {
		return drawbridge.Person{}, err
	}
	return out, nil
}

// Find reads the person with an address.
func (d *Desk) Find(ctx context.Context, actor access.Actor, email string) (drawbridge.Person, error) {
	var out drawbridge.Person
	email, err := cleanEmail(email)
	if err != nil {
		return out, err
	}
	var found *drawbridge.Person
	on := func(tx *store.Tx) (o access.Object, err error) {
		if found, err = tx.PersonByEmail(email); err != nil {
			return o, err
		}
		return access.Object{Kind: "person", ID: string(found.ID), Owners: []drawbridge.PersonID{found.ID}}, nil
	}
	err = d.door.View(ctx, action.Act{Actor: actor, Action: access.PersonRead, On: on}, func(*store.Tx) error {
		out = *found
		return nil
	})
	return out, err
}

// cleanEmail is the form in which an address is kept and looked up.
func cleanEmail(s string) (string, error) {
	clean := strings.ToLower(strings.TrimSpace(s))
	a, err := mail.ParseAddress(clean)
	if err != nil || a.Address != clean || len(clean) > maxEmail || !utf8.ValidString(s) || strings.ContainsFunc(clean, unfit) {
		return "", drawbridge.Errorf(drawbridge.Invalid, "the address must be one like ann@example.org, of at most %d bytes", maxEmail)
	}
	return clean, nil
}

func checkName(what, s string) error {
	if s == "" || strings.TrimSpace(s) != s || len(s) > maxName || !utf8.ValidString(s) || strings.ContainsFunc(s, unfit) {
		return drawbridge.Errorf(drawbridge.Invalid, "%s must be a line of text of 1 to %d bytes, without spaces around it", what, maxName)
	}
	return nil
}

// unfit are characters that fake or hide text where it is shown: controls and
// those that turn the writing direction.
func unfit(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// cleanRoles puts roles in the order of the documents, each once.
func cleanRoles(roles []drawbridge.Role) ([]drawbridge.Role, error) {
	var out []drawbridge.Role
	for _, r := range drawbridge.PersonRoles() {
		if slices.Contains(roles, r) {
			out = append(out, r)
		}
	}
	for _, r := range roles {
		if !slices.Contains(out, r) {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "%.40q is no role of a person; the roles are %s", r, roleNames())
		}
	}
	if len(out) == 0 {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "a person has at least one role of %s; disable the account of one who has none", roleNames())
	}
	return out, nil
}

func roleNames() string {
	var names []string
	for _, r := range drawbridge.PersonRoles() {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}
