package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/policy"
)

func newPolicyEdit(env *Env) *cobra.Command {
	var e policy.Edits
	var out string
	cmd := &cobra.Command{
		Use:   "edit",
		Short: "Make a new version of the policy in force with other figures",
		Long: `Edit writes a pack that is the policy in force with other weights, least figures, tiers or outcomes.
Everything else stays to the byte, and the pack's examples say what comes out now. Without --set it
lists the figures by their paths. Nothing takes effect: see what it would change with programme
impact, and add it with pack add.`,
		Example: `  drawbridge policy edit
  drawbridge policy edit --set rubric.factors.privacy_exposure.weight=50 --name ours --version 1.1.0 --out ours-1.1.0.tar.gz`,
		Args: cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	cmd.Flags().StringToStringVar(&e.Set, "set", nil, "a figure and what it becomes, PATH=VALUE; may be repeated")
	cmd.Flags().StringVar(&e.Name, "name", "", "of the pack; that of the policy in force when it is left out")
	cmd.Flags().StringVar(&e.Version, "version", "", "three numbers; the next small one when it is left out")
	cmd.Flags().StringVarP(&out, "out", "o", "", "file to write, a .tar.gz")
	cmd.RunE = func(*cobra.Command, []string) error {
		ws, err := policy.OpenWorkspace(env.Dir)
		if err != nil {
			return err
		}
		if len(e.Set) == 0 {
			return env.figures(ws, *format)
		}
		if out == "" {
			return usageError{errors.New("name the file to write with --out")}
		}
		archive, err := ws.Edited(e)
		if err != nil {
			return err
		}
		next, err := ws.With(archive)
		if err != nil {
			return err
		}
		if err := os.WriteFile(env.path(out), archive, 0o644); err != nil { //nolint:gosec // a pack is no secret
			return drawbridge.Errorf(drawbridge.Invalid, "cannot write %s: %w", out, cause(err))
		}
		if *format == "json" {
			return writeJSON(env.Stdout, map[string]any{"schema_version": drawbridge.SchemaVersion, "file": out, "name": next.Policy.Name, "version": next.Policy.Version, "digest": next.Policy.Digest})
		}
		_, err = fmt.Fprintf(env.Stdout, "%s: %s@%s, %s\n", out, next.Policy.Name, next.Policy.Version, next.Policy.Digest)
		return err
	}
	return cmd
}

// figures lists what of the policy in force can be edited.
func (e *Env) figures(ws *policy.Workspace, format string) error {
	list, err := ws.Figures()
	if err != nil {
		return err
	}
	if format == "json" {
		type figure struct {
			Path  string `json:"path"`
			Value string `json:"value"`
			Title string `json:"title"`
		}
		rows := make([]figure, len(list))
		for i, f := range list {
			rows[i] = figure{f.Path, f.Value, f.Title}
		}
		return writeJSON(e.Stdout, map[string]any{"schema_version": drawbridge.SchemaVersion, "figures": rows})
	}
	rows := make([][]string, len(list))
	for i, f := range list {
		rows[i] = []string{f.Path, f.Value, f.Title}
	}
	return writeTable(e.Stdout, []string{"PATH", "VALUE", "OF"}, rows)
}
