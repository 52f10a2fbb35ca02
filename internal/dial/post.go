package dial

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"drawbridge"
)

// maxAnswer is how much of the answer to a post is read, for the connection's sake.
const maxAnswer = 64 << 10

// CheckPost judges an address to post to, as far as that can be done before
// name resolution. What resolves to an inner address is refused when it is dialled.
func (d *Dialer) CheckPost(address string) error {
	_, err := d.target(address)
	return err
}

func (d *Dialer) target(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || len(address) > 2000 {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "this is not an address; give one such as https://hooks.example/path")
	}
	if err := checkURL(u); err != nil {
		return nil, err
	}
	if u.Fragment != "" || u.Opaque != "" {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the address has a fragment (#...), which is never sent; leave it out")
	}
	if d.opt.Purpose == Operator {
		if !listed(d.opt.Hosts, hostPort(u)) {
			return nil, drawbridge.Errorf(drawbridge.Denied, "%s is not named by the configuration", hostPort(u))
		}
		return u, nil
	}
	if u.Scheme != "https" {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the scheme %q is not allowed here; give an https:// address", u.Scheme)
	}
	return u, publicHost(u.Hostname())
}

// publicHost refuses a host that is an inner address in any spelling, and names
// that mean this machine.
func publicHost(host string) error {
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if ip, err := netip.ParseAddr(name); err == nil {
		if why := NotPublic(ip); why != "" {
			return drawbridge.Errorf(drawbridge.Denied, "%s %s; only public addresses are posted to, or those that the operator's configuration names", host, why)
		}
		return nil
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	switch {
	case name == "" || last == "":
		return drawbridge.Errorf(drawbridge.Invalid, "the address names no host")
	case last[0] >= '0' && last[0] <= '9': // no top-level domain begins with a digit; resolvers read it as an address
		return drawbridge.Errorf(drawbridge.Denied, "%s is an address in another spelling; write it as four numbers, or give a name", host)
	case last == "localhost", last == "local", last == "internal", name == last:
		return drawbridge.Errorf(drawbridge.Denied, "%s is a name inside this network; only public addresses are posted to, or those that the operator's configuration names", host)
	}
	return nil
}

// hostPort is where an address connects.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "443"
		if u.Scheme == "http" {
			port = "80"
		}
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// Post sends a body and returns the status of the answer. Redirects are not
// followed, and the answer is thrown away. Errors name the host alone, since
// the path of such an address is often a password.
func (d *Dialer) Post(ctx context.Context, address string, header http.Header, body []byte) (int, error) {
	u, err := d.target(address)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.opt.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return 0, drawbridge.Errorf(drawbridge.Invalid, "this is not an address")
	}
	maps.Copy(req.Header, header)
	req.Header.Set("User-Agent", d.opt.UserAgent)
	client := *d.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		return 0, d.explainPost(ctx, u, err)
	}
	defer resp.Body.Close()
	// What follows the status says nothing about it, so its errors do not matter.
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer))
	return resp.StatusCode, nil
}

func (d *Dialer) explainPost(ctx context.Context, u *url.URL, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	host := hostPort(u)
	if r, ok := errors.AsType[*refusal](err); ok {
		return drawbridge.Errorf(drawbridge.Denied, "%s leads to %s, which %s", host, r.address, r.why)
	}
	if e, ok := errors.AsType[*drawbridge.Error](err); ok {
		return e
	}
	if t, ok := errors.AsType[net.Error](err); errors.Is(err, context.DeadlineExceeded) || ok && t.Timeout() {
		return drawbridge.Errorf(drawbridge.Unavailable, "%s gave no answer within %s", host, d.opt.Timeout)
	}
	return drawbridge.Errorf(drawbridge.Unavailable, "%s cannot be reached or broke off (%v)", host, cause(err))
}
