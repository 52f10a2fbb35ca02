package exchange

import (
	"slices"

	"drawbridge"
	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
	"drawbridge/internal/taxonomy"
	"drawbridge/internal/yaml"
)

// The keys under "attributes" that hold what the format has no place for.
const (
	attrSelf    = "drawbridge"         // the element as the manifest has it
	attrPartner = "drawbridge_partner" // the partner's file
	attrRole    = "drawbridge_role"    // system, interface, subprocessor, flow, onward
)

// The trust that the format wants as a number; no manifest holds it.
const (
	trustOurs         = 75
	trustPartner      = 25
	trustSubprocessor = 10
)

// dataMap is the one representation that we write.
const dataMap = "data-map"

// uncategorised is the asset of data elements that nobody has named.
const uncategorised = "uncategorised"

// writeOTM writes Open Threat Model 0.2. Each element carries its part of the
// manifest in its attributes, so that reading the file again loses nothing.
func writeOTM(b *manifest.Bundle, m *flow.Map, t *taxonomy.Taxonomy, l *losses) (yaml.Node, error) {
	c, err := takeApart(b)
	if err != nil {
		return yaml.Node{}, err
	}
	in := b.Integration
	attributes := object(attrSelf, c.rest)
	if c.partner != nil {
		put(&attributes, attrPartner, *c.partner)
	}
	project := object("id", in.ID, "name", m.Name)
	if in.Purpose != "" {
		put(&project, "description", in.Purpose)
	}
	if in.Owners.Business != "" {
		put(&project, "owner", string(in.Owners.Business))
	}
	if len(in.Tags) > 0 {
		put(&project, "tags", in.Tags)
	}
	put(&project, "attributes", attributes)
	representations := list()
	representations.Children = append(representations.Children, object("id", dataMap, "name", "Data map", "type", "threat-model"))
	root := object("otmVersion", yaml.Node{Value: "0.2.0", Style: yaml.Double}, "project", project, "representations", representations,
		"assets", otmAssets(m, t), "trustZones", otmZones(m), "components", otmComponents(b, m, c), "dataflows", otmFlows(b, m, c))
	l.add("trustZones.risk.trustRating", "the format wants a number that a manifest does not hold: %d for our zones, %d for the partner's, %d for sub-processors", trustOurs, trustPartner, trustSubprocessor)
	l.add("assets.risk", "integrity and availability are not in a manifest: 50 is written; confidentiality is 25 a level, unknown counts as 100")
	l.add("threats", "threats and mitigations are not part of the map: drawbridge threats lists them")
	for _, i := range in.Interfaces {
		if i.Spec != "" {
			l.add("interfaces["+i.ID+"].spec", "the name %s is carried, the file itself is not", i.Spec)
		}
	}
	if b.Integration.Extends != "" {
		l.add("extends", "what %s says is written out; the link to it is gone", b.Integration.Extends)
	}
	return root, nil
}

// otmAssets writes one asset a data category.
func otmAssets(m *flow.Map, t *taxonomy.Taxonomy) yaml.Node {
	used, open := map[string]bool{}, false
	for _, e := range m.Edges {
		for _, c := range e.Categories {
			used[c] = true
		}
		open = open || e.Unknown > 0
	}
	out := list()
	add := func(id, name string, level drawbridge.Level) {
		risk := object("confidentiality", 25*int(level.Worst()), "integrity", 50, "availability", 50, "comment", "level "+level.String())
		risk.Flow = true
		out.Children = append(out.Children, object("id", id, "name", name, "risk", risk))
	}
	for _, id := range sortedKeys(used) {
		c, ok := t.Category(id)
		if !ok {
			c.Name, c.Level = id, drawbridge.LevelUnknown
		}
		add(id, c.Name, c.Level)
	}
	if open {
		add(uncategorised, "Data without a category", drawbridge.LevelUnknown)
	}
	return out
}

func otmZones(m *flow.Map) yaml.Node {
	out := list()
	for _, b := range m.Boundaries {
		trust, side := trustOurs, "ours"
		switch b.ID {
		case "partner":
			trust, side = trustPartner, "partner"
		case "partner/subprocessors":
			trust, side = trustSubprocessor, "subprocessors"
		}
		zone := object("id", b.ID, "name", b.Name, "type", "trust-boundary", "risk", object("trustRating", trust))
		if b.Parent != "" {
			put(&zone, "parent", object("trustZone", b.Parent))
		}
		put(&zone, "attributes", object(attrRole, side))
		out.Children = append(out.Children, zone)
	}
	return out
}

func otmComponents(b *manifest.Bundle, m *flow.Map, c *carried) yaml.Node {
	stored := storedAt(b)
	out := list()
	for _, n := range m.Nodes {
		kind, role, self := n.System, "system", c.systems[n.ID]
		switch n.Kind {
		case flow.NodeInterface:
			kind, role, self = string(n.InterfaceKind), "interface", c.interfaces[n.ID]
		case flow.NodeSubprocessor:
			kind, role, self = "subprocessor", "subprocessor", yaml.Node{}
		default: // a system of ours
		}
		if kind == "" {
			kind = "service"
		}
		x := object("id", n.ID, "name", n.Name, "type", kind, "parent", object("trustZone", n.Boundary))
		if list := stored[n.ID]; len(list) > 0 {
			put(&x, "assets", object("stored", list))
		}
		attributes := object(attrRole, role)
		if self.Kind == yaml.Map {
			put(&attributes, attrSelf, self)
		}
		put(&x, "attributes", attributes)
		out.Children = append(out.Children, x)
	}
	return out
}

// storedAt lists the categories that each interface's other side keeps.
func storedAt(b *manifest.Bundle) map[string][]string {
	interfaces := map[string]bool{}
	for _, i := range b.Integration.Interfaces {
		interfaces[i.ID] = true
	}
	out := map[string][]string{}
	for _, f := range b.Integration.Flows {
		at := f.To
		if !interfaces[at] {
			at = f.From
		}
		if f.Retention.Period == nil || *f.Retention.Period == 0 || !interfaces[at] {
			continue
		}
		for _, d := range f.Data {
			if d.Category != "" && d.Transform != "drop" {
				out[at] = append(out[at], d.Category)
			}
		}
	}
	for at := range out {
		slices.Sort(out[at])
		out[at] = slices.Compact(out[at])
	}
	return out
}

func otmFlows(b *manifest.Bundle, m *flow.Map, c *carried) yaml.Node {
	purposes := map[string]string{}
	for _, f := range b.Integration.Flows {
		purposes[f.ID] = f.Purpose
	}
	out := list()
	for _, e := range m.Edges {
		x := object("id", e.ID, "name", e.Name, "source", e.From, "destination", e.To, "bidirectional", e.Back > 0)
		if p := purposes[e.ID]; p != "" && e.Kind == flow.EdgeFlow {
			put(&x, "description", p)
		}
		assets := slices.Clone(e.Categories)
		if e.Unknown > 0 {
			assets = append(assets, uncategorised)
		}
		if len(assets) > 0 {
			put(&x, "assets", assets)
		}
		attributes := object(attrRole, string(e.Kind))
		if self, ok := c.flows[e.ID]; ok && e.Kind == flow.EdgeFlow {
			put(&attributes, attrSelf, self)
		}
		put(&x, "attributes", attributes)
		out.Children = append(out.Children, x)
	}
	return out
}
