package api

import (
	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/client"
	"drawbridge/internal/front"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/seal"
)

// visitRoutes are the routes of a partner who came by a link. The cookie says
// which questionnaire it is, so no address names one.
func visitRoutes() []Route {
	return []Route{
		{"POST", "/api/v1/partner/visit", "visit.enter", "", "Take up a partner's link: the answer is a cookie", 204, Public, does((*API).enter)},
		{"DELETE", "/api/v1/partner/visit", "visit.leave", access.InquiryRead, "End the visit in this browser", 204, Partner, does((*API).leave)},
		{"GET", "/api/v1/partner/inquiry", "visit.inquiry", access.InquiryRead, "Read your questionnaire", 200, Partner, does((*API).visited)},
		{"GET", "/api/v1/partner/text", "visit.text", access.InquiryRead, "Read your questions and answers as plain text", 200, Partner | Streams, does((*API).visitText)},
		{"GET", "/api/v1/partner/sheet", "visit.export", access.InquiryRead, "Read your questions and answers as a spreadsheet", 200, Partner | Streams, does((*API).visitExport)},
		{"POST", "/api/v1/partner/sheet", "visit.import", access.InquiryAnswer, "Take the answers of a spreadsheet in", 200, Partner | Idempotent, does((*API).visitImport)},
		{"PUT", "/api/v1/partner/answers/{question}", "visit.answer", access.InquiryAnswer, "Answer a question", 200, Partner | Idempotent, does((*API).visitAnswer)},
		{"POST", "/api/v1/partner/confirm", "visit.confirm", access.InquiryAnswer, "Say that answers of last time still hold", 200, Partner | Idempotent, does((*API).visitConfirm)},
		{"POST", "/api/v1/partner/submit", "visit.submit", access.InquiryAnswer, "Hand your answers in", 200, Partner | Idempotent, does((*API).visitSubmit)},
		{"GET", "/api/v1/partner/links", "visit.links", access.LinkWrite, "List the links by which you passed questions on", 200, Partner, does((*API).visitLinks)},
		{"POST", "/api/v1/partner/links", "visit.pass_on", access.LinkWrite, "Pass single questions on by a link of their own", 201, Partner | Idempotent, does((*API).passOn)},
		{"POST", "/api/v1/partner/links/{link}/revoke", "visit.revoke", access.LinkWrite, "End a link that you passed on", 200, Partner, does((*API).revokeLink)},
		{"GET", "/api/v1/partner/evidence", "visit.evidence", access.EvidenceRead, "List the documents that you handed in", 200, Partner | Paged, does((*API).visitEvidence)},
		{"POST", "/api/v1/partner/evidence", "visit.offer", access.EvidenceAdd, "Hand a document in", 201, Partner | Idempotent | Upload, does((*API).visitOffer)},
		{"GET", "/api/v1/partner/threads", "visit.threads", access.ThreadRead, "List the discussions that are shared with you", 200, Partner | Paged, does((*API).visitThreads)},
		{"GET", "/api/v1/partner/threads/{id}", "visit.thread", access.ThreadRead, "Read a discussion, with a page of its comments, oldest first", 200, Partner, does((*API).visitThread)},
		{"POST", "/api/v1/partner/threads/{id}/comments", "visit.reply", access.ThreadWrite, "Add to a discussion", 201, Partner | Idempotent, does((*API).visitReply)},
	}
}

// enter exchanges the token of a link for a cookie. People come by the link's own
// address, which is a page.
func (a *API) enter(c *call, in client.ByToken) (client.None, error) {
	if err := c.Entering(); err != nil {
		return client.None{}, err
	}
	actor, cookie, err := a.opt.Inquiry.Enter(c.R.Context(), in.Token.Hidden, c.Cookie(front.VisitCookie), "api", c.ID)
	if err != nil {
		return client.None{}, err
	}
	c.Actor = actor
	if !cookie.Empty() {
		c.SetCookie(front.VisitCookie, cookie)
	}
	return client.None{}, nil
}

