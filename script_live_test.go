package drawbridge_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"drawbridge/internal/testkit"
	"drawbridge/internal/twin"
)

// partner starts a twin that is slow, and writes what an integration with it
// consists of:
//
//	partner FOLDER PACE
func (s *serverScript) partner(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: partner FOLDER PACE")
	}
	pace, err := time.ParseDuration(args[1])
	ts.Check(err)
	tw, err := twin.Start(s.t.Context(), twin.Options{Style: "payments", Now: time.Now})
	ts.Check(err)
	ts.Defer(func() { _ = tw.Close() })
	to, err := url.Parse(tw.URL())
	ts.Check(err)
	proxy := httputil.NewSingleHostReverseProxy(to)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(pace):
		case <-r.Context().Done():
		}
		proxy.ServeHTTP(w, r)
	}))
	ts.Defer(front.Close)
	dir := ts.MkAbs(args[0])
	for name, data := range map[string][]byte{"integration.yaml": tw.Manifest(), "openapi.json": tw.Spec(), "partners/" + twin.PartnerID + ".yaml": tw.Partner()} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		ts.Check(os.MkdirAll(filepath.Dir(path), 0o700))
		ts.Check(os.WriteFile(path, bytes.ReplaceAll(data, []byte(tw.URL()), []byte(front.URL)), 0o600))
	}
	for _, ref := range []string{"TWIN_ALICE", "TWIN_BOB"} {
		secret, err := tw.Secret("env:" + ref)
		ts.Check(err)
		ts.Setenv(ref, secret)
	}
}

// begin starts what somebody runs, and does not wait for its end.
func (s *serverScript) begin(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || s.servers[args[0]] != nil {
		ts.Fatalf("usage: begin NAME WHO ARG...")
	}
	home := ts.MkAbs(filepath.Join(ts.Getenv("WORK"), "home", args[1]))
	cmd := s.command(ts, args[2:]...)
	cmd.Env = append(cmd.Env, "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, ".config"), "DRAWBRIDGE_SERVER="+ts.Getenv("SERVER"), "TWIN_ALICE="+ts.Getenv("TWIN_ALICE"), "TWIN_BOB="+ts.Getenv("TWIN_BOB"))
	p := testkit.Start(s.t, cmd)
	s.servers[args[0]] = &scriptServer{data: ts.MkAbs(args[0]), process: p}
	ts.Defer(p.Kill)
}
