package twin

import "strings"

// headerFlaws send headers that they should not, or leave some out.
func headerFlaws() []*flaw {
	host := func(origin string) string { _, after, _ := strings.Cut(origin, "://"); return after }
	return []*flaw{
		{
			id: "CORS-01", title: "Every web page may call with credentials",
			origin: func(*exchange, string) bool { return true },
		},
		{
			id: "CORS-01/null", title: "A page without an origin may call with credentials",
			origin: func(_ *exchange, origin string) bool { return origin == "null" },
		},
		{
			id: "CORS-01/suffix", title: "A page whose address ends like the partner's may call with credentials",
			origin: func(x *exchange, origin string) bool {
				return strings.HasSuffix(origin, strings.TrimPrefix(x.t.style.host, "api.")) || strings.HasSuffix(host(origin), x.r.Host)
			},
		},
		{
			id: "CORS-01/prefix", title: "A page whose address begins like the partner's may call with credentials",
			origin: func(x *exchange, origin string) bool {
				return strings.HasPrefix(host(origin), x.t.style.host) || strings.HasPrefix(host(origin), strings.Split(x.r.Host, ":")[0]) || strings.HasPrefix(origin, x.t.origin())
			},
		},
		{
			id: "HDR-01", title: "A signed-in caller's answer may be kept by shared caches", effect: doList,
			finish: func(x *exchange, a *answer) {
				if x.at("HDR-01") && a.status == 200 {
					a.header.Set("Cache-Control", "public, max-age=3600")
				}
			},
		},
		{
			id: "HDR-01/absent", title: "A signed-in caller's answer says nothing about caches", effect: doList,
			finish: func(x *exchange, a *answer) {
				if x.at("HDR-01/absent") && a.status == 200 {
					a.header.Del("Cache-Control")
				}
			},
		},
		{
			id: "HDR-02", title: "Answers name the server's version and allow type sniffing",
			finish: func(_ *exchange, a *answer) {
				a.header.Del("X-Content-Type-Options")
				a.header.Del("Strict-Transport-Security")
				a.header.Set("Server", "nginx/1.14.0 (Ubuntu)")
				a.header.Set("X-Powered-By", "PHP/7.2.24")
			},
		},
		{
			id: "HDR-02/nosniff", title: "Answers allow type sniffing",
			finish: func(_ *exchange, a *answer) { a.header.Del("X-Content-Type-Options") },
		},
		{
			id: "HDR-02/banner", title: "Answers name the server's version",
			finish: func(_ *exchange, a *answer) { a.header.Set("Server", "Apache/2.4.29 (Ubuntu)") },
		},
		{id: "RATE-01", title: "There is no limit of rate", unlimited: true},
	}
}
