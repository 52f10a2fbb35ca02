package check

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"drawbridge"
)

// maxRunFile bounds a run file that is read.
const maxRunFile = 64 << 20

// ParseRun reads a run file.
func ParseRun(name string, data []byte) (*Run, error) {
	if len(data) > maxRunFile {
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "%s has %d bytes; a run file has at most %d", name, len(data), maxRunFile)
	}
	var run Run
	if err := json.Unmarshal(data, &run); err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s is not a run file: %w", name, err)
	}
	if run.SchemaVersion != drawbridge.SchemaVersion || run.Integration.ID == "" {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s is not a run file of version %s; write one with drawbridge test --out", name, drawbridge.SchemaVersion)
	}
	for _, r := range run.Results {
		switch r.Verdict {
		case drawbridge.Pass, drawbridge.Fail, drawbridge.Inconclusive, drawbridge.Skipped:
		default:
			return nil, drawbridge.Errorf(drawbridge.Invalid, "%s: result of %s has the verdict %q, which is none", name, r.Check, r.Verdict)
		}
	}
	return &run, nil
}

// Failures returns the failures of a run: the findings, worst first, and those
// that another finding explains.
func (r *Run) Failures() (findings, explained []Result) {
	for _, x := range r.Results {
		switch {
		case x.Verdict != drawbridge.Fail:
		case x.Root == "":
			findings = append(findings, x)
		default:
			explained = append(explained, x)
		}
	}
	slices.SortStableFunc(findings, func(a, b Result) int { return cmp.Compare(b.Severity.Rank(), a.Severity.Rank()) })
	return findings, explained
}

// Verdicts counts the results of each verdict.
func (r *Run) Verdicts() map[drawbridge.Verdict]int {
	out := map[drawbridge.Verdict]int{}
	for _, x := range r.Results {
		out[x.Verdict]++
	}
	return out
}

// Comparison is what changed between two runs. Findings are matched by their
// fingerprints.
type Comparison struct {
	New      []Result `json:"new"`
	Fixed    []Result `json:"fixed"`
	Still    []Result `json:"still_there"`
	Untested []Result `json:"no_longer_testable"` // failed before; now there is no verdict, and the reason says why
}

// Compare holds a later run against an earlier one of the same integration. A
// finding is fixed only when the later run passes the same check there.
func Compare(before, after *Run) (*Comparison, error) {
	if before.Integration.ID != after.Integration.ID {
		return nil, drawbridge.Errorf(drawbridge.Conflict, "the runs are of different integrations: %s and %s", before.Integration.ID, after.Integration.ID)
	}
	c := &Comparison{New: []Result{}, Fixed: []Result{}, Still: []Result{}, Untested: []Result{}}
	old := map[string]bool{}
	for _, r := range before.Results {
		if r.Verdict == drawbridge.Fail {
			old[r.Fingerprint] = true
		}
	}
	now := map[string]bool{}
	for _, r := range after.Results {
		if r.Verdict != drawbridge.Fail {
			continue
		}
		now[r.Fingerprint] = true
		if old[r.Fingerprint] {
			c.Still = append(c.Still, r)
		} else {
			c.New = append(c.New, r)
		}
	}
	for _, r := range before.Results {
		if r.Verdict != drawbridge.Fail || now[r.Fingerprint] {
			continue
		}
		if why := after.silent(r); why != "" {
			r.Reason = why
			c.Untested = append(c.Untested, r)
		} else {
			c.Fixed = append(c.Fixed, r)
		}
	}
	return c, nil
}

// silent says why a run has no verdict on an earlier finding; "" when it has one.
func (r *Run) silent(was Result) string {
	why, judged := "", false
	for _, x := range r.Results {
		if x.Check != was.Check || x.Operation != was.Operation && x.Operation != "" {
			continue
		}
		if x.Verdict == drawbridge.Pass || x.Verdict == drawbridge.Fail {
			judged = judged || x.Operation == was.Operation
			continue
		}
		why = x.Reason
	}
	switch {
	case why != "":
		return why
	case judged:
		return ""
	case !slices.Contains(r.Done, was.Check):
		return "the check did not run"
	}
	return fmt.Sprintf("the run did not look at %s", or(was.Operation, "it"))
}
