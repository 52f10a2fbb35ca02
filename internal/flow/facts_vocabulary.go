package flow

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"drawbridge"
	"drawbridge/internal/expr"
	"drawbridge/internal/manifest"
	"drawbridge/internal/yaml"
)

// factsJSON is made from facts.yaml by GenerateFacts, so that the program reads
// no YAML of its own when it starts.
//
//go:generate go test -run TestGeneratedFacts -update .
//go:embed facts_gen.json
var factsJSON []byte

// factFile is the content of facts_gen.json.
type factFile struct {
	Facts      []FactDef `json:"facts"`
	Safeguards []FactDef `json:"safeguards"` // how each joins, by its key
}

// GenerateFacts turns facts.yaml into the file that is embedded.
func GenerateFacts(data []byte) ([]byte, error) {
	file, err := readFacts(data)
	if err != nil {
		return nil, err
	}
	out, err := json.MarshalIndent(file, "", " ")
	return append(out, '\n'), err
}

// FactDef describes one fact. facts.yaml explains the fields.
type FactDef struct {
	Name      string    `json:"name"`
	Type      expr.Type `json:"type"`
	Structure bool      `json:"structure,omitempty"` // always known
	Key       string    `json:"key"`                 // where a person answers it
	Join      string    `json:"join,omitempty"`
	Order     []string  `json:"order,omitempty"` // of the join "worst"
	Values    []string  `json:"values,omitempty"`
	Ask       string    `json:"ask,omitempty"`
	Accepts   string    `json:"accepts,omitempty"`
	Doc       string    `json:"doc"`
}

// Scope says on what a fact is written: once in the file, on each interface,
// or on each flow.
type Scope int

// The scopes.
const (
	ScopeFile Scope = iota
	ScopeInterface
	ScopeFlow
)

// Scope returns where the fact is written.
func (d FactDef) Scope() Scope {
	switch {
	case strings.HasPrefix(d.Name, "iface."), strings.HasPrefix(d.Name, "safeguard."):
		return ScopeInterface
	case strings.HasPrefix(d.Name, "flow."):
		return ScopeFlow
	default:
		return ScopeFile
	}
}

// Neutral returns the value of a structure fact that nothing was written for.
func (d FactDef) Neutral() any {
	switch d.Type {
	case expr.Bool:
		return false
	case expr.Int, expr.Size:
		if d.Join == "most" {
			return int64(drawbridge.LevelUnknown)
		}
		return int64(0)
	case expr.Double:
		return 0.0
	case expr.List:
		return []string{}
	case expr.Span:
		return time.Duration(0)
	default:
		return ""
	}
}

// Wanted says what a person may write to answer the fact.
func (d FactDef) Wanted() string {
	switch {
	case d.Accepts != "":
		return d.Accepts
	case d.Type == expr.List && len(d.Values) > 0:
		return "a list of " + strings.Join(d.Values, ", ")
	case len(d.Values) > 0:
		return strings.Join(d.Values, ", ")
	}
	switch d.Type {
	case expr.Bool:
		return "true, false"
	case expr.Int:
		return "a whole number"
	case expr.Double:
		return "a number"
	case expr.List:
		return "a list, or [] for none"
	case expr.Span:
		return "a length of time, like 30s, 12h or 90d"
	case expr.Size:
		return "a size, like 64KiB"
	default:
		return "text"
	}
}

// Show writes a value as a person writes it in the manifest.
func (d FactDef) Show(v any) string {
	switch v := v.(type) {
	case nil:
		return "unknown"
	case time.Duration:
		return drawbridge.Span(v / time.Millisecond).String()
	case []string:
		return "[" + strings.Join(v, ", ") + "]"
	case int64:
		if d.Type == expr.Size {
			return drawbridge.Size(v).String()
		}
	}
	return fmt.Sprint(v)
}

// vocabulary is facts.yaml and the safeguards, indexed.
type vocabulary struct {
	defs   []FactDef
	index  map[string]int
	pos    []int                    // position among the facts of the same scope
	scoped [3][]int                 // facts of a scope, by position
	guards []*manifest.SafeguardDef // by fact; nil for what is no safeguard
}

