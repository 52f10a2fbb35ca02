package testkit

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"maps"
	"slices"
)

// Archive is a tar.gz of files.
func Archive(files map[string]string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		header := tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name])), Typeflag: tar.TypeReg}
		if err := w.WriteHeader(&header); err != nil {
			panic(err) // a buffer takes everything
		}
		if _, err := w.Write([]byte(files[name])); err != nil {
			panic(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Pack is the archive of a policy that changes nothing.
func Pack() []byte {
	return Archive(map[string]string{"pack.yaml": "name: ours\nkind: policy\nversion: 1.0.0\nextends: builtin\n"})
}
