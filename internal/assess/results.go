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

// verdicts joins a run's results into one verdict for each check: a failure
// counts before doubt, doubt before a pass, and what was skipped says nothing
// beside another verdict.
func verdicts(run *check.Run) []threat.Live {
	if run == nil {
		return nil
	}
	rank := map[drawbridge.Verdict]int{drawbridge.Skipped: 0, drawbridge.Pass: 1, drawbridge.Inconclusive: 2, drawbridge.Fail: 3}
	var out []threat.Live
	for _, r := range run.Results {
		if !slices.Contains(run.Done, r.Check) && r.Verdict != drawbridge.Fail {
			continue // the check was stopped: what it did not see may have failed
		}
		l := threat.Live{Check: r.Check, Element: r.Interface, Verdict: r.Verdict, Reason: r.Reason}
		if r.Verdict == drawbridge.Fail {
			l.Fingerprint = r.Fingerprint
		}
		i := slices.IndexFunc(out, func(o threat.Live) bool { return o.Check == l.Check && o.Element == l.Element })
		switch {
		case i < 0:
			out = append(out, l)
		case rank[l.Verdict] > rank[out[i].Verdict]:
			out[i] = l
		}
	}
	slices.SortFunc(out, func(a, b threat.Live) int {
		return cmp.Or(cmp.Compare(a.Check, b.Check), cmp.Compare(a.Element, b.Element))
	})
	return out
}

// results puts the verdicts on the ladder of confidence.
func results(in *manifest.Integration, run *check.Run, live []threat.Live) []policy.Result {
	var out []policy.Result
	for _, l := range live {
		out = append(out, policy.Result{
			Check: l.Check, Element: l.Element, Verdict: l.Verdict, At: run.Finished,
			Representative: run.Target.Name != in.Environment, FromCI: run.Origin == "ci",
		})
	}
	return out
}

// admit refuses a run that is about something else.
func admit(in *manifest.Integration, run *check.Run) error {
	switch {
	case run == nil:
		return nil
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