var builtinVocabulary = sync.OnceValue(func() *vocabulary {
	var file factFile
	if err := json.Unmarshal(factsJSON, &file); err != nil {
		panic(fmt.Sprintf("flow: the embedded facts_gen.json: %v", err))
	}
	defs, joins := file.Facts, map[string]FactDef{}
	for _, g := range file.Safeguards {
		joins[g.Key] = g
	}
	guards := make([]*manifest.SafeguardDef, len(defs))
	for _, s := range manifest.SafeguardDefs() {
		d := FactDef{
			Name: "safeguard." + s.Key, Key: "interfaces[*].safeguards." + s.Key,
			Type: safeguardType(s.Type), Values: s.Values, Ask: s.Ask, Doc: s.Ask,
		}
		d.Join, d.Order = joins[s.Key].Join, joins[s.Key].Order
		if d.Join == "" {
			d.Join = defaultJoin(d.Type)
		}
		defs, guards = append(defs, d), append(guards, &s)
	}
	v := newVocabulary(defs)
	v.guards = guards
	return v
})

// readFacts reads facts.yaml: the facts, and how each safeguard joins.
func readFacts(data []byte) (file factFile, err error) {
	tree, err := yaml.Parse(data, yaml.DefaultLimits())
	if err != nil {
		return file, err
	}
	read := func(list *yaml.Node) ([]FactDef, error) {
		if list == nil {
			return nil, fmt.Errorf("facts and safeguards are both needed")
		}
		out := make([]FactDef, len(list.Children))
		for i := range list.Children {
			if err := out[i].read(&list.Children[i]); err != nil {
				line, col := tree.Position(list.Children[i].Off)
				return nil, fmt.Errorf("%d:%d: %w", line, col, err)
			}
		}
		return out, nil
	}
	if file.Facts, err = read(tree.Root.Get("facts")); err != nil {
		return file, err
	}
	file.Safeguards, err = read(tree.Root.Get("safeguards"))
	return file, err
}

func (d *FactDef) read(n *yaml.Node) error {
	for i := 0; i+1 < len(n.Children); i += 2 {
		v := &n.Children[i+1]
		switch key := n.Children[i].Value; key {
		case "name":
			d.Name = v.Value
		case "type":
			d.Type = expr.Type(v.Value)
		case "structure":
			d.Structure = v.Value == "true"
		case "key":
			d.Key = v.Value
		case "join":
			d.Join = v.Value
		case "order":
			d.Order = words(v)
		case "values":
			d.Values = words(v)
		case "ask":
			d.Ask = v.Value
		case "accepts":
			d.Accepts = v.Value
		case "doc":
			d.Doc = v.Value
		default:
			return fmt.Errorf("%q is no field of a fact", key)
		}
	}
	return nil
}

func words(n *yaml.Node) []string {
	out := make([]string, len(n.Children))
	for i, c := range n.Children {
		out[i] = c.Value
	}
	return out
}

func safeguardType(t manifest.SafeguardType) expr.Type {
	if t == manifest.SafeguardEnum {
		return expr.Text
	}
	return expr.Type(t)
}

func defaultJoin(t expr.Type) string {
	switch t {
	case expr.Bool:
		return "all"
	case expr.List:
		return "common"
	case expr.Text:
		return "same"
	default:
		return "most"
	}
}

func newVocabulary(defs []FactDef) *vocabulary {
	v := &vocabulary{defs: defs, index: make(map[string]int, len(defs)), pos: make([]int, len(defs))}
	for i, d := range defs {
		v.index[d.Name] = i
		v.pos[i] = len(v.scoped[d.Scope()])
		v.scoped[d.Scope()] = append(v.scoped[d.Scope()], i)
	}
	return v
}

// Vocabulary returns every fact: those of facts.yaml, then one safeguard.<key>
// for each safeguard. The position of a fact is its index in [Facts.At].
func Vocabulary() []FactDef { return slices.Clone(builtinVocabulary().defs) }

// FactAt returns the fact at an index of [FactIndex].
func FactAt(i int) FactDef { return builtinVocabulary().defs[i] }

// FactIndex returns the position of a fact in the vocabulary.
func FactIndex(name string) (int, bool) { i, ok := builtinVocabulary().index[name]; return i, ok }
