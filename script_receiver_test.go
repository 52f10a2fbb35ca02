package drawbridge_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"drawbridge/internal/notify"
	"drawbridge/internal/seal"
)

// arrival is one request that a receiver of webhooks got.
type arrival struct {
	header http.Header
	body   []byte
}

// receiver starts a receiver of webhooks, and sets NAME_HOST and NAME_URL:
//
//	receiver NAME
func (s *serverScript) receiver(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: receiver NAME")
	}
	got := make(chan arrival, 100)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer))
		if err == nil && r.Method == http.MethodPost {
			got <- arrival{r.Header, body}
		}
	}))
	ts.Defer(server.Close)
	s.receivers[args[0]] = got
	ts.Setenv(args[0]+"_URL", server.URL)
	ts.Setenv(args[0]+"_HOST", strings.TrimPrefix(server.URL, "http://"))
}

// received waits for a message that a pattern fits, and holds its signature to
// the secret in a file; others before it are passed over:
//
//	received NAME SECRET-FILE PATTERN
func (s *serverScript) received(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 || s.receivers[args[0]] == nil {
		ts.Fatalf("usage: received NAME SECRET-FILE PATTERN")
	}
	secret := seal.Hide(strings.TrimSpace(ts.ReadFile(args[1])))
	want := regexp.MustCompile(args[2])
	late := time.After(time.Minute)
	for {
		select {
		case a := <-s.receivers[args[0]]:
			ts.Check(notify.Verify(secret, a.header, a.body, time.Now()))
			if want.Match(a.body) {
				return
			}
		case <-late:
			ts.Fatalf("no message like %s came", args[2])
		}
	}
}