func (a *API) leave(c *call, _ client.None) (client.None, error) {
	if err := a.opt.Inquiry.Leave(c.R.Context(), c.Actor); err != nil {
		return client.None{}, err
	}
	c.SetCookie(front.VisitCookie, seal.Hidden{})
	return client.None{}, nil
}

func (a *API) visited(c *call, _ client.None) (client.Asked, error) {
	s, err := a.opt.Inquiry.Asked(c.R.Context(), c.Actor, c.Actor.Inquiry, "")
	return asked(s), err
}

func (a *API) visitText(c *call, _ client.None) (stream, error) { return a.inquiryText(c, c.visits()) }

func (a *API) visitExport(c *call, _ client.None) (stream, error) {
	return a.exportInquiry(c, c.visits())
}

// visits is the questionnaire of the link.
func (c *call) visits() client.ByID { return client.ByID{ID: string(c.Actor.Inquiry)} }

func (a *API) visitImport(c *call, in client.Filled) (client.Imported, error) {
	return a.importInquiry(c, client.ImportFile{ByID: c.visits(), Filled: in})
}

func (a *API) visitAnswer(c *call, in client.VisitAnswer) (client.Given, error) {
	return a.put(c, c.Actor.Inquiry, in.Question, in.Reply)
}

func (a *API) visitConfirm(c *call, in client.Confirm) (client.Confirmed, error) {
	return a.confirmAnswers(c, client.ConfirmAnswers{ByID: c.visits(), Confirm: in})
}

func (a *API) visitSubmit(c *call, _ client.None) (client.Asked, error) {
	if _, err := a.opt.Inquiry.Submit(c.R.Context(), c.Actor, c.Actor.Inquiry, c.key); err != nil {
		return client.Asked{}, err
	}
	return a.visited(c, client.None{})
}

func (a *API) visitLinks(c *call, _ client.None) (client.List[client.LinkOf], error) {
	return a.links(c, c.visits())
}

func (a *API) passOn(c *call, in client.NewLink) (client.IssuedLink, error) {
	return a.issue(c, c.Actor.Inquiry, in)
}

// asked is a questionnaire as a partner reads it.
func asked(s inquiry.Asked) client.Asked {
	return client.Asked{
		Inquiry: s.Inquiry, Integration: s.Integration, State: s.State, Due: s.Due, Note: s.Note, Title: s.Items.Title, Lang: s.Items.Lang,
		Sections: headings(s.Items), Questions: s.Items.Questions, Label: s.Link.Label, Only: s.Link.Questions, Preview: s.Link.Preview,
		ExpiresAt: s.Link.ExpiresAt, Progress: progress(s.Progress),
	}
}

func progress(s inquiry.State) client.Progress {
	out := client.Progress{
		Answers: given(s.Answers), Previous: map[string]client.LastTime{}, Visible: s.Visible, Missing: s.Missing, Unconfirmed: s.Unconfirmed,
	}
	for id, was := range s.Previous {
		out.Previous[id] = client.LastTime(was)
	}
	return out
}

func given(list []inquiry.Given) []client.Given {
	out := make([]client.Given, len(list))
	for i, g := range list {
		out[i] = client.Given(g)
	}
	return out
}

func headings(it questionnaire.Items) []client.Heading {
	out := make([]client.Heading, len(it.Sections))
	for i, s := range it.Sections {
		out[i] = client.Heading{ID: s.ID, Title: s.Title}
	}
	return out
}

func linkOf(l drawbridge.Link) client.LinkOf {
	return client.LinkOf{
		ID: l.ID, Inquiry: l.Inquiry, Label: l.Label, Questions: l.Questions, Parent: l.Parent, Preview: l.Preview, CreatedBy: l.CreatedBy,
		ExpiresAt: l.ExpiresAt, RevokedAt: l.RevokedAt, CreatedAt: l.CreatedAt,
	}
}
