package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/taxonomy"
	"drawbridge/internal/threat"
	"drawbridge/internal/yaml"
)

// Added says what [Add] did.
type Added struct {
	Pin     Pin
	Folder  string // where the pack lies now, relative to the workspace file
	Files   int
	Before  string // version that it takes the place of; empty when it is new
	Created bool   // the workspace file was made
	Same    bool   // it was there already, byte for byte
}

// Add checks the pack in source (a folder or a .tar.gz), runs its own cases,
// copies it beside the workspace file, and pins it there. Nothing changes when
// any of it fails: the copy is renamed into place, then the workspace file is.
func Add(file, source string) (Added, error) {
	files, err := readSource(source)
	if err != nil {
		return Added{}, err
	}
	pin, list, err := Check(files)
	if err != nil {
		return Added{}, err
	}
	out := Added{Pin: pin, Folder: pin.folder(), Files: len(list)}
	data, err := os.ReadFile(filepath.Clean(file))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		out.Created = true
		data = []byte("# The packs that assessments below this folder run with. Change it with drawbridge pack add.\napiVersion: " + manifest.APIVersion + "\nkind: Workspace\npacks:\n")
	case err != nil:
		return Added{}, drawbridge.Errorf(drawbridge.Invalid, "%s cannot be read: %w", file, err)
	}
	next, before, err := pinned(file, data, pin, out.Created)
	if err != nil {
		return Added{}, err
	}
	if before != nil {
		out.Before = before.Version
		out.Same = *before == pin
		if before.Version == pin.Version && !out.Same {
			return Added{}, drawbridge.Errorf(drawbridge.Conflict, "pack %s is pinned with other content; give the changed pack a new version in its pack.yaml", pin)
		}
	}
	if err := fits(file, pin, files, out.Created); err != nil {
		return Added{}, err
	}
	root, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return Added{}, drawbridge.Errorf(drawbridge.NotFound, "%s: the folder cannot be opened: %w", file, err)
	}
	defer root.Close()
	if err := install(root, pin, files, list); err != nil {
		return Added{}, err
	}
	if !bytes.Equal(next, data) || out.Created {
		if err := replace(root, filepath.Base(file), next); err != nil {
			return Added{}, err
		}
	}
	if before != nil && before.Version != pin.Version {
		_ = root.RemoveAll(before.folder()) // no longer named; left behind it does no harm
		_ = root.Remove(before.sumFile())
	}
	return out, nil
}

// Check loads a pack of any kind and runs its own cases.
func Check(fsys fs.FS) (Pin, []File, error) {
	files, list, err := readAll(fsys)
	if err != nil {
		return Pin{}, nil, err
	}
	head, err := readHead(files)
	if err != nil {
		return Pin{}, nil, err
	}
	if err := head.check(); err != nil {
		return Pin{}, nil, err
	}
	pin := Pin{Name: head.Name, Kind: head.Kind, Version: head.Version, Digest: digestOf(list)}
	if err := pin.check(); err != nil {
		return Pin{}, nil, err
	}
	return pin, list, tryPack(files, head.Kind)
}

// tryPack loads a pack by its kind; what has cases must pass them.
func tryPack(files memFS, kind string) error {
	switch kind {
	case KindPolicy:
		p, err := LoadPack(files)
		if err != nil {
			return err
		}
		report, err := p.Test()
		if err != nil {
			return err
		}
		if n := report.Failed; n > 0 {
			return drawbridge.Errorf(drawbridge.Invalid, "%s of the pack's own fail; run drawbridge policy test on it", plural(n, "case"))
		}
	case KindThreats:
		if _, err := loadThreats(files); err != nil {
			return err
		}
		rules, err := fs.Sub(files, "rules")
		if err != nil {
			return drawbridge.Errorf(drawbridge.Invalid, "the pack has no folder rules: %w", err)
		}
		report, err := threat.TestRules(rules)
		if err != nil {
			return err
		}
		if !report.OK() {
			return drawbridge.Errorf(drawbridge.Invalid, "%s of the pack's own rules fail; run drawbridge rules test on it", plural(max(1, report.Failed), "case"))
		}
	case KindTaxonomy:
		extra := contents([]memFS{files}, "categories")
		if len(extra) == 0 {
			return drawbridge.Errorf(drawbridge.Invalid, "the pack has no file categories/*.yaml")
		}
		_, err := taxonomy.Load(extra...)
		return err
	case KindTransfers:
		extra := contents([]memFS{files}, "transfers")
		if len(extra) == 0 {
			return drawbridge.Errorf(drawbridge.Invalid, "the pack has no file transfers/*.yaml")
		}
		_, err := taxonomy.LoadTransfers(extra...)
		return err
	case KindQuestionnaire: // what its questions name is held to the workspace, by fits
		_, err := questionnaire.LoadPack(files)
		return err
	}
	return nil
}

