package register

import (
	"drawbridge"
	"drawbridge/internal/manifest"
)

// Bundle reads the manifest of a revision from the files that were kept. It asks
// no pack, which may have changed since; the revision was taken in by those of
// its day.
func (d *Desk) Bundle(rev *drawbridge.Revision) (*manifest.Bundle, error) {
	main, files, err := d.openBundle(rev.Bundle)
	if err != nil {
		return nil, err
	}
	return manifest.LoadFiles(main, files)
}
