package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/portfolio"
	"drawbridge/internal/register"
	"drawbridge/internal/web/view"
)

var riskTones = map[string]view.Tone{
	portfolio.RiskOpen: view.Warn, portfolio.RiskTreating: view.Info, portfolio.RiskAccepted: view.Idle, portfolio.RiskClosed: view.Good,
}

// rankTone is how bad a risk of this severity is, of 25.
func rankTone(rank int64) view.Tone {
	switch level(rank) {
	case 1:
		return view.Good
	case 2:
		return view.Warn
	case 3:
		return view.Bad
	default:
		return view.Worst
	}
}

// level is the place of a severity on the scale of the heat map.
func level(rank int64) int {
	switch {
	case rank >= 20:
		return 4
	case rank >= 12:
		return 3
	case rank >= 6:
		return 2
	default:
		return 1
	}
}

func (p *page) riskFilter() portfolio.RiskFilter {
	q := p.R.URL.Query()
	f := portfolio.RiskFilter{
		Integration: drawbridge.IntegrationID(q.Get("integration")), Partner: drawbridge.PartnerID(q.Get("partner")), Owner: drawbridge.PersonID(q.Get("owner")),
		Category: q.Get("category"), State: cmp.Or(q.Get("state"), "current"), Treatment: q.Get("treatment"), Overdue: q.Get("overdue") == "yes",
	}
	if f.State == "all" {
		f.State = ""
	}
	if n, err := strconv.ParseInt(q.Get("severity"), 10, 64); err == nil {
		f.Severity = n
	}
	return f
}

// risks is the register: the map, and the list that it leads to.
func (p *page) risks() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Risks", "The register, worst first. A number of the map leads to the risks behind it."
	q := p.R.URL.Query()
	f := p.riskFilter()
	after, err := readPlace(q.Get("after"))
	if err != nil {
		return nil, err
	}
	heat, err := p.web.opt.Portfolio.HeatMap(p.R.Context(), p.Actor, f)
	if err != nil {
		return nil, err
	}
	cell := riskCell(q)
	limit := 50
	if cell.set {
		limit = register.MaxPage
	}
	list, err := p.web.opt.Portfolio.Risks(p.R.Context(), p.Actor, f, after, limit)
	if err != nil {
		return nil, err
	}
	names, err := p.names()
	if err != nil {
		return nil, err
	}
	g := p.riskGrid(slices.DeleteFunc(list.Items, func(r drawbridge.RiskView) bool { return cell.set && !cell.holds(&r.Risk) }), names)
	p.riskFilters(&g)
	p.turn(&g, list.Next)
	if p.may(access.RiskWrite) {
		g.Do = []view.Link{{Text: "Enter a risk", To: "/risks/new"}}
	}
	out := view.Risks{Total: int(heat.Total), Grid: g, Before: heatMap(heat.Inherent, "before", q), After: heatMap(heat.Residual, "after", q)}
	if cell.set {
		out.Cell, out.Whole = "likelihood "+strconv.FormatInt(cell.likelihood, 10)+", impact "+strconv.FormatInt(cell.impact, 10)+", "+cell.side+" treatment", address("/risks", q, "cell", "")
	}
	return view.RisksPage(out), nil
}

// cell is one field of the map that the list is narrowed to.
type cell struct {
	set                bool
	side               string // before or after treatment
	likelihood, impact int64
}

func riskCell(q url.Values) cell {
	s := q.Get("cell") // like before-4-5
	for _, side := range []string{"before", "after"} {
		if len(s) == len(side)+4 && s[:len(side)] == side && s[len(side)] == '-' && s[len(side)+2] == '-' {
			l, i := int64(s[len(side)+1]-'0'), int64(s[len(side)+3]-'0')
			if l >= 1 && l <= 5 && i >= 1 && i <= 5 {
				return cell{true, side, l, i}
			}
		}
	}
	return cell{}
}

