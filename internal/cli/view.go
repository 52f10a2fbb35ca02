package cli

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge/internal/client"
)

func newView(env *Env) *cobra.Command {
	return family("view", "Keep the filters of lists under names",
		"View holds saved views: the filters of a list on the pages, kept under a name for yourself or for everybody.",
		newViewList(env), newViewSave(env), newViewDelete(env), newViewRestore(env))
}

func newViewList(env *Env) *cobra.Command {
	var f client.ViewFilter
	cmd := &cobra.Command{
		Use: "list", Short: "List saved views: yours, and those that are shared", Args: cobra.NoArgs,
		Example: "  drawbridge view list\n  drawbridge view list --list integrations --format json",
	}
	cmd.Flags().StringVar(&f.List, "list", "", "only those of one list: integrations, findings, reviews or questionnaires")
	return question[client.Views]{
		ask: func(ctx context.Context, c *client.Client, _ []string) (client.Views, error) { return c.Views(ctx, f) },
		tell: func(w io.Writer, v client.Views) error {
			if len(v.Items) == 0 {
				_, err := io.WriteString(w, "there is no saved view\n")
				return err
			}
			var rows [][]string
			for _, x := range v.Items {
				rows = append(rows, []string{x.ID, x.List, x.Name, sharing(x), x.Query})
			}
			return writeTable(w, strings.Fields("ID LIST NAME FOR QUERY"), rows)
		},
	}.on(env, cmd)
}

func sharing(v client.SavedView) string {
	if v.Shared {
		return "everybody"
	}
	return "you"
}

func tellView(w io.Writer, v client.SavedView) error {
	return writeFields(w, "id", v.ID, "list", v.List, "name", v.Name, "for", sharing(v), "query", v.Query)
}

func newViewSave(env *Env) *cobra.Command {
	var in client.SaveView
	cmd := &cobra.Command{
		Use: "save LIST NAME QUERY", Short: "Save the filters of a list under a name", Args: cobra.ExactArgs(3),
		Long: `Save keeps the filters of a list under a name. QUERY is what stands in the address of the list's page behind the question
mark. A view of yours of the same name is saved anew; --id changes another one.`,
		Example: "  drawbridge view save integrations \"Live and critical\" \"state=live&tier=critical\" --shared",
	}
	cmd.Flags().BoolVar(&in.Shared, "shared", false, "with everybody in the organisation")
	cmd.Flags().StringVar(&in.ID, "id", "", "the view to change")
	return question[client.SavedView]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.SavedView, error) {
			in.List, in.Name, in.Query = args[0], args[1], args[2]
			return c.SaveView(ctx, in)
		},
		tell: tellView,
	}.on(env, cmd)
}

func newViewDelete(env *Env) *cobra.Command {
	return question[client.SavedView]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.SavedView, error) {
			return c.DropView(ctx, args[0])
		},
		tell: tellView,
	}.on(env, &cobra.Command{
		Use: "delete ID", Short: "Delete a saved view; it can be restored for thirty days", Args: cobra.ExactArgs(1),
		Example: "  drawbridge view delete viw_06f1c8k3v5x7z9b1d3f5h7k9n1",
	})
}

func newViewRestore(env *Env) *cobra.Command {
	return question[client.SavedView]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.SavedView, error) {
			return c.RestoreView(ctx, args[0])
		},
		tell: tellView,
	}.on(env, &cobra.Command{
		Use: "restore ID", Short: "Bring back a saved view that was deleted", Args: cobra.ExactArgs(1),
		Example: "  drawbridge view restore viw_06f1c8k3v5x7z9b1d3f5h7k9n1",
	})
}
