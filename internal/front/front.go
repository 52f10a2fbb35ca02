// Package front is what a request passes before a door looks at it, whichever
// door it is: it gets an id and headers, its sender is recognised and counted,
// what is heavy waits for its turn, and what became of it is logged and measured.
// It decides nothing about partners, and does not know what a route answers.
//
//	f := front.New(front.Options{Authenticate: people.Authenticate, Now: now, Log: log})
//	mux.Handle("GET /thing", f.Serve("web", "/thing", answer, problem))
package front

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// Options are what the front asks and tells.
type Options struct {
	// Authenticate says who a secret belongs to.
	Authenticate func(ctx context.Context, secret seal.Hidden, via, request string) (access.Actor, error)

	Now    func() time.Time
	Log    *slog.Logger
	Secure bool // the requests came over TLS: cookies and HSTS say so

	// Observe is told of every answer, for the metrics: the route's pattern, never
	// the path, and how many statements the database got.
	Observe func(route string, status int, took time.Duration, queries int64)

	// Visitor says which partner came by the link that a cookie was given for.
	Visitor func(ctx context.Context, cookie seal.Hidden, via, request string) (access.Actor, error)

	ActorRate   Rate // of one actor; default 100 a second, 400 at once
	AddressRate Rate // of those from one address that are not signed in; default 10 a second, 60 at once
	VisitRate   Rate // of one partner's link; default 10 a second, 100 at once
	EntryRate   Rate // of links that are opened from one address; default one in 5 seconds, 30 at once
	Pace        Pace // of bodies; default 512 KiB in 20 seconds
}

// Front is shared by the doors of one server. It holds no state but counters.
type Front struct {
	opt       Options
	origin    *http.CrossOriginProtection
	actors    *Limiter
	addresses *Limiter
	visits    *Limiter
	entries   *Limiter

	Heavy   *Turns // requests that hold many files in memory at once
	Uploads *Turns // those that send a document: each takes as much of the disk, and comes as slowly as its sender likes
	Guests  *Turns // partners' turns at that: they never take every turn
}

// New makes the front.
func New(opt Options) *Front {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Observe == nil {
		opt.Observe = func(string, int, time.Duration, int64) {}
	}
	opt.Pace = cmp.Or(opt.Pace, Pace{Bytes: 512 << 10, Time: 20 * time.Second})
	return &Front{
		opt: opt, origin: http.NewCrossOriginProtection(),
		actors:    NewLimiter(cmp.Or(opt.ActorRate, Rate{100, 400}), opt.Now),
		addresses: NewLimiter(cmp.Or(opt.AddressRate, Rate{10, 60}), opt.Now),
		visits:    NewLimiter(cmp.Or(opt.VisitRate, Rate{10, 100}), opt.Now),
		entries:   NewLimiter(cmp.Or(opt.EntryRate, Rate{0.2, 30}), opt.Now),
		Heavy:     NewTurns(4, 2), Uploads: NewTurns(32, 4), Guests: NewTurns(16, 4),
	}
}

// Secure reports whether people come over TLS.
func (f *Front) Secure() bool { return f.opt.Secure }

// Call is one request on its way.
type Call struct {
	W      *Recorder
	R      *http.Request
	ID     string
	Actor  access.Actor
	Secret seal.Hidden // what the actor proved itself with
	Entry  int64       // the change's place in the ledger; -1 for none

	front   *Front
	via     string
	queries *atomic.Int64 // statements that the request sent to the database
}

// Serve answers requests: fn does, and fail tells of what it could not do. An
// answer that has begun is broken off. via is the door, and route the pattern, for
// log and metrics.
func (f *Front) Serve(via, route string, fn func(*Call) error, fail func(*Call, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := f.opt.Now()
		c := &Call{W: &Recorder{ResponseWriter: w}, ID: drawbridge.NewID("req", start), Entry: -1, front: f, via: via}
		c.Actor = access.Anonymous(via, c.ID)
		var ctx context.Context
		ctx, c.queries = store.Count(r.Context())
		c.R = r.WithContext(ctx)
		defer c.finish(route, start, fail)
		c.headers()
		if err := fn(c); err != nil {
			c.fail(err, fail)
		}
	})
}

// headers are on every answer: nothing of it is to be kept, guessed or framed.
func (c *Call) headers() {
	h := c.W.Header()
	h.Set("Drawbridge-Request", c.ID)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if c.front.opt.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

func (c *Call) fail(err error, fail func(*Call, error)) {
	c.report(err)
	if c.W.Status != 0 {
		panic(http.ErrAbortHandler) // the answer has begun: break it off
	}
	fail(c, err)
}

// finish recovers, counts and logs. The log holds identifiers alone.
func (c *Call) finish(route string, start time.Time, fail func(*Call, error)) {
	if p := recover(); p != nil {
		if p == http.ErrAbortHandler { //nolint:errorlint // the value that net/http knows
			panic(p)
		}
		c.front.opt.Log.Error("request panicked", slog.String("request", c.ID), slog.String("panic", fmt.Sprint(p)), slog.String("stack", string(debug.Stack())))
		c.fail(fmt.Errorf("panic: %v", p), fail)
	}
	took := c.front.opt.Now().Sub(start)
	c.front.opt.Observe(Method(c.R.Method)+" "+route, c.W.Status, took, c.queries.Load())
	c.front.opt.Log.Info("request", slog.String("request", c.ID), slog.String("method", Method(c.R.Method)), slog.String("route", route), slog.Int("status", c.W.Status),
		slog.Duration("took", took), slog.String("actor", c.Actor.ID), slog.Int64("entry", c.Entry), slog.Int64("queries", c.queries.Load()))
}

// Methods are those that routes may have, HEAD with GET.
var Methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// Method is the request's method when it is one, for a message.
func Method(m string) string {
	if slices.Contains(Methods, m) || m == http.MethodOptions {
		return m
	}
	return "that method"
}

// Recorder remembers the status.
type Recorder struct {
	http.ResponseWriter
	Status int // 0 until the answer has begun
}

// WriteHeader notes the status.
func (w *Recorder) WriteHeader(status int) {
	if w.Status == 0 {
		w.Status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write notes that the answer has begun.
func (w *Recorder) Write(p []byte) (int, error) {
	if w.Status == 0 {
		w.Status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets net/http reach the connection.
func (w *Recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
