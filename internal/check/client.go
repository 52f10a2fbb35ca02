package check

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"drawbridge/internal/dial"
)

// Limits of one exchange with a target, which is hostile.
const (
	maxBody       = 1 << 20  // bytes of an answer that are kept; the rest is not read
	maxHeader     = 64 << 10 // bytes of an answer's headers
	maxSent       = 4 << 20  // bytes of request bodies that are remembered
	exchangeLimit = 10 * time.Second
	maxPause      = 15 * time.Second // longest wait that a target may ask for
	maxPauses     = 3                // of one request
	maxSilence    = 5                // exchanges in a row without an answer that end a run
)

// The errors that end a run. What it found until then counts.
var (
	ErrBudget = errors.New("the run's budget is spent")
	errGone   = errors.New("the target stopped answering")
)

// Request is what a check wants to send.
type Request struct {
	Method string
	Path   string // with its query, below the base URL
	Header http.Header
	Body   []byte
	Type   string // content type of the body
	Once   bool   // take a 429 as the answer, instead of waiting and asking again
}

// Clone returns a copy whose headers may be changed.
func (r Request) Clone() Request {
	r.Header = r.Header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	return r
}

// Answer is what came back, bounded and unredacted; it never leaves the engine.
type Answer struct {
	Status    int
	Header    http.Header
	Body      []byte
	Truncated bool // the body was longer than is kept
	Took      time.Duration
	request   Request
	as        string
	sent      http.Header
	url       string
	refusal   int // status that the body means, when it refuses with status 200
}

// Type returns the media type of the answer, without parameters.
func (a *Answer) Type() string {
	t, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(t))
}

// OK reports a 2xx status whose body does not say that it failed.
func (a *Answer) OK() bool { return a.Status >= 200 && a.Status < 300 && a.refusal == 0 }

// Code returns the status that is meant: of the envelope where the answer
// refuses with status 200, else of HTTP.
func (a *Answer) Code() int {
	if a.refusal != 0 {
		return a.refusal
	}
	return a.Status
}

// Denied reports an answer that refuses: 401, 403 and 404 all mean denied.
func (a *Answer) Denied() bool {
	return a.Code() == 401 || a.Code() == 403 || a.Code() == 404 || a.refusal == 400
}

// Throttled reports an answer that says nothing but "not now".
func (a *Answer) Throttled() bool { return a.Status == http.StatusTooManyRequests }

// client sends requests in order, one at a time, within scope and budget. It
// remembers what it sent, so that the run's own data is not taken for a leak.
type client struct {
	base   *url.URL
	http   *http.Client
	dialer *dial.TargetDialer
	redact *redactor
	wait   time.Duration // longest exchange
	now    func() time.Time

	mu       sync.Mutex // guards what follows
	requests int
	limit    int
	silent   int
	pauses   int
	sent     bytes.Buffer
}

func newClient(base *url.URL, d *dial.TargetDialer, trust *tls.Config, limits RunBudget, now func() time.Time) *client {
	wait := time.Duration(limits.Seconds / 6 * float64(time.Second))
	wait = max(min(wait, exchangeLimit), 200*time.Millisecond)
	return &client{
		base: base, redact: &redactor{}, limit: limits.Requests, now: now, wait: wait, dialer: d,
		http: &http.Client{
			Transport: &http.Transport{
				DialContext: d.DialContext, TLSClientConfig: trust, DisableCompression: true,
				MaxResponseHeaderBytes: maxHeader, MaxIdleConnsPerHost: 2, IdleConnTimeout: exchangeLimit,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// spend takes one request from the budget.
func (c *client) spend(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.requests >= c.limit:
		return ErrBudget
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case c.silent >= maxSilence:
		return errGone
	}
	c.requests++
	return nil
}

func (c *client) used() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.requests
}

// grant adds requests for the clean-up, and forgets a silence.
func (c *client) grant(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limit = max(c.limit, c.requests+n)
	c.silent = 0
}

// stop returns why no further request can be sent, or nil.
func (c *client) stop(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case c.requests >= c.limit:
		return ErrBudget
	case c.silent >= maxSilence:
		return errGone
	}
	return nil
}

// ends reports whether err ends the whole run.
func ends(ctx context.Context, err error) bool {
	return errors.Is(err, ErrBudget) || errors.Is(err, errGone) || ctx.Err() != nil
}

// do sends one request. auth adds the credential; nil sends none. A target that
// throttles is given the time that it asks for, within limits.
func (c *client) do(ctx context.Context, as string, auth func(*http.Request), r Request) (*Answer, error) {
	for try := 0; ; try++ {
		a, err := c.once(ctx, as, auth, r)
		if err != nil || r.Once || try == maxPauses {
			return a, err
		}
		pause, asked := pauseOf(a, try)
		if !asked || pause > maxPause {
			return a, nil
		}
		c.mu.Lock()
		c.pauses++
		c.mu.Unlock()
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return a, nil
		}
	}
}

