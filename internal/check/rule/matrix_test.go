package rule_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/check"
	"drawbridge/internal/check/rule"
	"drawbridge/internal/manifest"
	"drawbridge/internal/twin"
)

// against runs every check on a twin and returns the run file.
func against(t *testing.T, opt twin.Options) *check.Run {
	t.Helper()
	opt.Now = time.Now
	tw, err := twin.Start(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tw.Close() }()
	dir := t.TempDir()
	for name, data := range map[string][]byte{"integration.yaml": tw.Manifest(), "openapi.json": tw.Spec(), "partners/" + twin.PartnerID + ".yaml": tw.Partner()} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := manifest.Load(filepath.Join(dir, "integration.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	run, err := check.Execute(t.Context(), check.Options{
		Bundle: b, Target: twin.TargetName, Checks: rule.All(), Asked: ids(), Secret: tw.Secret, Now: time.Now, Roots: tw.Roots(), Version: "test",
	})
	if err != nil {
		t.Fatalf("%s %v: %v", opt.Style, opt.Flaws, err)
	}
	if !run.Complete {
		t.Fatalf("%s %v: stopped: %s", opt.Style, opt.Flaws, run.Stopped)
	}
	return run
}

func ids() []string {
	var out []string
	for _, c := range rule.All() {
		out = append(out, c.Info().ID)
	}
	return out
}

// failures lists the failures of a run; those that another one explains apart.
func failures(run *check.Run) (roots, below []check.Result) {
	for _, r := range run.Results {
		switch {
		case r.Verdict != drawbridge.Fail:
		case r.Root == "":
			roots = append(roots, r)
		default:
			below = append(below, r)
		}
	}
	return roots, below
}

func tell(rs []check.Result) string {
	var b strings.Builder
	for _, r := range rs {
		fmt.Fprintf(&b, "\n\t%s %s %s: %s", r.Check, r.Operation, r.Location, r.Reason)
	}
	return b.String()
}

// tolerated are failures of other checks that a flaw brings about by its nature,
// and that no check can be blamed for.
var tolerated = map[string][]string{}

// TestMended is silent: no check fails on a partner that does nothing wrong.
func TestMended(t *testing.T) {
	t.Parallel()
	for _, style := range twin.Styles() {
		for _, tls := range []bool{false, true} {
			if tls && style != "payments" && os.Getenv("PROVE") == "" {
				continue
			}
			t.Run(fmt.Sprintf("%s/tls=%v", style, tls), func(t *testing.T) {
				t.Parallel()
				run := against(t, twin.Options{Style: style, TLS: twin.TLSOptions{On: tls}})
				if roots, below := failures(run); len(roots)+len(below) > 0 {
					t.Errorf("a mended twin fails:%s", tell(append(roots, below...)))
				}
				if run.Coverage.Percent < 90 {
					t.Errorf("coverage %.0f%%, want at least 90%%", run.Coverage.Percent)
				}
				passed := map[string]int{}
				for _, r := range run.Results {
					if r.Verdict == drawbridge.Pass {
						passed[r.Check]++
					}
				}
				t.Logf("%d requests, %.1f s, coverage %.0f%%, passes %v", run.Budget.UsedRequests, run.Budget.UsedSeconds, run.Coverage.Percent, passed)
			})
		}
	}
}

// TestFlawed holds every check to its own flaws: it fails on each of them, and
// the others do not, unless this one's failure explains theirs.
func TestFlawed(t *testing.T) {
	t.Parallel()
	all := os.Getenv("PROVE") != ""
	left := 0
	for i, f := range twin.Flaws() {
		styles := f.Styles
		if !all && len(styles) > 1 {
			// One style a flaw, in turn. Signed tokens are left to their own
			// flaws: a million guesses each time are too slow for every day.
			cheap := slices.DeleteFunc(slices.Clone(styles), func(s string) bool { return s == "jwt" })
			left += len(styles) - 1
			styles = cheap[i%len(cheap) : i%len(cheap)+1]
		}
		for _, style := range styles {
			t.Run(f.ID+"/"+style, func(t *testing.T) {
				t.Parallel()
				run := against(t, twin.Options{Style: style, Flaws: []string{f.ID}, TLS: twin.TLSOptions{On: f.TLS}})
				roots, _ := failures(run)
				caught := false
				var wrong []check.Result
				for _, r := range roots {
					caught = caught || r.Check == f.Check
					if r.Check != f.Check && !slices.Contains(tolerated[f.ID], r.Check) {
						wrong = append(wrong, r)
					}
				}
				if !caught {
					var said []check.Result
					for _, r := range run.Results {
						if r.Check == f.Check {
							said = append(said, r)
						}
					}
					t.Errorf("%s does not fail on its own flaw:%s", f.Check, tell(said))
				}
				if len(wrong) > 0 {
					t.Errorf("other checks fail on %s:%s", f.ID, tell(wrong))
				}
			})
		}
	}
	if left > 0 {
		t.Logf("PROVE is not set: %d pairs of flaw and style were NOT run; each flaw ran on one style", left)
	}
}

// TestOneCause: what is wrong everywhere is one finding.
func TestOneCause(t *testing.T) {
	t.Parallel()
	for _, flaw := range []string{"AUTHN-01/all", "AUTHN-02/all", "JWT-03"} {
		style := "payments"
		if flaw == "JWT-03" {
			style = "jwt"
		}
		run := against(t, twin.Options{Style: style, Flaws: []string{flaw}})
		if roots, _ := failures(run); len(roots) != 1 || roots[0].Operation != "" {
			t.Errorf("%s is told as %d findings, want one:%s", flaw, len(roots), tell(roots))
		}
	}
}
