package job

import (
	"context"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/store"
)

// State is where a job stands.
type State string

// The states of a job.
const (
	Scheduled State = "scheduled" // due later, or tried again later
	Queued    State = "queued"
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled"

	Open State = "open" // in a query: any of the first three
)

// Job is an event and how far its work came.
type Job struct {
	ID        drawbridge.EventID `json:"id"`
	Kind      string             `json:"kind"`
	Subject   string             `json:"subject"`
	State     State              `json:"state"`
	Failures  int64              `json:"failures"`
	LastError string             `json:"last_error"`
	CreatedAt time.Time          `json:"created_at"`
	DueAt     time.Time          `json:"due_at"`
	RetryAt   time.Time          `json:"retry_at"` // zero unless it failed and is tried again
	DoneAt    time.Time          `json:"done_at"`  // zero while it is open
}

// Query selects jobs; zero values select all.
type Query struct {
	State State // open, done, failed or cancelled
	Kind  string
	Below drawbridge.EventID // newest first, below this one
	Limit int                // at most 500; default 50
}

const maxList = 500

// List tells of jobs, newest first.
func (j *Jobs) List(ctx context.Context, actor access.Actor, q Query) ([]Job, error) {
	if q.Limit <= 0 {
		q.Limit = 50
	}
	f := store.EventFilter{Kind: q.Kind}
	switch q.State {
	case "":
	case Done, Failed, Cancelled:
		f.Outcome = store.Outcome(q.State)
	case Open:
		f.Open = true
	default:
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%q is not one of the states open, done, failed and cancelled", q.State)
	}
	var events []store.EventState
	err := j.opt.Door.List(ctx, actor, access.JobRead, func(tx *store.Tx, _ access.Scope) (err error) {
		events, err = tx.EventsBefore(f, q.Below, min(q.Limit, maxList))
		return err
	})
	if err != nil {
		return nil, err
	}
	return j.views(ctx, events)
}

// Get tells of one job.
func (j *Jobs) Get(ctx context.Context, actor access.Actor, id drawbridge.EventID) (Job, error) {
	var e *store.EventState
	err := j.opt.Door.View(ctx, action.Act{Actor: actor, Action: access.JobRead, Object: object(id)}, func(tx *store.Tx) (err error) {
		e, err = tx.EventState(id)
		return err
	})
	if err != nil {
		return Job{}, err
	}
	list, err := j.views(ctx, []store.EventState{*e})
	if err != nil {
		return Job{}, err
	}
	return list[0], nil
}

func object(id drawbridge.EventID) access.Object { return access.Object{Kind: "job", ID: string(id)} }

// views tells events as jobs; the queue knows which of them run now.
func (j *Jobs) views(ctx context.Context, events []store.EventState) ([]Job, error) {
	var ids []int64
	for _, e := range events {
		if e.DoneAt.IsZero() && e.Job != 0 {
			ids = append(ids, e.Job)
		}
	}
	running := map[int64]bool{}
	if len(ids) > 0 && j.queue != nil {
		res, err := j.queue.JobList(ctx, river.NewJobListParams().IDs(ids...).States(rivertype.JobStateRunning).First(maxList))
		if err != nil {
			return nil, drawbridge.Errorf(drawbridge.Unavailable, "the queue cannot be read now: %w", err)
		}
		for _, row := range res.Jobs {
			running[row.ID] = true
		}
	}
	now := j.opt.Door.Now()
	out := make([]Job, len(events))
	for i, e := range events {
		out[i] = view(e, running[e.Job], now)
	}
	return out, nil
}

func view(e store.EventState, running bool, now time.Time) Job {
	v := Job{
		ID: e.ID, Kind: e.Kind, Subject: e.Subject, State: Queued, Failures: e.Failures, LastError: e.LastError,
		CreatedAt: e.CreatedAt, DueAt: e.DueAt, RetryAt: e.RetryAt, DoneAt: e.DoneAt,
	}
	switch {
	case e.Outcome != "":
		v.State = State(e.Outcome)
	case running:
		v.State = Running
	case e.DueAt.After(now) || e.RetryAt.After(now):
		v.State = Scheduled
	}
	return v
}

// Change is what a person asks of one job.
type Change struct {
	ID     drawbridge.EventID
	Reason string
	Key    string // idempotency key
}

// Cancel ends a job that has not ended; the context of a running one is
// cancelled, and what it has done stays done.
func (j *Jobs) Cancel(ctx context.Context, actor access.Actor, c Change) (action.Receipt, error) {
	return j.control(ctx, actor, c, "cancel", func(tx *store.Tx, e *store.EventState) error {
		if !e.DoneAt.IsZero() {
			return drawbridge.Errorf(drawbridge.Conflict, "the job %s is %s already", e.ID, e.Outcome)
		}
		if e.Job != 0 {
			tx.AfterCommit(func() { j.inQueue(ctx, e, queue.JobCancel) })
		}
		return tx.EndEvents([]drawbridge.EventID{e.ID}, store.OutcomeCancelled, j.opt.Door.Now())
	})
}

// Retry runs a job that failed, was cancelled or waits for another try, now.
func (j *Jobs) Retry(ctx context.Context, actor access.Actor, c Change) (action.Receipt, error) {
	return j.control(ctx, actor, c, "retry", func(tx *store.Tx, e *store.EventState) error {
		switch {
		case e.Outcome == store.OutcomeDone:
			return drawbridge.Errorf(drawbridge.Conflict, "the job %s is done already", e.ID)
		case e.Outcome == "" && e.RetryAt.IsZero():
			return drawbridge.Errorf(drawbridge.Conflict, "the job %s waits for its first run at %s", e.ID, e.DueAt.Format(time.RFC3339))
		case e.Outcome == "":
			tx.AfterCommit(func() { j.inQueue(ctx, e, queue.JobRetry) })
			return nil
		}
		return tx.ReopenEvent(e.ID, j.opt.Door.Now())
	})
}

// control records what a person did to a job.
func (j *Jobs) control(ctx context.Context, actor access.Actor, c Change, verb string, fn func(*store.Tx, *store.EventState) error) (action.Receipt, error) {
	act := action.Act{
		Actor: actor, Action: access.JobControl, Object: object(c.ID), Reason: c.Reason, Key: c.Key,
		Input: map[string]string{"do": verb, "job": string(c.ID)},
	}
	_, receipt, err := action.Do(ctx, j.opt.Door, act, func(tx *store.Tx) (struct{}, error) {
		e, err := tx.EventState(c.ID)
		if err != nil {
			return struct{}{}, err
		}
		tx.Note("do", verb)
		return struct{}{}, fn(tx, e)
	})
	return receipt, err
}

// inQueue tells the queue what the record says already; when it fails, the
// record stands, and the run ends by itself.
func (j *Jobs) inQueue(ctx context.Context, e *store.EventState, do func(queue, context.Context, int64) (*rivertype.JobRow, error)) {
	if j.queue == nil {
		return // nothing runs here
	}
	if _, err := do(j.queue, context.WithoutCancel(ctx), e.Job); err != nil {
		j.opt.Log.ErrorContext(ctx, "the queue was not told", slog.String("event", string(e.ID)), slog.Any("error", err))
	}
}
