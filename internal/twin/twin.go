// Package twin is our own partner: a small API with a real store, two tenants
// and real sign-in, which can be made to do one thing wrong at a time. The live
// tester's checks are proven on it, and the demonstration runs on it. With no
// flaw on it is correct in every respect. It listens on loopback only, keeps
// everything in memory, and is not a mock for other people's APIs: it serves no
// specification but its own.
//
//	t, err := twin.Start(ctx, twin.Options{Style: "payments", Flaws: []string{"BOLA-01"}, Now: time.Now})
//	defer t.Close()
//	resp, err := client.Get(t.URL() + "/customers")
package twin

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"drawbridge"
)

// Options of a twin.
type Options struct {
	Style string   // one of [Styles]; default payments
	Flaws []string // ids of [Flaws] that are on from the start
	Seed  uint64   // decides ids, names and secrets
	TLS   TLSOptions
	Now   func() time.Time // required
	Rate  int              // requests a second for each caller, and the burst; default 1000
	Port  int              // on loopback; 0 for any that is free
	Life  time.Duration    // of the tokens and sessions that the twin issues; default 5m
}

// Twin is a running partner. Its methods may be used at the same time.
type Twin struct {
	style  *style
	ops    []*operation
	table  []*flaw
	spots  map[string]*operation // flaw id to where it shows
	people []*principal
	seed   uint64
	rate   int
	life   time.Duration
	now    func() time.Time
	tls    TLSOptions
	keys   *keyring
	addr   string

	requests atomic.Int64
	on       atomic.Pointer[[]*flaw] // replaced under mu, read at any time

	mu      sync.Mutex // guards what follows
	store   *store
	grants  grants
	kept    map[string]keptAnswer // by tenant and idempotency key
	buckets map[string]*bucket    // by caller
	hostile hostility

	server *http.Server
	wg     sync.WaitGroup // the server and its connections
	done   chan struct{}  // closed when the twin ends
	close  func() error
}

// Start runs a twin until Close is called or ctx ends.
func Start(ctx context.Context, opt Options) (*Twin, error) {
	t, err := newTwin(opt)
	if err != nil {
		return nil, err
	}
	for _, id := range opt.Flaws {
		if err := t.Set(id, true); err != nil {
			return nil, err
		}
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(opt.Port)))
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Unavailable, "the twin cannot listen on loopback: %w", err)
	}
	t.addr = l.Addr().String()
	if t.tls.On {
		l = newSplitter(l, &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: t.handshake})
	}
	t.server = &http.Server{
		Handler: http.HandlerFunc(t.entry), ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10, ConnState: t.count,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // what clients do wrong on purpose is no news
	}
	t.wg.Go(func() { _ = t.server.Serve(l) }) // it ends with ErrServerClosed
	t.close = sync.OnceValue(func() error {
		close(t.done)
		err := t.server.Close()
		t.wg.Wait()
		if errors.Is(err, net.ErrClosed) {
			err = nil
		}
		return err
	})
	stop := context.AfterFunc(ctx, func() { _ = t.close() })
	inner := t.close
	t.close = func() error { stop(); return inner() }
	return t, nil
}

func newTwin(opt Options) (*Twin, error) {
	if opt.Style == "" {
		opt.Style = "payments"
	}
	s := styleNamed(opt.Style)
	switch {
	case s == nil:
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%q is not a style of twin; there are %s", opt.Style, strings.Join(Styles(), ", "))
	case opt.Now == nil:
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the twin needs a clock; set Options.Now")
	}
	t := &Twin{
		style: s, ops: s.compile(), table: table(), spots: map[string]*operation{}, people: accounts(opt.Seed),
		seed: opt.Seed, rate: opt.Rate, life: opt.Life, now: opt.Now, tls: opt.TLS, done: make(chan struct{}),
	}
	if t.rate <= 0 {
		t.rate = 1000
	}
	if t.life <= 0 {
		t.life = 5 * time.Minute
	}
	for _, f := range t.table {
		if f.effect != "" {
			t.spots[f.id] = f.spot(s, t.ops)
		}
	}
	t.on.Store(&[]*flaw{})
	if opt.TLS.On {
		keys, err := newKeyring(opt.Now())
		if err != nil {
			return nil, err
		}
		t.keys = keys
	}
	t.Reset()
	return t, nil
}

// count lets Close wait for every connection.
func (t *Twin) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		t.wg.Add(1)
	case http.StateClosed, http.StateHijacked:
		t.wg.Done()
	case http.StateActive, http.StateIdle:
	}
}

// entry sends clear text on the TLS port away.
func (t *Twin) entry(w http.ResponseWriter, r *http.Request) {
	plain := slices.ContainsFunc(*t.on.Load(), func(f *flaw) bool { return f.plain })
	if t.tls.On && r.TLS == nil && !plain {
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, "https://"+t.addr+r.URL.RequestURI(), http.StatusPermanentRedirect) //nolint:gosec // the host is our own
		return
	}
	t.serve(w, r)
}

// URL returns the base address, without a slash at its end.
func (t *Twin) URL() string {
	if t.tls.On {
		return "https://" + t.addr + t.style.base
	}
	return "http://" + t.addr + t.style.base
}

// Port is the port that the twin listens on.
func (t *Twin) Port() int {
	_, port, _ := net.SplitHostPort(t.addr)
	n, _ := strconv.Atoi(port) // it is the listener's own
	return n
}

// Style returns the name of the twin's style.
func (t *Twin) Style() string { return t.style.name }

// Requests returns how many requests were received since the start or the last Reset.
func (t *Twin) Requests() int64 { return t.requests.Load() }

// Reset puts the data, the sessions and the counters back to how they were at
// the start. Flaws stay as they are.
func (t *Twin) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.store = newStore(t.style, t.seed, t.now)
	t.grants, t.kept, t.buckets = grants{}, map[string]keptAnswer{}, map[string]*bucket{}
	t.hostile.served, t.hostile.uses = 0, map[string]int{}
	if t.style.auth == bearer || t.style.auth == apiKey {
		for _, p := range t.people {
			t.grants.issue(p.token, grant{who: p})
		}
	}
	t.requests.Store(0)
}

// Close ends the twin and waits until every connection has ended.
func (t *Twin) Close() error { return t.close() }
