package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/portfolio"
	"drawbridge/internal/web/view"
)

// contractTypes are the kinds of contracts, as people say them.
func contractTypes() []view.Option {
	return []view.Option{
		{Value: "msa", Text: "MSA, the main contract"},
		{Value: "dpa", Text: "DPA, data processing"},
		{Value: "sla", Text: "SLA, service levels"},
		{Value: "nda", Text: "NDA, confidentiality"},
		{Value: "baa", Text: "BAA, health data"},
	}
}

var standings = map[string]view.Tone{"in_force": view.Good, "coming": view.Info, "ended": view.Bad, "closed": view.Idle}

var milestones = map[string]string{"notice": "last day to end it", "end": "it ends", "renewed": "it went on; its new end is not on file"}

func (p *page) contracts() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Contracts", "What was agreed with partners: until when, with which promises, and what they lack."
	q := p.R.URL.Query()
	after, err := readPlace(q.Get("after"))
	if err != nil {
		return nil, err
	}
	list, err := p.web.opt.Portfolio.Contracts(p.R.Context(), p.Actor, portfolio.ContractFilter{
		Partner: drawbridge.PartnerID(q.Get("partner")), Type: q.Get("type"), Before: drawbridge.Date(q.Get("before")),
	}, after, 50)
	if err != nil {
		return nil, err
	}
	g := p.contractGrid(list.Items)
	p.chosen(&g, "type", "Kind", "every kind", "msa", "dpa", "sla", "nda", "baa")
	g.Filters = append(g.Filters, view.Field{Name: "before", Label: "Ends before", Type: "date", Value: q.Get("before")}, view.Field{Name: "partner", Label: "Partner", Type: "search", Value: q.Get("partner"), Limit: 64})
	g.Filtered = g.Filtered || q.Get("before") != "" || q.Get("partner") != ""
	p.turn(&g, list.Next)
	if p.may(access.ContractWrite) {
		g.Do = []view.Link{{Text: "Put a contract on file", To: "/contracts/new"}}
	}
	return view.GridPage(g), nil
}

func (p *page) contractGrid(list []drawbridge.ContractView) view.Grid {
	g := p.grid("Contracts", "contract", "Contract", "Partner", "Standing", "Next day", "Service levels", "Lacks")
	for _, c := range list {
		kept, unknown := 0, 0
		for _, l := range c.Measured {
			switch l.Kept {
			case "met":
				kept++
			case "missed":
			default:
				unknown++
			}
		}
		levels := view.Slot{Text: "none"}
		if len(c.Measured) > 0 {
			levels = view.Slot{Text: strconv.Itoa(kept) + " of " + strconv.Itoa(len(c.Measured)) + " met", To: "/contracts/" + string(c.ID) + "#levels"}
			if unknown == len(c.Measured) {
				levels.Text = "not measured lately"
			} else if unknown > 0 {
				levels.Note = strconv.Itoa(unknown) + " not measured lately"
			}
		}
		g.Rows = append(g.Rows, []view.Slot{
			{Kind: view.HeadSlot, Text: cmp.Or(c.Title, strings.ToUpper(c.Type)), To: "/contracts/" + string(c.ID), Note: strings.ToUpper(c.Type)},
			{Text: string(c.Partner), To: "/partners/" + string(c.Partner)},
			{Text: view.Words(c.Standing), Tone: standings[c.Standing]},
			{Kind: view.DaySlot, Day: c.Next.On, Note: milestones[c.Next.What]},
			levels,
			{Kind: view.NumberSlot, Text: view.Count(len(c.Gaps), "clause"), To: "/contracts/" + string(c.ID) + "#gaps"},
		})
	}
	g.None, g.Next = "No contract is on file.", "Put one on file with its days and promises; what it lacks for its kind is computed."
	return g
}

