package programme

import (
	"context"
	"errors"
	"fmt"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// maxTries is how often an item is tried that fails through no fault of who asked.
const maxTries = 3

// worker is who goes on with a bulk.
type worker struct {
	name  string
	via   string
	until time.Time // when the rest is left to the queue; zero for the queue itself
}

// GoOn works on a bulk until every item has its outcome. The queue calls it; it
// may be called twice, and at once.
func (d *Desk) GoOn(ctx context.Context, id string) error {
	err := d.work(ctx, id, worker{name: drawbridge.NewID("run", d.now()), via: "job"})
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		return nil // whoever asked was erased, and it with them
	}
	return err
}

// work does item after item: one transaction notes the outcome of the last and
// writes down what the next will ask for, and the act is a transaction of its
// desk.
func (d *Desk) work(ctx context.Context, id string, w worker) error {
	var last *drawbridge.BulkItem
	for {
		var t *turn
		err := d.door.Keep(ctx, func(tx *store.Tx) (err error) {
			if last != nil {
				if err := d.noteItem(tx, id, last); err != nil {
					return err
				}
			}
			t, err = d.next(tx, id, w)
			return err
		})
		if err != nil || t == nil {
			return err
		}
		if last, err = t.run(ctx); err != nil {
			return errors.Join(err, d.door.Keep(context.WithoutCancel(ctx), func(tx *store.Tx) error { return d.release(tx, id, last, w) }))
		}
	}
}

// cancelled is why an item was left.
const cancelled = "cancelled before its turn"

// errBusy is the answer while another process goes on with a bulk.
var errBusy = drawbridge.Errorf(drawbridge.Unavailable, "another process goes on with it")

// next is the next item that has its turn, written down as begun. There is none
// when all is over, or the time is.
func (d *Desk) next(tx *store.Tx, id string, w worker) (*turn, error) {
	b, err := tx.Bulk(id)
	if err != nil {
		return nil, err
	}
	now := d.now()
	if b.Runner != w.name && b.Leased.After(now) {
		return nil, errBusy
	}
	if !w.until.IsZero() && !now.Before(w.until) && b.Over() < b.Total {
		return nil, d.handOver(tx, b)
	}
	if b.State != drawbridge.BulkRunning { // also what was to be tried again
		if err := tx.EndBulkItems(id, drawbridge.BulkWaits, drawbridge.BulkLeft, cancelled); err != nil {
			return nil, err
		}
	}
	actor, problem, err := d.asking(tx, b, w)
	if err != nil {
		return nil, err
	}
	for {
		t, err := d.pickNext(tx, b)
		if err != nil {
			return nil, err
		}
		if t == nil {
			return nil, d.finish(tx, b)
		}
		t.desk, t.actor, t.key = d, actor, fmt.Sprintf("%s/%d", id, t.item.N)
		if problem != nil {
			t.item.Outcome, t.item.Told = drawbridge.BulkRefused, message(problem)
		} else if t.item.Outcome == drawbridge.BulkWaits {
			if err := t.prepare(tx); err != nil {
				return nil, err
			}
		}
		if t.item.Ended() {
			if err := d.noteItem(tx, id, t.item); err != nil {
				return nil, err
			}
			continue
		}
		if err := tx.SetBulkItem(id, t.item); err != nil {
			return nil, err
		}
		b.Runner, b.Leased = w.name, now.Add(bulkLease)
		return t, tx.SetBulk(b)
	}
}

// pickNext is what was begun and has no outcome, or else the first that waits.
func (d *Desk) pickNext(tx *store.Tx, b *store.Bulk) (*turn, error) {
	for _, outcome := range []drawbridge.BulkOutcome{drawbridge.BulkBegun, drawbridge.BulkWaits} {
		list, err := tx.BulkItems(b.ID, outcome, 0, 1)
		if err != nil {
			return nil, err
		}
		if len(list) > 0 {
			return &turn{bulk: b, item: &list[0]}, nil
		}
	}
	return nil, nil
}

// asking is who asked, with the roles that they have now.
func (d *Desk) asking(tx *store.Tx, b *store.Bulk, w worker) (actor access.Actor, problem, err error) {
	p, err := tx.Person(b.Person)
	if err != nil {
		return actor, nil, err
	}
	if p.Disabled || p.Erased {
		problem = drawbridge.Errorf(drawbridge.Denied, "the account of who asked for it is closed")
	}
	return access.Actor{ID: string(p.ID), Person: p.ID, Roles: p.Roles, Via: w.via, Request: b.ID}, problem, nil
}

