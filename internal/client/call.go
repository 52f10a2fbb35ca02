package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"drawbridge"
)

// maxAnswer bounds an answer that is read into memory; a stream has no bound.
const maxAnswer = 256 << 20

// maxProblem bounds an answer that says no.
const maxProblem = 1 << 20

// HeaderEntry names the header that gives a change's place in the ledger.
const HeaderEntry = "Drawbridge-Entry"

// Sent is what is known of an answer besides its body.
type Sent struct {
	Entry   int64  // sequence number of the ledger's entry; -1 when nothing was changed
	Request string // the request's id
	Version int64  // of the record, for a conditional update; 0 when it has none
}

// spec is one call: how, where, and with what.
type spec struct {
	method, pattern string
	in              any   // fields are tagged path, query or json
	version         int64 // for If-Match; 0 for none
	key             string
	raw             []byte                        // a body that is encoded already, and
	media           string                        // what it is
	open            func() (io.ReadCloser, error) // a body that is read anew for each attempt
	large           bool                          // may take long
}

// patience is how long one attempt may take: what is large goes over slow lines too.
func (c *Client) patience(s spec) time.Duration {
	if s.large {
		return max(c.opt.Timeout, 10*time.Minute)
	}
	return c.opt.Timeout
}

// call sends a request and reads its answer. A route is method and pattern.
func call[Out any](ctx context.Context, c *Client, route string, in any) (Out, Sent, error) {
	return exchange[Out](ctx, c, specOf(route, in))
}

// create is call for what may be repeated only under an idempotency key.
func create[Out any](ctx context.Context, c *Client, route string, in any) (Out, Sent, error) {
	s := specOf(route, in)
	s.key = rand.Text()
	return exchange[Out](ctx, c, s)
}

// fetch is call for an answer that may be large.
func fetch[Out any](ctx context.Context, c *Client, route string, in any) (Out, Sent, error) {
	s := specOf(route, in)
	s.large = true
	return exchange[Out](ctx, c, s)
}

// change is call for an update of the version that was read.
func change[Out any](ctx context.Context, c *Client, route string, in any, version int64) (Out, Sent, error) {
	s := specOf(route, in)
	s.version, s.key = version, rand.Text() // else a repetition would conflict with what it repeats
	return exchange[Out](ctx, c, s)
}

func specOf(route string, in any) spec {
	method, pattern, _ := strings.Cut(route, " ")
	return spec{method: method, pattern: pattern, in: in, media: "application/json"}
}

func exchange[Out any](ctx context.Context, c *Client, s spec) (Out, Sent, error) {
	var out Out
	resp, err := c.send(ctx, s)
	if err != nil {
		return out, Sent{Entry: -1}, err
	}
	defer resp.Body.Close()
	sent := sentOf(resp)
	if resp.StatusCode == http.StatusNoContent {
		return out, sent, nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return out, sent, c.unreachable(err)
	case len(body) > maxAnswer:
		return out, sent, drawbridge.Errorf(drawbridge.TooLarge, "the server's answer has more than %s", drawbridge.Size(maxAnswer))
	}
	if err := json.Unmarshal(tame(body), &out); err != nil {
		return out, sent, drawbridge.Errorf(drawbridge.Unavailable, "%s does not answer like a Drawbridge server of this version: %w", c.base.Host, err)
	}
	return out, sent, nil
}

// stream sends a request and copies the answer to w.
func stream(ctx context.Context, c *Client, route string, in any, w io.Writer) error {
	s := specOf(route, in)
	s.large = true
	resp, err := c.send(ctx, s)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return c.unreachable(err)
	}
	return nil
}

// send tries until there is an answer. Every attempt carries the same key, so
// that a request that did its work unseen is not done twice.
func (c *Client) send(ctx context.Context, s spec) (*http.Response, error) {
	target, body, err := c.request(s)
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		resp, err := c.try(ctx, s, target, body)
		if err == nil {
			return resp, nil
		}
		safe := s.key != "" || s.method != http.MethodPost
		if attempt >= c.opt.Attempts || !safe || ctx.Err() != nil || drawbridge.KindOf(err) != drawbridge.Unavailable || errors.Is(err, errNeverAgain) {
			return nil, err
		}
		if err := c.opt.Pause(ctx, 250*time.Millisecond<<(attempt-1)); err != nil {
			return nil, err
		}
	}
}

// errNeverAgain marks a failure that a repetition cannot mend.
var errNeverAgain = errors.New("no use to try again")

