package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/web/view"
)

// grid begins a list.
func (p *page) grid(label, noun string, columns ...string) view.Grid {
	return view.Grid{Now: p.now, Today: drawbridge.DateOf(p.now), Label: label, To: p.R.URL.Path, Columns: columns, Noun: noun}
}

// chosen puts a filter of the address into a list.
func (p *page) chosen(g *view.Grid, name, text, all string, options ...string) string {
	f := view.Field{Name: name, Label: text, Value: p.R.URL.Query().Get(name), Options: []view.Option{{Value: "", Text: all}}}
	for _, o := range options {
		f.Options = append(f.Options, view.Option{Value: o, Text: view.Words(o)})
	}
	g.Filters = append(g.Filters, f)
	g.Filtered = g.Filtered || f.Value != ""
	return f.Value
}

// turn puts the pages before and after into a list.
func (p *page) turn(g *view.Grid, next *register.Cursor) {
	q := p.R.URL.Query()
	if q.Get("after") != "" {
		g.First = address(g.To, q, "after", "")
	}
	if next != nil {
		g.Further = address(g.To, q, "after", writePlace(next))
	}
}

// names are the names of integrations that the person may see, by their ids.
func (p *page) names() (map[drawbridge.IntegrationID]string, error) {
	page, err := p.web.opt.Register.Integrations(p.R.Context(), p.Actor, register.IntegrationFilter{Order: "name"}, nil, register.MaxPage)
	out := map[drawbridge.IntegrationID]string{}
	for _, i := range page.Items {
		out[i.ID] = i.Name
	}
	return out, err
}

// nameOr is a name, or the id where it is not known.
func nameOr(names map[drawbridge.IntegrationID]string, id drawbridge.IntegrationID) string {
	return cmp.Or(names[id], string(id))
}

var inquiryTones = map[string]view.Tone{
	inquiry.StateOpen: view.Info, inquiry.StateSubmitted: view.Warn, inquiry.StateReturned: view.Info, inquiry.StateAccepted: view.Good, inquiry.StateClosed: view.Idle,
}

var inquiryWords = map[string]string{
	inquiry.StateOpen: "being answered", inquiry.StateSubmitted: "to be read", inquiry.StateReturned: "given back", inquiry.StateAccepted: "accepted", inquiry.StateClosed: "closed",
}

// questionnaires is the list of those that were sent.
func (p *page) questionnaires() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Questionnaires", "What partners and our own people were asked, newest first, and how far they are."
	g := p.grid("Questionnaires", "questionnaire", "About", "For", "State", "Answered", "Due", "Questions", "Sent")
	state := p.chosen(&g, "state", "State", "every state", inquiry.States()...)
	audience := p.chosen(&g, "audience", "For", "everybody", questionnaire.Audiences()...)
	after, err := readPlace(p.R.URL.Query().Get("after"))
	if err != nil {
		return nil, err
	}
	list, err := p.web.opt.Inquiry.Inquiries(p.R.Context(), p.Actor, inquiry.Filter{
		State: state, Audience: audience, Integration: drawbridge.IntegrationID(p.R.URL.Query().Get("integration")),
	}, after, 50)
	if err != nil {
		return nil, err
	}
	names, err := p.names()
	if err != nil {
		return nil, err
	}
	for _, q := range list.Items {
		g.Rows = append(g.Rows, []view.Slot{
			{Kind: view.HeadSlot, Text: nameOr(names, q.Integration), To: "/questionnaires/" + string(q.ID), Note: string(q.Partner)},
			{Text: q.Audience},
			{Text: inquiryWords[q.State], Tone: inquiryTones[q.State]},
			{Kind: view.NumberSlot, Text: strconv.FormatInt(q.Answered, 10) + " of " + strconv.FormatInt(q.Asked, 10)},
			{Kind: view.DaySlot, Day: q.Due},
			{Kind: view.CodeSlot, Text: q.Template},
			{Kind: view.TimeSlot, At: q.SentAt},
		})
	}
	p.turn(&g, list.Next)
	g.None, g.Next = "No questionnaire was sent yet.", "One is sent for a review that is under way; the partner answers by a link."
	if p.may(access.InquirySend) {
		g.Do = append(g.Do, view.Link{Text: "Send a questionnaire", To: "/questionnaires/new"})
	}
	g.Do = append(g.Do, view.Link{Text: "Templates", To: "/templates"})
	return p.withViews("questionnaires", view.GridPage(g))
}

