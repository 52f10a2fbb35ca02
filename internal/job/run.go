package job

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"

	"drawbridge"
	"drawbridge/internal/store"
)

// runner runs events for the queue.
type runner struct {
	river.WorkerDefaults[args]

	jobs *Jobs
}

// Timeout is that of the event's worker.
func (r *runner) Timeout(row *river.Job[args]) time.Duration {
	if w, ok := r.jobs.opt.Workers[row.Args.What]; ok {
		return w.Timeout
	}
	return defaultTimeout
}

// NextRetry is when a run that failed is tried again.
func (r *runner) NextRetry(row *river.Job[args]) time.Time {
	return time.Now().Add(r.wait(row)) // the queue's own clock
}

func (r *runner) wait(row *river.Job[args]) time.Duration {
	if w, ok := r.jobs.opt.Workers[row.Args.What]; ok {
		return w.Retry(row.Attempt)
	}
	return Backoff(row.Attempt)
}

// Work runs one event once.
func (r *runner) Work(ctx context.Context, row *river.Job[args]) error {
	j, e := r.jobs, row.Args.event()
	err := j.call(ctx, e)
	switch {
	case err == nil:
		j.ended.add(e.ID)
		return nil
	case errors.Is(context.Cause(ctx), river.ErrJobCancelledRemotely):
		return err // its event ended when it was cancelled
	case j.stopping.Load() && ctx.Err() != nil:
		return river.JobSnooze(0) // not its fault: it runs again after the start
	}
	told := tell(ctx, err)
	last := row.Attempt >= row.MaxAttempts || permanent(err)
	var retry time.Time
	if !last {
		retry = j.opt.Door.Now().Add(r.wait(row))
	}
	j.opt.Log.Error("job failed", "event", string(e.ID), "kind", e.Kind, "subject", e.Subject, "attempt", row.Attempt, "last", last, "error", err)
	if err := j.opt.Door.Keep(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.FailEvent(e.ID, told, retry, j.opt.Door.Now()) }); err != nil {
		j.opt.Log.Error("failure of a job not noted", "event", string(e.ID), "error", err)
	}
	if last {
		return river.JobCancel(errors.New(told))
	}
	return errors.New(told)
}

// call runs the worker and turns a panic into an error.
func (j *Jobs) call(ctx context.Context, e Event) (err error) {
	w, ok := j.opt.Workers[e.Kind]
	if !ok {
		return fmt.Errorf("job: nothing here works on events of kind %q", e.Kind)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("job: panic: %v\n%s", p, debug.Stack())
		}
	}()
	return w.Work(ctx, e)
}

// permanent errors stay what they are, however often it is tried.
func permanent(err error) bool {
	switch drawbridge.KindOf(err) {
	case drawbridge.Invalid, drawbridge.Denied, drawbridge.NotFound, drawbridge.TooLarge:
		return true
	}
	return false
}

// tell is what may be shown of an error. The log has the rest.
func tell(ctx context.Context, err error) string {
	if e, ok := errors.AsType[*drawbridge.Error](err); ok {
		return e.Message
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return "it took too long and was stopped"
	}
	return "internal error; the server's log has it by the job's id"
}
