package web

import (
	"drawbridge"
	"drawbridge/internal/portfolio"
	"drawbridge/internal/web/view"
)

func (p *page) subprocessorForm(id drawbridge.PartnerID) view.Form {
	return view.Form{
		To: "/partners/" + string(id) + "/subprocessors", Once: p.once(), Submit: "Add it",
		Fields: []view.FormField{
			{Field: view.Field{Name: "sub-name", Label: "Who", Value: p.kept("sub-name", ""), Required: true, Limit: 200}},
			{Field: view.Field{Name: "service", Label: "What it does", Value: p.kept("service", ""), Limit: 200}},
			{Field: view.Field{Name: "sub-country", Label: "Country", Help: "Two capital letters, like IE.", Value: p.kept("sub-country", ""), Limit: 2}},
			{As: "text", Field: view.Field{Name: "categories", Label: "Categories of data", Help: "One a line, like contact.email.", Value: p.kept("categories", "")}},
			{Field: view.Field{Name: "sub-why", Label: "How we know", Value: p.kept("sub-why", ""), Limit: 1000}},
		},
	}
}

func (p *page) doSubprocessor() (string, error) {
	id := drawbridge.PartnerID(p.R.PathValue("id"))
	_, err := p.web.opt.Portfolio.AddSubprocessor(p.R.Context(), p.Actor, portfolio.SubprocessorEdit{Subprocessor: drawbridge.Subprocessor{
		Partner: id, Name: p.said("sub-name"), Service: p.said("service"), Country: p.said("sub-country"), Categories: p.listed("categories"),
	}, Reason: p.said("sub-why"), Key: p.key()})
	return "/partners/" + string(id) + "/subprocessors?done=subprocessor-added", err
}

func (p *page) doEndSubprocessor() (string, error) {
	_, err := p.web.opt.Portfolio.EndSubprocessor(p.R.Context(), p.Actor, p.R.PathValue("sub"), p.said("reason"), p.key())
	return "/partners/" + p.R.PathValue("id") + "/subprocessors?done=subprocessor-ended", err
}
