// Package flow is the map: the nodes, trust boundaries and flows of one
// integration over the whole life of its data, what they expose, and how the
// map is laid out and drawn. It does not judge: threats and scores read it.
package flow

import "drawbridge"

// Map is the data map of one integration. Its slices are sorted by id, so that
// the same manifest always gives the same bytes.
type Map struct {
	Integration string     `json:"integration"`
	Environment string     `json:"environment"`
	Boundaries  []Boundary `json:"boundaries"`
	Nodes       []Node     `json:"nodes"`
	Edges       []Edge     `json:"edges"`
	Life        []Stage    `json:"life"`
	Gaps        []Gap      `json:"gaps"`
}

// Boundary is a trust boundary; boundaries nest.
type Boundary struct {
	ID     string `json:"id"` // path of the zone, "internal/pci"; the partner's is "partner"
	Name   string `json:"name"`
	Parent string `json:"parent,omitempty"`
}

// NodeKind says what a node is.
type NodeKind string

// The node kinds.
const (
	NodeSystem       NodeKind = "system"
	NodeStore        NodeKind = "store"
	NodeUser         NodeKind = "user"
	NodeInterface    NodeKind = "interface" // the partner's end of an interface
	NodeSubprocessor NodeKind = "subprocessor"
)

// Node is an element of the map.
type Node struct {
	ID            string                   `json:"id"` // the manifest's id of the system or interface
	Name          string                   `json:"name"`
	Kind          NodeKind                 `json:"kind"`
	InterfaceKind drawbridge.InterfaceKind `json:"interface_kind,omitempty"`
	Direction     drawbridge.Direction     `json:"direction,omitempty"`
	Boundary      string                   `json:"boundary"`
	Owner         string                   `json:"owner,omitempty"`
	Region        string                   `json:"region,omitempty"`
}

// Edge is one flow on the map, with what the data adds up to.
type Edge struct {
	ID         string           `json:"id"` // the manifest's id of the flow
	Name       string           `json:"name"`
	From       string           `json:"from"`
	To         string           `json:"to"`
	Interface  string           `json:"interface"`  // id of the interface at one of its ends, or ""
	Crosses    bool             `json:"crosses"`    // crosses a trust boundary
	Level      drawbridge.Level `json:"level"`      // greatest known level of its data after transforms; LevelUnknown when nothing is known
	Raw        drawbridge.Level `json:"raw_level"`  // the same before transforms
	Elements   int              `json:"elements"`   // data elements
	Unknown    int              `json:"unknown"`    // of them without a category
	Categories []string         `json:"categories"` // sorted
	Exposure   Exposure         `json:"exposure"`
}

// Exposure quantifies what a flow gives away. Points are relative: comparable
// between flows and integrations, with no unit of their own. The formula is in
// the method's documentation, and every factor is listed.
type Exposure struct {
	Points   float64  `json:"points"`         // as declared, transforms and all
	Raw      float64  `json:"raw_points"`     // without any transform
	Minimal  float64  `json:"minimal_points"` // with only needed elements, each by its category's own operator
	Saved    float64  `json:"saved"`          // share of Raw that the declared transforms save, 0..1
	Possible float64  `json:"possible"`       // share of Points that minimisation would still save, 0..1
	Factors  []Factor `json:"factors"`
	Assumed  []string `json:"assumed,omitempty"` // unknowns that were counted as the worst case
}

// Factor is one term of an exposure.
type Factor struct {
	Name  string  `json:"name"`
	Input string  `json:"input"` // as the person wrote it, or "unknown"
	Value float64 `json:"value"`
}

// Stage is one step in the life of the data.
type Stage struct {
	Name   string   `json:"name"` // collected, sent, processed, stored, shared, deleted
	Known  bool     `json:"known"`
	Where  []string `json:"where"` // node ids, countries, mechanisms
	Detail string   `json:"detail"`
}

// Gap is something about the life of the data that the manifest does not say.
type Gap struct {
	Element string `json:"element"` // id of the flow or node, or "integration"
	Stage   string `json:"stage"`
	Text    string `json:"text"`
	Key     string `json:"key"` // manifest key that answers it, like flows[charge].retention.period
}
