package api

import (
	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/client"
	"drawbridge/internal/portfolio"
	"drawbridge/internal/register"
)

// portfolioRoutes are the routes of the portfolio.
func portfolioRoutes() []Route {
	return []Route{
		{"GET", "/api/v1/register", "register.list", access.IntegrationRead, "List integrations with where their decisions stand, riskiest first", 200, Paged, does((*API).portfolio)},
		{"GET", "/api/v1/search", "search", access.IntegrationRead, "Search by names, over what you may see", 200, 0, does((*API).search)},
		{"GET", "/api/v1/risks", "risks.list", access.RiskRead, "List risks, worst first", 200, Paged, does((*API).risks)},
		{"GET", "/api/v1/risks/heat", "risks.heat", access.RiskRead, "Count risks by likelihood and impact", 200, 0, does((*API).heatMap)},
		{"POST", "/api/v1/risks", "risks.add", access.RiskWrite, "Enter a risk, of a finding or in words", 201, Idempotent, does((*API).addRisk)},
		{"GET", "/api/v1/risks/{id}", "risks.get", access.RiskRead, "Read a risk", 200, 0, does((*API).risk)},
		{"PUT", "/api/v1/risks/{id}", "risks.edit", access.RiskWrite, "Change what is said of a risk", 200, Idempotent | Conditional, does((*API).editRisk)},
		{"PUT", "/api/v1/risks/{id}/state", "risks.move", access.RiskWrite, "Treat a risk, accept it by an exception, or open it again", 200, Idempotent | Conditional, does((*API).moveRisk)},
		{"PUT", "/api/v1/risks/{id}/closed", "risks.close", access.RiskClose, "Close a risk, with a reason; never one's own", 200, Idempotent | Conditional, does((*API).closeRisk)},

		{"GET", "/api/v1/partners/{id}/profile", "profiles.get", access.PartnerRead, "Read what is known of a partner", 200, 0, does((*API).profile)},
		{"POST", "/api/v1/partners/{id}/profile", "profiles.add", access.PartnerWrite, "Write what is known of a partner for the first time", 201, Idempotent, does((*API).setProfile)},
		{"PUT", "/api/v1/partners/{id}/profile", "profiles.edit", access.PartnerWrite, "Change what is known of a partner", 200, Idempotent | Conditional, does((*API).setProfile)},
		{"GET", "/api/v1/partners/{id}/agreements", "contracts.check", access.ContractRead, "Hold a partner's contracts against its integrations", 200, 0, does((*API).agreements)},
		{"GET", "/api/v1/contracts", "contracts.list", access.ContractRead, "List contracts, newest first", 200, Paged, does((*API).contracts)},
		{"POST", "/api/v1/contracts", "contracts.add", access.ContractWrite, "Put a contract on file", 201, Idempotent, does((*API).addContract)},
		{"GET", "/api/v1/contracts/{id}", "contracts.get", access.ContractRead, "Read a contract, with its next day and what was measured", 200, 0, does((*API).contract)},
		{"PUT", "/api/v1/contracts/{id}", "contracts.edit", access.ContractWrite, "Change what a contract says", 200, Idempotent | Conditional, does((*API).editContract)},
		{"POST", "/api/v1/contracts/{id}/close", "contracts.close", access.ContractWrite, "Note that a contract is over before its day", 200, Idempotent, does((*API).closeContract)},
		{"GET", "/api/v1/contracts/{id}/measures", "measures.list", access.ContractRead, "List what was measured of a contract's promises, newest first", 200, 0, does((*API).measures)},
		{"POST", "/api/v1/contracts/{id}/measures", "measures.add", access.MeasureWrite, "Record what a service level was", 201, Idempotent, does((*API).addMeasure)},
		{"GET", "/api/v1/partners/{id}/subprocessors", "subprocessors.list", access.PartnerRead, "List who works for a partner and gets data", 200, 0, does((*API).subprocessors)},
		{"POST", "/api/v1/partners/{id}/subprocessors", "subprocessors.add", access.PartnerWrite, "Note that somebody works for a partner and gets data", 201, Idempotent, does((*API).addSubprocessor)},
		{"POST", "/api/v1/subprocessors/{id}/end", "subprocessors.end", access.PartnerWrite, "Note that a sub-processor works for a partner no more", 200, Idempotent, does((*API).endSubprocessor)},

		{"GET", "/api/v1/notices", "notices.list", access.NoticeRead, "List partners' notices, newest first", 200, Paged, does((*API).notices)},
		{"POST", "/api/v1/notices", "notices.add", access.NoticeWrite, "Take in what a partner announces", 201, Idempotent, does((*API).addNotice)},
		{"GET", "/api/v1/notices/{id}", "notices.get", access.NoticeRead, "Read a notice", 200, 0, does((*API).notice)},
		{"PUT", "/api/v1/notices/{id}/state", "notices.decide", access.NoticeDecide, "Accept a notice, object to it, or close it", 200, Idempotent | Conditional, does((*API).decideNotice)},

		{"GET", "/api/v1/portfolio/concentration", "portfolio.concentration", access.PortfolioRead, "Tell on whom and on what all integrations rest", 200, 0, does((*API).concentration)},
		{"GET", "/api/v1/portfolio/fall", "portfolio.fall", access.PortfolioRead, "Tell what stops, and whose data is at stake, when somebody falls", 200, 0, does((*API).fall)},
	}
}

