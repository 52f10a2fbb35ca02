package flow

import (
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/taxonomy"
)

// Fact is the value of one fact for one element.
type Fact struct {
	Value  any // bool, int64, float64, string, []string or time.Duration; nil when unknown
	Known  bool
	Source drawbridge.Source
	Key    string // manifest key that it was read from, or that answers it
}

// ElementKind says what an element is.
type ElementKind string

// The element kinds.
const (
	OnIntegration ElementKind = "integration"
	OnInterface   ElementKind = "interface"
	OnFlow        ElementKind = "flow"
)

// Element is something that has facts: the integration, an interface or a flow.
type Element struct {
	ID        string // "integration" for the whole
	Kind      ElementKind
	Interface string // id of the interface, or of the one at the flow's end, or ""
}

// slot is one computed value.
type slot struct {
	value  any   // nil when unknown
	part   int32 // interface or flow that decided a joined value; noPart otherwise
	source uint8 // index in sources
	moot   bool  // a safeguard that makes no sense on the interface's kind, and that nobody wrote
}

const noPart = -1

var sources = []drawbridge.Source{drawbridge.Declared, drawbridge.Imported, drawbridge.Observed, drawbridge.Inferred}

func sourceIndex(s drawbridge.Source) uint8 {
	return uint8(max(0, slices.Index(sources, s))) // #nosec G115 -- four sources
}

// Facts holds the value of every fact for every element, computed once.
type Facts struct {
	voc       *vocabulary
	elements  []Element
	file      []slot
	ifaces    []*ifaceInput
	flows     []*flowInput
	ifaceOwn  [][]slot // by interface: its own facts
	ifaceFlow [][]slot // by interface: its flows' facts, joined
	flowOwn   [][]slot // by flow
	allIface  []slot
	allFlow   []slot
	in        *manifest.Integration
	partner   *manifest.Partner
	asOf      time.Time
	byID      map[elementKey]int
}

type elementKey struct {
	kind ElementKind
	id   string
}

// NewFacts computes the facts of one integration. The clock is the caller's.
func NewFacts(b *manifest.Bundle, m *Map, t *taxonomy.Taxonomy, asOf time.Time) *Facts {
	f := &Facts{voc: builtinVocabulary(), in: b.Integration, partner: b.Partner, asOf: asOf}
	f.gather(m, t)
	f.elements = append(f.elements, Element{ID: "integration", Kind: OnIntegration})
	for _, x := range f.ifaces {
		f.elements = append(f.elements, Element{ID: x.def.ID, Kind: OnInterface, Interface: x.def.ID})
	}
	for _, x := range f.flows {
		e := Element{ID: x.def.ID, Kind: OnFlow}
		if x.iface >= 0 {
			e.Interface = f.ifaces[x.iface].def.ID
		}
		f.elements = append(f.elements, e)
	}
	f.byID = make(map[elementKey]int, len(f.elements))
	for i, e := range f.elements {
		f.byID[elementKey{e.Kind, e.ID}] = i
	}
	f.compute()
	return f
}

// Elements returns the integration, its interfaces and its flows, each sorted
// by id. The position of an element is its index in [Facts.At].
func (f *Facts) Elements() []Element { return f.elements }

// ElementOf returns the position of an element, -1 when there is none.
func (f *Facts) ElementOf(kind ElementKind, id string) int {
	if i, ok := f.byID[elementKey{kind, id}]; ok {
		return i
	}
	return -1
}

// Value returns a fact by its name; an unknown name is an unknown fact.
func (f *Facts) Value(element int, name string) Fact {
	i, ok := f.voc.index[name]
	if !ok {
		return Fact{}
	}
	return f.At(element, i)
}

// Get returns the bare value of a fact, nil when it is unknown.
func (f *Facts) Get(element, fact int) any { s, _ := f.slot(element, fact); return s.value }

// At returns a fact by its position in the vocabulary.
func (f *Facts) At(element, fact int) Fact {
	s, own := f.slot(element, fact)
	if s.part != noPart {
		own = int(s.part)
	}
	return Fact{Value: s.value, Known: s.value != nil, Source: sources[s.source], Key: f.key(fact, own)}
}

// slot finds the computed value, and the interface or flow that it belongs to
// when the element has just one.
func (f *Facts) slot(element, fact int) (slot, int) {
	scope, pos := f.voc.defs[fact].Scope(), f.voc.pos[fact]
	if scope == ScopeFile {
		return f.file[pos], noPart
	}
	iface, flow := f.place(element)
	switch {
	case scope == ScopeFlow && flow >= 0:
		return f.flowOwn[flow][pos], flow
	case scope == ScopeFlow && iface >= 0:
		return f.ifaceFlow[iface][pos], noPart
	case scope == ScopeFlow:
		return f.allFlow[pos], noPart
	case iface >= 0:
		return f.ifaceOwn[iface][pos], iface
	case flow >= 0: // a flow with no interface at its end
		return f.neutral(fact), noPart
	default:
		return f.allIface[pos], noPart
	}
}

// place returns the interface and the flow of an element, -1 for none.
func (f *Facts) place(element int) (iface, flow int) {
	switch n := element - 1; {
	case n < 0:
		return -1, -1
	case n < len(f.ifaces):
		return n, -1
	default:
		n -= len(f.ifaces)
		return f.flows[n].iface, n
	}
}

func (f *Facts) neutral(fact int) slot {
	if d := f.voc.defs[fact]; d.Structure {
		return slot{value: d.Neutral(), part: noPart}
	}
	return slot{part: noPart}
}

// key writes the manifest key of a fact on one interface or flow.
func (f *Facts) key(fact, part int) string {
	d := f.voc.defs[fact]
	switch scope := d.Scope(); {
	case part < 0:
		return d.Key
	case scope == ScopeInterface && strings.HasPrefix(d.Key, "interfaces["):
		return strings.Replace(d.Key, "[*]", "["+f.ifaces[part].def.ID+"]", 1)
	case scope == ScopeFlow:
		return strings.Replace(d.Key, "[*]", "["+f.flows[part].def.ID+"]", 1)
	default:
		return d.Key
	}
}