// install copies the pack into a folder of its own and renames it into place.
func install(root *os.Root, pin Pin, files memFS, list []File) error {
	temp := vendored + "/.adding-" + pin.Name
	if err := root.RemoveAll(temp); err != nil {
		return writeError(temp, err)
	}
	defer func() { _ = root.RemoveAll(temp) }() // what is left when a step below fails
	for _, f := range list {
		name := temp + "/" + f.Path
		if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
			return writeError(name, err)
		}
		if err := root.WriteFile(name, files[f.Path], 0o644); err != nil {
			return writeError(name, err)
		}
	}
	if err := root.RemoveAll(pin.folder()); err != nil {
		return writeError(pin.folder(), err)
	}
	if err := root.Rename(temp, pin.folder()); err != nil {
		return writeError(pin.folder(), err)
	}
	return replace(root, pin.sumFile(), listing(list))
}

func writeError(name string, err error) error {
	return drawbridge.Errorf(drawbridge.Unavailable, "%s cannot be written: %w", name, err)
}

// replace writes a file beside its place and renames it.
func replace(root *os.Root, name string, data []byte) error {
	temp := path.Join(path.Dir(name), ".new-"+path.Base(name))
	if err := root.WriteFile(temp, data, 0o644); err != nil {
		return writeError(name, err)
	}
	if err := root.Rename(temp, name); err != nil {
		_ = root.Remove(temp)
		return writeError(name, err)
	}
	return nil
}

// pinned returns the workspace file with one pack pinned; everything else in
// it, comments too, stays as it is. before is the pin that it replaces.
func pinned(file string, data []byte, pin Pin, created bool) (next []byte, before *Pin, err error) {
	var list []Pin
	if !created {
		if list, err = parsePins(file, data); err != nil {
			return nil, nil, err
		}
	}
	want := slices.Clone(list)
	i := slices.IndexFunc(list, func(p Pin) bool { return p.Name == pin.Name })
	if i >= 0 {
		before = &list[i]
		if before.Kind != pin.Kind {
			return nil, nil, drawbridge.Errorf(drawbridge.Conflict, "%s: %s is pinned as a pack of kind %s; name this one otherwise", file, pin.Name, before.Kind)
		}
		want[i] = pin
		next, err = rewritten(data, i, *before, pin)
	} else {
		want = append(want, pin)
		next, err = appended(data, pin)
	}
	if err != nil {
		return nil, nil, err
	}
	if got, err := parsePins(file, next); err != nil {
		return nil, nil, err
	} else if !slices.Equal(got, want) {
		return nil, nil, byHand(file, pin)
	}
	return next, before, nil
}

func byHand(file string, pin Pin) error {
	return drawbridge.Errorf(drawbridge.Invalid, "%s is laid out in a way that cannot be changed safely; write this line under packs yourself: %s", file, pin.line())
}

// line is the pin as the workspace file spells it.
func (p Pin) line() string {
	return fmt.Sprintf("- {name: %s, kind: %s, version: %s, digest: %q}", p.Name, p.Kind, p.Version, p.Digest)
}

