package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/policy"
)

func newPolicy(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "List the controls in force, test a policy pack, or edit the figures of one",
		Long: `A policy pack is data: tiers, controls with measurable criteria, the rubric of the score, and
the rules of the gate. Each carries examples that prove it.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPolicyList(env), newPolicyTest(env), newPolicyEdit(env))
	return cmd
}

func newPolicyList(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the controls of the policy in force",
		Long: `List prints the controls of the policy pack that the workspace of this folder names, or of the
built-in one, with the tier from which each is required.`,
		Example: "  drawbridge policy list\n  drawbridge policy list --format json",
		Args:    cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	cmd.RunE = func(*cobra.Command, []string) error {
		ws, err := policy.OpenWorkspace(env.Dir)
		if err != nil {
			return err
		}
		if *format == "json" {
			return writeJSON(env.Stdout, map[string]any{
				"schema_version": drawbridge.SchemaVersion, "method": ws.Policy.Method(), "digest": ws.Policy.Digest,
				"tiers": ws.Policy.Tiers(), "controls": ws.Policy.Controls(), "rubric": ws.Policy.Rubric(), "gate": ws.Policy.GateRules(),
			})
		}
		_, err = io.WriteString(env.Stdout, listControls(ws.Policy))
		return err
	}
	return cmd
}

func listControls(p *policy.Pack) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d controls\n", p.Method(), len(p.Controls()))
	fmt.Fprintf(&b, "%-28s %-9s %-13s %6s  %s\n", "CONTROL", "FROM TIER", "DOMAIN", "WEIGHT", "CRITERION")
	for _, c := range p.Controls() {
		fmt.Fprintf(&b, "%-28s %-9s %-13s %6g  %s\n", c.ID, c.RequiredFrom, c.Domain, c.Weight, c.Criterion)
	}
	return b.String()
}

func newPolicyTest(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "test [DIR|FILE]",
		Short: "Run the examples that a policy pack carries",
		Long: `Test loads the policy pack in a folder or a .tar.gz and runs its own examples: the cases of its
controls (holds, fails, asks, spares), the worked examples of its rubric, and those of its gate.
With no argument it tests the built-in pack. It exits 3 when an example fails, and 1 when the
pack cannot be read.`,
		Example: "  drawbridge policy test\n  drawbridge policy test ./our-policy",
		Args:    cobra.MaximumNArgs(1),
	}
	format := formatFlag(cmd, "text", "json")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		fsys := policy.BuiltinFS()
		if len(args) > 0 {
			var err error
			if fsys, err = policy.ReadSource(env.path(args[0])); err != nil {
				return err
			}
		}
		env.progress("testing the policy")
		p, err := policy.LoadPack(fsys)
		if err != nil {
			env.progressDone()
			return err
		}
		report, err := p.Test()
		env.progressDone()
		if err != nil {
			return err
		}
		if *format == "json" {
			err = writeJSON(env.Stdout, map[string]any{
				"schema_version": drawbridge.SchemaVersion, "pack": report.Pack, "cases": report.Cases, "failed": report.Failed,
			})
		} else {
			_, err = io.WriteString(env.Stdout, tellExamples(report))
		}
		if err == nil && report.Failed > 0 {
			return errNo
		}
		return err
	}
	return cmd
}

func tellExamples(r *policy.CaseReport) string {
	var b strings.Builder
	for _, c := range r.Cases {
		if !c.Pass {
			fmt.Fprintf(&b, "FAIL %s %s, %s: got %s, want %s\n", c.Part, c.ID, c.Case, quoteEmpty(c.Got), quoteEmpty(c.Want))
		}
	}
	fmt.Fprintf(&b, "%s: cases: %d, failed: %d\n", r.Pack, len(r.Cases), r.Failed)
	return b.String()
}

func quoteEmpty(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return "nothing"
	}
	return s
}

// workspaceFile finds the workspace that a command speaks of: the one named,
// or the one in force in this folder, or the one that would be made here.
func (e *Env) workspaceFile(named string) (string, error) {
	if named != "" {
		if filepath.Base(named) != policy.WorkspaceFile {
			return "", usageError{fmt.Errorf("--workspace %q: the file is called %s", named, policy.WorkspaceFile)}
		}
		return e.path(named), nil
	}
	file, err := policy.FindWorkspace(e.Dir)
	if err != nil || file != "" {
		return file, err
	}
	return filepath.Join(e.Dir, policy.WorkspaceFile), nil
}
