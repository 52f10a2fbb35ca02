package web

import (
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/portfolio"
	"drawbridge/internal/web/view"
)

// falls are the dimensions of which something can fall, and as what.
var falls = map[string]string{
	"partner": portfolio.FallPartner, "group": portfolio.FallParent, "subprocessor": portfolio.FallSubprocessor, "country": portfolio.FallCountry,
}

var dimensionNames = map[string]string{
	"partner": "By partner", "group": "By group of companies", "subprocessor": "By sub-processor", "country": "By country", "function": "By function of the business",
}

func fallOf(kind, name string) string {
	return "/concentration/fall?" + url.Values{"kind": {kind}, "name": {name}}.Encode()
}

// concentration is on whom and on what all integrations rest.
func (p *page) concentration() (templ.Component, error) {
	c, err := p.web.opt.Portfolio.Concentration(p.R.Context(), p.Actor)
	if err != nil {
		return nil, err
	}
	list, _, err := p.partnersToPick()
	if err != nil {
		return nil, err
	}
	p.shell.Title, p.shell.Lead = "Concentration", "On whom and on what all integrations rest together. Press a bar to see what stops when it falls."
	out := view.Concentration{Integrations: int(c.Integrations), Unread: int(c.Unread), Source: c.Source, Ask: view.FallForm{Kinds: portfolio.FallKinds(), Known: offer(list)}}
	for _, d := range c.Dimensions {
		dim := view.Dimension{ID: d.Name, Name: dimensionNames[d.Name], Index: int(d.Index), Band: d.Band, More: d.More}
		for _, s := range d.Shares {
			bar := view.Bar{Name: s.Name, Count: int(s.Integrations), Share: s.Share}
			if kind := falls[d.Name]; kind != "" {
				bar.To = fallOf(kind, s.Name)
			}
			dim.Bars = append(dim.Bars, bar)
		}
		if d.Unknown.Integrations > 0 {
			dim.Bars = append(dim.Bars, view.Bar{Name: "not stated", Count: int(d.Unknown.Integrations), Share: d.Unknown.Share, Unknown: true})
		}
		out.Dimensions = append(out.Dimensions, dim)
	}
	g := p.grid("Functions of the business", "function", "Function", "Kept going by", "Integrations", "In its place", "To replace")
	for _, f := range c.Functions {
		by := view.Slot{Text: view.Count(len(f.Suppliers), "supplier")}
		if f.Single {
			by = view.Slot{Text: "one alone: " + string(f.Suppliers[0]), To: fallOf(portfolio.FallParent, string(f.Suppliers[0]))}
		}
		g.Rows = append(g.Rows, []view.Slot{
			{Kind: view.HeadSlot, Text: f.Name}, by, {Kind: view.NumberSlot, Text: strconv.FormatInt(f.Integrations, 10)}, {Text: f.Fallback}, {Text: f.Substitutable},
		})
	}
	g.None, g.Next = "No function is named.", "Manifests name it under criticality.function."
	out.Functions = g
	return view.ConcentrationPage(out), nil
}

// fall is what happens if somebody falls.
func (p *page) fall() (templ.Component, error) {
	kind, name := p.R.URL.Query().Get("kind"), p.R.URL.Query().Get("name")
	p.shell.Title, p.shell.Lead = "What if somebody falls", "A partner, a group of companies, a sub-processor or a country: what stops, and whose data is at stake."
	p.shell.Trail = []view.Link{{Text: "Concentration", To: "/concentration"}}
	out := view.Fall{Now: p.now, Ask: view.FallForm{Kinds: portfolio.FallKinds(), Kind: kind, Name: name}}
	if p.may(access.PortfolioRead) {
		list, _, err := p.partnersToPick()
		if err != nil {
			return nil, err
		}
		out.Ask.Known = offer(list)
	}
	if kind == "" && name == "" {
		return view.FallPage(out), nil
	}
	of := name
	if kind == portfolio.FallPartner || kind == portfolio.FallParent {
		id, err := p.partnerNamed(name)
		if drawbridge.KindOf(err) == drawbridge.Invalid {
			out.Wrong = sentence(err)
			return view.FallPage(out), nil
		}
		if err != nil {
			return nil, err
		}
		of = string(id)
	}
	f, err := p.web.opt.Portfolio.Fall(p.R.Context(), p.Actor, kind, of)
	if drawbridge.KindOf(err) == drawbridge.Invalid || drawbridge.KindOf(err) == drawbridge.NotFound {
		out.Wrong = sentence(err)
		return view.FallPage(out), nil
	}
	if err != nil {
		return nil, err
	}
	names, err := p.names()
	if err != nil {
		return nil, err
	}
	p.shell.Title = "What if " + f.Name + " falls"
	out.Asked, out.Count, out.Maybe = true, int(f.Count), int(f.MaybeCount)
	out.Stops, out.May = p.fallen("Integrations that stop", f.Integrations, names), p.fallen("Integrations that may stop", f.Maybe, names)
	for _, x := range f.Functions {
		row := view.FallenFunction{Name: x.Name, Stops: x.Stops}
		for _, id := range x.Left {
			row.Left = append(row.Left, view.Link{Text: string(id), To: "/partners/" + string(id)})
		}
		out.Functions = append(out.Functions, row)
	}
	for _, id := range f.Partners {
		out.Partners = append(out.Partners, view.Link{Text: string(id), To: "/partners/" + string(id)})
	}
	out.Systems, out.Categories, out.Subjects = f.Systems, f.Categories, f.Subjects
	out.Records, out.AtLeast, out.Unclassified, out.Unnamed = f.RecordsPerDay, f.RecordsAtLeast, f.Unclassified, f.Unnamed
	return view.FallPage(out), nil
}

func (p *page) fallen(label string, list []drawbridge.Fallen, names map[drawbridge.IntegrationID]string) view.Grid {
	g := p.grid(label, "integration", "Integration", "Tier", "Why", "Function", "Back within", "In its place", "To replace", "Exit plan")
	for _, f := range list {
		name := names[f.ID]
		if name == "" {
			name = f.Slug
		}
		g.Rows = append(g.Rows, []view.Slot{
			{Kind: view.HeadSlot, Text: name, To: "/integrations/" + string(f.ID), Note: f.Environment + ", " + view.Words(string(f.State)) + ", " + string(f.Partner)},
			{Kind: view.TierSlot, Tier: f.Tier},
			{Text: f.Because},
			{Text: f.Function},
			{Text: f.RTO},
			{Text: f.Fallback},
			{Text: f.Substitutable},
			{Text: f.ExitPlan},
		})
	}
	g.None, g.Next = "None.", "Nothing that is on record rests on it."
	return g
}
