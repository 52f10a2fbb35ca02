package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

func newSearch(env *Env) *cobra.Command {
	var in client.Search
	cmd := &cobra.Command{
		Use: "search TEXT", Short: "Find things on the server by their names", Args: cobra.ExactArgs(1),
		Long: "Search finds integrations, partners, reviews, findings, risks, people and questionnaires among those that you may see. " +
			"Every word of TEXT must be in a name or a title; reviews and questionnaires are found by the name of their integration, findings by their rule. TEXT may also be an identifier.",
		Example: `  drawbridge search 'card payments'
  drawbridge search T017 --format json`,
	}
	cmd.Flags().IntVar(&in.Limit, "limit", 0, "most of each kind, up to 20; default 8")
	return question[client.List[drawbridge.Hit]]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.List[drawbridge.Hit], error) {
			in.Text = args[0]
			return c.Search(ctx, in)
		},
		tell: func(w io.Writer, got client.List[drawbridge.Hit]) error {
			if len(got.Items) == 0 {
				fmt.Fprintln(env.Stderr, "nothing that you may see has these words in its name")
				return nil
			}
			rows := make([][]string, len(got.Items))
			for i, h := range got.Items {
				rows[i] = []string{h.Kind, h.ID, h.Title, h.More, h.Name}
			}
			return writeTable(w, []string{"KIND", "ID", "TITLE", "MORE", "INTEGRATION"}, rows)
		},
	}.on(env, cmd)
}
