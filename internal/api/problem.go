package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"drawbridge"
	"drawbridge/internal/account"
	"drawbridge/internal/client"
	"drawbridge/internal/manifest"
)

// refusal is an error with a status of its own.
type refusal struct {
	status int
	error
}

func (r *refusal) Unwrap() error { return r.error }

// titles are the words of RFC 9457 for each kind of error.
var titles = map[drawbridge.Kind]string{
	drawbridge.Invalid: "The request is not valid", drawbridge.Unauthenticated: "Sign in first", drawbridge.Denied: "Not allowed",
	drawbridge.NotFound: "Not found", drawbridge.Conflict: "Conflict", drawbridge.Precondition: "Name the version that you change",
	drawbridge.TooLarge: "Too large", drawbridge.Limited: "Too many requests", drawbridge.Unavailable: "Not available now", drawbridge.Internal: "Internal error",
}

// maxProblems is how many problems of files an answer lists.
const maxProblems = 200

// problem answers an error. What is not meant for people is logged, and they
// get the request's id.
func (c *call) problem(err error) {
	kind := drawbridge.KindOf(err)
	p := client.ProblemDetails{Detail: "internal error", Kind: kind, Status: kind.Status(), Title: titles[kind], Instance: c.id, Type: "urn:drawbridge:problem:" + string(kind)}
	if e, ok := errors.AsType[*drawbridge.Error](err); ok && kind != drawbridge.Internal {
		p.Detail = e.Message
	}
	if r, ok := errors.AsType[*refusal](err); ok {
		p.Status = r.status
	}
	if list, ok := errors.AsType[manifest.Problems](err); ok {
		p.Problems = list[:min(len(list), maxProblems)]
	}
	if errors.Is(err, account.ErrSecondFactor) {
		p.Code = client.CodeSecondFactor
	}
	c.report(kind, err)
	if c.w.status != 0 {
		panic(http.ErrAbortHandler) // the answer has begun: break it off
	}
	h := c.w.Header()
	switch kind {
	case drawbridge.Unauthenticated:
		h.Set("WWW-Authenticate", `Bearer realm="drawbridge"`)
	case drawbridge.Limited, drawbridge.Unavailable:
		if wait := account.RetryAfter(err); wait > 0 {
			h.Set("Retry-After", seconds(wait))
		} else if h.Get("Retry-After") == "" {
			h.Set("Retry-After", "1")
		}
	default:
	}
	c.write(p.Status, "application/problem+json", p)
}

// report tells the operator of what went wrong here; what a person did wrong is
// in the access log alone.
func (c *call) report(kind drawbridge.Kind, err error) {
	if kind != drawbridge.Internal && kind != drawbridge.Unavailable {
		return
	}
	if errors.Is(err, context.Canceled) && c.r.Context().Err() != nil {
		return // nobody waits for the answer
	}
	chain := []string{err.Error()}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if d, ok := e.(*drawbridge.Error); ok && d.Err != nil { //nolint:errorlint // each link of the chain is looked at
			chain = append(chain, d.Err.Error())
		}
	}
	c.api.opt.Log.Error("request failed", slog.String("request", c.id), slog.String("kind", string(kind)), slog.String("error", strings.Join(chain, ": ")))
}

// encode answers with what the route returned.
func (c *call) encode(out any) error {
	if s, ok := out.(stream); ok {
		return c.stream(s)
	}
	if c.entry >= 0 {
		c.w.Header().Set(client.HeaderEntry, itoa(c.entry))
	}
	if _, ok := out.(client.None); ok {
		c.w.WriteHeader(c.route.Status)
		return nil
	}
	if v := version(out); v > 0 {
		tag := `"` + itoa(v) + `"`
		c.w.Header().Set("ETag", tag)
		if c.r.Method == http.MethodGet && c.r.Header.Get("If-None-Match") == tag {
			c.w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	c.write(c.route.Status, "application/json", out)
	return nil
}

// write sends a JSON document. What cannot be encoded is a mistake of ours, and
// becomes one before anything was sent.
func (c *call) write(status int, media string, v any) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(true)
	if err := enc.Encode(v); err != nil {
		panic("api: the answer has no JSON: " + err.Error())
	}
	c.w.Header().Set("Content-Type", media)
	c.w.Header().Set("Content-Length", itoa(int64(b.Len())))
	c.w.WriteHeader(status)
	if c.r.Method != http.MethodHead {
		_, _ = c.w.Write(b.Bytes()) // the reader may be gone
	}
}
