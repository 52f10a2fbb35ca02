package seed

import (
	"slices"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/assess"
	"drawbridge/internal/check"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
)

// TestFigures holds the figures that a portfolio is told by to those of the full
// assessment: of every kind of manifest, with what a record may know besides, by
// two workspaces, one integration after the other on one line.
func TestFigures(t *testing.T) {
	t.Parallel()
	ws, err := policy.BuiltinWorkspace()
	if err != nil {
		t.Fatal(err)
	}
	by := []*policy.Workspace{ws, ws} // the second shares what the first found
	asOf := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	with := &partner{id: "amberbay-pay", name: "Amberbay Pay", country: "DE", seed: 3}
	var line assess.Line
	seen := map[assess.Figures]bool{}
	for _, name := range templateNames {
		for care := range 3 {
			it := &item{slug: "one", name: "One", template: name, partner: with, seed: uint64(care), care: care, size: 1 + care}
			for _, revision := range []int{1, 3} {
				files, _, err := it.files(revision)
				if err != nil {
					t.Fatal(err)
				}
				b, err := manifest.LoadFiles(mainFile, files)
				if err != nil {
					t.Fatal(err)
				}
				first, err := assess.FromBundle(t.Context(), ws, b, assess.Options{AsOf: asOf})
				if err != nil {
					t.Fatal(err)
				}
				for known, opt := range knowledge(b.Integration, first, asOf) {
					got, err := line.Figures(t.Context(), b, opt, by...)
					if err != nil {
						t.Fatal(err)
					}
					a, err := assess.FromBundle(t.Context(), ws, b, opt)
					if err != nil {
						t.Fatal(err)
					}
					want := assess.Figures{Tier: a.Score.Tier, Outcome: a.Gate.Outcome, Inherent: a.Score.Inherent, Residual: a.Score.Residual}
					seen[want] = true
					if got[0] != want || got[1] != want {
						t.Errorf("%s, care %d, revision %d, %s: Figures = %+v, want %+v twice", name, care, revision, known, got, want)
					}
				}
			}
		}
	}
	if len(seen) < 40 {
		t.Errorf("only %d different figures came up: what a record knows makes no difference", len(seen))
	}
}

// knowledge is what a record may know of an integration, kind by kind and all at once.
func knowledge(in *manifest.Integration, a *assess.Assessment, asOf time.Time) map[string]assess.Options {
	var all assess.Options
	all.AsOf = asOf
	for _, c := range a.Controls {
		for _, id := range c.Settles {
			all.Evidence = append(all.Evidence, policy.Evidence{ID: id, Known: drawbridge.KnownDocument})
		}
		if c.Value != nil && *c.Value == 0 {
			all.Exceptions = append(all.Exceptions, drawbridge.Exception{Covers: "control:" + c.ID, State: "confirmed", Expires: drawbridge.DateOf(asOf.AddDate(0, 1, 0))})
		}
		if len(c.ID)%2 == 0 {
			all.Claims = append(all.Claims, drawbridge.Claim{Control: c.ID, Holds: len(c.ID)%4 == 0, Source: "answer:inq_1/q"})
		}
	}
	for i, t := range a.Threats {
		if t.State == drawbridge.ThreatOpen && i%2 == 0 {
			all.Exceptions = append(all.Exceptions, drawbridge.Exception{Covers: t.ID, State: "confirmed", Expires: drawbridge.DateOf(asOf.AddDate(0, 1, 0))})
		}
	}
	run := &check.Run{SchemaVersion: drawbridge.SchemaVersion, Finished: asOf.AddDate(0, 0, -3)}
	run.Integration.ID, run.Target.Name, run.Target.Interface = in.ID, in.Environment, in.Interfaces[0].ID
	for i, s := range a.Backlog {
		if s.Settle.Mode == "automated" && s.Element == in.Interfaces[0].ID {
			r := check.Result{Check: s.Settle.ID, Interface: s.Element, Verdict: drawbridge.Pass, Severity: drawbridge.High}
			if i%3 == 0 {
				r.Verdict, r.Fingerprint = drawbridge.Fail, "f1-"+s.Settle.ID
			}
			run.Results, run.Done = append(run.Results, r), append(run.Done, s.Settle.ID)
		}
	}
	all.Runs = []assess.LiveRun{{Run: run, Name: "run_1"}}
	return map[string]assess.Options{
		"files alone": {AsOf: asOf}, "everything": all, "evidence": {AsOf: asOf, Evidence: all.Evidence}, "claims": {AsOf: asOf, Claims: all.Claims},
		"exceptions": {AsOf: asOf, Exceptions: all.Exceptions}, "a run": {AsOf: asOf, Runs: slices.Clone(all.Runs)},
	}
}
