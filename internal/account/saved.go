package account

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/store"
)

// Limits of what one person saves.
const (
	maxSavedViews = 100
	maxShownViews = 500
	maxViewName   = 60
	maxViewQuery  = 1000
	keepDropped   = 30 * 24 * time.Hour
)

// ViewLists are the lists whose filters can be saved.
func ViewLists() []string { return []string{"integrations", "findings", "reviews", "questionnaires"} }

// ViewEdit is a filter as somebody wants it saved.
type ViewEdit struct {
	ID     string // of the one to change; empty saves a new one, or one's own of the same name anew
	List   string // one of [ViewLists]; a view stays on its list
	Name   string
	Query  string // of the list's address; when changing, empty leaves it
	Shared bool   // with everybody in the organisation
}

// Views lists what the actor saved and what others share, of one list or of all.
func (d *Desk) Views(ctx context.Context, actor access.Actor, list string) (out []store.SavedView, err error) {
	if list != "" && !slices.Contains(ViewLists(), list) {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%.40q has no saved views: write one of %s", list, strings.Join(ViewLists(), ", "))
	}
	err = d.door.View(ctx, views(actor), func(tx *store.Tx) error {
		out, err = tx.SavedViews(actor.Person, list, maxShownViews)
		return err
	})
	return out, err
}

// views is the act of using one's own saved views.
func views(actor access.Actor) action.Act {
	o := access.Object{Kind: "view"}
	if actor.Person != "" {
		o.Owners = []drawbridge.PersonID{actor.Person}
	}
	return action.Act{Actor: actor, Action: access.ViewUse, Object: o}
}

// onView is the act of changing one view: one's own, or a shared one for those who
// may share.
func (d *Desk) onView(actor access.Actor, id string) action.Act {
	if id == "" {
		return views(actor)
	}
	return action.Act{Actor: actor, Action: access.ViewUse, On: func(tx *store.Tx) (access.Object, error) {
		v, err := tx.SavedView(id)
		if err != nil {
			return access.Object{Kind: "view", ID: id}, err
		}
		o := access.Object{Kind: "view", ID: id, Owners: []drawbridge.PersonID{v.Person}}
		if v.Shared && !d.door.Table().Scope(actor, access.ViewShare).Nothing() {
			o.Owners = append(o.Owners, actor.Person)
		}
		return o, nil
	}}
}

// clean is a query without what says where in the list one is.
func clean(query string) (string, error) {
	q, err := url.ParseQuery(strings.TrimPrefix(query, "?"))
	if err != nil || len(query) > maxViewQuery || len(q) > 20 {
		return "", drawbridge.Errorf(drawbridge.Invalid, "query: write filters as they stand in the address of the list, in at most %d bytes, like tier=high&state=live", maxViewQuery)
	}
	for name, values := range q {
		if len(values) != 1 || values[0] == "" || slices.Contains([]string{"after", "done", "of"}, name) {
			delete(q, name)
		}
	}
	return q.Encode(), nil
}

// SaveView saves a filter under a name, or changes one.
func (d *Desk) SaveView(ctx context.Context, actor access.Actor, e ViewEdit) (out store.SavedView, err error) {
	name, err := drawbridge.Line(e.Name, maxViewName)
	if err == nil && name == "" {
		err = drawbridge.Errorf(drawbridge.Invalid, "give the view a name")
	}
	if err == nil && e.ID == "" && !slices.Contains(ViewLists(), e.List) {
		err = drawbridge.Errorf(drawbridge.Invalid, "%.40q has no saved views: write one of %s", e.List, strings.Join(ViewLists(), ", "))
	}
	query, wrong := clean(e.Query)
	if err == nil {
		err = wrong
	}
	return d.keepView(ctx, d.onView(actor, e.ID), err, func(tx *store.Tx) (*store.SavedView, error) {
		v, err := d.edited(tx, actor, e, name)
		if err != nil {
			return nil, err
		}
		if e.Shared && !v.Shared && d.door.Table().Scope(actor, access.ViewShare).Nothing() {
			return nil, drawbridge.Errorf(drawbridge.Denied, "your roles do not allow %s: save it for yourself", access.ViewShare)
		}
		v.Name, v.Shared = name, e.Shared
		if e.ID == "" || e.Query != "" {
			v.Query = query
		}
		return v, nil
	})
}

// edited is the view to write over: the one that is named, one's own of the same
// name, or a new one.
func (d *Desk) edited(tx *store.Tx, actor access.Actor, e ViewEdit, name string) (*store.SavedView, error) {
	if e.ID != "" {
		return tx.SavedView(e.ID)
	}
	list, err := tx.SavedViews(actor.Person, "", maxShownViews)
	if err != nil {
		return nil, err
	}
	own := 0
	for i := range list {
		if list[i].Person != actor.Person {
			continue
		}
		if own++; list[i].List == e.List && list[i].Name == name {
			return &list[i], nil
		}
	}
	if own >= maxSavedViews {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "a person has at most %d saved views: delete some", maxSavedViews)
	}
	now := d.door.Now()
	return &store.SavedView{ID: drawbridge.NewID("viw", now), Person: actor.Person, List: e.List, Created: now}, nil
}

// DropView deletes a view; for thirty days it can be restored.
func (d *Desk) DropView(ctx context.Context, actor access.Actor, id string) (store.SavedView, error) {
	return d.keepView(ctx, d.onView(actor, id), nil, func(tx *store.Tx) (*store.SavedView, error) {
		v, err := tx.SavedView(id)
		if err == nil {
			v.Dropped = d.door.Now()
			err = tx.ForgetSavedViews(v.Person, v.Dropped.Add(-keepDropped))
		}
		return v, err
	})
}

// RestoreView brings a view back that was deleted.
func (d *Desk) RestoreView(ctx context.Context, actor access.Actor, id string) (store.SavedView, error) {
	return d.keepView(ctx, d.onView(actor, id), nil, func(tx *store.Tx) (*store.SavedView, error) {
		v, err := tx.SavedView(id)
		if err == nil {
			v.Dropped = time.Time{}
		}
		return v, err
	})
}

// keepView asks whether the actor may, and writes a view. Views are
// notes: no record changes by them.
func (d *Desk) keepView(ctx context.Context, act action.Act, problem error, change func(*store.Tx) (*store.SavedView, error)) (out store.SavedView, err error) {
	if err := d.door.View(ctx, act, func(*store.Tx) error { return problem }); err != nil {
		return out, err
	}
	err = d.door.Keep(ctx, func(tx *store.Tx) error {
		v, err := change(tx)
		if err != nil {
			return err
		}
		out = *v
		return tx.SetSavedView(v)
	})
	return out, err
}