// terms are the fields of a contract that are whole numbers.
func terms(c *drawbridge.Contract) []struct {
	name, text string
	at         *int64
} {
	return []struct {
		name, text string
		at         *int64
	}{
		{"notice_ours", "Days of notice, ours", &c.NoticeOurs},
		{"notice_theirs", "Days of notice, theirs", &c.NoticeTheirs},
		{"deprecation", "Days of notice before something goes away", &c.Deprecation},
		{"breach_hours", "Hours within which a breach is told", &c.BreachHours},
		{"objection", "Days to object to a sub-processor", &c.Objection},
	}
}

func (p *page) contractFields(c *drawbridge.Contract) []view.FormField {
	day := func(name, text string, d drawbridge.Date) view.FormField {
		return view.FormField{Field: view.Field{Name: name, Label: text, Type: "date", Value: p.kept(name, string(d))}}
	}
	out := []view.FormField{
		{As: "choice", Field: view.Field{Name: "type", Label: "Kind", Value: p.kept("type", c.Type), Required: true, Options: contractTypes()}},
		{Field: view.Field{Name: "title", Label: "Title", Value: p.kept("title", c.Title), Limit: 200}},
		day("signed", "Signed", c.Signed), day("starts", "Starts", c.Starts), day("ends", "Last day", c.Ends),
		{As: "check", Field: view.Field{Name: "auto_renew", Label: "It goes on by itself"}, On: p.ticked("auto_renew", c.AutoRenew)},
	}
	for _, t := range terms(c) {
		out = append(out, view.FormField{Field: view.Field{Name: t.name, Label: t.text, Help: "0 when nothing is promised.", Type: "number", Value: p.kept(t.name, strconv.FormatInt(*t.at, 10))}})
	}
	var levels []string
	for _, l := range c.Levels {
		levels = append(levels, l.Metric+" "+strconv.FormatFloat(l.Target, 'f', -1, 64)+" "+l.Unit+" "+l.Window)
	}
	var clauses []string
	for _, k := range portfolio.Clauses() {
		if c.Clauses[k.ID] != "" {
			clauses = append(clauses, k.ID+" "+c.Clauses[k.ID])
		}
	}
	return append(out,
		view.FormField{As: "text", Field: view.Field{Name: "levels", Label: "Service levels", Help: "One a line: metric, target, unit (percent, ms, s or h), window (month, quarter or year). Like: availability 99.9 percent month", Value: p.kept("levels", strings.Join(levels, "\n"))}},
		view.FormField{As: "text", Field: view.Field{Name: "clauses", Label: "Clauses", Help: "One a line: clause, then present, partial or absent, then where. Like: gdpr-28-3-a present 4.1", Value: p.kept("clauses", strings.Join(clauses, "\n")), Limit: 10_000}},
		view.FormField{As: "choice", Field: view.Field{Name: "data_owner", Label: "Who owns the data", Value: p.kept("data_owner", c.DataOwner), Options: []view.Option{{Value: "", Text: "not said"}, {Value: "ours", Text: "we do"}, {Value: "partner", Text: "the partner does"}, {Value: "shared", Text: "both"}}}},
		view.FormField{As: "check", Field: view.Field{Name: "audit", Label: "We have a right to audit"}, On: p.ticked("audit", c.AuditRight)},
		view.FormField{Field: view.Field{Name: "law", Label: "Law", Value: p.kept("law", c.Law), Limit: 200}},
		view.FormField{Field: view.Field{Name: "cost", Label: "Cost a year", Help: "With the currency.", Value: p.kept("cost", c.Cost), Limit: 200}},
		view.FormField{Field: view.Field{Name: "why", Label: "Note for the record", Value: p.kept("why", ""), Limit: 1000}},
	)
}

// ticked is a yes or no: as it was typed, when the form comes back.
func (p *page) ticked(name string, stored bool) bool {
	if p.failed != nil && p.R.PostForm.Has("type") {
		return p.said(name) == "yes"
	}
	return stored
}

func bad(format string, args ...any) error {
	return drawbridge.Errorf(drawbridge.Invalid, format, args...)
}

