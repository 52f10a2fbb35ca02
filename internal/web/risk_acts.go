package web

import (
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/portfolio"
	"drawbridge/internal/register"
	"drawbridge/internal/web/view"
)

// riskActs are what can be done with a risk.
func (p *page) riskActs(r *drawbridge.RiskView, who map[string]string) ([]view.Act, error) {
	people, err := p.pickable(who)
	if err != nil {
		return nil, err
	}
	exception, err := p.riskException(r)
	if err != nil {
		return nil, err
	}
	to := "/risks/" + r.ID
	move := func(state, title, about, submit, class string, fields ...view.FormField) view.Act {
		return view.Act{Title: title, About: about, Open: p.failed != nil && p.said("to") == state, Form: view.Form{
			To: to + "/move", Once: p.once(), Hidden: append(versionOf(r.Meta), view.Option{Value: "to", Text: state}), Submit: submit, Class: class, Fields: fields,
		}}
	}
	why := func(state string, required bool) view.FormField {
		return view.FormField{As: "text", Field: view.Field{Name: "reason-" + state, Label: "Why", Value: p.kept("reason-"+state, ""), Required: required, Limit: 4000}}
	}
	var acts []view.Act
	if r.State != portfolio.RiskClosed {
		acts = append(acts, view.Act{Title: "Change what is said", Open: p.failed != nil && p.R.PostForm.Has("event"), Form: view.Form{
			To: to + "/edit", Once: p.once(), Hidden: versionOf(r.Meta), Fields: p.riskFields(&r.Risk, who[string(r.Owner)], people), Submit: "Save", Class: "main",
		}})
	}
	if r.State == portfolio.RiskOpen {
		acts = append(acts, move(portfolio.RiskTreating, "Treat it", "Needs a treatment, a plan, an owner and a due day.", "It is being treated", "main", why(portfolio.RiskTreating, false)))
	}
	if r.State != portfolio.RiskClosed {
		acts = append(acts,
			move(portfolio.RiskAccepted, "Accept it", "An acceptance rests on an exception of the integration that is confirmed and has not ended.", "Accept", "",
				exception, why(portfolio.RiskAccepted, false)))
	}
	if r.State != portfolio.RiskOpen || r.Lapsed {
		acts = append(acts, move(portfolio.RiskOpen, "Open it again", "", "Open again", "", why(portfolio.RiskOpen, false)))
	}
	if r.State != portfolio.RiskClosed && p.may(access.RiskClose) {
		acts = append(acts, move(portfolio.RiskClosed, "Close it", "Never by somebody who owns or owned it. It can be opened again.", "Close the risk", "danger", why(portfolio.RiskClosed, true)))
	}
	return acts, nil
}

// riskException asks for the exception that an acceptance rests on: one of those that
// hold for the integration.
func (p *page) riskException(r *drawbridge.RiskView) (view.FormField, error) {
	f := view.FormField{As: "choice", Field: view.Field{
		Name: "exception", Label: "Exception", Value: p.kept("exception", r.Acceptance), Required: true, Options: []view.Option{{Value: "", Text: "choose"}},
	}}
	if r.Integration == "" || !p.may(access.ReviewRead) {
		f.As, f.Help, f.Options, f.Limit = "", "As it stands in the list of exceptions.", nil, 60
		return f, nil
	}
	list, err := p.web.opt.Lifecycle.ExceptionList(p.R.Context(), p.Actor, lifecycle.Filter{Integration: r.Integration}, nil, register.MaxPage)
	for i := range list.Items {
		x := &list.Items[i]
		if x.Holds(p.now) {
			f.Options = append(f.Options, view.Option{Value: x.ID, Text: x.Covers + ", until " + string(x.Expires)})
		}
	}
	switch {
	case f.Value != "" && !slices.ContainsFunc(f.Options, func(o view.Option) bool { return o.Value == f.Value }):
		f.Options = append(f.Options, view.Option{Value: f.Value, Text: f.Value + ", which does not hold"})
	case len(f.Options) == 1:
		f.Help = "None holds: propose one on the finding's page, and let somebody confirm it."
	}
	return f, err
}

func (p *page) doEditRisk() (string, error) {
	had, err := p.web.opt.Portfolio.Risk(p.R.Context(), p.Actor, p.R.PathValue("id"))
	if err != nil {
		return "", err
	}
	known, err := p.web.opt.Account.Names(p.R.Context(), p.Actor, string(had.Owner))
	if err != nil {
		return "", err
	}
	r, err := p.riskSaid(known)
	if err != nil {
		return "", err
	}
	r.ID, r.Version, r.Findings = had.ID, p.version(), had.Findings
	_, err = p.web.opt.Portfolio.EditRisk(p.R.Context(), p.Actor, portfolio.RiskEdit{Risk: r, Reason: p.said("why"), Key: p.key()})
	return "/risks/" + r.ID + "?done=risk-saved", err
}

func (p *page) doMoveRisk() (string, error) {
	id, to := p.R.PathValue("id"), p.said("to")
	_, err := p.web.opt.Portfolio.MoveRisk(p.R.Context(), p.Actor, portfolio.RiskMove{
		ID: id, Version: p.version(), To: to, Exception: p.said("exception"), Reason: p.said("reason-" + to), Key: p.key(),
	})
	return "/risks/" + id + "?done=risk-moved", err
}
