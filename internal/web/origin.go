package web

import (
	"net"
	"net/netip"
)

// origin is the address by which people reach this server. It is that of the
// settings: what a request says of it is not believed, or whoever sends one could
// have a link with a secret lead to a place of theirs. Without settings it is the
// present address of this machine itself, which is nobody else's.
func (p *page) origin() string {
	o := &p.web.opt
	if o.PublicURL != "" && !o.Assumed {
		return o.PublicURL
	}
	if !here(p.R.Host) {
		return o.PublicURL
	}
	if o.Front.Secure() {
		return "https://" + p.R.Host
	}
	return "http://" + p.R.Host
}

// here reports whether an address is that of the machine itself, for itself alone.
func here(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}
