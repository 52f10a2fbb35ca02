package api

import (
	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/client"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/register"
)

// mediaSheet is the media type of a spreadsheet.
const mediaSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// inquiryRoutes are the routes of questionnaires, and those of a partner who
// came by a link.
func inquiryRoutes() []Route {
	return append([]Route{
		{"GET", "/api/v1/inquiries", "inquiries.list", access.InquiryRead, "List the questionnaires that you may see, newest first", 200, Paged, does((*API).inquiries)},
		{"POST", "/api/v1/reviews/{id}/inquiries", "inquiries.send", access.InquirySend, "Send a questionnaire for a review", 201, Idempotent, does((*API).sendInquiry)},
		{"GET", "/api/v1/inquiries/{id}", "inquiries.get", access.InquiryRead, "Read a questionnaire with its answers", 200, 0, does((*API).sheet)},
		{"GET", "/api/v1/inquiries/{id}/preview", "inquiries.preview", access.InquiryRead, "Read a questionnaire as a partner sees it", 200, 0, does((*API).preview)},
		{"GET", "/api/v1/inquiries/{id}/text", "inquiries.text", access.InquiryRead, "Read questions and answers as plain text", 200, Streams, does((*API).inquiryText)},
		{"GET", "/api/v1/inquiries/{id}/sheet", "inquiries.export", access.InquiryRead, "Read questions and answers as a spreadsheet", 200, Streams, does((*API).exportInquiry)},
		{"POST", "/api/v1/inquiries/{id}/sheet", "inquiries.import", access.InquiryAnswer, "Take the answers of a spreadsheet in", 200, Idempotent, does((*API).importInquiry)},
		{"PUT", "/api/v1/inquiries/{id}/answers/{question}", "inquiries.answer", access.InquiryAnswer, "Answer a question", 200, Idempotent, does((*API).putAnswer)},
		{"GET", "/api/v1/inquiries/{id}/answers/{question}/history", "inquiries.history", access.InquiryRead, "List every answer that was given to a question, newest first", 200, 0, does((*API).answerHistory)},
		{"POST", "/api/v1/inquiries/{id}/confirm", "inquiries.confirm", access.InquiryAnswer, "Say that answers of last time still hold", 200, Idempotent, does((*API).confirmAnswers)},
		{"POST", "/api/v1/inquiries/{id}/submit", "inquiries.submit", access.InquiryAnswer, "Hand the answers in", 200, Idempotent, does((*API).submitInquiry)},
		{"POST", "/api/v1/inquiries/{id}/accept", "inquiries.accept", access.InquiryAccept, "Take the answers as they are", 200, Idempotent | Conditional, does((*API).acceptInquiry)},
		{"POST", "/api/v1/inquiries/{id}/return", "inquiries.return", access.InquiryAccept, "Give the answers back to be changed", 200, Idempotent | Conditional, does((*API).returnInquiry)},
		{"POST", "/api/v1/inquiries/{id}/close", "inquiries.close", access.InquiryAccept, "End a questionnaire that nobody needs any more", 200, Idempotent | Conditional, does((*API).closeInquiry)},
		{"GET", "/api/v1/inquiries/{id}/links", "links.list", access.LinkRead, "List the links to a questionnaire, newest first", 200, 0, does((*API).links)},
		{"POST", "/api/v1/inquiries/{id}/links", "links.create", access.LinkWrite, "Make a link for a partner", 201, Idempotent, does((*API).addLink)},
		{"POST", "/api/v1/links/{link}/revoke", "links.revoke", access.LinkWrite, "End a link, and those that it passed on", 200, 0, does((*API).revokeLink)},
	}, visitRoutes()...)
}

func inquiryID(in client.ByID) drawbridge.InquiryID { return drawbridge.InquiryID(in.ID) }

func (a *API) inquiries(c *call, in client.InquiryFilter) (client.List[drawbridge.Inquiry], error) {
	f := inquiry.Filter{Integration: in.Integration, Review: in.Review, State: in.State, Audience: in.Audience}
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[drawbridge.Inquiry], error) {
		return a.opt.Inquiry.Inquiries(c.R.Context(), c.Actor, f, after, limit)
	})
}

func (a *API) sendInquiry(c *call, in client.Send) (drawbridge.Inquiry, error) {
	return a.opt.Inquiry.Send(c.R.Context(), c.Actor, inquiry.Sending{
		Review: drawbridge.ReviewID(in.ID), Audience: in.Audience, Template: in.Template, Due: in.Due, Reason: in.Reason, Key: c.key,
	})
}

func (a *API) sheet(c *call, in client.ByID) (client.Sheet, error) {
	s, err := a.opt.Inquiry.Sheet(c.R.Context(), c.Actor, inquiryID(in))
	return client.Sheet{
		Inquiry: s.Inquiry, Title: s.Items.Title, Length: s.Items.Length, Lang: s.Items.Lang, Sections: headings(s.Items), Questions: s.Items.Questions,
		Skipped: s.Items.Skipped, Score: s.Score, Progress: progress(s.State),
	}, err
}

