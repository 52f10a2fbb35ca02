// Package exchange writes a map in the formats of other threat-modelling tools
// and reads theirs into a manifest: Open Threat Model 0.2 and Threagile. What a
// format has no place for is listed line by line, both ways. It judges nothing
// and reads no files.
//
//	data, losses, err := exchange.Export("otm", bundle, m)
//	result, err := exchange.Import("threagile", "model.yaml", data, exchange.Options{})
package exchange

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
	"drawbridge/internal/taxonomy"
	"drawbridge/internal/yaml"
)

// MaxBytes is the largest file that [Import] reads.
const MaxBytes = 16 << 20

// maxItems bounds every list of a file, and the losses that are listed.
const maxItems = 10_000

// Loss is one thing that could not be carried over, or that had to be made up.
type Loss struct {
	Where string `json:"where"` // key or element
	What  string `json:"what"`
}

// losses gathers what is lost, up to a limit.
type losses struct {
	list []Loss
	more int
}

func (l *losses) add(where, format string, args ...any) {
	if len(l.list) == maxItems {
		l.more++
		return
	}
	l.list = append(l.list, Loss{Where: oneLine(where), What: oneLine(fmt.Sprintf(format, args...))})
}

func (l *losses) done() []Loss {
	if l.more > 0 {
		l.list = append(l.list, Loss{Where: "everywhere", What: fmt.Sprintf("%d more are not listed", l.more)})
	}
	return l.list
}

// Formats lists the formats.
func Formats() []string { return []string{"otm", "threagile"} }

// Export writes a map as YAML. The same manifest always gives the same bytes.
func Export(format string, b *manifest.Bundle, m *flow.Map, t *taxonomy.Taxonomy) ([]byte, []Loss, error) {
	l := &losses{}
	var root yaml.Node
	var err error
	switch format {
	case "otm":
		root, err = writeOTM(b, m, t, l)
	case "threagile":
		root, err = writeThreagile(b, m, t, l)
	default:
		return nil, nil, drawbridge.Errorf(drawbridge.Invalid, "format %q is not known; write one of %s", format, strings.Join(Formats(), ", "))
	}
	if err != nil {
		return nil, nil, err
	}
	return yaml.Print(&root), l.done(), nil
}

// JSON turns what [Export] wrote into JSON.
func JSON(data []byte) ([]byte, error) {
	tree, err := yaml.Parse(data, limits())
	if err != nil {
		return nil, fmt.Errorf("read the export again: %w", err)
	}
	var b bytes.Buffer
	printJSON(&b, &tree.Root, "")
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// Options say what a foreign file cannot.
type Options struct {
	ID       string // of the new manifest; the model's own when empty
	Partner  string // id or name of the trust zone that is the partner's
	Taxonomy *taxonomy.Taxonomy
}

// Result is what an import makes: the manifest, the partner's file, and what
// was lost on the way.
type Result struct {
	Integration *manifest.Integration
	Partner     *manifest.Partner // nil when nothing is known of the partner
	Losses      []Loss
}

// Import reads a model of another tool. What the model does not say stays
// unanswered in the manifest; what had to be assumed is among the losses.
func Import(format, name string, data []byte, opt Options) (*Result, error) {
	root, err := read(name, data)
	if err != nil {
		return nil, err
	}
	if opt.Taxonomy == nil {
		opt.Taxonomy = taxonomy.Builtin()
	}
	in := &importer{name: name, opt: opt, ids: map[string]bool{}, out: &manifest.Integration{
		APIVersion: manifest.APIVersion, Kind: "Integration", Environment: "production",
	}}
	switch format {
	case "otm":
		err = in.otm(root)
	case "threagile":
		err = in.threagile(root)
	default:
		return nil, drawbridge.Errorf(drawbridge.Invalid, "format %q is not known; write one of %s", format, strings.Join(Formats(), ", "))
	}
	if err != nil {
		return nil, err
	}
	if opt.ID != "" {
		in.out.ID = slug(opt.ID, 63)
	}
	in.out.ID = cmp.Or(in.out.ID, "imported")
	in.detach()
	if err := in.check(); err != nil {
		return nil, err
	}
	return &Result{Integration: in.out, Partner: in.partner, Losses: in.lost.done()}, nil
}

// importer holds what one import gathers.
type importer struct {
	name    string
	opt     Options
	out     *manifest.Integration
	partner *manifest.Partner
	lost    losses
	ids     map[string]bool // taken by systems, interfaces or flows
}

// detach takes out what refers to files that a model does not hold.
func (in *importer) detach() {
	for i := range in.out.Interfaces {
		if x := &in.out.Interfaces[i]; x.Spec != "" {
			in.lost.add("interfaces["+x.ID+"].spec", "the model names %s and does not hold it: put it beside the manifest and name it again", x.Spec)
			x.Spec = ""
		}
	}
	if in.out.Extends != "" {
		in.lost.add("extends", "the manifest that it names is not in the model")
		in.out.Extends = ""
	}
	if in.partner != nil && in.out.Partner == "" {
		in.out.Partner = in.partner.ID
	}
	if in.partner != nil && in.partner.ID != in.out.Partner {
		in.lost.add("partner", "the partner's file is that of %s, not of %s", in.partner.ID, in.out.Partner)
		in.partner = nil
	}
}

// check holds the result to what the manifest's own parser accepts.
func (in *importer) check() error {
	data, err := manifest.Encode(in.out)
	if err != nil {
		return fmt.Errorf("encode the manifest: %w", err)
	}
	known := func(id string) (bool, []string) {
		_, ok := in.opt.Taxonomy.Category(id)
		return ok, nil
	}
	if _, err := manifest.Parse(in.name, data, manifest.WithCategories(known)); err != nil {
		return drawbridge.Errorf(drawbridge.Invalid, "%s does not make a valid manifest: %w", in.name, err)
	}
	return nil
}

// id gives an element an id of its own, as near to what it was as the
// manifest's form allows.
func (in *importer) id(kind, want string) string {
	base := cmp.Or(idForm(want), kind)
	id := base
	for n := 2; in.ids[kind+"/"+id]; n++ {
		id = fmt.Sprintf("%s-%d", base[:min(len(base), 56)], n)
	}
	in.ids[kind+"/"+id] = true
	if id != want {
		in.lost.add(kind+" "+want, "its id becomes %s", id)
	}
	return id
}

// idForm brings a text into the form of an id.
func idForm(s string) string {
	return strings.Trim(mapRunes(s, func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-'
	}, 60), "-._")
}

// slug brings a text into lower-case letters, digits and hyphens.
func slug(s string, limit int) string {
	return strings.Trim(mapRunes(strings.ToLower(s), func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
	}, limit), "-")
}

// mapRunes keeps the runes that fit and joins the rest into hyphens.
func mapRunes(s string, keep func(rune) bool, limit int) string {
	var b strings.Builder
	gap := false
	for _, r := range s {
		if !keep(r) {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte('-')
			gap = false
		}
		b.WriteRune(r)
		if b.Len() >= limit {
			break
		}
	}
	return b.String()[:min(b.Len(), limit)]
}

// sortedKeys returns the keys of a set in order.
func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
