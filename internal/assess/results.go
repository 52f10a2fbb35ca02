package assess

import (
	"cmp"
	"fmt"
	"slices"

	"drawbridge"
	"drawbridge/internal/check"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/threat"
)

// LiveRun is a run of live checks, as somebody handed it in.
type LiveRun struct {
	*check.Run
	Name   string // what the record calls it; empty for a file
	FromCI bool   // a pipeline reports it, whatever it says of itself
}

// verdict is what a run says of one check on one interface.
type verdict struct {
	threat.Live
	run   *LiveRun
	fails []string           // fingerprints of the failures
	ruled *drawbridge.Ruling // on all of them; nil while one is not ruled on
}

// refuted reports whether a reviewer found every failure to be the test's fault.
func (v *verdict) refuted() bool { return v.ruled != nil && v.ruled.Refuted }

// tests are the verdicts that stand, sorted by check and interface, and the runs
// that they are of.
type tests struct {
	runs     []LiveRun
	verdicts []verdict
}

// tests finds the verdicts that stand among the runs.
func (o Options) tests(in *manifest.Integration) (*tests, error) {
	t := &tests{runs: slices.Clone(o.Runs)}
	if o.Results != nil {
		t.runs = append(t.runs, LiveRun{Run: o.Results, FromCI: o.Results.Origin == "ci"})
	}
	slices.SortStableFunc(t.runs, func(a, b LiveRun) int { return a.Finished.Compare(b.Finished) })
	rulings := map[string]*drawbridge.Ruling{}
	for i := range o.Rulings {
		if r := &o.Rulings[i]; r.RevokedAt.IsZero() {
			rulings[r.Fingerprint] = r
		}
	}
	for i := range t.runs {
		if err := Admit(in, t.runs[i].Run); err != nil {
			return nil, err
		}
		for _, v := range verdicts(t.runs[i].Run) {
			v.run, v.ruled = &t.runs[i], ruling(v.fails, rulings)
			switch j := find(t.verdicts, v.Check, v.Element); {
			case j < 0:
				t.verdicts = append(t.verdicts, v)
			case Supersedes(v.Verdict, t.verdicts[j].Verdict):
				t.verdicts[j] = v
			}
		}
	}
	slices.SortFunc(t.verdicts, byCheck)
	return t, nil
}

func find(list []verdict, check, element string) int {
	return slices.IndexFunc(list, func(v verdict) bool { return v.Check == check && v.Element == element })
}

func byCheck(a, b verdict) int {
	return cmp.Or(cmp.Compare(a.Check, b.Check), cmp.Compare(a.Element, b.Element))
}

// ruling is what was ruled on failures; nil unless each was ruled on. One that
// stands weighs more than the refuted.
func ruling(fails []string, rulings map[string]*drawbridge.Ruling) *drawbridge.Ruling {
	var out *drawbridge.Ruling
	for _, f := range fails {
		r := rulings[f]
		if r == nil {
			return nil
		}
		if out == nil || !r.Refuted {
			out = r
		}
	}
	return out
}

// Supersedes reports whether a verdict takes the place of an older one on the
// same check and interface. What was skipped says nothing, and a failure stands
// until the check passes.
func Supersedes(newer, older drawbridge.Verdict) bool {
	switch newer {
	case drawbridge.Skipped:
		return older == drawbridge.Skipped
	case drawbridge.Inconclusive:
		return older != drawbridge.Fail
	default:
		return true
	}
}

// Verdicts joins a run's results into one verdict for each check and interface,
// or one for each of its failures.
func Verdicts(run *check.Run) []threat.Live {
	out := []threat.Live{}
	for _, v := range verdicts(run) {
		if len(v.fails) == 0 {
			out = append(out, v.Live)
		}
		for _, f := range v.fails {
			v.Fingerprint = f
			out = append(out, v.Live)
		}
	}
	return out
}

// verdicts joins a run's results: a failure counts before doubt, doubt before a
// pass, and what was skipped says nothing beside another verdict.
func verdicts(run *check.Run) []verdict {
	rank := map[drawbridge.Verdict]int{drawbridge.Skipped: 0, drawbridge.Pass: 1, drawbridge.Inconclusive: 2, drawbridge.Fail: 3}
	var out []verdict
	for _, r := range run.Results {
		if !slices.Contains(run.Done, r.Check) && r.Verdict != drawbridge.Fail {
			continue // the check was stopped: what it did not see may have failed
		}
		v := verdict{Live: threat.Live{Check: r.Check, Element: r.Interface, Verdict: r.Verdict, Reason: r.Reason}}
		if r.Verdict == drawbridge.Fail {
			v.Fingerprint, v.fails = r.Fingerprint, []string{r.Fingerprint}
		}
		switch i := find(out, v.Check, v.Element); {
		case i < 0:
			out = append(out, v)
		case rank[v.Verdict] > rank[out[i].Verdict]:
			out[i] = v
		case v.Verdict == drawbridge.Fail:
			out[i].fails = append(out[i].fails, r.Fingerprint)
		}
	}
	slices.SortFunc(out, byCheck)
	return out
}

