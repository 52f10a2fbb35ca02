package exchange

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/yaml"
)

// threagileFile holds what the parts of one Threagile file refer to.
type threagileFile struct {
	categories map[string]string // data asset to category, "" when it is none
	node       map[string]string // technical asset to the id of a system or interface
	interfaces map[string]bool   // of those ids
	subs       map[string]string // technical asset to sub-processor
	zone       map[string]string // technical asset to its zone
	partner    map[string]bool   // technical assets that stand in the partner's boundary
}

// threagile reads a Threagile model.
func (in *importer) threagile(root *yaml.Node) error {
	assets := get(root, "technical_assets")
	if assets == nil || str(root, "threagile_version") == "" {
		return drawbridge.Errorf(drawbridge.Invalid, "%s is no Threagile model: it needs threagile_version and technical_assets; models split by includes have to be joined first", in.name)
	}
	f := &threagileFile{
		categories: map[string]string{}, node: map[string]string{}, interfaces: map[string]bool{},
		subs: map[string]string{}, zone: map[string]string{}, partner: map[string]bool{},
	}
	in.threagileHead(root)
	in.threagileData(f, get(root, "data_assets"))
	in.threagileZones(f, get(root, "trust_boundaries"))
	for _, e := range entries(assets) {
		in.threagileAsset(f, e)
	}
	for _, e := range entries(assets) {
		for _, link := range entries(get(e.value, "communication_links")) {
			in.threagileLink(f, str(e.value, "id"), link)
		}
	}
	for _, key := range []string{"questions", "abuse_cases", "security_requirements", "shared_runtimes", "individual_risk_categories", "risk_tracking"} {
		for _, e := range entries(get(root, key)) {
			in.lost.add(key+" "+e.key, "a manifest has no place for it")
		}
	}
	in.leftOver("", root, "threagile_version", "title", "author", "business_criticality", "business_overview", "tags_available", "data_assets",
		"technical_assets", "trust_boundaries", "questions", "abuse_cases", "security_requirements", "shared_runtimes", "individual_risk_categories", "risk_tracking")
	in.threagileDirections()
	return nil
}

// carriedTag returns what a tag of ours says under a name.
func carriedTag(tags []string, name string) (string, bool) {
	for _, t := range tags {
		if v, ok := strings.CutPrefix(t, tagPrefix+name); ok && (v == "" || v[0] == '=') {
			return strings.TrimPrefix(v, "="), true
		}
	}
	return "", false
}

func (in *importer) threagileHead(root *yaml.Node) {
	tags := texts(get(root, "tags_available"))
	id, own := carriedTag(tags, "id")
	in.out.ID = slug(cmp.Or(id, str(root, "title")), 63)
	if title := named(str(root, "title")); title != in.out.ID {
		in.out.Name = title
	}
	in.out.Purpose = str(get(root, "business_overview"), "description")
	switch environment, _ := carriedTag(tags, "environment"); environment {
	case "production", "staging", "sandbox", "test", "development":
		in.out.Environment = environment
	default:
		in.lost.add("environment", "the model does not say which environment it shows: production is assumed")
	}
	if partner, ok := carriedTag(tags, "partner"); ok {
		in.out.Partner = slug(partner, 63)
	}
	for _, tier := range drawbridge.Tiers() {
		if c := str(root, "business_criticality"); c != "" && c == criticality[tier] && !own {
			in.out.Criticality.TierHint = tier
		}
	}
	if author := str(get(root, "author"), "name"); author != "" && !own {
		in.lost.add("author", "a manifest names teams and roles, never persons; write it under owners")
	}
}

// threagileData finds the category of each data asset.
func (in *importer) threagileData(f *threagileFile, data *yaml.Node) {
	byID := map[string]string{}
	for _, c := range in.opt.Taxonomy.Categories() {
		byID[dataID(c.ID)] = c.ID
	}
	for _, e := range entries(data) {
		id := str(e.value, "id")
		f.categories[id] = byID[id]
		if byID[id] == "" && id != uncategorised {
			in.lost.add("data_assets "+e.key, "it is no data category, and its confidentiality %q is none either: its elements have none yet", str(e.value, "confidentiality"))
		}
	}
}

// threagileZones gives each technical asset its zone. A boundary inside itself
// is cut where it comes back.
func (in *importer) threagileZones(f *threagileFile, boundaries *yaml.Node) {
	byID, parent := map[string]entry{}, map[string]string{}
	for _, e := range entries(boundaries) {
		id := str(e.value, "id")
		byID[id] = e
		for _, child := range texts(get(e.value, "trust_boundaries_nested")) {
			parent[child] = id
		}
		in.leftOver("trust_boundaries "+e.key, e.value, "id", "description", "type", "tags", "technical_assets_inside", "trust_boundaries_nested")
	}
	for _, id := range sortedKeys(byID) {
		var parts, seen []string
		partner := false
		zone, carried := carriedTag(texts(get(byID[id].value, "tags")), "zone")
		for at := id; byID[at].value != nil && !slices.Contains(seen, at) && len(seen) < 8; at = parent[at] {
			seen = append(seen, at)
			e := byID[at]
			partner = partner || in.foreign(e.key+" "+at+" "+strings.Join(texts(get(e.value, "tags")), " "))
			if part := slug(e.key, 60); part != "" {
				parts = append(parts, part)
			}
		}
		slices.Reverse(parts)
		if !carried {
			zone = strings.Join(parts, "/")
		} else {
			zone = zoneForm(zone)
			partner = zone == "partner" || strings.HasPrefix(zone, "partner/")
		}
		for _, asset := range texts(get(byID[id].value, "technical_assets_inside")) {
			f.zone[asset], f.partner[asset] = zone, partner
		}
	}
}

