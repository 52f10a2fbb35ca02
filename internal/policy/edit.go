package policy

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"drawbridge"
	"drawbridge/internal/yaml"
)

// Figure is one value of the policy in force that can be edited alone.
type Figure struct {
	Path  string // where it stands, like rubric.factors.privacy_exposure.weight
	Title string // of what it belongs to
	Value string
	Why   string // as the pack says
}

// Edits make a new version of the policy in force.
type Edits struct {
	Name    string            // of the pack; empty for that of the policy in force
	Version string            // three numbers; empty for the next small one
	Set     map[string]string // by path, what the value becomes
}

// spot is where a figure stands in a file.
type spot struct {
	Figure
	file string
	node *yaml.Node
}

// Figures lists what of the policy in force can be edited: weights and least
// figures of the rubric, tiers, and outcomes of the gate.
func (w *Workspace) Figures() ([]Figure, error) {
	files, err := w.policyFiles()
	if err != nil {
		return nil, err
	}
	places, err := figuresOf(files)
	out := make([]Figure, len(places))
	for i, p := range places {
		out[i] = p.Figure
	}
	return out, err
}

// policyFiles are the files of the policy in force; what it inherits is among them.
func (w *Workspace) policyFiles() (memFS, error) {
	base, _, err := readAll(BuiltinFS())
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(w.own, func(p ownPack) bool { return p.pin.Kind == KindPolicy })
	if i < 0 {
		return base, nil
	}
	files := maps.Clone(w.own[i].files)
	for _, name := range []string{"rubric.yaml", "gate.yaml"} {
		if _, ok := files[name]; !ok {
			files[name] = base[name]
		}
	}
	return files, nil
}

// figuresOf finds the figures in the files of a policy.
func figuresOf(files memFS) ([]spot, error) {
	var out []spot
	for _, file := range []string{"rubric.yaml", "pack.yaml", "gate.yaml"} {
		tree, err := yaml.Parse(files[file], yaml.DefaultLimits())
		if err != nil {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "%s: %w", file, err)
		}
		part := strings.TrimSuffix(file, ".yaml")
		take := func(path, title string, of *yaml.Node, names ...string) {
			for _, name := range names {
				if n := of.Get(name); n != nil && n.Kind == yaml.Scalar && n.Style == yaml.Plain {
					figure := Figure{Path: strings.Trim(part+"."+path, ".") + "." + name, Title: title, Value: n.Value, Why: text(of, "why")}
					out = append(out, spot{figure, file, n})
				}
			}
		}
		root := &tree.Root
		take("", "What controls can take away", root, "control_effect")
		for _, f := range items(root, "factors") {
			path := "factors." + text(f, "id")
			take(path, text(f, "title"), f, "weight")
			for _, in := range items(f, "inputs") {
				take(path+"."+text(in, "id"), text(in, "title"), in, "weight")
			}
		}
		for _, name := range []string{"floors", "lifts"} {
			for _, f := range items(root, name) {
				take(name+"."+text(f, "id"), strings.ReplaceAll(text(f, "id"), "_", " "), f, "least")
			}
		}
		for _, t := range items(root, "tiers") {
			take("tiers."+text(t, "tier"), "Tier "+text(t, "tier"), t, "from", "months", "due_days")
		}
		for _, r := range items(root, "rules") {
			take("rules."+text(r, "id"), text(r, "text"), r, "outcome")
		}
	}
	return out, nil
}

func items(of *yaml.Node, name string) (out []*yaml.Node) {
	if list := of.Get(name); list != nil && list.Kind == yaml.List {
		for i := range list.Children {
			out = append(out, &list.Children[i])
		}
	}
	return out
}

func text(of *yaml.Node, name string) string {
	if n := of.Get(name); n != nil && n.Kind == yaml.Scalar {
		return n.Value
	}
	return ""
}

// Edited makes a new version of the policy in force, as a .tar.gz. What was not
// named stays to the byte, comments too; the pack's examples say what comes out now.
func (w *Workspace) Edited(e Edits) ([]byte, error) {
	files, err := w.policyFiles()
	if err != nil {
		return nil, err
	}
	head, err := readHead(files)
	if err != nil {
		return nil, err
	}
	if e.Name = cmp.Or(e.Name, head.Name); e.Name == "drawbridge" {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "name: the built-in policy keeps its name: give yours another one, like ours")
	}
	e.Version = cmp.Or(e.Version, nextVersion(head.Version))
	switch {
	case !validName(e.Name):
		return nil, drawbridge.Errorf(drawbridge.Invalid, "name: %.70q must be lower-case letters, digits and hyphens, at most 63", e.Name)
	case !validVersion(e.Version):
		return nil, drawbridge.Errorf(drawbridge.Invalid, "version: %.70q must be three numbers, like 1.1.0", e.Version)
	case e.Name == head.Name && e.Version == head.Version:
		return nil, drawbridge.Errorf(drawbridge.Invalid, "version: %s is that of the policy in force: give the changed one another", e.Version)
	}
	places, err := figuresOf(files)
	if err != nil {
		return nil, err
	}
	edits := map[string]map[*yaml.Node]string{}
	put := func(file string, n *yaml.Node, value string) {
		if edits[file] == nil {
			edits[file] = map[*yaml.Node]string{}
		}
		edits[file][n] = value
	}
	for _, path := range slices.Sorted(maps.Keys(e.Set)) {
		i := slices.IndexFunc(places, func(p spot) bool { return p.Path == path })
		if i < 0 {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "%.100q is no figure of the policy in force", path)
		}
		value, err := figure(path, e.Set[path])
		if err != nil {
			return nil, err
		}
		put(places[i].file, places[i].node, value)
	}
	if files, err = written(files, edits); err != nil {
		return nil, err
	}
	if files, err = named(files, e.Name, e.Version); err != nil {
		return nil, err
	}
	if files, err = worked(files); err != nil {
		return nil, err
	}
	if _, _, err := Check(files); err != nil {
		return nil, err
	}
	return packed(files)
}