func (c *Client) try(ctx context.Context, s spec, target string, body []byte) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, c.patience(s))
	var content io.Reader = bytes.NewReader(body)
	if s.open != nil {
		file, err := s.open()
		if err != nil {
			cancel()
			return nil, err
		}
		defer file.Close()
		content = file
	}
	req, err := http.NewRequestWithContext(ctx, s.method, target, content)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("make the request: %w", err)
	}
	req.Header.Set("Accept", "application/json, application/problem+json")
	req.Header.Set("User-Agent", c.opt.UserAgent)
	if body != nil || s.open != nil {
		req.Header.Set("Content-Type", s.media)
	}
	if !c.opt.Token.Empty() {
		req.Header.Set("Authorization", "Bearer "+c.opt.Token.Reveal())
	}
	if s.key != "" {
		req.Header.Set("Idempotency-Key", s.key)
	}
	if s.version > 0 {
		req.Header.Set("If-Match", strconv.Quote(strconv.FormatInt(s.version, 10)))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		cancel()
		return nil, c.unreachable(err)
	}
	resp.Body = &ending{resp.Body, cancel}
	if resp.StatusCode >= 300 {
		defer resp.Body.Close()
		return nil, c.refused(resp)
	}
	return resp, nil
}

// ending ends the attempt's time with its body.
type ending struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (e *ending) Close() error {
	err := e.ReadCloser.Close()
	e.cancel()
	return err
}

// refused turns an answer that says no into an error of the same kind.
func (c *Client) refused(resp *http.Response) error {
	if resp.StatusCode < 400 {
		return drawbridge.Errorf(drawbridge.Denied, "%s sends the request elsewhere, and no redirect is followed; give the server's own address", c.base.Host)
	}
	var p ProblemDetails
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxProblem))
	if err != nil {
		return c.unreachable(err)
	}
	media, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	if media != "application/problem+json" || json.Unmarshal(tame(body), &p) != nil || p.Kind == "" {
		kind := kindOf(resp.StatusCode)
		return drawbridge.Errorf(kind, "%s answered %d %s, and not like a Drawbridge server", c.base.Host, resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	detail := p.Detail
	if p.Kind == drawbridge.Internal {
		detail = "the server failed: " + detail + " (request " + p.Instance + ")"
	}
	return &drawbridge.Error{Kind: p.Kind, Message: detail, Err: &RefusedError{Status: resp.StatusCode, Request: p.Instance, Code: p.Code, Problems: p.Problems}}
}

func kindOf(status int) drawbridge.Kind {
	for _, k := range drawbridge.Kinds() {
		if k.Status() == status {
			return k
		}
	}
	if status >= 502 && status <= 504 {
		return drawbridge.Unavailable
	}
	return drawbridge.Internal
}

// unreachable says why there is no answer, without the token or the query.
func (c *Client) unreachable(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if certificate(err) {
		return drawbridge.Errorf(drawbridge.Unavailable, "the certificate of %s is not valid here: %w; name its authority's file", c.base.Host, errors.Join(err, errNeverAgain))
	}
	return drawbridge.Errorf(drawbridge.Unavailable, "%s cannot be reached or broke off: %w", c.base.Host, err)
}

func sentOf(resp *http.Response) Sent {
	s := Sent{Entry: -1, Request: resp.Header.Get("Drawbridge-Request")}
	if n, err := strconv.ParseInt(resp.Header.Get(HeaderEntry), 10, 64); err == nil {
		s.Entry = n
	}
	s.Version, _ = strconv.ParseInt(strings.Trim(resp.Header.Get("ETag"), `"`), 10, 64)
	return s
}

// request writes an input as path, query and body, by the tags of its fields.
func (c *Client) request(s spec) (target string, body []byte, err error) {
	path, query := s.pattern, url.Values{}
	body = s.raw
	if s.in != nil {
		hasBody := fill(reflect.ValueOf(s.in), &path, query)
		if hasBody {
			if body, err = json.Marshal(s.in); err != nil {
				return "", nil, fmt.Errorf("encode the request: %w", err)
			}
		}
	}
	target = c.base.String() + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	return target, body, nil
}

// fill puts the fields that are tagged path and query where they belong, and
// reports whether there are others.
func fill(v reflect.Value, path *string, query url.Values) (body bool) {
	for f, x := range v.Fields() {
		switch {
		case f.Anonymous && f.Type.Kind() == reflect.Struct && f.Tag.Get("json") == "":
			body = fill(x, path, query) || body
		case f.Tag.Get("path") != "":
			*path = strings.Replace(*path, "{"+f.Tag.Get("path")+"}", url.PathEscape(fmt.Sprint(x.Interface())), 1)
		case f.Tag.Get("query") != "":
			if !x.IsZero() {
				query.Set(f.Tag.Get("query"), fmt.Sprint(x.Interface()))
			}
		default:
			body = true
		}
	}
	return body
}
