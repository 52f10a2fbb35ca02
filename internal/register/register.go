// Package register is the desk of partners and integrations: it takes in
// revisions of manifests, has the server's own packs assess them, and answers
// what is known about them. It decides nothing about approval, and it does not
// know by which door somebody came.
//
//	desk := register.New(door, register.Options{Workspace: workspace, Version: "1.0"})
//	pushed, err := desk.Push(ctx, actor, register.Push{Main: "integration.yaml", Files: files, Base: base, Reason: "one more field"})
//	answer, err := desk.Gate(ctx, actor, register.ByKey("acme-payments", "production"), digest)
package register

import (
	"context"
	"runtime"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/policy"
	"drawbridge/internal/store"
)

// Options are what the desk needs besides the door.
type Options struct {
	Workspace func() *policy.Workspace // the packs of the server, as they are now
	Version   string                   // of the program, for the provenance
}

// Desk is the register.
type Desk struct {
	door     *action.Door
	opt      Options
	claims   Claims        // nil: nobody states anything
	evidence Evidence      // nil: no document counts
	watch    Watch         // nil: nobody looks on
	slots    chan struct{} // who assesses now: it takes a processor and memory
}

// New makes a desk.
func New(door *action.Door, opt Options) *Desk {
	return &Desk{door: door, opt: opt, slots: make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))}
}

// enter waits for a turn at heavy work.
func (d *Desk) enter(ctx context.Context) (leave func(), err error) {
	select {
	case d.slots <- struct{}{}:
		return func() { <-d.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (d *Desk) workspace() (*policy.Workspace, error) {
	if d.opt.Workspace != nil {
		if ws := d.opt.Workspace(); ws != nil {
			return ws, nil
		}
	}
	return nil, drawbridge.Errorf(drawbridge.Unavailable, "the server has no packs to assess with: ask its operator to look at drawbridge doctor")
}

// now is the time as it is stored.
func (d *Desk) now() time.Time { return d.door.Now().UTC().Truncate(time.Microsecond) }

// Ref names an integration: by its identifier, or by the key of its manifest.
type Ref struct {
	ID          drawbridge.IntegrationID
	Slug        string
	Environment string
}

// ByID names an integration by its identifier.
func ByID(id drawbridge.IntegrationID) Ref { return Ref{ID: id} }

// ByKey names an integration by its manifest's id and environment.
func ByKey(slug, environment string) Ref { return Ref{Slug: slug, Environment: environment} }

// Cursor is a place in a list: the last item of a page. Doors sign it.
type Cursor struct {
	ID     string  `json:"id,omitempty"`
	Text   string  `json:"text,omitempty"`
	Number float64 `json:"number,omitempty"`
}

// Page is a part of a list. Next is nil at its end.
type Page[T any] struct {
	Items []T     `json:"items"`
	Next  *Cursor `json:"next,omitempty"`
}

// Sizes of a page.
const (
	DefaultPage = 50
	MaxPage     = 200
)

// pageSize is the size that was asked for, or the default.
func pageSize(limit int) (int, error) {
	switch {
	case limit == 0:
		return DefaultPage, nil
	case limit < 0 || limit > MaxPage:
		return 0, drawbridge.Errorf(drawbridge.Invalid, "a page has 1 to %d items, not %d", MaxPage, limit)
	}
	return limit, nil
}

// paged makes a page of a list that was read one item further than the page goes.
func paged[T any](list []T, size int, place func(T) Cursor) Page[T] {
	if len(list) <= size {
		return Page[T]{Items: append([]T{}, list...)}
	}
	next := place(list[size-1])
	return Page[T]{Items: list[:size], Next: &next}
}

// find reads an integration, and what the table of permissions asks about it.
func find(tx *store.Tx, ref Ref) (*drawbridge.Integration, access.Object, error) {
	var in *drawbridge.Integration
	var err error
	if ref.ID != "" {
		in, err = tx.Integration(ref.ID)
	} else {
		in, err = tx.IntegrationByKey(ref.Slug, ref.Environment)
	}
	if err != nil {
		return nil, access.Object{}, err
	}
	members, err := tx.Members(in.ID)
	if err != nil {
		return nil, access.Object{}, err
	}
	o := access.Object{Kind: "integration", ID: string(in.ID), Integration: in.ID, Owners: []drawbridge.PersonID{in.Owner}}
	for _, m := range members {
		o.Owners = append(o.Owners, m.Person)
	}
	return in, o, nil
}

// view runs a read over an integration that the actor may act on.
func (d *Desk) view(ctx context.Context, actor access.Actor, what access.Action, ref Ref, fn func(*store.Tx, *drawbridge.Integration) error) error {
	var in *drawbridge.Integration
	act := action.Act{Actor: actor, Action: what, On: func(tx *store.Tx) (o access.Object, err error) {
		in, o, err = find(tx, ref)
		return o, err
	}}
	return d.door.View(ctx, act, func(tx *store.Tx) error { return fn(tx, in) })
}

// notFound is the answer for a part that an integration does not have.
func notFound(kind string) error { return access.NotFound(access.Object{Kind: kind}) }
