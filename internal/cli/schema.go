package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge/internal/manifest"
)

// newSchema makes the command "schema".
func newSchema(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of manifests and partner files",
		Long: `Print the JSON Schema (2020-12) of the files that Drawbridge reads, for editors and
other tools. "drawbridge validate" checks more: references between objects,
addresses, dates, and the files that a manifest names.`,
		Example: `  drawbridge schema > manifest.schema.json
  drawbridge schema --kind Partner`,
		Args: cobra.NoArgs,
	}
	kind := cmd.Flags().String("kind", "", "only this kind of document: "+strings.Join(manifest.Kinds(), ", ")+"; default both")
	formatFlag(cmd, "json")
	cmd.RunE = func(*cobra.Command, []string) error {
		data, err := manifest.Schema(*kind)
		if err != nil {
			return usageError{fmt.Errorf("--kind: %w", err)}
		}
		_, err = env.Stdout.Write(data)
		return err
	}
	return cmd
}
