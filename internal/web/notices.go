package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/portfolio"
	"drawbridge/internal/web/view"
)

var noticeTones = map[string]view.Tone{"open": view.Warn, "objected": view.Bad, "accepted": view.Good, "closed": view.Idle}

var noticeKinds = map[string]string{
	portfolio.NoticeSubprocessor: "a new sub-processor", portfolio.NoticeDeprecation: "something goes away", portfolio.NoticeIncident: "an incident",
}

func noticeKindList() []string {
	return []string{portfolio.NoticeSubprocessor, portfolio.NoticeDeprecation, portfolio.NoticeIncident}
}

func (p *page) notices() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Notices", "What partners announce: who else gets data, what goes away, what happened. The day by which we must act is computed."
	q := p.R.URL.Query()
	after, err := readPlace(q.Get("after"))
	if err != nil {
		return nil, err
	}
	list, err := p.web.opt.Portfolio.Notices(p.R.Context(), p.Actor, portfolio.NoticeFilter{
		Partner: drawbridge.PartnerID(q.Get("partner")), Kind: q.Get("kind"), State: q.Get("state"),
	}, after, 50)
	if err != nil {
		return nil, err
	}
	g := p.noticeGrid(list.Items)
	p.chosen(&g, "state", "State", "every state", "open", "objected", "accepted", "closed")
	p.chosen(&g, "kind", "About", "anything", noticeKindList()...)
	p.turn(&g, list.Next)
	if p.may(access.NoticeWrite) {
		g.Do = []view.Link{{Text: "Take a notice in", To: "/notices/new"}}
	}
	return view.GridPage(g), nil
}

func (p *page) noticeGrid(list []drawbridge.NoticeView) view.Grid {
	g := p.grid("Notices", "notice", "Notice", "Partner", "State", "Act by", "Came")
	for _, n := range list {
		by := view.Slot{Kind: view.DaySlot, Day: n.Deadline}
		if n.Overdue {
			by.Note = "overdue"
		}
		g.Rows = append(g.Rows, []view.Slot{
			{Kind: view.HeadSlot, Text: n.Title, To: "/notices/" + n.ID, Note: noticeKinds[n.Kind]},
			{Text: string(n.Partner), To: "/partners/" + string(n.Partner)},
			{Text: n.State, Tone: noticeTones[n.State]},
			by,
			{Kind: view.TimeSlot, At: n.Received},
		})
	}
	g.None, g.Next = "No notice came yet.", "What a partner announces is taken in here, or comes through its link."
	return g
}

func (p *page) noticeNew() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Take a notice in", "The deadline follows from the contract, or from the policy where no contract says more."
	p.shell.Trail = []view.Link{{Text: "Notices", To: "/notices"}}
	p.wrong()
	kind := view.Field{Name: "kind", Label: "About", Value: p.kept("kind", ""), Required: true}
	for _, k := range noticeKindList() {
		kind.Options = append(kind.Options, view.Option{Value: k, Text: noticeKinds[k]})
	}
	line := func(name, text, help, typed string, limit int) view.FormField {
		return view.FormField{Field: view.Field{Name: name, Label: text, Help: help, Type: typed, Value: p.kept(name, ""), Limit: limit}}
	}
	partner, err := p.partnerField("partner", "Partner", "A name from the list.", p.R.URL.Query().Get("partner"))
	if err != nil {
		return nil, err
	}
	partner.Required = true
	f := view.Form{To: "/notices/new", Once: p.once(), Submit: "Take it in", Class: "main", Fields: []view.FormField{
		partner,
		{As: "choice", Field: kind},
		{Field: view.Field{Name: "title", Label: "In a line", Value: p.kept("title", ""), Required: true, Limit: 200}},
		{As: "text", Field: view.Field{Name: "text", Label: "What it says", Value: p.kept("text", ""), Limit: 4000}},
		line("received", "Came on", "Today when you leave it out.", "date", 0),
		line("effective", "Takes effect on", "Needed when something goes away.", "date", 0),
		line("name", "New sub-processor", "Needed when it is about one.", "", 200),
		line("service", "What it does", "", "", 200),
		line("country", "Its country", "Two capital letters, like IE.", "", 2),
		{As: "text", Field: view.Field{Name: "categories", Label: "Categories of data that it gets", Help: "One a line.", Value: p.kept("categories", "")}},
		line("operation", "What goes away", "An operation, a version.", "", 200),
		{As: "text", Field: view.Field{Name: "affected", Label: "What an incident affected", Value: p.kept("affected", ""), Limit: 4000}},
		line("aware", "The partner knew of it on", "", "date", 0),
	}}
	return view.OneForm("notice", "The notice", f), nil
}

// instant is the beginning of a day that a form names; none is the zero time.
func (p *page) instant(name string) (time.Time, error) {
	text := p.said(name)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}, bad("%s: write a day like 2026-11-21", name)
	}
	if t.Format(time.DateOnly) == string(drawbridge.DateOf(p.now)) {
		return p.now, nil
	}
	return t, nil
}

