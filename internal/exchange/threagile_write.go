package exchange

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
	"drawbridge/internal/taxonomy"
	"drawbridge/internal/yaml"
)

// tagPrefix marks the tags that carry what the format has no place for.
const tagPrefix = "drawbridge:"

var (
	confidentiality = []string{"public", "internal", "restricted", "confidential", "strictly-confidential"}
	criticality     = map[drawbridge.Tier]string{
		drawbridge.TierLow: "operational", drawbridge.TierMedium: "important",
		drawbridge.TierHigh: "critical", drawbridge.TierCritical: "mission-critical",
	}
	technologies = map[string]string{
		"service": "application-server", "store": "database", "browser": "browser", "mobile": "mobile-app", "user": "client-system",
		"job": "batch-processing", "queue": "message-queue", "http_api": "web-service-rest", "model_api": "ai", "file": "file-server",
		"oauth_app": "identity-provider", "sdk": "library", "script": "library", "widget": "web-application",
	}
	protocols = map[string]string{
		"https": "https", "http": "http", "wss": "wss", "ws": "ws", "sse": "https", "sftp": "sftp", "ftps": "ftps", "ftp": "ftp",
		"scp": "scp", "s3": "https", "mqtt": "mqtt", "amqp": "binary", "amqps": "binary-encrypted", "kafka": "binary",
		"mqtts": "binary-encrypted", "nats": "binary", "grpc": "binary-encrypted",
	}
)

// threagileModel is one model while it is written.
type threagileModel struct {
	b    *manifest.Bundle
	m    *flow.Map
	t    *taxonomy.Taxonomy
	ids  map[string]string // node id to asset id
	tags map[string]bool
	in   map[string]*manifest.Interface
}

// writeThreagile writes a Threagile model. Kinds, directions and ids that the
// format lacks travel as tags; everything else that it lacks is listed.
func writeThreagile(b *manifest.Bundle, m *flow.Map, t *taxonomy.Taxonomy, l *losses) (yaml.Node, error) {
	x := &threagileModel{b: b, m: m, t: t, ids: map[string]string{}, tags: map[string]bool{}, in: map[string]*manifest.Interface{}}
	taken := map[string]bool{}
	for i := range b.Integration.Interfaces {
		x.in[b.Integration.Interfaces[i].ID] = &b.Integration.Interfaces[i]
	}
	for _, n := range m.Nodes {
		x.ids[n.ID] = unique(taken, assetID(n.ID))
	}
	in := b.Integration
	assets, links := x.technicalAssets(), x.boundaries()
	data := x.dataAssets()
	x.tag("id=" + in.ID)
	x.tag("environment=" + in.Environment)
	if in.Partner != "" {
		x.tag("partner=" + in.Partner)
	}
	root := object("threagile_version", yaml.Node{Value: "1.0.0", Style: yaml.Double}, "title", m.Name,
		"author", object("name", cmp.Or(string(in.Owners.Business), "Drawbridge")),
		"business_criticality", cmp.Or(criticality[in.Criticality.TierHint], "important"),
		"business_overview", object("description", in.Purpose), "technical_overview", object("description", ""),
		"questions", object(), "abuse_cases", object(), "security_requirements", object(),
		"tags_available", sortedKeys(x.tags), "data_assets", data, "technical_assets", assets, "trust_boundaries", links,
		"shared_runtimes", object(), "individual_risk_categories", object(), "risk_tracking", object())
	l.add("technical_assets", "machine, encryption, redundancy and the like are not in a manifest: virtual, none and false are written")
	l.add("data_assets", "integrity and availability are not in a manifest: operational is written; data without a category is strictly confidential")
	l.add("communication_links", "authorization, vpn and ip_filtered are not in a manifest: none and false are written")
	c, err := takeApart(b)
	if err != nil {
		return root, err
	}
	listLost(c, l)
	return root, nil
}

// assetID brings an id into Threagile's form: letters, digits and hyphens.
func assetID(id string) string {
	return cmp.Or(strings.Trim(mapRunes(id, func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	}, 80), "-"), "asset")
}

func unique(taken map[string]bool, want string) string {
	id := want
	for n := 2; taken[id]; n++ {
		id = fmt.Sprintf("%s-%d", want, n)
	}
	taken[id] = true
	return id
}

// tag registers a tag and returns it as it is written.
func (x *threagileModel) tag(s string) string {
	s = strings.ToLower(tagPrefix + s)
	x.tags[s] = true
	return s
}

// dataID is the data asset of a category.
func dataID(category string) string { return assetID(cmp.Or(category, uncategorised)) }

func (x *threagileModel) dataAssets() yaml.Node {
	used := map[string]bool{}
	for _, f := range x.b.Integration.Flows {
		for _, d := range f.Data {
			used[d.Category] = true
		}
	}
	out := object()
	for _, id := range sortedKeys(used) {
		level, title, why := drawbridge.LevelUnknown, uncategorised, "nobody has categorised it"
		if c, ok := x.t.Category(id); ok {
			level, title, why = c.Level, id, "level "+c.Level.String()+" of data category "+id
		} else if id != "" {
			title = id
		}
		put(&out, title, object("id", dataID(id), "description", why, "usage", "business", "tags", []string{}, "quantity", "many",
			"confidentiality", confidentiality[level.Worst()], "integrity", "operational", "availability", "operational",
			"justification_cia_rating", why))
	}
	return out
}

