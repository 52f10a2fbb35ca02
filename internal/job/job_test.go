package job_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/job"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// clock is a clock that tests move.
type clock struct{ at atomic.Int64 }

func newClock() *clock                   { c := &clock{}; c.set(start); return c }
func (c *clock) now() time.Time          { return time.UnixMicro(c.at.Load()).UTC() }
func (c *clock) set(t time.Time)         { c.at.Store(t.UnixMicro()) }
func (c *clock) advance(d time.Duration) { c.set(c.now().Add(d)) }

type world struct {
	door  *action.Door
	url   string
	clock *clock
}

func open(tb testing.TB, url string) world {
	tb.Helper()
	dir := tb.TempDir()
	keys, err := seal.EnsureKeyring(filepath.Join(dir, "keys"), "drawbridge.test/log", start)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := store.Open(tb.Context(), store.Options{Dir: dir, Database: url})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	c := newClock()
	return world{action.New(action.Options{Store: s, Keys: keys, Now: c.now}), url, c}
}

func (w world) jobs(tb testing.TB, opt job.Options) *job.Jobs {
	tb.Helper()
	opt.Door, opt.Database = w.door, w.url
	j, err := job.New(opt)
	if err != nil {
		tb.Fatal(err)
	}
	return j
}

func (w world) start(tb testing.TB, opt job.Options) *job.Jobs {
	tb.Helper()
	j := w.jobs(tb, opt)
	if err := j.Start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(j.Stop)
	return j
}

