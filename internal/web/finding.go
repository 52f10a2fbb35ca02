package web

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/check"
	"drawbridge/internal/dossier"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/register"
	"drawbridge/internal/threat"
	"drawbridge/internal/web/view"
)

// finding is one finding: why it is there, what would mend it, what covers it.
func (p *page) finding() (templ.Component, error) {
	id, fingerprint := drawbridge.IntegrationID(p.R.PathValue("id")), p.R.PathValue("fingerprint")
	in, doc, err := p.assessed(register.ByID(id))
	if err != nil {
		return nil, err
	}
	out, ok := findingOf(&in, &doc, fingerprint)
	if !ok {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "the latest assessment has no such finding: it was mended, or refuted")
	}
	p.wrong()
	p.shell.Title = out.Title
	p.shell.Trail = []view.Link{{Text: "Findings", To: "/findings"}, {Text: in.Name, To: "/integrations/" + string(id)}}
	out.Now, out.Today, out.To, out.Key = p.now, drawbridge.DateOf(p.now), findingTo(id, fingerprint), p.once()
	out.Integration = view.Link{Text: in.Name, To: "/integrations/" + string(id)}
	out.Map = "/integrations/" + string(id) + "/map?at=" + out.Element
	list, err := p.web.opt.Lifecycle.ExceptionList(p.R.Context(), p.Actor, lifecycle.Filter{Integration: id}, nil, register.MaxPage)
	if err != nil {
		return nil, err
	}
	f := drawbridge.Finding{Fingerprint: fingerprint, Rule: out.Rule, Element: out.Element}
	for _, x := range list.Items {
		if f.Is(x.Covers) {
			out.Exceptions = append(out.Exceptions, view.Exception{
				Covers: x.Covers, State: stateOf(&x, p.now), Holds: x.Holds(p.now), Reason: x.Reason, Instead: x.Compensating, Expires: x.Expires,
			})
		}
	}
	if err := p.findingTalks(&out, id, fingerprint); err != nil {
		return nil, err
	}
	out.May = !p.web.opt.Table.Scope(p.Actor, access.ExceptionPropose).Nothing()
	out.Talkable = !p.web.opt.Table.Scope(p.Actor, access.ThreadWrite).Nothing()
	out.Typed = view.ExceptionTyped{Reason: p.said("reason"), Instead: p.said("instead"), Expires: p.said("expires"), Text: p.said("text")}
	out.Note = findingNote(&out)
	return view.FindingPage(out), nil
}

// findingTalks are the discussions of a finding.
func (p *page) findingTalks(out *view.FindingView, id drawbridge.IntegrationID, fingerprint string) error {
	if p.web.opt.Table.Scope(p.Actor, access.ThreadRead).Nothing() {
		return nil
	}
	threads, err := p.web.opt.Dossier.Threads(p.R.Context(), p.Actor, dossier.ThreadFilter{Integration: id, Kind: "finding", Object: fingerprint}, nil, 50)
	if err != nil {
		return err
	}
	for i := range threads.Items {
		t := &threads.Items[i]
		out.Talks = append(out.Talks, talkOf(t, func(string) string { return "" }))
	}
	return nil
}

// aFinding is what a finding can be named by.
type aFinding struct {
	candidate
	rule string
}

// findingsOf are the findings of an assessment.
func findingsOf(in *drawbridge.Integration, doc *foundIn) []aFinding {
	var out []aFinding
	for i := range doc.Threats {
		t := &doc.Threats[i]
		out = append(out, aFinding{candidate{threat.Fingerprint(in.Slug, t), t.Title}, t.Rule})
	}
	for i := range doc.Checks {
		if c := &doc.Checks[i]; c.Verdict == drawbridge.Fail {
			out = append(out, aFinding{candidate{c.Fingerprint, c.Title}, c.Check})
		}
	}
	return out
}

// findingOf is a finding of an assessment, by its fingerprint.
func findingOf(in *drawbridge.Integration, doc *foundIn, fingerprint string) (view.FindingView, bool) {
	for i := range doc.Threats {
		t := &doc.Threats[i]
		if threat.Fingerprint(in.Slug, t) == fingerprint {
			return ofThreat(t), true
		}
	}
	for i := range doc.Checks {
		c := &doc.Checks[i]
		if c.Fingerprint == fingerprint && c.Verdict == drawbridge.Fail {
			return ofCheck(c), true
		}
	}
	return view.FindingView{}, false
}

