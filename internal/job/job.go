// Package job is the queue and the calendar. Desks write events in their own
// transactions; job hands each to the durable queue (River, on the same
// database) and the queue runs its worker until it is done, at least once, here
// or in another process. It decides nothing: a worker calls a desk. What a
// worker changes it changes through action.Do with the event's identifier as
// key, so that a second run finds the first one's answer and changes nothing.
//
//	j, err := job.New(job.Options{Door: door, Log: log, Workers: map[string]job.Worker{
//		"assess": {Work: func(ctx context.Context, e job.Event) error { return desk.Reassess(ctx, access.System("assess"), e.Subject, job.Key(e)) }},
//	}})
//	err = j.Start(ctx)
//	defer j.Stop()
package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"drawbridge/internal/action"
	"drawbridge/internal/store"
)

// Event is what a worker is given: identifiers, and when it was due.
type Event = store.Event

// Key is the idempotency key of what a worker does for an event.
func Key(e Event) string { return string(e.ID) }

// Worker does the work of one kind of event.
type Worker struct {
	// Work runs until it is done or its context ends. It may run twice, even at
	// once, for the same event.
	Work func(ctx context.Context, e Event) error

	Timeout  time.Duration                    // of one run; default 1 minute
	Attempts int                              // default 10
	Retry    func(failures int) time.Duration // wait after so many failures; default [Backoff]
	Outside  bool                             // it waits for others: kept apart, so that a slow one holds up nothing here
}

const (
	defaultTimeout  = time.Minute
	defaultAttempts = 10
	maxTimeout      = time.Hour
)

// Backoff doubles from two seconds to an hour.
func Backoff(failures int) time.Duration {
	return min(2*time.Second<<min(max(failures-1, 0), 20), time.Hour)
}

// Options say what runs.
type Options struct {
	Door      *action.Door
	Database  string // as the store was given it
	Log       *slog.Logger
	Workers   map[string]Worker // by the kind of event
	Schedules []Schedule

	Parallel int           // runs at once; default 32, and 16 more of those that wait for others
	Grace    time.Duration // how long Stop waits for runs before it cancels them; default 10 s
}

// Jobs is the queue of one process.
type Jobs struct {
	opt      Options
	queue    queue
	close    func()
	stopping atomic.Bool
	ended    ended
	cancel   context.CancelFunc
	loops    sync.WaitGroup
}

// New prepares the queue. It connects to PostgreSQL lazily and starts nothing.
func New(opt Options) (*Jobs, error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Parallel <= 0 {
		opt.Parallel = 32
	}
	if opt.Grace <= 0 {
		opt.Grace = 10 * time.Second
	}
	j := &Jobs{opt: opt}
	workers := map[string]Worker{}
	for kind, w := range opt.Workers {
		if w.Work == nil || w.Timeout > maxTimeout {
			return nil, fmt.Errorf("job: worker %q has no work, or takes longer than %s", kind, maxTimeout)
		}
		if w.Timeout <= 0 {
			w.Timeout = defaultTimeout
		}
		if w.Attempts <= 0 {
			w.Attempts = defaultAttempts
		}
		if w.Retry == nil {
			w.Retry = Backoff
		}
		workers[kind] = w
	}
	j.opt.Workers = workers
	for _, s := range opt.Schedules {
		if err := s.check(workers); err != nil {
			return nil, err
		}
	}
	j.opt.Schedules = slices.Clone(opt.Schedules)
	return j, nil
}

// Start brings the queue's tables up to date and begins to work. Events that
// have not ended are handed to the queue again; it takes none twice.
func (j *Jobs) Start(ctx context.Context) error {
	var err error
	if j.queue, j.close, err = j.open(ctx); err != nil {
		return err
	}
	if _, err := Requeue(ctx, j.opt.Door); err != nil {
		j.close()
		return err
	}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	if err := j.queue.Start(context.WithoutCancel(ctx)); err != nil {
		cancel()
		j.close()
		return fmt.Errorf("start the queue: %w", err)
	}
	j.cancel = cancel
	j.loops.Go(func() { j.relayLoop(run) })
	j.loops.Go(func() { j.endLoop(run) })
	return nil
}

// Stop takes no new work, waits for what runs, and cancels it when the grace is
// over; what was cancelled runs again after the next start.
func (j *Jobs) Stop() {
	if j.cancel == nil {
		return
	}
	j.stopping.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), j.opt.Grace)
	defer cancel()
	if err := j.queue.Stop(ctx); err != nil {
		hard, cancel := context.WithTimeout(context.Background(), j.opt.Grace)
		defer cancel()
		if err := j.queue.StopAndCancel(hard); err != nil && !errors.Is(err, context.Canceled) {
			j.opt.Log.Error("jobs did not stop", slog.Any("error", err))
		}
	}
	j.cancel()
	j.loops.Wait()
	j.cancel = nil
	j.close()
}

// Requeue hands every event that has not ended to the queue again, also when the
// queue's tables are lost, and counts them.
func Requeue(ctx context.Context, door *action.Door) (n int64, err error) {
	err = door.Keep(ctx, func(tx *store.Tx) error {
		n, err = tx.RequeueEvents()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("requeue: %w", err)
	}
	return n, nil
}
