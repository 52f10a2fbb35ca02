package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
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
	return time.Now().Add(r.wait(row)) //nolint:forbidigo // the queue compares it with its own clock
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
	j.opt.Log.ErrorContext(ctx, "job failed", slog.String("event", string(e.ID)), slog.String("kind", e.Kind), slog.String("subject", e.Subject),
		slog.Int("attempt", row.Attempt), slog.Bool("last", last), slog.Any("error", err))
	if err := j.opt.Door.Keep(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.FailEvent(e.ID, told, retry, j.opt.Door.Now()) }); err != nil {
		j.opt.Log.ErrorContext(ctx, "failure of a job not noted", slog.String("event", string(e.ID)), slog.Any("error", err))
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
	return slices.Contains([]drawbridge.Kind{drawbridge.Invalid, drawbridge.Denied, drawbridge.NotFound, drawbridge.TooLarge}, drawbridge.KindOf(err))
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
