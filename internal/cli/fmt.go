package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/manifest"
)

// newFmt makes the command "fmt".
func newFmt(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fmt FILE...",
		Short: "Lay out manifests and partner files, keeping their comments",
		Long: `Lay out manifests and partner files: keys in the order of the reference, two spaces a
level, comments where they were. What the file says never changes, and neither
does its digest. A file is replaced as a whole, or not at all.

With --check nothing is written: the files that would change are listed, and the
exit code is 3 when there are any.`,
		Example: `  drawbridge fmt acme-payments/integration.yaml
  drawbridge fmt --check */integration.yaml`,
		Args: cobra.MinimumNArgs(1),
	}
	check := cmd.Flags().Bool("check", false, "write nothing; list what would change")
	format := formatFlag(cmd, "text", "json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		changed := []string{}
		for _, name := range args {
			if err := cmd.Context().Err(); err != nil {
				return err
			}
			did, err := env.layOut(name, *check)
			if err != nil {
				return env.shorten(err)
			}
			if did {
				changed = append(changed, name)
			}
		}
		if err := tellChanged(env, changed, *format, *check); err != nil {
			return err
		}
		if *check && len(changed) > 0 {
			return errNo
		}
		return nil
	}
	return cmd
}

func tellChanged(env *Env, changed []string, format string, check bool) error {
	if format == "json" {
		return json.NewEncoder(env.Stdout).Encode(map[string]any{"schema_version": drawbridge.SchemaVersion, "changed": changed, "written": !check})
	}
	for _, name := range changed {
		if _, err := fmt.Fprintln(env.Stdout, name); err != nil {
			return err
		}
	}
	return nil
}

// layOut formats one file in place, through links and with its mode kept, and
// reports whether it differs from its layout.
func (e *Env) layOut(name string, check bool) (bool, error) {
	path := e.path(name)
	data, err := manifest.ReadFile(path)
	if err != nil {
		return false, err
	}
	out, err := manifest.Format(path, data)
	if err != nil || bytes.Equal(out, data) {
		return false, err
	}
	if check {
		return true, nil
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return false, drawbridge.Errorf(drawbridge.NotFound, "%s: %w", name, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return false, drawbridge.Errorf(drawbridge.NotFound, "%s: %w", name, err)
	}
	return true, replaceFile(path, out, info.Mode().Perm())
}
