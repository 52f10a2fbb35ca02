package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"drawbridge/internal/client"
)

func newIntegrationTry(env *Env) *cobra.Command {
	var environment string
	var levers []string
	cmd := &cobra.Command{
		Use: "try ID", Short: "Try what would lower the risk, without changing anything", Args: cobra.ExactArgs(1),
		Long: `Try counts the risk of an integration again as if some of its levers had been pulled, each at the best that it can
honestly reach, and asks the gate. Nothing is kept. Without --lever it lists what can be tried. Threats that wait for an
answer which a lever gives count as answered; what is open stays open until a new assessment says otherwise.`,
		Example: "  drawbridge integration try acme-payments\n  drawbridge integration try acme-payments --lever 3f2a9c01de --lever 88b0c1d2e3",
	}
	environmentFlag(cmd, &environment)
	cmd.Flags().StringArrayVar(&levers, "lever", nil, "what to try, by its identifier; may be repeated")
	return question[client.Trial]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.Trial, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return client.Trial{}, err
			}
			return c.Try(ctx, client.Try{ByID: client.ByID{ID: string(id)}, Levers: levers})
		},
		tell: tellTried,
	}.on(env, cmd)
}

func tellTried(w io.Writer, t client.Trial) error {
	rows := make([][]string, len(t.Levers))
	for i, l := range t.Levers {
		mark := ""
		if l.Taken {
			mark = "x"
		}
		rows[i] = []string{mark, l.ID, fmt.Sprintf("%+.1f", l.Residual), l.Change}
	}
	if err := writeTable(w, []string{"TRIED", "LEVER", "RESIDUAL", "CHANGE"}, rows); err != nil {
		return err
	}
	figures := func(f client.TrialFigures) string {
		return fmt.Sprintf("tier %s, inherent %.1f, residual %.1f, %s", f.Tier, f.Inherent, f.Residual, f.Outcome)
	}
	if err := writeFields(w, "now", figures(t.Before), "then", figures(t.After)); err != nil {
		return err
	}
	for _, r := range t.After.Reasons {
		if _, err := fmt.Fprintf(w, "  %s: %s\n", r.Outcome, r.Text); err != nil {
			return err
		}
	}
	return nil
}