// add writes n events of a kind, as a desk does.
func (w world) add(tb testing.TB, kind string, n int) []drawbridge.EventID {
	tb.Helper()
	var ids []drawbridge.EventID
	err := w.door.Keep(tb.Context(), func(tx *store.Tx) error {
		for i := range n {
			id := drawbridge.EventID(drawbridge.NewID("evt", w.clock.now()))
			ids = append(ids, id)
			if err := tx.AddEvent(job.Event{ID: id, Kind: kind, Subject: fmt.Sprint("s", i), DueAt: w.clock.now(), CreatedAt: w.clock.now()}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return ids
}

// effect adds a webhook named by the event, each run another: the work of these tests.
func (w world) effect(ctx context.Context, e job.Event) error {
	act := action.Act{Actor: access.System("test"), Action: access.WebhookWrite, Object: access.Object{Kind: "webhook"}, Key: job.Key(e), Input: e.Subject}
	_, _, err := action.Do(ctx, w.door, act, func(tx *store.Tx) (string, error) {
		tx.Note("event", string(e.ID))
		return e.Subject, tx.AddWebhook(&drawbridge.Hook{ID: drawbridge.WebhookID(drawbridge.NewID("whk", w.clock.now())), Name: string(e.ID), CreatedAt: w.clock.now()})
	})
	return err
}

// effects counts what was recorded for each event.
func (w world) effects(tb testing.TB) map[drawbridge.EventID]int {
	tb.Helper()
	out := map[drawbridge.EventID]int{}
	err := w.door.Store().View(tb.Context(), func(tx *store.Tx) error {
		for after := drawbridge.WebhookID(""); ; {
			list, err := tx.WebhooksAfter(after, 1000)
			if err != nil || len(list) == 0 {
				return err
			}
			for _, b := range list {
				out[drawbridge.EventID(b.Name)]++
				after = b.ID
			}
		}
	})
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// wait polls until the condition holds: longer than it takes a process on PostgreSQL
// to take over what another one left running, a minute and a half and the next look.
func wait(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(4 * time.Minute)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			tb.Fatalf("%s: not within four minutes", what)
		}
	}
}

var operator = access.Actor{ID: "per_1", Person: "per_1", Roles: []drawbridge.Role{drawbridge.Operator}, Via: "api"}

func (w world) get(tb testing.TB, j *job.Jobs, id drawbridge.EventID) job.Job {
	tb.Helper()
	v, err := j.Get(tb.Context(), operator, id)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func (w world) until(tb testing.TB, j *job.Jobs, id drawbridge.EventID, state job.State) job.Job {
	tb.Helper()
	var v job.Job
	wait(tb, fmt.Sprintf("job %s becomes %s", id, state), func() bool { v = w.get(tb, j, id); return v.State == state })
	return v
}

func databases(t *testing.T, test func(t *testing.T, w world)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, url string) { test(t, open(t, url)) })
}

// TestNothingLost stops the queue in the middle of its work, again and again.
func TestNothingLost(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, w world) {
		ids := w.add(t, "effect", 250)
		stopped := 0
		for round := range 4 {
			ran := atomic.Int64{}
			enough := make(chan struct{})
			j := w.jobs(t, job.Options{Grace: time.Millisecond, Workers: map[string]job.Worker{"effect": {Work: func(ctx context.Context, e job.Event) error {
				if ran.Add(1) == 40 {
					close(enough)
				}
				if ran.Load() >= 40 && round < 3 { // dies with the effect done and the end not noted, or before it
					if e.ID[len(e.ID)-1]%2 == 0 {
						_ = w.effect(ctx, e)
					}
					<-ctx.Done()
					return ctx.Err()
				}
				return w.effect(ctx, e)
			}}}})
			if err := j.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			if round < 3 {
				<-enough
				stopped++
			} else {
				wait(t, "every effect", func() bool { return len(w.effects(t)) == len(ids) })
			}
			j.Stop()
		}
		for id, n := range w.effects(t) {
			if n != 1 {
				t.Errorf("event %s has %d effects, want 1", id, n)
			}
		}
		if err := w.door.Store().View(t.Context(), func(tx *store.Tx) error {
			open, err := tx.EventsBefore(store.EventFilter{Open: true}, "", 1000)
			if len(open) > 0 {
				t.Errorf("%d events did not end", len(open))
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// TestTwiceAtOnce runs one event in two processes that both believe to hold it.
func TestTwiceAtOnce(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, w world) {
		id := w.add(t, "effect", 1)[0]
		e := job.Event{ID: id, Kind: "effect", Subject: "s0"}
		var both sync.WaitGroup
		for range 4 {
			both.Go(func() {
				if err := w.effect(t.Context(), e); err != nil {
					t.Errorf("run: %v", err)
				}
			})
		}
		both.Wait()
		if n := w.effects(t)[id]; n != 1 {
			t.Errorf("%d effects, want 1", n)
		}
	})
}

// TestQueueLost deletes what the queue knows, as a restored backup does.
func TestQueueLost(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, w world) {
		block := make(chan struct{})
		j := w.jobs(t, job.Options{Grace: time.Millisecond, Workers: map[string]job.Worker{"effect": {Work: func(ctx context.Context, _ job.Event) error {
			select {
			case <-block:
			case <-ctx.Done():
			}
			return ctx.Err()
		}}}})
		if err := j.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		ids := w.add(t, "effect", 20)
		w.until(t, j, ids[0], job.Running)
		j.Stop()
		if _, err := w.door.Store().Writer().ExecContext(t.Context(), `DELETE FROM river_job`); err != nil {
			t.Fatal(err)
		}
		w.start(t, job.Options{Workers: map[string]job.Worker{"effect": {Work: w.effect}}})
		wait(t, "every effect", func() bool { return len(w.effects(t)) == len(ids) })
	})
}

// TestKilled finds runs whose process was killed: on SQLite the next start takes
// them over at once.
func TestKilled(t *testing.T) {
	t.Parallel()
	w := open(t, "")
	j := w.jobs(t, job.Options{Grace: time.Millisecond, Workers: map[string]job.Worker{"effect": {Work: func(ctx context.Context, _ job.Event) error {
		<-ctx.Done()
		return ctx.Err()
	}}}})
	if err := j.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ids := w.add(t, "effect", 20)
	w.until(t, j, ids[0], job.Running)
	j.Stop()
	// What a killed process leaves behind.
	res, err := w.door.Store().Writer().ExecContext(t.Context(), `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = CURRENT_TIMESTAMP`)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 20 {
		t.Fatalf("%d rows %v, want 20", n, err)
	}
	w.start(t, job.Options{Workers: map[string]job.Worker{"effect": {Work: w.effect}}})
	wait(t, "every effect", func() bool { return len(w.effects(t)) == len(ids) })
}

// TestStartTogether starts several processes on an empty database.
func TestStartTogether(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Postgres(t))
	var all sync.WaitGroup
	for range 3 {
		j := w.jobs(t, job.Options{Workers: map[string]job.Worker{"effect": {Work: w.effect}}})
		all.Go(func() {
			if err := j.Start(t.Context()); err != nil {
				t.Errorf("Start = %v", err)
			}
		})
		t.Cleanup(j.Stop)
	}
	all.Wait()
	ids := w.add(t, "effect", 100)
	wait(t, "every effect", func() bool { return len(w.effects(t)) == len(ids) })
	for id, n := range w.effects(t) {
		if n != 1 {
			t.Errorf("event %s has %d effects, want 1", id, n)
		}
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, w world) {
		var flaky atomic.Int64
		soon := func(int) time.Duration { return 10 * time.Millisecond }
		fail := func(err error) job.Worker {
			return job.Worker{Attempts: 3, Retry: soon, Work: func(context.Context, job.Event) error { return err }}
		}
		j := w.start(t, job.Options{Workers: map[string]job.Worker{
			"secret":    fail(errors.New("password hunter2 was refused")),
			"permanent": fail(fmt.Errorf("load: %w", drawbridge.Errorf(drawbridge.NotFound, "there is no such integration"))),
			"panic":     {Attempts: 2, Retry: soon, Work: func(context.Context, job.Event) error { panic("hunter2") }},
			"slow": {Attempts: 1, Timeout: 30 * time.Millisecond, Work: func(ctx context.Context, _ job.Event) error {
				<-ctx.Done()
				return ctx.Err()
			}},
			"flaky": {Retry: soon, Work: func(context.Context, job.Event) error {
				if flaky.Add(1) < 3 {
					return errors.New("not yet")
				}
				return nil
			}},
		}})
		for _, tc := range []struct {
			kind     string
			state    job.State
			failures int64
			says     string
		}{
			{"secret", job.Failed, 3, "internal error"},
			{"permanent", job.Failed, 1, "there is no such integration"},
			{"panic", job.Failed, 2, "internal error"},
			{"slow", job.Failed, 1, "took too long"},
			{"flaky", job.Done, 2, "internal error"},
			{"unknown", job.Failed, 1, "internal error"},
		} {
			id := w.add(t, tc.kind, 1)[0]
			v := w.until(t, j, id, tc.state)
			if v.Failures != tc.failures || !strings.Contains(v.LastError, tc.says) || strings.Contains(v.LastError, "hunter2") {
				t.Errorf("%s = %+v, want %d failures that say %q", tc.kind, v, tc.failures, tc.says)
			}
		}
	})
}

