package spec

import (
	"net/url"
	"slices"
	"strings"
)

// servers reads a list of servers; variables take their defaults, and each of
// their other accepted values is a server of its own.
func (r *reader) servers(s spot) ([]Server, error) {
	n, err := s.doc.child(s.n, "servers", "servers", list)
	if err != nil {
		return nil, err
	}
	var out []Server
	for i := range n.members() {
		if len(out) >= 50 {
			r.warn(spot{s.doc, n}, "more than 50 servers; the rest is left out")
			break
		}
		server := spot{s.doc, &n.kids[i].val}
		if server.n.kind != object {
			return nil, s.doc.wrong(server.n, "a server", object)
		}
		for _, u := range r.expand(server) {
			out = r.server(out, server, u)
		}
	}
	return out, nil
}

// expand replaces a server's variables.
func (r *reader) expand(s spot) []string {
	urls := []string{s.n.text("url")}
	for _, v := range s.n.get("variables").members() {
		hole := "{" + v.key + "}"
		values := v.val.get("enum").texts()
		if len(values) == 0 {
			values = []string{v.val.text("default")}
			if strings.Contains(hostPart(urls[0]), hole) {
				r.warn(s, "the host of server %q depends on %s; its default %q stands in, write the real host into the manifest", clip(urls[0], 80), hole, clip(values[0], 60))
			}
		}
		var next []string
		for _, u := range urls {
			for _, value := range values {
				if filled := strings.ReplaceAll(u, hole, value); !slices.Contains(next, filled) && len(next) < 50 {
					next = append(next, filled)
				}
			}
		}
		urls = next
	}
	return urls
}

func hostPart(u string) string {
	_, rest, ok := strings.Cut(u, "://")
	if !ok {
		return ""
	}
	host, _, _ := strings.Cut(rest, "/")
	return host
}

// server adds one address, when it names a host.
func (r *reader) server(out []Server, s spot, raw string) []Server {
	u, err := url.Parse(raw)
	if err != nil || strings.ContainsAny(raw, "{}") && u.Host == "" {
		r.warn(s, "the server %q is not an address; its host is unknown", clip(raw, 80))
		return out
	}
	if u.Host == "" && r.opt.From != "" {
		if from, err := url.Parse(r.opt.From); err == nil {
			u = from.ResolveReference(u)
		}
	}
	if u.Host == "" {
		r.warn(s, "the server %q names no host; write it into interfaces[api].hosts", clip(raw, 80))
		return out
	}
	server := Server{URL: u.String(), Host: hostOf(u), Protocol: strings.ToLower(u.Scheme)}
	if !validHost(server.Host) {
		r.warn(s, "the server %q names no fixed host; write it into the manifest", clip(raw, 80))
		return out
	}
	if !slices.Contains(out, server) {
		out = append(out, server)
	}
	return out
}

// hostOf returns the host, with the port where it is not the scheme's own.
func hostOf(u *url.URL) string {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port == "" || port == "443" && (u.Scheme == "https" || u.Scheme == "wss") || port == "80" && (u.Scheme == "http" || u.Scheme == "ws") {
		return host
	}
	return host + ":" + port
}
