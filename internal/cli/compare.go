package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/check"
)

func newCompare(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "compare BEFORE.json AFTER.json",
		Short: "Compare two runs of live checks",
		Long: `Compare matches the findings of two run files by their fingerprints: new, fixed, still there, and
no longer testable. A finding is fixed only when the later run passes the same check at the same place.`,
		Example: "  drawbridge compare run-monday.json run-friday.json",
		Args:    cobra.ExactArgs(2),
	}
	format := formatFlag(cmd, "text", "json")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		before, err := readRun(env, args[0])
		if err != nil {
			return err
		}
		after, err := readRun(env, args[1])
		if err != nil {
			return err
		}
		c, err := check.Compare(before, after)
		if err != nil {
			return err
		}
		if *format == "json" {
			return writeJSON(env.Stdout, struct {
				SchemaVersion string `json:"schema_version"`
				*check.Comparison
			}{drawbridge.SchemaVersion, c})
		}
		var b strings.Builder
		for _, part := range []struct {
			title string
			list  []check.Result
		}{{"New", c.New}, {"Fixed", c.Fixed}, {"Still there", c.Still}, {"No longer testable", c.Untested}} {
			fmt.Fprintf(&b, "%s: %d\n", part.title, len(part.list))
			for _, r := range part.list {
				fmt.Fprintf(&b, "  %-9s %-10s %s\n", r.Severity, r.Check, strings.TrimPrefix(strings.TrimSpace(r.Operation+" "+r.Location)+": "+r.Reason, ": "))
			}
		}
		_, err = io.WriteString(env.Stdout, b.String())
		return err
	}
	return cmd
}