func TestControl(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, w world) {
		var broken atomic.Bool
		broken.Store(true)
		stopped := make(chan struct{}, 1)
		j := w.start(t, job.Options{Workers: map[string]job.Worker{
			"long": {Work: func(ctx context.Context, _ job.Event) error {
				<-ctx.Done()
				stopped <- struct{}{}
				return ctx.Err()
			}},
			"mended": {Work: func(context.Context, job.Event) error {
				if broken.Load() {
					return drawbridge.Errorf(drawbridge.Invalid, "broken")
				}
				return nil
			}},
			"later": {Retry: func(int) time.Duration { return time.Hour }, Work: func(context.Context, job.Event) error {
				if broken.Load() {
					return errors.New("broken")
				}
				return nil
			}},
		}})
		long, mended, later := w.add(t, "long", 1)[0], w.add(t, "mended", 1)[0], w.add(t, "later", 1)[0]
		w.until(t, j, long, job.Running)
		if _, err := j.Cancel(t.Context(), operator, job.Change{ID: long, Reason: "wrong one"}); err != nil {
			t.Fatal(err)
		}
		select {
		case <-stopped:
		case <-time.After(30 * time.Second):
			t.Fatal("the context of the cancelled run was not cancelled")
		}
		if v := w.until(t, j, long, job.Cancelled); v.Failures != 0 {
			t.Errorf("cancelled = %+v, want no failure", v)
		}
		w.until(t, j, mended, job.Failed)
		w.until(t, j, later, job.Scheduled)
		broken.Store(false)
		for _, id := range []drawbridge.EventID{mended, later} {
			if _, err := j.Retry(t.Context(), operator, job.Change{ID: id}); err != nil {
				t.Fatal(err)
			}
			w.until(t, j, id, job.Done)
			if _, err := j.Retry(t.Context(), operator, job.Change{ID: id}); drawbridge.KindOf(err) != drawbridge.Conflict {
				t.Errorf("retry of what is done = %v, want a conflict", err)
			}
			if _, err := j.Cancel(t.Context(), operator, job.Change{ID: id}); drawbridge.KindOf(err) != drawbridge.Conflict {
				t.Errorf("cancel of what is done = %v, want a conflict", err)
			}
		}
		entries := func() (n int64) {
			_ = w.door.Store().View(t.Context(), func(tx *store.Tx) (err error) { n, _, err = tx.Head(); return err })
			return n
		}
		if n := entries(); n != 3 {
			t.Errorf("the ledger has %d entries, want one for each change of a job", n)
		}
		list, err := j.List(t.Context(), operator, job.Query{State: job.Done, Limit: 1})
		if err != nil || len(list) != 1 || list[0].ID != max(mended, later) {
			t.Errorf("List = %+v %v, want the first one that is done", list, err)
		}
		if list, err = j.List(t.Context(), operator, job.Query{Below: max(long, mended, later)}); err != nil || len(list) != 2 {
			t.Errorf("List below = %+v %v, want two", list, err)
		}
		stranger := access.Actor{ID: "per_2", Person: "per_2", Roles: []drawbridge.Role{drawbridge.Requester}, Via: "api"}
		auditor := access.Actor{ID: "per_3", Person: "per_3", Roles: []drawbridge.Role{drawbridge.Auditor}, Via: "api"}
		if _, err := j.List(t.Context(), stranger, job.Query{}); drawbridge.KindOf(err) != drawbridge.NotFound {
			t.Errorf("List by a stranger = %v", err)
		}
		if _, err := j.Get(t.Context(), stranger, later); drawbridge.KindOf(err) != drawbridge.NotFound {
			t.Errorf("Get by a stranger = %v", err)
		}
		if _, err := j.Cancel(t.Context(), auditor, job.Change{ID: later}); drawbridge.KindOf(err) != drawbridge.Denied {
			t.Errorf("Cancel by an auditor = %v", err)
		}
		if _, err := j.Retry(t.Context(), stranger, job.Change{ID: later}); drawbridge.KindOf(err) != drawbridge.NotFound {
			t.Errorf("Retry by a stranger = %v", err)
		}
	})
}