func (c *cell) holds(r *drawbridge.Risk) bool {
	l, i := r.Likelihood, r.Impact
	if c.side == "after" && r.Residual > 0 {
		l, i = r.Residual, r.ResidualTo
	}
	return l == c.likelihood && i == c.impact
}

// heatMap is the map with the likeliest on top, each number with its list.
func heatMap(counts [][]int64, side string, q url.Values) [][]view.Cell {
	var out [][]view.Cell
	for l := 5; l >= 1; l-- {
		row := make([]view.Cell, 0, 5)
		for i := 1; i <= 5; i++ {
			where := side + "-" + strconv.Itoa(l) + "-" + strconv.Itoa(i)
			row = append(row, view.Cell{
				Count: int(counts[l-1][i-1]), Level: level(int64(l * i)), To: address("/risks", q, "cell", where) + "#list",
				Name: "risks of likelihood " + strconv.Itoa(l) + " and impact " + strconv.Itoa(i) + ", " + side + " treatment",
			})
		}
		out = append(out, row)
	}
	return out
}

func (p *page) riskFilters(g *view.Grid) {
	g.To = "/risks"
	p.chosen(g, "state", "State", "not closed", append(portfolio.RiskStates(), "all")...)
	p.chosen(g, "treatment", "Treatment", "every treatment", "mitigate", "accept", "transfer", "avoid")
	severity := view.Field{Name: "severity", Label: "At least", Value: p.R.URL.Query().Get("severity"), Options: []view.Option{
		{Value: "", Text: "any severity"}, {Value: "6", Text: "6 of 25"}, {Value: "12", Text: "12 of 25"}, {Value: "20", Text: "20 of 25"},
	}}
	late := view.Field{Name: "overdue", Label: "Due", Value: p.R.URL.Query().Get("overdue"), Options: []view.Option{{Value: "", Text: "whenever"}, {Value: "yes", Text: "overdue"}}}
	g.Filters = append(g.Filters, severity, late, view.Field{Name: "category", Label: "Category", Type: "search", Value: p.R.URL.Query().Get("category"), Limit: 200})
	for _, name := range []string{"severity", "overdue", "category", "integration", "partner", "owner", "cell"} {
		g.Filtered = g.Filtered || p.R.URL.Query().Get(name) != ""
	}
	g.None, g.Next = "No risk is in the register.", "Enter one in words, or from a finding: the finding fills most of it in."
}

func (p *page) riskGrid(list []drawbridge.RiskView, names map[drawbridge.IntegrationID]string) view.Grid {
	g := p.grid("Risks, worst first", "risk", "Risk", "Severity", "State", "About", "Category", "Treatment", "Due")
	for _, r := range list {
		state := view.Slot{Text: r.State, Tone: riskTones[r.State]}
		if r.Lapsed {
			state.Note = "the acceptance has ended"
		}
		about := view.Slot{Text: string(r.Partner), To: "/partners/" + string(r.Partner)}
		if r.Integration != "" {
			about = view.Slot{Text: nameOr(names, r.Integration), To: "/integrations/" + string(r.Integration)}
		}
		due := view.Slot{Kind: view.DaySlot, Day: r.Due}
		if r.Overdue {
			due.Note = "overdue"
		}
		g.Rows = append(g.Rows, []view.Slot{
			{Kind: view.HeadSlot, Text: r.Event, To: "/risks/" + r.ID, Note: r.Cause},
			{Text: strconv.FormatInt(r.Rank, 10) + " of 25", Tone: rankTone(r.Rank)},
			state, about,
			{Text: r.Category},
			{Text: cmp.Or(r.Treatment, "not decided")},
			due,
		})
	}
	return g
}

