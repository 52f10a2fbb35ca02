package check

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// maxShown is how many bytes of a body a transcript shows.
const maxShown = 2 << 10

// exchange turns an answer into evidence.
func (c *client) exchange(name string, a *Answer) Exchange {
	digest := sha256.New()
	fmt.Fprintf(digest, "%s %s\n%s\n%d\n", a.request.Method, a.url, a.request.Body, a.Status)
	digest.Write(a.Body)
	return Exchange{
		Name: name, Identity: a.as, Digest: "sha256:" + hex.EncodeToString(digest.Sum(nil)),
		Request:  a.request.Method + " " + c.redact.text(requestURI(a.url)) + "\n" + c.headers(a.sent) + c.body(a.request.Body),
		Response: fmt.Sprintf("%d %s\n", a.Status, http.StatusText(a.Status)) + c.headers(a.Header) + c.body(a.Body),
		Curl:     c.curl(a),
	}
}

func requestURI(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.RequestURI()
}

// maxLines bounds the header lines that a transcript shows.
const maxLines = 40

func (c *client) headers(h http.Header) string {
	var b strings.Builder
	lines := 0
	for _, n := range slices.Sorted(maps.Keys(h)) {
		for _, v := range h[n] {
			if lines++; lines > maxLines {
				return b.String() + "[more headers]\n"
			}
			fmt.Fprintf(&b, "%s: %s\n", n, clip(c.redact.header(n, v), 400))
		}
	}
	return b.String()
}

func (c *client) body(body []byte) string {
	if len(body) == 0 {
		return ""
	}
	return "\n" + c.shown(body) + "\n"
}

// shown is a body as a transcript shows it. It is redacted before it is cut: a
// secret cut in two would not be recognised.
func (c *client) shown(body []byte) string {
	text := c.redact.text(strings.ToValidUTF8(string(body[:min(len(body), 8*maxShown)]), "?"))
	if len(text) <= maxShown {
		return text
	}
	return strings.ToValidUTF8(text[:maxShown], "") + fmt.Sprintf("\n[cut; the body has %d bytes]", len(body))
}

// curl writes a command that sends the same request; credentials are
// placeholders that a person fills in.
func (c *client) curl(a *Answer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "curl -i -X %s %s", a.request.Method, shell(c.redact.text(a.url)))
	for _, n := range slices.Sorted(maps.Keys(a.sent)) {
		if n == "User-Agent" {
			continue
		}
		for _, v := range a.sent[n] {
			fmt.Fprintf(&b, " -H %s", shell(n+": "+c.redact.header(n, v)))
		}
	}
	if len(a.request.Body) > 0 {
		fmt.Fprintf(&b, " --data-raw %s", shell(c.shown(a.request.Body)))
	}
	return b.String()
}

// shell quotes s for a POSIX shell.
func shell(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "..."
}