func (a *API) portfolio(c *call, in client.EntryFilter) (client.List[drawbridge.PortfolioEntry], error) {
	f := portfolio.EntryFilter{Partner: in.Partner, State: in.State, Tier: in.Tier, Order: in.Order}
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[drawbridge.PortfolioEntry], error) {
		return a.opt.Portfolio.Entries(c.R.Context(), c.Actor, f, after, limit)
	})
}

func (a *API) search(c *call, in client.Search) (client.List[drawbridge.Hit], error) {
	hits, err := a.opt.Portfolio.Search(c.R.Context(), c.Actor, in.Text, in.Limit)
	return client.List[drawbridge.Hit]{Items: hits}, err
}

func (a *API) risks(c *call, in client.RiskFilter) (client.List[drawbridge.RiskView], error) {
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[drawbridge.RiskView], error) {
		return a.opt.Portfolio.Risks(c.R.Context(), c.Actor, portfolio.RiskFilter(in.RiskSelection), after, limit)
	})
}

func (a *API) heatMap(c *call, in client.RiskSelection) (drawbridge.Heat, error) {
	return a.opt.Portfolio.HeatMap(c.R.Context(), c.Actor, portfolio.RiskFilter(in))
}

func (a *API) risk(c *call, in client.ByID) (drawbridge.RiskView, error) {
	return a.opt.Portfolio.Risk(c.R.Context(), c.Actor, in.ID)
}

// riskOf is a risk as people say it.
func riskOf(w client.RiskWords) drawbridge.Risk {
	return drawbridge.Risk{
		Cause: w.Cause, Event: w.Event, Consequence: w.Consequence, Category: w.Category, Likelihood: w.Likelihood, Impact: w.Impact,
		Treatment: w.Treatment, Plan: w.Plan, Owner: w.Owner, Due: w.Due, Residual: w.Residual, ResidualTo: w.ResidualTo, Findings: w.Findings,
	}
}

func (a *API) addRisk(c *call, in client.NewRisk) (drawbridge.RiskView, error) {
	r := riskOf(in.RiskWords)
	r.Integration, r.Partner = in.Integration, in.Partner
	return a.opt.Portfolio.AddRisk(c.R.Context(), c.Actor, portfolio.RiskEdit{Risk: r, Finding: in.Finding, Reason: in.Reason, Key: c.key})
}

func (a *API) editRisk(c *call, in client.EditRisk) (drawbridge.RiskView, error) {
	r := riskOf(in.RiskWords)
	r.ID, r.Version = in.ID, c.match
	return a.opt.Portfolio.EditRisk(c.R.Context(), c.Actor, portfolio.RiskEdit{Risk: r, Reason: in.Reason, Key: c.key})
}

