package web

import (
	"net/url"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/programme"
	"drawbridge/internal/register"
	"drawbridge/internal/web/view"
)

// integrations is the list, by the filters that stand in the address.
func (p *page) integrations() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Integrations", "Every partner service that data goes to, with its tier and the answer of the gate."
	q := p.R.URL.Query()
	f := register.IntegrationFilter{
		State: drawbridge.IntegrationState(q.Get("state")), Tier: drawbridge.Tier(q.Get("tier")), Outcome: drawbridge.Outcome(q.Get("outcome")),
		Text: q.Get("text"), Order: q.Get("order"),
	}
	if f.Order == "" {
		f.Order = "risk"
	}
	after, err := readPlace(q.Get("after"))
	if err != nil {
		return nil, err
	}
	list, err := p.web.opt.Register.Integrations(p.R.Context(), p.Actor, f, after, 50)
	if err != nil {
		return nil, err
	}
	out := view.Integrations{
		Now: p.now, Text: f.Text, State: string(f.State), Tier: string(f.Tier), Outcome: string(f.Outcome), Order: f.Order,
		Filtered: f.Text != "" || f.State != "" || f.Tier != "" || f.Outcome != "",
	}
	out.Bulk = p.bulkable(programme.BulkIntegrations, q)
	if p.may(access.IntegrationCreate) {
		out.New = intakeLink()
	}
	for _, i := range list.Items {
		out.Rows = append(out.Rows, view.IntegrationRow{
			ID: string(i.ID), Name: i.Name, Slug: i.Slug, Environment: i.Environment, To: "/integrations/" + string(i.ID), State: view.Words(string(i.State)),
			Tier: i.Tier, Outcome: i.Outcome, Inherent: i.Inherent, Residual: i.Residual, Changed: i.UpdatedAt,
		})
	}
	if q.Get("after") != "" {
		out.First = address("/integrations", q, "after", "")
	}
	if list.Next != nil {
		out.Next = address("/integrations", q, "after", writePlace(list.Next))
	}
	return p.withViews("integrations", view.IntegrationsPage(out))
}

// address is a path with its query, of which one value is another.
func address(path string, q url.Values, name, value string) string {
	out := url.Values{}
	for k, v := range q {
		if k != name && len(v) == 1 && v[0] != "" {
			out.Set(k, v[0])
		}
	}
	if value != "" {
		out.Set(name, value)
	}
	if len(out) == 0 {
		return path
	}
	return path + "?" + out.Encode()
}
