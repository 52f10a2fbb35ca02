package web

import (
	"cmp"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/programme"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/store"
	"drawbridge/internal/web/view"
)

// reviews is the list of reviews, by the filters that stand in the address.
func (p *page) reviews() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Reviews", "Every request for an integration, from the draft to the decision."
	q := p.R.URL.Query()
	f := review.Filter{
		State: drawbridge.ReviewState(q.Get("state")), Tier: drawbridge.Tier(q.Get("tier")), Waiting: drawbridge.Role(q.Get("turn")),
		Blocked: q.Get("blocked") != "", Order: cmp.Or(q.Get("order"), "danger"), Open: q.Get("state") == "" && q.Get("order") != "newest",
	}
	after, err := readPlace(q.Get("after"))
	if err != nil {
		return nil, err
	}
	list, err := p.web.opt.Review.Reviews(p.R.Context(), p.Actor, f, after, 50)
	if err != nil {
		return nil, err
	}
	var ids []drawbridge.IntegrationID
	for _, r := range list.Items {
		ids = append(ids, r.Integration)
	}
	about, err := p.web.opt.Register.Among(p.R.Context(), p.Actor, ids)
	if err != nil {
		return nil, err
	}
	out := view.Reviews{
		Now: p.now, Today: drawbridge.DateOf(p.now), State: string(f.State), Tier: string(f.Tier), Turn: string(f.Waiting), Blocked: f.Blocked, Order: f.Order,
		Filtered: f.State != "" || f.Tier != "" || f.Waiting != "" || f.Blocked,
	}
	for _, role := range store.WaitingRoles() {
		out.Turns = append(out.Turns, view.Option{Value: string(role), Text: view.Words(string(role))})
	}
	for _, r := range list.Items {
		out.Rows = append(out.Rows, view.ListedReview{
			Name: cmp.Or(about[r.Integration].Name, string(r.Integration)), To: "/reviews/" + string(r.ID), Number: int(r.Number), State: view.Words(string(r.State)),
			Tone: cmp.Or(stateTones[r.State], view.Idle), Tier: cmp.Or(r.Tier, about[r.Integration].Tier), Assessed: r.Tier == "", Cause: view.Words(r.Cause), Due: r.Due,
			Late: r.State.Open() && r.Due != "" && r.Due.Past(p.now), Opened: r.OpenedAt,
		})
	}
	if q.Get("after") != "" {
		out.First = address("/reviews", q, "after", "")
	}
	if list.Next != nil {
		out.Next = address("/reviews", q, "after", writePlace(list.Next))
	}
	return p.withViews("reviews", view.ReviewsPage(out))
}

// findingList is the list of what the rules and the live checks found.
func (p *page) findingList() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Findings", "What the rules and the live checks found in the latest assessments, worst first."
	q := p.R.URL.Query()
	f := register.FindingFilter{
		Integration: drawbridge.IntegrationID(q.Get("integration")), Severity: drawbridge.Severity(q.Get("severity")), Source: q.Get("source"), State: q.Get("state"),
	}
	after, err := readPlace(q.Get("after"))
	if err != nil {
		return nil, err
	}
	list, err := p.web.opt.Register.Findings(p.R.Context(), p.Actor, f, after, 50)
	if err != nil {
		return nil, err
	}
	var ids []drawbridge.IntegrationID
	for _, x := range list.Items {
		ids = append(ids, x.Integration)
	}
	names, err := p.web.opt.Register.Named(p.R.Context(), p.Actor, ids)
	if err != nil {
		return nil, err
	}
	out := view.Findings{
		Integration: string(f.Integration), Severity: string(f.Severity), Source: f.Source, State: f.State,
		Filtered: f != register.FindingFilter{}, Bulk: p.bulkable(programme.BulkFindings, q),
	}
	for _, x := range list.Items {
		out.Rows = append(out.Rows, view.FindingRow{
			Finding: view.Finding{Title: x.Title, Severity: x.Severity, Element: x.Element, Rule: x.Rule, State: x.State}, ID: string(x.Integration) + "/" + x.Fingerprint, To: findingTo(x.Integration, x.Fingerprint),
			Integration: view.Link{Text: cmp.Or(names[x.Integration], string(x.Integration)), To: "/integrations/" + string(x.Integration)}, Source: x.Source,
		})
	}
	if q.Get("after") != "" {
		out.First = address("/findings", q, "after", "")
	}
	if list.Next != nil {
		out.Next = address("/findings", q, "after", writePlace(list.Next))
	}
	return p.withViews("findings", view.FindingsPage(out))
}

// findingTo is the page of a finding: its fingerprint names it in its integration.
func findingTo(in drawbridge.IntegrationID, fingerprint string) string {
	return "/findings/" + string(in) + "/" + fingerprint
}
