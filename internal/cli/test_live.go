package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"drawbridge"
	"drawbridge/internal/check"
	"drawbridge/internal/client"
)

// Pace of what a run tells the server.
const (
	tellEvery   = 2 * time.Second
	tellWait    = 5 * time.Second // for one answer
	handInWait  = 2 * time.Minute
	maxTellText = 300 // bytes
)

// reporter tells a server how a run goes on, and hands it in at its end. What the
// server says or does not say changes nothing about the run, but for a wish that
// it stops.
type reporter struct {
	env    *Env
	loud   *sync.Mutex // is held to write beside the result
	client *client.Client
	key    client.Key // of the integration
	cancel context.CancelFunc
	over   chan struct{}
	wg     sync.WaitGroup

	mu      sync.Mutex // guards what follows
	said    client.TellRun
	away    bool // the server does not answer
	stopped bool // somebody asked the run to stop
}

// reported opens a run at the server. A server that is away, or says no, is told
// of; the run goes on.
func (f *testFlags) reported(ctx context.Context, env *Env, opt *check.Options) (*reporter, context.Context) {
	run, cancel := context.WithCancel(ctx)
	b, c := opt.Bundle, f.client
	r := &reporter{env: env, loud: &f.loud, client: c, key: client.Key{Slug: b.Integration.ID, Environment: b.Integration.Environment}, cancel: cancel, over: make(chan struct{})}
	if err := r.open(ctx, opt); err != nil {
		r.tell("%s: nobody can watch the run at the server (%s); it goes on", opt.Target, errorLine(err))
		return r, run
	}
	r.tell("%s: watch the run at %s/integrations/%s/tests/%s", opt.Target, strings.TrimSuffix(c.URL(), "/"), r.said.ID, r.said.Run)
	r.wg.Go(func() {
		t := time.NewTicker(tellEvery)
		defer t.Stop()
		for {
			select {
			case <-r.over:
				return
			case <-t.C:
				r.send(ctx)
			}
		}
	})
	return r, run
}

func (r *reporter) open(ctx context.Context, opt *check.Options) error {
	limited, done := context.WithTimeout(ctx, 2*tellWait)
	defer done()
	in, err := r.client.Find(limited, r.key)
	if err != nil {
		return err
	}
	open := client.OpenRun{ByID: client.ByID{ID: string(in.ID)}, Target: opt.Target, Checks: []string{}}
	for _, c := range opt.Checks {
		open.Checks = append(open.Checks, c.Info().ID)
	}
	live, err := r.client.OpenRun(limited, open)
	r.said.ByRun = client.ByRun{ByID: open.ByID, Run: live.ID}
	return err
}

// event takes in what the run does.
func (r *reporter) event(e check.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said.Now, r.said.Requests, r.said.Budget = e.Phase, int64(e.Requests), int64(e.Budget)
	if e.Verdict != "" {
		r.said.Checks = append(r.said.Checks, drawbridge.LiveCheck{Check: e.Phase, Verdict: e.Verdict})
	}
}

// send tells the server, and hears whether the run is wanted to stop.
func (r *reporter) send(ctx context.Context) {
	r.mu.Lock()
	said := r.said
	said.Checks = append([]drawbridge.LiveCheck{}, said.Checks...)
	r.mu.Unlock()
	limited, done := context.WithTimeout(ctx, tellWait)
	defer done()
	live, err := r.client.TellRun(limited, said)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err != nil && !r.away && ctx.Err() == nil:
		r.away = true
		r.tell("the server does not take in how the run goes on (%s); the run goes on", errorLine(err))
	case err == nil && r.away:
		r.away = false
		r.tell("the server can be reached again")
	}
	if err == nil && live.StopBy != "" && !r.stopped {
		r.stopped = true
		r.tell("somebody asked the run to stop, at the server: it cleans up and stops")
		r.cancel()
	}
}

// ended ends what the run tells, and says in the run who stopped it.
func (r *reporter) ended(run *check.Run) {
	close(r.over)
	r.wg.Wait()
	r.cancel()
	if run != nil && r.stopped && !run.Complete {
		run.Stopped = "somebody asked it to stop, at the server"
	}
}

// close hands the run in, or says why there is none. A run that cannot be handed
// in is kept in a file.
func (r *reporter) close(ctx context.Context, run *check.Run, failed error, file string) error {
	limited, done := context.WithTimeout(context.WithoutCancel(ctx), handInWait)
	defer done()
	if run == nil {
		if r.said.Run != "" && failed != nil {
			r.said.Ended = errorLine(failed)
			_, _ = r.client.TellRun(limited, r.said) // the server sees by itself that nothing comes any more
		}
		return nil
	}
	added, err := r.handIn(limited, run)
	if err == nil {
		r.tell("%s: handed in as %s", run.Target.Name, added.ID)
		return nil
	}
	if file == "" {
		file = "drawbridge-run-" + run.Target.Name + ".json"
		if err := r.env.output(file, func(w io.Writer) error { return writeJSON(w, run) }); err != nil {
			return err
		}
	}
	return drawbridge.Errorf(drawbridge.KindOf(err), "the run was not handed in: %s. It is in %s: drawbridge result push %s hands it in later", errorLine(err), file, file)
}

func (r *reporter) handIn(ctx context.Context, run *check.Run) (drawbridge.Run, error) {
	data, err := json.Marshal(run)
	if err != nil {
		return drawbridge.Run{}, fmt.Errorf("encode the run: %w", err)
	}
	if r.said.ID == "" {
		in, err := r.client.Find(ctx, r.key)
		if err != nil {
			return drawbridge.Run{}, err
		}
		r.said.ID = string(in.ID)
	}
	return r.client.AddRun(ctx, client.NewRun{ByID: r.said.ByID, Run: data, Live: r.said.Run})
}

// tell says something beside the result.
func (r *reporter) tell(format string, args ...any) {
	r.loud.Lock()
	defer r.loud.Unlock()
	r.env.progressDone()
	fmt.Fprintf(r.env.Stderr, format+"\n", args...)
}

// errorLine is an error on one short line.
func errorLine(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	return strings.ToValidUTF8(text[:min(len(text), maxTellText)], "")
}
