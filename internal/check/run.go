package check

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/manifest"
)

// Options of one run.
type Options struct {
	Bundle   *manifest.Bundle
	Target   string                           // name of one of the manifest's targets
	Checks   []Check                          // the catalogue, or a part of it
	Asked    []string                         // ids asked for by name; opt-in checks run only then
	Secret   func(ref string) (string, error) // resolves a credential's reference
	Now      func() time.Time
	Progress func(Event)    // may be nil
	Resume   *Run           // a run that was stopped; its finished checks are kept
	Roots    *x509.CertPool // trusted instead of the system's; for targets with a private authority
	Version  string
	Origin   string // cli or ci
}

// Execute runs checks against one target. The run comes back even when it was
// stopped: what it found until then counts, and Resume goes on from it. An
// identity that does not work is an error when it shows at the start, and stops
// the run when it shows later.
func Execute(ctx context.Context, opt Options) (*Run, error) {
	s, run, err := prepare(opt)
	if err != nil {
		return nil, err
	}
	start := opt.Now()
	seconds := time.Duration(run.Budget.Seconds * float64(time.Second))
	limited, cancel := context.WithTimeoutCause(ctx, seconds, ErrBudget)
	defer cancel()
	stop := s.work(limited, opt, run)
	if stop != nil && !s.proven && s.distrust == "" && ctx.Err() == nil {
		s.sweep(ctx, run)
		return nil, unproven(stop) // there is nothing to tell
	}
	run.Complete, run.Stopped = stop == nil, ""
	if stop != nil {
		run.Stopped = stop.Error()
		if errors.Is(stop, context.Canceled) {
			run.Stopped = "it was cancelled"
		}
		s.leave(opt.Checks, run)
	}
	s.sweep(ctx, run)
	run.Notes = append(run.Notes, s.notes...)
	if s.client.pauses > 0 {
		run.Notes = append(run.Notes, "the target throttled the run; it waited and went on")
	}
	run.Finished = opt.Now().UTC()
	run.Budget.UsedRequests += s.client.used()
	run.Budget.UsedSeconds += run.Finished.Sub(start).Seconds()
	run.Results = settle(s.Integration, opt.Checks, run.Results)
	return run, nil
}

// unproven makes an error out of what ended the sign-in.
func unproven(stop error) error {
	if drawbridge.KindOf(stop) != drawbridge.Internal {
		return stop
	}
	return drawbridge.Errorf(drawbridge.Unavailable, "the identities could not be proven: %w", stop)
}

// work does the run's phases in order; the error says why it stopped.
func (s *Session) work(ctx context.Context, opt Options, run *Run) (err error) {
	s.enter("sign in")
	if err := s.trust(ctx); err != nil {
		return err
	}
	if s.distrust != "" && !s.loopback() {
		return s.withoutCredentials(ctx, opt.Checks, run)
	}
	if run.Identities, err = s.prove(ctx); err != nil {
		return err
	}
	s.proven = true
	s.enter("explore")
	if run.Operations, err = s.explore(ctx); err != nil {
		return err
	}
	run.Coverage = coverageOf(run.Operations)
	for _, c := range opt.Checks {
		if slices.Contains(run.Done, c.Info().ID) {
			s.ended(c.Info().ID, run)
			continue
		}
		if err := s.check(ctx, c, run); err != nil {
			return err
		}
		s.ended(c.Info().ID, run)
	}
	return nil
}

// check runs one check to its end. Verdicts count only when every identity still
// works after it; one that had to sign in again makes the check run again.
func (s *Session) check(ctx context.Context, c Check, run *Run) error {
	info := c.Info()
	s.enter(info.ID)
	if why := s.missing(info); why != "" {
		run.Results = append(run.Results, s.skipped(info, why))
		run.Done = append(run.Done, info.ID)
		return nil
	}
	for again := false; ; again = true {
		before := s.client.used()
		results := s.judge(ctx, c)
		stop := s.client.stop(ctx)
		renewed := false
		if stop == nil && s.client.used() > before {
			renewed, stop = s.stillIn(ctx)
		}
		if stop != nil {
			for _, r := range results {
				if r.Verdict == drawbridge.Fail && ends(ctx, stop) {
					run.Results = append(run.Results, r) // proven is proven
				}
			}
			return stop
		}
		if renewed && !again {
			continue
		}
		run.Results = append(run.Results, results...)
		run.Done = append(run.Done, info.ID)
		return nil
	}
}

// judge runs a check; one that breaks on a hostile answer is inconclusive.
func (s *Session) judge(ctx context.Context, c Check) (results []Result) {
	defer func() {
		if r := recover(); r != nil {
			results = []Result{s.Verdict(c.Info(), nil, drawbridge.Inconclusive, "the check broke on an answer that it did not expect")}
		}
	}()
	results = c.Run(ctx, s)
	if len(results) == 0 && s.client.stop(ctx) == nil {
		results = []Result{s.skipped(c.Info(), "nothing at this target is of the kind that it looks at")}
	}
	return results
}

