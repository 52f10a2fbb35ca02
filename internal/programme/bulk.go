package programme

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/register"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// A bulk is one act on many things. It decides nothing: each item goes through
// the desk of its act as the person who asked, with the rights that they have at
// that moment, and is recorded there by itself, with the bulk as its request.
// What will be asked of a desk is written down before, so that whoever goes on
// after a crash asks the same with the same key, and is answered as before.

// EventBulk is the kind of the event by which the queue calls [Desk.GoOn]; its
// subject is a bulk.
const EventBulk = "bulk"

const (
	bulkInline = time.Second         // how long a bulk is worked on before whoever asked is answered
	bulkLease  = 30 * time.Second    // how long nobody else goes on with a bulk whose runner says nothing
	keepBulk   = 90 * 24 * time.Hour // after its end
)

// Marks is how messages are chosen and marked: by the desk of the inbox, which
// stands above this one.
type Marks struct {
	Set  func(ctx context.Context, actor access.Actor, id drawbridge.MessageID, read bool) error
	Find func(ctx context.Context, actor access.Actor, q url.Values, limit int) ([]drawbridge.MessageID, error)
}

// SetMarks says how messages are marked. It is called before the desk is used.
func (d *Desk) SetMarks(m Marks) { d.marks = m }

// BulkStart is what somebody wants done to many things.
type BulkStart struct {
	Act    string
	IDs    []string // of findings: integration/fingerprint; or
	Filter *string  // all that a filter of the list fits at this moment, as it stands in the list's address
	With   drawbridge.BulkWith
	Reason string
	Key    string // idempotency key
}

// StartBulk begins a bulk: about a second of it is done before the answer, the
// rest as a job.
func (d *Desk) StartBulk(ctx context.Context, actor access.Actor, in BulkStart) (drawbridge.Bulk, error) {
	a, reason, err := d.checkBulk(&in)
	if err := d.mayBulk(ctx, actor, err); err != nil {
		return drawbridge.Bulk{}, err
	}
	asked, err := seal.Canonical(map[string]any{"act": in.Act, "ids": in.IDs, "filter": in.Filter, "with": in.With, "reason": reason})
	if err != nil {
		return drawbridge.Bulk{}, fmt.Errorf("digest of a bulk: %w", err)
	}
	b := store.Bulk{Key: in.Key, Asked: seal.Digest(asked)}
	if had, err := d.askedBefore(ctx, actor, &b); err != nil || had != nil {
		return d.tellBulk(had), err
	}
	items, err := d.pick(ctx, actor, a, &in)
	if err != nil {
		return drawbridge.Bulk{}, err
	}
	b.Act, b.List, b.With, b.Reason = a.Name, a.List, in.With, reason
	if in.Filter != nil {
		b.Query = "?" + strings.TrimPrefix(*in.Filter, "?")
	}
	return d.begin(ctx, actor, &b, items)
}

// begin writes a bulk down and works on it for about a second.
func (d *Desk) begin(ctx context.Context, actor access.Actor, b *store.Bulk, items []drawbridge.BulkItem) (drawbridge.Bulk, error) {
	now := d.now()
	b.ID, b.Person, b.State, b.CreatedAt = drawbridge.NewID("blk", now), actor.Person, drawbridge.BulkRunning, now
	for i := range items {
		items[i].N = int64(i + 1)
	}
	err := d.door.Keep(ctx, func(tx *store.Tx) error {
		if err := tx.DropBulks(now.Add(-keepBulk)); err != nil {
			return err
		}
		if err := tx.AddBulk(b, items); err != nil {
			return err
		}
		return d.callBulk(tx, b.ID, now.Add(bulkLease)) // should this process end before it hands over
	})
	if err != nil {
		return drawbridge.Bulk{}, err
	}
	err = d.work(ctx, b.ID, worker{name: drawbridge.NewID("run", now), via: actor.Via, until: now.Add(bulkInline)})
	if err != nil && ctx.Err() != nil {
		return drawbridge.Bulk{}, err // nobody waits for the answer; the queue goes on
	}
	return d.Bulk(ctx, actor, b.ID) // what else went wrong, the queue meets again
}

// callBulk asks the queue to go on with a bulk.
func (d *Desk) callBulk(tx *store.Tx, id string, at time.Time) error {
	return tx.AddEvent(store.Event{ID: drawbridge.EventID(drawbridge.NewID("evt", d.now())), Kind: EventBulk, Subject: id, DueAt: at, CreatedAt: d.now()})
}

