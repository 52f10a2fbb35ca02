package cli

import (
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/taxonomy"
)

const mapLong = `Map draws what a manifest says: systems and interfaces in their trust boundaries, what data moves
between them at which level, the life of the data, its exposure, and what nobody has answered yet.

  table    aligned text that is Markdown too (the default)
  svg      a drawing of its own, light and dark, with text for screen readers
  mermaid  a flowchart for pages that draw Mermaid
  dot      a graph for Graphviz
  json     everything, exposures and gaps included

More than 100 elements are drawn by boundary, and the drawing says so; the other formats list all.`

const mapExample = `  drawbridge map acme-payments/integration.yaml
  drawbridge map --format svg --out map.svg acme-payments/integration.yaml`

func newMap(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "map FILE",
		Short:   "Draw the data map of an integration",
		Long:    mapLong,
		Example: mapExample,
		Args:    cobra.ExactArgs(1),
	}
	format := formatFlag(cmd, flow.Formats()...)
	out := cmd.Flags().String("out", "", "write to this file instead of stdout")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		src, err := loadMap(env, args[0])
		if err != nil {
			return err
		}
		return env.output(*out, func(w io.Writer) error { return src.m.Write(w, *format) })
	}
	return cmd
}

// mapped is a manifest with its map and the categories that were used.
type mapped struct {
	bundle   *manifest.Bundle
	m        *flow.Map
	taxonomy *taxonomy.Taxonomy
}

// loadMap reads a manifest and builds its map, with the workspace's categories.
func loadMap(env *Env, file string) (*mapped, error) {
	ws, err := mapWorkspace(filepath.Dir(env.path(file)))
	if err != nil {
		return nil, err
	}
	b, err := manifest.Load(env.path(file), ws.ManifestOptions()...)
	if err != nil {
		return nil, err
	}
	m, err := flow.Build(b, ws.Taxonomy)
	if err != nil {
		return nil, err
	}
	return &mapped{b, m, ws.Taxonomy}, nil
}

// mapWorkspace opens the workspace of a folder. A map needs no rules: without a
// workspace file they need not be loaded.
func mapWorkspace(dir string) (*policy.Workspace, error) {
	file, err := policy.FindWorkspace(dir)
	if err != nil {
		return nil, err
	}
	if file == "" {
		return &policy.Workspace{Taxonomy: taxonomy.Builtin()}, nil
	}
	return policy.OpenWorkspace(dir)
}
