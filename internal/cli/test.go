package cli

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/check"
	"drawbridge/internal/check/rule"
	"drawbridge/internal/client"
	"drawbridge/internal/manifest"
)

const testLong = `Test runs live checks against a target of the manifest: it signs in as the target's identities,
makes objects of its own, tries what should not work, shows what did, and removes what it made.

Loopback targets are free; every other host needs the target's authorisation. Secrets come from
env:NAME or file:PATH references. Ctrl-C stops a run cleanly; --resume goes on with what it wrote.

With --push, the server shows how the run goes on, somebody there can ask it to stop, and the run is
handed in at its end. A server that cannot be reached does not stop a run.

Exit codes: 0 no check failed, 3 a check failed, 1 it could not be done or did not end, 2 wrong usage.`

const testExample = `  drawbridge test acme-payments/integration.yaml --target sandbox --out run.json
  drawbridge test acme-payments/integration.yaml --target sandbox --check BOLA-01 --check MASS-01
  drawbridge test acme-payments/integration.yaml --target sandbox --push
  drawbridge test acme-payments/integration.yaml --target sandbox --resume run.json --out run.json`

// testFlags are the flags of the test command.
type testFlags struct {
	targets, checks []string
	out, resume, ca string
	push            bool
	client          *client.Client // with push
	loud            sync.Mutex     // is held to write beside the result
}

func newTest(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "test FILE --target NAME",
		Short:   "Run live checks against a target",
		Long:    testLong,
		Example: testExample,
		Args:    cobra.ExactArgs(1),
	}
	var f testFlags
	format := formatFlag(cmd, "text", "json")
	cmd.Flags().StringArrayVar(&f.targets, "target", nil, "name of a target in the manifest; may repeat, targets run side by side")
	cmd.Flags().StringArrayVar(&f.checks, "check", nil, "id of a check to run; may repeat (default all that need no asking)")
	cmd.Flags().StringVar(&f.out, "out", "", "write the run file here; with several targets the target's name goes before the extension")
	cmd.Flags().StringVar(&f.resume, "resume", "", "run file of a stopped run to go on with")
	cmd.Flags().StringVar(&f.ca, "ca", "", "file with certificates (PEM) to trust instead of the system's")
	cmd.Flags().BoolVar(&f.push, "push", false, "let the server show how the run goes on, and hand it in at its end")
	server := serverFlagsOf(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(f.targets) == 0 {
			return usageError{errors.New("--target is missing; name one of the manifest's targets")}
		}
		if f.push {
			var err error
			if f.client, err = env.connect(server); err != nil {
				return err
			}
			defer f.client.Close()
		}
		runs, err := f.run(cmd.Context(), env, args[0])
		if len(runs) > 0 {
			if tellErr := tellRuns(env.Stdout, *format, runs); tellErr != nil {
				return tellErr
			}
		}
		if err != nil {
			return err
		}
		return answerOf(runs)
	}
	return cmd
}

// run tests every target; those at one address wait for each other.
func (f *testFlags) run(ctx context.Context, env *Env, file string) ([]*check.Run, error) {
	b, err := manifest.Load(env.path(file))
	if err != nil {
		return nil, err
	}
	opt, err := f.options(env, b)
	if err != nil {
		return nil, err
	}
	targets := slices.Clone(f.targets)
	slices.Sort(targets)
	targets = slices.Compact(targets)
	if opt.Resume != nil && len(targets) > 1 {
		return nil, usageError{errors.New("--resume goes with one --target")}
	}
	var wg sync.WaitGroup
	runs, fails := make([]*check.Run, len(targets)), make([]error, len(targets))
	for _, group := range byAddress(b, targets) {
		wg.Go(func() {
			for _, i := range group {
				o, name := opt, ""
				o.Target = targets[i]
				o.Progress = func(e check.Event) {
					f.loud.Lock()
					defer f.loud.Unlock()
					env.progress("%s: %s %s (%d of %d requests)", o.Target, e.Phase, e.Text, e.Requests, e.Budget)
				}
				if f.out != "" {
					name = f.outFor(targets, targets[i])
				}
				runs[i], fails[i] = f.one(ctx, env, o, name)
			}
		})
	}
	wg.Wait()
	env.progressDone()
	return slices.DeleteFunc(runs, func(r *check.Run) bool { return r == nil }), errors.Join(fails...)
}