// inquiryID is the questionnaire of the address.
func (p *page) inquiryID() drawbridge.InquiryID { return drawbridge.InquiryID(p.R.PathValue("id")) }

// toQuestionnaire leads from where messages point.
func (p *page) toQuestionnaire() error {
	p.redirect("/questionnaires/" + p.R.PathValue("id"))
	return nil
}

// questionnaire is one of them, with its answers.
func (p *page) questionnaire() (templ.Component, error) { return p.sentPage(nil) }

func (p *page) sentPage(issued *inquiry.Issued) (templ.Component, error) {
	ctx, id := p.R.Context(), p.inquiryID()
	s, err := p.web.opt.Inquiry.Sheet(ctx, p.Actor, id)
	if err != nil {
		return nil, err
	}
	q := &s.Inquiry
	out := view.Sent{
		Now: p.now, Today: drawbridge.DateOf(p.now), To: "/questionnaires/" + string(id), State: q.State, Note: q.Note, Asked: len(s.Visible),
		Answered: s.Score.Answered, Missing: len(s.Missing), Confirm: len(s.Unconfirmed), Share: s.Score.Share, Once: p.once(),
		Fill: q.State == inquiry.StateOpen || q.State == inquiry.StateReturned, Partner: q.Audience == "partner", Label: p.said("label"), Until: p.said("until"),
	}
	if out.Partner {
		p.sentLinks(&out, s.Links)
		out.CanLink = q.State != inquiry.StateClosed && p.may(access.LinkWrite)
	}
	if issued != nil {
		out.Issued, out.IssuedFor, out.Label, out.Until = p.origin()+"/p/"+issued.Secret, issued.Link.Label, "", ""
	}
	people := []string{string(q.SentBy), string(q.AcceptedBy)}
	for _, g := range s.Answers {
		people = append(people, g.Author)
	}
	who, err := p.web.opt.Account.Names(ctx, p.Actor, people...)
	if err != nil {
		return nil, err
	}
	p.shell.Title, p.shell.Lead = "Questionnaire: "+s.Integration, s.Items.Title+", "+s.Items.Length+", "+s.Items.Lang+"."
	p.shell.Trail = []view.Link{{Text: "Questionnaires", To: "/questionnaires"}}
	p.wrong()
	out.Facts = sentFacts(q, s.Integration, who)
	out.Acts = p.sentActs(q)
	sentParts(&out, &s, who)
	return view.SentPage(out), nil
}

func (p *page) sentLinks(out *view.Sent, links []drawbridge.Link) {
	for _, l := range links {
		revoke := ""
		if p.may(access.LinkWrite) {
			revoke = out.To + "/links/" + string(l.ID) + "/revoke"
		}
		out.Links = append(out.Links, p.linkRow(l, revoke))
	}
}

func sentFacts(q *drawbridge.Inquiry, name string, who map[string]string) []view.Known {
	facts := []view.Known{
		{Name: "State", Slot: view.Slot{Text: inquiryWords[q.State], Tone: inquiryTones[q.State]}},
		{Name: "About", Slot: view.Slot{Text: name, To: "/integrations/" + string(q.Integration)}},
		{Name: "Partner", Slot: view.Slot{Text: string(q.Partner), To: "/partners/" + string(q.Partner)}},
		{Name: "Review", Slot: view.Slot{Text: "the review it was sent for", To: "/reviews/" + string(q.Review)}},
		{Name: "Answered by", Slot: view.Slot{Text: map[string]string{"partner": "the partner, by a link", "internal": "our own people"}[q.Audience]}},
		{Name: "Due", Slot: view.Slot{Kind: view.DaySlot, Day: q.Due}},
		{Name: "Sent", Slot: view.Slot{Kind: view.TimeSlot, At: q.SentAt, Note: who[string(q.SentBy)]}},
	}
	if !q.SubmittedAt.IsZero() {
		facts = append(facts, view.Known{Name: "Handed in", Slot: view.Slot{Kind: view.TimeSlot, At: q.SubmittedAt}})
	}
	if !q.AcceptedAt.IsZero() {
		facts = append(facts, view.Known{Name: "Accepted", Slot: view.Slot{Kind: view.TimeSlot, At: q.AcceptedAt, Note: who[string(q.AcceptedBy)]}})
	}
	if q.Previous != "" {
		facts = append(facts, view.Known{Name: "Last time", Slot: view.Slot{Text: "the answers that were carried forward", To: "/questionnaires/" + string(q.Previous)}})
	}
	return append(facts, view.Known{Name: "Questions", Slot: view.Slot{Kind: view.CodeSlot, Text: q.Template}})
}