// live is what the verdicts say of threats. A refuted failure says nothing.
func (t *tests) live() []threat.Live {
	var out []threat.Live
	for _, v := range t.verdicts {
		if v.refuted() {
			v.Verdict, v.Reason = drawbridge.Inconclusive, "it failed, and a reviewer ("+string(v.ruled.Role)+") refuted it: "+v.ruled.Reason
		}
		out = append(out, v.Live)
	}
	return out
}

// results puts the verdicts on the ladder of confidence.
func (t *tests) results(in *manifest.Integration) []policy.Result {
	var out []policy.Result
	for _, v := range t.verdicts {
		r := policy.Result{
			Check: v.Check, Element: v.Element, Verdict: v.Verdict, At: v.run.Finished,
			Representative: v.run.Target.Name != in.Environment, FromCI: v.run.FromCI,
			Findings: v.fails,
		}
		if v.refuted() {
			r.Refuted = "role:" + string(v.ruled.Role)
		}
		out = append(out, r)
	}
	return out
}

// checks are the results behind the verdicts that stand, run by run. What a run
// says beside them is kept when no run has a verdict on it.
func (t *tests) checks() []check.Result {
	var out []check.Result
	for i := range t.runs {
		for _, r := range t.runs[i].Results {
			j := find(t.verdicts, r.Check, r.Interface)
			if j < 0 || t.verdicts[j].run == &t.runs[i] {
				out = append(out, r)
			}
		}
	}
	return out
}

// Admit refuses a run that is about something else.
func Admit(in *manifest.Integration, run *check.Run) error {
	switch {
	case run.SchemaVersion != drawbridge.SchemaVersion:
		return drawbridge.Errorf(drawbridge.Invalid, "the run file has schema version %q; this program reads %q", run.SchemaVersion, drawbridge.SchemaVersion)
	case run.Integration.ID != in.ID:
		return drawbridge.Errorf(drawbridge.Conflict, "the run is of integration %s, and the manifest is of %s", run.Integration.ID, in.ID)
	case run.Target.Represents != in.Environment && run.Target.Name != in.Environment:
		return drawbridge.Errorf(drawbridge.Conflict, "the run's target %s represents %q; its results say nothing about %s. Set represents on the target when it stands for that environment",
			run.Target.Name, run.Target.Represents, in.Environment)
	case !slices.ContainsFunc(in.Interfaces, func(i manifest.Interface) bool { return i.ID == run.Target.Interface }):
		return drawbridge.Errorf(drawbridge.Conflict, "the run is about interface %s, which the manifest does not have", run.Target.Interface)
	}
	return nil
}

// runNotes says what to know about the results.
func runNotes(a *Assessment, run *check.Run) []string {
	var out []string
	out = append(out, fmt.Sprintf("Live results: target %s, %s, %d requests, %d of %d operations driven.",
		run.Target.Name, run.Finished.UTC().Format("2006-01-02 15:04 MST"), run.Budget.UsedRequests, run.Coverage.WithBaseline, run.Coverage.Operations))
	if !run.Complete {
		out = append(out, "The run was stopped before its end ("+run.Stopped+"); what it did not look at stays a claim.")
	}
	if run.Integration.Digest != a.Digest.Content {
		out = append(out, "The run was made on another version of the manifest; run it again before deciding.")
	}
	return out
}

// coverage counts the automated scenarios and the verdicts that they have.
func coverage(a *Assessment, live []threat.Live) Coverage {
	var c Coverage
	for _, s := range a.Backlog {
		if s.Settle.Mode != threat.Automated {
			continue
		}
		c.Planned++
		for _, l := range live {
			if l.Check != s.Settle.ID || l.Element != s.Element {
				continue
			}
			switch l.Verdict {
			case drawbridge.Pass:
				c.Passed++
			case drawbridge.Fail:
				c.Failed++
			default:
				c.Other++
			}
		}
	}
	if c.Planned > 0 {
		c.Percent = 100 * float64(c.Passed+c.Failed) / float64(c.Planned)
	}
	return c
}
