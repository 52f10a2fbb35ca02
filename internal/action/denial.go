package action

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"drawbridge/internal/access"
	"drawbridge/internal/store"
)

// window is how long refusals of one kind are counted into one entry, and
// maxKinds how many kinds a window tells apart: together they bound what
// somebody who is refused can write.
const (
	window   = time.Minute
	maxKinds = 64
)

// denial is a kind of refusal.
type denial struct {
	actor  string
	action access.Action
}

// denials counts refusals. The first of a kind in a window is recorded at once,
// the others with their number when the window ends.
type denials struct {
	mu     sync.Mutex // guards what follows
	since  time.Time
	counts map[denial]int // refusals that are not in the ledger yet

	total atomic.Int64
}

// Refusals counts what was refused since the start.
func (d *Door) Refusals() int64 { return d.denials.total.Load() }

// note counts one refusal.
func (d *Door) note(ctx context.Context, act Act) {
	d.denials.total.Add(1)
	kind := denial{act.Actor.ID, act.Action}
	now := d.opt.Now()
	d.denials.mu.Lock()
	due := now.Sub(d.denials.since) >= window || now.Before(d.denials.since)
	d.denials.mu.Unlock()
	if due {
		d.FlushDenials(ctx)
	}
	d.denials.mu.Lock()
	_, known := d.denials.counts[kind]
	if !known && len(d.denials.counts) >= maxKinds {
		kind = denial{"others", access.Deny}
		_, known = d.denials.counts[kind]
	}
	if known {
		d.denials.counts[kind]++
	} else {
		d.denials.counts[kind] = 0
	}
	d.denials.mu.Unlock()
	if !known {
		d.record(ctx, act.Actor.Via, kind, 1)
	}
}

// FlushDenials records the refusals that were counted and begins a new window.
func (d *Door) FlushDenials(ctx context.Context) {
	d.denials.mu.Lock()
	counts := d.denials.counts
	d.denials.counts, d.denials.since = map[denial]int{}, d.opt.Now()
	d.denials.mu.Unlock()
	for kind, n := range counts {
		if n > 0 {
			d.record(ctx, "api", kind, n)
		}
	}
}

// record writes refusals to the ledger. The answer to the person is no in any
// case, so a failure is for the operator alone.
func (d *Door) record(ctx context.Context, via string, kind denial, n int) {
	actor := access.System("denials")
	actor.ID, actor.Via = kind.actor, via
	_, _, err := Do(context.WithoutCancel(ctx), d, Act{Actor: actor, Action: access.Deny, Object: access.Object{Kind: "action", ID: string(kind.action)}},
		func(tx *store.Tx) (struct{}, error) {
			tx.Note("refusals", n)
			return struct{}{}, nil
		})
	if err != nil {
		d.opt.Log.ErrorContext(ctx, "refusal not recorded", slog.String("action", string(kind.action)), slog.Any("error", err))
	}
}

// pending reads the tree with the hashes of one leaf that are not stored yet.
type pending struct {
	tx     *store.Tx
	seq    int64
	hashes []tlog.Hash
}

// ReadHashes makes pending a tlog.HashReader.
func (p pending) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	first := tlog.StoredHashIndex(0, p.seq)
	out := make([]tlog.Hash, len(indexes))
	var ask []int64
	var at []int
	for i, x := range indexes {
		if n := x - first; n >= 0 && n < int64(len(p.hashes)) {
			out[i] = p.hashes[n]
			continue
		}
		ask, at = append(ask, x), append(at, i)
	}
	got, err := p.tx.ReadHashes(ask)
	if err != nil {
		return nil, err
	}
	for i, h := range got {
		out[at[i]] = h
	}
	return out, nil
}
