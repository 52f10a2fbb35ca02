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

// riskFields are what is said of a risk, with the name of who owns it, and the people
// who could.
func (p *page) riskFields(r *drawbridge.Risk, owner string, people []view.Option) []view.FormField {
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
	return []view.FormField{
		{As: "text", Field: view.Field{Name: "event", Label: "What may happen", Value: p.kept("event", r.Event), Required: true, Limit: 4000}},
		{As: "text", Field: view.Field{Name: "cause", Label: "Because of what", Value: p.kept("cause", r.Cause), Required: true, Limit: 4000}},
		{As: "text", Field: view.Field{Name: "consequence", Label: "With what consequence", Value: p.kept("consequence", r.Consequence), Limit: 4000}},
		{Field: view.Field{Name: "category", Label: "Category", Help: "Like security, privacy, legal, operational.", Value: p.kept("category", r.Category), Required: true, Limit: 200}},
		scale("likelihood", "Likelihood before treatment", max(r.Likelihood, 1), false), scale("impact", "Impact before treatment", max(r.Impact, 1), false),
		scale("residual", "Likelihood that remains", r.Residual, true), scale("residual_to", "Impact that remains", r.ResidualTo, true),
		{As: "choice", Field: treat},
		{As: "text", Field: view.Field{Name: "plan", Label: "Plan", Value: p.kept("plan", r.Plan), Limit: 4000}},
		{As: "pick", Field: view.Field{Name: "owner", Label: "Owner", Help: "A name from the list, or an e-mail address.", Value: p.kept("owner", calledIn(people, string(r.Owner), owner)), Options: people, Limit: 320}},
		{Field: view.Field{Name: "due", Label: "Due", Type: "date", Value: p.kept("due", string(r.Due))}},
		{Field: view.Field{Name: "why", Label: "Note for the record", Value: p.kept("why", ""), Limit: 1000}},
	}
}

// riskSaid is a risk as the form says it.
func (p *page) riskSaid(known map[string]string) (drawbridge.Risk, error) {
	n := func(name string) int64 {
		v, err := strconv.ParseInt(p.said(name), 10, 64)
		if err != nil {
			return -1 // the desk says what is accepted
		}
		return v
	}
	owner, err := p.personNamed(known, p.said("owner"))
	return drawbridge.Risk{
		Event: p.said("event"), Cause: p.said("cause"), Consequence: p.said("consequence"), Category: p.said("category"), Likelihood: n("likelihood"), Impact: n("impact"),
		Residual: n("residual"), ResidualTo: n("residual_to"), Treatment: p.said("treatment"), Plan: p.said("plan"), Owner: owner, Due: drawbridge.Date(p.said("due")),
	}, err
}

func (p *page) riskNew() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Enter a risk", "About an integration, or about a partner as a whole. A finding fills in what it says itself."
	p.shell.Trail = []view.Link{{Text: "Risks", To: "/risks"}}
	p.wrong()
	q := p.R.URL.Query()
	about, err := p.integrationField("integration", "Integration", "A name from the list. Empty: the risk is about a partner as a whole.", q.Get("integration"))
	if err != nil {
		return nil, err
	}
	partner, err := p.partnerField("partner", "Partner", "A name from the list; needed when no integration is named.", q.Get("partner"))
	if err != nil {
		return nil, err
	}
	people, err := p.pickable(nil)
	if err != nil {
		return nil, err
	}
	f := view.Form{To: "/risks/new", Once: p.once(), Submit: "Enter the risk", Class: "main", Fields: []view.FormField{
		about, partner,
		{Field: view.Field{Name: "finding", Label: "Finding", Help: "Its title or its rule, where it rests on one of the integration.", Value: p.kept("finding", q.Get("finding")), Limit: 300}},
	}}
	f.Fields = append(f.Fields, p.riskFields(&drawbridge.Risk{}, "", people)...)
	return view.OneForm("risk", "The risk", f), nil
}

func (p *page) doAddRisk() (string, error) {
	r, err := p.riskSaid(nil)
	if err != nil {
		return "", err
	}
	if r.Integration, err = p.integrationNamed(p.said("integration")); err != nil {
		return "", err
	}
	if r.Integration == "" {
		if r.Partner, err = p.partnerNamed(p.said("partner")); err != nil {
			return "", err
		}
	}
	if r.Integration == "" && r.Partner == "" {
		return "", bad("say what the risk is about: an integration or a partner")
	}
	finding, err := p.findingNamed(r.Integration, p.said("finding"))
	if err != nil {
		return "", err
	}
	v, err := p.web.opt.Portfolio.AddRisk(p.R.Context(), p.Actor, portfolio.RiskEdit{Risk: r, Finding: finding, Reason: p.said("why"), Key: p.key()})
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
