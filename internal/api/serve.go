package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// prefix is where the routes are.
const prefix = "/api/v1/"

// call is one request on its way through a route.
type call struct {
	api    *API
	route  *Route // nil when none fits
	w      *recorder
	r      *http.Request
	id     string
	actor  access.Actor
	secret seal.Hidden // what the actor proved itself with
	key    string      // idempotency key
	match  int64       // version that If-Match names
	entry  int64       // the change's place in the ledger, once there is one

	queries *atomic.Int64 // statements that the request sent to the database
}

// Handler answers everything below /api/v1/, and says not_found to the rest.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	for i := range a.routes {
		mux.Handle(a.routes[i].Method+" "+a.routes[i].Pattern, a.serve(&a.routes[i], nil))
	}
	nothing := a.serve(nil, mux)
	mux.Handle("/", nothing)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Clean(r.URL.Path) != r.URL.Path { // the mux would redirect
			nothing.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// serve answers the requests of one route, or those that no route fits.
func (a *API) serve(route *Route, mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := a.opt.Now()
		c := &call{api: a, route: route, w: &recorder{ResponseWriter: w}, r: r, id: drawbridge.NewID("req", start), entry: -1}
		c.actor = access.Anonymous("api", c.id)
		var ctx context.Context
		ctx, c.queries = store.Count(r.Context())
		c.r = r.WithContext(ctx)
		defer c.finish(start)
		a.headers(c)
		var err error
		if route == nil {
			err = c.nothing(mux)
		} else {
			err = c.answer()
		}
		if err != nil {
			c.problem(err)
		}
	})
}

// headers are on every answer: nothing of it is to be kept, guessed or framed.
func (a *API) headers(c *call) {
	h := c.w.Header()
	h.Set("Drawbridge-Request", c.id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if a.opt.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// answer runs the route.
func (c *call) answer() error {
	ctx, cancel := context.WithTimeout(c.r.Context(), c.route.patience())
	defer cancel()
	// A body that does not come is not waited for beyond that time.
	defer context.AfterFunc(ctx, func() { _ = http.NewResponseController(c.w).SetReadDeadline(time.Unix(1, 0)) })()
	receipt := action.Receipt{Seq: -1}
	c.r = c.r.WithContext(action.Trace(ctx, &receipt))
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, c.route.bodyLimit())
	if err := c.authenticate(); err != nil {
		return err
	}
	if err := c.conditions(); err != nil {
		return err
	}
	leave, err := c.turn(ctx)
	if err != nil {
		return err
	}
	defer leave()
	out, err := c.route.run(c.api, c)
	if err != nil {
		return err
	}
	if c.entry = receipt.Seq; receipt.Replayed {
		c.w.Header().Set("Idempotent-Replayed", "true")
	}
	return c.encode(out)
}

// light is what a request may hold in memory without waiting for a turn.
const light = 4 << 20

// turn waits for a turn at what needs much memory, or much of the disk.
func (c *call) turn(ctx context.Context) (leave func(), err error) {
	queue := c.api.heavy
	switch {
	case c.route.Has(Upload):
		queue = c.api.uploads
	case !c.route.Has(Large | Bulk), c.r.Method == http.MethodPost && c.r.ContentLength >= 0 && c.r.ContentLength <= light:
		return func() {}, nil
	}
	who := c.actor.ID
	if c.actor.Integration != "" {
		who = string(c.actor.Integration) // however many machines it has
	}
	leave, err = queue.take(ctx, who)
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Unavailable, "the server is at work on other files: try again")
	}
	return leave, nil
}

// methods are those that routes may have, HEAD with GET.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// nothing answers when no route fits: the address takes other methods, or none.
func (c *call) nothing(mux *http.ServeMux) error {
	var allowed []string
	if path.Clean(c.r.URL.Path) == c.r.URL.Path {
		for _, m := range methods {
			probe := c.r.Clone(c.r.Context())
			probe.Method = m
			if _, pattern := mux.Handler(probe); pattern != "/" {
				allowed = append(allowed, m)
			}
		}
	}
	if allowed == nil {
		return noSuchAddress()
	}
	c.w.Header().Set("Allow", strings.Join(append(allowed, http.MethodOptions), ", "))
	if c.r.Method == http.MethodOptions {
		c.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return &refusal{http.StatusMethodNotAllowed, drawbridge.Errorf(drawbridge.Invalid, "this address does not take %s; it takes %s", method(c.r.Method), strings.Join(allowed, ", "))}
}

func noSuchAddress() error {
	return drawbridge.Errorf(drawbridge.NotFound, "there is nothing at this address; %sopenapi.json lists what there is", prefix)
}

// method is the request's method when it is one, for a message.
func method(m string) string {
	if slices.Contains(methods, m) || m == http.MethodOptions {
		return m
	}
	return "that method"
}

// finish recovers, counts and logs. The log holds identifiers alone.
func (c *call) finish(start time.Time) {
	if p := recover(); p != nil {
		if p == http.ErrAbortHandler { //nolint:errorlint // the value that net/http knows
			panic(p)
		}
		c.api.opt.Log.Error("request panicked", slog.String("request", c.id), slog.String("panic", fmt.Sprint(p)), slog.String("stack", string(debug.Stack())))
		if c.w.status != 0 {
			panic(http.ErrAbortHandler) // the answer has begun: break it off
		}
		c.problem(fmt.Errorf("panic: %v", p))
	}
	pattern, took := "none", c.api.opt.Now().Sub(start)
	if c.route != nil {
		pattern = c.route.Pattern
	}
	c.api.opt.Observe(method(c.r.Method)+" "+pattern, c.w.status, took, c.queries.Load())
	c.api.opt.Log.Info("request", slog.String("request", c.id), slog.String("method", method(c.r.Method)), slog.String("route", pattern), slog.Int("status", c.w.status),
		slog.Duration("took", took), slog.String("actor", c.actor.ID), slog.Int64("entry", c.entry), slog.Int64("queries", c.queries.Load()))
}

// recorder remembers the status.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write notes that the answer has begun.
func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets net/http reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