func (a *API) moveRisk(c *call, in client.MoveRisk) (drawbridge.RiskView, error) {
	if in.State == portfolio.RiskClosed {
		return drawbridge.RiskView{}, invalid("a risk is closed at its own address, /closed, with a reason")
	}
	return a.opt.Portfolio.MoveRisk(c.R.Context(), c.Actor, portfolio.RiskMove{
		ID: in.ID, Version: c.match, To: in.State, Exception: in.Exception, Reason: in.Reason, Key: c.key,
	})
}

func (a *API) closeRisk(c *call, in client.Close) (drawbridge.RiskView, error) {
	return a.opt.Portfolio.MoveRisk(c.R.Context(), c.Actor, portfolio.RiskMove{ID: in.ID, Version: c.match, To: portfolio.RiskClosed, Reason: in.Reason, Key: c.key})
}

func (a *API) profile(c *call, in client.ByID) (drawbridge.ProfileView, error) {
	return a.opt.Portfolio.Profile(c.R.Context(), c.Actor, drawbridge.PartnerID(in.ID))
}

// setProfile writes the first profile, which has no version to match, and later ones.
func (a *API) setProfile(c *call, in client.ProfileEdit) (drawbridge.ProfileView, error) {
	return a.opt.Portfolio.SetProfile(c.R.Context(), c.Actor, portfolio.ProfileEdit{Profile: drawbridge.Profile{
		Meta: drawbridge.Meta{Version: c.match}, ID: drawbridge.PartnerID(in.ID), LegalName: in.LegalName, PersonType: in.PersonType, Identifiers: in.Identifiers,
		Parent: in.Parent, Status: in.Status, SecurityContact: in.SecurityContact, PrivacyContact: in.PrivacyContact, Tags: in.Tags,
	}, Reason: in.Reason, Key: c.key})
}

func (a *API) agreements(c *call, in client.ByID) (drawbridge.Agreements, error) {
	return a.opt.Portfolio.Agreements(c.R.Context(), c.Actor, drawbridge.PartnerID(in.ID))
}

func (a *API) contracts(c *call, in client.ContractFilter) (client.List[drawbridge.ContractView], error) {
	f := portfolio.ContractFilter{Partner: in.Partner, Type: in.Type, Before: in.Before}
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[drawbridge.ContractView], error) {
		return a.opt.Portfolio.Contracts(c.R.Context(), c.Actor, f, after, limit)
	})
}

func (a *API) contract(c *call, in client.ByID) (drawbridge.ContractView, error) {
	return a.opt.Portfolio.Contract(c.R.Context(), c.Actor, drawbridge.ContractID(in.ID))
}

// contractOf is a contract as people say it.
func contractOf(t client.Terms) drawbridge.Contract {
	return drawbridge.Contract{
		Integrations: t.Integrations, Type: t.Type, Title: t.Title, Signed: t.Signed, Starts: t.Starts, Ends: t.Ends, AutoRenew: t.AutoRenew,
		NoticeOurs: t.NoticeOurs, NoticeTheirs: t.NoticeTheirs, Deprecation: t.Deprecation, BreachHours: t.BreachHours, Objection: t.Objection,
		Law: t.Law, Cost: t.Cost, DataOwner: t.DataOwner, AuditRight: t.AuditRight, Clauses: t.Clauses, Levels: t.Levels, Evidence: t.Evidence,
	}
}

func (a *API) addContract(c *call, in client.NewContract) (drawbridge.ContractView, error) {
	k := contractOf(in.Terms)
	k.Partner = in.Partner
	return a.opt.Portfolio.AddContract(c.R.Context(), c.Actor, portfolio.ContractEdit{Contract: k, Reason: in.Reason, Key: c.key})
}

