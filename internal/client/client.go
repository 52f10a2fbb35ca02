// Package client holds what travels between a server and its callers: the wire
// types, and calls with them. It decides nothing and keeps nothing; where the
// token comes from is for the command line. The nouns of the root package travel
// as they are.
//
//	c, err := client.New(client.Options{URL: "https://drawbridge.example", Token: token})
//	me, err := c.Me(ctx)
package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/seal"
)

// Options of a client. Only URL is needed.
type Options struct {
	URL       string      // of the server: https://host[:port]; plain http on loopback alone
	Token     seal.Hidden // personal, machine or session; empty for calls without sign-in
	CAFile    string      // PEM file of the only authorities that are trusted; default the system's
	UserAgent string
	Timeout   time.Duration // of one attempt; default 2 minutes
	Attempts  int           // when the server cannot be reached or is unavailable; default 4

	// Pause waits between attempts; default is the clock.
	Pause func(context.Context, time.Duration) error
}

// Client calls one server. It is safe for concurrent use.
type Client struct {
	opt  Options
	base *url.URL
	http *http.Client
}

// New makes a client. It connects to nothing yet.
func New(opt Options) (*Client, error) {
	base, err := ParseURL(opt.URL)
	if err != nil {
		return nil, err
	}
	if opt.Timeout <= 0 {
		opt.Timeout = 2 * time.Minute
	}
	if opt.Attempts <= 0 {
		opt.Attempts = 4
	}
	if opt.Pause == nil {
		opt.Pause = pause
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if opt.CAFile != "" {
		pem, err := os.ReadFile(opt.CAFile)
		if err != nil {
			return nil, drawbridge.Errorf(drawbridge.NotFound, "the file of authorities %s cannot be read", opt.CAFile)
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "%s holds no certificate in PEM form", opt.CAFile)
		}
	}
	return &Client{opt: opt, base: base, http: &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment, // never for loopback; TLS goes through it unopened
			DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSClientConfig:        conf,
			TLSHandshakeTimeout:    10 * time.Second,
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Close lets idle connections go.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// URL is the server's address, as it is remembered: without a slash at the end.
func (c *Client) URL() string { return c.base.String() }

// ParseURL checks the address of a server: an origin, no path, no credentials,
// and plain http on loopback alone.
func ParseURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case address == "":
		return nil, drawbridge.Errorf(drawbridge.Invalid, "no server is named; write its address, like https://drawbridge.example")
	case err != nil || u.Host == "" || u.Hostname() == "":
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the server's address is not one; write it like https://drawbridge.example")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the server's address holds more than scheme, host and port; write it like https://drawbridge.example")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, drawbridge.Errorf(drawbridge.Denied, "plain http would show your token to the network; use https://%s", u.Host)
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the scheme %q is not spoken; write https://%s", u.Scheme, u.Host)
	}
	return &url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host)}, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// RefusedError is how a server said no: the cause of the error that a call returns.
type RefusedError struct {
	Status   int
	Request  string // the request's id, for the operator
	Code     string // what a program acts on, if anything
	Problems []Problem
}

// Error names the status and the request.
func (r *RefusedError) Error() string {
	return fmt.Sprintf("the server answered %d to request %s", r.Status, r.Request)
}

// RefusedBy returns how the server said no, or nil when it did not.
func RefusedBy(err error) *RefusedError {
	r, _ := errors.AsType[*RefusedError](err)
	return r
}
