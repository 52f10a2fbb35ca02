package policy

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/ledger"
	"drawbridge/internal/manifest"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/taxonomy"
	"drawbridge/internal/threat"
)

// WorkspaceFile is the name of the file that pins the packs.
const WorkspaceFile = "drawbridge.yaml"

// vendored is where packs lie, beside the workspace file.
const vendored = ".drawbridge/packs"

// The kinds of pack.
const (
	KindPolicy    = "policy"
	KindThreats   = "threats"
	KindTaxonomy  = "taxonomy"
	KindTransfers = "transfers"

	KindQuestionnaire = "questionnaire"
)

func packKinds() []string {
	return []string{KindPolicy, KindThreats, KindTaxonomy, KindTransfers, KindQuestionnaire}
}

// Limits of a workspace.
const (
	maxPacks  = 50
	maxUpward = 64
)

// Pin is one line of the workspace file: exactly this pack.
type Pin struct {
	Name    string `yaml:"name"`
	Kind    string `yaml:"kind"`
	Version string `yaml:"version"`
	Digest  string `yaml:"digest"`
}

// folder is where the pack lies, relative to the workspace file.
func (p Pin) folder() string { return vendored + "/" + p.Name + "@" + p.Version }

// String names the pack, name@version.
func (p Pin) String() string { return p.Name + "@" + p.Version }

// pins is drawbridge.yaml.
type pins struct {
	APIVersion   string   `yaml:"apiVersion"`
	Kind         string   `yaml:"kind"`
	Packs        []Pin    `yaml:"packs"`
	ApprovalKeys []string `yaml:"approval_keys"`
}

// Workspace is the set of packs that an assessment runs with.
type Workspace struct {
	File      string // path of drawbridge.yaml; empty when there is none
	Policy    *Pack
	Threats   *threat.Catalogue
	Taxonomy  *taxonomy.Taxonomy
	Transfers *taxonomy.Transfers

	packs     []PackRef
	own       []ownPack
	templates []*questionnaire.Template // the organisation's own
}

// Name returns the workspace file, or "builtin".
func (w *Workspace) Name() string {
	if w.File == "" {
		return "builtin"
	}
	return filepath.Base(w.File)
}

// Packs returns the packs that a verdict depends on, the built-in ones among
// them. What is asked is none of them: only the answers are.
func (w *Workspace) Packs() []PackRef {
	return slices.DeleteFunc(w.AllPacks(), func(p PackRef) bool { return p.Kind == KindQuestionnaire })
}

// AllPacks returns every pack in force, the built-in ones among them.
func (w *Workspace) AllPacks() []PackRef { return slices.Clone(w.packs) }

// ManifestOptions makes the manifest's parser know the workspace's categories.
func (w *Workspace) ManifestOptions() []manifest.Option {
	return []manifest.Option{manifest.WithCategories(func(id string) (bool, []string) {
		if _, ok := w.Taxonomy.Category(id); ok {
			return true, nil
		}
		return false, w.Taxonomy.Suggest(id)
	})}
}

// FindWorkspace looks for drawbridge.yaml in dir and above it, up to the root
// of the repository (a folder with .git in it) or of the file system. It
// returns "" when there is none.
func FindWorkspace(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", drawbridge.Errorf(drawbridge.Invalid, "%s is no folder that can be found: %w", dir, err)
	}
	for range maxUpward {
		file := filepath.Join(dir, WorkspaceFile)
		info, err := os.Stat(file)
		switch {
		case err == nil && info.Mode().IsRegular():
			return file, nil
		case err == nil:
			return "", drawbridge.Errorf(drawbridge.Invalid, "%s is no plain file; a workspace is one YAML file of that name", file)
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission):
			return "", drawbridge.Errorf(drawbridge.Invalid, "%s cannot be read: %w", file, err)
		}
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return "", nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", nil
		}
		dir = up
	}
	return "", nil
}

