package demo_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/demo"
)

// TestRun holds the demonstration to what it promises: refused with reasons
// while the partner is flawed, let through once it is mended, and no alarm then.
func TestRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var story bytes.Buffer
	r, err := demo.Run(t.Context(), demo.Options{
		Dir: dir, Shown: "demo-out", Out: &story, Now: time.Now, Version: "test",
		Write: func(name string, data []byte) error {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
				return err
			}
			return os.WriteFile(path, data, 0o600)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Flawed.Gate.Outcome != drawbridge.NoGo || len(r.Flawed.Gate.Reasons) == 0 {
		t.Errorf("flawed: %s with %d reasons, want no-go with reasons", r.Flawed.Gate.Outcome, len(r.Flawed.Gate.Reasons))
	}
	if r.Mended.Gate.Outcome == drawbridge.NoGo {
		t.Errorf("mended: %s, want go or conditional: %v", r.Mended.Gate.Outcome, r.Mended.Gate.Reasons)
	}
	found := map[string]bool{}
	for _, x := range r.Flawed.Checks {
		if x.Verdict == drawbridge.Fail {
			found[x.Check] = true
		}
	}
	for _, id := range []string{"AUTHN-01", "AUTHN-02", "BOLA-01", "MASS-01", "DATA-01", "DATA-02", "DATA-03", "ERR-01", "SCHEMA-03", "CORS-01", "HDR-01"} {
		if !found[id] {
			t.Errorf("the flaw of %s is not found", id)
		}
	}
	for _, x := range r.Mended.Checks {
		if x.Verdict == drawbridge.Fail {
			t.Errorf("false alarm on the mended partner: %s %s: %s", x.Check, x.Operation, x.Reason)
		}
	}
	if len(r.Changed.Still)+len(r.Changed.New)+len(r.Changed.Untested) > 0 || len(r.Changed.Fixed) == 0 {
		t.Errorf("compared: %d fixed, %d still there, %d new, %d no longer testable", len(r.Changed.Fixed), len(r.Changed.Still), len(r.Changed.New), len(r.Changed.Untested))
	}
	for _, name := range []string{"flawed.html", "mended.html", "flawed-run.json", "mended-run.json", "draft/integration.yaml", "partner/integration.yaml"} {
		if info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); err != nil || info.Size() == 0 {
			t.Errorf("%s is not written: %v", name, err)
		}
	}
	if !strings.Contains(story.String(), "Try next") {
		t.Errorf("the story does not say what to try next:\n%s", story.String())
	}
}
