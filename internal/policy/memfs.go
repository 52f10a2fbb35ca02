package policy

import (
	"bytes"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// memFS is a pack that was read into memory, so that what was checked is what
// is loaded. Its keys are clean slash paths; its values are never changed.
type memFS map[string][]byte

// Open opens a file or a folder.
func (m memFS) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if data, ok := m[name]; ok {
		return &memFile{info: memInfo{path.Base(name), int64(len(data)), false}, Reader: bytes.NewReader(data)}, nil
	}
	entries := m.list(name)
	if len(entries) == 0 && name != "." {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &memFile{info: memInfo{path.Base(name), 0, true}, Reader: bytes.NewReader(nil), entries: entries}, nil
}

// list returns what stands directly in a folder, sorted.
func (m memFS) list(folder string) []fs.DirEntry {
	prefix := folder + "/"
	if folder == "." {
		prefix = ""
	}
	seen := map[string]memInfo{}
	for name, data := range m {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		first, _, deeper := strings.Cut(rest, "/")
		if deeper {
			seen[first] = memInfo{first, 0, true}
		} else {
			seen[first] = memInfo{first, int64(len(data)), false}
		}
	}
	var out []fs.DirEntry
	for _, name := range sortedKeys(seen) {
		out = append(out, fs.FileInfoToDirEntry(seen[name]))
	}
	return out
}

type memFile struct {
	*bytes.Reader
	info    memInfo
	entries []fs.DirEntry
}

// Stat describes the file.
func (f *memFile) Stat() (fs.FileInfo, error) { return f.info, nil }

// Close does nothing.
func (f *memFile) Close() error { return nil }

// ReadDir lists the folder.
func (f *memFile) ReadDir(n int) ([]fs.DirEntry, error) {
	out := f.entries
	if n > 0 {
		if len(out) == 0 {
			return nil, io.EOF
		}
		out = out[:min(n, len(out))]
	}
	f.entries = f.entries[len(out):]
	return slices.Clone(out), nil
}

type memInfo struct {
	name string
	size int64
	dir  bool
}

// Name, Size, Mode, ModTime, IsDir and Sys describe a file without a date.
func (i memInfo) Name() string       { return i.name }
func (i memInfo) Size() int64        { return i.size }
func (i memInfo) ModTime() time.Time { return time.Time{} }
func (i memInfo) IsDir() bool        { return i.dir }
func (i memInfo) Sys() any           { return nil }
func (i memInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}

// readAll reads a pack into memory within its limits.
func readAll(fsys fs.FS) (memFS, []File, error) {
	files, err := Listing(fsys)
	if err != nil {
		return nil, nil, err
	}
	out := make(memFS, len(files))
	for _, f := range files {
		data, err := readFile(fsys, f.Path)
		if err != nil {
			return nil, nil, err
		}
		out[f.Path] = data
	}
	files, err = Listing(out) // of what is in memory now
	return out, files, err
}
