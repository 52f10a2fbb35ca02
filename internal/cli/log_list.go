package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"drawbridge/internal/client"
)

func newLogList(env *Env) *cobra.Command {
	var f client.LogFilter
	cmd := &cobra.Command{
		Use: "list", Short: "List entries of a server's log, newest first", Args: cobra.NoArgs,
		Long: `List asks a server for entries of its log. An actor is an identifier like per_…; an act is like
integration.push, or integration alone for all that is done to one; an object is a record like
integration/int_…. Days are those of UTC. An entry holds identifiers and digests; reasons and values
are in the export.`,
		Example: `  drawbridge log list --action review --since 2026-11-01
  drawbridge log list --object integration/int_06f1c8k3v5x7z9b1d3f5h7k9n1 --format json`,
	}
	cmd.Flags().StringVar(&f.Actor, "actor", "", "only of this one: per_..., tok_... or system:...")
	cmd.Flags().StringVar(&f.Action, "action", "", "only this act, or all of this noun")
	cmd.Flags().StringVar(&f.Object, "object", "", "only about this record: kind/identifier")
	cmd.Flags().StringVar((*string)(&f.Since), "since", "", "from this day on, like 2026-11-01")
	cmd.Flags().StringVar((*string)(&f.Until), "until", "", "up to this day")
	return listing[client.LogEntry]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (client.List[client.LogEntry], error) {
			f.Page = page
			return c.LogEntries(ctx, f)
		},
		head: "ENTRY TIME ACT OBJECT ACTOR VIA CHANGES", none: "no entry fits",
		row: func(e client.LogEntry) []string {
			return []string{fmt.Sprint(e.Seq), moment(e.At), e.Action, e.Object, e.Actor, e.Via, fmt.Sprint(len(e.Changes))}
		},
	}.on(env, cmd)
}