// riskFields are what is said of a risk; who are names of people.
func (p *page) riskFields(r *drawbridge.Risk, who map[string]string) ([]view.FormField, error) {
	scale := func(name, text string, value int64, none bool) view.FormField {
		f := view.Field{Name: name, Label: text, Value: p.kept(name, strconv.FormatInt(value, 10)), Required: !none}
		if none {
			f.Options = append(f.Options, view.Option{Value: "0", Text: "not stated"})
		}
		for i, w := range []string{"1, least", "2", "3", "4", "5, most"} {
			f.Options = append(f.Options, view.Option{Value: strconv.Itoa(i + 1), Text: w})
		}
		return view.FormField{As: "choice", Field: f}
	}
	treat := view.Field{Name: "treatment", Label: "Treatment", Value: p.kept("treatment", r.Treatment), Options: []view.Option{{Value: "", Text: "not decided"}}}
	for _, t := range []string{"mitigate", "accept", "transfer", "avoid"} {
		treat.Options = append(treat.Options, view.Option{Value: t, Text: t})
	}
	people, err := p.pickable(who)
	return []view.FormField{
		{As: "text", Field: view.Field{Name: "event", Label: "What may happen", Value: p.kept("event", r.Event), Required: true, Limit: 4000}},
		{As: "text", Field: view.Field{Name: "cause", Label: "Because of what", Value: p.kept("cause", r.Cause), Required: true, Limit: 4000}},
		{As: "text", Field: view.Field{Name: "consequence", Label: "With what consequence", Value: p.kept("consequence", r.Consequence), Limit: 4000}},
		{Field: view.Field{Name: "category", Label: "Category", Help: "Like security, privacy, legal, operational.", Value: p.kept("category", r.Category), Required: true, Limit: 200}},
		scale("likelihood", "Likelihood before treatment", max(r.Likelihood, 1), false), scale("impact", "Impact before treatment", max(r.Impact, 1), false),
		scale("residual", "Likelihood that remains", r.Residual, true), scale("residual_to", "Impact that remains", r.ResidualTo, true),
		{As: "choice", Field: treat},
		{As: "text", Field: view.Field{Name: "plan", Label: "Plan", Value: p.kept("plan", r.Plan), Limit: 4000}},
		{As: "suggest", Field: view.Field{Name: "owner", Label: "Owner", Help: "A name from the list, or an e-mail address.", Value: p.kept("owner", cmp.Or(who[string(r.Owner)], string(r.Owner))), Options: people, Limit: 320}},
		{Field: view.Field{Name: "due", Label: "Due", Type: "date", Value: p.kept("due", string(r.Due))}},
		{Field: view.Field{Name: "why", Label: "Note for the record", Value: p.kept("why", ""), Limit: 1000}},
	}, err
}

// riskSaid is a risk as the form says it; its owner was known by the name that is given.
func (p *page) riskSaid(had drawbridge.PersonID) (drawbridge.Risk, error) {
	n := func(name string) int64 {
		v, err := strconv.ParseInt(p.said(name), 10, 64)
		if err != nil {
			return -1 // the desk says what is accepted
		}
		return v
	}
	owner, err := p.ownerSaid(had)
	return drawbridge.Risk{
		Event: p.said("event"), Cause: p.said("cause"), Consequence: p.said("consequence"), Category: p.said("category"), Likelihood: n("likelihood"), Impact: n("impact"),
		Residual: n("residual"), ResidualTo: n("residual_to"), Treatment: p.said("treatment"), Plan: p.said("plan"), Owner: owner, Due: drawbridge.Date(p.said("due")),
	}, err
}

