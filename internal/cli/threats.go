package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/threat"
)

const threatsLong = `Threats reads a manifest, draws its map and says which threats stand on it: open, held by a
declared safeguard, accepted for a time, or waiting for an answer. Each one names the rule, the
attributes that it matched and where they come from, how its severity adds up, and what would
settle it. What nobody answered becomes a question that names the key to fill in.`

const threatsExample = `  drawbridge threats acme-payments/integration.yaml
  drawbridge threats --format sarif --out threats.sarif acme-payments/integration.yaml
  drawbridge threats --all --format json acme-payments/integration.yaml`

func newThreats(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "threats FILE",
		Short:   "List the threats to an integration, the questions and the tests",
		Long:    threatsLong,
		Example: threatsExample,
		Args:    cobra.ExactArgs(1),
	}
	format := formatFlag(cmd, "text", "json", "markdown", "sarif")
	all := cmd.Flags().Bool("all", false, "list the rules that do not apply too")
	out := cmd.Flags().String("out", "", "write to this file instead of stdout")
	asOf := cmd.Flags().String("as-of", "", "day or instant at which exceptions and dates are judged (default now)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		at, err := env.asOf(*asOf)
		if err != nil {
			return err
		}
		env.progress("reading %s", args[0])
		t, err := findThreats(cmd.Context(), env, args[0], threat.Options{AsOf: at, All: *all})
		env.progressDone()
		if err != nil {
			return err
		}
		return env.output(*out, func(w io.Writer) error {
			return t.tell(w, *format, threat.TextOptions{Colour: *out == "" && env.terminal(env.Stdout), Width: env.width()}, env.Version)
		})
	}
	return cmd
}

// found is the outcome of the rules on one manifest.
type found struct {
	file   string // as the person wrote it
	bundle *manifest.Bundle
	result *threat.Result
	asOf   drawbridge.Date
}

// findThreats runs the line from a file to its threats.
func findThreats(ctx context.Context, env *Env, file string, opt threat.Options) (*found, error) {
	ws, err := policy.OpenWorkspace(filepath.Dir(env.path(file)))
	if err != nil {
		return nil, err
	}
	b, err := manifest.Load(env.path(file), ws.ManifestOptions()...)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m, err := flow.Build(b, ws.Taxonomy)
	if err != nil {
		return nil, err
	}
	result, err := ws.Threats.Evaluate(b, m, flow.NewFacts(b, m, ws.Taxonomy, opt.AsOf), opt)
	if err != nil {
		return nil, err
	}
	return &found{file: filepath.ToSlash(file), bundle: b, result: result, asOf: drawbridge.DateOf(opt.AsOf)}, nil
}

// threatsDocument is what --format json prints.
type threatsDocument struct {
	SchemaVersion string          `json:"schema_version"`
	Integration   string          `json:"integration"`
	Environment   string          `json:"environment"`
	File          string          `json:"file"`
	AsOf          drawbridge.Date `json:"as_of"`
	*threat.Result
}

func (f *found) tell(w io.Writer, format string, opt threat.TextOptions, version string) error {
	in := f.bundle.Integration
	title := fmt.Sprintf("%s (%s), as of %s", in.ID, in.Environment, f.asOf)
	switch format {
	case "json":
		return writeJSON(w, threatsDocument{drawbridge.SchemaVersion, in.ID, in.Environment, f.file, f.asOf, f.result})
	case "markdown":
		return f.result.Markdown(w, "Threats to "+title)
	case "sarif":
		return writeJSON(w, threat.SARIF(f.result.Threats, threat.SARIFSource{Integration: in.ID, Version: version, Place: f.place}))
	default:
		opt.Title = "Threats to " + title
		return f.result.Text(w, opt)
	}
}

// place finds a key in the files as the person named them.
func (f *found) place(key string) (string, int, int) {
	file, line, col := f.bundle.Place(key)
	if filepath.IsAbs(file) {
		if rel, err := filepath.Rel(f.bundle.Dir, file); err == nil && !strings.HasPrefix(rel, "..") {
			file = rel
		}
	}
	if !filepath.IsAbs(file) && filepath.Base(file) == file || strings.HasPrefix(file, "partners") {
		file = filepath.Join(filepath.Dir(f.file), file)
	}
	return filepath.ToSlash(file), line, col
}

// writeJSON writes a result for machines, indented and without HTML escapes.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