// prepare writes down what will be asked of the desk. Of what the person may not
// do, nothing is read: the desk refuses it.
func (t *turn) prepare(tx *store.Tx) error {
	t.item.Outcome = drawbridge.BulkBegun
	a := actOf(t.bulk.Act)
	fn := a.prepare
	if t.bulk.UndoOf != "" {
		fn = a.back
	}
	if fn == nil || !t.may(tx, a) {
		return nil
	}
	left, err := fn(t, tx)
	switch kind := drawbridge.KindOf(err); {
	case err == nil && left != "":
		t.item.Outcome, t.item.Told = drawbridge.BulkLeft, left
	case err != nil && kind != drawbridge.Conflict && kind != drawbridge.NotFound:
		return err
	case err != nil:
		t.item.Outcome, t.item.Told = drawbridge.BulkRefused, message(err)
	}
	return nil
}

// may reports whether the table lets the act be done to the item.
func (t *turn) may(tx *store.Tx, a *bulkAct) bool {
	if t.item.Integration == "" {
		return true // the person's own messages, which the desk of the inbox holds to be theirs
	}
	o, err := register.Object(tx, t.item.Integration, "integration", string(t.item.Integration))
	return err == nil && t.desk.door.Table().Decide(t.actor, a.May, o, t.desk.now()) == nil
}

// run does the act of the item, and tells its outcome. An error is none of the
// item: what waits is tried again later.
func (t *turn) run(ctx context.Context) (*drawbridge.BulkItem, error) {
	a := actOf(t.bulk.Act)
	do := a.do
	if t.bulk.UndoOf != "" {
		do = a.undo
	}
	err := do(ctx, t)
	i := t.item
	if err == nil {
		i.Outcome = drawbridge.BulkDid
		return i, nil
	}
	if ctx.Err() != nil {
		return nil, err // it stays begun
	}
	kind := drawbridge.KindOf(err)
	switch i.Tries++; {
	case kind == drawbridge.Conflict && i.Memo.Version != 0 && i.Tries < maxTries && t.bulk.Act != "review":
		// Somebody changed it in between: what is asked for is written down anew.
		i.Outcome = drawbridge.BulkWaits
		return i, nil
	case kind != drawbridge.Internal && kind != drawbridge.Unavailable && kind != drawbridge.Limited || i.Tries >= maxTries:
		i.Outcome, i.Told = drawbridge.BulkRefused, message(err)
		return i, nil
	}
	return i, fmt.Errorf("item %d of bulk %s: %w", i.N, t.bulk.ID, err)
}

// message is what may be shown of an error.
func message(err error) string {
	if e, ok := errors.AsType[*drawbridge.Error](err); ok && e.Kind != drawbridge.Internal {
		return e.Message
	}
	return "internal error; the server's log has it by the identifier of the bulk"
}

// noteItem writes the outcome of an item; one that was taken back is so in the
// bulk that did it, too.
func (d *Desk) noteItem(tx *store.Tx, id string, i *drawbridge.BulkItem) error {
	if err := tx.SetBulkItem(id, i); err != nil || i.Memo.Of == 0 || i.Outcome != drawbridge.BulkDid {
		return err
	}
	b, err := tx.Bulk(id)
	if err != nil {
		return err
	}
	was, err := tx.BulkItems(b.UndoOf, drawbridge.BulkDid, i.Memo.Of-1, 1)
	if err != nil || len(was) == 0 || was[0].N != i.Memo.Of {
		return err
	}
	was[0].Outcome = drawbridge.BulkUndone
	return tx.SetBulkItem(b.UndoOf, &was[0])
}

// finish notes that every item has its outcome.
func (d *Desk) finish(tx *store.Tx, b *store.Bulk) error {
	if b.State == drawbridge.BulkRunning {
		b.State, b.EndedAt = drawbridge.BulkDone, d.now()
	}
	b.Runner, b.Leased = "", time.Time{}
	if err := tx.EndEventsAbout(EventBulk, b.ID, d.now()); err != nil {
		return err
	}
	return tx.SetBulk(b)
}

// handOver leaves the rest to the queue.
func (d *Desk) handOver(tx *store.Tx, b *store.Bulk) error {
	now := d.now()
	b.Runner, b.Leased = "", time.Time{}
	if err := tx.EndEventsAbout(EventBulk, b.ID, now); err != nil {
		return err
	}
	if err := d.callBulk(tx, b.ID, now); err != nil {
		return err
	}
	return tx.SetBulk(b)
}

// release lets somebody else go on after a failure: the queue, when it was not
// the queue that failed.
func (d *Desk) release(tx *store.Tx, id string, i *drawbridge.BulkItem, w worker) error {
	b, err := tx.Bulk(id)
	if err != nil {
		return err
	}
	if i != nil {
		if err := tx.SetBulkItem(id, i); err != nil {
			return err
		}
	}
	if b.Runner != w.name {
		return nil
	}
	if !w.until.IsZero() {
		return d.handOver(tx, b)
	}
	b.Runner, b.Leased = "", time.Time{}
	return tx.SetBulk(b)
}
