// Package api is the door for the command line and for CI: JSON over HTTP. It
// decodes, calls one desk and encodes; it decides nothing and speaks no SQL. It
// does not listen: that is for app.
//
//	a, err := api.New(api.Options{Account: people, Register: record, Keys: keys, Now: now, Log: log})
//	server := &http.Server{Handler: a.Handler()}
package api

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"drawbridge/internal/account"
	"drawbridge/internal/action"
	"drawbridge/internal/custody"
	"drawbridge/internal/dossier"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/job"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/notify"
	"drawbridge/internal/portfolio"
	"drawbridge/internal/programme"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/seal"
)

// Options are the desks that the door stands before, and what it needs besides.
type Options struct {
	Door     *action.Door
	Account  *account.Desk
	Register *register.Desk
	Custody  *custody.Desk

	Dossier   *dossier.Desk
	Inquiry   *inquiry.Desk
	Review    *review.Desk
	Lifecycle *lifecycle.Desk
	Programme *programme.Desk
	Portfolio *portfolio.Desk

	Jobs    *job.Jobs
	Notify  *notify.Notify
	Now     func() time.Time
	Log     *slog.Logger
	Version string
	Secure  bool // the requests came over TLS: cookies and HSTS say so

	// Observe is told of every answer, for the metrics: the route's pattern, never
	// the path, and how many statements the database got.
	Observe func(route string, status int, took time.Duration, queries int64)

	ActorRate   Rate // of one actor; default 100 a second, 400 at once
	AddressRate Rate // of those from one address that are not signed in; default 10 a second, 60 at once
	VisitRate   Rate // of one partner's link; default 10 a second, 100 at once
	EntryRate   Rate // of links that are opened from one address; default one in 5 seconds, 30 at once
}

func (o *Options) review() bool {
	return o.Dossier != nil && o.Inquiry != nil && o.Review != nil && o.Lifecycle != nil && o.Programme != nil && o.Portfolio != nil
}

// Rate is how many requests are answered.
type Rate struct {
	Second float64
	Burst  float64
}

// API is the door. It holds no state but counters.
type API struct {
	opt       Options
	routes    []Route
	origin    *http.CrossOriginProtection
	actors    *limiter
	addresses *limiter
	visits    *limiter
	entries   *limiter
	openAPI   []byte
	heavy     *turns        // how many requests hold many files in memory at once
	uploads   *turns        // how many send a document: each takes as much of the disk, and comes as slowly as its sender likes
	exports   chan struct{} // how many run at once: each holds a connection for as long as its reader takes
}

// New makes the door.
func New(opt Options) (*API, error) {
	if opt.Door == nil || opt.Account == nil || opt.Register == nil || opt.Custody == nil || opt.Jobs == nil || opt.Notify == nil || opt.Now == nil || !opt.review() {
		return nil, errors.New("api: every desk and a clock are needed")
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Observe == nil {
		opt.Observe = func(string, int, time.Duration, int64) {}
	}
	opt.ActorRate = cmp.Or(opt.ActorRate, Rate{100, 400})
	opt.AddressRate = cmp.Or(opt.AddressRate, Rate{10, 60})
	opt.VisitRate = cmp.Or(opt.VisitRate, Rate{10, 100})
	opt.EntryRate = cmp.Or(opt.EntryRate, Rate{0.2, 30})
	a := &API{
		exports: make(chan struct{}, 2), heavy: newTurns(4, 2), uploads: newTurns(32, 4),
		opt: opt, routes: Routes(), origin: http.NewCrossOriginProtection(),
		actors: newLimiter(opt.ActorRate, opt.Now), addresses: newLimiter(opt.AddressRate, opt.Now),
		visits: newLimiter(opt.VisitRate, opt.Now), entries: newLimiter(opt.EntryRate, opt.Now),
	}
	var err error
	if a.openAPI, err = OpenAPI(); err != nil {
		return nil, err
	}
	return a, nil
}

func (a *API) keys() *seal.Keyring { return a.opt.Door.Keys() }
