package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"drawbridge"
	"drawbridge/internal/yaml"
)

// Limits of what a manifest may refer to.
const (
	maxSpecBytes = 64 << 20
	maxExtends   = 8 // files in one chain
)

// Bundle is a manifest with everything that belongs to it.
type Bundle struct {
	Path        string // as given to [Load]
	Dir         string
	Integration *Integration      // what it extends is merged in
	Partner     *Partner          // nil when there is no file for it
	Inputs      map[string]string // every other file that was read, as written in the manifest -> sha256:...

	docs    []*Doc // the manifest, then what it extends, nearest first
	partner *Doc
}

// Load reads a manifest, the manifests that it extends, and the partner's file
// beside it, and digests the specifications. Nothing outside the manifest's
// folder is read, not even through a link.
func Load(file string, opts ...Option) (*Bundle, error) {
	root, dir, base, err := openFolder(file)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	l := &loader{folder: disk{root}, dir: dir, set: newSettings(opts), bundle: &Bundle{Path: file, Dir: filepath.Clean(dir), Inputs: map[string]string{}}}
	if err := l.manifest(base); err != nil {
		return nil, err
	}
	return l.bundle, nil
}

// openFolder opens the folder of a file.
func openFolder(file string) (root *os.Root, dir, base string, err error) {
	dir, base = filepath.Split(filepath.Clean(file))
	if dir == "" {
		dir = "."
	}
	if root, err = os.OpenRoot(dir); err != nil {
		return nil, "", "", drawbridge.Errorf(drawbridge.NotFound, "%s: the folder cannot be opened: %w", file, plain(err))
	}
	return root, dir, base, nil
}

type loader struct {
	folder   folder
	dir      string
	set      settings
	bundle   *Bundle
	problems Problems
}

func (l *loader) manifest(base string) error {
	b := l.bundle
	if err := l.chain(base); err != nil {
		return err
	}
	b.Integration = b.docs[0].Integration
	for _, doc := range b.docs[1:] {
		b.Integration = extend(doc.Integration, b.Integration)
	}
	l.problems = append(l.problems, l.check()...)
	if err := l.partner(); err != nil {
		return err
	}
	for i := range b.Integration.Interfaces {
		l.spec(&b.Integration.Interfaces[i])
	}
	return l.problems.err()
}

// chain reads the manifest and what it extends.
func (l *loader) chain(name string) error {
	b := l.bundle
	seen := map[string]bool{}
	for {
		shown := filepath.Join(l.dir, name)
		if name == filepath.Base(b.Path) && len(b.docs) == 0 {
			shown = b.Path
		}
		data, err := l.read(name, shown)
		if err != nil {
			if len(b.docs) > 0 {
				l.complain("extends", "write the name of a manifest in the same folder", "%v", err)
				return l.problems.err()
			}
			return err
		}
		doc, d, err := decode(shown, data, l.set)
		if err != nil {
			return err
		}
		if doc.Integration == nil {
			return invalid(shown, "this is a partner's file; an integration is expected here")
		}
		l.problems = append(l.problems, d.problems...)
		if len(b.docs) > 0 {
			b.Inputs[b.docs[len(b.docs)-1].Integration.Extends] = digest(data)
		}
		seen[path.Clean(name)] = true
		b.docs = append(b.docs, doc)
		next := doc.Integration.Extends
		if next == "" {
			return nil
		}
		name = path.Clean(next)
		switch {
		case strings.Contains(name, "/") || !filepath.IsLocal(name):
			l.complain("extends", "write the name of a manifest in the same folder", "%q is not in the same folder", next)
			return l.problems.err()
		case seen[name] || len(b.docs) >= maxExtends:
			l.complain("extends", "break the chain", "the manifests extend each other in a circle, or more than %d of them in a row", maxExtends)
			return l.problems.err()
		}
	}
}

// complain reports a problem at a key of the manifest that was read last.
func (l *loader) complain(key, hint, format string, args ...any) {
	doc := l.bundle.docs[len(l.bundle.docs)-1]
	l.problems = append(l.problems, doc.problem(key, hint, format, args...))
}

func (d *Doc) problem(key, hint, format string, args ...any) Problem {
	line, column := d.Position(key)
	return Problem{File: d.Name, Line: line, Column: column, Key: printable(key), Message: fmt.Sprintf(format, args...), Hint: hint}
}

// read reads a manifest or a partner's file from the folder.
func (l *loader) read(name, shown string) ([]byte, error) {
	f, err := l.folder.open(name)
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "%s: %w", shown, err)
	}
	defer f.Close()
	return readLimited(f, shown, int64(yaml.DefaultLimits().Bytes))
}

