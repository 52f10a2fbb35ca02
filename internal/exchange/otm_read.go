package exchange

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/yaml"
)

// otmFile holds what the parts of one OTM file refer to.
type otmFile struct {
	zones      map[string]*yaml.Node
	components map[string]*yaml.Node
	assets     map[string]bool
	node       map[string]string // component id to the id of a system or interface
	systems    []yaml.Node
	interfaces []yaml.Node
	flows      []yaml.Node
	role       map[string]string // component id to its role
}

// otm reads Open Threat Model.
func (in *importer) otm(root *yaml.Node) error {
	project := get(root, "project")
	if project == nil || project.Kind != yaml.Map || str(root, "otmVersion") == "" {
		return drawbridge.Errorf(drawbridge.Invalid, "%s is no Open Threat Model: it needs otmVersion and project; is it a file of another tool?", in.name)
	}
	f := &otmFile{
		zones: index(get(root, "trustZones")), components: index(get(root, "components")), assets: map[string]bool{},
		node: map[string]string{}, role: map[string]string{},
	}
	for id := range index(get(root, "assets")) {
		f.assets[id] = true
	}
	rest := in.otmProject(project)
	for _, x := range items(get(root, "components")) {
		in.otmComponent(f, x)
	}
	for _, x := range items(get(root, "dataflows")) {
		in.otmFlow(f, x)
	}
	in.otmDirections(f)
	for _, key := range []string{"threats", "mitigations"} {
		for _, x := range items(get(root, key)) {
			in.lost.add(key+" "+cmp.Or(str(x, "id"), str(x, "name")), "%q: a manifest holds no threats; the rules find their own", str(x, "name"))
		}
	}
	for _, x := range items(get(root, "representations")) {
		if id := str(x, "id"); id != dataMap {
			in.lost.add("representations "+id, "places in a drawing or in code are not carried: the map is laid out anew")
		}
	}
	in.leftOver("", root, "otmVersion", "project", "representations", "assets", "trustZones", "components", "dataflows", "threats", "mitigations")
	return in.otmFinish(f, rest)
}

// index maps the ids of a list to its items; the first of two wins.
func index(n *yaml.Node) map[string]*yaml.Node {
	out := map[string]*yaml.Node{}
	for _, x := range items(n) {
		if id := str(x, "id"); id != "" && out[id] == nil {
			out[id] = x
		}
	}
	return out
}

// leftOver lists the keys of an object that were not read.
func (in *importer) leftOver(where string, n *yaml.Node, read ...string) {
	for _, e := range entries(n) {
		if !slices.Contains(read, e.key) && !empty(e.value) {
			in.lost.add(strings.TrimPrefix(where+"."+e.key, "."), "a manifest has no place for it")
		}
	}
}

// otmProject reads the head of the model; it returns what a manifest carried.
func (in *importer) otmProject(p *yaml.Node) yaml.Node {
	attributes := get(p, "attributes")
	rest := object("apiVersion", manifest.APIVersion, "kind", "Integration", "id", cmp.Or(slug(str(p, "id"), 63), "imported"), "environment", "production")
	if own := get(attributes, attrSelf); own != nil && own.Kind == yaml.Map {
		rest = own.Clone()
		set(&rest, "id", text(cmp.Or(slug(str(p, "id"), 63), "imported")))
	} else {
		in.lost.add("environment", "the model does not say which environment it shows: production is assumed")
		if owner := cmp.Or(str(p, "owner"), str(p, "ownerContact")); owner != "" {
			in.lost.add("project.owner", "a manifest names teams and roles, never persons; write it under owners")
		}
	}
	if name := named(str(p, "name")); name != str(&rest, "name") && name != "" && name != str(&rest, "id") {
		set(&rest, "name", text(name))
	}
	if purpose := str(p, "description"); purpose != "" && purpose != str(&rest, "purpose") {
		set(&rest, "purpose", text(purpose))
	}
	if file := get(attributes, attrPartner); file != nil {
		doc, err := manifest.Parse("partner", yaml.Print(file))
		if err == nil && doc.Partner != nil {
			in.partner = doc.Partner
		} else {
			in.lost.add("project.attributes."+attrPartner, "it is no partner's file any more")
		}
	}
	in.leftOver("project.attributes", attributes, attrSelf, attrPartner)
	in.leftOver("project", p, "id", "name", "description", "owner", "ownerContact", "tags", "attributes")
	return rest
}

