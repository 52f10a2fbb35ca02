// Package dial is the one way out. Every connection is told its purpose, and
// the purpose decides which addresses it may reach. The address is judged after
// name resolution, at the moment of connecting, on every hop: a name that
// answers with a public address first and an inner one later gains nothing.
// It is not a general HTTP client: no proxy of the environment, no cookies, no
// credentials.
//
//	d, err := dial.New(dial.Options{Purpose: dial.PartnerSupplied})
//	doc, err := d.Fetch(ctx, "https://acme.example/openapi.yaml")
package dial

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"syscall"
	"time"

	"drawbridge"
)

// Purpose says on whose behalf a connection is made.
type Purpose string

// PartnerSupplied is for addresses that a partner or a stranger may have
// chosen: those in specifications, and what a person pastes. Public addresses only.
const PartnerSupplied Purpose = "partner_supplied"

// Options bound what a Dialer does. Zero values take the defaults.
type Options struct {
	Purpose   Purpose
	MaxBytes  int64         // of one answer; default 64 MiB
	Timeout   time.Duration // of one fetch, redirects included; default 10 s
	MaxHops   int           // redirects followed; default 3
	UserAgent string
	Hosts     []string // host:port; for the purpose Operator, all that it may reach

	allow func(netip.AddrPort) bool // for the tests of this package: addresses that pass although they are not public
	roots *tls.Config               // for the tests of this package
	names *net.Resolver             // for the tests of this package
}

// Dialer opens connections for one purpose.
type Dialer struct {
	opt    Options
	client *http.Client
}

// New makes a dialer.
func New(opt Options) (*Dialer, error) {
	if opt.Purpose != PartnerSupplied && opt.Purpose != Operator {
		return nil, fmt.Errorf("dial: purpose %q is not known", opt.Purpose)
	}
	if opt.MaxBytes <= 0 {
		opt.MaxBytes = 64 << 20
	}
	if opt.Timeout <= 0 {
		opt.Timeout = 10 * time.Second
	}
	if opt.MaxHops <= 0 {
		opt.MaxHops = 3
	}
	d := &Dialer{opt: opt}
	connect := (&net.Dialer{Timeout: opt.Timeout, ControlContext: d.judge, Resolver: opt.names}).DialContext
	if opt.Purpose == Operator {
		operator := NewOperator(opt.Hosts, opt.Timeout)
		operator.net.Resolver = opt.names
		connect = operator.DialContext
	}
	d.client = &http.Client{
		Timeout: opt.Timeout,
		Transport: &http.Transport{ // no Proxy: one from the environment would hide the real address
			DialContext:            connect,
			TLSClientConfig:        opt.roots,
			TLSHandshakeTimeout:    opt.Timeout,
			ForceAttemptHTTP2:      true,
			DisableKeepAlives:      true,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: d.redirect,
	}
	return d, nil
}

// judge refuses an address that the purpose may not reach. It runs after name
// resolution and before the connection.
func (d *Dialer) judge(_ context.Context, network, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !strings.HasPrefix(network, "tcp") {
		return &refusal{address, "is no TCP address"}
	}
	if d.opt.allow != nil && d.opt.allow(ap) {
		return nil
	}
	if why := NotPublic(ap.Addr()); why != "" {
		return &refusal{ap.Addr().String(), why}
	}
	return nil
}

// refusal is an address that was not dialled.
type refusal struct{ address, why string }

func (r *refusal) Error() string { return r.address + " " + r.why }

func (d *Dialer) redirect(req *http.Request, via []*http.Request) error {
	if len(via) > d.opt.MaxHops {
		return drawbridge.Errorf(drawbridge.Denied, "more than %d redirects", d.opt.MaxHops)
	}
	if err := checkURL(req.URL); err != nil {
		return err
	}
	if via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return drawbridge.Errorf(drawbridge.Denied, "the redirect to %s leaves https", shown(req.URL))
	}
	req.Header.Del("Referer")
	return nil
}

// checkURL judges what can be judged before name resolution.
func checkURL(u *url.URL) error {
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return drawbridge.Errorf(drawbridge.Invalid, "the scheme %q is not fetched; give an https:// address", u.Scheme)
	case u.Hostname() == "":
		return drawbridge.Errorf(drawbridge.Invalid, "the address names no host")
	case u.User != nil:
		return drawbridge.Errorf(drawbridge.Invalid, "the address holds credentials; download the file yourself and give its path")
	}
	return nil
}

// Document is what was fetched.
type Document struct {
	URL    string // after redirects
	Name   string // last part of the path, safe as a file name
	Type   string // media type as sent, without parameters
	Body   []byte
	Secure bool // every hop was https
}