// one tests one target, writes the run to a file that is named, and hands it in
// when that was asked for.
func (f *testFlags) one(ctx context.Context, env *Env, o check.Options, file string) (*check.Run, error) {
	limited, told := ctx, (*reporter)(nil)
	if f.push {
		told, limited = f.reported(ctx, env, &o)
		show := o.Progress
		o.Progress = func(e check.Event) {
			told.event(e)
			show(e)
		}
	}
	run, err := check.Execute(limited, o)
	if told != nil {
		told.ended(run)
	}
	if err == nil && file != "" {
		err = env.output(file, func(w io.Writer) error { return writeJSON(w, run) })
	}
	if told != nil {
		err = errors.Join(err, told.close(ctx, run, err, file))
	}
	return run, err
}

// options gathers what all targets share.
func (f *testFlags) options(env *Env, b *manifest.Bundle) (check.Options, error) {
	opt := check.Options{Bundle: b, Secret: env.secret(b.Dir), Now: env.Now, Version: env.Version, Asked: f.checks, Origin: "cli", Checks: rule.All()}
	if env.Environ("CI") != "" {
		opt.Origin = "ci"
	}
	if len(f.checks) > 0 {
		for _, id := range f.checks {
			if _, ok := rule.Find(id); !ok {
				return opt, usageError{fmt.Errorf("--check %q is not known; drawbridge checks lists them", id)}
			}
		}
		opt.Checks = slices.DeleteFunc(opt.Checks, func(c check.Check) bool { return !slices.Contains(f.checks, c.Info().ID) })
	}
	if f.resume != "" {
		run, err := readRun(env, f.resume)
		if err != nil {
			return opt, err
		}
		opt.Resume = run
	}
	if f.ca != "" {
		pem, err := env.readFile("--ca", f.ca, 4<<20)
		if err != nil {
			return opt, err
		}
		opt.Roots = x509.NewCertPool()
		if !opt.Roots.AppendCertsFromPEM(pem) {
			return opt, drawbridge.Errorf(drawbridge.Invalid, "--ca %s holds no certificate in PEM", f.ca)
		}
	}
	return opt, nil
}

// maxRunFile bounds a run file, as check.ParseRun does, before it is read.
const maxRunFile = 64 << 20

func readRun(env *Env, name string) (*check.Run, error) {
	data, err := env.readFile("run file", name, maxRunFile)
	if err != nil {
		return nil, err
	}
	return check.ParseRun(name, data)
}

// outFor names the run file of one of several targets.
func (f *testFlags) outFor(targets []string, target string) string {
	if len(targets) == 1 {
		return f.out
	}
	ext := filepath.Ext(f.out)
	return strings.TrimSuffix(f.out, ext) + "-" + target + ext
}

// byAddress groups the indices of targets that share a host: one run at a time there.
func byAddress(b *manifest.Bundle, targets []string) [][]int {
	var out [][]int
	at := map[string]int{}
	for i, name := range targets {
		host := "target " + name
		for _, t := range b.Integration.Targets {
			if t.Name == name {
				_, host, _ = strings.Cut(t.BaseURL, "://")
				host, _, _ = strings.Cut(host, "/")
			}
		}
		g, seen := at[host]
		if !seen {
			g = len(out)
			at[host] = g
			out = append(out, nil)
		}
		out[g] = append(out[g], i)
	}
	return out
}

