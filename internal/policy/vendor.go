package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"drawbridge"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/seal"
	"drawbridge/internal/taxonomy"
	"drawbridge/internal/threat"
)

// sumFile is the listing that was pinned, beside the pack's folder. Its digest
// is the pin's; with it a difference has a name.
func (p Pin) sumFile() string { return p.folder() + ".sum" }

// Difference is a file that is not what the workspace file pins.
type Difference struct {
	Pack string `json:"pack"`
	Path string `json:"path"`
	What string `json:"what"` // changed, missing, added, unreadable
}

// openVendored reads a pinned pack into memory and holds it to its digest.
func openVendored(base string, pin Pin) (memFS, error) {
	root, err := os.OpenRoot(base)
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "%s: the folder cannot be opened: %w", base, err)
	}
	defer root.Close()
	sub, err := root.OpenRoot(filepath.FromSlash(pin.folder()))
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "pack %s: the folder %s is missing; run drawbridge pack add with the pack's folder or archive", pin, pin.folder())
	}
	defer sub.Close()
	files, list, err := readAll(sub.FS())
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.KindOf(err), "pack %s: %w", pin, err)
	}
	if digestOf(list) != pin.Digest {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "pack %s is not what the workspace file pins: %s; restore it, or add the changed pack under a new version", pin, describe(compare(root, pin, list)))
	}
	if err := matches(files, pin); err != nil {
		return nil, err
	}
	return files, nil
}

// matches holds pack.yaml to the pin.
func matches(files memFS, pin Pin) error {
	head, err := readHead(files)
	if err != nil {
		return drawbridge.Errorf(drawbridge.KindOf(err), "pack %s: %w", pin, err)
	}
	if head.Name != pin.Name || head.Version != pin.Version || head.Kind != pin.Kind {
		return drawbridge.Errorf(drawbridge.Invalid, "pack %s (%s): its pack.yaml says %s@%s (%s)", pin, pin.Kind, head.Name, head.Version, head.Kind)
	}
	return nil
}

// readHead reads pack.yaml of any kind of pack.
func readHead(fsys fs.FS) (packFile, error) {
	var head packFile
	return head, readYAML(fsys, "pack.yaml", &head)
}

// compare names the files that differ from the listing that was pinned.
func compare(root *os.Root, pin Pin, now []File) []Difference {
	data, err := readFile(root.FS(), pin.sumFile())
	if err != nil || seal.Digest(data) != pin.Digest {
		return []Difference{{pin.String(), pin.sumFile(), "unreadable"}}
	}
	want, err := parseSum(string(data))
	if err != nil {
		return []Difference{{pin.String(), pin.sumFile(), "unreadable"}}
	}
	have := map[string]File{}
	for _, f := range now {
		have[f.Path] = f
	}
	var out []Difference
	for _, f := range want {
		switch g, ok := have[f.Path]; {
		case !ok:
			out = append(out, Difference{pin.String(), f.Path, "missing"})
		case g != f:
			out = append(out, Difference{pin.String(), f.Path, "changed"})
		}
		delete(have, f.Path)
	}
	for _, name := range sortedKeys(have) {
		out = append(out, Difference{pin.String(), name, "added"})
	}
	return out
}

// parseSum reads a listing.
func parseSum(s string) ([]File, error) {
	var out []File
	for line := range strings.Lines(s) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 3)
		if len(parts) != 3 {
			return nil, errors.New("a line of the listing has not three parts")
		}
		size, err := strconv.ParseInt(parts[1], 10, 64)
		if err != nil || cleanName(parts[2]) != nil {
			return nil, errors.New("a line of the listing cannot be read")
		}
		out = append(out, File{Path: parts[2], Size: size, Digest: "sha256:" + parts[0]})
	}
	return out, nil
}

func describe(list []Difference) string {
	var words []string
	for _, d := range list {
		if d.What == "unreadable" {
			return "its files have another digest, and the listing " + d.Path + " is missing or changed, so the file cannot be named"
		}
		words = append(words, d.Path+" is "+d.What)
	}
	return some(words)
}

// Verify compares every pack of a workspace file with its pin and names what
// differs. An empty list means that all is as pinned.
func Verify(file string) ([]Pin, []Difference, error) {
	list, err := ReadPins(file)
	if err != nil {
		return nil, nil, err
	}
	base := filepath.Dir(file)
	root, err := os.OpenRoot(base)
	if err != nil {
		return nil, nil, drawbridge.Errorf(drawbridge.NotFound, "%s: the folder cannot be opened: %w", base, err)
	}
	defer root.Close()
	out := []Difference{}
	for _, pin := range list {
		out = append(out, verifyOne(root, pin)...)
	}
	return list, out, nil
}

func verifyOne(root *os.Root, pin Pin) []Difference {
	sub, err := root.OpenRoot(filepath.FromSlash(pin.folder()))
	if err != nil {
		return []Difference{{pin.String(), pin.folder(), "missing"}}
	}
	defer sub.Close()
	files, list, err := readAll(sub.FS())
	if err != nil {
		return []Difference{{pin.String(), pin.folder() + ": " + err.Error(), "unreadable"}}
	}
	if digestOf(list) != pin.Digest {
		return compare(root, pin, list)
	}
	if matches(files, pin) != nil {
		return []Difference{{pin.String(), "pack.yaml", "changed"}}
	}
	return nil
}

// builtinRefs names the built-in packs that take part beside the pinned ones:
// each kind has one, which the organisation's own packs extend. A policy pack
// that does not extend it takes its place.
func builtinRefs(w *Workspace, byKind map[string][]memFS) ([]PackRef, error) {
	p, err := BuiltinPack()
	if err != nil {
		return nil, err
	}
	rules, err := DigestFS(threat.BuiltinFS())
	if err != nil {
		return nil, fmt.Errorf("built-in threat rules: %w", err)
	}
	questions, err := DigestFS(questionnaire.BuiltinFS())
	if err != nil {
		return nil, fmt.Errorf("built-in questionnaire: %w", err)
	}
	ref := func(kind, version, digest string) PackRef {
		return PackRef{Name: "drawbridge", Kind: kind, Version: version, Digest: digest, Origin: "builtin"}
	}
	var out []PackRef
	if len(byKind[KindPolicy]) == 0 || w.Policy.extends {
		out = append(out, ref(KindPolicy, p.Version, p.Digest))
	}
	return append(out,
		ref(KindThreats, p.Version, rules),
		ref(KindTaxonomy, p.Version, taxonomy.Builtin().Digest()),
		ref(KindTransfers, p.Version, taxonomy.BuiltinTransfers().Digest()),
		ref(KindQuestionnaire, p.Version, questions),
	), nil
}
