package flow

import (
	"cmp"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/taxonomy"
)

// The boundaries that every map knows.
const (
	boundaryInternal      = "internal"
	boundaryPartner       = "partner"
	boundarySubprocessors = "partner/subprocessors"
	maxZoneDepth          = 8   // deeper parts of a zone's path join its last boundary
	maxGuesses            = 200 // onward edges drawn for unanswered shared_with
)

// builder holds what one call of [Build] gathers.
type builder struct {
	b          *manifest.Bundle
	t          *taxonomy.Taxonomy
	m          *Map
	boundaries map[string]bool
	nodes      map[string]*Node
	onward     map[string]*Edge
	raised     map[string]combined // by the categories, so that equal records are combined once
}

// combined is what the categories of one record add up to together.
type combined struct {
	level drawbridge.Level
	ids   []string
}

// Build makes the map of one integration: systems in the boundaries of their
// zones, the partner's end of each interface in the partner's boundary,
// sub-processors inside that, and one edge a flow. An arrow points from who
// starts the exchange to who is called; data may move both ways along it.
//
// A system whose zone claims the partner's boundary stands in ours: only
// interfaces and sub-processors are the partner's.
func Build(b *manifest.Bundle, t *taxonomy.Taxonomy) (*Map, error) {
	if b == nil || b.Integration == nil || t == nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "a map needs an integration's manifest and a taxonomy; load both first")
	}
	in := b.Integration
	x := &builder{
		b: b, t: t,
		m:          &Map{Integration: in.ID, Environment: in.Environment, Name: cmp.Or(in.Name, in.ID)},
		boundaries: map[string]bool{}, nodes: map[string]*Node{}, onward: map[string]*Edge{},
		raised: map[string]combined{},
	}
	x.systems()
	x.interfaces()
	x.subprocessors()
	if err := x.flows(); err != nil {
		return nil, err
	}
	for _, e := range x.onward {
		x.m.Edges = append(x.m.Edges, *e)
	}
	for _, n := range x.nodes {
		x.m.Nodes = append(x.m.Nodes, *n)
	}
	slices.SortFunc(x.m.Nodes, func(a, b Node) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(x.m.Edges, func(a, b Edge) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(x.m.Boundaries, func(a, b Boundary) int { return cmp.Compare(a.ID, b.ID) })
	x.life()
	return x.m, nil
}

// zoned returns the boundary of a system's zone.
func zoned(zone string) string {
	var parts []string
	for part := range strings.SplitSeq(zone, "/") {
		if part = strings.TrimSpace(part); part != "" && len(parts) < maxZoneDepth {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return boundaryInternal
	}
	if parts[0] == boundaryPartner {
		parts = append([]string{boundaryInternal}, parts...)
	}
	return strings.Join(parts, "/")
}

// boundary adds a boundary and those around it.
func (x *builder) boundary(id, name string) {
	if x.boundaries[id] {
		return
	}
	x.boundaries[id] = true
	parent, last := "", id
	if i := strings.LastIndexByte(id, '/'); i >= 0 {
		parent, last = id[:i], id[i+1:]
		x.boundary(parent, "")
	}
	x.m.Boundaries = append(x.m.Boundaries, Boundary{ID: id, Name: cmp.Or(name, last), Parent: parent})
}

func (x *builder) systems() {
	for _, s := range x.b.Integration.Systems {
		zone := zoned(s.Zone)
		x.boundary(zone, "")
		kind := NodeSystem
		switch s.Kind {
		case "store":
			kind = NodeStore
		case "user", "browser", "mobile":
			kind = NodeUser
		}
		x.nodes[s.ID] = &Node{
			ID: s.ID, Name: cmp.Or(s.Name, s.ID), Kind: kind, System: s.Kind,
			Boundary: zone, Owner: string(s.Owner), Region: s.Region,
		}
	}
}

func (x *builder) interfaces() {
	name := cmp.Or(x.b.Integration.Partner, "partner")
	if p := x.b.Partner; p != nil {
		name = cmp.Or(p.DisplayName, p.LegalName, p.ID, name)
	}
	for _, i := range x.b.Integration.Interfaces {
		x.boundary(boundaryPartner, name)
		x.nodes[i.ID] = &Node{
			ID: i.ID, Name: cmp.Or(i.Name, i.ID), Kind: NodeInterface, InterfaceKind: i.Kind,
			Direction: i.Direction, Boundary: boundaryPartner, Region: i.Region,
		}
	}
}

// subID is the node of a sub-processor; ids of the manifest hold no slash.
func subID(id string) string { return "subprocessor/" + id }

func (x *builder) subprocessor(id, name, region string) {
	if x.nodes[subID(id)] != nil {
		return
	}
	x.boundary(boundaryPartner, cmp.Or(x.b.Integration.Partner, "partner"))
	x.boundary(boundarySubprocessors, "Sub-processors")
	x.nodes[subID(id)] = &Node{
		ID: subID(id), Name: cmp.Or(name, id), Kind: NodeSubprocessor, Boundary: boundarySubprocessors, Region: region,
	}
}

func (x *builder) subprocessors() {
	if x.b.Partner == nil {
		return
	}
	for _, s := range x.b.Partner.Subprocessors {
		x.subprocessor(s.ID, s.Name, s.Region)
	}
}

func (x *builder) flows() error {
	guesses := 0
	for i := range x.b.Integration.Flows {
		f := &x.b.Integration.Flows[i]
		e, err := x.edge(f)
		if err != nil {
			return err
		}
		x.m.Edges = append(x.m.Edges, e)
		if e.Interface == "" {
			continue
		}
		for _, s := range f.SharedWith {
			x.subprocessor(s, "", "")
			x.share(e, s, false)
		}
		if p := x.b.Partner; p != nil && f.SharedWith == nil {
			for _, s := range p.Subprocessors {
				if guesses++; guesses <= maxGuesses {
					x.share(e, s.ID, true)
				}
			}
		}
	}
	return nil
}

// share adds the data of a flow to the onward edge from its interface to a
// sub-processor. One flow that says so makes the edge certain.
func (x *builder) share(e Edge, sub string, possible bool) {
	id := e.Interface + "/" + sub
	o := x.onward[id]
	if o == nil {
		o = &Edge{
			ID: id, Name: "shared on", Kind: EdgeOnward, Possible: true, From: e.Interface, To: subID(sub),
			Interface: e.Interface, Crosses: true, Level: drawbridge.LevelUnknown, Raw: drawbridge.LevelUnknown,
		}
		x.onward[id] = o
	}
	o.Possible = o.Possible && possible
	o.Level, o.Raw = max(o.Level, e.Level), max(o.Raw, e.Raw)
	o.Elements += e.Elements
	o.Forward += e.Elements
	o.Unknown += e.Unknown
	o.Categories = append(o.Categories, e.Categories...)
	slices.Sort(o.Categories)
	o.Categories = slices.Compact(o.Categories)
}

// edge makes the edge of one flow.
func (x *builder) edge(f *manifest.Flow) (Edge, error) {
	from, to := x.nodes[f.From], x.nodes[f.To]
	for _, end := range []struct {
		key, id string
		node    *Node
	}{{"from", f.From, from}, {"to", f.To, to}} {
		if end.node == nil {
			return Edge{}, drawbridge.Errorf(drawbridge.Invalid, "flows[%s].%s: %q is no system or interface of the manifest; add it or correct the id", f.ID, end.key, end.id)
		}
	}
	e := Edge{
		ID: f.ID, Name: cmp.Or(f.Name, f.ID), Kind: EdgeFlow, From: f.From, To: f.To,
		Level: drawbridge.LevelUnknown, Raw: drawbridge.LevelUnknown, Categories: []string{},
	}
	switch {
	case to.Kind == NodeInterface:
		e.Interface = to.ID
	case from.Kind == NodeInterface:
		e.Interface = from.ID
	}
	// Another party is always another boundary, whatever a zone is called.
	e.Crosses = e.Interface != "" || from.Boundary != to.Boundary
	els := x.elements(f, e)
	seen := map[string]bool{}
	for _, el := range els {
		e.Raw = max(e.Raw, el.raw)
		if !el.crosses {
			continue
		}
		e.Level = max(e.Level, el.level)
		e.Elements++
		if el.forward {
			e.Forward++
		} else {
			e.Back++
		}
		if el.raw == drawbridge.LevelUnknown {
			e.Unknown++
		}
		if c := el.category; c != "" && !seen[c] {
			seen[c] = true
			e.Categories = append(e.Categories, c)
		}
	}
	slices.Sort(e.Categories)
	x.combine(&e, els)
	e.Exposure = expose(f, e, els)
	return e, nil
}

// combine raises the levels of an edge where one record holds data that weighs
// more together: before transforms all of it, after them what is sent as it is.
func (x *builder) combine(e *Edge, els []element) {
	var raw, plain []string
	for _, el := range els {
		if el.raw == drawbridge.LevelUnknown {
			continue
		}
		raw = append(raw, el.category)
		if el.crosses && el.plain {
			plain = append(plain, el.category)
		}
	}
	if len(raw) > 1 {
		e.Raw = max(e.Raw, x.raise(raw).level)
	}
	if len(plain) > 1 {
		c := x.raise(plain)
		e.Level, e.Combos = max(e.Level, c.level), c.ids
	}
}

func (x *builder) raise(categories []string) combined {
	slices.Sort(categories)
	key := strings.Join(categories, "\x00")
	c, ok := x.raised[key]
	if !ok {
		level, _, ids := x.t.Raise(categories)
		c = combined{level, ids}
		x.raised[key] = c
	}
	return c
}

// element is one data element as the map needs it.
type element struct {
	category   string
	raw, level drawbridge.Level // before and after the declared transform
	weights    [3]float64       // raw, as declared, and when minimised
	crosses    bool             // not dropped by the declared transform
	plain      bool             // sent as it is
	forward    bool             // from From to To
	reach      float64          // who learns something new by it
}

// elements reads the data of a flow. An element without a category, or with
// one that the taxonomy lacks, has an unknown level.
func (x *builder) elements(f *manifest.Flow, e Edge) []element {
	out := make([]element, 0, len(f.Data))
	for _, d := range f.Data {
		el := element{
			category: d.Category, raw: drawbridge.LevelUnknown, reach: e.reach(d.At),
			forward: d.At != drawbridge.AtResponse, plain: d.Transform == "" || d.Transform == "keep",
		}
		share := ""
		if c, ok := x.t.Category(d.Category); ok {
			el.raw, share = c.Level, c.Share
		}
		el.level, el.crosses = After(el.raw, d.Transform)
		el.weights = [3]float64{weigh(el.raw, ""), weigh(el.raw, d.Transform)}
		if d.Needed == nil || *d.Needed {
			el.weights[2] = min(el.weights[1], weigh(el.raw, share))
		}
		out = append(out, el)
	}
	return out
}

// ToPartner reports whether a data element at that part of the exchange goes
// to the partner. A file counts as sent by who starts the exchange.
func (e Edge) ToPartner(at drawbridge.At) bool {
	if e.Interface == "" {
		return false
	}
	forward := at != drawbridge.AtResponse
	return forward == (e.Interface == e.To)
}

// flowKey names a key of a flow as messages and questions write it.
func flowKey(flow, key string) string { return "flows[" + flow + "]." + key }
