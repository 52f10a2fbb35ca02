package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"drawbridge"
	"drawbridge/internal/assess"
	"drawbridge/internal/check"
	"drawbridge/internal/policy"
	"drawbridge/internal/report"
)

const assessLong = `Assess reads manifests and answers go, conditional or no-go, with the map, the threats,
the questions still open, the score and every reason. It needs no server, and sends nothing
unless --target names where live checks may run.

Exit codes: 0 go or conditional, 3 no-go (or what --fail-on names), 1 bad input, 2 wrong usage.
The answer is advice until a server's record confirms a decision on the same digest.`

const assessExample = `  drawbridge assess acme-payments/integration.yaml
  drawbridge assess --format html --out report.html acme-payments/integration.yaml
  drawbridge assess --target sandbox acme-payments/integration.yaml
  drawbridge assess --fail-on gate --fail-on severity:high --format sarif */integration.yaml`

func newAssess(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "assess FILE...",
		Short:   "Score integrations and answer go or no-go, with reasons",
		Long:    assessLong,
		Example: assessExample,
		Args:    cobra.MinimumNArgs(1),
	}
	format := formatFlag(cmd, report.Formats()...)
	asOf := cmd.Flags().String("as-of", "", "day or instant of the assessment (default now)")
	out := cmd.Flags().String("out", "", "write to this file instead of stdout")
	var live liveFlags
	cmd.Flags().StringVar(&live.results, "results", "", "run file of live checks (drawbridge test --out) whose verdicts count")
	cmd.Flags().StringVar(&live.target, "target", "", "run the live checks against this target of the manifest first; nothing is sent without it")
	full := cmd.Flags().Bool("full", false, "text: list every threat, question and control")
	failOn := cmd.Flags().StringArray("fail-on", []string{"gate"}, "exit 3 on: gate, severity:LEVEL, coverage:PERCENT, none; may repeat")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		fails, err := parseFailOn(*failOn)
		if err != nil {
			return err
		}
		at, err := env.asOf(*asOf)
		if err != nil {
			return err
		}
		run, err := live.run(cmd.Context(), env, args)
		if err != nil {
			return err
		}
		var all []*assess.Assessment
		var broken []error
		for i, arg := range args {
			env.progress("assessing %s (%d of %d)", arg, i+1, len(args))
			ws, err := policy.OpenWorkspace(filepath.Dir(env.path(arg)))
			if err != nil {
				broken = append(broken, err)
				continue
			}
			a, err := assess.Run(cmd.Context(), ws, env.path(arg), assess.Options{AsOf: at, Results: run, Name: filepath.ToSlash(arg), Version: env.Version})
			if err != nil {
				broken = append(broken, err)
				continue
			}
			all = append(all, a)
		}
		env.progressDone()
		if len(broken) > 0 {
			return errors.Join(broken...)
		}
		opt := report.Options{Full: *full, Many: len(args) > 1, Colour: *out == "" && env.terminal(env.Stdout), Width: env.width()}
		if err := env.output(*out, func(w io.Writer) error { return tell(w, *format, opt, all) }); err != nil {
			return err
		}
		return fails.judge(env, all)
	}
	return cmd
}

// tell writes assessments in one format.
func tell(w io.Writer, format string, opt report.Options, all []*assess.Assessment) error {
	h, err := report.New(format, w, opt)
	if err != nil {
		return err
	}
	for _, a := range all {
		if err := h.Result(a); err != nil {
			return err
		}
	}
	return h.Done()
}

// width returns the terminal's columns, or 0.
func (e *Env) width() int {
	f, ok := e.Stdout.(interface{ Fd() uintptr })
	if !ok || !e.terminal(e.Stdout) {
		return 0
	}
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return min(w, 140)
}

// failOn says which answers make the process exit with 3.
type failOn struct {
	gate     bool
	severity drawbridge.Severity
	coverage float64
}

func parseFailOn(words []string) (failOn, error) {
	var f failOn
	for _, w := range words {
		name, value, _ := strings.Cut(w, ":")
		switch {
		case w == "none":
			if len(words) > 1 {
				return f, usageError{errors.New("--fail-on none stands alone")}
			}
		case w == "gate":
			f.gate = true
		case name == "severity" && drawbridge.Severity(value).Rank() >= 0:
			if f.severity == "" || drawbridge.Severity(value).Rank() < f.severity.Rank() {
				f.severity = drawbridge.Severity(value)
			}
		case name == "coverage":
			n, err := strconv.ParseFloat(value, 64)
			if err != nil || !(n >= 0 && n <= 100) {
				return f, usageError{fmt.Errorf("--fail-on %s: coverage is a percentage from 0 to 100", w)}
			}
			f.coverage = max(f.coverage, n)
		default:
			return f, usageError{fmt.Errorf("--fail-on %q is not known; write gate, severity:low|medium|high|critical, coverage:PERCENT or none", w)}
		}
	}
	return f, nil
}

// judge returns errNo when an answer is no, and says on stderr which and why.
func (f failOn) judge(env *Env, all []*assess.Assessment) error {
	var no bool
	say := func(a *assess.Assessment, format string, args ...any) {
		no = true
		fmt.Fprintf(env.Stderr, "drawbridge: %s: %s\n", a.Integration.ID, fmt.Sprintf(format, args...))
	}
	for _, a := range all {
		if f.gate && a.Gate.Outcome == drawbridge.NoGo {
			say(a, "the gate says no-go")
		}
		if f.severity != "" {
			n := 0
			for _, t := range a.Threats {
				if t.State == drawbridge.ThreatOpen && t.Severity.Rank() >= f.severity.Rank() {
					n++
				}
			}
			if n > 0 {
				say(a, "open threats of severity %s or above: %d", f.severity, n)
			}
		}
		if a.Coverage.Percent < f.coverage {
			say(a, "%.0f%% of the planned checks have a verdict, %.0f%% are asked for", a.Coverage.Percent, f.coverage)
		}
	}
	if no {
		return errNo
	}
	return nil
}

// liveFlags say where live results come from.
type liveFlags struct{ results, target string }

// run reads a run file or makes a run; it returns nil when neither is asked for.
func (f liveFlags) run(ctx context.Context, env *Env, manifests []string) (*check.Run, error) {
	switch {
	case f.results == "" && f.target == "":
		return nil, nil //nolint:nilnil // no results is a fact, not a failure
	case len(manifests) != 1:
		return nil, usageError{errors.New("--target and --results belong to one manifest; give one FILE")}
	case f.results != "" && f.target != "":
		return nil, usageError{errors.New("give --target to run the checks now, or --results for a run made before; not both")}
	case f.results != "":
		return readRun(env, f.results)
	}
	t := testFlags{targets: []string{f.target}}
	runs, err := t.run(ctx, env, manifests[0])
	if err != nil {
		return nil, err
	}
	return runs[0], nil
}