// OpenWorkspace finds the workspace of a folder and loads its packs. Each pack
// has to be exactly the one that the workspace file names: anything else is an
// error, never a fall back to the built-in pack. With no workspace file the
// built-in packs are used.
func OpenWorkspace(dir string) (*Workspace, error) {
	file, err := FindWorkspace(dir)
	if err != nil {
		return nil, err
	}
	if file == "" {
		return BuiltinWorkspace()
	}
	list, err := ReadPins(file)
	if err != nil {
		return nil, err
	}
	return openPins(file, list)
}

// BuiltinWorkspace loads the built-in packs alone.
func BuiltinWorkspace() (*Workspace, error) { return openPins("", nil) }

// ReadPins reads a workspace file.
func ReadPins(file string) ([]Pin, error) {
	w, err := readWorkspace(file)
	if err != nil {
		return nil, err
	}
	return w.Packs, nil
}

// ApprovalKeys returns the verifier keys by which the workspace of a folder
// trusts approvals; none when there is no workspace file.
func ApprovalKeys(dir string) ([]string, error) {
	file, err := FindWorkspace(dir)
	if err != nil || file == "" {
		return nil, err
	}
	w, err := readWorkspace(file)
	if err != nil {
		return nil, err
	}
	return w.ApprovalKeys, nil
}

func readWorkspace(file string) (*pins, error) {
	root, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "%s: the folder cannot be opened: %w", file, err)
	}
	defer root.Close()
	data, err := readFile(root.FS(), filepath.Base(file))
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.KindOf(err), "%s cannot be read: %w", file, err)
	}
	return parseWorkspace(file, data)
}

func parsePins(file string, data []byte) ([]Pin, error) {
	w, err := parseWorkspace(file, data)
	if err != nil {
		return nil, err
	}
	return w.Packs, nil
}

func parseWorkspace(file string, data []byte) (*pins, error) {
	w := &pins{}
	if err := decodeYAML(file, data, w); err != nil {
		return nil, err
	}
	bad := func(format string, args ...any) error {
		return drawbridge.Errorf(drawbridge.Invalid, file+": "+format, args...)
	}
	switch {
	case w.APIVersion != manifest.APIVersion:
		return nil, bad("apiVersion is %q; write %s", w.APIVersion, manifest.APIVersion)
	case w.Kind != "Workspace":
		return nil, bad("kind is %q; write Workspace", w.Kind)
	case len(w.Packs) > maxPacks:
		return nil, bad("%d packs are named; at most %d are accepted", len(w.Packs), maxPacks)
	}
	for i, key := range w.ApprovalKeys {
		if _, err := ledger.ParseKey(key); err != nil || i >= maxPacks {
			return nil, bad("approval_keys[%d] is no verifier key, or there are more than %d; write name+hash+key as drawbridge keys list prints it", i, maxPacks)
		}
	}
	seen := map[string]bool{}
	policies := 0
	for i, p := range w.Packs {
		if err := p.check(); err != nil {
			return nil, bad("packs[%d]: %s", i, err.Error())
		}
		if seen[p.Name] {
			return nil, bad("packs[%d]: %s stands twice", i, p.Name)
		}
		seen[p.Name] = true
		if p.Kind == KindPolicy {
			policies++
		}
	}
	if policies > 1 {
		return nil, bad("%d policy packs are named; one decides, so name one and let it extend the built-in one", policies)
	}
	return w, nil
}

func (p Pin) check() error {
	switch {
	case !validName(p.Name) || p.Name == "drawbridge":
		return drawbridge.Errorf(drawbridge.Invalid, "name %q must be lower-case letters, digits and hyphens, and not drawbridge", p.Name)
	case !slices.Contains(packKinds(), p.Kind):
		return drawbridge.Errorf(drawbridge.Invalid, "kind is %q; write %s", p.Kind, strings.Join(packKinds(), ", "))
	case !validVersion(p.Version):
		return drawbridge.Errorf(drawbridge.Invalid, "version %q must be three numbers, like 1.0.0", p.Version)
	case !validDigest(p.Digest):
		return drawbridge.Errorf(drawbridge.Invalid, "digest %q must be sha256: and 64 hexadecimal digits in lower case", p.Digest)
	}
	return nil
}