func (p *page) doAddNotice() (string, error) {
	received, err := p.instant("received")
	if err != nil {
		return "", err
	}
	aware, err := p.instant("aware")
	if err != nil {
		return "", err
	}
	partner, err := p.partnerNamed(p.said("partner"))
	if err != nil {
		return "", err
	}
	in := portfolio.NoticeEdit{
		Partner: partner, Kind: p.said("kind"), Title: p.said("title"), Text: p.said("text"), Received: received,
		Effective: drawbridge.Date(p.said("effective")), Key: p.key(),
	}
	switch in.Kind {
	case portfolio.NoticeSubprocessor:
		in.Facts = drawbridge.NoticeFacts{Name: p.said("name"), Service: p.said("service"), Country: p.said("country"), Categories: p.listed("categories")}
	case portfolio.NoticeDeprecation:
		in.Facts.Operation = p.said("operation")
	default:
		in.Facts.Affected, in.Facts.AwareAt = p.said("affected"), aware
	}
	n, err := p.web.opt.Portfolio.AddNotice(p.R.Context(), p.Actor, in)
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		err = bad("there is no partner %.60q", in.Partner)
	}
	return "/notices/" + n.ID + "?done=notice-taken", err
}

// notice is one notice.
func (p *page) notice() (templ.Component, error) {
	n, err := p.web.opt.Portfolio.Notice(p.R.Context(), p.Actor, p.R.PathValue("id"))
	if err != nil {
		return nil, err
	}
	var f drawbridge.NoticeFacts
	if err := json.Unmarshal(n.Facts, &f); err != nil {
		return nil, fmt.Errorf("read the facts of a notice: %w", err)
	}
	who, err := p.web.opt.Account.Names(p.R.Context(), p.Actor, n.From, string(n.DecidedBy))
	if err != nil {
		return nil, err
	}
	p.shell.Title, p.shell.Lead = n.Title, "A notice of "+string(n.Partner)+": "+noticeKinds[n.Kind]+"."
	p.shell.Trail = []view.Link{{Text: "Notices", To: "/notices"}}
	p.wrong()
	out := view.Notice{
		Now: p.now, Today: drawbridge.DateOf(p.now), State: n.State, Overdue: n.Overdue, Deadline: n.Deadline, DueAt: n.DueAt, Rule: n.Rule, Text: n.Text,
		Reason: n.Reason, Facts: noticeFacts(&n, &f, who),
	}
	if of, says, ok := strings.Cut(strings.TrimPrefix(n.Rule, "contract "), ": "); ok && strings.HasPrefix(n.Rule, "contract ") && p.may(access.ContractRead) {
		out.Contract, out.Rule = "/contracts/"+of, says
	}
	if p.may(access.NoticeDecide) {
		out.Acts = p.noticeActs(&n)
	}
	return view.NoticePage(out), nil
}

func noticeFacts(n *drawbridge.NoticeView, f *drawbridge.NoticeFacts, who map[string]string) []view.Known {
	facts := []view.Known{
		{Name: "State", Slot: view.Slot{Text: n.State, Tone: noticeTones[n.State]}},
		{Name: "Partner", Slot: view.Slot{Text: string(n.Partner), To: "/partners/" + string(n.Partner)}},
		{Name: "Came", Slot: view.Slot{Kind: view.TimeSlot, At: n.Received, Note: who[n.From]}},
	}
	add := func(name, text string) {
		if text != "" {
			facts = append(facts, view.Known{Name: name, Slot: view.Slot{Text: text}})
		}
	}
	add("Takes effect", string(n.Effective))
	add("Sub-processor", f.Name)
	add("What it does", f.Service)
	add("Country", f.Country)
	add("Data", strings.Join(f.Categories, ", "))
	add("What goes away", f.Operation)
	add("Affected", f.Affected)
	if !f.AwareAt.IsZero() {
		facts = append(facts, view.Known{Name: "The partner knew", Slot: view.Slot{Kind: view.TimeSlot, At: f.AwareAt}})
	}
	add("Came in time", f.InTime)
	if n.Inquiry != "" {
		facts = append(facts, view.Known{Name: "Came through", Slot: view.Slot{Text: "the link of a questionnaire", To: "/questionnaires/" + string(n.Inquiry)}})
	}
	if !n.DecidedAt.IsZero() {
		facts = append(facts, view.Known{Name: "Decided", Slot: view.Slot{Kind: view.TimeSlot, At: n.DecidedAt, Note: who[string(n.DecidedBy)]}})
	}
	return facts
}

// noticeActs are what can be decided of a notice.
func (p *page) noticeActs(n *drawbridge.NoticeView) []view.Act {
	var acts []view.Act
	for _, a := range []struct {
		to, title, about, submit, class string
		from                            []string
	}{
		{"accepted", "Accept it", "A sub-processor that is accepted is on record from then on.", "Accept", "main", []string{"open", "objected"}},
		{"objected", "Object to it", "The objection is on record; tell the partner by the way that the contract names.", "Object", "", []string{"open"}},
		{"closed", "Close it", "Nothing is left to do about it.", "Close the notice", "danger", []string{"open", "objected", "accepted"}},
	} {
		if !slices.Contains(a.from, n.State) {
			continue
		}
		acts = append(acts, view.Act{Title: a.title, About: a.about, Open: p.failed != nil && p.said("to") == a.to, Form: view.Form{
			To: "/notices/" + n.ID + "/decide", Once: p.once(), Hidden: append(versionOf(n.Meta), view.Option{Value: "to", Text: a.to}), Submit: a.submit, Class: a.class,
			Fields: []view.FormField{{As: "text", Field: view.Field{Name: "reason-" + a.to, Label: "Why", Value: p.kept("reason-"+a.to, ""), Required: true, Limit: 4000}}},
		}})
	}
	return acts
}

func (p *page) doDecideNotice() (string, error) {
	id, to := p.R.PathValue("id"), p.said("to")
	_, err := p.web.opt.Portfolio.DecideNotice(p.R.Context(), p.Actor, portfolio.Verdict{ID: id, Version: p.version(), To: to, Reason: p.said("reason-" + to), Key: p.key()})
	return "/notices/" + id + "?done=notice-decided", err
}