// askedBefore is the bulk that the same person asked for with the same key.
func (d *Desk) askedBefore(ctx context.Context, actor access.Actor, b *store.Bulk) (had *store.Bulk, err error) {
	if b.Key == "" {
		return nil, nil
	}
	err = d.door.Store().View(ctx, func(tx *store.Tx) error {
		had, err = tx.BulkByKey(actor.Person, b.Key)
		return err
	})
	switch {
	case drawbridge.KindOf(err) == drawbridge.NotFound:
		return nil, nil
	case err == nil && had.Asked != b.Asked:
		return nil, drawbridge.Errorf(drawbridge.Conflict, "the idempotency key was used for another request: take a new one")
	}
	return had, err
}

// checkBulk holds what was asked to its act.
func (d *Desk) checkBulk(in *BulkStart) (*bulkAct, string, error) {
	i := slices.IndexFunc(bulkActs(), func(a bulkAct) bool { return a.Name == in.Act })
	if i < 0 {
		return nil, "", drawbridge.Errorf(drawbridge.Invalid, "act is %.40q; write one of %s", in.Act, strings.Join(BulkActNames(), ", "))
	}
	a := &bulkActs()[i]
	reason, err := drawbridge.Prose(in.Reason, maxProse)
	switch {
	case err != nil:
	case len(in.Key) > 200:
		err = drawbridge.Errorf(drawbridge.Invalid, "an idempotency key has at most 200 bytes")
	case (len(in.IDs) == 0) == (in.Filter == nil):
		err = drawbridge.Errorf(drawbridge.Invalid, "choose what it is about: at least one identifier, or a filter, and not both")
	case len(in.IDs) > drawbridge.MaxBulk:
		err = drawbridge.Errorf(drawbridge.Invalid, "a bulk covers at most %d items, not %d: choose fewer", drawbridge.MaxBulk, len(in.IDs))
	case reason == "" && slices.Contains(a.Needs, NeedReason):
		err = drawbridge.Errorf(drawbridge.Invalid, "say why: the reason is recorded with each of them")
	default:
		err = a.check(&in.With)
	}
	return a, reason, err
}

// ownBulk is the act of using one's own bulks; of one bulk, when it is named.
// at takes the bulk as it was read.
func (d *Desk) ownBulk(actor access.Actor, id string, at **store.Bulk) action.Act {
	return action.Act{Actor: actor, Action: access.BulkUse, On: func(tx *store.Tx) (access.Object, error) {
		o := access.Object{Kind: "bulk", ID: id}
		if id == "" {
			if actor.Person != "" {
				o.Owners = []drawbridge.PersonID{actor.Person}
			}
			return o, nil
		}
		b, err := tx.Bulk(id)
		if err != nil {
			return o, err
		}
		*at = b
		o.Owners = []drawbridge.PersonID{b.Person}
		return o, nil
	}}
}

// mayBulk asks the table, and then tells what is wrong with what was asked.
func (d *Desk) mayBulk(ctx context.Context, actor access.Actor, problem error) error {
	return d.door.View(ctx, d.ownBulk(actor, "", nil), func(*store.Tx) error { return problem })
}

// tellBulk is a bulk as it is told.
func (d *Desk) tellBulk(b *store.Bulk) drawbridge.Bulk {
	if b == nil {
		return drawbridge.Bulk{}
	}
	out := b.Bulk
	out.Undoable = b.State != drawbridge.BulkRunning && b.UndoOf == "" && b.Counts[drawbridge.BulkDid] > 0 && actOf(b.Act).undo != nil
	return out
}

// Bulk reads one of the actor's own bulks.
func (d *Desk) Bulk(ctx context.Context, actor access.Actor, id string) (out drawbridge.Bulk, err error) {
	var b *store.Bulk
	err = d.door.View(ctx, d.ownBulk(actor, id, &b), func(*store.Tx) error {
		out = d.tellBulk(b)
		return nil
	})
	return out, err
}

// Bulks lists the actor's own bulks, newest first.
func (d *Desk) Bulks(ctx context.Context, actor access.Actor, from *register.Cursor, limit int) (out register.Page[drawbridge.Bulk], err error) {
	n, err := size(limit)
	if err != nil {
		return out, err
	}
	err = d.door.View(ctx, d.ownBulk(actor, "", nil), func(tx *store.Tx) error {
		list, err := tx.Bulks(actor.Person, after(from), n+1)
		told := make([]drawbridge.Bulk, len(list))
		for i := range list {
			told[i] = d.tellBulk(&list[i])
		}
		out = paged(told, n, func(b drawbridge.Bulk) register.Cursor { return register.Cursor{ID: b.ID} })
		return err
	})
	return out, err
}