func (p *page) riskNew() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Enter a risk", "About an integration, or about a partner as a whole. A finding fills in what it says itself."
	p.shell.Trail = []view.Link{{Text: "Risks", To: "/risks"}}
	p.wrong()
	names, err := p.names()
	if err != nil {
		return nil, err
	}
	q := p.R.URL.Query()
	about := view.Field{Name: "integration", Label: "Integration", Value: p.kept("integration", q.Get("integration")), Options: []view.Option{{Value: "", Text: "none: the partner as a whole"}}}
	for id, name := range names {
		about.Options = append(about.Options, view.Option{Value: string(id), Text: name})
	}
	slices.SortFunc(about.Options[1:], func(a, b view.Option) int { return cmp.Compare(a.Text, b.Text) })
	partner, err := p.partnerField("Its name or id; needed when no integration is named.", p.kept("partner", q.Get("partner")), false)
	if err != nil {
		return nil, err
	}
	fields, err := p.riskFields(&drawbridge.Risk{}, nil)
	if err != nil {
		return nil, err
	}
	f := view.Form{To: "/risks/new", Once: p.once(), Submit: "Enter the risk", Class: "main", Fields: []view.FormField{
		{As: "choice", Field: about},
		partner,
		{Field: view.Field{Name: "finding", Label: "Finding", Help: "Its fingerprint, f1-…; may be left out.", Value: p.kept("finding", q.Get("finding")), Limit: 110}},
	}}
	f.Fields = append(f.Fields, fields...)
	return view.OneForm("risk", "The risk", f), nil
}

func (p *page) doAddRisk() (string, error) {
	r, err := p.riskSaid("")
	if err != nil {
		return "", err
	}
	if r.Integration = drawbridge.IntegrationID(p.said("integration")); r.Integration == "" {
		if r.Partner, err = p.partnerNamed(p.said("partner")); err != nil {
			return "", err
		}
	}
	if r.Integration == "" && r.Partner == "" {
		return "", drawbridge.Errorf(drawbridge.Invalid, "say what the risk is about: an integration or a partner")
	}
	v, err := p.web.opt.Portfolio.AddRisk(p.R.Context(), p.Actor, portfolio.RiskEdit{Risk: r, Finding: p.said("finding"), Reason: p.said("why"), Key: p.key()})
	return "/risks/" + v.ID + "?done=risk-saved", err
}

// risk is one of them.
func (p *page) risk() (templ.Component, error) {
	r, err := p.web.opt.Portfolio.Risk(p.R.Context(), p.Actor, p.R.PathValue("id"))
	if err != nil {
		return nil, err
	}
	names, err := p.names()
	if err != nil {
		return nil, err
	}
	people := []string{string(r.Owner), string(r.ClosedBy)}
	for _, h := range r.Held {
		people = append(people, string(h))
	}
	who, err := p.web.opt.Account.Names(p.R.Context(), p.Actor, people...)
	if err != nil {
		return nil, err
	}
	p.shell.Title, p.shell.Trail = "Risk", []view.Link{{Text: "Risks", To: "/risks"}}
	p.wrong()
	out := view.Risk{
		Now: p.now, Today: drawbridge.DateOf(p.now), Event: r.Event, Cause: r.Cause, Consequence: r.Consequence, Plan: r.Plan, Lapsed: r.Lapsed, Overdue: r.Overdue,
		Before: r.Likelihood * r.Impact, After: r.Residual * r.ResidualTo, BeforeWord: strconv.FormatInt(r.Likelihood, 10) + " by " + strconv.FormatInt(r.Impact, 10),
		AfterWord: strconv.FormatInt(r.Residual, 10) + " by " + strconv.FormatInt(r.ResidualTo, 10), Closing: r.ClosingReason, Facts: riskFacts(&r, names, who),
	}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, view.Link{Text: f, To: "/findings/" + string(r.Integration) + "/" + f})
	}
	if p.may(access.RiskWrite) {
		if out.Acts, err = p.riskActs(&r, who); err != nil {
			return nil, err
		}
	}
	return view.RiskPage(out), nil
}

