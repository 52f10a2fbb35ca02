package spec

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"drawbridge"
)

// har reads a recording (HAR 1.2). Calls to one host with the same method and
// path template become one operation; names and shapes are kept, values are not.
func (r *reader) har(log *node) error {
	if log.kind != object {
		return r.main.wrong(log, "log", object)
	}
	version := cmp.Or(log.text("version"), "1.2")
	r.api.Format = "HAR " + clip(version, 10)
	r.api.Sampled, r.api.Secret = true, "a recording holds real values and credentials"
	entries, err := r.main.child(log, "entries", "log.entries", list)
	if err != nil {
		return err
	}
	known := map[string]int{}
	assets := 0
	for i := range entries.members() {
		e := spot{r.main, &entries.kids[i].val}
		req, err := r.main.child(e.n, "request", "request", object)
		if err != nil {
			return err
		}
		u, err := url.Parse(req.text("url"))
		if err != nil || u.Host == "" || !strings.HasPrefix(u.Scheme, "http") && !strings.HasPrefix(u.Scheme, "ws") {
			r.warn(e, "an entry has no address that can be used; it is left out")
			continue
		}
		media := e.n.get("response").get("content").text("mimeType")
		if req.text("method") == "GET" && asset(u.Path, media) {
			assets++
			continue
		}
		path, params := template(u.EscapedPath())
		o := Operation{Method: strings.ToUpper(clip(req.text("method"), 10)), Path: path, Tag: hostOf(u)}
		key := o.Tag + " " + o.Method + " " + o.Path
		j, ok := known[key]
		if !ok {
			if !slices.Contains(methods, strings.ToLower(o.Method)) {
				continue // CONNECT and the like
			}
			if j = len(r.api.Operations); j >= maxOperations {
				return r.main.errorf(e.n, "more than %d operations", maxOperations)
			}
			known[key] = j
			o.ID = r.unique(spot{}, cleanID(madeID(o.Method, o.Path)))
			o.Servers = r.server(nil, e, u.Scheme+"://"+u.Host)
			for _, p := range params {
				r.hole(&o, p)
			}
			r.api.Operations = append(r.api.Operations, o)
		}
		r.entry(&r.api.Operations[j], e, req)
	}
	if assets > 0 {
		r.warn(spot{}, "%d calls for pages, scripts, styles, images and fonts are left out", assets)
	}
	slices.SortStableFunc(r.api.Operations, func(a, b Operation) int {
		return cmp.Or(strings.Compare(a.Tag, b.Tag), strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
	})
	return nil
}

// entry adds what one recorded call carried.
func (r *reader) entry(o *Operation, e spot, req *node) {
	for _, q := range req.get("queryString").members() {
		r.named(o, drawbridge.AtQuery, q.val.text("name"), "")
	}
	for _, h := range req.get("headers").members() {
		r.header(o, h.val.text("name"), h.val.text("value"))
	}
	post := req.get("postData")
	if media := post.text("mimeType"); media != "" {
		addType(&o.RequestTypes, media)
		for _, p := range post.get("params").members() {
			at := drawbridge.AtRequest
			if p.val.text("fileName") != "" {
				at = drawbridge.AtFile
			}
			r.named(o, at, p.val.text("name"), "")
		}
		r.sample(o, drawbridge.AtRequest, media, post.text("text"), e)
	}
	content := e.n.get("response").get("content")
	if media := content.text("mimeType"); media != "" && !strings.HasPrefix(media, "x-unknown") {
		addType(&o.ResponseTypes, media)
		if content.text("encoding") == "" {
			r.sample(o, drawbridge.AtResponse, media, content.text("text"), e)
		}
	}
}

func addType(types *[]string, media string) {
	media, _, _ = strings.Cut(strings.ToLower(media), ";")
	if media = strings.TrimSpace(media); media != "" && !slices.Contains(*types, media) {
		*types = append(*types, media)
		slices.Sort(*types)
	}
}

// browserHeaders say nothing about the integration.
const browserHeaders = " accept accept-charset accept-encoding accept-language cache-control connection content-encoding content-length content-type dnt expect host if-modified-since if-none-match keep-alive origin pragma priority range referer te trailer transfer-encoding upgrade upgrade-insecure-requests user-agent via "

// header notes a credential's scheme, or a header of the application's own.
func (r *reader) header(o *Operation, name, value string) {
	lower := strings.ToLower(name)
	switch {
	case lower == "" || lower[0] == ':' || strings.HasPrefix(lower, "sec-") || strings.Contains(browserHeaders, " "+lower+" "):
		return
	case lower == "authorization":
		kind, _, _ := strings.Cut(strings.ToLower(value), " ")
		s := Scheme{Name: "header Authorization", In: "header", Type: "api_key", Param: "Authorization"}
		if kind == "basic" || kind == "bearer" {
			s = Scheme{Name: "header Authorization: " + kind, In: "header", Type: kind}
		}
		r.scheme(o, s)
	case lower == "cookie":
		r.scheme(o, Scheme{Name: "cookies", In: "cookie", Type: "cookie"})
	case strings.Contains(lower, "api-key") || strings.Contains(lower, "apikey") || strings.HasSuffix(lower, "-token") && !strings.Contains(lower, "csrf") && !strings.Contains(lower, "xsrf"):
		r.scheme(o, Scheme{Name: "header " + name, In: "header", Type: "api_key", Param: name})
	default:
		r.named(o, drawbridge.AtHeader, name, "")
	}
}

// scheme notes that an operation was called with a credential.
func (r *reader) scheme(o *Operation, s Scheme) {
	if !slices.ContainsFunc(r.api.Schemes, func(t Scheme) bool { return t.Name == s.Name }) {
		r.api.Schemes = append(r.api.Schemes, s)
	}
	o.accept(s.Name, s.Scopes)
}

// asset reports whether a call fetched a part of a page.
func asset(path, media string) bool {
	for _, prefix := range []string{"text/html", "text/css", "image/", "font/", "audio/", "video/", "text/javascript", "application/javascript", "application/x-javascript", "application/font", "application/wasm"} {
		if strings.HasPrefix(media, prefix) {
			return true
		}
	}
	for _, ext := range []string{".js", ".mjs", ".css", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".ico", ".webp", ".woff", ".woff2", ".ttf", ".map", ".html"} {
		if strings.HasSuffix(path, ext) {
			return true
		}
	}
	return false
}