// BulkItems lists the items of one of the actor's own bulks, with one outcome or with any.
func (d *Desk) BulkItems(ctx context.Context, actor access.Actor, id string, outcome drawbridge.BulkOutcome, from *register.Cursor, limit int) (out register.Page[drawbridge.BulkItem], err error) {
	n, err := size(limit)
	if err == nil && outcome != "" && !slices.Contains(drawbridge.BulkOutcomes(), outcome) {
		err = drawbridge.Errorf(drawbridge.Invalid, "outcome is %.40q; write waits, begun, done, refused, left or undone", outcome)
	}
	var b *store.Bulk
	problem, place := err, int64(0)
	if from != nil {
		place = int64(from.Number)
	}
	err = d.door.View(ctx, d.ownBulk(actor, id, &b), func(tx *store.Tx) error {
		if problem != nil {
			return problem
		}
		list, err := tx.BulkItems(id, outcome, place, n+1)
		out = paged(list, n, func(i drawbridge.BulkItem) register.Cursor { return register.Cursor{Number: float64(i.N)} })
		return err
	})
	return out, err
}

// CancelBulk ends a bulk: what was not begun is left. What is being done is
// finished, and what was done stays done.
func (d *Desk) CancelBulk(ctx context.Context, actor access.Actor, id string) (drawbridge.Bulk, error) {
	var had *store.Bulk
	err := d.door.View(ctx, d.ownBulk(actor, id, &had), func(*store.Tx) error { return nil })
	if err != nil {
		return drawbridge.Bulk{}, err
	}
	err = d.door.Keep(ctx, func(tx *store.Tx) error {
		b, err := tx.Bulk(id)
		if err != nil || b.State == drawbridge.BulkCancelled {
			return err
		}
		if b.State == drawbridge.BulkDone {
			return drawbridge.Errorf(drawbridge.Conflict, "it is done already: there is nothing to cancel")
		}
		b.State, b.EndedAt = drawbridge.BulkCancelled, d.now()
		if err := tx.EndBulkItems(id, drawbridge.BulkWaits, drawbridge.BulkLeft, cancelled); err != nil {
			return err
		}
		return tx.SetBulk(b)
	})
	if err != nil {
		return drawbridge.Bulk{}, err
	}
	return d.Bulk(ctx, actor, id)
}

// BulkUndo is why a bulk is taken back.
type BulkUndo struct {
	ID     string
	Reason string
	Key    string // idempotency key
}

// UndoBulk takes back what a bulk did, by a further one: for each item that was
// done and has not changed since, the act that makes it as it was.
func (d *Desk) UndoBulk(ctx context.Context, actor access.Actor, in BulkUndo) (drawbridge.Bulk, error) {
	reason, problem := drawbridge.Prose(in.Reason, maxProse)
	if problem == nil && len(in.Key) > 200 {
		problem = drawbridge.Errorf(drawbridge.Invalid, "an idempotency key has at most 200 bytes")
	}
	if err := d.mayBulk(ctx, actor, problem); err != nil {
		return drawbridge.Bulk{}, err
	}
	undo := store.Bulk{Key: in.Key, Asked: "undo " + in.ID}
	if had, err := d.askedBefore(ctx, actor, &undo); err != nil || had != nil {
		return d.tellBulk(had), err
	}
	var items []drawbridge.BulkItem
	var b *store.Bulk
	err := d.door.View(ctx, d.ownBulk(actor, in.ID, &b), func(tx *store.Tx) error {
		switch {
		case b.State == drawbridge.BulkRunning:
			return drawbridge.Errorf(drawbridge.Conflict, "it is still running: cancel it first")
		case b.UndoOf != "":
			return drawbridge.Errorf(drawbridge.Conflict, "what was taken back is not taken back again: ask for it anew")
		case actOf(b.Act).undo == nil:
			return drawbridge.Errorf(drawbridge.Conflict, "what %s does cannot be taken back", b.Act)
		case b.Counts[drawbridge.BulkDid] == 0:
			return drawbridge.Errorf(drawbridge.Conflict, "there is nothing to take back: nothing was done, or it was taken back already")
		}
		if open, err := tx.UndoOfBulk(actor.Person, in.ID); err == nil {
			return drawbridge.Errorf(drawbridge.Conflict, "%s takes it back already", open.ID)
		} else if drawbridge.KindOf(err) != drawbridge.NotFound {
			return err
		}
		var err error
		items, err = tx.BulkItems(in.ID, drawbridge.BulkDid, 0, drawbridge.MaxBulk)
		for i := range items {
			items[i].Outcome, items[i].Tries, items[i].Memo.Of = drawbridge.BulkWaits, 0, items[i].N
		}
		undo.Act, undo.List, undo.With, undo.Reason, undo.UndoOf = b.Act, b.List, b.With, reason, b.ID
		return err
	})
	if err != nil {
		return drawbridge.Bulk{}, err
	}
	if undo.Reason == "" {
		undo.Reason = "taken back, with all of " + in.ID
	}
	return d.begin(ctx, actor, &undo, items)
}
