package check

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"net"
	"net/url"

	"drawbridge"
)

// Session is what a check sees of a target: proven identities, operations with
// their first good answers, and objects of its own. All requests go through it,
// so that scope, budget and transcript cannot be forgotten.
type Session struct {
	Integration string
	Interface   string
	Operations  []*Operation // those that the manifest names and the run may drive
	Identities  []*Identity  // proven; at least one
	Declared    Declared     // what the manifest says that answers hold
	BaseURL     *url.URL
	TLS         *tls.Config // nil unless the target speaks TLS
	PerObject   bool        // the manifest says that objects belong to their owner
	Rate        int64       // requests a minute that the manifest's envelope asks for; 0 when it does not say

	all      []*Operation // of the whole specification, with those that are left alone
	named    []*Operation // those that the manifest names, with those that are left alone
	client   *client
	make     maker
	progress func(Event)
	phase    string
	asked    []string // checks asked for by name
	pools    map[poolKey][]*Object
	seen     map[poolKey][]string // observed ids by the name of what they name
	lag      map[string]bool      // resources whose new objects can be read only after a while
	created  []CreatedObject
	making   []string // resources being made, to stop cycles
	probes   map[string]*Answer
	notes    []string
	hosts    []string
	distrust string // why the target's certificate is not trusted
	proven   bool   // every identity works
}

// Do sends one request as an identity; nil is anonymous. Answers come back
// whatever their status; the error is about getting none.
func (s *Session) Do(ctx context.Context, id *Identity, r Request) (*Answer, error) {
	if s.progress != nil {
		s.progress(Event{Phase: s.phase, Text: r.Method + " " + r.Path, Requests: s.client.used(), Budget: s.client.limit})
	}
	if id == nil {
		return s.client.do(ctx, "anonymous", nil, r)
	}
	if err := s.renew(ctx, id); err != nil {
		return nil, err
	}
	return s.client.do(ctx, id.Name, id.auth, r)
}

// Probe is Do with a memory: the same request of the same identity is sent once
// in a run. It is for requests that change nothing and that several checks read.
func (s *Session) Probe(ctx context.Context, id *Identity, r Request) (*Answer, error) {
	name := ""
	if id != nil {
		name = id.Name
	}
	h := sha256.Sum256([]byte(name + "\x00" + r.Method + "\x00" + r.Path + "\x00" + r.Type + "\x00" + string(r.Body)))
	key := hex.EncodeToString(h[:])
	if a := s.probes[key]; a != nil {
		return a, nil
	}
	a, err := s.Do(ctx, id, r)
	if err == nil {
		s.probes[key] = a
	}
	return a, err
}

// Dial opens one connection to the target's host, at the base URL's port or
// another. It counts as a request.
func (s *Session) Dial(ctx context.Context, port string) (net.Conn, error) {
	if err := s.client.spend(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.client.wait)
	defer cancel()
	return s.client.dialer.DialContext(ctx, "tcp", net.JoinHostPort(s.BaseURL.Hostname(), port))
}

// Port returns the port of the target.
func (s *Session) Port() string {
	if p := s.BaseURL.Port(); p != "" {
		return p
	}
	if s.BaseURL.Scheme == "https" {
		return "443"
	}
	return "80"
}

// Exchange turns an answer into redacted evidence.
func (s *Session) Exchange(name string, a *Answer) Exchange { return s.client.exchange(name, a) }

// Hide keeps a secret that a check made or found out of every transcript.
func (s *Session) Hide(secret string) { s.client.redact.add(secret) }

// Hosts lists the names by which the target is known: its own, and those that
// the manifest gives the interface.
func (s *Session) Hosts() []string { return s.hosts }

// OwnIDs lists the ids of the objects that the run made as the identity.
func (s *Session) OwnIDs(id *Identity) []string {
	var out []string
	for _, c := range s.created {
		if c.Identity == id.Name {
			out = append(out, c.IDs[len(c.IDs)-1])
		}
	}
	return out
}

// OwnIn lists the ids of the objects that the run made as the identity in one
// collection, removed or not.
func (s *Session) OwnIn(resource string, id *Identity) []string {
	var out []string
	for _, c := range s.created {
		if c.Identity == id.Name && c.Resource == resource {
			out = append(out, c.IDs[len(c.IDs)-1])
		}
	}
	return out
}

// Sent reports that the run itself sent the text to the target, or made it up.
func (s *Session) Sent(text string) bool { return s.client.knows(text) }

// Marker is the text that every object of this run carries where it can.
func (s *Session) Marker() string { return s.make.marker }

// Note adds a remark to the run file.
func (s *Session) Note(text string) { s.notes = append(s.notes, text) }

// Stopped reports that nothing more can be sent: the run was cancelled, its
// budget is spent, or the target is gone.
func (s *Session) Stopped(ctx context.Context) bool { return s.client.stop(ctx) != nil }

// Baseline returns the first good answer that the identity had from o, or nil.
func (s *Session) Baseline(o *Operation, id *Identity) *Baseline { return o.baselines[id.Name] }

// Driven lists the operations with a baseline for the identity.
func (s *Session) Driven(id *Identity) []*Operation {
	var out []*Operation
	for _, o := range s.Operations {
		if o.baselines[id.Name] != nil {
			out = append(out, o)
		}
	}
	return out
}

// Reader returns the operation that reads one object of a resource, or nil.
func (s *Session) Reader(resource string) *Operation { return s.find(resource, Read) }

// Lister returns the operation that lists a resource, or nil.
func (s *Session) Lister(resource string) *Operation { return s.find(resource, List) }

// find looks in the whole specification for an operation that the run may drive.
func (s *Session) find(resource string, e Effect) *Operation {
	for _, o := range s.all {
		if o.Resource == resource && o.Effect == e && o.Skip == "" && (e != Read || len(o.IDs) > 0) {
			return o
		}
	}
	return nil
}

// Verdict makes a result of the check for an operation; o may be nil.
func (s *Session) Verdict(info Info, o *Operation, v drawbridge.Verdict, reason string, evidence ...Exchange) Result {
	r := Result{Check: info.ID, Title: info.Title, Interface: s.Interface, Verdict: v, Reason: reason, Severity: info.Severity, Evidence: evidence}
	if o != nil {
		r.Operation = o.Name()
	}
	if v == drawbridge.Fail {
		r.Fix = info.Fix
	}
	return r
}