func riskFacts(r *drawbridge.RiskView, names map[drawbridge.IntegrationID]string, who map[string]string) []view.Known {
	facts := []view.Known{{Name: "State", Slot: view.Slot{Text: r.State, Tone: riskTones[r.State]}}}
	add := func(name, text, to string) {
		if text != "" {
			facts = append(facts, view.Known{Name: name, Slot: view.Slot{Text: text, To: to}})
		}
	}
	if r.Integration != "" {
		add("Integration", nameOr(names, r.Integration), "/integrations/"+string(r.Integration))
	}
	add("Partner", string(r.Partner), "/partners/"+string(r.Partner))
	add("Category", r.Category, "/risks?category="+url.QueryEscape(r.Category))
	add("Treatment", cmp.Or(r.Treatment, "not decided"), "")
	add("Owner", cmp.Or(who[string(r.Owner)], string(r.Owner), "nobody"), "")
	facts = append(facts, view.Known{Name: "Due", Slot: view.Slot{Kind: view.DaySlot, Day: r.Due}})
	add("Accepted by", r.Acceptance, "")
	add("Closed by", who[string(r.ClosedBy)], "")
	return append(facts, view.Known{Name: "Entered", Slot: view.Slot{Kind: view.TimeSlot, At: r.CreatedAt}}, view.Known{Name: "Changed", Slot: view.Slot{Kind: view.TimeSlot, At: r.UpdatedAt}})
}

// riskActs are what can be done with a risk.
func (p *page) riskActs(r *drawbridge.RiskView, who map[string]string) ([]view.Act, error) {
	to := "/risks/" + r.ID
	move := func(state, title, about, submit, class string, fields ...view.FormField) view.Act {
		return view.Act{Title: title, About: about, Open: p.failed != nil && p.said("to") == state, Form: view.Form{
			To: to + "/move", Once: p.once(), Hidden: append(versionOf(r.Meta), view.Option{Value: "to", Text: state}), Submit: submit, Class: class, Fields: fields,
		}}
	}
	why := func(state string, required bool) view.FormField {
		return view.FormField{As: "text", Field: view.Field{Name: "reason-" + state, Label: "Why", Value: p.kept("reason-"+state, ""), Required: required, Limit: 4000}}
	}
	fields, err := p.riskFields(&r.Risk, who)
	if err != nil {
		return nil, err
	}
	exceptions, err := p.exceptionChoice(r.Integration)
	if err != nil {
		return nil, err
	}
	rests := view.Field{Name: "exception", Label: "Exception", Value: p.kept("exception", r.Acceptance), Required: true, Options: append([]view.Option{{Value: "", Text: "choose"}}, exceptions...)}
	if len(exceptions) == 0 {
		rests.Help = "None holds now: propose one at a finding of the integration."
	}
	var acts []view.Act
	if r.State != portfolio.RiskClosed {
		acts = append(acts, view.Act{Title: "Change what is said", Open: p.failed != nil && p.R.PostForm.Has("event"), Form: view.Form{
			To: to + "/edit", Once: p.once(), Hidden: versionOf(r.Meta), Fields: fields, Submit: "Save", Class: "main",
		}})
	}
	if r.State == portfolio.RiskOpen {
		acts = append(acts, move(portfolio.RiskTreating, "Treat it", "Needs a treatment, a plan, an owner and a due day.", "It is being treated", "main", why(portfolio.RiskTreating, false)))
	}
	if r.State != portfolio.RiskClosed {
		acts = append(acts,
			move(portfolio.RiskAccepted, "Accept it", "An acceptance rests on an exception of the integration that is confirmed and has not ended.", "Accept", "",
				view.FormField{As: "choice", Field: rests}, why(portfolio.RiskAccepted, false)))
	}
	if r.State != portfolio.RiskOpen || r.Lapsed {
		acts = append(acts, move(portfolio.RiskOpen, "Open it again", "", "Open again", "", why(portfolio.RiskOpen, false)))
	}
	if r.State != portfolio.RiskClosed && p.may(access.RiskClose) {
		acts = append(acts, move(portfolio.RiskClosed, "Close it", "Never by somebody who owns or owned it. It can be opened again.", "Close the risk", "danger", why(portfolio.RiskClosed, true)))
	}
	return acts, nil
}

func (p *page) doEditRisk() (string, error) {
	had, err := p.web.opt.Portfolio.Risk(p.R.Context(), p.Actor, p.R.PathValue("id"))
	if err != nil {
		return "", err
	}
	r, err := p.riskSaid(had.Owner)
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
