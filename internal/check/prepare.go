package check

import (
	"cmp"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/dial"
	"drawbridge/internal/manifest"
)

// Default and greatest budget of a run.
const (
	defaultRequests = 600
	defaultSeconds  = 60
	maxRequests     = 20_000
	maxSeconds      = 3600
)

// prepare reads the target and the specification, and opens nothing.
func prepare(opt Options) (*Session, *Run, error) {
	in := opt.Bundle.Integration
	i := slices.IndexFunc(in.Targets, func(t manifest.Target) bool { return t.Name == opt.Target })
	if i < 0 {
		return nil, nil, drawbridge.Errorf(drawbridge.NotFound, "the manifest has no target %q; add it below targets", opt.Target)
	}
	target := in.Targets[i]
	base, err := url.Parse(target.BaseURL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" || base.User != nil {
		return nil, nil, drawbridge.Errorf(drawbridge.Invalid, "targets[%s].base_url is not an http or https address without a user", target.Name)
	}
	iface, err := pickInterface(in)
	if err != nil {
		return nil, nil, err
	}
	scope, err := authorised(target, base, opt.Now())
	if err != nil {
		return nil, nil, err
	}
	doc, err := loadSpec(filepath.Join(opt.Bundle.Dir, filepath.FromSlash(iface.Spec)))
	if err != nil {
		return nil, nil, err
	}
	run, err := newRun(opt, target, iface)
	if err != nil {
		return nil, nil, err
	}
	s := newSession(opt, base, scope, run.Budget)
	s.Interface, s.Declared = iface.ID, declared(in, iface.ID)
	s.hosts = append([]string{base.Host}, iface.Hosts[:min(len(iface.Hosts), 1)]...)
	s.PerObject = iface.Safeguards["authz"] == "object"
	if r := in.Envelope.RequestsPerMinute; r != nil {
		s.Rate = *r
	}
	s.all = operations(doc)
	rename(s.all, iface)
	keepOut(s.all, target)
	s.choose(chosen(in, iface))
	if len(s.Operations) == 0 {
		return nil, nil, drawbridge.Errorf(drawbridge.Invalid, "interface %s: the specification has no operation that a run may drive", iface.ID)
	}
	return s, run, s.identities(target, opt.Secret)
}

func newSession(opt Options, base *url.URL, scope []string, budget RunBudget) *Session {
	s := &Session{
		Integration: opt.Bundle.Integration.ID, BaseURL: base, asked: opt.Asked, progress: opt.Progress,
		make: maker{marker: "dbk-" + opt.Now().UTC().Format("0102150405"), n: new(int)}, pools: map[poolKey][]*Object{}, seen: map[poolKey][]string{}, probes: map[string]*Answer{}, lag: map[string]bool{},
	}
	hosts := []string{net.JoinHostPort(base.Hostname(), s.Port())}
	if base.Scheme == "https" {
		s.TLS = &tls.Config{RootCAs: opt.Roots, ServerName: base.Hostname(), MinVersion: tls.VersionTLS10} //nolint:gosec // TLS-01 judges the version; the run must be able to speak to what it judges
		hosts = append(hosts, net.JoinHostPort(base.Hostname(), "80"))
	}
	s.client = newClient(base, dial.NewTarget(hosts, scope, exchangeLimit), s.TLS.Clone(), budget, opt.Now)
	return s
}

// newRun starts the run file, or goes on with one that was stopped. Every leg
// has a budget of its own; what was used adds up.
func newRun(opt Options, target manifest.Target, iface *manifest.Interface) (*Run, error) {
	in := opt.Bundle.Integration
	digest, err := manifest.ContentDigest(opt.Bundle)
	if err != nil {
		return nil, err
	}
	run := &Run{SchemaVersion: drawbridge.SchemaVersion, Tool: "drawbridge", Started: opt.Now().UTC(), Identities: []RunIdentity{}, Operations: []RunOperation{}, Results: []Result{}, Done: []string{}, Created: []CreatedObject{}, Notes: []string{}}
	if old := opt.Resume; old != nil {
		switch {
		case old.Integration.ID != in.ID || old.Target.BaseURL != target.BaseURL || old.Target.Name != target.Name:
			return nil, drawbridge.Errorf(drawbridge.Conflict, "the stopped run is of %s at %s; it cannot go on with %s at %s", old.Integration.ID, old.Target.BaseURL, in.ID, target.BaseURL)
		case old.Integration.Digest != digest:
			return nil, drawbridge.Errorf(drawbridge.Conflict, "the manifest has changed since the stopped run; start a new one")
		case old.Complete:
			return nil, drawbridge.Errorf(drawbridge.Conflict, "the run is complete; there is nothing to go on with")
		}
		run.Started, run.Done = old.Started, slices.Clone(old.Done)
		for _, r := range old.Results {
			if slices.Contains(run.Done, r.Check) {
				run.Results = append(run.Results, r)
			}
		}
		run.Created, run.Notes = slices.Clone(old.Created), slices.Clone(old.Notes)
		run.Budget.UsedRequests, run.Budget.UsedSeconds = old.Budget.UsedRequests, old.Budget.UsedSeconds
	}
	run.Version, run.Origin = opt.Version, cmp.Or(opt.Origin, "cli")
	run.Integration = RunIntegration{ID: in.ID, Environment: in.Environment, Digest: digest}
	run.Target = RunTarget{Name: target.Name, Interface: iface.ID, BaseURL: target.BaseURL, Represents: target.Represents, Why: target.Why}
	run.Budget.Requests, run.Budget.Seconds = defaultRequests, defaultSeconds
	if n := target.Budget.Requests; n != nil {
		run.Budget.Requests = int(max(1, min(*n, maxRequests)))
	}
	if n := target.Budget.Seconds; n != nil {
		run.Budget.Seconds = float64(max(1, min(*n, maxSeconds)))
	}
	return run, nil
}