// packsNode returns the tree and the list of packs, nil when it is absent.
func packsNode(data []byte) (*yaml.Tree, *yaml.Node, error) {
	tree, err := yaml.Parse(data, yaml.DefaultLimits())
	if err != nil {
		return nil, nil, drawbridge.Errorf(drawbridge.Invalid, "%s: %w", WorkspaceFile, err)
	}
	return tree, tree.Root.Get("packs"), nil
}

// rewritten replaces version and digest of the i-th pin where they stand.
func rewritten(data []byte, i int, old, pin Pin) ([]byte, error) {
	_, packs, err := packsNode(data)
	if err != nil {
		return nil, err
	}
	if packs == nil || i >= len(packs.Children) {
		return nil, byHand(WorkspaceFile, pin)
	}
	item := packs.Children[i]
	type edit struct {
		at       int
		old, new string
	}
	var edits []edit
	for _, e := range []struct{ key, old, new string }{{"version", old.Version, pin.Version}, {"digest", old.Digest, pin.Digest}} {
		n := item.Get(e.key)
		if n == nil {
			return nil, byHand(WorkspaceFile, pin)
		}
		at := bytes.Index(data[n.Off:], []byte(e.old))
		if at < 0 || at > 1 { // 1: the opening quote
			return nil, byHand(WorkspaceFile, pin)
		}
		edits = append(edits, edit{int(n.Off) + at, e.old, e.new})
	}
	slices.SortFunc(edits, func(a, b edit) int { return b.at - a.at })
	out := slices.Clone(data)
	for _, e := range edits {
		out = slices.Concat(out[:e.at], []byte(e.new), out[e.at+len(e.old):])
	}
	return out, nil
}

// appended adds a pin below the last one.
func appended(data []byte, pin Pin) ([]byte, error) {
	tree, packs, err := packsNode(data)
	if err != nil {
		return nil, err
	}
	text := string(data)
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	switch {
	case packs == nil:
		return []byte(text + "packs:\n" + pin.line() + "\n"), nil
	case len(packs.Children) == 0 && packs.Flow: // packs: []
		at := int(packs.Off)
		end := strings.IndexByte(text[at:], ']')
		if end < 0 {
			return nil, byHand(WorkspaceFile, pin)
		}
		return []byte(strings.TrimRight(text[:at], " ") + "\n" + pin.line() + text[at+end+1:]), nil
	case len(packs.Children) == 0: // packs: with nothing below
		return insertAfterKey(text, tree, pin)
	case packs.Flow:
		return nil, byHand(WorkspaceFile, pin)
	}
	_, column := tree.Position(packs.Children[0].Off)
	first := lineStart(text, int(packs.Children[0].Off))
	indent := text[first : first+len(text[first:])-len(strings.TrimLeft(text[first:], " "))]
	if column < len(indent)+1 {
		return nil, byHand(WorkspaceFile, pin)
	}
	last := packs.Children[len(packs.Children)-1]
	at := endOfBlock(text, int(last.Off), len(indent))
	return []byte(text[:at] + indent + pin.line() + "\n" + text[at:]), nil
}

func insertAfterKey(text string, tree *yaml.Tree, pin Pin) ([]byte, error) {
	for i := 0; i+1 < len(tree.Root.Children); i += 2 {
		if key := tree.Root.Children[i]; key.Value == "packs" {
			end := strings.IndexByte(text[key.Off:], '\n')
			if end < 0 {
				return nil, byHand(WorkspaceFile, pin)
			}
			at := int(key.Off) + end + 1
			return []byte(text[:at] + pin.line() + "\n" + text[at:]), nil
		}
	}
	return nil, byHand(WorkspaceFile, pin)
}

func lineStart(text string, off int) int { return strings.LastIndexByte(text[:off], '\n') + 1 }

// endOfBlock returns where the item that starts at off ends: at the first later
// line that is not indented deeper than its dash.
func endOfBlock(text string, off, indent int) int {
	at := off
	for {
		end := strings.IndexByte(text[at:], '\n')
		if end < 0 {
			return len(text)
		}
		at += end + 1
		rest := text[at:]
		trimmed := strings.TrimLeft(rest, " ")
		if rest == "" || len(rest)-len(trimmed) <= indent {
			return at
		}
	}
}