// zoneForm brings a path into the form of a zone.
func zoneForm(path string) string {
	var parts []string
	for part := range strings.SplitSeq(path, "/") {
		if part = slug(part, 60); part != "" && len(parts) < 8 {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "/")
}

func (in *importer) threagileAsset(f *threagileFile, e entry) {
	x := e.value
	was := str(x, "id")
	if was == "" || f.node[was] != "" || f.subs[was] != "" {
		in.lost.add("technical_assets "+e.key, "it has no id of its own")
		return
	}
	tags := texts(get(x, "tags"))
	want, _ := carriedTag(tags, "is")
	kind, own := carriedTag(tags, "kind")
	name := named(e.key)
	if _, ok := carriedTag(tags, "subprocessor"); ok {
		f.subs[was] = strings.TrimPrefix(cmp.Or(want, was), "subprocessor/")
		in.lost.add("technical_assets "+e.key, "a sub-processor stands in the partner's file: write it there")
		return
	}
	id := in.id("element", cmp.Or(want, was))
	f.node[was] = id
	if name == id {
		name = ""
	}
	_, isInterface := carriedTag(tags, "interface")
	if !own {
		isInterface = f.partner[was] || str(x, "out_of_scope") == "true" && str(x, "used_as_client_by_human") != "true"
		in.leftOver("technical_assets "+e.key, x, "id", "description", "type", "tags", "owner", "out_of_scope", "used_as_client_by_human", "technology",
			"communication_links", "data_assets_processed")
	}
	if isInterface {
		f.interfaces[id] = true
		i := manifest.Interface{ID: id, Name: name, Kind: drawbridge.HTTPAPI, Direction: drawbridge.Outbound, Source: drawbridge.Imported}
		if slices.Contains(drawbridge.InterfaceKinds(), drawbridge.InterfaceKind(kind)) {
			i.Kind, i.Source = drawbridge.InterfaceKind(kind), ""
		} else {
			in.lost.add("technical_assets "+e.key, "its technology %q is no interface kind: http_api is assumed", str(x, "technology"))
		}
		if direction, _ := carriedTag(tags, "direction"); direction == string(drawbridge.Inbound) {
			i.Direction = drawbridge.Inbound
		}
		in.out.Interfaces = append(in.out.Interfaces, i)
		return
	}
	s := manifest.System{ID: id, Name: name, Zone: f.zone[was], Source: drawbridge.Imported}
	if s.Zone == "internal" {
		s.Zone = ""
	}
	switch kind {
	case "service", "store", "user", "browser", "mobile", "job", "queue":
		s.Kind, s.Source = kind, ""
	default:
		s.Kind = systemKind(str(x, "type") + " " + str(x, "technology"))
		if str(x, "used_as_client_by_human") == "true" {
			s.Kind = "user"
		}
	}
	in.out.Systems = append(in.out.Systems, s)
}

func (in *importer) threagileLink(f *threagileFile, source string, e entry) {
	where := fmt.Sprintf("communication_links %s", e.key)
	from, to := f.node[source], f.node[str(e.value, "target")]
	if from == "" || to == "" {
		in.lost.add(where, "it goes from %q to %q, and one of them is no system or interface", source, str(e.value, "target"))
		return
	}
	flow := manifest.Flow{ID: in.id("flow", e.key), From: from, To: to, Source: drawbridge.Imported}
	if name := named(str(e.value, "description")); name != flow.ID {
		flow.Name = name
	}
	seen := map[string]bool{}
	for _, part := range []struct {
		key string
		at  drawbridge.At
	}{{"data_assets_sent", drawbridge.AtRequest}, {"data_assets_received", drawbridge.AtResponse}} {
		for _, asset := range texts(get(e.value, part.key)) {
			field := drawbridge.FieldPath("").Child(cmp.Or(idForm(asset), "asset"))
			key := string(part.at) + string(field)
			if seen[key] {
				continue
			}
			seen[key] = true
			flow.Data = append(flow.Data, manifest.DataElement{At: part.at, Field: field, Category: f.categories[asset], Source: drawbridge.Imported})
		}
	}
	for _, key := range []string{"protocol", "authentication", "authorization"} {
		if v := str(e.value, key); v != "" && v != "none" && v != "unknown-protocol" {
			in.lost.add(where+"."+key, "%s belongs to an interface of the manifest: write it there", v)
		}
	}
	in.leftOver(where, e.value, "target", "description", "protocol", "authentication", "authorization", "tags", "usage", "vpn", "ip_filtered", "readonly",
		"data_assets_sent", "data_assets_received")
	in.out.Flows = append(in.out.Flows, flow)
}

// threagileDirections turns assumed interfaces around that only ever start
// flows.
func (in *importer) threagileDirections() {
	called, starts := map[string]bool{}, map[string]bool{}
	for _, f := range in.out.Flows {
		called[f.To], starts[f.From] = true, true
	}
	for i := range in.out.Interfaces {
		x := &in.out.Interfaces[i]
		if x.Source == drawbridge.Imported && starts[x.ID] && !called[x.ID] {
			x.Direction = drawbridge.Inbound
		}
	}
}
