package web_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	checks "drawbridge/internal/check"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// tester gives the first administrator the role of who tests.
func (r *rig) tester(t *testing.T) access.Actor {
	t.Helper()
	root := r.root(t)
	r.Write(t, func(tx *store.Tx) error {
		p, err := tx.Person(root.Person)
		if err == nil {
			p.Roles = append(p.Roles, drawbridge.Tester)
			err = tx.SetPerson(p)
		}
		return err
	})
	root.Roles = append(root.Roles, drawbridge.Tester)
	return root
}

// TestLiveRun watches a run from its start to its end: it goes on, is asked to
// stop, is lost, speaks again, and becomes the run that was handed in.
func TestLiveRun(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		r := open(t, database)
		b := r.browser(t)
		base := b.bring("Card <script>alert(1)</script> payments")
		actor := r.tester(t)
		ref := register.ByID(drawbridge.IntegrationID(base[len("/integrations/"):]))
		live, err := r.Record.OpenRun(t.Context(), actor, register.OpenLive{Ref: ref, Target: "sandbox", Checks: []string{"TLS-01", "BOLA-01"}, Budget: 600})
		if err != nil {
			t.Fatal(err)
		}
		told := register.LiveProgress{Ref: ref, ID: live.ID, Now: "<script>alert(2)</script>", Requests: 12, Budget: 600, Checks: []drawbridge.LiveCheck{{Check: "TLS-01", Verdict: drawbridge.Pass}}}
		tell := func() drawbridge.LiveRun {
			t.Helper()
			got, err := r.Record.TellRun(t.Context(), actor, told)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		tell()
		to := base + "/tests/" + live.ID
		says := func(path string, want ...string) {
			t.Helper()
			a := b.get(path)
			for _, w := range want {
				if !strings.Contains(a.text, w) {
					t.Errorf("%s (%d) does not say %q: %s", path, a.StatusCode, w, a.text)
				}
			}
			if n := r.queries.Load(); n > 12 {
				t.Errorf("%s asks the database %d times", path, n)
			}
			if strings.Contains(a.text, "<script>alert") {
				t.Errorf("%s: a stored script comes as it is", path)
			}
			for _, wrong := range check(t, a.text) {
				t.Errorf("%s: %s", path, wrong)
			}
		}
		says(base+"/tests", "1 run not handed in yet", to, "Nothing was tested yet.")
		says(to, "1 of 2 planned checks done", `hx-trigger="every 2s"`, "Ask it to stop", "is no result", "Reload")
		if a := b.get(base + "/tests"); !strings.Contains(a.text, "0 of ") {
			t.Errorf("progress counts as a result: %s", a.text)
		}
		if a := b.post(to+"/stop", url.Values{}); a.StatusCode != 303 || a.Header.Get("Location") != to+"?done=run-stop" {
			t.Fatalf("stop: %d %s", a.StatusCode, a.text)
		}
		says(to, "Asked to stop", "stopping")
		if got := tell(); got.StopBy != actor.ID {
			t.Errorf("the run hears nothing of it: %+v", got)
		}
		r.Pass(time.Minute)
		says(to, "no sign of it since", "Take it off the list", `hx-trigger="every 10s"`)
		tell()
		says(to, "stopping")

		// The run that is handed in takes its place.
		run := checks.Run{
			SchemaVersion: drawbridge.SchemaVersion, Tool: "drawbridge", Version: "test", Origin: "cli", Started: r.Now().Add(-time.Minute), Finished: r.Now(), Stopped: "somebody asked it to stop",
			Integration: checks.RunIntegration{ID: "acme-payments", Environment: "production", Digest: "sha256:00"},
			Target:      checks.RunTarget{Name: "sandbox", Interface: "charges", BaseURL: "https://sandbox.acme-pay.example", Represents: "production", Why: "same build"},
		}
		in, err := r.Record.Integration(t.Context(), actor, ref)
		if err != nil {
			t.Fatal(err)
		}
		run.Integration.ID, run.Integration.Environment = in.Slug, in.Environment
		data, err := json.Marshal(run)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Record.AddRun(t.Context(), actor, register.NewRun{Ref: ref, Data: data, Live: live.ID}); err != nil || got.ID != live.ID || got.Complete {
			t.Fatalf("handed in: %v %+v", err, got)
		}
		says(to, "The run did not come to its end.", "Keep the whole run")
		if a := b.get(to); strings.Contains(a.text, "every 2s") {
			t.Error("the page of a finished run looks again")
		}
		says(base+"/tests", "1 run<")
		if _, err := r.Record.TellRun(t.Context(), actor, told); drawbridge.KindOf(err) != drawbridge.NotFound {
			t.Errorf("it speaks after its end: %v", err)
		}
	})
}

// TestLiveRunOfOthers speaks for what somebody else began, and stops what one may not.
func TestLiveRunOfOthers(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	b := r.browser(t)
	base := b.bring("Card payments")
	actor := r.tester(t)
	ref := register.ByID(drawbridge.IntegrationID(base[len("/integrations/"):]))
	live, err := r.Record.OpenRun(t.Context(), actor, register.OpenLive{Ref: ref, Target: "sandbox", Checks: []string{"TLS-01"}})
	if err != nil {
		t.Fatal(err)
	}
	other := actor
	other.ID = "tok_00000000000000000000000000"
	if _, err := r.Record.TellRun(t.Context(), other, register.LiveProgress{Ref: ref, ID: live.ID}); drawbridge.KindOf(err) != drawbridge.NotFound {
		t.Errorf("another speaks for the run: %v", err)
	}
	for _, bad := range []register.LiveProgress{
		{Ref: ref, ID: live.ID, Checks: []drawbridge.LiveCheck{{Check: "BOLA-01", Verdict: drawbridge.Pass}}},
		{Ref: ref, ID: live.ID, Checks: []drawbridge.LiveCheck{{Check: "TLS-01", Verdict: "fine"}}},
		{Ref: ref, ID: live.ID, Now: strings.Repeat("x", 1000)},
	} {
		if _, err := r.Record.TellRun(t.Context(), actor, bad); drawbridge.KindOf(err) != drawbridge.Invalid {
			t.Errorf("told %+v: %v", bad, err)
		}
	}
	if _, err := r.Record.OpenRun(t.Context(), actor, register.OpenLive{Ref: ref, Target: "elsewhere"}); drawbridge.KindOf(err) != drawbridge.Conflict {
		t.Errorf("a target that there is not: %v", err)
	}
	reader := access.Actor{ID: "per_x", Person: "per_x", Roles: []drawbridge.Role{drawbridge.Auditor}}
	if _, err := r.Record.StopRun(t.Context(), reader, ref, live.ID); drawbridge.KindOf(err) != drawbridge.Denied {
		t.Errorf("an auditor stops it: %v", err)
	}
	if a := b.post(base+"/tests/run_000000000000000000000000/stop", url.Values{}); a.StatusCode != 404 {
		t.Errorf("a run that is not there: %d", a.StatusCode)
	}
	r.Pass(time.Hour)
	if a := b.post(base+"/tests/"+live.ID+"/stop", url.Values{}); a.StatusCode != 303 || a.Header.Get("Location") != base+"/tests?done=run-forgotten" {
		t.Errorf("one that was lost: %d %s", a.StatusCode, a.text)
	}
	if a := b.get(base + "/tests/" + live.ID); a.StatusCode != 404 {
		t.Errorf("it is still there: %d", a.StatusCode)
	}
}
