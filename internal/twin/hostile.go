package twin

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"drawbridge"
)

// hostility is how the twin misbehaves on purpose, for the engine's own tests.
type hostility struct {
	kind   string
	after  int
	served int            // requests since Reset or Hostile
	uses   map[string]int // of each credential
}

// Hostiles returns the kinds of misbehaviour that [Twin.Hostile] knows.
func Hostiles() []string {
	return []string{"bomb", "big", "echo", "expire", "hang", "lie", "redirect", "reset", "stream", "throttle", "types"}
}

// Hostile makes the twin misbehave from the request on that follows the next
// after good ones; an empty kind ends it.
//
//	hang      never answers
//	stream    answers with a body that never ends
//	reset     resets the connection in the middle of an answer
//	big       answers with 100 MiB
//	bomb      answers with gzip that unpacks to 1 GiB
//	redirect  sends every request to another host
//	types     changes the content type with every answer
//	echo      answers with what it was sent, the credential included
//	throttle  answers 429 to everything
//	expire    a credential is good for after requests, then never again
//	lie       answers 200 with a shape that its specification does not know
func (t *Twin) Hostile(kind string, after int) error {
	if kind != "" && !slices.Contains(Hostiles(), kind) {
		return drawbridge.Errorf(drawbridge.Invalid, "%q is no kind of misbehaviour; there are %s", kind, strings.Join(Hostiles(), ", "))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hostile = hostility{kind: kind, after: after, uses: map[string]int{}}
	return nil
}

// worn reports a credential that has been used too often, in the mode expire.
func (t *Twin) worn(credential string) bool {
	if t.hostile.kind != "expire" {
		return false
	}
	t.hostile.uses[credential]++
	return t.hostile.uses[credential] > t.hostile.after
}

// misbehave returns what the twin does instead of answering, or nil.
func (t *Twin) misbehave() func(http.ResponseWriter, *http.Request) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hostile.served++
	n := t.hostile.served
	if t.hostile.kind == "" || t.hostile.kind == "expire" || n <= t.hostile.after {
		return nil
	}
	switch t.hostile.kind {
	case "hang":
		return t.hang
	case "stream":
		return t.stream
	case "reset":
		return reset
	case "big":
		return large
	case "bomb":
		return bomb
	case "redirect":
		return redirect
	case "types":
		return func(w http.ResponseWriter, r *http.Request) bool { return types(w, n) }
	case "echo":
		return echo
	case "throttle":
		return throttle
	}
	return lie
}

func (t *Twin) hang(_ http.ResponseWriter, r *http.Request) bool {
	select {
	case <-r.Context().Done():
	case <-t.done:
	}
	return true
}

func (t *Twin) stream(w http.ResponseWriter, r *http.Request) bool {
	w.Header().Set("Content-Type", mediaJSON)
	_, _ = io.WriteString(w, "[")
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := io.WriteString(w, `{"id":"x"},`); err != nil {
			return true
		}
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
			return true
		case <-t.done:
			return true
		case <-tick.C:
		}
	}
}

func reset(w http.ResponseWriter, _ *http.Request) bool {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return false
	}
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"id\":")
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
	return true
}

func large(w http.ResponseWriter, _ *http.Request) bool {
	const size = 100 << 20
	w.Header().Set("Content-Type", mediaJSON)
	w.Header().Set("Content-Length", strconv.Itoa(size))
	chunk := bytes.Repeat([]byte(" "), 64<<10)
	for range size / len(chunk) {
		if _, err := w.Write(chunk); err != nil {
			return true
		}
	}
	return true
}

func bomb(w http.ResponseWriter, _ *http.Request) bool {
	w.Header().Set("Content-Type", mediaJSON)
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	chunk := make([]byte, 1<<20)
	for range 1 << 10 {
		if _, err := z.Write(chunk); err != nil {
			return true
		}
	}
	_ = z.Close()
	return true
}

func redirect(w http.ResponseWriter, r *http.Request) bool {
	http.Redirect(w, r, "http://198.51.100.7/steal", http.StatusTemporaryRedirect) // an address that documents use (RFC 5737)
	return true
}

func types(w http.ResponseWriter, n int) bool {
	all := []string{"text/html; charset=utf-8", "application/xml", "image/png", "", "application/json; charset=utf-16", ";;"}
	w.Header()["Content-Type"] = []string{all[n%len(all)]}
	_, _ = io.WriteString(w, "<p>{}</p>")
	return true
}

func echo(w http.ResponseWriter, r *http.Request) bool {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody))
	w.Header().Set("Content-Type", mediaJSON)
	_ = json.NewEncoder(w).Encode(map[string]any{"method": r.Method, "address": r.URL.String(), "headers": r.Header, "body": string(body)})
	return true
}

func throttle(w http.ResponseWriter, _ *http.Request) bool {
	w.Header().Set("Retry-After", "3600")
	w.Header().Set("Content-Type", mediaProblem)
	w.WriteHeader(http.StatusTooManyRequests)
	_, _ = io.WriteString(w, `{"title":"Too Many Requests","status":429}`)
	return true
}

func lie(w http.ResponseWriter, _ *http.Request) bool {
	w.Header().Set("Content-Type", mediaJSON)
	_, _ = io.WriteString(w, `{"result":{"ok":"yes","values":[1,"two",null]}}`)
	return true
}
