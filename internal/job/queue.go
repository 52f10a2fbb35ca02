package job

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"drawbridge"
	"drawbridge/internal/store"
)

// queue is what is used of River's client, whichever the database.
type queue interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
	InsertMany(ctx context.Context, params []river.InsertManyParams) ([]*rivertype.JobInsertResult, error)
	JobCancel(ctx context.Context, id int64) (*rivertype.JobRow, error)
	JobRetry(ctx context.Context, id int64) (*rivertype.JobRow, error)
	JobList(ctx context.Context, params *river.JobListParams) (*river.JobListResult, error)
}

// The queue's names for its two sets of runs.
const (
	inside  = river.QueueDefault
	outside = "outside"
)

// args is an event in the queue. The queue takes one of an event's identifier.
type args struct {
	Event   drawbridge.EventID `json:"event" river:"unique"`
	What    string             `json:"kind"`
	Subject string             `json:"subject"`
	Due     time.Time          `json:"due"`
	Made    time.Time          `json:"made"`
}

// Kind is the queue's word for all of them.
func (args) Kind() string { return "event" }

func (a args) event() Event {
	return Event{ID: a.Event, Kind: a.What, Subject: a.Subject, DueAt: a.Due, CreatedAt: a.Made}
}

// sqlite has the queue wake its workers in this process alone: the driver's own
// notices are rows that it would poll for twenty times a second.
type sqlite struct{ *riversqlite.Driver }

func (sqlite) SupportsListener() bool     { return false }
func (sqlite) SupportsListenNotify() bool { return false }

// open connects the queue and brings its tables up to date.
func (j *Jobs) open(ctx context.Context) (queue, func(), error) {
	if !j.opt.Door.Store().Postgres() {
		// The store's one writing connection: a second writer would be refused.
		driver := sqlite{riversqlite.New(j.opt.Door.Store().Writer())}
		q, err := connect(ctx, j, driver)
		if err == nil {
			// Nobody else works on this file, so what runs has no process any more.
			err = rescue(ctx, driver.GetExecutor())
		}
		return q, func() {}, err
	}
	config, err := pgxpool.ParseConfig(j.opt.Database)
	if err != nil {
		return nil, nil, drawbridge.Errorf(drawbridge.Invalid, "--database: the address cannot be read")
	}
	config.MaxConns = 6 // one of them listens
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, nil, drawbridge.Errorf(drawbridge.Unavailable, "the queue cannot reach the database: %w", err)
	}
	q, err := connect(ctx, j, riverpgxv5.New(pool))
	if err != nil {
		pool.Close()
	}
	return q, pool.Close, err
}

func connect[T any](ctx context.Context, j *Jobs, driver riverdriver.Driver[T]) (queue, error) {
	log := slog.New(loud{j.opt.Log.With(slog.String("part", "queue")).Handler()})
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: log})
	if err != nil {
		return nil, fmt.Errorf("tables of the queue: %w", err)
	}
	up := func(*store.Tx) error {
		_, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	}
	if j.opt.Door.Store().Postgres() { // the writers' lock orders processes that start together; SQLite has one
		err = j.opt.Door.Keep(ctx, up)
	} else {
		err = up(nil)
	}
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Unavailable, "the queue's tables cannot be brought up to date: %w", err)
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &runner{jobs: j})
	c, err := river.NewClient(driver, &river.Config{
		Logger: log, Workers: workers,
		Queues:            map[string]river.QueueConfig{inside: {MaxWorkers: j.opt.Parallel}, outside: {MaxWorkers: 16}},
		FetchCooldown:     5 * time.Millisecond,
		FetchPollInterval: 2 * time.Second, // a fallback, and the grain of retries
		// A run that is this late, and past its own timeout, has lost its process:
		// another one takes over.
		RescueStuckJobsAfter:        defaultTimeout + 30*time.Second,
		CompletedJobRetentionPeriod: time.Hour, // the event remembers longer
		CancelledJobRetentionPeriod: time.Hour,
		DiscardedJobRetentionPeriod: time.Hour,
	})
	if err != nil {
		return nil, fmt.Errorf("set up the queue: %w", err)
	}
	return c, nil
}

// rescueBatch bounds one step of a rescue.
const rescueBatch = 1000

// rescue lets what a killed process left running be run again at once. Were the
// process alive after all, the work would run twice and have its effect once.
func rescue(ctx context.Context, exec riverdriver.Executor) error {
	now := time.Now() //nolint:forbidigo // the queue's own clock, which it wrote into its rows
	horizon := now.Add(time.Minute)
	note, err := json.Marshal(rivertype.AttemptError{At: now, Error: "its process ended"})
	if err != nil {
		return err
	}
	for after := int64(0); ; {
		list, err := exec.JobGetStuck(ctx, &riverdriver.JobGetStuckParams{AfterID: after, Max: rescueBatch, StuckHorizon: horizon})
		if err != nil {
			return fmt.Errorf("find jobs whose process ended: %w", err)
		}
		if len(list) == 0 {
			return nil
		}
		p := &riverdriver.JobRescueManyParams{StuckHorizon: horizon}
		for _, row := range list {
			after = row.ID
			p.ID, p.Error, p.FinalizedAt = append(p.ID, row.ID), append(p.Error, note), append(p.FinalizedAt, nil)
			p.ScheduledAt, p.State = append(p.ScheduledAt, now), append(p.State, string(rivertype.JobStateAvailable))
		}
		if _, err := exec.JobRescueMany(ctx, p); err != nil {
			return fmt.Errorf("take over jobs whose process ended: %w", err)
		}
	}
}

// loud keeps of the queue's log what an operator must know.
type loud struct{ slog.Handler }

func (l loud) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError && l.Handler.Enabled(ctx, level)
}

func (l loud) WithAttrs(attrs []slog.Attr) slog.Handler { return loud{l.Handler.WithAttrs(attrs)} }
func (l loud) WithGroup(name string) slog.Handler       { return loud{l.Handler.WithGroup(name)} }