func (x *threagileModel) technicalAssets() yaml.Node {
	out := object()
	titles := map[string]bool{}
	for _, n := range x.m.Nodes {
		kind := cmp.Or(string(n.InterfaceKind), n.System, "service")
		tags := []string{x.tag("kind=" + kind)}
		if x.ids[n.ID] != n.ID {
			tags = append(tags, x.tag("is="+n.ID))
		}
		shape, outside := "process", false
		switch n.Kind {
		case flow.NodeStore:
			shape = "datastore"
		case flow.NodeUser:
			shape = "external-entity"
		case flow.NodeInterface:
			shape, outside = "external-entity", true
			tags = append(tags, x.tag("interface"), x.tag("direction="+string(n.Direction)))
		case flow.NodeSubprocessor:
			shape, outside = "external-entity", true
			tags = append(tags, x.tag("subprocessor"))
		default: // a process
		}
		worst, processed := x.processed(n.ID)
		asset := object("id", x.ids[n.ID], "description", n.Name, "type", shape, "usage", "business",
			"used_as_client_by_human", n.Kind == flow.NodeUser, "out_of_scope", outside, "justification_out_of_scope", because(outside),
			"size", "system", "technology", cmp.Or(technologies[kind], "unknown-technology"), "tags", tags, "internet", outside,
			"machine", "virtual", "encryption", "none", "owner", n.Owner, "confidentiality", confidentiality[worst.Worst()],
			"integrity", "operational", "availability", "operational", "justification_cia_rating", "from the data of its flows",
			"multi_tenant", outside, "redundant", false, "custom_developed_parts", !outside,
			"data_assets_processed", processed, "data_assets_stored", []string{}, "data_formats_accepted", x.formats(n.ID),
			"communication_links", x.links(n.ID))
		put(&out, unique(titles, cmp.Or(oneLine(n.Name), n.ID)), asset)
	}
	return out
}

func because(outside bool) string {
	if outside {
		return "it belongs to the partner"
	}
	return ""
}

// processed returns the data assets that an element's flows move.
func (x *threagileModel) processed(node string) (drawbridge.Level, []string) {
	worst, list := drawbridge.LevelPublic, []string{}
	for _, f := range x.b.Integration.Flows {
		if f.From != node && f.To != node {
			continue
		}
		for _, d := range f.Data {
			level := drawbridge.LevelUnknown
			if c, ok := x.t.Category(d.Category); ok {
				level = c.Level
			}
			worst = max(worst, level.Worst())
			list = append(list, dataID(d.Category))
		}
	}
	slices.Sort(list)
	return worst, slices.Compact(list)
}

func (x *threagileModel) formats(node string) []string {
	out := []string{}
	if i := x.in[node]; i != nil {
		for _, f := range i.Formats {
			switch f {
			case "json", "xml", "csv":
				out = append(out, f)
			case "java-serialized", "pickle", "php-serialized":
				out = append(out, "serialization")
			case "multipart", "binary", "archive":
				out = append(out, "file")
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// links writes the flows that start at an element.
func (x *threagileModel) links(node string) yaml.Node {
	out := object()
	for i := range x.b.Integration.Flows {
		f := &x.b.Integration.Flows[i]
		if f.From != node {
			continue
		}
		sent, received := []string{}, []string{}
		for _, d := range f.Data {
			if d.At == drawbridge.AtResponse {
				received = append(received, dataID(d.Category))
			} else {
				sent = append(sent, dataID(d.Category))
			}
		}
		slices.Sort(sent)
		slices.Sort(received)
		protocol, auth := "unknown-protocol", "none"
		iface := x.in[f.To]
		if iface == nil {
			iface = x.in[f.From]
		}
		if iface != nil {
			protocol, auth = protocolOf(iface), authOf(iface)
		}
		put(&out, f.ID, object("target", x.ids[f.To], "description", cmp.Or(f.Name, f.ID), "protocol", protocol, "authentication", auth,
			"authorization", "none", "tags", []string{}, "vpn", false, "ip_filtered", false, "readonly", f.Mutates != nil && !*f.Mutates,
			"usage", "business", "data_assets_sent", slices.Compact(sent), "data_assets_received", slices.Compact(received)))
	}
	return out
}

func protocolOf(i *manifest.Interface) string {
	for _, p := range i.Protocols {
		if known := protocols[p]; known != "" {
			return known
		}
	}
	return "unknown-protocol"
}

func authOf(i *manifest.Interface) string {
	switch i.Auth.Type {
	case "", "none", "ip_allowlist":
		return "none"
	case "mtls", "ssh_key":
		return "client-certificate"
	case "basic", "password":
		return "credentials"
	case "cookie":
		return "session-id"
	default:
		return "token"
	}
}

func (x *threagileModel) boundaries() yaml.Node {
	inside, nested := map[string][]string{}, map[string][]string{}
	ids, taken := map[string]string{}, map[string]bool{}
	for _, b := range x.m.Boundaries {
		ids[b.ID] = unique(taken, "zone-"+assetID(b.ID))
	}
	for _, n := range x.m.Nodes {
		inside[n.Boundary] = append(inside[n.Boundary], x.ids[n.ID])
	}
	for _, b := range x.m.Boundaries {
		if b.Parent != "" {
			nested[b.Parent] = append(nested[b.Parent], ids[b.ID])
		}
	}
	out := object()
	titles := map[string]bool{}
	for _, b := range x.m.Boundaries {
		put(&out, unique(titles, b.ID), object("id", ids[b.ID], "description", b.Name, "type", "execution-environment",
			"tags", []string{x.tag("zone=" + b.ID)},
			"technical_assets_inside", append([]string{}, inside[b.ID]...), "trust_boundaries_nested", append([]string{}, nested[b.ID]...)))
	}
	return out
}
