package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/seal"
)

// A base says which revision the files of a folder were last the same as. It
// lies beside the manifest, in a file that git does not take: a base belongs to
// one copy of the files. Kept by the person instead, a pull into one copy would
// make a push from another overwrite what it never saw.

// base is one integration's base on one server.
type base struct {
	Server      string                   `json:"server"`
	Slug        string                   `json:"id"`
	Environment string                   `json:"environment"`
	Integration drawbridge.IntegrationID `json:"integration"`
	Revision    drawbridge.RevisionID    `json:"revision"`
	Number      int64                    `json:"number"`
	Content     string                   `json:"digest"` // content digest
	Files       map[string]string        `json:"files"`  // name to sha256:...
}

// bases is the file.
type bases struct {
	path string
	List []base `json:"bases"`
}

// maxBases bounds the file: in bytes, and in bases.
const (
	maxBasesBytes = 4 << 20
	maxBases      = 1000
)

// bases reads the bases of a folder.
func (e *Env) bases(dir string) (*bases, error) {
	b := &bases{path: filepath.Join(e.path(dir), ".drawbridge", "base.json")}
	if _, err := os.Stat(b.path); errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	data, err := e.readFile("the file of bases", b.path, maxBasesBytes)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, b); err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s is damaged; delete it, and pull before you push", b.path)
	}
	return b, nil
}

// of finds a base, or returns nil.
func (b *bases) of(server, slug, environment string) *base {
	i := slices.IndexFunc(b.List, func(x base) bool { return x.Server == server && x.Slug == slug && x.Environment == environment })
	if i < 0 {
		return nil
	}
	return &b.List[i]
}

// set keeps a base, and has git pass over the file.
func (b *bases) set(x base) error {
	if had := b.of(x.Server, x.Slug, x.Environment); had != nil {
		*had = x
	} else {
		b.List = append(b.List, x)
	}
	b.List = b.List[max(0, len(b.List)-maxBases):]
	dir := filepath.Dir(b.path)
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // it lies among the person's own files
		return drawbridge.Errorf(drawbridge.Unavailable, "the base cannot be kept in %s: %w", dir, cause(err))
	}
	ignore := filepath.Join(dir, ".gitignore")
	if _, err := os.Lstat(ignore); errors.Is(err, fs.ErrNotExist) {
		if err := replaceFile(ignore, []byte("/base.json\n/.gitignore\n"), 0o644); err != nil {
			return err
		}
	}
	var out bytes.Buffer
	if err := writeJSON(&out, b); err != nil {
		return fmt.Errorf("write the bases: %w", err)
	}
	return replaceFile(b.path, out.Bytes(), 0o644)
}

// baseOf is the base that files and a revision make.
func baseOf(server string, in drawbridge.Integration, r drawbridge.Revision, files manifest.Files) base {
	x := base{
		Server: server, Slug: in.Slug, Environment: in.Environment, Integration: in.ID,
		Revision: r.ID, Number: r.Number, Content: r.Content, Files: make(map[string]string, len(files)),
	}
	for name, data := range files {
		x.Files[name] = seal.Digest(data)
	}
	return x
}

// working is a manifest in a folder, ready to be sent.
type working struct {
	dir     string
	main    string
	files   manifest.Files
	bundle  *manifest.Bundle
	content string
	bases   *bases
}

// working reads a manifest with all that it refers to.
func (e *Env) working(file string) (*working, error) {
	ws, err := policy.OpenWorkspace(filepath.Dir(e.path(file)))
	if err != nil {
		return nil, err
	}
	b, err := manifest.Load(e.path(file), ws.ManifestOptions()...)
	if err != nil {
		return nil, err
	}
	l := &working{dir: filepath.Dir(e.path(file)), bundle: b}
	if l.content, err = manifest.ContentDigest(b); err != nil {
		return nil, err
	}
	if l.main, l.files, err = manifest.ReadFiles(e.path(file), ws.ManifestOptions()...); err != nil {
		return nil, err
	}
	l.bases, err = e.bases(l.dir)
	return l, err
}

// id and environment are the manifest's key.
func (l *working) id() string          { return l.bundle.Integration.ID }
func (l *working) environment() string { return l.bundle.Integration.Environment }
