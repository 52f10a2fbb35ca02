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

// Operator is for addresses that the configuration names: a mail server, a
// receiver of webhooks inside. Exactly those, with their ports.
const Operator Purpose = "operator"

// OperatorDialer connects to what the configuration names and to nothing else.
// A link-local address, where cloud metadata lives, is reached only when the
// configuration names the address itself.
type OperatorDialer struct {
	hosts []string
	net   net.Dialer
}

// NewOperator makes a dialer for entries of the form host:port.
func NewOperator(hosts []string, timeout time.Duration) *OperatorDialer {
	return &OperatorDialer{hosts: hosts, net: net.Dialer{Timeout: timeout}}
}

// DialContext connects to address when the configuration names it. The address
// is judged again after name resolution.
func (d *OperatorDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if !listed(d.hosts, address) {
		return nil, drawbridge.Errorf(drawbridge.Denied, "%s is not named by the configuration", address)
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%q is no host:port", clip(address))
	}
	_, err = netip.ParseAddr(host)
	literal := err == nil
	dialer := d.net
	dialer.ControlContext = func(_ context.Context, network, resolved string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(resolved)
		if err != nil || !strings.HasPrefix(network, "tcp") {
			return &refusal{resolved, "is no TCP address"}
		}
		ip := ap.Addr().Unmap()
		switch {
		case ip.IsMulticast(), ip.IsUnspecified():
			return &refusal{ip.String(), "is a multicast or unspecified address"}
		case !literal && metadata(ip):
			return &refusal{ip.String(), "is where cloud metadata lives; the configuration must name the address itself"}
		}
		return nil
	}
	return dialer.DialContext(ctx, network, address)
}

// metadata reports whether an address is one of those by which clouds give
// credentials to whoever asks from inside.
func metadata(ip netip.Addr) bool {
	return ip.IsLinkLocalUnicast() || ip == netip.MustParseAddr("168.63.129.16") || ip == netip.MustParseAddr("fd00:ec2::254") ||
		ip == netip.MustParseAddr("100.100.100.200") || ip == netip.MustParseAddr("192.0.0.192")
}

// listed reports whether an entry is exactly the address.
func listed(hosts []string, address string) bool {
	return slices.ContainsFunc(hosts, func(h string) bool { return strings.EqualFold(h, address) })
}
