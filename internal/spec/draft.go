package spec

import (
	"fmt"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/taxonomy"
)

// OurSystem is the id of the system that a draft's flows start from. The
// description cannot know it; the person renames it.
const OurSystem = "our-app"

// Classifier guesses the category of a field; [taxonomy.Taxonomy] is one.
type Classifier interface {
	Classify(taxonomy.Field) taxonomy.Guess
}

// DraftOptions say what a draft is called and who classifies its fields.
type DraftOptions struct {
	ID          string
	Environment string // default production
	Partner     string // id; default from the partner's domain, else ID
	SpecFile    string // where the description will lie, relative to the manifest; "" leaves it out
	Classify    Classifier
}

// Draft is a first manifest, and what the person should know about it.
type Draft struct {
	Integration *manifest.Integration
	Partner     *manifest.Partner
	Notes       []string // what was assumed, cut or left open, for the person
}

// NewDraft makes a manifest of the operations of api whose ids are listed.
// Nothing is invented: what the description does not say is left out.
func NewDraft(api *API, ids []string, opt DraftOptions) (*Draft, error) {
	if opt.Environment == "" {
		opt.Environment = "production"
	}
	b := drafter{api: api, opt: opt, chosen: map[string]bool{}, flowIDs: map[string]bool{}}
	for _, id := range ids {
		b.chosen[id] = true
	}
	b.m = &manifest.Integration{
		APIVersion: manifest.APIVersion, Kind: "Integration", ID: opt.ID, Environment: opt.Environment, Name: api.Title,
		Systems: []manifest.System{{ID: OurSystem, Zone: "internal", Source: drawbridge.Inferred}},
	}
	if api.Title != "" {
		b.m.Sources = manifest.Sources{"name": drawbridge.Imported}
	}
	b.outbound()
	b.inbound("webhooks", "events", b.pick(api.Webhooks))
	b.inbound("callbacks", "callbacks", b.pick(api.Callbacks))
	b.noteCuts()
	if len(b.m.Interfaces) == 0 {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "no operation is chosen; choose with --operations, by id, by pattern like pay*, or by tag:NAME")
	}
	b.m.Partner = opt.Partner
	if b.m.Partner == "" {
		b.m.Partner = b.partnerID()
	}
	partner := &manifest.Partner{APIVersion: manifest.APIVersion, Kind: "Partner", ID: b.m.Partner}
	return &Draft{Integration: b.m, Partner: partner, Notes: b.notes}, nil
}

type drafter struct {
	api     *API
	opt     DraftOptions
	m       *manifest.Integration
	chosen  map[string]bool
	flowIDs map[string]bool
	notes   []string
	cuts    []cut
}

func (b *drafter) note(format string, args ...any) {
	b.notes = append(b.notes, fmt.Sprintf(format, args...))
}

func (b *drafter) pick(ops []Operation) []*Operation {
	var out []*Operation
	for i := range ops {
		if b.chosen[ops[i].ID] || ops[i].Of != "" && b.chosen[ops[i].Of] {
			out = append(out, &ops[i])
		}
	}
	return out
}

// outbound drafts the interface that we call or send to.
func (b *drafter) outbound() {
	ops := b.pick(b.api.Operations)
	if len(ops) == 0 {
		return
	}
	i := b.iface("api", ops)
	i.Kind, i.Direction = drawbridge.HTTPAPI, drawbridge.Outbound
	if b.api.Queue {
		i.Kind, i.ID = drawbridge.Queue, "send"
	}
	b.hosts(&i, ops)
	for _, host := range i.Hosts {
		if b.opt.Environment == "production" && testLike(host) {
			b.note("%s looks like a test host, and the environment is production; write the production host into interfaces[%s].hosts, or use --environment", host, i.ID)
		}
	}
	b.m.Interfaces = append(b.m.Interfaces, i)
	b.flows(&i, ops, "calls")
}

// inbound drafts an interface on which the partner calls us or sends to us.
func (b *drafter) inbound(id, flow string, ops []*Operation) {
	if len(ops) == 0 {
		return
	}
	i := b.iface(id, ops)
	i.Kind, i.Direction = drawbridge.Webhook, drawbridge.Inbound
	if b.api.Queue {
		i.Kind, i.ID = drawbridge.Queue, "receive"
		b.hosts(&i, ops)
	}
	b.m.Interfaces = append(b.m.Interfaces, i)
	b.flows(&i, ops, flow)
}

// iface drafts what all interfaces have.
func (b *drafter) iface(id string, ops []*Operation) manifest.Interface {
	i := manifest.Interface{ID: id, Name: b.api.Title, Spec: b.opt.SpecFile, Source: drawbridge.Imported}
	for _, o := range ops {
		for _, media := range slices.Concat(o.RequestTypes, o.ResponseTypes) {
			if f := formatOf(media); f != "" && !slices.Contains(i.Formats, f) {
				i.Formats = append(i.Formats, f)
			}
		}
		i.Operations = append(i.Operations, manifest.Operation{
			ID: o.ID, Method: o.Method, Path: o.Path, Summary: o.Summary, Source: drawbridge.Imported,
		})
	}
	slices.Sort(i.Formats)
	b.auth(&i, ops)
	return i
}