func pickInterface(in *manifest.Integration) (*manifest.Interface, error) {
	for i := range in.Interfaces {
		if f := &in.Interfaces[i]; f.Kind == drawbridge.HTTPAPI && f.Direction == drawbridge.Outbound && f.Spec != "" {
			return f, nil
		}
	}
	return nil, drawbridge.Errorf(drawbridge.Invalid, "no outbound http_api interface of %s has a specification; live checks need one", in.ID)
}

// chosen lists the operations that the manifest declares for the interface;
// none means all.
func chosen(in *manifest.Integration, iface *manifest.Interface) []string {
	var out []string
	for _, o := range iface.Operations {
		out = append(out, o.ID)
		if o.Method != "" && o.Path != "" {
			out = append(out, o.Method+" "+o.Path)
		}
	}
	for _, f := range in.Flows {
		if f.To == iface.ID || f.From == iface.ID {
			out = append(out, f.Operations...)
		}
	}
	return out
}

// rename gives operations the ids that the manifest has for them.
func rename(ops []*Operation, iface *manifest.Interface) {
	for _, o := range ops {
		for _, named := range iface.Operations {
			if named.Method == o.Method && named.Path == o.Path {
				o.ID = named.ID
			}
		}
	}
}

// choose splits what the manifest names from what only helps to drive it.
func (s *Session) choose(names []string) {
	for _, o := range s.all {
		if len(names) > 0 && !slices.Contains(names, o.ID) && !slices.Contains(names, o.Name()) {
			continue
		}
		s.named = append(s.named, o)
		if o.Skip == "" {
			s.Operations = append(s.Operations, o)
		}
	}
}

var entrance = regexp.MustCompile(`(?i)(^|[^a-z])(log-?in|sign-?in|authenticate|token|oauth2?)([^a-z]|$)`)

// keepOut leaves sign-in operations alone: wrong calls could lock an account.
func keepOut(ops []*Operation, target manifest.Target) {
	for _, o := range ops {
		named := slices.ContainsFunc(target.Identities, func(d manifest.Identity) bool {
			op := d.Params["operation"]
			return op != "" && (op == o.ID || op == o.Name())
		})
		if named || o.Method == http.MethodPost && !o.Secured && len(o.IDs) == 0 && entrance.MatchString(splitWords(o.Path+" "+o.ID)) {
			o.Skip = "it signs in, and wrong calls could lock an account"
		}
	}
}

// authorised returns the hosts outside loopback that may be tested.
func authorised(t manifest.Target, base *url.URL, now time.Time) ([]string, error) {
	if local(base.Hostname()) {
		return nil, nil
	}
	a := t.Authorisation
	key := "targets[" + t.Name + "].authorisation"
	today := drawbridge.DateOf(now)
	switch {
	case len(a.Scope) == 0 || a.Owner == "" || a.From == "" || a.Until == "":
		return nil, drawbridge.Errorf(drawbridge.Denied, "%s is not on loopback: %s needs scope, owner, from and until", base.Host, key)
	case today < a.From || a.Until.Past(now):
		return nil, drawbridge.Errorf(drawbridge.Denied, "%s holds from %s until %s; today is %s", key, a.From, a.Until, today)
	case !slices.Contains(a.Scope, base.Hostname()) && !slices.Contains(a.Scope, base.Host):
		return nil, drawbridge.Errorf(drawbridge.Denied, "%s.scope does not list %s", key, base.Hostname())
	}
	return a.Scope, nil
}

func local(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() || host == "localhost"
}

func (s *Session) loopback() bool { return local(s.BaseURL.Hostname()) }

func (s *Session) identities(t manifest.Target, secret func(string) (string, error)) error {
	if len(t.Identities) == 0 {
		return drawbridge.Errorf(drawbridge.Invalid, "targets[%s] has no identities; live checks need at least one, and two for authorisation", t.Name)
	}
	for _, def := range t.Identities {
		value, err := secret(def.Credential.Ref)
		if err != nil {
			return fmt.Errorf("identity %s: %w", def.Name, err)
		}
		if value == "" {
			return drawbridge.Errorf(drawbridge.Invalid, "identity %s: its credential is empty", def.Name)
		}
		for _, other := range s.Identities {
			if other.secret == value && other.def.Username == def.Username {
				return drawbridge.Errorf(drawbridge.Invalid, "identities %s and %s share one credential; give each an account of its own", other.Name, def.Name)
			}
		}
		for _, form := range []string{value, url.QueryEscape(value), base64.StdEncoding.EncodeToString([]byte(def.Username + ":" + value))} {
			s.client.redact.add(form)
		}
		s.Identities = append(s.Identities, &Identity{Name: def.Name, Role: def.Role, def: def, secret: value})
	}
	return nil
}
