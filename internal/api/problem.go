package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"

	"drawbridge"
	"drawbridge/internal/account"
	"drawbridge/internal/client"
	"drawbridge/internal/front"
	"drawbridge/internal/manifest"
	"drawbridge/internal/review"
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

// problem answers an error. Of what is not meant for people they get the
// request's id.
func problem(c *front.Call, err error) {
	kind := drawbridge.KindOf(err)
	p := client.ProblemDetails{Detail: "internal error", Kind: kind, Status: kind.Status(), Title: titles[kind], Instance: c.ID, Type: "urn:drawbridge:problem:" + string(kind)}
	if e, ok := errors.AsType[*drawbridge.Error](err); ok && kind != drawbridge.Internal {
		p.Detail = e.Message
	}
	if r, ok := errors.AsType[*refusal](err); ok {
		p.Status = r.status
	}
	if list, ok := errors.AsType[manifest.Problems](err); ok {
		p.Problems = list[:min(len(list), maxProblems)]
	}
	if list, ok := errors.AsType[review.DraftProblems](err); ok {
		for _, x := range list[:min(len(list), maxProblems)] {
			p.Problems = append(p.Problems, client.Problem{Key: x.Field, Line: x.Line, Column: x.Column, Message: x.Text})
		}
	}
	if errors.Is(err, account.ErrSecondFactor) {
		p.Code = client.CodeSecondFactor
	}
	h := c.W.Header()
	switch kind {
	case drawbridge.Unauthenticated:
		h.Set("WWW-Authenticate", `Bearer realm="drawbridge"`)
	case drawbridge.Limited, drawbridge.Unavailable:
		if wait := account.RetryAfter(err); wait > 0 {
			h.Set("Retry-After", front.Seconds(wait))
		} else if h.Get("Retry-After") == "" {
			h.Set("Retry-After", "1")
		}
	default:
	}
	write(c, p.Status, "application/problem+json", p)
}

// encode answers with what the route returned.
func (c *call) encode(out any) error {
	if s, ok := out.(stream); ok {
		return c.stream(s)
	}
	if c.Entry >= 0 {
		c.W.Header().Set(client.HeaderEntry, itoa(c.Entry))
	}
	if _, ok := out.(client.None); ok {
		c.W.WriteHeader(c.route.Status)
		return nil
	}
	if v := version(out); v > 0 {
		tag := `"` + itoa(v) + `"`
		c.W.Header().Set("ETag", tag)
		if c.R.Method == http.MethodGet && c.R.Header.Get("If-None-Match") == tag {
			c.W.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	write(c.Call, c.route.Status, "application/json", out)
	return nil
}

// write sends a JSON document. What cannot be encoded is a mistake of ours, and
// becomes one before anything was sent.
func write(c *front.Call, status int, media string, v any) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(true)
	if err := enc.Encode(v); err != nil {
		panic("api: the answer has no JSON: " + err.Error())
	}
	c.W.Header().Set("Content-Type", media)
	c.W.Header().Set("Content-Length", itoa(int64(b.Len())))
	c.W.WriteHeader(status)
	if c.R.Method != http.MethodHead {
		_, _ = c.W.Write(b.Bytes()) // the reader may be gone
	}
}