// pauseOf says how long a target asks to be left alone (RFC 9110 section 10.2.3).
func pauseOf(a *Answer, try int) (time.Duration, bool) {
	after := a.Header.Get("Retry-After")
	if a.Status != http.StatusTooManyRequests && (a.Status != http.StatusServiceUnavailable || after == "") {
		return 0, false
	}
	if n, err := strconv.Atoi(after); err == nil && n >= 0 {
		if n > int(maxPause/time.Second) {
			return maxPause + 1, true
		}
		return time.Duration(n) * time.Second, true
	}
	return time.Second << try, true
}

func (c *client) once(ctx context.Context, as string, auth func(*http.Request), r Request) (*Answer, error) {
	if err := c.spend(ctx); err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, c.wait)
	defer cancel()
	req, err := c.request(limited, auth, r)
	if err != nil {
		return nil, err
	}
	start := c.now()
	resp, err := c.http.Do(req)
	c.heard(err == nil)
	if err != nil {
		return nil, c.failure(ctx, r, err)
	}
	defer resp.Body.Close()
	body, truncated, err := readBody(resp)
	if err != nil {
		return nil, c.failure(ctx, r, err)
	}
	a := &Answer{
		Status: resp.StatusCode, Header: resp.Header, Body: body, Truncated: truncated,
		Took: c.now().Sub(start), request: r, as: as, sent: req.Header, url: req.URL.String(),
	}
	a.refusal = refusalIn(a)
	return a, nil
}

func (c *client) request(ctx context.Context, auth func(*http.Request), r Request) (*http.Request, error) {
	address := strings.TrimRight(c.base.String(), "/") + "/" + strings.TrimLeft(r.Path, "/")
	req, err := http.NewRequestWithContext(ctx, r.Method, address, bytes.NewReader(r.Body))
	if err != nil {
		return nil, fmt.Errorf("make request %s %s: %w", r.Method, r.Path, err)
	}
	for k, v := range r.Header {
		req.Header[http.CanonicalHeaderKey(k)] = slices.Clone(v)
	}
	if r.Type != "" {
		req.Header.Set("Content-Type", r.Type)
	}
	if req.Header.Get("Accept") == "" {
		req.Header.Set("Accept", "application/json, */*;q=0.5")
	}
	req.Header.Set("User-Agent", "drawbridge-check")
	if auth != nil {
		auth(req)
	}
	c.mu.Lock()
	if c.sent.Len() < maxSent {
		c.sent.Write(r.Body[:min(len(r.Body), maxBody)])
		c.sent.WriteByte('\n')
	}
	c.mu.Unlock()
	return req, nil
}

// knows reports that the run itself sent the text.
func (c *client) knows(text string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Contains(c.sent.Bytes(), []byte(text)) || bytes.Contains(c.sent.Bytes(), []byte(url.QueryEscape(text)))
}

func (c *client) heard(answered bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silent++
	if answered {
		c.silent = 0
	}
}

// failure says in plain words why there is no answer. The address of a client's
// error is dropped: it may hold a credential.
func (c *client) failure(ctx context.Context, r Request, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	path, _, _ := strings.Cut(r.Path, "?")
	if errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		return fmt.Errorf("%s %s: no full answer within %s", r.Method, path, c.wait)
	}
	return fmt.Errorf("%s %s: %w", r.Method, path, err)
}

func isTimeout(err error) bool {
	n, ok := errors.AsType[net.Error](err)
	return ok && n.Timeout()
}

// readBody keeps at most maxBody bytes, unpacked when the answer is gzip.
func readBody(resp *http.Response) ([]byte, bool, error) {
	var src io.Reader = resp.Body
	if strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		z, err := gzip.NewReader(io.LimitReader(resp.Body, maxBody))
		if err != nil {
			return nil, false, fmt.Errorf("unpack the answer: %w", err)
		}
		src = z
	}
	body, err := io.ReadAll(io.LimitReader(src, maxBody+1))
	if len(body) > maxBody {
		return body[:maxBody], true, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read the answer: %w", err)
	}
	return body, false, nil
}
