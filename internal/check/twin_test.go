package check_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"drawbridge/internal/check"
	"drawbridge/internal/manifest"
	"drawbridge/internal/twin"
)

// begin starts a twin and loads its manifest.
func begin(t *testing.T, opt twin.Options) (*twin.Twin, check.Options) {
	t.Helper()
	opt.Now = time.Now
	tw, err := twin.Start(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tw.Close() })
	dir := t.TempDir()
	write(t, filepath.Join(dir, "integration.yaml"), tw.Manifest())
	write(t, filepath.Join(dir, "openapi.json"), tw.Spec())
	write(t, filepath.Join(dir, "partners", twin.PartnerID+".yaml"), tw.Partner())
	b, err := manifest.Load(filepath.Join(dir, "integration.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return tw, check.Options{Bundle: b, Target: twin.TargetName, Secret: tw.Secret, Now: time.Now, Roots: tw.Roots(), Version: "test"}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDrive takes a baseline of nearly every operation of every style of twin,
// and leaves nothing behind that can be removed.
func TestDrive(t *testing.T) {
	t.Parallel()
	for _, style := range twin.Styles() {
		t.Run(style, func(t *testing.T) {
			t.Parallel()
			_, opt := begin(t, twin.Options{Style: style})
			run, err := check.Execute(t.Context(), opt)
			if err != nil {
				t.Fatal(err)
			}
			if !run.Complete {
				t.Errorf("run stopped: %s", run.Stopped)
			}
			for _, o := range run.Operations {
				if len(o.Baseline) < len(run.Identities) {
					t.Logf("%s: %v %s", o.Operation, o.Baseline, o.Reason)
				}
			}
			if run.Coverage.Percent < 90 {
				t.Errorf("coverage %.0f%% of %d operations, want at least 90%%", run.Coverage.Percent, run.Coverage.Operations)
			}
			t.Logf("%d requests, %.2f s, %.0f%% of %d operations, %d made", run.Budget.UsedRequests, run.Budget.UsedSeconds, run.Coverage.Percent, run.Coverage.Operations, len(run.Created))
		})
	}
}
