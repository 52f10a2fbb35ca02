package threat

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"

	"drawbridge/internal/yaml"
)

// SettleDef describes one thing that can settle a threat.
type SettleDef struct {
	ID           string   `json:"id"`
	Kind         string   `json:"kind"` // check, rehearsal, gateway, evidence
	Title        string   `json:"title"`
	Oracle       string   `json:"oracle"` // how one tells; a person can follow it
	CWE          []string `json:"cwe,omitempty"`
	OWASP        string   `json:"owasp_api,omitempty"`
	Needs        []string `json:"needs,omitempty"`
	Safety       string   `json:"safety,omitempty"`
	FailureModes []string `json:"failure_modes,omitempty"` // of the manifest, that ask for this rehearsal
}

// runners lists the ids that a machine can run; what has none is manual. The
// catalogue of live checks, in a higher layer, is held to this list by a test.
var runners = map[string]bool{
	"AUTHN-01": true, "AUTHN-02": true, "BOLA-01": true, "CORS-01": true, "DATA-01": true, "DATA-02": true, "DATA-03": true,
	"ERR-01": true, "ERR-02": true, "HDR-01": true, "HDR-02": true, "JWT-01": true, "JWT-03": true, "JWT-04": true, "JWT-10": true,
	"MASS-01": true, "RATE-01": true, "SCHEMA-01": true, "SCHEMA-02": true, "SCHEMA-03": true, "TLS-01": true, "TLS-03": true, "TLS-04": true,
}

// Runners lists the ids that a machine can run, sorted.
func Runners() []string { return slices.Sorted(maps.Keys(runners)) }

// Mode says who can settle it: a machine when there is a runner, a person when
// there is something to try, and nobody by testing when it is a document.
func (d SettleDef) Mode() Mode {
	switch {
	case runners[d.ID]:
		return Automated
	case d.Kind == "evidence":
		return NotTestable
	default:
		return Manual
	}
}

// Settle returns the definition as it stands beside a threat.
func (d SettleDef) Settle() Settle {
	return Settle{ID: d.ID, Kind: d.Kind, Mode: d.Mode(), Oracle: d.Oracle}
}

// SettleTable is the list of everything that can settle a threat.
type SettleTable struct {
	defs  []SettleDef // in the order of the file
	index map[string]int
	modes map[string][]int
}

// Settles returns the built-in table.
func Settles() *SettleTable { return builtinSettles() }

var builtinSettles = sync.OnceValue(func() *SettleTable {
	gen, err := builtinData()
	if err != nil {
		panic(fmt.Sprintf("threat: %v", err))
	}
	return newSettleTable(gen.Settles)
})

// All returns every entry, in the order of the file.
func (t *SettleTable) All() []SettleDef { return t.defs }

// Lookup returns the entry with that id.
func (t *SettleTable) Lookup(id string) (SettleDef, bool) {
	i, ok := t.index[id]
	if !ok {
		return SettleDef{}, false
	}
	return t.defs[i], true
}

// ForMode returns the rehearsals that a manifest's failure mode asks for.
func (t *SettleTable) ForMode(mode string) []SettleDef {
	out := make([]SettleDef, 0, len(t.modes[mode]))
	for _, i := range t.modes[mode] {
		out = append(out, t.defs[i])
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out
}

func readSettles(data []byte) (*SettleTable, error) {
	tree, err := yaml.Parse(data, yaml.DefaultLimits())
	if err != nil {
		return nil, err
	}
	list := tree.Root.Get("settles")
	if list == nil || list.Kind != yaml.List {
		return nil, fmt.Errorf("the list settles is missing")
	}
	var defs []SettleDef
	seen := map[string]bool{}
	for i := range list.Children {
		d, err := readSettle(&list.Children[i])
		if seen[d.ID] && err == nil {
			err = fmt.Errorf("%s stands twice", d.ID)
		}
		if err != nil {
			line, col := tree.Position(list.Children[i].Off)
			return nil, fmt.Errorf("%d:%d: %w", line, col, err)
		}
		seen[d.ID] = true
		defs = append(defs, d)
	}
	return newSettleTable(defs), nil
}

func newSettleTable(defs []SettleDef) *SettleTable {
	t := &SettleTable{defs: defs, index: map[string]int{}, modes: map[string][]int{}}
	for i, d := range defs {
		t.index[d.ID] = i
		for _, m := range d.FailureModes {
			t.modes[m] = append(t.modes[m], i)
		}
	}
	return t
}

func readSettle(n *yaml.Node) (SettleDef, error) {
	var d SettleDef
	texts := func(n *yaml.Node) []string {
		out := make([]string, len(n.Children))
		for i, c := range n.Children {
			out[i] = c.Value
		}
		return out
	}
	for i := 0; i+1 < len(n.Children); i += 2 {
		v := &n.Children[i+1]
		switch key := n.Children[i].Value; key {
		case "id":
			d.ID = v.Value
		case "kind":
			d.Kind = v.Value
		case "title":
			d.Title = v.Value
		case "oracle":
			d.Oracle = v.Value
		case "cwe":
			d.CWE = texts(v)
		case "owasp_api":
			d.OWASP = v.Value
		case "needs":
			d.Needs = texts(v)
		case "safety":
			d.Safety = v.Value
		case "failure_modes":
			d.FailureModes = texts(v)
		default:
			return d, fmt.Errorf("%q is no field of an entry", key)
		}
	}
	evidence := strings.HasPrefix(d.ID, "evidence:")
	switch d.Kind {
	case "check", "rehearsal", "gateway", "evidence":
		if evidence != (d.Kind == "evidence") {
			return d, fmt.Errorf("%s: an id starts with \"evidence:\" when its kind is evidence, and only then", d.ID)
		}
	default:
		return d, fmt.Errorf("%s: kind %q is none of check, rehearsal, gateway, evidence", d.ID, d.Kind)
	}
	if d.ID == "" || d.Title == "" || d.Oracle == "" {
		return d, fmt.Errorf("id, title and oracle are all needed")
	}
	return d, nil
}
