package manifest

import (
	_ "embed"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"drawbridge"
)

//go:embed safeguards.yaml
var safeguardsYAML []byte

// SafeguardType says what the value of a safeguard is.
type SafeguardType string

// The types of a safeguard, with the Go type in [Safeguards].
const (
	SafeguardBool SafeguardType = "bool" // bool
	SafeguardInt  SafeguardType = "int"  // int64
	SafeguardText SafeguardType = "text" // string
	SafeguardEnum SafeguardType = "enum" // string
	SafeguardSpan SafeguardType = "span" // drawbridge.Span
	SafeguardSize SafeguardType = "size" // drawbridge.Size
	SafeguardList SafeguardType = "list" // []string, a set
)

// SafeguardDef describes one key of an interface's safeguards block.
type SafeguardDef struct {
	Key       string                     `yaml:"key" key:"true" need:"true" is:"name" doc:"Key."`
	Type      SafeguardType              `yaml:"type" need:"true" enum:"bool|int|text|enum|span|size|list" doc:"Type of its value."`
	Values    []string                   `yaml:"values" doc:"Accepted words of an enum or a list."`
	Kinds     []drawbridge.InterfaceKind `yaml:"kinds" need:"true" enum:"*|http_api|webhook|oauth_app|sdk|script|file|queue|widget|model_api" doc:"Interface kinds on which the question makes sense; * for all."`
	Direction drawbridge.Direction       `yaml:"direction" enum:"outbound|inbound" doc:"Direction on which it makes sense; left out means both."`
	Ask       string                     `yaml:"ask" need:"true" doc:"The question to the person who fills it in."`
}

// goType is the type of its values in [Safeguards].
func (d SafeguardDef) goType() reflect.Type {
	switch d.Type {
	case SafeguardBool:
		return reflect.TypeFor[bool]()
	case SafeguardInt:
		return reflect.TypeFor[int64]()
	case SafeguardSpan:
		return typeSpan
	case SafeguardSize:
		return typeSize
	case SafeguardList:
		return reflect.TypeFor[[]string]()
	case SafeguardText, SafeguardEnum:
	}
	return reflect.TypeFor[string]()
}

// safeguardFile is the shape of safeguards.yaml.
type safeguardFile struct {
	Version    int            `yaml:"version" need:"true" doc:"Version of the list."`
	Safeguards []SafeguardDef `yaml:"safeguards" need:"true" doc:"The list."`
}

// Fits reports whether the safeguard makes sense on such an interface.
func (d SafeguardDef) Fits(kind drawbridge.InterfaceKind, direction drawbridge.Direction) bool {
	return (slices.Contains(d.Kinds, "*") || slices.Contains(d.Kinds, kind)) && (d.Direction == "" || d.Direction == direction)
}

var builtinSafeguards = sync.OnceValue(func() []SafeguardDef {
	defs, err := ParseSafeguards("safeguards.yaml", safeguardsYAML)
	if err != nil {
		panic(fmt.Sprintf("manifest: the embedded safeguards: %v", err))
	}
	return defs
})

// SafeguardDefs returns the built-in safeguards in the order of the documents.
// The slice is shared: do not change it.
func SafeguardDefs() []SafeguardDef { return builtinSafeguards() }

// Safeguard returns the built-in safeguard with that key.
func Safeguard(key string) (SafeguardDef, bool) {
	return findSafeguard(SafeguardDefs(), key)
}

func findSafeguard(defs []SafeguardDef, key string) (SafeguardDef, bool) {
	for _, d := range defs {
		if d.Key == key {
			return d, true
		}
	}
	return SafeguardDef{}, false
}

// ParseSafeguards reads a list of safeguards, as an organisation adds its own.
func ParseSafeguards(name string, data []byte) ([]SafeguardDef, error) {
	var file safeguardFile
	d, err := decodeInto(name, data, &file, nil)
	if err != nil {
		return nil, err
	}
	for i, s := range file.Safeguards {
		if slices.ContainsFunc(file.Safeguards[:i], func(o SafeguardDef) bool { return o.Key == s.Key }) {
			d.add(&d.tree.Root, &frame{name: "safeguards[" + s.Key + "]"}, "", "the key stands twice")
		}
		if s.Type == SafeguardEnum && len(s.Values) == 0 {
			d.add(&d.tree.Root, &frame{name: "safeguards[" + s.Key + "]"}, "list them", "an enum has no values")
		}
	}
	return file.Safeguards, d.problems.err()
}
