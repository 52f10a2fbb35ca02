package dial

import (
	"crypto/tls"
	"net"
	"net/netip"
)

// Allowing returns options under which the addresses that f accepts pass, so
// that a test can play the public server on loopback.
func (o Options) Allowing(f func(netip.AddrPort) bool, config *tls.Config) Options {
	o.allow, o.roots = f, config
	return o
}

// Resolving returns options under which names are resolved by r.
func (o Options) Resolving(r *net.Resolver) Options {
	o.names = r
	return o
}
