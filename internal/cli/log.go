package cli

import (
	"github.com/spf13/cobra"
)

func newLog(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "log",
		Short: "List, export, prove and verify the record of who changed what",
		Long: `Every change that a server makes is an entry in its log, an append-only tree whose checkpoints it
signs. The log can be handed out as one file, and verified without the server.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newLogList(env), newLogExport(env), newLogVerify(env), newLogProve(env), newLogCheckpoint(env))
	return cmd
}
