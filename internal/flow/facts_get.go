package flow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/taxonomy"
)

// ifaceInput is an interface with what its facts are read from.
type ifaceInput struct {
	def        *manifest.Interface
	operations []*manifest.Operation // in use
	flows      []*flowInput
}

// flowInput is a flow with what its facts are read from.
type flowInput struct {
	def      *manifest.Flow
	edge     Edge
	iface    int // index of the interface at its end, or -1
	elements []dataInput
	browser  bool // a system at its end is a browser
}

// dataInput is one data element with its category.
type dataInput struct {
	def *manifest.DataElement
	cat *taxonomy.Category // nil when unknown
}

// present reports whether the element's value still crosses.
func (d dataInput) present() bool {
	return d.cat != nil && d.def.Transform != "drop" && d.def.Transform != "redact" && d.def.Transform != "synth"
}

// plain reports whether the value crosses as it is.
func (d dataInput) plain() bool {
	return d.cat != nil && (d.def.Transform == "" || d.def.Transform == "keep")
}

// gather sorts interfaces and flows by id and joins them with the map.
func (f *Facts) gather(m *Map, t *taxonomy.Taxonomy) {
	index := map[string]int{}
	for i := range f.in.Interfaces {
		f.ifaces = append(f.ifaces, &ifaceInput{def: &f.in.Interfaces[i]})
	}
	slices.SortStableFunc(f.ifaces, func(a, b *ifaceInput) int { return cmp.Compare(a.def.ID, b.def.ID) })
	for i, x := range f.ifaces {
		index[x.def.ID] = i
	}
	edges := make(map[string]int, len(m.Edges))
	for i, e := range m.Edges {
		if e.Kind == EdgeFlow {
			edges[e.ID] = i
		}
	}
	browsers := map[string]bool{}
	for _, s := range f.in.Systems {
		browsers[s.ID] = s.Kind == "browser"
	}
	categories := map[string]*taxonomy.Category{}
	for i := range f.in.Flows {
		def := &f.in.Flows[i]
		x := &flowInput{def: def, iface: -1, browser: browsers[def.From] || browsers[def.To]}
		if n, ok := edges[def.ID]; ok {
			x.edge = m.Edges[n]
		}
		if n, ok := index[x.edge.Interface]; ok {
			x.iface = n
			f.ifaces[n].flows = append(f.ifaces[n].flows, x)
		}
		x.elements = make([]dataInput, len(def.Data))
		for j := range def.Data {
			x.elements[j] = dataInput{def: &def.Data[j], cat: category(t, categories, def.Data[j].Category)}
		}
		f.flows = append(f.flows, x)
	}
	slices.SortStableFunc(f.flows, func(a, b *flowInput) int { return cmp.Compare(a.def.ID, b.def.ID) })
	for _, x := range f.ifaces {
		x.operations = inUse(x)
	}
}

func category(t *taxonomy.Taxonomy, cache map[string]*taxonomy.Category, id string) *taxonomy.Category {
	if id == "" {
		return nil
	}
	if c, ok := cache[id]; ok {
		return c
	}
	var found *taxonomy.Category
	if c, ok := t.Category(id); ok {
		found = &c
	}
	cache[id] = found
	return found
}

// inUse returns the operations that a flow uses; a flow that lists none uses all.
func inUse(x *ifaceInput) []*manifest.Operation {
	wanted := map[string]bool{}
	all := len(x.flows) == 0
	for _, fl := range x.flows {
		all = all || fl.def.Operations == nil
		for _, id := range fl.def.Operations {
			wanted[id] = true
		}
	}
	var out []*manifest.Operation
	for i := range x.def.Operations {
		if op := &x.def.Operations[i]; all || wanted[op.ID] {
			out = append(out, op)
		}
	}
	return out
}

// The getters return nil for unknown.

func text[S ~string](s S) any {
	if s == "" {
		return nil
	}
	return string(s)
}

func list(v []string) any {
	if v == nil {
		return nil
	}
	return v
}

func span(v *drawbridge.Span) any {
	if v == nil {
		return nil
	}
	return v.Duration()
}

func value[T any](v *T) any {
	if v == nil {
		return nil
	}
	return *v
}

// source returns where an attribute of an object comes from.
func source(own drawbridge.Source, single manifest.Sources, key string) uint8 {
	if s, ok := single[key]; ok {
		return sourceIndex(s)
	}
	return sourceIndex(own)
}