func (a *API) editContract(c *call, in client.EditContract) (drawbridge.ContractView, error) {
	k := contractOf(in.Terms)
	k.ID, k.Version = drawbridge.ContractID(in.ID), c.match
	return a.opt.Portfolio.EditContract(c.R.Context(), c.Actor, portfolio.ContractEdit{Contract: k, Reason: in.Reason, Key: c.key})
}

func (a *API) closeContract(c *call, in client.Close) (drawbridge.ContractView, error) {
	return a.opt.Portfolio.CloseContract(c.R.Context(), c.Actor, drawbridge.ContractID(in.ID), in.Reason, c.key)
}

func (a *API) measures(c *call, in client.ByID) (client.List[drawbridge.Measure], error) {
	list, err := a.opt.Portfolio.Measures(c.R.Context(), c.Actor, drawbridge.ContractID(in.ID))
	return client.List[drawbridge.Measure]{Items: list}, err
}

func (a *API) addMeasure(c *call, in client.NewMeasure) (drawbridge.Measure, error) {
	return a.opt.Portfolio.AddMeasure(c.R.Context(), c.Actor, portfolio.MeasureEdit{Measure: drawbridge.Measure{
		Contract: drawbridge.ContractID(in.ID), Integration: in.Integration, Metric: in.Metric, Value: in.Value, From: in.From, To: in.To, Source: in.Source,
	}, Key: c.key})
}

func (a *API) subprocessors(c *call, in client.ByID) (drawbridge.Subprocessors, error) {
	return a.opt.Portfolio.Subprocessors(c.R.Context(), c.Actor, drawbridge.PartnerID(in.ID))
}

func (a *API) addSubprocessor(c *call, in client.NewSubprocessor) (drawbridge.Subprocessor, error) {
	return a.opt.Portfolio.AddSubprocessor(c.R.Context(), c.Actor, portfolio.SubprocessorEdit{Subprocessor: drawbridge.Subprocessor{
		Partner: drawbridge.PartnerID(in.ID), Name: in.Name, Service: in.Service, Country: in.Country, Categories: in.Categories, Uses: in.Uses,
	}, Reason: in.Reason, Key: c.key})
}

func (a *API) endSubprocessor(c *call, in client.Close) (drawbridge.Subprocessor, error) {
	return a.opt.Portfolio.EndSubprocessor(c.R.Context(), c.Actor, in.ID, in.Reason, c.key)
}

func (a *API) notices(c *call, in client.NoticeFilter) (client.List[drawbridge.NoticeView], error) {
	f := portfolio.NoticeFilter{Partner: in.Partner, Kind: in.Kind, State: in.State}
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[drawbridge.NoticeView], error) {
		return a.opt.Portfolio.Notices(c.R.Context(), c.Actor, f, after, limit)
	})
}

func (a *API) addNotice(c *call, in client.NewNotice) (drawbridge.NoticeView, error) {
	return a.opt.Portfolio.AddNotice(c.R.Context(), c.Actor, portfolio.NoticeEdit{
		Partner: in.Partner, Kind: in.Kind, Title: in.Title, Text: in.Text, Facts: in.Facts, Received: in.Received, Effective: in.Effective, Key: c.key,
	})
}

func (a *API) notice(c *call, in client.ByID) (drawbridge.NoticeView, error) {
	return a.opt.Portfolio.Notice(c.R.Context(), c.Actor, in.ID)
}

func (a *API) decideNotice(c *call, in client.DecideNotice) (drawbridge.NoticeView, error) {
	return a.opt.Portfolio.DecideNotice(c.R.Context(), c.Actor, portfolio.Verdict{ID: in.ID, Version: c.match, To: in.State, Reason: in.Reason, Key: c.key})
}

func (a *API) concentration(c *call, _ client.None) (drawbridge.Concentration, error) {
	return a.opt.Portfolio.Concentration(c.R.Context(), c.Actor)
}

func (a *API) fall(c *call, in client.FallQuestion) (drawbridge.Fall, error) {
	return a.opt.Portfolio.Fall(c.R.Context(), c.Actor, in.Kind, in.Name)
}