// zonePath returns the zone of a component: its trust zone and those around it.
// A chain that comes back to itself ends.
func (f *otmFile) zonePath(x *yaml.Node) (zones string, partner bool, words string) {
	var parts []string
	var names []string
	for range maxDepth {
		parent := get(x, "parent")
		if c := f.components[str(parent, "component")]; c != nil {
			x = c
			continue
		}
		zone := f.zones[str(parent, "trustZone")]
		if zone == nil || slices.Contains(names, str(zone, "id")) {
			break
		}
		names = append(names, str(zone, "id"))
		role := str(get(zone, "attributes"), attrRole)
		partner = partner || role == "partner" || role == "subprocessors"
		words += " " + str(zone, "id") + " " + str(zone, "name") + " " + str(zone, "type")
		part := slug(str(zone, "name"), 60)
		if role == "ours" {
			part = path.Base(str(zone, "id"))
		}
		if part != "" {
			parts = append(parts, part)
		}
		x = zone
	}
	slices.Reverse(parts)
	return strings.Join(parts[:min(len(parts), 8)], "/"), partner, words
}

// foreign reports whether words speak of somebody else's system.
func (in *importer) foreign(words string) bool {
	fields := strings.FieldsFunc(strings.ToLower(words), func(r rune) bool { return (r < 'a' || r > 'z') && r != '-' })
	if in.opt.Partner != "" {
		return strings.Contains(strings.ToLower(words), strings.ToLower(in.opt.Partner))
	}
	for _, w := range fields {
		switch w {
		case "partner", "third-party", "vendor", "supplier", "saas":
			return true
		}
	}
	return false
}

func (in *importer) otmComponent(f *otmFile, x *yaml.Node) {
	id := str(x, "id")
	if id == "" || f.role[id] != "" {
		in.lost.add("components "+id, "it has no id of its own")
		return
	}
	attributes := get(x, "attributes")
	role, own := str(attributes, attrRole), get(attributes, attrSelf)
	zone, partner, words := f.zonePath(x)
	if role == "" {
		role = "system"
		if partner || in.foreign(words+" "+strings.Join(texts(get(x, "tags")), " ")) {
			role = "interface"
		}
		in.leftOver("components "+id, x, "id", "name", "type", "parent", "description", "attributes")
	}
	f.role[id] = role
	if role == "subprocessor" {
		return // the partner's file and shared_with bring it back
	}
	n := object()
	if own != nil && own.Kind == yaml.Map {
		n = own.Clone()
		in.ids["element/"+str(&n, "id")] = true
		f.node[id] = str(&n, "id")
	} else {
		f.node[id] = in.id("element", id)
		put(&n, "id", f.node[id], "source", string(drawbridge.Imported))
	}
	if name := named(str(x, "name")); name != "" && name != cmp.Or(str(&n, "name"), str(&n, "id")) {
		set(&n, "name", text(name))
	}
	if role == "interface" {
		if own == nil {
			put(&n, "kind", string(drawbridge.HTTPAPI), "direction", string(drawbridge.Outbound))
			in.lost.add("components "+id, "its type %q is no interface kind: http_api is assumed", str(x, "type"))
		}
		f.interfaces = append(f.interfaces, n)
		return
	}
	if own == nil {
		put(&n, "kind", systemKind(str(x, "type")))
	}
	if zone != "" && zone != cmp.Or(str(&n, "zone"), "internal") {
		set(&n, "zone", text(zone))
	}
	f.systems = append(f.systems, n)
}

// named brings a text into the form of a name.
func named(s string) string {
	s = oneLine(s)
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:197], "") + "…"
	}
	return s
}

// systemKind guesses the kind of a system from a word of another tool.
func systemKind(word string) string {
	word = strings.ToLower(word)
	for _, guess := range []struct{ part, kind string }{
		{"database", "store"},
		{"storage", "store"},
		{"datastore", "store"},
		{"bucket", "store"},
		{"mobile", "mobile"},
		{"browser", "browser"},
		{"web-client", "browser"},
		{"user", "user"},
		{"actor", "user"},
		{"queue", "queue"},
		{"message", "queue"},
		{"batch", "job"},
		{"job", "job"},
	} {
		if strings.Contains(word, guess.part) {
			return guess.kind
		}
	}
	for _, kind := range []string{"store", "user"} {
		if word == kind {
			return kind
		}
	}
	return "service"
}

