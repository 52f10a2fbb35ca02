package rule

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/check"
)

// tls04 asks whether the target answers in clear text too.
type tls04 struct{}

// Info describes the check.
func (tls04) Info() check.Info {
	return check.Info{
		ID: "TLS-04", Title: "Clear text is answered", Severity: drawbridge.High,
		Why: "A caller with a wrong address sends its credential readable for all on the way, and notices nothing.",
		CWE: []int{319}, OWASP: "API8:2023", ASVS: []string{"v5.0.0-12.2.1", "v5.0.0-4.1.2"},
		Needs: []check.Need{check.NeedTLS}, Safety: check.Active,
		Sends: "One request in clear text, without a credential, to the target's port, and to port 80 where it speaks TLS on 443; the same over TLS as control.",
		Fix:   "Close the port for clear text, or answer nothing there but a redirect to https.",
	}
}

// Run compares the clear answer with the one over TLS.
func (c tls04) Run(ctx context.Context, s *check.Session) []check.Result {
	info := c.Info()
	ports := []string{s.Port()}
	if ports[0] == "443" {
		ports = append(ports, "80")
	}
	for _, port := range ports {
		clear, err := plainly(ctx, s, port)
		if s.Stopped(ctx) {
			return []check.Result{s.Verdict(info, nil, drawbridge.Inconclusive, "the run stopped during the check")}
		}
		if err != nil {
			continue // nothing answers in clear text
		}
		if away(clear) {
			continue
		}
		control, err := s.Do(ctx, nil, check.Request{Method: http.MethodGet, Path: probePath(s)})
		if err != nil {
			return []check.Result{undecided(s, info, nil, err)}
		}
		if clear.status != control.Status || check.Alike(control.Body, clear.body) < 0.8 {
			continue
		}
		if again, err := plainly(ctx, s, port); err != nil || again.status != clear.status {
			return []check.Result{s.Verdict(info, nil, drawbridge.Inconclusive, "clear text was answered once, and not again")}
		}
		evidence := []check.Exchange{s.Exchange("control", control), {
			Name: "attack", Identity: "anonymous", Request: "GET in clear text, port " + port, Response: fmt.Sprintf("%d, like over TLS", clear.status),
			Curl: "curl -i 'http://" + s.BaseURL.Hostname() + ":" + port + s.BaseURL.Path + probePath(s) + "'",
		}}
		return []check.Result{s.Verdict(info, nil, drawbridge.Fail, "port "+port+" answers clear text like it answers TLS", evidence...)}
	}
	return []check.Result{s.Verdict(info, nil, drawbridge.Pass, "clear text is refused or sent to https")}
}

type clearAnswer struct {
	status   int
	location string
	body     []byte
}

// away reports an answer that only sends the caller to https.
func away(a clearAnswer) bool {
	return a.status >= 300 && a.status < 400 && strings.HasPrefix(strings.ToLower(a.location), "https://")
}

func probePath(s *check.Session) string {
	if id := s.Identities[0]; id.Probe != nil {
		return id.ProbeRequest().Path
	}
	return "/"
}

// plainly sends one request in clear text, without a credential.
func plainly(ctx context.Context, s *check.Session, port string) (clearAnswer, error) {
	conn, err := s.Dial(ctx, port)
	if err != nil {
		return clearAnswer{}, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if err := conn.SetDeadline(time.Now().Add(handshakeLimit)); err != nil { //nolint:forbidigo // a socket's deadline is a matter of the machine's clock
		return clearAnswer{}, err
	}
	path := strings.TrimRight(s.BaseURL.EscapedPath(), "/") + "/" + strings.TrimLeft(probePath(s), "/")
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: drawbridge-check\r\nAccept: application/json\r\nConnection: close\r\n\r\n", path, s.BaseURL.Host); err != nil {
		return clearAnswer{}, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(io.LimitReader(conn, 128<<10)), nil)
	if err != nil {
		return clearAnswer{}, err
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // what came is compared
	return clearAnswer{resp.StatusCode, resp.Header.Get("Location"), body}, nil
}
