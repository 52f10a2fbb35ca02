// Package flow is the map: the nodes, trust boundaries and flows of one
// integration over the whole life of its data, what they expose, and how the
// map is laid out and drawn. It does not judge: threats and scores read it.
//
//	m, err := flow.Build(bundle, taxonomy.Builtin())
//	err = m.SVG(os.Stdout)
package flow

import "drawbridge"

// Map is the data map of one integration. Its slices are sorted by id, so that
// the same manifest always gives the same bytes.
type Map struct {
	Integration string     `json:"integration"`
	Environment string     `json:"environment"`
	Name        string     `json:"name"` // for people; the id when the manifest gives none
	Boundaries  []Boundary `json:"boundaries"`
	Nodes       []Node     `json:"nodes"`
	Edges       []Edge     `json:"edges"`
	Life        []Stage    `json:"life"`
	Gaps        []Gap      `json:"gaps"` // sorted by stage, element and key
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
	ID            string                   `json:"id"` // the manifest's id of the system or interface; "subprocessor/<id>"
	Name          string                   `json:"name"`
	Kind          NodeKind                 `json:"kind"`
	System        string                   `json:"system_kind,omitempty"` // the manifest's kind of a system of ours
	InterfaceKind drawbridge.InterfaceKind `json:"interface_kind,omitempty"`
	Direction     drawbridge.Direction     `json:"direction,omitempty"`
	Boundary      string                   `json:"boundary"`
	Owner         string                   `json:"owner,omitempty"`
	Region        string                   `json:"region,omitempty"`
}

// EdgeKind says what an edge is.
type EdgeKind string

// The edge kinds.
const (
	EdgeFlow   EdgeKind = "flow"   // a flow of the manifest
	EdgeOnward EdgeKind = "onward" // the partner passes data on to a sub-processor
)

// Edge is one flow on the map, with what the data adds up to. An onward edge
// joins all flows of one interface that reach one sub-processor; it has no
// exposure of its own, because each flow already counts its recipients.
type Edge struct {
	ID         string           `json:"id"` // the manifest's id of the flow; "<interface>/<sub-processor>" when onward
	Name       string           `json:"name"`
	Kind       EdgeKind         `json:"kind"`
	Possible   bool             `json:"possible,omitempty"` // onward, and no flow says so: the sub-processor is listed, shared_with is unanswered
	From       string           `json:"from"`
	To         string           `json:"to"`
	Interface  string           `json:"interface"`        // id of the interface at one of its ends, or ""
	Crosses    bool             `json:"crosses"`          // crosses a trust boundary
	Level      drawbridge.Level `json:"level"`            // greatest known level of its data after transforms; LevelUnknown when nothing is known
	Raw        drawbridge.Level `json:"raw_level"`        // the same before transforms
	Elements   int              `json:"elements"`         // data elements that cross; dropped ones do not
	Forward    int              `json:"forward"`          // of them from From to To
	Back       int              `json:"back"`             // of them from To to From, in the answer
	Unknown    int              `json:"unknown"`          // of them without a category
	Categories []string         `json:"categories"`       // sorted
	Combos     []string         `json:"combos,omitempty"` // combinations of categories that weigh more than their parts
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
