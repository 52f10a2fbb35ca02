package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/seal"
)

const pullLong = `Pull writes the files of a revision into a folder, and remembers the revision as the base of your
next push. ID is the manifest's id, or the integration's own (int_...). What you changed since the
last pull or push is never overwritten, unless --force says so.`

type pullFlags struct {
	*serverFlags
	environment, revision, out string
	force                      bool
}

// written is the answer of a pull.
type written struct {
	SchemaVersion string                 `json:"schema_version"`
	Server        string                 `json:"server"`
	Folder        string                 `json:"folder"`
	Manifest      string                 `json:"manifest"`
	Integration   drawbridge.Integration `json:"integration"`
	Revision      drawbridge.Revision    `json:"revision"`
	Written       []string               `json:"written"` // files that were not the same already
}

func newPull(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "pull ID",
		Short:   "Write the files of a revision into a folder",
		Long:    pullLong,
		Example: "  drawbridge pull acme-payments\n  drawbridge pull acme-payments --environment staging --out staging",
		Args:    cobra.ExactArgs(1),
	}
	format := formatFlag(cmd, "text", "json")
	f := pullFlags{serverFlags: serverFlagsOf(cmd)}
	cmd.Flags().StringVar(&f.environment, "environment", "", "environment of the integration; needed when the id has several")
	cmd.Flags().StringVar(&f.revision, "revision", "head", "identifier of the revision, or head")
	cmd.Flags().StringVar(&f.out, "out", "", "folder to write to; default a folder with the manifest's id")
	cmd.Flags().BoolVar(&f.force, "force", false, "overwrite what you changed")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		w, err := f.run(cmd.Context(), env, args[0])
		if err != nil {
			return err
		}
		if *format == "json" {
			return writeJSON(env.Stdout, w)
		}
		_, err = fmt.Fprintf(env.Stdout, "%s (%s): revision %d of %s is in %s; %d of its files were written\n",
			w.Integration.Slug, w.Integration.Environment, w.Revision.Number, w.Server, w.Folder, len(w.Written))
		return err
	}
	return cmd
}

func (f *pullFlags) run(ctx context.Context, env *Env, id string) (*written, error) {
	c, err := env.connect(f.serverFlags)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	in, err := integrationOf(ctx, c, id, f.environment)
	if err != nil {
		return nil, err
	}
	env.progress("pulling %s from %s", id, c.URL())
	defer env.progressDone()
	p, err := c.Pull(ctx, client.ByRevision{ByID: client.ByID{ID: string(in)}, Revision: f.revision})
	if err != nil {
		return nil, err
	}
	files := manifest.Files(p.Files)
	if err := mayPlace(files); err != nil {
		return nil, err
	}
	if f.out == "" && slug.MatchString(p.Integration.Slug) {
		f.out = p.Integration.Slug
	}
	if f.out == "" {
		return nil, usageError{errors.New("name a folder with --out")}
	}
	list, err := env.bases(f.out)
	if err != nil {
		return nil, err
	}
	w := &written{
		SchemaVersion: drawbridge.SchemaVersion, Server: c.URL(), Folder: f.out, Manifest: filepath.ToSlash(filepath.Join(f.out, p.Main)),
		Integration: p.Integration, Revision: p.Revision,
	}
	had := list.of(c.URL(), p.Integration.Slug, p.Integration.Environment)
	if w.Written, err = f.write(env.path(f.out), files, had); err != nil {
		return nil, err
	}
	return w, list.set(baseOf(c.URL(), p.Integration, p.Revision, files))
}

// slug is the form of a manifest's id, so that a server names no folder that
// programs obey, such as .ssh.
var slug = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// mayPlace holds the files of a server to what belongs to a manifest: it is no
// more trusted than a download. A workspace would decide how files are judged here.
func mayPlace(files manifest.Files) error {
	for name := range files {
		if strings.EqualFold(path.Base(name), policy.WorkspaceFile) {
			return drawbridge.Errorf(drawbridge.Denied, "the server sends %q, which would change how you judge; nothing was written", name)
		}
	}
	return files.Check()
}

// write puts files into a folder, all of them or none that would lose a change.
func (f *pullFlags) write(dir string, files manifest.Files, had *base) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // it holds the person's own files
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the folder %s cannot be made: %w", dir, cause(err))
	}
	root, err := os.OpenRoot(dir) // a link in the folder leads nowhere
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the folder %s cannot be opened: %w", dir, cause(err))
	}
	defer root.Close()
	var todo, changed []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		data, err := root.ReadFile(filepath.FromSlash(name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			todo = append(todo, name)
		case err != nil:
			return nil, drawbridge.Errorf(drawbridge.Invalid, "%s cannot be read: %w", path.Join(filepath.ToSlash(dir), name), cause(err))
		case seal.Digest(data) == seal.Digest(files[name]):
		case f.force || had != nil && had.Files[name] == seal.Digest(data):
			todo = append(todo, name)
		default:
			changed = append(changed, name)
		}
	}
	if len(changed) > 0 {
		return nil, drawbridge.Errorf(drawbridge.Conflict, "you changed %s since the last pull or push: push it, pull into another folder with --out, or overwrite it with --force", strings.Join(changed, ", "))
	}
	for _, name := range todo {
		if err := place(root, filepath.FromSlash(name), files[name]); err != nil {
			return nil, drawbridge.Errorf(drawbridge.Unavailable, "%s cannot be written: %w", name, cause(err))
		}
	}
	return append([]string{}, todo...), nil
}

// place writes a file as a whole: what stood there stays until it is done.
func place(root *os.Root, name string, data []byte) error {
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	temp := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".pull")
	if err := root.WriteFile(temp, data, 0o644); err != nil {
		return cmp.Or(err, root.Remove(temp))
	}
	return root.Rename(temp, name)
}
