package job

import (
	"context"
	"fmt"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/store"
)

// Schedule makes events regularly. Every process that runs makes them; the
// database keeps one for each kind, subject and period, so neither a second
// process nor a clock that jumps doubles one. A period in which nothing ran is
// not made up for, except the present one.
type Schedule struct {
	Kind  string
	Every time.Duration // at most a week; periods begin at multiples of it, in UTC
	At    time.Duration // how far into the period, as 2 h for 02:00 of a day

	// Subjects tells what it is due for now; nil makes one event without a subject.
	Subjects func(ctx context.Context, now time.Time) ([]string, error)
}

func (s Schedule) check(workers map[string]Worker) error {
	if _, ok := workers[s.Kind]; !ok || s.Every < time.Second || s.Every > 7*24*time.Hour || s.At < 0 || s.At >= s.Every {
		return fmt.Errorf("job: schedule of %q: it needs a worker, a period from a second to a week, and a time within it", s.Kind)
	}
	return nil
}

// period is when the present one began.
func (s Schedule) period(now time.Time) time.Time {
	return now.UTC().Add(-s.At).Truncate(s.Every).Add(s.At)
}

// calendar remembers which period of each schedule is made already.
type calendar map[int]time.Time

// schedule makes the events of periods that began.
func (j *Jobs) schedule(ctx context.Context, made calendar) error {
	now := j.opt.Door.Now()
	for i, s := range j.opt.Schedules {
		period := s.period(now)
		if made[i].Equal(period) {
			continue
		}
		subjects := []string{""}
		if s.Subjects != nil {
			var err error
			if subjects, err = s.Subjects(ctx, now); err != nil {
				return fmt.Errorf("schedule of %s: %w", s.Kind, err)
			}
		}
		for some := range slices.Chunk(subjects, relayBatch) {
			err := j.opt.Door.Keep(ctx, func(tx *store.Tx) error {
				for _, subject := range some {
					id := drawbridge.EventID(drawbridge.NewID("evt", now))
					if err := tx.AddScheduled(Event{ID: id, Kind: s.Kind, Subject: subject, DueAt: period, CreatedAt: now}, period); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return fmt.Errorf("schedule of %s: %w", s.Kind, err)
			}
		}
		made[i] = period
	}
	return nil
}
