package dial

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"drawbridge"
)

// Target is for live checks: exactly the hosts that a run's scope names.
const Target Purpose = "target"

// TargetDialer connects to the hosts of one run's scope and to nothing else.
// A host on loopback is free; every other host must be named in the
// authorisation, and metadata and other special addresses are refused even then.
type TargetDialer struct {
	hosts      []string
	authorised []string
	net        net.Dialer
}

// NewTarget makes the dialer of a run. hosts are those that the run will ask
// for (host or host:port); authorised are those that the manifest's authorisation
// lists. A host that is neither on loopback nor authorised is refused.
func NewTarget(hosts, authorised []string, timeout time.Duration) *TargetDialer {
	d := &TargetDialer{hosts: hosts, authorised: authorised}
	d.net = net.Dialer{Timeout: timeout}
	return d
}

// DialContext connects to address when the scope allows it. The address is
// judged again after name resolution.
func (d *TargetDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if !named(d.hosts, address) {
		return nil, drawbridge.Errorf(drawbridge.Denied, "%s is outside the run's scope", address)
	}
	allowed := named(d.authorised, address)
	dialer := d.net
	dialer.ControlContext = func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(resolved)
		if err != nil {
			return &refusal{resolved, "is no TCP address"}
		}
		ip := ap.Addr().Unmap()
		switch {
		case ip.IsLoopback():
			return nil
		case !allowed:
			return &refusal{ip.String(), "is not on loopback, and the manifest's authorisation does not list " + address}
		case ip.IsLinkLocalUnicast(), ip.IsMulticast(), ip.IsUnspecified():
			return &refusal{ip.String(), "is a link-local, multicast or unspecified address"}
		}
		return nil
	}
	return dialer.DialContext(ctx, network, address)
}

// named reports whether one of the hosts names the address: with its port, or
// without one for any port.
func named(hosts []string, address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	return slices.ContainsFunc(hosts, func(h string) bool {
		return strings.EqualFold(h, address) || strings.EqualFold(strings.Trim(h, "[]"), host)
	})
}
