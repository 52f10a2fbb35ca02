package account

import (
	"context"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

const (
	tokenLife    = 90 * 24 * time.Hour
	maxTokenLife = 365 * 24 * time.Hour
	maxTokens    = 100 // that work at once, by one maker
)

// NewToken is what somebody asks of a token.
type NewToken struct {
	Name        string
	Integration drawbridge.IntegrationID // of a machine token; empty for a personal one
	ExpiresAt   time.Time                // zero for 90 days; at most a year ahead
	Key         string                   // idempotency key
}

// issued is how an act hands a secret out; with an idempotency key it is kept,
// sealed, for a repetition.
type issued struct {
	Secret string           `json:"secret"`
	Token  drawbridge.Token `json:"token"`
}

// CreateToken makes a token that acts as the person, with the roles that the
// person has when it is used, and never for a sensitive act. The secret is
// returned this once.
func (d *Desk) CreateToken(ctx context.Context, actor access.Actor, in NewToken) (seal.Hidden, drawbridge.Token, error) {
	if in.Integration != "" {
		return seal.Hidden{}, drawbridge.Token{}, drawbridge.Errorf(drawbridge.Invalid, "a personal token has no integration: make a machine token")
	}
	object := access.Object{Kind: "token", Owners: []drawbridge.PersonID{actor.Person}}
	return d.issue(ctx, prefixPersonal, action.Act{Actor: actor, Action: access.TokenCreate, Object: object}, in)
}

// CreateMachine makes a token that may do what a machine may, on one
// integration. It stops when its maker may not make one there any more.
func (d *Desk) CreateMachine(ctx context.Context, actor access.Actor, in NewToken) (seal.Hidden, drawbridge.Token, error) {
	on := func(tx *store.Tx) (access.Object, error) {
		owners, err := ownersOf(tx, in.Integration)
		return access.Object{Kind: "integration", ID: string(in.Integration), Integration: in.Integration, Owners: owners}, err
	}
	return d.issue(ctx, prefixMachine, action.Act{Actor: actor, Action: access.MachineCreate, On: on}, in)
}

func (d *Desk) issue(ctx context.Context, prefix string, act action.Act, in NewToken) (seal.Hidden, drawbridge.Token, error) {
	now := d.now()
	asked := in.ExpiresAt
	if in.ExpiresAt.IsZero() {
		in.ExpiresAt = now.Add(tokenLife)
	}
	in.ExpiresAt = in.ExpiresAt.UTC().Truncate(time.Microsecond)
	if err := checkName("the token's name", in.Name); err != nil {
		return seal.Hidden{}, drawbridge.Token{}, err
	}
	if !in.ExpiresAt.After(now) || in.ExpiresAt.After(now.Add(maxTokenLife)) {
		return seal.Hidden{}, drawbridge.Token{}, drawbridge.Errorf(drawbridge.Invalid, "a token ends in the future and within %d days", int(maxTokenLife.Hours()/24))
	}
	secret, hash := newSecret(prefix)
	t := drawbridge.Token{
		ID: drawbridge.TokenID(drawbridge.NewID("tok", now)), Name: in.Name, Hash: hash, Person: act.Actor.Person,
		Machine: prefix == prefixMachine, Integration: in.Integration, ExpiresAt: in.ExpiresAt, CreatedAt: now,
	}
	act.Key, act.Input = in.Key, map[string]any{"name": in.Name, "integration": string(in.Integration), "expires_at": store.Time(asked)}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (issued, error) {
		n, err := tx.LiveTokens(t.Person, now)
		if err != nil {
			return issued{}, err
		}
		if n >= maxTokens {
			return issued{}, drawbridge.Errorf(drawbridge.Conflict, "you have %d tokens that work: revoke some first", n)
		}
		if err := tx.AddToken(&t); err != nil {
			return issued{}, err
		}
		told := t
		told.Hash = ""
		return issued{secret, told}, nil
	})
	return seal.Hide(out.Secret), out.Token, err
}

