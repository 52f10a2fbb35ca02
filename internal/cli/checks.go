package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/check"
	"drawbridge/internal/check/rule"
)

func newChecks(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "checks [ID]",
		Short:   "List the live checks, or explain one",
		Long:    "Checks lists what drawbridge test can ask a target, in the order in which it asks. With an id it says why, what is sent, and how to fix a failure.",
		Example: "  drawbridge checks\n  drawbridge checks BOLA-01",
		Args:    cobra.MaximumNArgs(1),
	}
	format := formatFlag(cmd, "text", "json")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		var infos []check.Info
		for _, c := range rule.All() {
			infos = append(infos, c.Info())
		}
		if len(args) == 1 {
			c, ok := rule.Find(strings.ToUpper(args[0]))
			if !ok {
				return drawbridge.Errorf(drawbridge.NotFound, "check %q is not known; drawbridge checks lists them", args[0])
			}
			infos = []check.Info{c.Info()}
		}
		if *format == "json" {
			return writeJSON(env.Stdout, map[string]any{"schema_version": drawbridge.SchemaVersion, "checks": infos})
		}
		var b strings.Builder
		for _, i := range infos {
			if len(args) == 1 {
				explainCheck(&b, i)
				continue
			}
			fmt.Fprintf(&b, "%-10s %-9s %-9s %s\n", i.ID, i.Severity, i.Safety, i.Title)
		}
		_, err := io.WriteString(env.Stdout, b.String())
		return err
	}
	return cmd
}

func explainCheck(b *strings.Builder, i check.Info) {
	fmt.Fprintf(b, "%s  %s\n\n", i.ID, i.Title)
	var cwe, needs []string
	for _, n := range i.CWE {
		cwe = append(cwe, fmt.Sprintf("CWE-%d", n))
	}
	for _, n := range i.Needs {
		needs = append(needs, strings.ReplaceAll(string(n), "_", " "))
	}
	for _, row := range [][2]string{
		{"Why", i.Why},
		{"Sends", i.Sends},
		{"Fix", i.Fix},
		{"Severity", string(i.Severity)},
		{"Kind", string(i.Safety)},
		{"Needs", strings.Join(needs, ", ")},
		{"Names", strings.Join(append(append(cwe, "OWASP "+i.OWASP), i.ASVS...), ", ")},
		{"Explains", strings.Join(i.Explains, ", ")},
	} {
		if row[1] != "" {
			fmt.Fprintf(b, "%-9s %s\n", row[0], row[1])
		}
	}
}