// answerOf turns runs into the exit: 3 when a check failed, else an error for a
// run that did not end.
func answerOf(runs []*check.Run) error {
	for _, r := range runs {
		if r.Verdicts()[drawbridge.Fail] > 0 {
			return errNo
		}
	}
	for _, r := range runs {
		if !r.Complete {
			return drawbridge.Errorf(drawbridge.Unavailable, "the run at %s did not end: %s", r.Target.Name, r.Stopped)
		}
	}
	return nil
}

func tellRuns(w io.Writer, format string, runs []*check.Run) error {
	if format == "json" {
		if len(runs) == 1 {
			return writeJSON(w, runs[0])
		}
		return writeJSON(w, map[string]any{"schema_version": drawbridge.SchemaVersion, "runs": runs})
	}
	var b strings.Builder
	for i, r := range runs {
		if i > 0 {
			b.WriteString("\n")
		}
		tellRun(&b, r)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// tellRun writes one run for people: findings first, then what has no verdict.
func tellRun(b *strings.Builder, r *check.Run) {
	n := r.Verdicts()
	fmt.Fprintf(b, "%s at %s (%s)\n", r.Integration.ID, r.Target.Name, r.Target.BaseURL)
	fmt.Fprintf(b, "  %d failed, %d passed, %d inconclusive, %d skipped\n", n[drawbridge.Fail], n[drawbridge.Pass], n[drawbridge.Inconclusive], n[drawbridge.Skipped])
	fmt.Fprintf(b, "  drove %d of %d operations (%.0f%%) with %d requests in %.1f s\n", r.Coverage.WithBaseline, r.Coverage.Operations, r.Coverage.Percent, r.Budget.UsedRequests, r.Budget.UsedSeconds)
	for _, id := range r.Identities {
		fmt.Fprintf(b, "  signed in as %s, shown by %s%s\n", id.Name, cmp.Or(id.Probe, "nothing"), note(id.Reason))
	}
	if !r.Complete {
		fmt.Fprintf(b, "  stopped before its end: %s\n", r.Stopped)
	}
	findings, explained := r.Failures()
	for _, x := range findings {
		fmt.Fprintf(b, "\n%s  %s  %s\n  %s\n", strings.ToUpper(string(x.Severity)), x.Check, x.Title, strings.TrimSpace(x.Operation+" "+x.Location))
		fmt.Fprintf(b, "  %s\n  Fix: %s\n", x.Reason, x.Fix)
		for _, e := range x.Evidence {
			if e.Name == "attack" && e.Curl != "" {
				fmt.Fprintf(b, "  %s\n", e.Curl)
				break
			}
		}
		for _, y := range explained {
			if y.Root == x.Fingerprint {
				fmt.Fprintf(b, "  explains %s %s\n", y.Check, y.Operation)
			}
		}
	}
	tellGaps(b, r)
}

func note(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

// tellGaps writes what has no verdict, and what was left at the target.
func tellGaps(b *strings.Builder, r *check.Run) {
	var lines []string
	for _, x := range r.Results {
		if x.Verdict == drawbridge.Inconclusive || x.Verdict == drawbridge.Skipped {
			lines = append(lines, fmt.Sprintf("  %-8s %-12s %s", x.Check, x.Verdict, strings.TrimPrefix(x.Operation+": "+x.Reason, ": ")))
		}
	}
	for _, o := range r.Operations {
		if len(o.Baseline) == 0 {
			lines = append(lines, fmt.Sprintf("  %-8s %-12s %s: %s", "-", "not driven", o.Operation, o.Reason))
		}
	}
	if len(lines) > 0 {
		fmt.Fprintf(b, "\nNo verdict\n%s\n", strings.Join(lines, "\n"))
	}
	left := 0
	for _, c := range r.Created {
		if !c.Removed {
			left++
		}
	}
	if left > 0 {
		fmt.Fprintf(b, "\n%d of %d objects that the run made are still there; the run file lists them.\n", left, len(r.Created))
	}
	for _, n := range r.Notes {
		fmt.Fprintf(b, "Note: %s.\n", n)
	}
}