// ownersOf are the owner and the members of an integration.
func ownersOf(tx *store.Tx, id drawbridge.IntegrationID) ([]drawbridge.PersonID, error) {
	i, err := tx.Integration(id)
	if err != nil {
		return nil, err
	}
	members, err := tx.Members(id)
	if err != nil {
		return nil, err
	}
	owners := []drawbridge.PersonID{i.Owner}
	for _, m := range members {
		owners = append(owners, m.Person)
	}
	return owners, nil
}

// token reads a token that still works, and whose it is. A machine's stops when
// its maker could not make it any more: it must not outlive what they lost.
func (d *Desk) token(ctx context.Context, hash string) (*drawbridge.Token, *drawbridge.Person, error) {
	var t *drawbridge.Token
	var p *drawbridge.Person
	err := d.door.Store().View(ctx, func(tx *store.Tx) (err error) {
		if t, err = tx.TokenByHash(hash); err != nil {
			return err
		}
		if p, err = tx.Person(t.Person); err != nil || !t.Machine {
			return err
		}
		return d.mayKeep(tx, t, p)
	})
	if err != nil {
		return nil, nil, hideMissing("read the token", err)
	}
	if !t.RevokedAt.IsZero() || !d.now().Before(t.ExpiresAt) || p.Disabled || p.Erased {
		return nil, nil, errSignedOut()
	}
	return t, p, nil
}

// mayKeep reports not_found when the maker of a machine's token lost the
// integration, or the role that gave it.
func (d *Desk) mayKeep(tx *store.Tx, t *drawbridge.Token, maker *drawbridge.Person) error {
	owners, err := ownersOf(tx, t.Integration)
	if err != nil {
		return err
	}
	now := d.opt.Now()
	who := access.Actor{ID: string(maker.ID), Person: maker.ID, Roles: maker.Roles, Proved: now}
	object := access.Object{Kind: "integration", ID: string(t.Integration), Integration: t.Integration, Owners: owners}
	if d.door.Table().Decide(who, access.MachineCreate, object, now) != nil {
		return drawbridge.Errorf(drawbridge.NotFound, "the token's maker may not make it any more")
	}
	return nil
}

// Tokens lists tokens that the actor may see, without their secrets, after the
// one that is named.
func (d *Desk) Tokens(ctx context.Context, actor access.Actor, after drawbridge.TokenID, limit int) ([]drawbridge.Token, error) {
	var out []drawbridge.Token
	err := d.door.List(ctx, actor, access.TokenRead, func(tx *store.Tx, s access.Scope) (err error) {
		out, err = tx.TokensAfter(s, after, pageSize(limit))
		return err
	})
	for i := range out {
		out[i].Hash = ""
	}
	return out, err
}

// RevokeToken ends a token. One that was revoked stays so.
func (d *Desk) RevokeToken(ctx context.Context, actor access.Actor, id drawbridge.TokenID, reason string) error {
	act := action.Act{Actor: actor, Action: access.TokenRevoke, Reason: reason, On: func(tx *store.Tx) (access.Object, error) {
		o := access.Object{Kind: "token", ID: string(id)}
		t, err := tx.Token(id)
		if err != nil {
			return o, err
		}
		if o.Integration = t.Integration; t.Machine {
			if o.Owners, err = ownersOf(tx, t.Integration); err != nil && !is(err, drawbridge.NotFound) {
				return o, err
			}
		}
		o.Owners = append(o.Owners, t.Person)
		return o, nil
	}}
	_, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (struct{}, error) {
		t, err := tx.Token(id)
		if err != nil || !t.RevokedAt.IsZero() {
			return struct{}{}, err
		}
		t.RevokedAt = d.now()
		return struct{}{}, tx.SetToken(t)
	})
	return err
}

// maxPage bounds a list.
const maxPage = 1000

func pageSize(limit int) int {
	if limit <= 0 || limit > maxPage {
		return maxPage
	}
	return limit
}

// OwnTokens lists the tokens that the actor made, without their secrets.
func (d *Desk) OwnTokens(ctx context.Context, actor access.Actor) ([]drawbridge.Token, error) {
	var out []drawbridge.Token
	err := d.door.List(ctx, actor, access.TokenRead, func(tx *store.Tx, _ access.Scope) (err error) {
		out, err = tx.TokensOf(actor.Person, "", maxPage)
		return err
	})
	for i := range out {
		out[i].Hash = ""
	}
	return out, err
}