// ReadFile reads a file that may be a manifest, refusing one that is too large.
func ReadFile(name string) ([]byte, error) {
	if err := readable(os.Stat(name)); err != nil {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "%s: %w", name, err)
	}
	f, err := os.Open(name) //nolint:gosec // the person names the file
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "%s: %w", name, plain(err))
	}
	defer f.Close()
	return readLimited(f, name, int64(yaml.DefaultLimits().Bytes))
}

// readable refuses pipes and devices before they are opened: opening a pipe
// that nobody writes to waits for ever.
func readable(info fs.FileInfo, err error) error {
	switch {
	case err != nil:
		return plain(err)
	case info.IsDir():
		return errors.New("this is a folder; name the file in it")
	case !info.Mode().IsRegular():
		return errors.New("this is a pipe or a device; save what it holds to a file, and name that")
	}
	return nil
}

func readLimited(f io.Reader, shown string, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", shown, err)
	}
	if int64(len(data)) > limit {
		return nil, tooLarge(shown, limit)
	}
	return data, nil
}

func tooLarge(shown string, limit int64) error {
	return drawbridge.Errorf(drawbridge.TooLarge, "%s: the file is larger than %s, the most that is accepted", shown, drawbridge.Size(limit))
}

// plain keeps the cause of a file error and drops the path, which the message
// names already.
func plain(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		if errors.Is(e.Err, fs.ErrNotExist) {
			return errMissing
		}
		return e.Err
	}
	return err
}

// partner reads partners/<id>.yaml if there is one.
func (l *loader) partner() error {
	b := l.bundle
	id := b.Integration.Partner
	if id == "" || !slug.MatchString(id) {
		return nil
	}
	name := "partners/" + id + ".yaml"
	shown := filepath.Join(l.dir, name)
	data, err := l.read(name, shown)
	if errors.Is(err, errMissing) {
		return nil
	}
	if err != nil {
		return err
	}
	doc, d, err := decode(shown, data, l.set)
	if err != nil {
		return err
	}
	if doc.Partner == nil {
		return invalid(shown, "the kind is Integration; a file in partners/ must be of kind Partner")
	}
	b.partner, b.Partner = doc, doc.Partner
	b.Inputs[name] = digest(data)
	l.problems = append(l.problems, d.problems...)
	l.problems = append(l.problems, check(doc, l.set)...)
	if doc.Partner.ID != "" && doc.Partner.ID != id {
		l.problems = append(l.problems, doc.problem("id", "give both the same", "the id %q is not the file's name %q", doc.Partner.ID, id))
	}
	return nil
}

// spec digests an interface's specification.
func (l *loader) spec(i *Interface) {
	if i.Spec == "" {
		return
	}
	key := "interfaces[" + i.ID + "].spec"
	doc := l.bundle.owner(key)
	fail := func(format string, args ...any) {
		l.problems = append(l.problems, doc.problem(key, "name a file in the manifest's folder or below it", format, args...))
	}
	name := path.Clean(filepath.ToSlash(i.Spec))
	if !isLocal(i.Spec) {
		return // reported as a matter of form
	}
	f, err := l.folder.open(name)
	if err != nil {
		fail("%q cannot be read: %v", clip(i.Spec), err)
		return
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(f, maxSpecBytes+1))
	switch {
	case err != nil:
		fail("%q cannot be read: %v", clip(i.Spec), plain(err))
	case n > maxSpecBytes:
		fail("%q is larger than %s", clip(i.Spec), drawbridge.Size(maxSpecBytes))
	default:
		l.bundle.Inputs[i.Spec] = "sha256:" + hex.EncodeToString(h.Sum(nil))
	}
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// owner returns the file in which a key stands: the manifest, or the nearest of
// those that it extends.
func (b *Bundle) owner(key string) *Doc {
	for _, doc := range b.docs {
		if doc.Has(key) {
			return doc
		}
	}
	return b.docs[0]
}

// Position returns the line and the column of a key in the manifest's file, or
// of the nearest object around it. Keys of the partner, like partner.country,
// are found at the reference to it.
func (b *Bundle) Position(key string) (line, column int) {
	if len(b.docs) == 0 {
		return 1, 1
	}
	return b.docs[0].Position(key)
}

// Place returns the file, the line and the column of a key, be it in the
// manifest, in a manifest that it extends, or in the partner's file.
func (b *Bundle) Place(key string) (file string, line, column int) {
	if len(b.docs) == 0 {
		return b.Path, 1, 1
	}
	doc := b.owner(key)
	if rest, ok := strings.CutPrefix(key, "partner."); ok && b.partner != nil {
		doc, key = b.partner, rest
	}
	line, column = doc.Position(key)
	return doc.Name, line, column
}
