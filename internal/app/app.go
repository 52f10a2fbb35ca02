// Package app puts the server together: settings, the parts and their order,
// start and stop, and what an operator asks of a process (health, metrics,
// doctor). It decides nothing about partners and knows no SQL.
//
//	a, err := app.New(ctx, opt)
//	err = a.Start(ctx)
//	fmt.Println(a.URL())
//	err = a.Stop(ctx)
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/api"
	"drawbridge/internal/front"
	"drawbridge/internal/job"
	"drawbridge/internal/notify"
	"drawbridge/internal/tour"
	"drawbridge/internal/web"
)

// patience is how long requests that are being answered may take after a stop.
const patience = 10 * time.Second

// part is something long-lived. Parts start in order and stop in reverse.
type part struct {
	name  string
	start func(context.Context) error
	stop  func(context.Context) error
}

// App is one server, or one worker beside others.
type App struct {
	*Local
	release func() // gives the data folder free
	parts   []part
	running int // how many parts were started
	meters  *meters
	jobs    *job.Jobs
	notify  *notify.Notify
	serving *listener
	metrics *listener // nil without
	failed  chan error

	demo *tour.Tour // nil when this is none
}

// New opens the installation and puts a server together. It listens nowhere yet.
func New(ctx context.Context, opt Options) (*App, error) {
	opt.Create = true
	a, err := open(ctx, opt)
	if err != nil {
		return nil, err
	}
	if err := a.serve(); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// NewWorker is a process that runs jobs and answers nobody but health checks.
// It needs PostgreSQL: with SQLite the server runs all jobs.
func NewWorker(ctx context.Context, opt Options) (*App, error) {
	if opt.Database == "" {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "database: extra workers need PostgreSQL; with SQLite the server runs every job itself")
	}
	a, err := open(ctx, opt)
	if err != nil {
		return nil, err
	}
	if err := a.work(); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

func open(ctx context.Context, opt Options) (*App, error) {
	if err := opt.Validate(); err != nil {
		return nil, err
	}
	a := &App{release: func() {}, failed: make(chan error, 4)}
	if opt.Database == "" { // several servers may share a folder of files beside one PostgreSQL
		release, err := Lock(opt.Data)
		if err != nil {
			return nil, err
		}
		a.release = release
	}
	var err error
	if a.Local, err = OpenLocal(ctx, opt); err != nil {
		a.release()
		return nil, err
	}
	if _, err := a.CheckHead(ctx); err != nil {
		return nil, errors.Join(err, a.close())
	}
	a.meters = newMeters(a.Local)
	return a, nil
}

func (a *App) close() error {
	defer a.release()
	if a.demo != nil {
		a.demo.Close()
	}
	return a.Close()
}

// serve adds the parts of a server.
func (a *App) serve() error {
	if _, err := a.Workspace(); err != nil { // packs that do not verify decide nothing
		return err
	}
	if err := a.work(); err != nil {
		return err
	}
	entry := front.New(front.Options{
		Authenticate: a.Account.Authenticate, Now: a.Options.Now, Log: a.Log, Secure: a.Options.secure(), Observe: a.meters.observe,
		Visitor: a.Inquiry.Recognise,
	})
	door, err := api.New(api.Options{
		Door: a.Door, Account: a.Account, Register: a.Register, Custody: a.Custody, Jobs: a.jobs, Notify: a.notify,
		Dossier: a.Dossier, Inquiry: a.Inquiry, Review: a.Review, Lifecycle: a.Lifecycle, Programme: a.Programme, Portfolio: a.Portfolio,
		Now: a.Options.Now, Version: a.Options.Version, Front: entry,
	})
	if err != nil {
		return fmt.Errorf("put the API together: %w", err)
	}
	if a.Options.Demo {
		o, err := a.Tour(nil)
		if err != nil {
			return err
		}
		if a.demo, err = tour.Open(context.Background(), o); err != nil {
			return err
		}
	}
	pages, err := web.New(web.Options{
		Front: entry, Tour: a.demo, Table: a.Door.Table(), Account: a.Account, Register: a.Register, Custody: a.Custody, Jobs: a.jobs, Notify: a.notify,
		Dossier: a.Dossier, Inquiry: a.Inquiry, Review: a.Review, Lifecycle: a.Lifecycle, Programme: a.Programme, Portfolio: a.Portfolio,
		Workspace: a.Workspace, Now: a.Options.Now, PublicURL: a.Options.url(a.Options.Listen), Assumed: a.Options.PublicURL == "",
	})
	if err != nil {
		return fmt.Errorf("put the pages together: %w", err)
	}
	if a.serving, err = newListener(a.Options, a.Log, a.failed); err != nil {
		return err
	}
	a.serving.server.Handler = a.doors(door.Handler(), pages.Handler())
	a.add("server", a.serving.start, a.serving.stop)
	return nil
}

// doors leads each request to its door, before anything cleans its path.
func (a *App) doors(api, pages http.Handler) http.Handler {
	health := http.NewServeMux()
	a.health(health)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch p := r.URL.Path; {
		case p == "/healthz" || p == "/readyz":
			health.ServeHTTP(w, r)
		case strings.HasPrefix(p, "/api/"):
			api.ServeHTTP(w, r)
		default:
			pages.ServeHTTP(w, r)
		}
	})
}

func (a *App) add(name string, start, stop func(context.Context) error) {
	a.parts = append(a.parts, part{name, start, stop})
}

// Start starts every part in order. When one fails, those before it are stopped
// again and everything is closed.
func (a *App) Start(ctx context.Context) error {
	for _, p := range a.parts {
		a.running++
		if err := p.start(ctx); err != nil {
			a.running--
			return errors.Join(fmt.Errorf("start %s: %w", p.name, err), a.Stop(ctx))
		}
	}
	return nil
}

// Stop stops every part in reverse, waits until requests are answered, and
// closes everything. A second call does nothing.
func (a *App) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	var errs []error
	for ; a.running > 0; a.running-- {
		p := a.parts[a.running-1]
		if err := p.stop(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", p.name, err))
		}
	}
	return errors.Join(append(errs, a.close())...)
}

// Failed tells of a part that ended by itself.
func (a *App) Failed() <-chan error { return a.failed }

// Address is where the server listens, once it has started.
func (a *App) Address() string { return a.serving.address() }

// URL is how people reach the server.
func (a *App) URL() string { return a.Options.url(a.Address()) }

// GCPercent is by how much the heap of a server grows before it is collected,
// unless GOGC says otherwise. What lives is small: to collect it as often as Go
// does by itself takes a third of the processor when a portfolio is scored.
const GCPercent = 400

// collect sets how often the heap is collected.
func collect() {
	const usual = 100
	if set := debug.SetGCPercent(GCPercent); set != usual {
		debug.SetGCPercent(set)
	}
}

// Run starts the parts, waits for the context to end or a part to fail, and
// stops them. ready is called once everything runs.
func (a *App) Run(ctx context.Context, ready func()) error {
	collect()
	if err := a.Start(ctx); err != nil {
		return err
	}
	ready()
	var err error
	select {
	case <-ctx.Done():
		a.Log.LogAttrs(ctx, slog.LevelInfo, "stopping")
	case err = <-a.failed:
	}
	return errors.Join(err, a.Stop(ctx))
}
