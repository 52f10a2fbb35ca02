package register

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"

	"drawbridge"
	"drawbridge/internal/manifest"
)

// A revision's files are kept as one zip archive: a format that people can open
// with any tool, written one file at a time. The same files give the same bytes:
// the manifest first, the others by name, no times, and stored as they are, so
// that no version of a compressor has a say.

// maxBundle is the largest archive: the files, and what is written around them.
const maxBundle = manifest.MaxAllBytes + manifest.MaxFiles*(2*manifest.MaxFileName+512)

// writeBundle writes the archive.
func writeBundle(w io.Writer, main string, files manifest.Files) error {
	z := zip.NewWriter(w)
	names := slices.Sorted(maps.Keys(files))
	names = append([]string{main}, slices.DeleteFunc(names, func(n string) bool { return n == main })...)
	for _, name := range names {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			return fmt.Errorf("write the files of a revision: %w", err)
		}
		if _, err := f.Write(files[name]); err != nil {
			return fmt.Errorf("write the files of a revision: %w", err)
		}
	}
	return z.Close()
}

// bundleDigest is the digest that the archive will have.
func bundleDigest(main string, files manifest.Files) (string, error) {
	h := sha256.New()
	if err := writeBundle(h, main, files); err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}

// keepBundle keeps the archive as a file of the record.
func (d *Desk) keepBundle(main string, files manifest.Files) (digest string, size int64, err error) {
	r, w := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.CloseWithError(writeBundle(w, main, files)) // never an error
	}()
	digest, size, err = d.door.Store().Blobs().Put(r, maxBundle, d.door.Keys())
	_ = r.CloseWithError(io.ErrClosedPipe) // lets the writer go when Put stopped early
	<-done
	return digest, size, err
}

// openBundle reads the files of a revision.
func (d *Desk) openBundle(digest string) (main string, files manifest.Files, err error) {
	data, err := d.door.Store().Blobs().Read(digest, maxBundle, d.door.Keys())
	if err != nil {
		return "", nil, err
	}
	return readBundle(data)
}

// readBundle trusts the archive no more than an upload.
func readBundle(data []byte) (main string, files manifest.Files, err error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return "", nil, fmt.Errorf("read the files of a revision: %w", err)
	}
	if len(z.File) == 0 || len(z.File) > manifest.MaxFiles {
		return "", nil, drawbridge.Errorf(drawbridge.Invalid, "a revision has 1 to %d files, not %d", manifest.MaxFiles, len(z.File))
	}
	files = make(manifest.Files, len(z.File))
	for _, f := range z.File {
		if _, twice := files[f.Name]; twice || f.Method != zip.Store {
			return "", nil, drawbridge.Errorf(drawbridge.Invalid, "the file %q of a revision stands twice or is compressed", f.Name)
		}
		r, err := f.Open()
		if err != nil {
			return "", nil, fmt.Errorf("read the files of a revision: %w", err)
		}
		content, err := io.ReadAll(io.LimitReader(r, manifest.MaxFileBytes+1))
		if err != nil {
			return "", nil, fmt.Errorf("read the files of a revision: %w", err)
		}
		files[f.Name] = content
	}
	return z.File[0].Name, files, files.Check()
}
