package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drawbridge/internal/access"
	"drawbridge/internal/app"
	"drawbridge/internal/custody"
	"drawbridge/internal/policy"
	"drawbridge/internal/seed"
	"drawbridge/internal/testkit"
)

// TestLoad seeds a small organisation, has its people work for some seconds,
// and holds the record to fsck before and after. How long anything takes is for
// scripts/load: a test of time would fail on a slow machine.
func TestLoad(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		t.Parallel()
		opt := app.Default(os.Getenv)
		opt.Data, opt.Database, opt.Listen = t.TempDir(), database, "127.0.0.1:0"
		opt.Now, opt.Create, opt.Version = time.Now, true, "test"
		passwords := seeded(t, opt)
		sound(t, opt)

		a, err := app.New(t.Context(), opt)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		code, err := run(t.Context(), []string{
			"--server", a.URL(), "--passwords", passwords, "--people", "10", "--think", "40ms", "--duration", "4s", "--format", "json",
		}, &out)
		if stopErr := a.Stop(t.Context()); err != nil || stopErr != nil {
			t.Fatalf("run: %v; stop: %v", err, stopErr)
		}
		if code != 0 && code != 3 { // 3 says that it was slow
			t.Fatalf("run ended with %d: %s", code, &out)
		}
		var r report
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		kinds := map[bool]int{}
		for _, o := range r.Operations {
			if kinds[o.Write] += o.Count; o.Errors > 0 {
				t.Errorf("%s: %d of %d requests failed", o.Name, o.Errors, o.Errors+o.Count)
			}
		}
		if len(r.Errors) > 0 || kinds[false] == 0 || kinds[true] == 0 {
			t.Errorf("%d reads, %d writes; errors: %s", kinds[false], kinds[true], strings.Join(r.Errors, "; "))
		}
		sound(t, opt)
	})
}

// seeded writes the organisation and the file of its passwords.
func seeded(t *testing.T, opt app.Options) string {
	t.Helper()
	local, err := app.OpenLocal(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	ws, err := local.Workspace()
	if err != nil {
		t.Fatal(err)
	}
	report, err := seed.Run(t.Context(), seed.Options{
		Store: local.Store, Keys: local.Keys, Workspace: func() *policy.Workspace { return ws }, Version: "test", AsOf: opt.Now(),
		Partners: 10, Integrations: 20, People: 10, History: 1, Seed: 1, Passwords: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	list := make([]credentials, 0, len(report.Passwords))
	for _, p := range report.Passwords {
		list = append(list, credentials{p.Email, p.Roles, p.Password.Reveal()})
	}
	data, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "people.json")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func sound(t *testing.T, opt app.Options) {
	t.Helper()
	local, err := app.OpenLocal(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	report, err := local.Custody.Check(t.Context(), access.Keeper(), custody.CheckOptions{})
	if err != nil || !report.OK {
		t.Fatalf("fsck: %v %+v", err, report.Differences)
	}
}

func TestRefusesAnotherMachine(t *testing.T) {
	t.Parallel()
	for _, server := range []string{"https://drawbridge.example", "https://192.0.2.7:8443", "https://127.0.0.1.example"} {
		if code, err := run(t.Context(), []string{"--server", server, "--passwords", "none"}, nil); code != 2 || err == nil || !strings.Contains(err.Error(), "--yes-i-own-it") {
			t.Errorf("%s: %d %v", server, code, err)
		}
	}
	if code, err := run(t.Context(), []string{"--server", "https://drawbridge.example", "--yes-i-own-it", "--passwords", filepath.Join(t.TempDir(), "none")}, nil); code != 1 || err == nil {
		t.Errorf("my own, without passwords: %d %v", code, err)
	}
}

func TestQueries(t *testing.T) {
	t.Parallel()
	answer := `# HELP drawbridge_request_queries Statements
drawbridge_request_queries_bucket{route="GET /a/{id}",le="10"} 4
drawbridge_request_queries_bucket{route="GET /a/{id}",le="12"} 5
drawbridge_request_queries_bucket{route="GET /a/{id}",le="+Inf"} 7
drawbridge_request_queries_sum{route="GET /a/{id}"} 70
drawbridge_request_queries_count{route="GET /a/{id}"} 7
`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) }))
	defer server.Close()
	got, err := queries(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	before := asked{Route: "GET /a/{id}", Count: 2, sum: 20, within: 2}
	if a := got["GET /a/{id}"].since(before); a.Count != 5 || a.Mean != 10 || a.Over != 2 {
		t.Errorf("queries since = %+v, want 5 answers with 10 on average, 2 over", a)
	}
	r := newReport(options{}, &samples{by: map[string]*sample{}}, time.Second, map[string]asked{}, got)
	if r.Met || len(r.Misses) != 1 {
		t.Errorf("a page with too many queries: %+v", r.Misses)
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	s := &samples{by: map[string]*sample{}}
	for i := range 100 {
		s.add("read", false, time.Duration(i+1)*time.Millisecond, nil)
	}
	for range 10 {
		s.add("write", true, time.Second, nil)
	}
	r := newReport(options{}, s, time.Minute, nil, nil)
	if o := r.Operations[0]; o.Name != "read" || o.P50 != 51 || o.P95 != 96 || o.Max != 100 {
		t.Errorf("read = %+v", o)
	}
	if r.Met || len(r.Misses) != 1 || !strings.Contains(r.Misses[0], "all writes") {
		t.Errorf("misses = %q, want the writes alone", r.Misses)
	}
	var b strings.Builder
	if err := r.tell(&b); err != nil || !strings.Contains(b.String(), "The targets are missed") {
		t.Errorf("tell = %v %s", err, b.String())
	}
}
