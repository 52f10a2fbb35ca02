package cli

import (
	"encoding/json"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

func newVersion(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  drawbridge version --format json",
		Args:    cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	cmd.RunE = func(*cobra.Command, []string) error {
		if *format == "json" {
			return json.NewEncoder(env.Stdout).Encode(map[string]string{"version": env.Version, "go": runtime.Version()})
		}
		_, err := fmt.Fprintf(env.Stdout, "drawbridge %s (%s)\n", env.Version, runtime.Version())
		return err
	}
	return cmd
}
