package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge/internal/assess"
	"drawbridge/internal/manifest"
)

// assessment is the kind of document that assess prints.
const assessment = "Assessment"

// newSchema makes the command "schema".
func newSchema(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of manifests, partner files and assessments",
		Long: `Print the JSON Schema (2020-12) of the files that Drawbridge reads, for editors and
other tools, or of the document that "drawbridge assess --format json" prints.
"drawbridge validate" checks more than the schema can: references between objects,
addresses, dates, and the files that a manifest names.`,
		Example: `  drawbridge schema > manifest.schema.json
  drawbridge schema --kind Partner
  drawbridge schema --kind Assessment`,
		Args: cobra.NoArgs,
	}
	kind := cmd.Flags().String("kind", "", "only this kind of document: "+strings.Join(manifest.Kinds(), ", ")+", "+assessment+"; default the two that are read")
	formatFlag(cmd, "json")
	cmd.RunE = func(*cobra.Command, []string) error {
		if *kind == assessment {
			data, err := assess.Schema()
			if err != nil {
				return err
			}
			_, err = env.Stdout.Write(data)
			return err
		}
		data, err := manifest.Schema(*kind)
		if err != nil {
			return usageError{fmt.Errorf("--kind: %w, "+assessment, err)}
		}
		_, err = env.Stdout.Write(data)
		return err
	}
	return cmd
}