// sentActs are the steps that a questionnaire can take.
func (p *page) sentActs(q *drawbridge.Inquiry) []view.Act {
	if !p.may(access.InquiryAccept) {
		return nil
	}
	to := "/questionnaires/" + string(q.ID)
	version := []view.Option{{Value: "version", Text: strconv.FormatInt(q.Version, 10)}}
	field := func(name, label, help string, required bool) []view.FormField {
		return []view.FormField{{As: "text", Field: view.Field{Name: name, Label: label, Help: help, Value: p.said(name), Required: required, Limit: 4000}}}
	}
	var acts []view.Act
	if _, ok := inquiry.Step(q.State, "accept"); ok {
		acts = append(acts, view.Act{Title: "Accept the answers", Open: true, About: "They count as what the partner says of itself, and do not change any more.", Form: view.Form{
			To: to + "/accept", Once: p.once(), Hidden: version, Fields: field("accepted", "Note for the record", "", false), Submit: "Accept", Class: "main",
		}})
	}
	if _, ok := inquiry.Step(q.State, "return"); ok {
		acts = append(acts, view.Act{Title: "Give them back", About: "Until they are handed in again they do not count.", Open: p.said("returned") != "", Form: view.Form{
			To: to + "/return", Once: p.once(), Hidden: version, Fields: field("returned", "What is to be changed", "Whoever answers reads this.", true), Submit: "Give back",
		}})
	}
	if _, ok := inquiry.Step(q.State, "close"); ok {
		acts = append(acts, view.Act{Title: "Close it", About: "Nobody answers it any more, and its links end at once. This cannot be taken back.", Open: p.said("closed") != "", Form: view.Form{
			To: to + "/close", Once: p.once(), Hidden: version, Fields: field("closed", "Why", "For the record; the partner does not read it.", true), Submit: "Close the questionnaire", Class: "danger",
		}})
	}
	return acts
}

// sentParts are the answers, part by part.
func sentParts(out *view.Sent, s *inquiry.Sheet, who map[string]string) {
	a := newAsking(inquiry.Asked{Items: s.Items, Progress: s.State, State: s.Inquiry.State}, "")
	for _, sec := range s.Items.Sections {
		part := view.SentPart{ID: sec.ID, Title: sec.Title}
		for _, x := range s.Score.Sections {
			if x.Section == sec.ID {
				part.Asked, part.Answered, part.Points, part.Of = x.Asked, x.Answered, x.Points, x.Of
			}
		}
		for _, q := range a.visible {
			if q.Section == sec.ID {
				part.Rows = append(part.Rows, sentRow(a, &q, who))
			}
		}
		if len(part.Rows) > 0 {
			out.Parts = append(out.Parts, part)
		}
	}
	for _, k := range s.Items.Skipped {
		out.Skipped = append(out.Skipped, view.Skip{Text: k.Text, Why: k.Why})
	}
}

func sentRow(a *asking, q *questionnaire.Question, who map[string]string) view.SentRow {
	g := a.given[q.ID]
	row := view.SentRow{ID: q.ID, Text: q.Text, Said: a.words(q, g.Answer), Comment: g.Answer.Comment, At: g.CreatedAt, Required: q.Required, Claims: q.Controls}
	switch {
	case g.ID == "":
	case drawbridge.ValidID("lnk", g.Author):
		row.By = "by a link of the partner"
	default:
		row.By = cmp.Or(who[g.Author], g.Source)
	}
	if was, ok := a.Progress.Previous[q.ID]; ok && was.Changed {
		row.Was = a.words(q, was.Answer)
	}
	switch {
	case slices.Contains(a.Progress.Missing, q.ID):
		row.State, row.Word = view.Warn, "required, open"
	case slices.Contains(a.Progress.Unconfirmed, q.ID):
		row.State, row.Word = view.Info, "of last time"
	case !g.Answer.Given():
		row.State, row.Word = view.Idle, "no answer"
	case row.Was != "":
		row.State, row.Word = view.Info, "changed"
	}
	return row
}

// decided is what the form says of the questionnaire that was looked at.
func (p *page) decided(reason string) inquiry.Decided {
	return inquiry.Decided{Version: p.version(), Reason: p.said(reason), Key: p.key()}
}

func (p *page) doAcceptAnswers() (string, error) {
	q, err := p.web.opt.Inquiry.Accept(p.R.Context(), p.Actor, p.inquiryID(), p.decided("accepted"))
	return "/questionnaires/" + string(q.ID) + "?done=answers-accepted", err
}