// contractSaid is a contract as the form says it.
func (p *page) contractSaid() (drawbridge.Contract, error) {
	c := drawbridge.Contract{
		Type: p.said("type"), Title: p.said("title"), Signed: drawbridge.Date(p.said("signed")), Starts: drawbridge.Date(p.said("starts")), Ends: drawbridge.Date(p.said("ends")),
		AutoRenew: p.said("auto_renew") == "yes", DataOwner: p.said("data_owner"), AuditRight: p.said("audit") == "yes", Law: p.said("law"), Cost: p.said("cost"), Clauses: map[string]string{},
	}
	for _, t := range terms(&c) {
		n, err := strconv.ParseInt(cmp.Or(strings.TrimSpace(p.said(t.name)), "0"), 10, 64)
		if err != nil {
			return c, bad("%s: write a whole number", t.text)
		}
		*t.at = n
	}
	for _, line := range p.listed("levels") {
		w := strings.Fields(line)
		if len(w) != 4 {
			return c, bad("levels: write metric, target, unit and window, not %.60q", line)
		}
		target, err := strconv.ParseFloat(w[1], 64)
		if err != nil {
			return c, bad("levels: %.40q is no number", w[1])
		}
		c.Levels = append(c.Levels, drawbridge.ServiceLevel{Metric: w[0], Target: target, Unit: w[2], Window: w[3]})
	}
	for _, line := range p.listed("clauses") {
		id, text, _ := strings.Cut(line, " ")
		c.Clauses[id] = strings.TrimSpace(text)
	}
	return c, nil
}

func (p *page) contractNew() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Put a contract on file", "Its days come into the calendar; its promises are held against manifests and measures."
	p.shell.Trail = []view.Link{{Text: "Contracts", To: "/contracts"}}
	p.wrong()
	partner, err := p.partnerField("partner", "Partner", "A name from the list.", p.R.URL.Query().Get("partner"))
	if err != nil {
		return nil, err
	}
	partner.Required = true
	f := view.Form{To: "/contracts/new", Once: p.once(), Submit: "Put it on file", Class: "main", Fields: []view.FormField{partner}}
	f.Fields = append(f.Fields, p.contractFields(&drawbridge.Contract{})...)
	return view.OneForm("contract", "The contract", f), nil
}

func (p *page) doAddContract() (string, error) {
	c, err := p.contractSaid()
	if err != nil {
		return "", err
	}
	if c.Partner, err = p.partnerNamed(p.said("partner")); err != nil {
		return "", err
	}
	v, err := p.web.opt.Portfolio.AddContract(p.R.Context(), p.Actor, portfolio.ContractEdit{Contract: c, Reason: p.said("why"), Key: p.key()})
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		err = bad("there is no partner %.60q", c.Partner)
	}
	return "/contracts/" + string(v.ID) + "?done=contract-saved", err
}

func (p *page) contractID() drawbridge.ContractID { return drawbridge.ContractID(p.R.PathValue("id")) }

