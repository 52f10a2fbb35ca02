package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
)

// newDiff makes the command "diff".
func newDiff(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Compare two versions of an integration: what widens, what narrows",
		Long: `Compare two versions of an integration with their partner files. Each change is a
widening, a narrowing or neutral, by one table that the reference page prints.
An approval covers narrowings and neutral changes, and no widening.

With --gate the exit code is 3 when anything widens.`,
		Example: `  drawbridge diff approved/integration.yaml acme-payments/integration.yaml
  drawbridge diff --gate old.yaml new.yaml`,
		Args: cobra.ExactArgs(2),
	}
	gate := cmd.Flags().Bool("gate", false, "exit with 3 when anything widens")
	format := formatFlag(cmd, "text", "json")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		var bundles [2]*manifest.Bundle
		for i, name := range args {
			b, err := loadManifest(env, name)
			if err != nil {
				return env.shorten(err)
			}
			bundles[i] = b
		}
		changes := manifest.Diff(bundles[0], bundles[1])
		write := writeChanges
		if *format == "json" {
			write = func(w io.Writer, changes []manifest.Change) error {
				return writeChangesJSON(w, args[0], args[1], bundles, changes)
			}
		}
		if err := write(env.Stdout, changes); err != nil {
			return err
		}
		if *gate && manifest.Widens(changes) {
			return errNo
		}
		return nil
	}
	return cmd
}

// loadManifest reads a manifest with the workspace's categories.
func loadManifest(env *Env, name string) (*manifest.Bundle, error) {
	ws, err := policy.OpenWorkspace(filepath.Dir(env.path(name)))
	if err != nil {
		return nil, err
	}
	return manifest.Load(env.path(name), ws.ManifestOptions()...)
}

func writeChanges(w io.Writer, changes []manifest.Change) error {
	if len(changes) == 0 {
		_, err := fmt.Fprintln(w, "no difference")
		return err
	}
	count := map[manifest.ChangeKind]int{}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, kind := range []manifest.ChangeKind{manifest.Widening, manifest.Narrowing, manifest.Neutral} {
		for _, c := range changes {
			if c.Kind == kind {
				count[kind]++
				fmt.Fprintf(t, "%s\t%s\t%s -> %s\t%s\n", c.Kind, oneLine(c.Key), told(c.Old), told(c.New), c.Why)
			}
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d widening, %d narrowing, %d neutral\n", count[manifest.Widening], count[manifest.Narrowing], count[manifest.Neutral])
	return err
}

// told shows a value in a table.
func told(s string) string {
	if s == "" {
		return "(none)"
	}
	return oneLine(s)
}

// oneLine keeps text from a file from breaking a table or a terminal.
func oneLine(s string) string {
	out := []rune{}
	for _, r := range s {
		if len(out) == 60 {
			return string(out) + "..."
		}
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			r = ' '
		}
		out = append(out, r)
	}
	return string(out)
}

func writeChangesJSON(w io.Writer, oldName, newName string, bundles [2]*manifest.Bundle, changes []manifest.Change) error {
	side := func(name string, b *manifest.Bundle) (map[string]string, error) {
		digest, err := manifest.ContentDigest(b)
		if err != nil {
			return nil, err
		}
		view, err := manifest.Material(b)
		return map[string]string{"file": name, "digest": digest, "material": view.Digest()}, err
	}
	before, err := side(oldName, bundles[0])
	if err != nil {
		return err
	}
	after, err := side(newName, bundles[1])
	if err != nil {
		return err
	}
	if changes == nil {
		changes = []manifest.Change{}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(map[string]any{
		"schema_version": drawbridge.SchemaVersion, "old": before, "new": after,
		"widens": manifest.Widens(changes), "changes": changes,
	})
}