func (b *drafter) hosts(i *manifest.Interface, ops []*Operation) {
	for _, o := range ops {
		servers := o.Servers
		if len(servers) == 0 {
			servers = b.api.Servers
		}
		for _, s := range servers {
			if !slices.Contains(i.Hosts, s.Host) {
				i.Hosts = append(i.Hosts, s.Host)
			}
			if p := protocol(s.Protocol); p != "" && !slices.Contains(i.Protocols, p) {
				i.Protocols = append(i.Protocols, p)
			}
		}
	}
	slices.Sort(i.Hosts)
	slices.Sort(i.Protocols)
}

// protocol returns the manifest's word for a URL scheme or broker protocol.
func protocol(s string) string {
	switch s {
	case "kafka-secure":
		return "kafka"
	case "secure-mqtt":
		return "mqtts"
	case "https", "http", "wss", "ws", "sftp", "amqp", "amqps", "kafka", "mqtt", "mqtts", "nats", "grpc":
		return s
	}
	return ""
}

// testLike reports whether a host's name says that it is not the real one.
func testLike(host string) bool {
	host, _, _ = strings.Cut(host, ":")
	for label := range strings.SplitSeq(host, ".") {
		for word := range strings.SplitSeq(label, "-") {
			switch word {
			case "test", "sandbox", "staging", "stage", "dev", "demo", "uat", "qa", "mock", "localhost":
				return true
			}
		}
	}
	return false
}

// auth picks the scheme that most of the operations accept.
func (b *drafter) auth(i *manifest.Interface, ops []*Operation) {
	count := map[string]int{}
	open := 0
	for _, o := range ops {
		for _, d := range o.Accepts {
			count[d.Scheme]++
		}
		if len(o.Accepts) == 0 && o.Open {
			open++
		}
	}
	var best *Scheme
	var names []string
	for j := range b.api.Schemes {
		s := &b.api.Schemes[j]
		if count[s.Name] == 0 {
			continue
		}
		names = append(names, s.Name)
		if best == nil || count[s.Name] > count[best.Name] {
			best = s
		}
	}
	switch {
	case best == nil && open == len(ops):
		i.Auth.Type = "none"
		return
	case best == nil:
		b.note("the description does not say how callers of %q prove who they are; write interfaces[%s].auth", i.ID, i.ID)
		return
	}
	i.Auth.Type, i.Auth.In, i.Auth.Name, i.Auth.TokenURL = best.Type, best.In, best.Param, best.TokenURL
	i.Auth.Scopes, i.OAuth.Grant = best.Scopes, best.Grant
	for j, o := range ops {
		for _, d := range o.Accepts {
			if d.Scheme == best.Name {
				i.Operations[j].Scopes = d.Scopes
				i.Auth.ScopesUsed = append(i.Auth.ScopesUsed, d.Scopes...)
			}
		}
	}
	slices.Sort(i.Auth.ScopesUsed)
	i.Auth.ScopesUsed = slices.Compact(i.Auth.ScopesUsed)
	if len(names) > 1 {
		i.Sources = manifest.Sources{"auth": drawbridge.Inferred}
		b.note("callers of %q may authenticate by %s; %s is assumed, correct interfaces[%s].auth if you use another", i.ID, strings.Join(names, ", "), best.Name, i.ID)
	}
	if open > 0 {
		b.note("%d of %d operations of %q need no credential", open, len(ops), i.ID)
	}
}

// flows drafts one flow for each tag, in the order of their first operations.
func (b *drafter) flows(i *manifest.Interface, ops []*Operation, untagged string) {
	var tags []string
	byTag := map[string][]*Operation{}
	for _, o := range ops {
		if byTag[o.Tag] == nil {
			tags = append(tags, o.Tag)
		}
		byTag[o.Tag] = append(byTag[o.Tag], o)
	}
	for _, tag := range tags {
		f := manifest.Flow{From: OurSystem, To: i.ID, Name: tag, Source: drawbridge.Imported}
		if i.Direction == drawbridge.Inbound {
			f.From, f.To = i.ID, OurSystem
		}
		id := slug(tag)
		if id == "" {
			id = untagged
		}
		f.ID = b.flowID(id, untagged)
		if len(tags) > 1 {
			for _, o := range byTag[tag] {
				f.Operations = append(f.Operations, o.ID)
			}
			slices.Sort(f.Operations)
		}
		f.Data = b.data(f.ID, byTag[tag])
		b.m.Flows = append(b.m.Flows, f)
	}
}

// flowID returns a free id.
func (b *drafter) flowID(id, prefix string) string {
	next := id
	for n := 1; b.flowIDs[next] || b.taken(next); n++ {
		next = clip(prefix+"-"+id, maxID)
		if n > 1 {
			next = clip(id, maxID-6) + "-" + itoa(n)
		}
	}
	b.flowIDs[next] = true
	return next
}

// taken reports whether a system or interface has the id.
func (b *drafter) taken(id string) bool {
	return id == OurSystem || slices.ContainsFunc(b.m.Interfaces, func(i manifest.Interface) bool { return i.ID == id })
}

func (b *drafter) partnerID() string {
	hosts := []string{}
	for _, i := range b.m.Interfaces {
		hosts = append(hosts, i.Hosts...)
	}
	for _, h := range append(hosts, b.api.Home) {
		if name := slug(company(h)); name != "" {
			return name
		}
	}
	b.note("the description does not give the partner away; its file is named like the integration")
	return b.opt.ID
}