// local cuts "interfaces[*]." or "flows[*]." off a key.
func local(key string) string {
	if _, rest, ok := strings.Cut(key, "[*]."); ok {
		return rest
	}
	return key
}

func (f *Facts) fileSlot(fact int) slot {
	d := f.voc.defs[fact]
	get, ok := fileGetters[d.Name]
	if !ok {
		return slot{part: noPart}
	}
	from := f.in.Sources
	key := d.Key
	if rest, partner := strings.CutPrefix(key, "partner."); partner && f.partner != nil {
		from, key = f.partner.Sources, rest
	}
	return slot{value: get(f), source: source("", from, key), part: noPart}
}

func (f *Facts) ifaceSlot(x *ifaceInput, fact int) slot {
	d := f.voc.defs[fact]
	s := slot{part: noPart, source: source(x.def.Source, x.def.Sources, local(d.Key))}
	if guard := f.voc.guards[fact]; guard != nil {
		s.value = safeguard(x.def.Safeguards[guard.Key])
		s.moot = s.value == nil && !guard.Fits(x.def.Kind, x.def.Direction)
		return s
	}
	if get, ok := ifaceGetters[d.Name]; ok {
		s.value = get(x)
	}
	return s
}

func safeguard(v any) any {
	switch v := v.(type) {
	case drawbridge.Span:
		return v.Duration()
	case drawbridge.Size:
		return int64(v)
	case []string:
		return list(v)
	case bool, int64, string:
		return v
	default:
		return nil
	}
}

func (f *Facts) flowSlot(x *flowInput, fact int) slot {
	d := f.voc.defs[fact]
	s := slot{part: noPart, source: source(x.def.Source, x.def.Sources, local(d.Key))}
	if get, ok := flowGetters[d.Name]; ok {
		s.value = get(x)
	}
	if d.Structure && strings.HasSuffix(d.Key, ".data") {
		for _, e := range x.elements {
			s.source = max(s.source, sourceIndex(e.def.Source))
		}
	}
	return s
}

// unanswered lists the keys that a person has to fill for one unknown fact of
// one interface or flow, or of the file.
func (f *Facts) unanswered(fact, part int) []string {
	var keys []string
	switch name := f.voc.defs[fact].Name; name {
	case "criticality.critical":
		if f.in.Criticality.TierHint == "" {
			keys = append(keys, "criticality.tier_hint")
		}
		if f.in.Criticality.RTO == nil {
			keys = append(keys, "criticality.rto")
		}
	case "iface.scopes_unused":
		x := f.ifaces[part].def
		if x.Auth.Scopes == nil {
			keys = append(keys, "auth.scopes")
		}
		if x.Auth.ScopesUsed == nil {
			keys = append(keys, "auth.scopes_used")
		}
		return prefixed(fmt.Sprintf("interfaces[%s].", x.ID), keys)
	case "flow.abroad":
		x := f.flows[part].def
		keys = appendIf(keys, x.Origin == nil, "origin")
		keys = appendIf(keys, x.Region.Storage == nil, "region.storage")
		keys = appendIf(keys, x.Region.Processing == nil, "region.processing")
		return prefixed(fmt.Sprintf("flows[%s].", x.ID), keys)
	case "flow.unneeded":
		x := f.flows[part]
		for _, e := range x.elements {
			if e.def.Needed == nil && len(keys) < MaxMissing {
				keys = append(keys, fmt.Sprintf("data[%s %s].needed", e.def.At, e.def.Field))
			}
		}
		return prefixed(fmt.Sprintf("flows[%s].", x.def.ID), keys)
	}
	if len(keys) == 0 {
		keys = []string{f.key(fact, part)}
	}
	return keys
}

func appendIf(keys []string, open bool, key string) []string {
	if open {
		return append(keys, key)
	}
	return keys
}

func prefixed(prefix string, keys []string) []string {
	for i := range keys {
		keys[i] = prefix + keys[i]
	}
	return keys
}

// inDate reports whether a report or certificate counts at t: until its last
// day, or for thirteen months after its first when it names no last one.
func inDate(a manifest.Assurance, t time.Time) bool {
	switch {
	case a.Expires != "":
		return !a.Expires.Past(t)
	case a.Issued != "":
		return !a.Issued.End().AddDate(0, 13, 0).Before(t)
	default:
		return false
	}
}
