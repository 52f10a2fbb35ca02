package api

import (
	"math"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/seal"
)

// maxToken bounds a secret that is looked up, in bytes.
const maxToken = 200

// authenticate finds out who asks, and whether they ask too often. A secret
// comes in the Authorization header or in the session's cookie, never in the
// address.
func (c *call) authenticate() error {
	if c.route.Has(Loopback) && !c.loopback() {
		return noSuchAddress()
	}
	// Nothing of another site makes a browser act here. Other programs send
	// none of the headers that this judges by.
	if err := c.api.origin.Check(c.r); err != nil {
		return drawbridge.Errorf(drawbridge.Denied, "the request comes from another site: call the API from the server's own address")
	}
	if c.route.Has(Partner) {
		return c.visit()
	}
	secret, err := c.presented()
	if err != nil {
		return c.stranger(err)
	}
	if secret.Empty() {
		if !c.route.Has(Public) {
			return c.stranger(drawbridge.Errorf(drawbridge.Unauthenticated, "sign in first: send Authorization: Bearer with a token"))
		}
		return c.stranger(nil)
	}
	actor, err := c.api.opt.Account.Authenticate(c.r.Context(), secret, "api", c.id)
	if err != nil {
		if c.route.Has(Public) && drawbridge.KindOf(err) == drawbridge.Unauthenticated {
			return c.stranger(nil) // an old secret does not keep anybody from signing in
		}
		return c.stranger(err)
	}
	c.actor, c.secret = actor, secret
	return c.limited(c.api.actors.take(actor.ID))
}

// presented is the secret that came with the request.
func (c *call) presented() (seal.Hidden, error) {
	if headers := c.r.Header.Values("Authorization"); len(headers) > 0 {
		scheme, secret, _ := strings.Cut(headers[0], " ")
		if len(headers) > 1 || !strings.EqualFold(scheme, "Bearer") || secret == "" || len(secret) > maxToken {
			return seal.Hidden{}, drawbridge.Errorf(drawbridge.Unauthenticated, "the Authorization header is not one Bearer token")
		}
		return seal.Hide(secret), nil
	}
	if cookies := c.r.CookiesNamed(c.cookieName()); len(cookies) == 1 && len(cookies[0].Value) <= maxToken {
		return seal.Hide(cookies[0].Value), nil
	}
	return seal.Hidden{}, nil
}

// stranger counts a request of somebody who is not known, by address.
func (c *call) stranger(err error) error {
	if wait := c.api.addresses.take(c.address()); wait > 0 {
		return c.limited(wait)
	}
	return err
}

func (c *call) limited(wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	c.w.Header().Set("Retry-After", seconds(wait))
	return drawbridge.Errorf(drawbridge.Limited, "too many requests: wait, and send fewer at a time")
}

func seconds(d time.Duration) string { return itoa(int64(math.Ceil(d.Seconds()))) }

// address is the network that a request came from: one IPv4 address, or the
// /64 of an IPv6 one, since whoever has one has all of it.
func (c *call) address() string {
	ip := c.remote()
	if ip.Is6() {
		p, err := ip.WithZone("").Prefix(64)
		if err == nil {
			return p.String()
		}
	}
	return ip.String()
}

func (c *call) remote() netip.Addr {
	host, _, err := net.SplitHostPort(c.r.RemoteAddr)
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

// loopback reports whether the request was made on this machine and by nobody
// who passes it on: the name that was asked for must be the machine's own too. A
// plain proxy says nothing of itself, but speaks HTTP/1.0; and where people come
// over TLS, they do not come from here.
func (c *call) loopback() bool {
	host, _, err := net.SplitHostPort(c.r.Host)
	if err != nil {
		host = c.r.Host
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	named := host == "localhost" || err == nil && ip.IsLoopback()
	direct := c.r.ProtoAtLeast(1, 1) && !c.api.opt.Secure && !slices.ContainsFunc(passedOn, func(name string) bool { return c.r.Header.Get(name) != "" })
	return named && direct && c.remote().IsLoopback()
}

// cookieName is the session's cookie. The prefix makes browsers refuse one that
// another host or plain HTTP sets.
func (c *call) cookieName() string {
	if c.api.opt.Secure {
		return "__Host-drawbridge"
	}
	return "drawbridge"
}

// setCookie gives the session to a browser, or takes it back when it is empty.
func (c *call) setCookie(secret seal.Hidden) {
	cookie := &http.Cookie{Name: c.cookieName(), Value: secret.Reveal(), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: c.api.opt.Secure} //nolint:gosec // plain HTTP is spoken on loopback alone
	if secret.Empty() {
		cookie.MaxAge = -1
	}
	http.SetCookie(c.w, cookie)
}
