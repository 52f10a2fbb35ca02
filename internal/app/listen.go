package app

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"drawbridge"
)

// listener is one HTTP server on one address.
type listener struct {
	on     string
	flag   string
	server *http.Server
	certs  *certificates // nil for plain HTTP
	failed chan<- error
	cancel context.CancelFunc

	mu    sync.Mutex // guards where
	where string
}

// newListener makes the server of the settings. Its limits hold for every route.
func newListener(opt Options, log *slog.Logger, failed chan<- error) (*listener, error) {
	l := &listener{on: opt.Listen, flag: "--listen", failed: failed, server: newServer()}
	if opt.TLSCert == "" {
		return l, nil
	}
	l.certs = &certificates{opt: opt, log: log}
	if err := l.certs.load(); err != nil {
		return nil, err
	}
	l.server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: l.certs.get}
	return l, nil
}

func newServer() *http.Server {
	return &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       5 * time.Minute,
		WriteTimeout:      30 * time.Minute, // an export may be long
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		// The server's own complaints name addresses of strangers, and doors log the rest.
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
	}
}

func (l *listener) start(ctx context.Context) error {
	var config net.ListenConfig
	on, err := config.Listen(ctx, "tcp", l.on)
	if err != nil {
		return drawbridge.Errorf(drawbridge.Unavailable, "cannot listen on %s: %w; name another address with %s", l.on, reason(err), l.flag)
	}
	l.mu.Lock()
	l.where = on.Addr().String()
	l.mu.Unlock()
	// A stop must not cancel requests that are being answered.
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l.cancel = cancel
	l.server.BaseContext = func(net.Listener) context.Context { return base }
	go func() {
		serve := func() error { return l.server.Serve(on) }
		if l.certs != nil {
			serve = func() error { return l.server.ServeTLS(on, "", "") }
		}
		if err := serve(); !errors.Is(err, http.ErrServerClosed) {
			l.failed <- err
		}
	}()
	return nil
}

// stop lets requests end; what is not done in time is cut off.
func (l *listener) stop(ctx context.Context) error {
	err := l.server.Shutdown(ctx)
	l.cancel()
	if err != nil {
		return errors.Join(err, l.server.Close())
	}
	return nil
}

func (l *listener) address() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.where
}

// reason is the innermost part of a network error: the address is named already.
func reason(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// certificates reads the files again when they change, so that a renewal needs
// no restart. Files that cannot be used leave the former certificate in place.
type certificates struct {
	opt Options
	log *slog.Logger

	mu      sync.Mutex // guards what follows
	checked time.Time
	stamp   [2]fileStamp
	cert    *tls.Certificate
}

type fileStamp struct {
	at   time.Time
	size int64
}

// recheck is how often the files are looked at.
const recheck = 5 * time.Second

func (c *certificates) load() error {
	stamp := c.stamps()
	cert, err := c.opt.certificate()
	if err != nil {
		return err
	}
	c.cert, c.stamp, c.checked = cert, stamp, c.opt.Now()
	return nil
}

func (c *certificates) stamps() (out [2]fileStamp) {
	for i, name := range []string{c.opt.TLSCert, c.opt.TLSKey} {
		if info, err := os.Stat(name); err == nil {
			out[i] = fileStamp{info.ModTime(), info.Size()}
		}
	}
	return out
}

func (c *certificates) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.opt.Now(); now.Sub(c.checked) >= recheck || now.Before(c.checked) {
		c.checked = now
		if c.stamps() != c.stamp {
			if err := c.load(); err != nil {
				c.log.LogAttrs(hello.Context(), slog.LevelWarn, "certificate not read again", slog.Any("error", err))
			}
		}
	}
	return c.cert, nil
}