// Fetch reads one document over HTTP GET.
func (d *Dialer) Fetch(ctx context.Context, address string) (*Document, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%q is not an address", clip(address))
	}
	if err := checkURL(u); err != nil {
		return nil, drawbridge.Errorf(drawbridge.KindOf(err), "fetch %s: %w", shown(u), err)
	}
	ctx, cancel := context.WithTimeout(ctx, d.opt.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%q is not an address", clip(address))
	}
	req.Header.Set("Accept", "application/json, application/yaml, text/yaml, text/plain;q=0.5, */*;q=0.1")
	req.Header.Set("User-Agent", d.opt.UserAgent)
	resp, err := d.client.Do(req)
	if err != nil {
		return nil, d.explain(u, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, drawbridge.Errorf(drawbridge.Unavailable, "fetch %s: the server answered %d %s", shown(u), resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	if resp.ContentLength > d.opt.MaxBytes {
		return nil, d.tooLarge(u)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, d.opt.MaxBytes+1))
	if err == nil {
		err = ctx.Err() // a body cut off by the deadline may read as complete
	}
	if err != nil {
		return nil, d.explain(u, err)
	}
	if int64(len(body)) > d.opt.MaxBytes {
		return nil, d.tooLarge(u)
	}
	doc := &Document{URL: resp.Request.URL.String(), Name: fileName(resp.Request.URL), Body: body, Secure: u.Scheme == "https"}
	doc.Type, _, _ = strings.Cut(strings.ToLower(resp.Header.Get("Content-Type")), ";")
	if looksLikePage(doc.Type, body) {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "fetch %s: is a web page, not a description; give the address of the file itself (often called raw or download)", shown(u))
	}
	return doc, nil
}

func (d *Dialer) tooLarge(u *url.URL) error {
	return drawbridge.Errorf(drawbridge.TooLarge, "fetch %s: the answer has more than %s", shown(u), drawbridge.Size(d.opt.MaxBytes))
}

// explain tells the person why a fetch did not work.
func (d *Dialer) explain(u *url.URL, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	if r, ok := errors.AsType[*refusal](err); ok {
		hop := "it"
		if e, ok := errors.AsType[*url.Error](err); ok && e.URL != u.String() {
			if at, perr := url.Parse(e.URL); perr == nil {
				hop = "its redirect to " + shown(at)
			}
		}
		return drawbridge.Errorf(drawbridge.Denied,
			"fetch %s: %s leads to %s, which %s; only public addresses are fetched. Download the file yourself and give its path", shown(u), hop, r.address, r.why)
	}
	if e, ok := errors.AsType[*drawbridge.Error](err); ok {
		return drawbridge.Errorf(e.Kind, "fetch %s: %s", shown(u), e.Message)
	}
	if t, ok := errors.AsType[net.Error](err); errors.Is(err, context.DeadlineExceeded) || ok && t.Timeout() {
		return drawbridge.Errorf(drawbridge.Unavailable, "fetch %s: no complete answer within %s", shown(u), d.opt.Timeout)
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return drawbridge.Errorf(drawbridge.Unavailable, "fetch %s: the name %s cannot be resolved", shown(u), e.Name)
	}
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return drawbridge.Errorf(drawbridge.Unavailable, "fetch %s: the server's certificate is not valid: %v", shown(u), e.Err)
	}
	return drawbridge.Errorf(drawbridge.Unavailable, "fetch %s: the server cannot be reached or broke off (%v)", shown(u), cause(err))
}

func cause(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// shown is an address without credentials, query and fragment.
func shown(u *url.URL) string {
	v := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return clip(v.String())
}

func clip(s string) string {
	if len(s) > 200 {
		return s[:200] + "..."
	}
	return s
}

// fileName returns the last part of a path as a plain file name.
func fileName(u *url.URL) string {
	name := path.Base(u.Path)
	name = strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_' {
			return c
		}
		return '-'
	}, name)
	return strings.TrimLeft(clip(name), ".-")
}

// looksLikePage sniffs HTML, whatever the server calls it.
func looksLikePage(media string, body []byte) bool {
	head := strings.ToLower(strings.TrimSpace(string(body[:min(len(body), 512)])))
	return strings.HasPrefix(head, "<!doctype html") || strings.HasPrefix(head, "<html") ||
		media == "text/html" && strings.HasPrefix(head, "<") || strings.HasPrefix(http.DetectContentType(body[:min(len(body), 512)]), "text/html")
}
