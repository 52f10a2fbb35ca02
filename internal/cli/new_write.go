package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/spec"
)

// write makes the folder: everything in a temporary one beside it, checked by
// loading it, then renamed.
func (n *newcomer) write(ctx context.Context, draft *spec.Draft, api *spec.API, src source, files manifest.Files) error {
	made, err := draft.Files(api, src.Source)
	if err != nil {
		return err
	}
	maps.Copy(made, files)
	dir := n.env.path(n.out)
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil { //nolint:gosec // a folder of the person's own repository
		return n.unwritable(err)
	}
	temp, err := os.MkdirTemp(parent, "."+filepath.Base(dir)+".new-")
	if err != nil {
		return n.unwritable(err)
	}
	defer os.RemoveAll(temp) // gone already when all went well
	for name, data := range made {
		if err := writeOut(filepath.Join(temp, filepath.FromSlash(name)), data); err != nil {
			return n.unwritable(err)
		}
	}
	if err := n.selfCheck(temp); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.Chmod(temp, 0o755); err != nil { //nolint:gosec // MkdirTemp gives 0700, the files are no secret
		return n.unwritable(err)
	}
	if err := os.Rename(temp, dir); err != nil {
		return n.unwritable(err)
	}
	return nil
}

func writeOut(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // a folder of the person's own repository
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // meant to be read by the team
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

func (n *newcomer) unwritable(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		err = p.Err
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		err = l.Err
	}
	return drawbridge.Errorf(drawbridge.Unavailable, "%s cannot be written: %w; nothing is left behind", n.out, err)
}

// selfCheck loads what was written, as the next command will.
func (n *newcomer) selfCheck(temp string) error {
	_, err := manifest.Load(filepath.Join(temp, spec.ManifestName), manifest.WithCategories(func(id string) (bool, []string) {
		_, ok := n.taxonomy.Category(id)
		return ok, nil
	}))
	if err != nil {
		return fmt.Errorf("the drafted manifest is not valid, which is a mistake of this program: %w", err)
	}
	return nil
}