// contract is one contract, with what was measured.
func (p *page) contract() (templ.Component, error) {
	ctx, id := p.R.Context(), p.contractID()
	c, err := p.web.opt.Portfolio.Contract(ctx, p.Actor, id)
	if err != nil {
		return nil, err
	}
	names, err := p.names()
	if err != nil {
		return nil, err
	}
	measures, err := p.web.opt.Portfolio.Measures(ctx, p.Actor, id)
	if err != nil {
		return nil, err
	}
	p.shell.Title, p.shell.Lead = cmp.Or(c.Title, strings.ToUpper(c.Type)), "Contract with "+string(c.Partner)+"."
	p.shell.Trail = []view.Link{{Text: "Contracts", To: "/contracts"}}
	p.wrong()
	out := view.Contract{Now: p.now, Today: drawbridge.DateOf(p.now), Facts: contractFacts(&c, names)}
	for _, l := range c.Measured {
		out.Levels = append(out.Levels, levelRow(&l, measures))
	}
	for _, x := range c.Gaps {
		out.Gaps = append(out.Gaps, view.Gap{Subject: x.Subject, Text: x.Text})
	}
	for _, k := range portfolio.Clauses() {
		if word := c.Clauses[k.ID]; word != "" {
			out.Clauses = append(out.Clauses, view.Known{Name: k.Law, Slot: view.Slot{Text: k.Title, Note: word}})
		}
	}
	to := "/contracts/" + string(id)
	if p.may(access.MeasureWrite) && len(c.Levels) > 0 && c.ClosedAt.IsZero() {
		out.Acts = append(out.Acts, view.Act{Title: "Record what was measured", Open: p.failed != nil && p.R.PostForm.Has("metric"), Form: p.measureForm(&c, to)})
	}
	if p.may(access.ContractWrite) {
		out.Acts = append(out.Acts, view.Act{Title: "Change it", Open: p.failed != nil && p.R.PostForm.Has("type"), Form: view.Form{
			To: to + "/edit", Once: p.once(), Hidden: versionOf(c.Meta), Fields: p.contractFields(&c.Contract), Submit: "Save", Class: "main",
		}})
		if c.ClosedAt.IsZero() {
			out.Acts = append(out.Acts, view.Act{Title: "Close it", About: "It is over before its day, and promises nothing any more.", Open: p.failed != nil && p.R.PostForm.Has("close-why"), Form: view.Form{
				To: to + "/close", Once: p.once(), Submit: "Close the contract", Class: "danger",
				Fields: []view.FormField{{As: "text", Field: view.Field{Name: "close-why", Label: "Why", Value: p.kept("close-why", ""), Required: true, Limit: 1000}}},
			}})
		}
	}
	return view.ContractPage(out), nil
}

func contractFacts(c *drawbridge.ContractView, names map[drawbridge.IntegrationID]string) []view.Known {
	facts := []view.Known{
		{Name: "Partner", Slot: view.Slot{Text: string(c.Partner), To: "/partners/" + string(c.Partner)}},
		{Name: "Kind", Slot: view.Slot{Text: strings.ToUpper(c.Type)}},
		{Name: "Standing", Slot: view.Slot{Text: view.Words(c.Standing), Tone: standings[c.Standing]}},
	}
	if c.Next.On != "" {
		facts = append(facts, view.Known{Name: "Next day", Slot: view.Slot{Kind: view.DaySlot, Day: c.Next.On, Note: string(c.Next.On) + ": " + milestones[c.Next.What]}})
	}
	for _, d := range []struct {
		name string
		day  drawbridge.Date
	}{{"Signed", c.Signed}, {"Starts", c.Starts}, {"Last day", c.Ends}} {
		if d.day != "" {
			facts = append(facts, view.Known{Name: d.name, Slot: view.Slot{Text: string(d.day)}})
		}
	}
	if c.AutoRenew {
		facts = append(facts, view.Known{Name: "At its end", Slot: view.Slot{Text: "it goes on by itself"}})
	}
	for _, t := range terms(&c.Contract) {
		if *t.at > 0 {
			facts = append(facts, view.Known{Name: t.text, Slot: view.Slot{Text: strconv.FormatInt(*t.at, 10)}})
		}
	}
	for _, i := range c.Integrations {
		facts = append(facts, view.Known{Name: "Covers", Slot: view.Slot{Text: nameOr(names, i), To: "/integrations/" + string(i)}})
	}
	if len(c.Integrations) == 0 {
		facts = append(facts, view.Known{Name: "Covers", Slot: view.Slot{Text: "all integrations of the partner", To: "/partners/" + string(c.Partner) + "#integrations"}})
	}
	audit := "no right to audit"
	if c.AuditRight {
		audit = "we may audit"
	}
	facts = append(facts, view.Known{Name: "Audit", Slot: view.Slot{Text: audit}})
	for name, text := range map[string]string{"Data belongs to": c.DataOwner, "Law": c.Law, "Cost a year": c.Cost} {
		if text != "" {
			facts = append(facts, view.Known{Name: name, Slot: view.Slot{Text: text}})
		}
	}
	slices.SortStableFunc(facts[max(len(facts)-3, 0):], func(a, b view.Known) int { return cmp.Compare(a.Name, b.Name) })
	if c.Evidence != "" {
		facts = append(facts, view.Known{Name: "Document", Slot: view.Slot{Text: "the signed document", To: "/evidence/" + string(c.Evidence)}})
	}
	return facts
}