func ofThreat(t *threat.Threat) view.FindingView {
	out := view.FindingView{
		Finding: view.Finding{Title: t.Title, Severity: t.Severity, Element: t.Element, Rule: t.Rule, State: string(t.State)},
		Source:  "a rule over the map", Why: t.Why, Class: view.Words(t.Model + ": " + t.Class), Covers: t.ID,
	}
	for _, b := range t.Because {
		out.Because = append(out.Because, view.Matched{Fact: b.Fact, Value: b.Value, Source: view.Words(string(b.Source)), Key: b.Key})
	}
	for _, a := range t.Arithmetic {
		out.Sum = append(out.Sum, view.SumLine{Name: view.Words(a.Name), Input: a.Input, Value: a.Value})
	}
	for _, s := range t.Settles {
		out.Mends = append(out.Mends, view.Mend{Name: s.ID, How: view.Words(string(s.Mode)) + " " + s.Kind, Text: s.Oracle})
	}
	for _, c := range t.Controls {
		out.Mends = append(out.Mends, view.Mend{Name: c, How: "control", Text: "Put it in place, and say so in the manifest."})
	}
	for _, l := range t.Tested {
		out.Tests = append(out.Tests, view.Line{By: l.Check, Text: l.Element, Word: string(l.Verdict), Tone: lineTones[string(l.Verdict)].tone, Note: l.Reason})
	}
	var refs []string
	for _, n := range t.CWE {
		refs = append(refs, fmt.Sprintf("CWE-%d", n))
	}
	for _, n := range t.CAPEC {
		refs = append(refs, fmt.Sprintf("CAPEC-%d", n))
	}
	if t.OWASP != "" {
		refs = append(refs, "OWASP "+t.OWASP)
	}
	out.Refs = strings.Join(refs, ", ")
	return out
}

func ofCheck(c *check.Result) view.FindingView {
	out := view.FindingView{
		Finding: view.Finding{Title: c.Title, Severity: c.Severity, Element: c.Interface, Rule: c.Check, State: "failed"},
		Source:  "a live check", Why: c.Reason, Covers: c.Fingerprint,
	}
	if c.Fix != "" {
		out.Mends = append(out.Mends, view.Mend{Name: c.Check, How: "fix", Text: c.Fix})
	}
	for _, f := range []struct{ name, value string }{{"interface", c.Interface}, {"operation", c.Operation}, {"location", c.Location}, {"cause", c.Cause}} {
		if f.value != "" {
			out.Because = append(out.Because, view.Matched{Fact: f.name, Value: f.value, Source: "the run"})
		}
	}
	for _, e := range c.Evidence {
		out.Transcript = append(out.Transcript, view.Exchanged{Name: e.Name, As: e.Identity, Request: e.Request, Response: e.Response, Curl: e.Curl})
	}
	return out
}

// doPropose proposes to accept a finding for a time.
func (p *page) doProposeFinding() (string, error) {
	_, err := p.web.opt.Lifecycle.Propose(p.R.Context(), p.Actor, drawbridge.Exception{
		Integration: drawbridge.IntegrationID(p.R.PathValue("id")), Covers: p.said("covers"), Reason: p.said("reason"), Compensating: p.said("instead"),
		Expires: drawbridge.Date(p.said("expires")),
	}, p.key())
	return findingTo(drawbridge.IntegrationID(p.R.PathValue("id")), p.R.PathValue("fingerprint")) + "?done=review.proposed", err
}

// doDiscussFinding opens a discussion of a finding.
func (p *page) doDiscussFinding() (string, error) {
	text := p.said("text")
	title, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if r := []rune(title); len(r) > 80 {
		title = string(r[:80]) + "…"
	}
	t, err := p.web.opt.Dossier.Open(p.R.Context(), p.Actor, dossier.NewThread{
		Integration: drawbridge.IntegrationID(p.R.PathValue("id")), Kind: "finding", Object: p.R.PathValue("fingerprint"), Title: title, Text: text,
		Blocks: p.said("blocks") != "", Key: p.key(),
	})
	return "/threads/" + string(t.ID) + "?done=review.discussed", err
}

// stateOf is how an exception stands now: a confirmed one that is past its last day
// has ended.
func stateOf(x *drawbridge.Exception, now time.Time) string {
	if x.State == "confirmed" && !x.Holds(now) {
		return "ended"
	}
	return x.State
}

// foundIn is what the page of a finding needs of an assessment.
type foundIn struct {
	Threats []threat.Threat `json:"threats"`
	Checks  []check.Result  `json:"checks"`
}

// assessed reads an integration and what its latest assessment found.
func (p *page) assessed(ref register.Ref) (in drawbridge.Integration, d foundIn, err error) {
	in, r, err := p.web.opt.Register.Latest(p.R.Context(), p.Actor, ref)
	if err != nil {
		return in, d, err
	}
	defer func() { _ = r.Close() }() // it was read
	if err := json.NewDecoder(r).Decode(&d); err != nil {
		return in, d, fmt.Errorf("decode the assessment: %w", err)
	}
	return in, d, nil
}