// figure checks what a figure becomes.
func figure(path, value string) (string, error) {
	value = strings.TrimSpace(value)
	if strings.HasSuffix(path, ".outcome") {
		if !slices.Contains([]drawbridge.Outcome{drawbridge.Go, drawbridge.Conditional, drawbridge.NoGo}, drawbridge.Outcome(value)) {
			return "", drawbridge.Errorf(drawbridge.Invalid, "%s: %.40q is no outcome: write %s, %s or %s", path, value, drawbridge.Go, drawbridge.Conditional, drawbridge.NoGo)
		}
		return value, nil
	}
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || n < 0 || n > 1000 || n != n || len(value) > 20 {
		return "", drawbridge.Errorf(drawbridge.Invalid, "%s: %.40q is no number from 0 to 1000", path, value)
	}
	return strconv.FormatFloat(n, 'f', -1, 64), nil
}

// written puts values in the place of plain scalars.
func written(files memFS, edits map[string]map[*yaml.Node]string) (memFS, error) {
	out := maps.Clone(files)
	for file, list := range edits {
		data := slices.Clone(files[file])
		nodes := slices.SortedFunc(maps.Keys(list), func(a, b *yaml.Node) int { return cmp.Compare(b.Off, a.Off) })
		for _, n := range nodes {
			at := int(n.Off)
			if at < 0 || at+len(n.Value) > len(data) || string(data[at:at+len(n.Value)]) != n.Value {
				return nil, fmt.Errorf("policy: %s: %q is not where it was read", file, n.Value)
			}
			data = slices.Replace(data, at, at+len(n.Value), []byte(list[n])...)
		}
		out[file] = data
	}
	return out, nil
}

// named gives the pack its name and version.
func named(files memFS, name, version string) (memFS, error) {
	tree, err := yaml.Parse(files["pack.yaml"], yaml.DefaultLimits())
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "pack.yaml: %w", err)
	}
	return written(files, map[string]map[*yaml.Node]string{"pack.yaml": {tree.Root.Get("name"): name, tree.Root.Get("version"): version}})
}

// worked lets the examples of rubric and gate say what comes out: they show what
// a policy does, and an edit changes just that.
func worked(files memFS) (memFS, error) {
	p, err := LoadPack(files)
	if err != nil {
		return nil, err
	}
	edits := map[string]map[*yaml.Node]string{"rubric.yaml": {}, "gate.yaml": {}}
	put := func(file string, of *yaml.Node, name, value string) {
		if n := of.Get(name); n != nil && n.Value != value {
			edits[file][n] = value
		}
	}
	for file := range edits {
		tree, err := yaml.Parse(files[file], yaml.DefaultLimits())
		if err != nil {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "%s: %w", file, err)
		}
		for i, n := range items(&tree.Root, "examples") {
			if file == "gate.yaml" && i < len(p.gate.Examples) {
				outcome, _, _ := strings.Cut(p.tryGate(p.gate.Examples[i]).Got, " ")
				put(file, n, "outcome", outcome)
			}
			if file == "rubric.yaml" && i < len(p.rubric.Examples) && p.rubric.Examples[i].Inherent != nil {
				w, err := p.Work(p.rubric.Examples[i])
				if err != nil {
					return nil, err
				}
				if inherent := *p.rubric.Examples[i].Inherent; w.Score.Inherent-inherent >= 0.005 || inherent-w.Score.Inherent >= 0.005 {
					put(file, n, "inherent", strconv.FormatFloat(w.Score.Inherent, 'f', 2, 64))
				}
				put(file, n, "tier", string(w.Score.Tier))
			}
		}
	}
	return written(files, edits)
}

// nextVersion is the next small version.
func nextVersion(v string) string {
	parts := strings.Split(v, ".")
	n, err := strconv.Atoi(parts[len(parts)-1])
	if err != nil {
		return ""
	}
	parts[len(parts)-1] = strconv.Itoa(n + 1)
	return strings.Join(parts, ".")
}

// packed is a pack as a .tar.gz: the same files give the same bytes.
func packed(files memFS) ([]byte, error) {
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	tw := tar.NewWriter(zw)
	for _, name := range sortedKeys(files) {
		if err := tw.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name])), Format: tar.FormatUSTAR}); err != nil {
			return nil, fmt.Errorf("pack %s: %w", name, err)
		}
		if _, err := tw.Write(files[name]); err != nil {
			return nil, fmt.Errorf("pack %s: %w", name, err)
		}
	}
	if err := tw.Close(); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	if err := zw.Close(); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	return b.Bytes(), nil
}
