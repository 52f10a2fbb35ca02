package custody

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/store"
)

// sweepBatch is how many files are removed under one lock of the writer.
const sweepBatch = 100

// Sweep removes files that no record names and that are older than an act can
// last. It holds the writer's lock meanwhile, and whoever names a file looks
// under the same lock whether it is still there: so no act ends with a name and
// without the file.
func (d *Desk) Sweep(ctx context.Context, actor access.Actor) (int64, error) {
	var orphans []string
	err := d.door.View(ctx, purging(actor, ""), func(tx *store.Tx) error {
		return d.orphans(ctx, tx, func(rel string) { orphans = append(orphans, rel) })
	})
	var n int64
	for err == nil && len(orphans) > 0 {
		some := orphans[:min(sweepBatch, len(orphans))]
		orphans = orphans[len(some):]
		err = d.door.Keep(ctx, func(tx *store.Tx) error {
			for _, rel := range some {
				gone, err := d.sweep(tx, rel)
				if err != nil {
					return err
				}
				n += gone
			}
			return nil
		})
	}
	return n, err
}

// sweep removes one file if it is still an old one that nothing names.
func (d *Desk) sweep(tx *store.Tx, rel string) (int64, error) {
	path := filepath.Join(d.door.Store().Blobs().Dir(), filepath.FromSlash(rel))
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil || d.door.Now().Sub(info.ModTime()) < young {
		return 0, err
	}
	id := "sha256:" + filepath.Base(path)
	if have, err := tx.Existing("blob", []string{id}); err != nil || have[id] {
		return 0, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, drawbridge.Errorf(drawbridge.Unavailable, "a file that is not needed any more cannot be removed: look at the rights of the folder blobs (%w)", err)
	}
	return 1, nil
}

// orphans finds files that no record names and that are older than an act can
// last. A crash between keeping a file and naming it leaves one.
func (d *Desk) orphans(ctx context.Context, tx *store.Tx, each func(rel string)) error {
	root := d.door.Store().Blobs().Dir()
	return filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it was removed meanwhile
		}
		if err != nil || e.IsDir() {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil || d.door.Now().Sub(info.ModTime()) < young {
			return nil //nolint:nilerr // it was removed meanwhile, or belongs to an act under way
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if !strings.HasPrefix(rel, "tmp"+string(filepath.Separator)) {
			id := "sha256:" + filepath.Base(path)
			have, err := tx.Existing("blob", []string{id})
			if err != nil || have[id] {
				return err
			}
		}
		each(filepath.ToSlash(rel))
		return nil
	})
}