func (a *API) preview(c *call, in client.PreviewOf) (client.Asked, error) {
	s, err := a.opt.Inquiry.Asked(c.R.Context(), c.Actor, inquiryID(in.ByID), in.Link)
	return asked(s), err
}

func (a *API) inquiryText(c *call, in client.ByID) (stream, error) {
	data, err := a.opt.Inquiry.Copy(c.R.Context(), c.Actor, inquiryID(in))
	return bytesOf("text/plain; charset=utf-8", "questionnaire.txt", data), err
}

func (a *API) exportInquiry(c *call, in client.ByID) (stream, error) {
	data, err := a.opt.Inquiry.Export(c.R.Context(), c.Actor, inquiryID(in))
	return bytesOf(mediaSheet, "questionnaire.xlsx", data), err
}

func (a *API) importInquiry(c *call, in client.ImportFile) (client.Imported, error) {
	out, err := a.opt.Inquiry.Import(c.R.Context(), c.Actor, inquiryID(in.ByID), inquiry.Importing{Data: in.Data, Replace: in.Replace, Key: c.key})
	return client.Imported(out), err
}

func (a *API) putAnswer(c *call, in client.PutAnswer) (client.Given, error) {
	return a.put(c, inquiryID(in.ByID), in.Question, in.Reply)
}

func (a *API) put(c *call, id drawbridge.InquiryID, question string, in client.Reply) (client.Given, error) {
	g, err := a.opt.Inquiry.Put(c.R.Context(), c.Actor, id, inquiry.Putting{Question: question, Base: in.Base, Answer: in.Answer, Key: c.key})
	return client.Given(g), err
}

func (a *API) answerHistory(c *call, in client.ByQuestion) (client.List[client.Given], error) {
	list, err := a.opt.Inquiry.History(c.R.Context(), c.Actor, inquiryID(in.ByID), in.Question)
	return client.List[client.Given]{Items: given(list)}, err
}

func (a *API) confirmAnswers(c *call, in client.ConfirmAnswers) (client.Confirmed, error) {
	n, err := a.opt.Inquiry.Confirm(c.R.Context(), c.Actor, inquiryID(in.ByID), in.Questions, c.key)
	return client.Confirmed{Count: n}, err
}

func (a *API) submitInquiry(c *call, in client.Because) (drawbridge.Inquiry, error) {
	return a.opt.Inquiry.Submit(c.R.Context(), c.Actor, inquiryID(in.ByID), c.key)
}

func (a *API) acceptInquiry(c *call, in client.Because) (drawbridge.Inquiry, error) {
	return a.opt.Inquiry.Accept(c.R.Context(), c.Actor, inquiryID(in.ByID), c.decided(in))
}

func (a *API) returnInquiry(c *call, in client.Because) (drawbridge.Inquiry, error) {
	return a.opt.Inquiry.Return(c.R.Context(), c.Actor, inquiryID(in.ByID), c.decided(in))
}

func (a *API) closeInquiry(c *call, in client.Because) (drawbridge.Inquiry, error) {
	return a.opt.Inquiry.Close(c.R.Context(), c.Actor, inquiryID(in.ByID), c.decided(in))
}

func (c *call) decided(in client.Because) inquiry.Decided {
	return inquiry.Decided{Version: c.match, Reason: in.Reason, Key: c.key}
}

func (a *API) links(c *call, in client.ByID) (client.List[client.LinkOf], error) {
	list, err := a.opt.Inquiry.Links(c.R.Context(), c.Actor, inquiryID(in))
	out := client.List[client.LinkOf]{}
	for _, l := range list {
		out.Items = append(out.Items, linkOf(l))
	}
	return out, err
}

func (a *API) addLink(c *call, in client.AddLink) (client.IssuedLink, error) {
	return a.issue(c, inquiryID(in.ByID), in.NewLink)
}

func (a *API) issue(c *call, id drawbridge.InquiryID, in client.NewLink) (client.IssuedLink, error) {
	out, err := a.opt.Inquiry.AddLink(c.R.Context(), c.Actor, id, inquiry.NewLink{
		Label: in.Label, ExpiresAt: in.ExpiresAt, Preview: in.Preview, Questions: in.Questions, Key: c.key,
	})
	return client.IssuedLink{Link: linkOf(out.Link), Path: client.Hide("/p/" + out.Secret)}, err
}

func (a *API) revokeLink(c *call, in client.RevokeLink) (client.LinkOf, error) {
	l, err := a.opt.Inquiry.RevokeLink(c.R.Context(), c.Actor, drawbridge.LinkID(in.Link), in.Reason)
	return linkOf(l), err
}
