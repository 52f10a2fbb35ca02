package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/policy"
)

func newPack(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pack",
		Short: "Pin packs of policy, threats, data, transfers and questionnaires",
		Long: `A workspace is the file drawbridge.yaml beside or above the manifests. It names the packs that
assessments below it run with, each by name, version and SHA-256; copies lie under .drawbridge/.
A pack that is not exactly the one named stops every command, so that nobody is judged by rules
that nobody chose.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPackAdd(env), newPackList(env), newPackVerify(env))
	return cmd
}

func newPackAdd(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "add DIR|FILE",
		Short: "Check a pack, copy it into the workspace and pin it",
		Long: `Add reads a pack from a folder or a .tar.gz, checks it, runs its own examples, copies it under
.drawbridge/packs beside the workspace file, and writes its version and digest there. Comments and
order of the workspace file stay. With no workspace file above this folder one is made here.`,
		Example: "  drawbridge pack add ./our-policy\n  drawbridge pack add our-policy-1.1.0.tar.gz --workspace ../drawbridge.yaml",
		Args:    cobra.ExactArgs(1),
	}
	format := formatFlag(cmd, "text", "json")
	named := cmd.Flags().String("workspace", "", "workspace file (default: the one in force here, or a new one here)")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		file, err := env.workspaceFile(*named)
		if err != nil {
			return err
		}
		env.progress("checking %s", args[0])
		added, err := policy.Add(file, env.path(args[0]))
		env.progressDone()
		if err != nil {
			return err
		}
		if *format == "json" {
			return writeJSON(env.Stdout, map[string]any{
				"schema_version": drawbridge.SchemaVersion, "workspace": env.shown(file), "name": added.Pin.Name, "kind": added.Pin.Kind,
				"version": added.Pin.Version, "digest": added.Pin.Digest, "folder": added.Folder, "files": added.Files,
				"replaces": added.Before, "unchanged": added.Same,
			})
		}
		var b strings.Builder
		switch {
		case added.Same:
			fmt.Fprintf(&b, "%s is pinned already.\n", added.Pin)
		case added.Before != "":
			fmt.Fprintf(&b, "%s takes the place of version %s.\n", added.Pin, added.Before)
		default:
			fmt.Fprintf(&b, "%s (%s, files: %d) is pinned.\n", added.Pin, added.Pin.Kind, added.Files)
		}
		fmt.Fprintf(&b, "%s\n%s\n", added.Pin.Digest, env.shown(filepath.Join(filepath.Dir(file), filepath.FromSlash(added.Folder))))
		_, err = io.WriteString(env.Stdout, b.String())
		return err
	}
	return cmd
}

func newPackList(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the packs in force, the built-in ones among them",
		Example: "  drawbridge pack list --format json",
		Args:    cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	cmd.RunE = func(*cobra.Command, []string) error {
		ws, err := policy.OpenWorkspace(env.Dir)
		if err != nil {
			return err
		}
		if *format == "json" {
			return writeJSON(env.Stdout, map[string]any{"schema_version": drawbridge.SchemaVersion, "workspace": ws.Name(), "packs": ws.AllPacks()})
		}
		var b strings.Builder
		fmt.Fprintf(&b, "workspace: %s\n", ws.Name())
		for _, p := range ws.AllPacks() {
			fmt.Fprintf(&b, "%-13s %-24s %s  %s\n", p.Kind, p.Name+"@"+p.Version, p.Digest, p.Origin)
		}
		_, err = io.WriteString(env.Stdout, b.String())
		return err
	}
	return cmd
}

func newPackVerify(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Compare the copies of packs with what the workspace pins",
		Long: `Verify reads every pack under .drawbridge/packs and compares it with its digest in the workspace
file. It names each file that was changed, added or is missing, and exits 3 when there is one.`,
		Example: "  drawbridge pack verify",
		Args:    cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	named := cmd.Flags().String("workspace", "", "workspace file (default: the one in force here)")
	cmd.RunE = func(*cobra.Command, []string) error {
		file, err := env.workspaceFile(*named)
		if err != nil {
			return err
		}
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) && *named == "" {
			file = ""
		}
		pins, differences := []policy.Pin{}, []policy.Difference{}
		if file != "" {
			if pins, differences, err = policy.Verify(file); err != nil {
				return err
			}
		}
		if *format == "json" {
			err = writeJSON(env.Stdout, map[string]any{"schema_version": drawbridge.SchemaVersion, "packs": len(pins), "differences": differences})
		} else {
			_, err = io.WriteString(env.Stdout, tellVerify(file, pins, differences))
		}
		if err == nil && len(differences) > 0 {
			return errNo
		}
		return err
	}
	return cmd
}

func tellVerify(file string, pins []policy.Pin, differences []policy.Difference) string {
	var b strings.Builder
	if file == "" {
		return "no workspace file here: the built-in packs are used, and nothing can differ\n"
	}
	differs := map[string]bool{}
	for _, d := range differences {
		differs[d.Pack] = true
		fmt.Fprintf(&b, "%s: %s is %s\n", d.Pack, d.Path, d.What)
	}
	for _, p := range pins {
		if !differs[p.String()] {
			fmt.Fprintf(&b, "%s: as pinned\n", p)
		}
	}
	fmt.Fprintf(&b, "packs: %d, differences: %d\n", len(pins), len(differences))
	return b.String()
}

// shown is a path as a person in this folder writes it.
func (e *Env) shown(path string) string {
	if rel, err := filepath.Rel(e.Dir, path); err == nil {
		return filepath.ToSlash(rel)
	}
	return filepath.ToSlash(path)
}
