package dial

import "net/netip"

// ranges lists what is not the public Internet, from the IANA registries of
// special-purpose addresses (RFC 6890 and its updates).
var ranges = []struct {
	prefix netip.Prefix
	why    string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "is this host (RFC 1122)"},
	{netip.MustParsePrefix("10.0.0.0/8"), "is private (RFC 1918)"},
	{netip.MustParsePrefix("100.64.0.0/10"), "is carrier-grade NAT (RFC 6598)"},
	{netip.MustParsePrefix("127.0.0.0/8"), "is loopback"},
	{netip.MustParsePrefix("169.254.0.0/16"), "is link-local, where cloud metadata lives"},
	{netip.MustParsePrefix("172.16.0.0/12"), "is private (RFC 1918)"},
	{netip.MustParsePrefix("192.0.0.0/24"), "is reserved for protocols (RFC 6890)"},
	{netip.MustParsePrefix("192.0.2.0/24"), "is for documentation (RFC 5737)"},
	{netip.MustParsePrefix("192.31.196.0/24"), "is reserved (RFC 7535)"},
	{netip.MustParsePrefix("192.52.193.0/24"), "is reserved (RFC 7450)"},
	{netip.MustParsePrefix("192.88.99.0/24"), "is the old 6to4 relay (RFC 7526)"},
	{netip.MustParsePrefix("192.168.0.0/16"), "is private (RFC 1918)"},
	{netip.MustParsePrefix("192.175.48.0/24"), "is reserved (RFC 7534)"},
	{netip.MustParsePrefix("198.18.0.0/15"), "is for benchmarks (RFC 2544)"},
	{netip.MustParsePrefix("198.51.100.0/24"), "is for documentation (RFC 5737)"},
	{netip.MustParsePrefix("203.0.113.0/24"), "is for documentation (RFC 5737)"},
	{netip.MustParsePrefix("224.0.0.0/4"), "is multicast"},
	{netip.MustParsePrefix("240.0.0.0/4"), "is reserved (RFC 1112)"},
	{netip.MustParsePrefix("168.63.129.16/32"), "is a cloud's metadata address"},
	{netip.MustParsePrefix("::/96"), "is unspecified, loopback or an old IPv4 form"},
	{netip.MustParsePrefix("::ffff:0:0:0/96"), "is translated IPv4 (RFC 7915)"},
	{netip.MustParsePrefix("64:ff9b::/96"), "is NAT64 (RFC 6052)"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "is local NAT64 (RFC 8215)"},
	{netip.MustParsePrefix("100::/64"), "is discarded (RFC 6666)"},
	{netip.MustParsePrefix("2001::/23"), "is reserved for protocols, Teredo among them (RFC 2928)"},
	{netip.MustParsePrefix("2001:db8::/32"), "is for documentation (RFC 3849)"},
	{netip.MustParsePrefix("2002::/16"), "is 6to4 (RFC 3056)"},
	{netip.MustParsePrefix("3fff::/20"), "is for documentation (RFC 9637)"},
	{netip.MustParsePrefix("5f00::/16"), "is for segment routing (RFC 9602)"},
	{netip.MustParsePrefix("fc00::/7"), "is a unique local address (RFC 4193)"},
	{netip.MustParsePrefix("fe80::/10"), "is link-local"},
	{netip.MustParsePrefix("fec0::/10"), "is site-local (RFC 3879)"},
	{netip.MustParsePrefix("ff00::/8"), "is multicast"},
}

var globalUnicast = netip.MustParsePrefix("2000::/3")

// NotPublic says why an address is not on the public Internet, or "". An IPv4
// address inside an IPv6 one is judged as what it reaches. Of IPv6, only
// global unicast (2000::/3) is public.
func NotPublic(a netip.Addr) string {
	if !a.IsValid() {
		return "is no address"
	}
	if a.Zone() != "" {
		return "is bound to a network interface"
	}
	a = a.Unmap()
	for _, r := range ranges {
		if r.prefix.Contains(a) {
			return r.why
		}
	}
	if a.Is6() && !globalUnicast.Contains(a) {
		return "is not global unicast"
	}
	return ""
}