func (p *page) doReturnAnswers() (string, error) {
	q, err := p.web.opt.Inquiry.Return(p.R.Context(), p.Actor, p.inquiryID(), p.decided("returned"))
	return "/questionnaires/" + string(q.ID) + "?done=answers-returned", err
}

func (p *page) doCloseQuestionnaire() (string, error) {
	if strings.TrimSpace(p.said("closed")) == "" {
		return "", drawbridge.Errorf(drawbridge.Invalid, "say why the questionnaire is closed")
	}
	q, err := p.web.opt.Inquiry.Close(p.R.Context(), p.Actor, p.inquiryID(), p.decided("closed"))
	return "/questionnaires/" + string(q.ID) + "?done=questionnaire-closed", err
}

func (p *page) doLink() (string, error) {
	issued, err := p.issue(p.inquiryID())
	if err != nil {
		return "", err
	}
	p.instead = func(p *page) (templ.Component, error) { return p.sentPage(&issued) }
	return "", nil
}

func (p *page) doRevokeLink() (string, error) {
	_, err := p.web.opt.Inquiry.RevokeLink(p.R.Context(), p.Actor, drawbridge.LinkID(p.R.PathValue("link")), p.said("reason"))
	return "/questionnaires/" + string(p.inquiryID()) + "?done=link-ended", err
}

// sending asks what to send, for which review.
func (p *page) sending() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Send a questionnaire", "What accepted evidence and passed checks answer is left out, and the answers of last time come along."
	p.shell.Trail = []view.Link{{Text: "Questionnaires", To: "/questionnaires"}}
	p.wrong()
	open, err := p.web.opt.Review.Reviews(p.R.Context(), p.Actor, review.Filter{Open: true}, nil, register.MaxPage)
	if err != nil {
		return nil, err
	}
	names, err := p.names()
	if err != nil {
		return nil, err
	}
	ws, err := p.web.opt.Workspace()
	if err != nil {
		return nil, err
	}
	reviews := view.Field{Name: "review", Label: "For the review", Value: p.said("review"), Required: true}
	for _, r := range open.Items {
		id := string(r.ID)
		if want := p.R.URL.Query().Get("integration"); want != "" && want == string(r.Integration) || p.R.URL.Query().Get("review") == id {
			reviews.Value = cmp.Or(reviews.Value, id)
		}
		reviews.Options = append(reviews.Options, view.Option{Value: id, Text: nameOr(names, r.Integration) + ", review " + strconv.FormatInt(r.Number, 10) + ", " + view.Words(string(r.State))})
	}
	slices.SortFunc(reviews.Options, func(a, b view.Option) int { return cmp.Compare(a.Text, b.Text) })
	kinds := view.Field{Name: "template", Label: "Questions", Help: "Left out, the review's tier decides how long it is.", Value: p.said("template"), Options: []view.Option{{Value: "", Text: "as the review asks for"}}}
	for _, t := range ws.Questionnaires() {
		for _, length := range questionnaire.Lengths() {
			kinds.Options = append(kinds.Options, view.Option{Value: t.Name + "/" + length, Text: t.Title + ": " + length + " (" + t.Lang + ")"})
		}
	}
	return view.SendingPage(view.Sending{Reviews: len(reviews.Options) > 0, Form: view.Form{
		To: "/questionnaires/new", Once: p.once(), Submit: "Send it", Class: "main",
		Fields: []view.FormField{
			{As: "choice", Field: reviews},
			{As: "choice", Field: kinds},
			{As: "choice", Field: view.Field{Name: "audience", Label: "Who answers", Value: p.said("audience"), Required: true, Options: []view.Option{{Value: "partner", Text: "The partner, by a link"}, {Value: "internal", Text: "Our own people"}}}},
			{Field: view.Field{Name: "due", Label: "Due", Type: "date", Value: p.said("due")}},
			{As: "text", Field: view.Field{Name: "reason", Label: "Note for the record", Value: p.said("reason"), Limit: 4000}},
		},
	}}), nil
}

func (p *page) doSend() (string, error) {
	q, err := p.web.opt.Inquiry.Send(p.R.Context(), p.Actor, inquiry.Sending{
		Review: drawbridge.ReviewID(p.said("review")), Audience: p.said("audience"), Template: p.said("template"), Due: drawbridge.Date(p.said("due")),
		Reason: p.said("reason"), Key: p.key(),
	})
	return "/questionnaires/" + string(q.ID) + "?done=questionnaire-sent", err
}
