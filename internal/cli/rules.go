package cli

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/threat"
)

func newRules(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "List the threat rules, or test an organisation's own",
		Long: `Rules are data: one YAML file each, with the condition under which a threat applies, the
safeguard that holds it, and three examples that prove both.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newRulesList(env), newRulesTest(env))
	return cmd
}

func newRulesList(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the built-in threat rules",
		Example: "  drawbridge rules list --format json",
		Args:    cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	cmd.RunE = func(*cobra.Command, []string) error {
		c, err := threat.Builtin()
		if err != nil {
			return err
		}
		if *format == "json" {
			return writeJSON(env.Stdout, map[string]any{"schema_version": drawbridge.SchemaVersion, "rules": c.Rules()})
		}
		var b strings.Builder
		for _, r := range c.Rules() {
			note := ""
			if r.Requires != "map" {
				note = "  (needs " + r.Requires + ")"
			}
			fmt.Fprintf(&b, "%-6s %-8s %-11s %s%s\n", r.ID, r.Severity, r.Per, r.Title, note)
		}
		_, err = io.WriteString(env.Stdout, b.String())
		return err
	}
	return cmd
}

func newRulesTest(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "test DIR|FILE",
		Short: "Run the examples that rule files carry",
		Long: `Test reads rule files and runs their cases: "fires" has to end open, "quiet" not applicable or
mitigated, "asks" in a question. It exits 3 when a case fails, and 1 when a file cannot be read.`,
		Example: "  drawbridge rules test rules/",
		Args:    cobra.ExactArgs(1),
	}
	format := formatFlag(cmd, "text", "json")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		fsys, err := ruleFiles(env.path(args[0]), args[0])
		if err != nil {
			return err
		}
		report, err := threat.TestRules(fsys)
		if err != nil {
			return err
		}
		if *format == "json" {
			err = writeJSON(env.Stdout, report)
		} else {
			err = tellCases(env.Stdout, report)
		}
		switch {
		case err != nil:
			return err
		case len(report.Problems) > 0:
			return drawbridge.Errorf(drawbridge.Invalid, "%w", report.Problems)
		case report.Failed > 0:
			return errNo
		}
		return nil
	}
	return cmd
}

// ruleFiles opens a folder of rules, or a single rule file.
func ruleFiles(path, name string) (fs.FS, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "%s cannot be read; name a rule file, or a folder of them: %w", name, err)
	}
	if info.IsDir() {
		root, err := os.OpenRoot(path)
		if err != nil {
			return nil, drawbridge.Errorf(drawbridge.NotFound, "%s cannot be opened: %w", name, err)
		}
		return root.FS(), nil
	}
	if !info.Mode().IsRegular() {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s is a pipe or a device; save the rule to a file, and name that", name)
	}
	return oneFile{path}, nil
}

// oneFile is a folder that holds a single rule file.
type oneFile struct{ path string }

// Open opens the file by its own name.
func (o oneFile) Open(name string) (fs.File, error) {
	if name != filepath.Base(o.path) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return os.Open(o.path)
}

// Glob names the file, whatever it ends in.
func (o oneFile) Glob(string) ([]string, error) { return []string{filepath.Base(o.path)}, nil }

func tellCases(w io.Writer, report *threat.CaseReport) error {
	var b strings.Builder
	for _, c := range report.Cases {
		if c.Pass {
			continue
		}
		want := make([]string, len(c.Want))
		for i, s := range c.Want {
			want[i] = string(s)
		}
		fmt.Fprintf(&b, "FAIL %s %s (%s:%d): got %s, want %s\n     %s\n", c.Rule, c.Case, c.File, c.Line, c.Got, strings.Join(want, " or "), c.Reason)
	}
	fmt.Fprintf(&b, "rules: %d, cases: %d, failed: %d, problems: %d\n", report.Rules, len(report.Cases), report.Failed, len(report.Problems))
	_, err := io.WriteString(w, b.String())
	return err
}
