package cli

import (
	"context"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

func newFinding(env *Env) *cobra.Command {
	return family("finding", "List what is wrong with the integrations on the server",
		"Findings are the open threats and failed checks of the latest assessment of each integration.", newFindingList(env))
}

func newFindingList(env *Env) *cobra.Command {
	var f client.FindingFilter
	var integration, environment string
	cmd := &cobra.Command{
		Use: "list", Short: "List findings, worst first", Args: cobra.NoArgs,
		Example: `  drawbridge finding list --severity high
  drawbridge finding list --integration acme-payments --environment production --format json`,
	}
	cmd.Flags().StringVar(&integration, "integration", "", "only of this one: the manifest's id, or int_...")
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar((*string)(&f.Severity), "severity", "", "this severity and what is worse: low, medium, high or critical")
	cmd.Flags().StringVar(&f.Source, "source", "", "only from here: threat or check")
	cmd.Flags().StringVar(&f.State, "state", "", "only in this state: open or accepted")
	return listing[drawbridge.Finding]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (out client.List[drawbridge.Finding], err error) {
			if f.Integration == "" && integration != "" {
				if f.Integration, err = integrationOf(ctx, c, integration, environment); err != nil {
					return out, err
				}
			}
			f.Page = page
			return c.Findings(ctx, f)
		},
		head: "SEVERITY STATE RULE ELEMENT TITLE INTEGRATION", none: "there is no such finding among the integrations that you may see",
		row: func(x drawbridge.Finding) []string {
			return []string{string(x.Severity), x.State, x.Rule, x.Element, x.Title, string(x.Integration)}
		},
	}.on(env, cmd)
}
