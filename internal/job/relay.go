package job

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"drawbridge"
	"drawbridge/internal/store"
)

const (
	relayBatch = 500
	relayEvery = time.Second // finds what falls due, and what another process wrote
	keepEnded  = 30 * 24 * time.Hour
	sweepEvery = time.Hour
	sweepBatch = 5000
	steady     = 5 * time.Minute // more than this between two looks at the clock is a leap
)

// relayLoop hands events to the queue: at once when this process wrote some.
func (j *Jobs) relayLoop(ctx context.Context) {
	tick := time.NewTicker(relayEvery)
	defer tick.Stop()
	calendar := calendar{}
	swept := j.opt.Door.Now()
	last, failing := swept, false
	for {
		err := j.schedule(ctx, calendar)
		for err == nil {
			var n int
			if n, err = j.relay(ctx); n < relayBatch {
				break
			}
		}
		now := j.opt.Door.Now()
		if now.Before(last) || now.Sub(last) > steady {
			swept = now // a clock that leaps must not make the calendar forget
		}
		if last = now; err == nil && now.Sub(swept) >= sweepEvery {
			swept = now
			err = j.sweep(ctx, now)
		}
		if err != nil && !failing && ctx.Err() == nil {
			j.opt.Log.ErrorContext(ctx, "events wait: the queue cannot be reached", slog.Any("error", err)) // once; the next success ends it
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-j.opt.Door.Store().Events():
		case <-tick.C:
		}
	}
}

// relay hands one batch over. A crash behind the insert repeats it, and the
// queue takes no event twice.
func (j *Jobs) relay(ctx context.Context) (int, error) {
	now := j.opt.Door.Now()
	var open []store.EventState
	err := j.opt.Door.Store().View(ctx, func(tx *store.Tx) (err error) {
		open, err = tx.OpenEvents(now, relayBatch)
		return err
	})
	if err != nil || len(open) == 0 {
		return 0, err
	}
	params := make([]river.InsertManyParams, len(open))
	for i, e := range open {
		w := j.opt.Workers[e.Kind]
		opts := &river.InsertOpts{
			MaxAttempts: max(w.Attempts, 1), Queue: inside, ScheduledAt: e.RetryAt,
			UniqueOpts: river.UniqueOpts{ByArgs: true},
		}
		if w.Outside {
			opts.Queue = outside
		}
		params[i] = river.InsertManyParams{Args: args{e.ID, e.Kind, e.Subject, e.DueAt, e.CreatedAt}, InsertOpts: opts}
	}
	rows, err := j.queue.InsertMany(ctx, params)
	if err != nil {
		return 0, err
	}
	jobs := map[drawbridge.EventID]int64{}
	var done []drawbridge.EventID
	for i, r := range rows {
		jobs[open[i].ID] = r.Job.ID
		if r.Job.State == rivertype.JobStateCompleted { // its end was not noted
			done = append(done, open[i].ID)
		}
	}
	return len(open), j.opt.Door.Keep(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.MarkRelayed(jobs, now), tx.EndEvents(done, store.OutcomeDone, now))
	})
}

// sweep forgets events that ended long ago.
func (j *Jobs) sweep(ctx context.Context, now time.Time) error {
	for n := int64(sweepBatch); n == sweepBatch; {
		err := j.opt.Door.Keep(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.DropEvents(now.Add(-keepEnded), sweepBatch)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ended gathers events that are done, so that their ends are noted together.
// What is lost of it by a crash is found by the next start.
type ended struct {
	mu   sync.Mutex // guards ids
	ids  []drawbridge.EventID
	full chan struct{}
	once sync.Once
}

func (e *ended) ring() chan struct{} {
	e.once.Do(func() { e.full = make(chan struct{}, 1) })
	return e.full
}

func (e *ended) add(id drawbridge.EventID) {
	e.mu.Lock()
	e.ids = append(e.ids, id)
	first := len(e.ids) == 1
	e.mu.Unlock()
	if first {
		select {
		case e.ring() <- struct{}{}:
		default:
		}
	}
}

func (e *ended) take() []drawbridge.EventID {
	e.mu.Lock()
	defer e.mu.Unlock()
	ids := e.ids
	e.ids = nil
	return ids
}

// endEvery is how long ends are gathered.
const endEvery = 100 * time.Millisecond

// endLoop notes the ends of events. It sleeps while nothing ends.
func (j *Jobs) endLoop(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			j.noteEnds(context.WithoutCancel(ctx))
			return
		case <-j.ended.ring():
		}
		select {
		case <-ctx.Done():
		case <-time.After(endEvery):
		}
		j.noteEnds(context.WithoutCancel(ctx))
	}
}

// noteEnds is for the next start to repeat when it fails.
func (j *Jobs) noteEnds(ctx context.Context) {
	for ids := range slices.Chunk(j.ended.take(), relayBatch) {
		err := j.opt.Door.Keep(ctx, func(tx *store.Tx) error { return tx.EndEvents(ids, store.OutcomeDone, j.opt.Door.Now()) })
		if err != nil {
			j.opt.Log.ErrorContext(ctx, "ends of events not noted; the next start does", slog.Int("events", len(ids)), slog.Any("error", err))
		}
	}
}
