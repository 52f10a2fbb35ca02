package front

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/seal"
)

// MaxSecret bounds a secret that is looked up, in bytes.
const MaxSecret = 200

// SameSite refuses what another site makes a browser do here. Other programs
// send none of the headers that this judges by.
func (c *Call) SameSite() error {
	if err := c.front.origin.Check(c.R); err != nil {
		return drawbridge.Errorf(drawbridge.Denied, "the request comes from another site: come by the server's own address")
	}
	return nil
}

// Recognise finds out who asks, and whether they ask too often. With public, a
// sender without a secret, or with an old one, is let in as nobody.
func (c *Call) Recognise(public bool) error {
	secret, err := c.presented()
	if err != nil {
		return c.Stranger(err)
	}
	if secret.Empty() {
		if !public {
			return c.Stranger(drawbridge.Errorf(drawbridge.Unauthenticated, "sign in first: send Authorization: Bearer with a token"))
		}
		return c.Stranger(nil)
	}
	actor, err := c.front.opt.Authenticate(c.R.Context(), secret, c.via, c.ID)
	if err != nil {
		if public && drawbridge.KindOf(err) == drawbridge.Unauthenticated {
			return c.Stranger(nil) // an old secret does not keep anybody from signing in
		}
		return c.Stranger(err)
	}
	c.Actor, c.Secret = actor, secret
	return c.Limited(c.front.actors.Take(actor.ID))
}

// VisitCookie is the suffix of the cookie of a partner's visit.
const VisitCookie = "-partner"

// Visit finds out by which link a partner came. A token of somebody with an
// account does not count here, nor this cookie anywhere else.
func (c *Call) Visit() error {
	if c.R.Header.Get("Authorization") != "" {
		return c.Stranger(drawbridge.Errorf(drawbridge.Unauthenticated, "these addresses are for partners, who come by a link: a token does not count here"))
	}
	actor, err := c.front.opt.Visitor(c.R.Context(), c.Cookie(VisitCookie), c.via, c.ID)
	if err != nil {
		return c.Stranger(err)
	}
	c.Actor = actor
	return c.Limited(c.front.visits.Take(actor.ID))
}

// Entering counts a link that is opened from an address: tokens are not guessed here.
func (c *Call) Entering() error { return c.Limited(c.front.entries.Take(c.Address())) }

// Wait waits for one of the turns; a partner's are those of the questionnaire,
// however many links it has, and a machine's those of its integration.
func (c *Call) Wait(ctx context.Context, queue *Turns) (leave func(), err error) {
	who := c.Actor.ID
	if c.Actor.Integration != "" {
		who = string(c.Actor.Integration)
	}
	if c.Actor.Inquiry != "" {
		who, queue = string(c.Actor.Inquiry), c.front.Guests
	}
	leave, err = queue.Take(ctx, who)
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Unavailable, "the server is at work on other files: try again")
	}
	return leave, nil
}

// presented is the secret that came with the request: in the Authorization header
// or in the session's cookie, never in the address.
func (c *Call) presented() (seal.Hidden, error) {
	if headers := c.R.Header.Values("Authorization"); len(headers) > 0 {
		scheme, secret, _ := strings.Cut(headers[0], " ")
		if len(headers) > 1 || !strings.EqualFold(scheme, "Bearer") || secret == "" || len(secret) > MaxSecret {
			return seal.Hidden{}, drawbridge.Errorf(drawbridge.Unauthenticated, "the Authorization header is not one Bearer token")
		}
		return seal.Hide(secret), nil
	}
	return c.Cookie(""), nil
}

// Stranger counts a request of somebody who is not known, by address.
func (c *Call) Stranger(err error) error {
	if wait := c.front.addresses.Take(c.Address()); wait > 0 {
		return c.Limited(wait)
	}
	return err
}

// Limited is the error of one who has to wait, and nil for nothing to wait for.
func (c *Call) Limited(wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	c.W.Header().Set("Retry-After", Seconds(wait))
	return drawbridge.Errorf(drawbridge.Limited, "too many requests: wait, and send fewer at a time")
}

// Seconds are whole seconds that are enough, as headers want them.
func Seconds(d time.Duration) string { return strconv.FormatInt(int64(math.Ceil(d.Seconds())), 10) }

// Address is the network that a request came from: one IPv4 address, or the
// /64 of an IPv6 one, since whoever has one has all of it.
func (c *Call) Address() string {
	ip := c.Remote()
	if ip.Is6() {
		p, err := ip.WithZone("").Prefix(64)
		if err == nil {
			return p.String()
		}
	}
	return ip.String()
}

// Remote is the address that the connection came from.
func (c *Call) Remote() netip.Addr {
	host, _, err := net.SplitHostPort(c.R.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return ip.Unmap()
}

// passedOn are the headers by which proxies say that they pass a request on.
var passedOn = []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"}

// Loopback reports whether the request was made on this machine and by nobody
// who passes it on: the name that was asked for must be the machine's own too. A
// plain proxy says nothing of itself, but speaks HTTP/1.0; and where people come
// over TLS, they do not come from here.
func (c *Call) Loopback() bool {
	host, _, err := net.SplitHostPort(c.R.Host)
	if err != nil {
		host = c.R.Host
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	named := host == "localhost" || err == nil && ip.IsLoopback()
	direct := c.R.ProtoAtLeast(1, 1) && !c.front.opt.Secure && !slices.ContainsFunc(passedOn, func(name string) bool { return c.R.Header.Get(name) != "" })
	return named && direct && c.Remote().IsLoopback()
}

// cookieName is the session's cookie, and with a suffix another one. The prefix
// makes browsers refuse one that another host or plain HTTP sets; on plain
// loopback some refuse the prefix.
func (c *Call) cookieName(suffix string) string {
	if c.front.opt.Secure {
		return "__Host-drawbridge" + suffix
	}
	return "drawbridge" + suffix
}

// Cookie is the secret of a cookie of ours; empty when there is none, or several.
func (c *Call) Cookie(suffix string) seal.Hidden {
	if cookies := c.R.CookiesNamed(c.cookieName(suffix)); len(cookies) == 1 && len(cookies[0].Value) <= MaxSecret {
		return seal.Hide(cookies[0].Value)
	}
	return seal.Hidden{}
}

// SetCookie gives a secret to a browser, or takes it back when it is empty. Lax,
// and not strict: people come from a link in their mail.
func (c *Call) SetCookie(suffix string, secret seal.Hidden) {
	cookie := &http.Cookie{Name: c.cookieName(suffix), Value: secret.Reveal(), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: c.front.opt.Secure} //nolint:gosec // plain HTTP is spoken on loopback alone
	if secret.Empty() {
		cookie.MaxAge = -1
	}
	http.SetCookie(c.W, cookie)
}

// report tells the operator of what went wrong here; what a person did wrong is
// in the access log alone.
func (c *Call) report(err error) {
	kind := drawbridge.KindOf(err)
	if kind != drawbridge.Internal && kind != drawbridge.Unavailable {
		return
	}
	if errors.Is(err, context.Canceled) && c.R.Context().Err() != nil {
		return // nobody waits for the answer
	}
	chain := []string{err.Error()}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if d, ok := e.(*drawbridge.Error); ok && d.Err != nil { //nolint:errorlint // each link of the chain is looked at
			chain = append(chain, d.Err.Error())
		}
	}
	c.front.opt.Log.Error("request failed", slog.String("request", c.ID), slog.String("kind", string(kind)), slog.String("error", strings.Join(chain, ": ")))
}
