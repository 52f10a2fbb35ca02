package questionnaire

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sync"

	"drawbridge"
	"drawbridge/internal/seal"
	"drawbridge/internal/yaml"
)

//go:embed set
var set embed.FS

// maxFile bounds one file of a template, in bytes.
const maxFile = 256 << 10

// Default is the name of the template that comes with the program.
const Default = "drawbridge"

// BuiltinFS returns the files of the templates that come with the program, laid
// out like a pack.
func BuiltinFS() fs.FS {
	sub, err := fs.Sub(set, "set")
	if err != nil {
		panic(err) // the folder is embedded; every test catches it
	}
	return sub
}

// Builtin returns the templates that come with the program.
func Builtin() ([]*Template, error) { return builtin() }

var builtin = sync.OnceValues(func() ([]*Template, error) { return LoadPack(BuiltinFS()) })

// LoadPack reads the templates of a pack: every templates/*.yaml.
func LoadPack(fsys fs.FS) ([]*Template, error) {
	names, err := fs.Glob(fsys, "templates/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list templates: %w", err)
	}
	if len(names) == 0 {
		return nil, bad("the pack has no file templates/*.yaml")
	}
	var out []*Template
	seen := map[string]string{}
	for _, name := range names {
		t, err := Load(fsys, name)
		if err != nil {
			return nil, err
		}
		if first, twice := seen[t.Name]; twice {
			return nil, bad("%s: a template %s stands in %s already", name, t.Name, first)
		}
		seen[t.Name] = name
		out = append(out, t)
	}
	return out, nil
}

// Load reads a template and the section files that it names, which lie beside
// or below it, and checks all of it.
func Load(fsys fs.FS, name string) (*Template, error) {
	t := &Template{}
	if err := readYAML(fsys, name, t); err != nil {
		return nil, err
	}
	if len(t.Sections) > MaxSections {
		return nil, bad("%s: %d sections; at most %d are accepted", name, len(t.Sections), MaxSections)
	}
	for i, s := range t.Sections {
		if s.File == "" {
			continue
		}
		if s.ID != "" || s.Title != "" || s.Audience != "" || len(s.Questions) > 0 {
			return nil, bad("%s: sections[%d]: a section that names a file says everything else there", name, i)
		}
		file := path.Join(path.Dir(name), s.File)
		if !fs.ValidPath(file) {
			return nil, bad("%s: sections[%d]: the file %.80q leaves the folder", name, i, s.File)
		}
		t.Sections[i] = Section{}
		if err := readYAML(fsys, file, &t.Sections[i]); err != nil {
			return nil, err
		}
		if t.Sections[i].File != "" {
			return nil, bad("%s: a section's file names no other file", file)
		}
	}
	if err := t.prepare(); err != nil {
		return nil, drawbridge.Errorf(drawbridge.KindOf(err), "%s: %w", name, err)
	}
	return t, nil
}

// readYAML reads one file strictly.
func readYAML(fsys fs.FS, name string, into any) error {
	data, err := readFile(fsys, name)
	if err != nil {
		return err
	}
	err = yaml.Strict(data, yaml.Limits{Bytes: maxFile, Depth: 12, Nodes: 100_000}, into)
	if e, ok := errors.AsType[*yaml.Error](err); ok {
		return bad("%s: %s", name, e.Error())
	}
	return err
}

func readFile(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, bad("the file %s is missing", name)
	case err != nil:
		return nil, bad("%s cannot be read: %w", name, err)
	case !info.Mode().IsRegular():
		return nil, bad("%s is no plain file", name)
	case info.Size() > maxFile:
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "%s has %d bytes; at most %d are accepted", name, info.Size(), maxFile)
	}
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, bad("%s cannot be read: %w", name, err)
	}
	return data, nil
}

// prepare fills in what a template leaves out, checks it, compiles its
// conditions and takes its digest.
func (t *Template) prepare() error {
	t.fill()
	if err := t.check(); err != nil {
		return err
	}
	var err error
	if t.logic, err = compile(t.Questions(), nil); err != nil {
		return err
	}
	if err := errors.Join(t.checkOrder(), t.decisive()); err != nil {
		return bad("%w", err)
	}
	data, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("digest the template: %w", err)
	}
	t.digest = seal.Digest(data)
	return nil
}

func (t *Template) fill() {
	for i := range t.Sections {
		s := &t.Sections[i]
		for j := range s.Questions {
			q := &s.Questions[j]
			q.Section = s.ID
			q.Audience = cmp.Or(q.Audience, s.Audience, "partner")
			q.Type = cmp.Or(q.Type, Bool)
			for k := range q.Options {
				q.Options[k].Label = cmp.Or(q.Options[k].Label, q.Options[k].Value)
			}
		}
	}
}
