package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"time"

	"drawbridge"
)

// Limits of a run that somebody hands in.
const (
	MaxUpload   = 32 << 20 // bytes
	maxUploaded = 20_000   // results, operations, finished checks
	maxTitle    = 300
	maxReason   = 4000
	maxSkew     = 10 * time.Minute // of the clock of who ran it
)

// checkID is how checks are called.
var checkID = regexp.MustCompile(`^[A-Z][A-Z0-9]{0,19}(-[A-Z0-9]{1,20}){1,3}$`)

// ParseUpload reads a run file that comes from elsewhere. It takes nothing that
// a run does not write, and believes no fingerprint.
func ParseUpload(data []byte, now time.Time) (*Run, error) {
	if len(data) > MaxUpload {
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "the run file has %d bytes; at most %d are taken in", len(data), MaxUpload)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var run Run
	if err := dec.Decode(&run); err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the run file cannot be read: %w. Hand in what drawbridge test --out wrote, one run at a time", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "something stands behind the end of the run file")
	}
	return &run, run.sound(now)
}

// sound holds a run to what a run can say.
func (r *Run) sound(now time.Time) error {
	bad := func(format string, args ...any) error {
		return drawbridge.Errorf(drawbridge.Invalid, "the run file: "+format, args...)
	}
	switch {
	case r.SchemaVersion != drawbridge.SchemaVersion || r.Integration.ID == "":
		return bad("it is of version %.20q; write one with drawbridge test --out of this version (%s)", r.SchemaVersion, drawbridge.SchemaVersion)
	case r.Finished.IsZero() || r.Finished.Before(r.Started):
		return bad("it has no end, or ended before it began")
	case r.Finished.After(now.Add(maxSkew)):
		return bad("it ended on %s, which is still to come: set the clock of the machine that ran it", r.Finished.UTC().Format("2006-01-02 15:04 MST"))
	case max(len(r.Results), len(r.Operations), len(r.Done), len(r.Created), len(r.Notes), len(r.Identities)) > maxUploaded:
		return bad("a list has more than %d items", maxUploaded)
	}
	for _, s := range []string{r.Integration.ID, r.Integration.Environment, r.Integration.Digest, r.Target.Name, r.Target.Interface, r.Target.Represents} {
		if _, err := drawbridge.Line(s, maxTitle); err != nil {
			return bad("integration and target: %w", err)
		}
	}
	for i := range r.Results {
		if err := r.Results[i].sound(r); err != nil {
			return bad("result %d: %w", i+1, err)
		}
	}
	return nil
}

func (x *Result) sound(run *Run) error {
	switch x.Verdict {
	case drawbridge.Pass, drawbridge.Fail, drawbridge.Inconclusive, drawbridge.Skipped:
	default:
		return drawbridge.Errorf(drawbridge.Invalid, "%.40q is no verdict", x.Verdict)
	}
	switch {
	case !checkID.MatchString(x.Check):
		return drawbridge.Errorf(drawbridge.Invalid, "%.60q is no id of a check", x.Check)
	case x.Interface != run.Target.Interface:
		return drawbridge.Errorf(drawbridge.Invalid, "it is about interface %.60q, and the run's target is of %s", x.Interface, run.Target.Interface)
	case x.Severity.Rank() < 0:
		return drawbridge.Errorf(drawbridge.Invalid, "%.40q is no severity", x.Severity)
	case x.Fingerprint != Fingerprint(run.Integration.ID, *x):
		return drawbridge.Errorf(drawbridge.Invalid, "its fingerprint is not that of what it says")
	}
	if _, err := drawbridge.Line(x.Title, maxTitle); err != nil {
		return drawbridge.Errorf(drawbridge.Invalid, "title: %w", err)
	}
	if _, err := drawbridge.Prose(x.Reason, maxReason); err != nil {
		return drawbridge.Errorf(drawbridge.Invalid, "reason: %w", err)
	}
	return nil
}