func (in *importer) otmFlow(f *otmFile, x *yaml.Node) {
	id := str(x, "id")
	attributes := get(x, "attributes")
	if str(attributes, attrRole) == "onward" {
		return
	}
	from, to := f.node[str(x, "source")], f.node[str(x, "destination")]
	if from == "" || to == "" {
		in.lost.add("dataflows "+id, "it goes from %q to %q, and one of them is no component", str(x, "source"), str(x, "destination"))
		return
	}
	n := object()
	own := get(attributes, attrSelf)
	if own != nil && own.Kind == yaml.Map {
		n = own.Clone()
		in.ids["flow/"+str(&n, "id")] = true
	} else {
		put(&n, "id", in.id("flow", id), "source", string(drawbridge.Imported))
		in.leftOver("dataflows "+id, x, "id", "name", "description", "source", "destination", "assets", "bidirectional", "attributes")
	}
	set(&n, "from", text(from))
	set(&n, "to", text(to))
	if name := named(str(x, "name")); name != "" && name != cmp.Or(str(&n, "name"), str(&n, "id")) {
		set(&n, "name", text(name))
	}
	if purpose := named(str(x, "description")); purpose != "" && own == nil {
		put(&n, "purpose", purpose)
	}
	in.otmData(&n, x, id)
	f.flows = append(f.flows, n)
}

// otmData adds the assets of a flow that its carried elements do not hold.
func (in *importer) otmData(n, x *yaml.Node, id string) {
	held := map[string]bool{uncategorised: own(n)}
	data := get(n, "data")
	for _, d := range items(data) {
		held[str(d, "category")] = true
	}
	var more []yaml.Node
	for _, asset := range texts(get(x, "assets")) {
		if held[asset] {
			continue
		}
		held[asset] = true
		ats := []drawbridge.At{drawbridge.AtRequest}
		if str(x, "bidirectional") == "true" {
			ats = append(ats, drawbridge.AtResponse)
		}
		for _, at := range ats {
			more = append(more, in.element(at, asset, "dataflows "+id))
		}
	}
	if len(more) == 0 {
		return
	}
	all := list()
	for _, d := range items(data) {
		all.Children = append(all.Children, *d)
	}
	all.Children = append(all.Children, more...)
	set(n, "data", all)
}

// own reports whether a flow brought data of its own.
func own(n *yaml.Node) bool { return get(n, "data") != nil }

// element makes the data element of an asset of another tool. An asset that is
// no category stays without one: nobody has said what it is.
func (in *importer) element(at drawbridge.At, asset, where string) yaml.Node {
	field := drawbridge.FieldPath("").Child(cmp.Or(idForm(asset), "asset"))
	n := object("at", string(at), "field", string(field))
	n.Flow = true
	if _, ok := in.opt.Taxonomy.Category(asset); ok {
		put(&n, "category", asset)
	} else if asset != uncategorised {
		in.lost.add(where, "asset %q is no data category: the element %s has none yet", asset, field)
	}
	put(&n, "source", string(drawbridge.Imported))
	return n
}

// otmDirections turns assumed interfaces around that only ever start flows.
func (in *importer) otmDirections(f *otmFile) {
	called := map[string]bool{}
	starts := map[string]bool{}
	for i := range f.flows {
		called[str(&f.flows[i], "to")], starts[str(&f.flows[i], "from")] = true, true
	}
	for i := range f.interfaces {
		n := &f.interfaces[i]
		if id := str(n, "id"); str(n, "source") == string(drawbridge.Imported) && starts[id] && !called[id] {
			set(n, "direction", text(string(drawbridge.Inbound)))
		}
	}
}

func (in *importer) otmFinish(f *otmFile, rest yaml.Node) error {
	for _, id := range sortedKeys(f.zones) {
		zone := f.zones[id]
		if rating := str(get(zone, "risk"), "trustRating"); rating != "" && str(get(zone, "attributes"), attrRole) == "" {
			in.lost.add("trustZones "+id, "its trust rating %s: a manifest holds none", rating)
		}
	}
	out, err := putTogether(in.name, &rest, f.systems, f.interfaces, f.flows)
	if err != nil {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: what it carries is no valid manifest: %w", in.name, err)
	}
	in.out = out
	return nil
}