// withoutCredentials runs what needs no identity: the target's certificate is
// not trusted, so no credential goes there.
func (s *Session) withoutCredentials(ctx context.Context, checks []Check, run *Run) error {
	for _, c := range checks {
		info := c.Info()
		if slices.Contains(info.Needs, NeedIdentity) || slices.Contains(info.Needs, NeedIdentities) || slices.Contains(run.Done, info.ID) || s.missing(info) != "" {
			continue
		}
		s.enter(info.ID)
		run.Results = append(run.Results, s.judge(ctx, c)...)
		run.Done = append(run.Done, info.ID)
	}
	return errors.New("the target's certificate is not trusted, so no credential was sent: " + s.distrust)
}

// leave says of every check that did not run to its end why not.
func (s *Session) leave(checks []Check, run *Run) {
	for _, c := range checks {
		if info := c.Info(); !slices.Contains(run.Done, info.ID) {
			run.Results = append(run.Results, s.Verdict(info, nil, drawbridge.Inconclusive, "the run stopped before its end: "+run.Stopped))
		}
	}
}

// sweep removes what this run and the stopped one before it made.
func (s *Session) sweep(ctx context.Context, run *Run) {
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), exchangeLimit)
	defer cancel()
	s.created = append(run.Created, s.created...)
	s.cleanUp(clean)
	run.Created = s.created
}

func (s *Session) enter(phase string) {
	s.phase = phase
	if s.progress != nil {
		s.progress(Event{Phase: phase, Requests: s.client.used(), Budget: s.client.limit})
	}
}

// ended tells that a check has ended, and the worst of what it found.
func (s *Session) ended(id string, run *Run) {
	if s.progress == nil {
		return
	}
	order := []drawbridge.Verdict{drawbridge.Skipped, drawbridge.Pass, drawbridge.Inconclusive, drawbridge.Fail}
	worst := drawbridge.Skipped
	for i := range run.Results {
		if v := run.Results[i].Verdict; run.Results[i].Check == id && slices.Index(order, v) > slices.Index(order, worst) {
			worst = v
		}
	}
	s.progress(Event{Phase: id, Requests: s.client.used(), Budget: s.client.limit, Verdict: worst})
}

// missing says why a check cannot run here.
func (s *Session) missing(info Info) string {
	for _, n := range info.Needs {
		switch {
		case n == NeedIdentities && len(s.Identities) < 2:
			return "it needs two identities; the target has one"
		case n == NeedTLS && s.BaseURL.Scheme != "https":
			return "the target does not speak TLS: its base_url is http"
		case n == NeedOptIn && !slices.Contains(s.asked, info.ID):
			return "it sends a burst of requests; ask for it by name"
		}
	}
	return ""
}

func coverageOf(ops []RunOperation) RunCoverage {
	c := RunCoverage{Operations: len(ops)}
	for _, o := range ops {
		if len(o.Baseline) > 0 {
			c.WithBaseline++
		}
	}
	if c.Operations > 0 {
		c.Percent = 100 * float64(c.WithBaseline) / float64(c.Operations)
	}
	return c
}

// settle gives results their fingerprints, and puts failures that another one
// explains below it: one root cause, one finding.
func settle(integration string, checks []Check, results []Result) []Result {
	explains := map[string][]string{}
	for _, c := range checks {
		explains[c.Info().ID] = c.Info().Explains
	}
	for i := range results {
		results[i].Fingerprint = Fingerprint(integration, results[i])
	}
	for i := range results {
		results[i].Root = rootOf(results[i], results, explains)
	}
	first := map[[2]string]string{}
	for i, r := range results {
		if r.Verdict != drawbridge.Fail || r.Cause == "" || r.Root != "" {
			continue
		}
		key := [2]string{r.Check, r.Cause}
		if root := first[key]; root != "" {
			results[i].Root = root
		} else {
			first[key] = r.Fingerprint
		}
	}
	slices.SortStableFunc(results, func(a, b Result) int {
		return cmp.Or(cmp.Compare(a.Check, b.Check), cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Location, b.Location), cmp.Compare(a.Discriminator, b.Discriminator))
	})
	return results
}

// rootOf finds the failure that explains another one: of the same operation, or
// of the whole target, which goes first.
func rootOf(r Result, results []Result, explains map[string][]string) string {
	if r.Verdict != drawbridge.Fail {
		return ""
	}
	near := ""
	for _, root := range results {
		if root.Verdict != drawbridge.Fail || !slices.Contains(explains[root.Check], r.Check) || root.Check == r.Check && r.Operation == "" {
			continue
		}
		switch {
		case root.Operation == "":
			return root.Fingerprint
		case root.Operation == r.Operation && root.Check != r.Check && near == "":
			near = root.Fingerprint
		}
	}
	return near
}
