// Package programme is the desk of the whole: what reopens reviews, what is due, what a new version
// of a pack would change, and when threat models are looked at again. It opens
// reviews through the review's desk and decides none.
//
//	desk := programme.New(door, programme.Options{Register: record, Review: reviews, Lifecycle: life, Workspace: workspace})
//	n, err := desk.Sweep(ctx, access.System("programme"))
//	page, err := desk.Queue(ctx, actor, programme.QueueFilter{}, nil, 50)
package programme

import (
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/store"
)

// The events by which the queue calls the desk.
const (
	EventSweep  = "programme.sweep"  // regular: what became due
	EventNotice = "programme.notice" // a partner's notice came in; its subject is the notice
)

// Options are what the desk needs besides the door.
type Options struct {
	Register  *register.Desk
	Review    *review.Desk
	Lifecycle *lifecycle.Desk
	Workspace func() *policy.Workspace
}

// Desk is the desk.
type Desk struct {
	door *action.Door
	opt  Options

	marks Marks
}

// New makes a desk.
func New(door *action.Door, opt Options) *Desk { return &Desk{door: door, opt: opt} }

// now is the time as it is stored.
func (d *Desk) now() time.Time { return d.door.Now().UTC().Truncate(time.Microsecond) }

// Now is the time as the desk tells it.
func (d *Desk) Now() time.Time { return d.now() }

func (d *Desk) workspace() (*policy.Workspace, error) {
	if d.opt.Workspace != nil {
		if ws := d.opt.Workspace(); ws != nil {
			return ws, nil
		}
	}
	return nil, drawbridge.Errorf(drawbridge.Unavailable, "the server has no packs to work with: ask its operator to look at drawbridge doctor")
}

func on(id drawbridge.IntegrationID, kind string) func(*store.Tx) (access.Object, error) {
	return func(tx *store.Tx) (access.Object, error) { return register.Object(tx, id, kind, string(id)) }
}

// tell tells people what came up about an integration, each once and never who acts.
func (d *Desk) tell(tx *store.Tx, actor access.Actor, kind string, in drawbridge.IntegrationID, to ...drawbridge.PersonID) error {
	told := map[drawbridge.PersonID]bool{"": true, actor.Person: true}
	for _, p := range to {
		if told[p] {
			continue
		}
		told[p] = true
		m := drawbridge.Message{
			ID: drawbridge.MessageID(drawbridge.NewID("msg", d.now())), Person: p, Kind: kind,
			Params: map[string]string{"integration": string(in)}, Link: "/integrations/" + string(in), CreatedAt: d.now(),
		}
		if err := tx.AddMessage(m); err != nil {
			return err
		}
	}
	return nil
}

// size is the size of a page that was asked for, or the default.
func size(limit int) (int, error) {
	switch {
	case limit == 0:
		return register.DefaultPage, nil
	case limit < 0 || limit > register.MaxPage:
		return 0, drawbridge.Errorf(drawbridge.Invalid, "a page has 1 to %d items, not %d", register.MaxPage, limit)
	}
	return limit, nil
}

// paged makes a page of a list that was read one item further than the page goes.
func paged[T any](list []T, size int, place func(T) register.Cursor) register.Page[T] {
	if len(list) <= size {
		return register.Page[T]{Items: append([]T{}, list...)}
	}
	next := place(list[size-1])
	return register.Page[T]{Items: list[:size], Next: &next}
}

func after(c *register.Cursor) string {
	if c == nil {
		return ""
	}
	return c.ID
}
