package flow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"drawbridge"
)

// The limits of one drawing. A map beyond them is drawn by its boundaries.
const (
	maxDrawnNodes = 100
	maxDrawnLinks = 240
	maxParallel   = 6  // more flows between the same two ends are drawn as one line
	manyLinks     = 60 // with more lines, all flows between the same two ends are drawn as one, and labels have one line
)

// view is what is drawn: the map, or its clusters.
type view struct {
	boundaries []Boundary
	nodes      []Node
	links      []link
	note       string // what the reader must know, like "drawn by boundary"
}

// link is one line of the drawing: one edge, or several that run together.
type link struct {
	Edge
	flows int // edges that it stands for
}

// dense reports whether labels have to do with one line.
func (v *view) dense() bool { return len(v.links) > manyLinks }

// view chooses how much of the map one drawing can show.
func (m *Map) view() view {
	if len(m.Nodes) <= maxDrawnNodes {
		links, ok := bundle(m.Edges, maxParallel)
		note := ""
		if len(links) > manyLinks || !ok {
			before := len(m.Edges)
			if links, ok = bundle(m.Edges, 1); len(links) < before {
				note = "Flows between the same two ends are drawn as one line. The table and JSON formats list each of them."
			}
		}
		if ok {
			return view{boundaries: m.Boundaries, nodes: m.Nodes, links: links, note: note}
		}
	}
	for depth := maxZoneDepth; depth > 0; depth-- {
		if v, ok := m.cluster(depth); ok {
			return v
		}
	}
	v, _ := m.cluster(0)
	return v
}

// bundle joins edges between the same two ends when they are more than
// parallel. It reports false when too many lines are left.
func bundle(edges []Edge, parallel int) ([]link, bool) {
	type pair struct {
		from, to string
		kind     EdgeKind
		possible bool
	}
	groups := map[pair][]int{}
	for i, e := range edges {
		p := pair{e.From, e.To, e.Kind, e.Possible}
		groups[p] = append(groups[p], i)
	}
	if len(groups) > maxDrawnLinks {
		return nil, false
	}
	var out []link
	for i, e := range edges {
		group := groups[pair{e.From, e.To, e.Kind, e.Possible}]
		switch {
		case len(group) <= parallel:
			out = append(out, link{e, 1})
		case group[0] == i:
			out = append(out, join(edges, group))
		}
		if len(out) > maxDrawnLinks {
			return nil, false
		}
	}
	return out, true
}

// join makes one link of several edges between the same two ends.
func join(edges []Edge, group []int) link {
	first := edges[group[0]]
	l := link{first, len(group)}
	if len(group) == 1 {
		return l
	}
	l.ID = strings.Join([]string{"bundle", string(first.Kind), first.From, first.To}, "/")
	if first.Possible {
		l.ID += "/possible"
	}
	l.Name = fmt.Sprintf("%d flows", len(group))
	if first.Kind == EdgeOnward {
		l.Name = "shared on"
	}
	for _, i := range group[1:] {
		e := edges[i]
		l.Level, l.Raw = max(l.Level, e.Level), max(l.Raw, e.Raw)
		l.Elements += e.Elements
		l.Forward += e.Forward
		l.Back += e.Back
		l.Unknown += e.Unknown
		if e.Elements == 0 && e.Raw == drawbridge.LevelUnknown {
			l.Unknown++ // a flow that declares nothing stays visible in the bundle
		}
	}
	return l
}

// cluster draws the map by boundaries of at most a depth: nodes of one kind in
// one boundary become one node. Depth 0 joins everything of ours. It reports
// false when that is still too much for one drawing.
func (m *Map) cluster(depth int) (view, bool) {
	v := view{note: fmt.Sprintf("%s and %s are too many for one drawing: it is drawn by boundary. The table and JSON formats list each of them.",
		plural(len(m.Nodes), "element"), plural(len(m.Edges), "flow"))}
	if depth == 0 {
		v.boundaries = append(v.boundaries, Boundary{ID: boundaryInternal, Name: "our side, all boundaries"})
	}
	home := map[string]string{} // boundary to the one drawn
	for _, b := range m.Boundaries {
		id := cut(b.ID, depth)
		home[b.ID] = id
		if id == b.ID && (depth > 0 || isPartner(id)) {
			v.boundaries = append(v.boundaries, b)
		}
	}
	count := map[string]int{}
	member := map[string]string{}
	for _, n := range m.Nodes {
		c := Node{Kind: n.Kind, Boundary: home[n.Boundary], InterfaceKind: n.InterfaceKind, Direction: n.Direction}
		c.ID = strings.Join([]string{"cluster", c.Boundary, string(n.Kind), string(n.InterfaceKind), string(n.Direction)}, "/")
		member[n.ID] = c.ID
		if count[c.ID]++; count[c.ID] == 1 {
			v.nodes = append(v.nodes, c)
		}
	}
	if len(v.nodes) > maxDrawnNodes {
		return v, false
	}
	slices.SortFunc(v.nodes, func(a, b Node) int { return cmp.Compare(a.ID, b.ID) })
	for i := range v.nodes {
		v.nodes[i].Name = plural(count[v.nodes[i].ID], string(v.nodes[i].Kind))
	}
	edges := slices.Clone(m.Edges)
	for i := range edges {
		edges[i].From, edges[i].To = member[edges[i].From], member[edges[i].To]
	}
	var ok bool
	v.links, ok = bundle(edges, 1)
	return v, ok
}

// cut shortens a boundary's path to a depth; the partner's are never joined
// with ours.
func cut(id string, depth int) string {
	if isPartner(id) {
		return id
	}
	if depth == 0 {
		return boundaryInternal
	}
	end := 0
	for range depth {
		i := strings.IndexByte(id[end:], '/')
		if i < 0 {
			return id
		}
		end += i + 1
	}
	return id[:end-1]
}

func isPartner(id string) bool {
	return id == boundaryPartner || strings.HasPrefix(id, boundaryPartner+"/")
}