func validDigest(s string) bool {
	hex, ok := strings.CutPrefix(s, "sha256:")
	return ok && len(hex) == 64 && strings.Trim(hex, "0123456789abcdef") == ""
}

// ownPack is a pack of the organisation, as it was read.
type ownPack struct {
	pin    Pin
	files  memFS
	origin string
}

// openPins loads the packs that a workspace names, and the built-in ones.
func openPins(file string, list []Pin) (*Workspace, error) {
	own := make([]ownPack, len(list))
	for i, pin := range list {
		files, err := openVendored(filepath.Dir(file), pin)
		if err != nil {
			return nil, err
		}
		own[i] = ownPack{pin, files, pin.folder()}
	}
	return assemble(file, own)
}

func assemble(file string, own []ownPack) (*Workspace, error) {
	w := &Workspace{File: file, own: own}
	byKind := map[string][]memFS{}
	var refs []PackRef
	for _, p := range own {
		byKind[p.pin.Kind] = append(byKind[p.pin.Kind], p.files)
		refs = append(refs, PackRef{Name: p.pin.Name, Kind: p.pin.Kind, Version: p.pin.Version, Digest: p.pin.Digest, Origin: p.origin})
	}
	if err := w.load(byKind); err != nil {
		return nil, err
	}
	base, err := builtinRefs(w, byKind)
	if err != nil {
		return nil, err
	}
	w.packs = append(base, refs...)
	return w, nil
}

// With returns the workspace as it would be with a pack, which comes as a
// .tar.gz: in the place of the one of its name, and for a policy in the place of
// the policy. Its own cases are run; nothing is written.
func (w *Workspace) With(archive []byte) (*Workspace, error) {
	files, err := unpack(archive)
	if err != nil {
		return nil, err
	}
	pin, _, err := Check(files)
	if err != nil {
		return nil, err
	}
	next := ownPack{pin, files, "candidate"}
	own := slices.DeleteFunc(slices.Clone(w.own), func(p ownPack) bool {
		return p.pin.Name == pin.Name || pin.Kind == KindPolicy && p.pin.Kind == KindPolicy
	})
	if len(own) >= maxPacks {
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "a workspace has at most %d packs", maxPacks)
	}
	return assemble(w.File, append(own, next))
}

func (w *Workspace) load(byKind map[string][]memFS) error {
	var err error
	if w.Policy, err = BuiltinPack(); err != nil {
		return err
	}
	for _, files := range byKind[KindPolicy] {
		if w.Policy, err = LoadPack(files); err != nil {
			return err
		}
	}
	if w.Threats, err = threat.Builtin(); err != nil {
		return err
	}
	for _, files := range byKind[KindThreats] {
		own, err := loadThreats(files)
		if err != nil {
			return err
		}
		w.Threats = w.Threats.With(own)
	}
	w.Taxonomy, w.Transfers = taxonomy.Builtin(), taxonomy.BuiltinTransfers()
	if extra := contents(byKind[KindTaxonomy], "categories"); len(extra) > 0 {
		if w.Taxonomy, err = taxonomy.Load(extra...); err != nil {
			return err
		}
	}
	if extra := contents(byKind[KindTransfers], "transfers"); len(extra) > 0 {
		if w.Transfers, err = taxonomy.LoadTransfers(extra...); err != nil {
			return err
		}
	}
	for _, files := range byKind[KindQuestionnaire] {
		own, err := w.loadTemplates(files)
		if err != nil {
			return err
		}
		w.templates = append(w.templates, own...)
	}
	return nil
}

func loadThreats(files memFS) (*threat.Catalogue, error) {
	sub, err := fs.Sub(files, "rules")
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the pack has no folder rules: %w", err)
	}
	return threat.Load(sub)
}

// contents returns the YAML files of one folder of each pack, in order.
func contents(packs []memFS, folder string) [][]byte {
	var out [][]byte
	for _, files := range packs {
		for _, name := range sortedKeys(files) {
			if path.Dir(name) == folder && path.Ext(name) == ".yaml" {
				out = append(out, files[name])
			}
		}
	}
	return out
}
