package check_test

import (
	"context"
	"encoding/json"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/check"
	"drawbridge/internal/check/rule"
	"drawbridge/internal/twin"
)

// TestHostile holds that a run ends within its budget whatever the target does,
// and that nothing which was not seen counts as a pass.
func TestHostile(t *testing.T) {
	t.Parallel()
	for _, kind := range twin.Hostiles() {
		for _, after := range []int{0, 120} {
			name := kind + "/from the start"
			if after > 0 {
				name = kind + "/later"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				tw, opt := begin(t, twin.Options{Style: "payments"})
				if err := tw.Hostile(kind, after); err != nil {
					t.Fatal(err)
				}
				opt.Checks = rule.All()
				seconds := int64(2)
				opt.Bundle.Integration.Targets[0].Budget.Seconds = &seconds
				start := time.Now()
				run, err := check.Execute(t.Context(), opt)
				if took := time.Since(start); took > 25*time.Second {
					t.Errorf("took %s, want at most the budget and the clean-up", took)
				}
				if err != nil {
					if run != nil {
						t.Error("a run came with an error")
					}
					return // the identities could not be proven: an error, never green
				}
				if run.Complete && run.Verdicts()[drawbridge.Fail] == 0 && after == 0 && kind != "expire" {
					t.Errorf("a target that does nothing right is green: %v", run.Verdicts())
				}
				if slices.ContainsFunc(run.Identities, func(i check.RunIdentity) bool { return !i.Proven }) || len(run.Identities) == 0 {
					t.Errorf("identities that were never proven are no error: %s", run.Stopped)
				}
				if !run.Complete && run.Stopped == "" {
					t.Error("a stopped run does not say why")
				}
				for _, r := range run.Results {
					if r.Verdict != drawbridge.Pass && r.Reason == "" {
						t.Errorf("%s %s: %s without a reason", r.Check, r.Operation, r.Verdict)
					}
				}
			})
		}
	}
}

// TestMemory holds that bombs and 100 MB answers do not reach the heap.
func TestMemory(t *testing.T) {
	for _, kind := range []string{"bomb", "big", "stream"} {
		tw, opt := begin(t, twin.Options{Style: "payments"})
		if err := tw.Hostile(kind, 0); err != nil {
			t.Fatal(err)
		}
		seconds := int64(2)
		opt.Bundle.Integration.Targets[0].Budget.Seconds = &seconds
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = check.Execute(t.Context(), opt)
		runtime.ReadMemStats(&after)
		if grown := after.HeapSys - min(after.HeapSys, before.HeapSys); grown > 128<<20 {
			t.Errorf("%s: the heap grew by %d MiB, want at most 128", kind, grown>>20)
		}
	}
}

// TestIdentities: a run whose identities do not work is an error.
func TestIdentities(t *testing.T) {
	t.Parallel()
	for name, secret := range map[string]func(tw *twin.Twin) func(string) (string, error){
		"wrong credential": func(*twin.Twin) func(string) (string, error) {
			n := 0
			return func(string) (string, error) { n++; return strings.Repeat("wrong", n+2), nil }
		},
		"one account twice": func(tw *twin.Twin) func(string) (string, error) {
			return func(string) (string, error) { return tw.Secret("env:TWIN_ALICE") }
		},
		"empty": func(*twin.Twin) func(string) (string, error) { return func(string) (string, error) { return "", nil } },
	} {
		for _, style := range []string{"payments", "cookie", "jwt", "oauth", "rest-int"} {
			if name == "one account twice" && style != "payments" {
				continue // the others sign in by name
			}
			t.Run(name+"/"+style, func(t *testing.T) {
				t.Parallel()
				tw, opt := begin(t, twin.Options{Style: style})
				opt.Secret, opt.Checks = secret(tw), rule.All()
				run, err := check.Execute(t.Context(), opt)
				if err == nil || run != nil {
					t.Fatalf("Execute() = %v, %v, want an error and no run", run, err)
				}
				if k := drawbridge.KindOf(err); k != drawbridge.Unauthenticated && k != drawbridge.Invalid {
					t.Errorf("kind %s, want unauthenticated or invalid: %v", k, err)
				}
			})
		}
	}
}

// TestExpiry: tokens that end during the run are renewed, and cost no verdict.
func TestExpiry(t *testing.T) {
	t.Parallel()
	for _, style := range []string{"jwt", "oauth", "cookie"} {
		t.Run(style, func(t *testing.T) {
			t.Parallel()
			tw, opt := begin(t, twin.Options{Style: style})
			if err := tw.Hostile("expire", 60); err != nil {
				t.Fatal(err)
			}
			opt.Checks = []check.Check{find(t, "AUTHN-01"), find(t, "BOLA-01"), find(t, "ERR-02")}
			run, err := check.Execute(t.Context(), opt)
			if err != nil {
				t.Fatal(err)
			}
			if n := run.Verdicts(); n[drawbridge.Fail] > 0 || n[drawbridge.Pass] == 0 {
				t.Errorf("verdicts %v, stopped %q", n, run.Stopped)
			}
		})
	}
}

func find(t *testing.T, id string) check.Check {
	t.Helper()
	c, ok := rule.Find(id)
	if !ok {
		t.Fatalf("no check %s", id)
	}
	return c
}

