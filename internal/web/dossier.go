package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/assess"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/web/view"
)

// dossierPage is what every page of an integration's dossier begins with.
type dossierPage struct {
	lifecycle.Whole
	base  string // path of the dossier
	names map[string]string
	head  view.DossierHead
}

// tabs are the pages of a dossier.
var tabs = []view.Link{
	{Text: "Overview", To: ""},
	{Text: "Map", To: "/map"},
	{Text: "Threats", To: "/threats"},
	{Text: "Evidence", To: "/evidence"},
	{Text: "Tests", To: "/tests"},
	{Text: "Questionnaires", To: "/questionnaires"},
	{Text: "Approvals", To: "/approvals"},
	{Text: "Lifecycle", To: "/lifecycle"},
	{Text: "History", To: "/history"},
}

// dossier reads the integration of the address, and sets the page's heading. More
// are identifiers of people whose names the page wants besides.
func (p *page) dossier(tab string, more ...string) (*dossierPage, error) {
	id := drawbridge.IntegrationID(p.R.PathValue("id"))
	w, err := p.web.opt.Lifecycle.Whole(p.R.Context(), p.Actor, id)
	if err != nil {
		return nil, err
	}
	d := &dossierPage{Whole: w, base: "/integrations/" + string(w.Integration.ID)}
	if d.names, err = p.web.opt.Account.Names(p.R.Context(), p.Actor, append(d.people(), more...)...); err != nil {
		return nil, err
	}
	p.heading(d, tab)
	d.head.Next, d.head.NextTo = d.next()
	return d, nil
}

// heading sets what stands above a page of the dossier.
func (p *page) heading(d *dossierPage, tab string) {
	in := &d.Integration
	p.shell.Title, p.shell.Trail = in.Name, []view.Link{{Text: "Integrations", To: "/integrations"}}
	p.wrong()
	d.head = view.DossierHead{
		Now: p.now, Today: drawbridge.DateOf(p.now), Base: d.base, Slug: in.Slug, Environment: in.Environment, State: view.Words(string(in.State)),
		Tier: in.Tier, Outcome: in.Outcome, Owner: d.name(string(in.Owner)), Partner: view.Link{Text: string(in.Partner), To: "/partners/" + string(in.Partner)},
	}
	hidden := map[string]bool{"/evidence": !p.may(access.EvidenceRead), "/questionnaires": !p.may(access.InquiryRead)}
	for _, t := range tabs {
		if hidden[t.To] {
			continue
		}
		d.head.Tabs = append(d.head.Tabs, view.Tab{Link: view.Link{Text: t.Text, To: d.base + t.To}, Count: d.count(t.To), Here: t.To == tab})
	}
}

// count is what waits on a page of the dossier, or lies there.
func (d *dossierPage) count(tab string) int {
	if d.File == nil {
		return 0
	}
	switch tab {
	case "/evidence":
		return len(d.File.Evidence) + len(d.File.Offered)
	case "/tests":
		return len(d.Runs) + len(d.Live)
	case "/questionnaires":
		return len(d.File.Inquiries)
	case "/approvals":
		return len(d.File.Reviews)
	}
	return 0
}

// next is what happens next, and where.
func (d *dossierPage) next() (string, string) {
	if r := d.File.Open; r != nil {
		return fmt.Sprintf("Review %d is %s", r.Number, view.Words(string(r.State))), "/reviews/" + string(r.ID)
	}
	switch {
	case d.Integration.State == drawbridge.Retired:
		return "", ""
	case d.Status.Decision != nil && d.Status.Stale && d.Integration.State != drawbridge.Exiting:
		return "Review what changed since it was approved", d.base + "/approvals"
	case d.Status.Decision != nil && d.Status.Expired && d.Integration.State != drawbridge.Exiting:
		return "The approval has ended: review it again", d.base + "/approvals"
	}
	for _, s := range d.Steps {
		if s.Step == "suspend" || s.Step == "leave" {
			continue
		}
		name := capital(view.Words(s.Step))
		if len(s.Missing) == 0 {
			return name + ": nothing stands against it", d.base + "/lifecycle"
		}
		return name + " waits for " + view.Count(len(s.Missing), "thing"), d.base + "/lifecycle"
	}
	return "", ""
}

// people are whom the file names.
func (d *dossierPage) people() []string {
	out := []string{}
	for _, o := range d.Object.Owners {
		out = append(out, string(o))
	}
	for i := range d.File.Reviews {
		out = append(out, string(d.File.Reviews[i].Requester))
	}
	for i := range d.File.Decisions {
		out = append(out, string(d.File.Decisions[i].By))
	}
	for i := range d.Signoffs {
		out = append(out, string(d.Signoffs[i].Person), string(d.Signoffs[i].For))
	}
	for i := range d.File.Conditions {
		out = append(out, string(d.File.Conditions[i].Owner), string(d.File.Conditions[i].MetBy))
	}
	for i := range d.Exceptions {
		out = append(out, string(d.Exceptions[i].Owner), string(d.Exceptions[i].ProposedBy), string(d.Exceptions[i].Approver))
	}
	for i := range d.Attestations {
		out = append(out, string(d.Attestations[i].By))
	}
	for i := range d.Runs {
		out = append(out, d.Runs[i].By)
	}
	if d.Departure != nil {
		for _, t := range d.Departure.Tasks {
			out = append(out, string(t.Owner))
		}
	}
	for i := range d.Live {
		out = append(out, d.Live[i].By, d.Live[i].StopBy)
	}
	for _, e := range append(slices.Clone(d.File.Evidence), d.File.Offered...) {
		out = append(out, e.UploadedBy, string(e.AcceptedBy))
	}
	for i := range d.Revisions {
		out = append(out, d.Revisions[i].Author)
	}
	return out
}

// name is what somebody is called: a token or a link by what it is.
func (d *dossierPage) name(id string) string {
	if n := d.names[id]; n != "" {
		return n
	}
	return actorWords(id)
}

// actorWords is an actor without a name.
func actorWords(id string) string {
	switch {
	case id == "":
		return "nobody"
	case len(id) > 4 && id[:4] == "tok_":
		return "a token"
	case len(id) > 4 && id[:4] == "lnk_":
		return "the partner"
	case len(id) > 4 && id[:4] == "per_":
		return "somebody"
	}
	return id
}

// mayHere reports whether a form for an act is worth showing: the desk decides when it
// is sent. A proof of identity can still be given then.
func (p *page) mayHere(act access.Action, d *dossierPage) bool {
	proven := p.Actor
	proven.Proved = p.now
	return p.web.opt.Table.Decide(proven, act, d.Object, p.now) == nil
}

// document reads the whole of the latest assessment.
func (p *page) document(d *dossierPage) (*assess.Assessment, error) {
	r, err := p.web.opt.Register.Opened(p.R.Context(), &d.File.Assessment)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // it was read
	var a assess.Assessment
	if err := json.NewDecoder(r).Decode(&a); err != nil {
		return nil, fmt.Errorf("decode the assessment: %w", err)
	}
	return &a, nil
}

// capital begins with a capital letter.
func capital(s string) string {
	if s == "" {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}

// versionRead is the version of a record that the form was drawn from.
func (p *page) versionRead() int64 {
	n, err := strconv.ParseInt(p.said("version"), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// failedAt is what went wrong with the form of one record, and what had been typed.
func (p *page) failedAt(value, id string) bool { return p.failed != nil && p.R.PathValue(value) == id }

// has reports whether a list holds something.
func has(list []string, s string) bool { return slices.Contains(list, s) }
