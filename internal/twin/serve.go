package twin

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const maxBody = 64 << 10

// exchange is one request on its way through the twin.
type exchange struct {
	t     *Twin
	r     *http.Request
	op    *operation
	here  []*operation // every operation of the path
	vars  map[string]string
	who   *principal // nil: nobody, which only a public or a flawed operation lets in
	any   bool       // let in by a flaw without an owner of its own: sees every tenant
	body  map[string]any
	sent  map[string]any // body as it came
	raw   []byte
	seen  *object // that the answer shows
	flaws []*flaw // that are on
}

// answer is what goes back.
type answer struct {
	status int
	media  string
	header http.Header
	body   any
}

const (
	mediaJSON    = "application/json"
	mediaProblem = "application/problem+json"
	mediaForm    = "application/x-www-form-urlencoded"
)

// ServeHTTP answers one request.
func (t *Twin) serve(w http.ResponseWriter, r *http.Request) {
	t.requests.Add(1)
	if h := t.misbehave(); h != nil && h(w, r) {
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	t.mu.Lock()
	x := &exchange{t: t, r: r, raw: raw, flaws: *t.on.Load()}
	a := x.handle(err)
	for _, f := range x.flaws {
		if f.finish != nil {
			f.finish(x, a)
		}
	}
	body := encode(a)
	t.mu.Unlock()
	x.send(w, a, body)
}

// encode writes the body while the objects in it are locked.
func encode(a *answer) []byte {
	switch v := a.body.(type) {
	case nil:
		return nil
	case []byte:
		return v
	}
	b, err := json.Marshal(a.body)
	if err != nil {
		panic(err) // every value is JSON-like
	}
	return append(b, '\n')
}

func (x *exchange) send(w http.ResponseWriter, a *answer, body []byte) {
	h := w.Header()
	maps.Copy(h, a.header)
	if len(body) > 0 {
		h.Set("Content-Type", a.media)
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(a.status)
	if x.r.Method != http.MethodHead {
		_, _ = w.Write(body) // a caller that went away does not matter
	}
}

// handle turns a request into an answer.
func (x *exchange) handle(readErr error) *answer {
	h := http.Header{}
	a, p := x.route(readErr, h)
	if p != nil {
		a = p.answer()
		for _, f := range x.flaws {
			if f.refuse != nil {
				f.refuse(x, p, a)
			}
		}
	}
	if a.header == nil {
		a.header = http.Header{}
	}
	maps.Copy(a.header, h)
	if a.media == "" {
		a.media = mediaJSON
	}
	x.harden(a.header)
	return a
}

func (p *problem) answer() *answer {
	body := map[string]any{"type": "about:blank", "title": p.title, "status": p.status, "detail": p.detail}
	if len(p.errors) > 0 {
		body["errors"] = p.errors
	}
	h := http.Header{}
	for k, v := range p.header {
		h.Set(k, v)
	}
	return &answer{status: p.status, media: mediaProblem, body: body, header: h}
}

// harden sets the headers that every answer carries.
func (x *exchange) harden(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if x.r.TLS != nil {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	h.Add("Vary", "Origin")
	origin := x.r.Header.Get("Origin")
	allowed := origin != "" && origin == x.t.origin()
	for _, f := range x.flaws {
		allowed = allowed || f.origin != nil && origin != "" && f.origin(x, origin)
	}
	if allowed {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
		if x.r.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", h.Get("Allow"))
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, X-API-Key")
		}
	}
}

// origin is the one web page that may call from a browser: the partner's own.
func (t *Twin) origin() string {
	return "https://dashboard." + strings.TrimPrefix(t.style.host, "api.")
}

func (x *exchange) route(readErr error, h http.Header) (*answer, *problem) {
	rest, ok := strings.CutPrefix(x.r.URL.Path, x.t.style.base)
	if !ok {
		return nil, notFound()
	}
	x.here, x.vars = match(x.t.ops, rest)
	if len(x.here) == 0 {
		return nil, notFound()
	}
	method := x.r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, o := range x.here {
		if o.method == method {
			x.op = o
		}
	}
	switch {
	case method == http.MethodOptions:
		h.Set("Allow", allow(x.here))
		return &answer{status: http.StatusNoContent}, nil
	case x.op == nil:
		h.Set("Allow", allow(x.here))
		return nil, &problem{status: 405, title: "Method Not Allowed", detail: "The resource does not have this method."}
	}
	if p := x.authenticate(h); p != nil {
		return nil, p
	}
	if p := x.read(readErr); p != nil {
		return nil, p
	}
	return x.act()
}

// authenticate says who calls, and counts the call against the caller's rate.
func (x *exchange) authenticate(h http.Header) *problem {
	value, given := x.t.credential(x.r)
	if !x.op.public {
		if given && !x.t.worn(value) {
			x.who = x.t.identify(x, value)
		}
		for _, f := range x.flaws {
			x.any = x.any || x.who == nil && f.admit != nil && f.admit(x, given)
		}
	}
	if p := x.limit(h); p != nil {
		return p
	}
	if x.op.public || x.who != nil || x.any {
		return nil
	}
	p := refused("A valid credential is needed.")
	challenge := x.t.style.auth.word() + ` realm="` + x.t.style.host + `"`
	if given && x.t.style.auth.word() == "Bearer" {
		challenge += `, error="invalid_token"`
	}
	p.header = map[string]string{"WWW-Authenticate": challenge}
	return p
}

// bucket is a token bucket of one caller.
type bucket struct {
	left float64
	at   time.Time
}

func (x *exchange) limit(h http.Header) *problem {
	for _, f := range x.flaws {
		if f.unlimited {
			return nil
		}
	}
	name := "" // all strangers share one bucket
	if x.who != nil {
		name = x.who.name
	}
	rate, now := float64(x.t.rate), x.t.now()
	b := x.t.buckets[name]
	if b == nil {
		b = &bucket{left: rate, at: now}
		x.t.buckets[name] = b
	}
	b.left = min(rate, b.left+max(0, now.Sub(b.at).Seconds())*rate)
	b.at = now
	h.Set("RateLimit-Limit", strconv.Itoa(x.t.rate))
	h.Set("RateLimit-Remaining", strconv.Itoa(max(0, int(b.left)-1)))
	h.Set("RateLimit-Reset", "1")
	if b.left < 1 {
		h.Set("Retry-After", "1")
		return &problem{status: 429, title: "Too Many Requests", detail: "Wait a second and try again."}
	}
	b.left--
	return nil
}

// read takes in the body and checks its form, not yet its meaning.
func (x *exchange) read(readErr error) *problem {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](readErr); tooLarge {
		return &problem{status: 413, title: "Content Too Large", detail: "A body may have 64 KiB."}
	}
	if readErr != nil {
		return malformed()
	}
	if x.op.in == nil {
		return nil
	}
	asForm := x.t.style.form || x.op.form
	want := mediaJSON
	if asForm {
		want = mediaForm
	}
	media, _, err := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	if err != nil || media != want {
		return &problem{status: 415, title: "Unsupported Media Type", detail: "Send " + want + ".", fault: syntax}
	}
	var p *problem
	if asForm {
		x.body, p = readForm(x.raw, x.op.in)
	} else {
		x.body, p = readJSON(x.raw)
	}
	x.sent = x.body
	return p
}