// TestBudget: the run stops at its requests, says so, and still cleans up.
func TestBudget(t *testing.T) {
	t.Parallel()
	_, opt := begin(t, twin.Options{Style: "payments"})
	opt.Checks = rule.All()
	requests := int64(150)
	opt.Bundle.Integration.Targets[0].Budget.Requests = &requests
	run, err := check.Execute(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	if run.Complete || !strings.Contains(run.Stopped, "budget") {
		t.Errorf("complete %v, stopped %q", run.Complete, run.Stopped)
	}
	for _, c := range run.Created {
		if !c.Removed && c.Reason == "" {
			t.Errorf("%s is left without a reason", c.Path)
		}
	}
	asked := map[string]bool{}
	for _, r := range run.Results {
		asked[r.Check] = true
	}
	for _, c := range rule.All() {
		if !asked[c.Info().ID] {
			t.Errorf("%s has no result in a stopped run", c.Info().ID)
		}
	}
}

// TestResume: a stopped run goes on, and ends with the verdicts of a whole one.
func TestResume(t *testing.T) {
	t.Parallel()
	_, opt := begin(t, twin.Options{Style: "payments", Flaws: []string{"BOLA-01"}})
	opt.Checks = rule.All()
	ctx, cancel := context.WithCancel(t.Context())
	opt.Progress = func(e check.Event) {
		if e.Phase == "AUTHN-02" {
			cancel()
		}
	}
	first, err := check.Execute(ctx, opt)
	if err != nil {
		t.Fatal(err)
	}
	if first.Complete || slices.Contains(first.Done, "AUTHN-02") || !slices.Contains(first.Done, "AUTHN-01") {
		t.Fatalf("complete %v, done %v", first.Complete, first.Done)
	}
	raw, err := json.Marshal(first)
	if err != nil {
		t.Fatal(err)
	}
	if opt.Resume, err = check.ParseRun("run.json", raw); err != nil {
		t.Fatal(err)
	}
	opt.Progress = nil
	whole, err := check.Execute(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	findings, _ := whole.Failures()
	if !whole.Complete || len(findings) != 1 || findings[0].Check != "BOLA-01" {
		t.Errorf("complete %v, findings %v", whole.Complete, findings)
	}
	for _, c := range whole.Created {
		if !c.Removed && !strings.Contains(c.Reason, "no operation that deletes") {
			t.Errorf("%s is left: %s", c.Path, c.Reason)
		}
	}
	opt.Resume = whole
	if _, err := check.Execute(t.Context(), opt); drawbridge.KindOf(err) != drawbridge.Conflict {
		t.Errorf("a complete run goes on: %v", err)
	}
}

// TestRedaction: no secret of the run stands in the run file, even when the
// target echoes everything that it is sent.
func TestRedaction(t *testing.T) {
	t.Parallel()
	for _, style := range twin.Styles() {
		tw, opt := begin(t, twin.Options{Style: style, Flaws: []string{"AUTHN-01", "DATA-02", "DATA-02/token"}})
		opt.Checks = rule.All()
		if err := tw.Hostile("echo", 110); err != nil {
			t.Fatal(err)
		}
		run, err := check.Execute(t.Context(), opt)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(run)
		if err != nil {
			t.Fatal(err)
		}
		for _, ref := range []string{"env:TWIN_ALICE", "env:TWIN_BOB"} {
			if secret, err := tw.Secret(ref); err == nil && strings.Contains(string(raw), secret) {
				t.Errorf("%s: the run file shows %s", style, ref)
			}
		}
		if strings.Contains(string(raw), "$2b$12$") || strings.Contains(string(raw), "eyJ") {
			t.Errorf("%s: the run file shows a found credential", style)
		}
	}
}

// TestScope: hosts outside loopback are refused without an authorisation, and no
// answer leads the run elsewhere.
func TestScope(t *testing.T) {
	t.Parallel()
	_, opt := begin(t, twin.Options{Style: "payments"})
	target := &opt.Bundle.Integration.Targets[0]
	target.BaseURL = "https://api.tidewater.example/v1"
	if _, err := check.Execute(t.Context(), opt); drawbridge.KindOf(err) != drawbridge.Denied {
		t.Errorf("no authorisation: %v, want denied", err)
	}
	target.Authorisation.Scope, target.Authorisation.Owner = []string{"other.example"}, "role:security"
	target.Authorisation.From, target.Authorisation.Until = "2020-01-01", "2099-01-01"
	if _, err := check.Execute(t.Context(), opt); drawbridge.KindOf(err) != drawbridge.Denied {
		t.Errorf("another scope: %v, want denied", err)
	}
	for _, bad := range []string{"ftp://127.0.0.1", "http://user:pass@127.0.0.1", "http://", "::"} {
		target.BaseURL = bad
		if _, err := check.Execute(t.Context(), opt); drawbridge.KindOf(err) != drawbridge.Invalid {
			t.Errorf("base_url %q: %v, want invalid", bad, err)
		}
	}
}

// TestThrottled: a target that asks for patience gets it, within limits.
func TestThrottled(t *testing.T) {
	t.Parallel()
	_, opt := begin(t, twin.Options{Style: "payments", Rate: 15})
	run, err := check.Execute(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	if run.Coverage.Percent < 90 || !slices.ContainsFunc(run.Notes, func(n string) bool { return strings.Contains(n, "throttled") }) {
		t.Errorf("coverage %.0f%%, notes %v", run.Coverage.Percent, run.Notes)
	}
}