// TestWaiting cancels an event before it is due, and shows that it is not run early.
func TestWaiting(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, w world) {
		j := w.start(t, job.Options{Workers: map[string]job.Worker{"effect": {Work: w.effect}}})
		later := []drawbridge.EventID{"evt_a", "evt_b"}
		if err := w.door.Keep(t.Context(), func(tx *store.Tx) error {
			for _, id := range later {
				if err := tx.AddEvent(job.Event{ID: id, Kind: "effect", Subject: string(id), DueAt: start.Add(time.Hour), CreatedAt: start}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if v := w.get(t, j, "evt_a"); v.State != job.Scheduled {
			t.Errorf("state = %s, want scheduled", v.State)
		}
		if _, err := j.Cancel(t.Context(), operator, job.Change{ID: "evt_a"}); err != nil {
			t.Fatal(err)
		}
		now := w.add(t, "effect", 1)[0]
		w.until(t, j, now, job.Done)
		w.clock.advance(time.Hour)
		w.until(t, j, "evt_b", job.Done)
		if got := w.effects(t); got["evt_a"] != 0 || got["evt_b"] != 1 {
			t.Errorf("effects = %v, want none of the cancelled one", got)
		}
	})
}

// TestSchedule runs two processes on one calendar while the clock jumps.
func TestSchedule(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, w world) {
		opt := job.Options{
			Workers: map[string]job.Worker{"daily": {Work: w.effect}},
			Schedules: []job.Schedule{{Kind: "daily", Every: 24 * time.Hour, At: 2 * time.Hour, Subjects: func(context.Context, time.Time) ([]string, error) {
				return []string{"a", "b", "c"}, nil
			}}},
		}
		j := w.start(t, opt)
		if w.url != "" { // a SQLite file has one process
			w.start(t, opt)
		}
		done := func() (n int) {
			list, err := j.List(t.Context(), operator, job.Query{Kind: "daily", State: job.Done, Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range list {
				if strings.Contains("abc", v.Subject) {
					n++
				}
			}
			return n
		}
		for _, step := range []struct {
			name string
			at   time.Time
			want int
		}{
			{"the day of the start", start, 3},
			{"the clock goes back within the day", start.Add(-6 * time.Hour), 3},
			{"forward again", start, 3},
			{"just before two the next day", start.Add(14*time.Hour - time.Second), 3},
			{"the next day at two", start.Add(14 * time.Hour), 6},
			{"a leap of years", start.Add(1000 * 24 * time.Hour), 9},
			{"and back", start.Add(14 * time.Hour), 9},
			{"the third day", start.Add(38 * time.Hour), 12},
		} {
			w.clock.set(step.at)
			for range 2 { // once the second ran, the calendar was read at this time
				w.until(t, j, w.add(t, "daily", 1)[0], job.Done)
			}
			wait(t, step.name, func() bool { return done() >= step.want })
			if got := done(); got != step.want {
				t.Fatalf("%s: %d jobs, want %d", step.name, got, step.want)
			}
		}
	})
}
