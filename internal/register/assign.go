package register

import (
	"context"
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/store"
)

// maxMembers bounds who may see and change one integration besides its owner.
const maxMembers = 100

// EventAssigned is the kind of the event after which others answer for an
// integration: its owner, its members, or the owners that its manifest names.
const EventAssigned = "programme.assigned"

// Assignment says who answers for an integration.
type Assignment struct {
	Version int64                  `json:"version"` // of the integration that was read
	Owner   drawbridge.PersonID    `json:"owner"`   // empty leaves the owner
	Members *[]drawbridge.PersonID `json:"members"` // nil leaves the members
	Reason  string                 `json:"-"`
	Key     string                 `json:"-"`
}

// Assigned is who answers for an integration.
type Assigned struct {
	Integration drawbridge.Integration `json:"integration"`
	Members     []drawbridge.PersonID  `json:"members"`
}

// Assign sets the owner and the members of an integration, over the version that was read.
func (d *Desk) Assign(ctx context.Context, actor access.Actor, ref Ref, to Assignment) (Assigned, error) {
	var in *drawbridge.Integration
	act := action.Act{
		Actor: actor, Action: access.IntegrationAssign, Reason: to.Reason, Key: to.Key, Input: map[string]any{"integration": ref, "to": to},
		On: func(tx *store.Tx) (o access.Object, err error) {
			in, o, err = find(tx, ref)
			return o, err
		},
	}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (Assigned, error) {
		var none Assigned
		changed := false
		if to.Owner != "" && to.Owner != in.Owner {
			if err := MayHold(tx, "owner", to.Owner); err != nil {
				return none, err
			}
			in.Owner = to.Owner
			changed = true
			if err := d.notice(tx, actor, noticeAssigned, in.ID, in.Owner); err != nil {
				return none, err
			}
		}
		in.Version, in.UpdatedAt = to.Version, d.now()
		if err := tx.SetIntegration(in); err != nil {
			return none, err
		}
		if to.Members != nil {
			other, err := d.setMembers(tx, actor, in.ID, *to.Members)
			if err != nil {
				return none, err
			}
			changed = changed || other
		}
		if changed {
			if err := d.changedHands(tx, in.ID); err != nil {
				return none, err
			}
		}
		members, err := membersOf(tx, in.ID)
		return Assigned{*in, members}, err
	})
	return out, err
}

// Members lists who besides the owner may see and change an integration.
func (d *Desk) Members(ctx context.Context, actor access.Actor, ref Ref) (out []drawbridge.PersonID, err error) {
	err = d.view(ctx, actor, access.IntegrationRead, ref, func(tx *store.Tx, in *drawbridge.Integration) error {
		out, err = membersOf(tx, in.ID)
		return err
	})
	return out, err
}

func membersOf(tx *store.Tx, id drawbridge.IntegrationID) ([]drawbridge.PersonID, error) {
	list, err := tx.Members(id)
	out := make([]drawbridge.PersonID, len(list))
	for i, m := range list {
		out[i] = m.Person
	}
	return out, err
}

// setMembers makes a list the members, and reports whether it was another one.
func (d *Desk) setMembers(tx *store.Tx, actor access.Actor, id drawbridge.IntegrationID, want []drawbridge.PersonID) (changed bool, err error) {
	if len(want) > maxMembers {
		return false, drawbridge.Errorf(drawbridge.Invalid, "an integration has at most %d members", maxMembers)
	}
	have, err := tx.Members(id)
	if err != nil {
		return false, err
	}
	for _, m := range have {
		if !slices.Contains(want, m.Person) {
			if err := tx.DropMembership(m.ID); err != nil {
				return false, err
			}
			changed = true
		}
	}
	added := make([]drawbridge.PersonID, 0, len(want))
	for _, p := range want {
		if slices.Contains(added, p) || slices.ContainsFunc(have, func(m drawbridge.Member) bool { return m.Person == p }) {
			continue
		}
		if err := MayHold(tx, "members", p); err != nil {
			return false, err
		}
		if err := tx.AddMember(&drawbridge.Member{ID: string(id) + "/" + string(p), Integration: id, Person: p, CreatedAt: d.now()}); err != nil {
			return false, err
		}
		added = append(added, p)
	}
	return changed || len(added) > 0, d.notice(tx, actor, noticeAssigned, id, added...)
}

// changedHands tells whoever looks at decisions that others answer for an integration now.
func (d *Desk) changedHands(tx *store.Tx, id drawbridge.IntegrationID) error {
	now := d.now()
	return tx.AddEvent(store.Event{
		ID: drawbridge.EventID(drawbridge.NewID("evt", now)), Kind: EventAssigned, Subject: string(id), DueAt: now, CreatedAt: now,
	})
}

// MayHold refuses to hand something to somebody who cannot sign in.
func MayHold(tx *store.Tx, what string, id drawbridge.PersonID) error {
	p, err := tx.Person(id)
	if drawbridge.KindOf(err) == drawbridge.NotFound || err == nil && (p.Disabled || p.Erased) {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: there is nobody with an open account by the identifier %.40q", what, id)
	}
	return err
}
