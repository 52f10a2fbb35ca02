package review

import (
	"cmp"
	"context"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// Delegating lets somebody sign for the actor.
type Delegating struct {
	Role   drawbridge.Discipline
	To     drawbridge.PersonID
	Until  drawbridge.Date
	Reason string
	Key    string
}

// Delegate lets somebody with the same role sign for the actor, for as long as
// the policy allows at most.
func (d *Desk) Delegate(ctx context.Context, actor access.Actor, in Delegating) (drawbridge.Delegation, error) {
	reason, problem := drawbridge.Prose(in.Reason, maxReason)
	id := drawbridge.DelegationID(drawbridge.NewID("dlg", d.now()))
	a := action.Act{
		Actor: actor, Action: access.DelegationWrite, Reason: reason, Key: in.Key, Input: in,
		Object: access.Object{Kind: "delegation", ID: string(id), Owners: []drawbridge.PersonID{actor.Person}},
	}
	out, _, err := action.Do(ctx, d.door, a, func(tx *store.Tx) (drawbridge.Delegation, error) {
		x := drawbridge.Delegation{ID: id, Role: in.Role, From: actor.Person, To: in.To, Until: in.Until, Reason: reason, CreatedAt: d.now()}
		if problem != nil {
			return x, problem
		}
		if err := d.mayDelegate(tx, actor, &x); err != nil {
			return x, err
		}
		return x, tx.Delegations().Add(&x)
	})
	return out, err
}

func (d *Desk) mayDelegate(tx *store.Tx, actor access.Actor, x *drawbridge.Delegation) error {
	ws, err := d.workspace()
	if err != nil {
		return err
	}
	days := ws.Policy.Protocol().Delegation
	if ok, err := holds(tx, actor.Person, x.Role); err != nil || !ok || !x.Role.Valid() {
		return cmp.Or(err, drawbridge.Errorf(drawbridge.Invalid, "you do not review for %.40q, and delegate what you hold alone", x.Role))
	}
	if _, err := drawbridge.ParseDate(string(x.Until)); err != nil || x.Until.Past(d.now()) || x.Until > drawbridge.DateOf(d.now().AddDate(0, 0, days)) {
		return drawbridge.Errorf(drawbridge.Invalid, "a delegation ends on a day within the next %s, not on %.40q", drawbridge.Count(days, "day", "days"), x.Until)
	}
	if ok, err := holds(tx, x.To, x.Role); err != nil || !ok || x.To == actor.Person {
		return cmp.Or(err, drawbridge.Errorf(drawbridge.Invalid, "somebody else who reviews for %s can sign for you, and %.80q is nobody of them", x.Role, x.To))
	}
	return nil
}

// Revoke ends a delegation. Who gave it may, and who got it.
func (d *Desk) Revoke(ctx context.Context, actor access.Actor, id drawbridge.DelegationID, key string) (drawbridge.Delegation, error) {
	var x *drawbridge.Delegation
	a := action.Act{Actor: actor, Action: access.DelegationWrite, Key: key, Input: id, On: func(tx *store.Tx) (access.Object, error) {
		var err error
		if x, err = tx.Delegations().Get(string(id)); err != nil {
			return access.Object{}, err
		}
		return access.Object{Kind: "delegation", ID: string(id), Owners: []drawbridge.PersonID{x.From, x.To}}, nil
	}}
	out, _, err := action.Do(ctx, d.door, a, func(tx *store.Tx) (drawbridge.Delegation, error) {
		if !x.RevokedAt.IsZero() {
			return *x, nil
		}
		x.RevokedAt = d.now()
		return *x, tx.Delegations().Set(x)
	})
	return out, err
}

// Delegations lists delegations, newest first.
func (d *Desk) Delegations(ctx context.Context, actor access.Actor, after *register.Cursor, limit int) (register.Page[drawbridge.Delegation], error) {
	return page(limit, func(size int) (list []drawbridge.Delegation, err error) {
		err = d.door.List(ctx, actor, access.DelegationRead, func(tx *store.Tx, _ access.Scope) error {
			list, err = tx.Delegations().Find(store.Query{After: place(after), Newest: true, Limit: size})
			return err
		})
		return list, err
	}, func(x drawbridge.Delegation) string { return string(x.ID) })
}

// Deputy is somebody who can sign for the actor.
type Deputy struct {
	Person drawbridge.PersonID
	Name   string
	Role   drawbridge.Discipline
}

// maxDeputies is how many are offered for a discipline.
const maxDeputies = 200

// Deputies lists, for each discipline that the actor reviews for, who else does.
func (d *Desk) Deputies(ctx context.Context, actor access.Actor) ([]Deputy, error) {
	out := []Deputy{}
	err := d.door.List(ctx, actor, access.DelegationRead, func(tx *store.Tx, _ access.Scope) error {
		for _, role := range drawbridge.Disciplines() {
			if !actor.Has(role.Reviewer()) {
				continue
			}
			list, err := tx.PeopleWithRole(role.Reviewer(), maxDeputies)
			if err != nil {
				return err
			}
			for i := range list {
				if list[i].ID != actor.Person {
					out = append(out, Deputy{list[i].ID, list[i].Name, role})
				}
			}
		}
		return nil
	})
	return out, err
}

// page reads one item further than a page goes.
func page[T any](limit int, read func(size int) ([]T, error), id func(T) string) (register.Page[T], error) {
	if limit == 0 {
		limit = register.DefaultPage
	}
	if limit < 0 || limit > register.MaxPage {
		return register.Page[T]{}, drawbridge.Errorf(drawbridge.Invalid, "a page has 1 to %d items, not %d", register.MaxPage, limit)
	}
	list, err := read(limit + 1)
	if err != nil || len(list) <= limit {
		return register.Page[T]{Items: append([]T{}, list...)}, err
	}
	return register.Page[T]{Items: list[:limit], Next: &register.Cursor{ID: id(list[limit-1])}}, nil
}

func place(c *register.Cursor) string {
	if c == nil {
		return ""
	}
	return c.ID
}
