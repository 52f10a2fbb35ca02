package app

import (
	"context"
	"fmt"
	"maps"
	"net"
	"strconv"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/custody"
	"drawbridge/internal/dossier"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/job"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/notify"
	"drawbridge/internal/programme"
	"drawbridge/internal/register"
)

// The regular jobs of the installation itself.
const (
	eventPurge = "retention.purge"
	eventSweep = "session.sweep"
)

// work adds what runs without being asked: metrics, the record of refusals, and the queue.
func (a *App) work() error {
	a.observe()
	ticks := &ticker{every: time.Minute, do: a.Door.FlushDenials}
	a.add("refusals", ticks.start, ticks.stop)
	var err error
	if a.notify, err = notify.New(notify.Options{
		Door: a.Door, Log: a.Log, PublicURL: a.Options.PublicURL, Mail: a.Options.mail(), Receivers: a.Options.AllowHosts, Version: a.Options.Version,
	}); err != nil {
		return fmt.Errorf("put notify together: %w", err)
	}
	a.Programme.SetMarks(a.notify.Marks())
	workers := a.workers()
	maps.Copy(workers, a.notify.Workers())
	a.jobs, err = job.New(job.Options{
		Door: a.Door, Database: a.Options.Database, Log: a.Log, Parallel: a.Options.Workers, Workers: workers,
		Schedules: append(a.notify.Schedules(),
			job.Schedule{Kind: eventPurge, Every: 24 * time.Hour, At: 2 * time.Hour},
			job.Schedule{Kind: programme.EventSweep, Every: 24 * time.Hour, At: 3 * time.Hour},
			job.Schedule{Kind: eventSweep, Every: time.Hour}),
	})
	if err != nil {
		return fmt.Errorf("put the queue together: %w", err)
	}
	a.add("jobs", a.jobs.Start, func(context.Context) error { a.jobs.Stop(); return nil })
	return nil
}

// workers are the jobs of the desks: each calls one, as the system.
func (a *App) workers() map[string]job.Worker {
	return map[string]job.Worker{
		register.EventAssess: {Timeout: 10 * time.Minute, Work: func(ctx context.Context, e job.Event) error {
			_, err := a.Register.AssessDue(ctx, access.System("assess"), drawbridge.IntegrationID(e.Subject))
			return a.lookAt(ctx, e, err)
		}},
		register.EventTouched: {Timeout: 10 * time.Minute, Work: func(ctx context.Context, e job.Event) error {
			_, err := a.Register.AssessTouched(ctx, access.System("assess"), e)
			return a.lookAt(ctx, e, err)
		}},
		dossier.EventCounts: {Timeout: 10 * time.Minute, Work: func(ctx context.Context, e job.Event) error {
			return a.Dossier.Recount(ctx, drawbridge.EvidenceID(e.Subject))
		}},
		inquiry.EventExpiring: {Work: func(ctx context.Context, e job.Event) error {
			return a.Inquiry.NoteExpiry(ctx, access.System("link"), drawbridge.LinkID(e.Subject), job.Key(e))
		}},
		register.EventPushed: {Timeout: 10 * time.Minute, Work: func(ctx context.Context, e job.Event) error {
			if err := a.Lifecycle.Adopt(ctx, access.System("lifecycle"), drawbridge.IntegrationID(e.Subject)); err != nil {
				return err
			}
			return a.lookAt(ctx, e, a.Review.Pushed(ctx, access.System("review"), drawbridge.IntegrationID(e.Subject), job.Key(e)))
		}},
		lifecycle.EventEnding: {Work: func(ctx context.Context, e job.Event) error {
			return a.Lifecycle.Ending(ctx, access.System("lifecycle"), e.Subject)
		}},
		lifecycle.EventEnded: {Work: func(ctx context.Context, e job.Event) error {
			return a.Lifecycle.Ended(ctx, access.System("lifecycle"), e.Subject)
		}},
		programme.EventSweep: {Timeout: time.Hour, Work: func(ctx context.Context, _ job.Event) error {
			_, err := a.Programme.Sweep(ctx, access.System("programme"))
			return err
		}},
		programme.EventNotice: {Timeout: 10 * time.Minute, Work: func(ctx context.Context, e job.Event) error {
			return a.Programme.Noticed(ctx, access.System("programme"), e.Subject)
		}},
		register.EventAssigned: {Work: func(ctx context.Context, e job.Event) error {
			return a.Programme.Assigned(ctx, access.System("programme"), drawbridge.IntegrationID(e.Subject), job.Key(e))
		}},
		programme.EventBulk: {Timeout: time.Hour, Attempts: 20, Work: func(ctx context.Context, e job.Event) error {
			return a.Programme.GoOn(ctx, e.Subject)
		}},
		eventPurge: {Timeout: time.Hour, Work: func(ctx context.Context, _ job.Event) error {
			_, err := a.Custody.Purge(ctx, access.System("purge"), custody.PurgeOptions{})
			return err
		}},
		eventSweep: {Work: func(ctx context.Context, _ job.Event) error {
			if _, err := a.Account.Sweep(ctx); err != nil {
				return err
			}
			_, err := a.Review.SweepDrafts(ctx)
			return err
		}},
	}
}

// lookAt compares what was decided about an integration with what was just found
// out of it, so that a failed check or evidence that ended waits for no night.
func (a *App) lookAt(ctx context.Context, e job.Event, err error) error {
	if err == nil {
		_, err = a.Programme.Look(ctx, access.System("programme"), drawbridge.IntegrationID(e.Subject))
	}
	return err
}

// mail is the mail server of the settings, which were validated.
func (o Options) mail() notify.Mail {
	if o.SMTPAddress == "" {
		return notify.Mail{}
	}
	host, port, _ := net.SplitHostPort(o.SMTPAddress)
	n, _ := strconv.Atoi(port)
	return notify.Mail{Host: host, Port: n, From: o.SMTPFrom, User: o.SMTPUser, Password: o.SMTPPassword}
}
