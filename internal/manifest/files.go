package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"drawbridge"
)

// Limits of a manifest with everything that it refers to.
const (
	MaxFiles     = 200
	MaxFileBytes = maxSpecBytes
	MaxAllBytes  = 128 << 20
	MaxFileName  = 200 // bytes
)

// Files are a manifest and what it refers to, by their names below the
// manifest's folder: clean, separated by slashes.
type Files map[string][]byte

// Check refuses names that could leave the folder or fall together on some
// disk, and what is too much.
func (f Files) Check() error {
	if len(f) > MaxFiles {
		return drawbridge.Errorf(drawbridge.TooLarge, "%d files are sent; a manifest may have at most %d", len(f), MaxFiles)
	}
	total := 0
	folded := make(map[string]string, len(f))
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if len(name) > MaxFileName || !utf8.ValidString(name) || !isLocal(name) || !isName(name) || path.Clean(name) != name || hidden(name) {
			return drawbridge.Errorf(drawbridge.Invalid, "%q is no name of a file below the manifest's folder; write it like specs/openapi.yaml, with no dot at the beginning of a part and at most %d bytes", clip(name), MaxFileName)
		}
		fold := strings.ToLower(name)
		if other, ok := folded[fold]; ok {
			return drawbridge.Errorf(drawbridge.Invalid, "the files %q and %q are one on some disks; rename one of them", other, name)
		}
		folded[fold] = name
		if len(f[name]) > MaxFileBytes {
			return tooLarge(name, MaxFileBytes)
		}
		if total += len(f[name]); total > MaxAllBytes {
			return drawbridge.Errorf(drawbridge.TooLarge, "the files are larger than %s together, the most that is accepted", drawbridge.Size(MaxAllBytes))
		}
	}
	for fold, name := range folded {
		for up := path.Dir(fold); up != "."; up = path.Dir(up) {
			if _, ok := folded[up]; ok {
				return drawbridge.Errorf(drawbridge.Invalid, "%q cannot be a file and the folder of %q", folded[up], name)
			}
		}
	}
	return nil
}

// hidden reports a name that programs obey without being asked, such as
// .git/config: nobody should get one from a server.
func hidden(name string) bool {
	return strings.HasPrefix(name, ".") || strings.Contains(name, "/.")
}

// LoadFiles is [Load] over files in memory: nothing is written anywhere. A file
// that the manifest does not refer to is refused, since nobody would look at it.
func LoadFiles(main string, files Files, opts ...Option) (*Bundle, error) {
	if err := files.Check(); err != nil {
		return nil, err
	}
	if _, ok := files[main]; !ok || strings.Contains(main, "/") {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the manifest %q is not among the files, or not in their uppermost folder", clip(main))
	}
	m := memory{files: files, used: map[string]bool{}}
	l := &loader{folder: m, dir: ".", set: newSettings(opts), bundle: &Bundle{Path: main, Dir: ".", Inputs: map[string]string{}}}
	if err := l.manifest(main); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !m.used[name] {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "the manifest does not refer to the file %q; leave it out", name)
		}
	}
	return l.bundle, nil
}

// ReadFiles reads a manifest and every file that it refers to: what it extends,
// the partner's file, the specifications. main is the manifest's name among them.
// A manifest with problems gives them as [Load] does.
func ReadFiles(file string, opts ...Option) (main string, files Files, err error) {
	root, dir, main, err := openFolder(file)
	if err != nil {
		return "", nil, err
	}
	defer root.Close()
	r := &recorder{folder: disk{root}, files: Files{}, left: MaxAllBytes}
	l := &loader{folder: r, dir: dir, set: newSettings(opts), bundle: &Bundle{Path: file, Dir: filepath.Clean(dir), Inputs: map[string]string{}}}
	if err := l.manifest(main); err != nil {
		return "", nil, err
	}
	return main, r.files, r.files.Check()
}

// folder is where a manifest lies: on the disk or in memory. open opens a plain
// file by its name below the folder; errMissing when there is none.
type folder interface {
	open(name string) (io.ReadCloser, error)
}

var errMissing = errors.New("there is no such file")

// disk is a folder that nothing leads out of, not even a link.
type disk struct{ root *os.Root }

func (d disk) open(name string) (io.ReadCloser, error) {
	name = filepath.FromSlash(name)
	if err := readable(d.root.Stat(name)); err != nil {
		return nil, err
	}
	f, err := d.root.Open(name)
	if err != nil {
		return nil, plain(err)
	}
	return f, nil
}

type memory struct {
	files Files
	used  map[string]bool
}

func (m memory) open(name string) (io.ReadCloser, error) {
	data, ok := m.files[name]
	if !ok {
		return nil, errMissing
	}
	m.used[name] = true
	return io.NopCloser(bytes.NewReader(data)), nil
}

// recorder keeps what is read.
type recorder struct {
	folder folder
	files  Files
	left   int64 // bytes that may still be read
}

func (r *recorder) open(name string) (io.ReadCloser, error) {
	data, ok := r.files[name]
	if !ok {
		f, err := r.folder.open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		limit := min(r.left, MaxFileBytes)
		if data, err = io.ReadAll(io.LimitReader(f, limit+1)); err != nil {
			return nil, plain(err)
		}
		if int64(len(data)) > limit {
			return nil, fmt.Errorf("it is larger than %s, or all files together are larger than %s", drawbridge.Size(MaxFileBytes), drawbridge.Size(MaxAllBytes))
		}
		r.left -= int64(len(data))
		r.files[name] = data
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}