func levelRow(l *drawbridge.LevelView, measures []drawbridge.Measure) view.Level {
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) + " " + l.Unit }
	out := view.Level{Metric: view.Words(l.Metric), Unit: l.Unit, Target: number(l.Target), Window: l.Window}
	switch l.Kept {
	case "met":
		out.Tone, out.Word = view.Good, "met"
	case "missed":
		out.Tone, out.Word = view.Bad, "missed"
	default:
		out.Tone, out.Word = view.Idle, "not measured lately"
	}
	if l.To != "" {
		out.Latest, out.Period = number(l.Value), string(l.From)+" to "+string(l.To)
	}
	for _, m := range measures {
		if m.Metric == l.Metric {
			out.Points = append(out.Points, view.Point{At: m.To.End(), Value: m.Value})
		}
	}
	slices.SortFunc(out.Points, func(a, b view.Point) int { return a.At.Compare(b.At) })
	return out
}

func (p *page) measureForm(c *drawbridge.ContractView, to string) view.Form {
	metrics := view.Field{Name: "metric", Label: "What", Value: p.kept("metric", ""), Required: true}
	for _, l := range c.Levels {
		metrics.Options = append(metrics.Options, view.Option{Value: l.Metric, Text: view.Words(l.Metric) + ", in " + l.Unit})
	}
	return view.Form{To: to + "/measures", Once: p.once(), Submit: "Record it", Class: "main", Fields: []view.FormField{
		{As: "choice", Field: metrics},
		{Field: view.Field{Name: "value", Label: "Value", Value: p.kept("value", ""), Required: true, Limit: 40}},
		{Field: view.Field{Name: "from", Label: "From", Type: "date", Value: p.kept("from", ""), Required: true}},
		{Field: view.Field{Name: "until", Label: "To", Type: "date", Value: p.kept("until", ""), Required: true}},
		{Field: view.Field{Name: "source", Label: "How it was measured", Value: p.kept("source", ""), Required: true, Limit: 200}},
	}}
}

func (p *page) doMeasure() (string, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(p.said("value")), 64)
	if err != nil {
		return "", bad("value: write a number")
	}
	_, err = p.web.opt.Portfolio.AddMeasure(p.R.Context(), p.Actor, portfolio.MeasureEdit{Measure: drawbridge.Measure{
		Contract: p.contractID(), Metric: p.said("metric"), Value: v, From: drawbridge.Date(p.said("from")), To: drawbridge.Date(p.said("until")), Source: p.said("source"),
	}, Key: p.key()})
	return "/contracts/" + string(p.contractID()) + "?done=measured#levels", err
}

func (p *page) doEditContract() (string, error) {
	c, err := p.contractSaid()
	if err != nil {
		return "", err
	}
	had, err := p.web.opt.Portfolio.Contract(p.R.Context(), p.Actor, p.contractID())
	if err != nil {
		return "", err
	}
	c.ID, c.Version, c.Partner, c.Integrations, c.Evidence = had.ID, p.version(), had.Partner, had.Integrations, had.Evidence
	_, err = p.web.opt.Portfolio.EditContract(p.R.Context(), p.Actor, portfolio.ContractEdit{Contract: c, Reason: p.said("why"), Key: p.key()})
	return "/contracts/" + string(c.ID) + "?done=contract-saved", err
}

func (p *page) doCloseContract() (string, error) {
	_, err := p.web.opt.Portfolio.CloseContract(p.R.Context(), p.Actor, p.contractID(), p.said("close-why"), p.key())
	return "/contracts/" + string(p.contractID()) + "?done=contract-closed", err
}
