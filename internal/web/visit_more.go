package web

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/dossier"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/threat"
	"drawbridge/internal/web/view"
)

// visitLast is what was answered last time: what changed since on top, then what
// waits to be confirmed.
func (p *page) visitLast() (templ.Component, error) {
	a, err := p.visiting()
	if err != nil {
		return nil, err
	}
	p.shell.Title, p.shell.Lead = "Answers of last time", "What is new or changed stands on top. The rest you confirm, all at once or one by one."
	p.shell.Trail = []view.Link{{Text: a.Items.Title, To: a.base}}
	p.wrong()
	out := view.Last{Once: p.once(), Fixed: a.fixed, Home: a.base}
	for _, q := range a.visible {
		g, had := a.given[q.ID]
		was, before := a.Progress.Previous[q.ID]
		row := view.LastRow{ID: q.ID, Text: q.Text, To: a.place(&q), Said: a.words(&q, g.Answer), Comment: g.Answer.Comment}
		switch {
		case slices.Contains(a.Progress.Unconfirmed, q.ID):
			out.Confirm = append(out.Confirm, row)
		case before && was.Changed:
			row.Was = a.words(&q, was.Answer)
			out.Changed = append(out.Changed, row)
		case !before && !had:
			out.New = append(out.New, row)
		default:
			out.Same++
		}
	}
	return view.LastPage(out), nil
}

func (p *page) doConfirm() (string, error) {
	list := p.R.PostForm["question"]
	if len(list) == 0 {
		return "", drawbridge.Errorf(drawbridge.Invalid, "tick the answers that still hold")
	}
	_, err := p.web.opt.Inquiry.Confirm(p.R.Context(), p.Actor, p.Actor.Inquiry, list, p.key())
	return "/partner/last?done=confirmed", err
}

// visitEvidence hands a document in.
func (p *page) visitEvidence() (templ.Component, error) {
	a, err := p.visiting()
	if err != nil {
		return nil, err
	}
	if err := p.onFile(a); err != nil {
		return nil, err
	}
	p.shell.Title, p.shell.Lead = "Add a document", "What a document shows need not be asked again, this time or the next."
	p.shell.Trail = []view.Link{{Text: a.Items.Title, To: a.base}}
	p.wrong()
	id := p.R.FormValue("question")
	out := view.Offering{Now: p.now, Fixed: a.fixed, Once: p.once(), Home: a.base, Typed: p.typedFields("title", "issuer", "issued", "expires")}
	out.Kind = p.said("kind")
	kinds := []string{}
	if q, err := a.asks(id); err == nil {
		kinds, out.Question, out.QuestionText, out.Home = q.Evidence, q.ID, q.Text, a.place(q)
	}
	if len(kinds) == 0 {
		kinds = evidenceKinds()
	}
	for _, k := range kinds {
		out.Kinds = append(out.Kinds, view.Option{Value: k, Text: kindName(k)})
	}
	out.Files = a.offered("")
	return view.OfferingPage(out), nil
}

// typedFields are what was typed into fields of the form, by their names.
func (p *page) typedFields(names ...string) map[string]string {
	out := map[string]string{}
	for _, n := range names {
		out[n] = p.said(n)
	}
	return out
}

// evidenceKinds are all kinds of evidence, in the order of their names.
func evidenceKinds() []string {
	var out []string
	for _, d := range threat.Settles().All() {
		if d.Kind == "evidence" {
			out = append(out, d.ID)
		}
	}
	slices.Sort(out)
	return out
}

func (p *page) doOffer() (string, error) {
	if p.file == nil {
		return "", drawbridge.Errorf(drawbridge.Invalid, "choose a file")
	}
	_, err := p.web.opt.Dossier.Offer(p.R.Context(), p.Actor, dossier.Offer{
		Inquiry: p.Actor.Inquiry, Kind: p.said("kind"), Title: p.said("title"), Issuer: p.said("issuer"), Issued: drawbridge.Date(p.said("issued")),
		Expires: drawbridge.Date(p.said("expires")), Name: p.file.name, Content: p.file, Key: p.key(),
	})
	to := url.Values{"done": {"offered"}}
	if q := p.said("question"); q != "" {
		to.Set("question", q)
	}
	return "/partner/evidence?" + to.Encode(), err
}

// visitImport takes a spreadsheet in.
func (p *page) visitImport() (templ.Component, error) {
	a, err := p.visiting()
	if err != nil {
		return nil, err
	}
	p.shell.Title, p.shell.Lead = "Answers from a spreadsheet", "Download it, fill it in wherever you like, and bring it back. It fills what is empty; all of it, or nothing."
	p.shell.Trail = []view.Link{{Text: a.Items.Title, To: a.base}}
	p.wrong()
	return view.SheetInPage(view.SheetIn{Fixed: a.fixed, To: "/partner/import", Sheet: "/partner/sheet", Once: p.once(), Clash: drawbridge.KindOf(p.failed) == drawbridge.Conflict}), nil
}

func (p *page) doImport() (string, error) {
	return "/partner?done=taken-in", p.takeSheet(p.Actor.Inquiry)
}

// takeSheet takes the spreadsheet of the form in.
func (p *page) takeSheet(id drawbridge.InquiryID) error {
	if p.file == nil {
		return drawbridge.Errorf(drawbridge.Invalid, "choose a file")
	}
	data, err := io.ReadAll(io.LimitReader(p.file, inquiry.MaxFile+1))
	if err != nil {
		return errForm()
	}
	in := inquiry.Importing{Data: data, Key: p.key()}
	if p.said("replace") == "yes" {
		s, err := p.web.opt.Inquiry.Asked(p.R.Context(), p.Actor, id, "")
		if err != nil {
			return err
		}
		for _, q := range s.Items.Questions {
			in.Replace = append(in.Replace, q.ID)
		}
	}
	_, err = p.web.opt.Inquiry.Import(p.R.Context(), p.Actor, id, in)
	return err
}

func (p *page) visitSheet() error { return p.sendSheet(p.Actor.Inquiry) }

func (p *page) visitText() error { return p.sendText(p.Actor.Inquiry) }

func (p *page) sendSheet(id drawbridge.InquiryID) error {
	data, err := p.web.opt.Inquiry.Export(p.R.Context(), p.Actor, id)
	if err != nil {
		return err
	}
	return p.bytes("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", `attachment; filename="questionnaire.xlsx"`, data)
}

func (p *page) sendText(id drawbridge.InquiryID) error {
	data, err := p.web.opt.Inquiry.Copy(p.R.Context(), p.Actor, id)
	if err != nil {
		return err
	}
	return p.bytes("text/plain; charset=utf-8", `inline; filename="questionnaire.txt"`, data)
}

// bytes answers with something that is no page.
func (p *page) bytes(media, disposition string, data []byte) error {
	h := p.W.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", disposition)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	p.W.WriteHeader(http.StatusOK)
	if p.R.Method != http.MethodHead {
		_, _ = p.W.Write(data) // the reader may be gone
	}
	return nil
}

// visitLinks are the links by which single questions were passed on.
func (p *page) visitLinks() (templ.Component, error) { return p.passedOn(nil) }

func (p *page) passedOn(issued *inquiry.Issued) (templ.Component, error) {
	a, err := p.visiting()
	if err != nil {
		return nil, err
	}
	list, err := p.web.opt.Inquiry.Links(p.R.Context(), p.Actor, p.Actor.Inquiry)
	if err != nil {
		return nil, err
	}
	p.shell.Title, p.shell.Lead = "Pass questions on", "A colleague gets a link of their own to the questions that you choose, and to nothing else."
	p.shell.Trail = []view.Link{{Text: a.Items.Title, To: a.base}}
	p.wrong()
	out := view.Passing{Now: p.now, Once: p.once(), Can: a.passes(), Label: p.said("label"), Until: p.said("until"), Latest: string(drawbridge.DateOf(a.Link.ExpiresAt))}
	chosen := p.R.PostForm["question"]
	if id := p.R.URL.Query().Get("question"); id != "" {
		chosen = append(chosen, id)
	}
	for _, s := range a.Items.Sections {
		part := view.PassPart{Title: s.Title}
		for _, q := range a.visible {
			if q.Section == s.ID {
				part.Questions = append(part.Questions, view.PassQuestion{ID: q.ID, Text: q.Text, On: issued == nil && slices.Contains(chosen, q.ID), Done: a.answered(q.ID)})
			}
		}
		part.Open = slices.ContainsFunc(part.Questions, func(q view.PassQuestion) bool { return q.On })
		out.Parts = append(out.Parts, part)
	}
	for _, l := range list {
		out.Links = append(out.Links, p.linkRow(l, "/partner/links/"+string(l.ID)+"/revoke"))
	}
	if issued != nil {
		out.Issued, out.IssuedFor, out.Label, out.Until = p.origin()+"/p/"+issued.Secret, issued.Link.Label, "", ""
	}
	return view.PassingPage(out), nil
}

// linkRow is a link as a page lists it.
func (p *page) linkRow(l drawbridge.Link, revoke string) view.LinkRow {
	row := view.LinkRow{ID: string(l.ID), Label: l.Label, Questions: l.Questions, Preview: l.Preview, Made: l.CreatedAt, Expires: l.ExpiresAt, Passed: l.Parent != ""}
	switch {
	case !l.RevokedAt.IsZero():
		row.State = "ended"
	case !l.Works(p.now):
		row.State = "expired"
	default:
		row.State, row.Revoke = "works", revoke
	}
	return row
}

func (p *page) doPassOn() (string, error) {
	if len(p.R.PostForm["question"]) == 0 {
		return "", drawbridge.Errorf(drawbridge.Invalid, "tick the questions that you pass on")
	}
	issued, err := p.issue(p.Actor.Inquiry)
	if err != nil {
		return "", err
	}
	p.instead = func(p *page) (templ.Component, error) { return p.passedOn(&issued) }
	return "", nil
}

// issue makes the link that the form asks for.
func (p *page) issue(id drawbridge.InquiryID) (inquiry.Issued, error) {
	in := inquiry.NewLink{Label: p.said("label"), Preview: p.said("preview") == "yes", Questions: p.R.PostForm["question"], Key: p.key()}
	if until := p.said("until"); until != "" {
		day, err := drawbridge.ParseDate(until)
		if err != nil {
			return inquiry.Issued{}, fmt.Errorf("until: %w", err)
		}
		in.ExpiresAt = day.End().Add(-time.Second)
	}
	return p.web.opt.Inquiry.AddLink(p.R.Context(), p.Actor, id, in)
}

func (p *page) doRevokePassed() (string, error) {
	_, err := p.web.opt.Inquiry.RevokeLink(p.R.Context(), p.Actor, drawbridge.LinkID(p.R.PathValue("link")), p.said("reason"))
	return "/partner/links?done=no-link", err
}

// visitThread is a discussion that is shared with the partner.
func (p *page) visitThread() (templ.Component, error) {
	a, err := p.visiting()
	if err != nil {
		return nil, err
	}
	talk, err := p.shared(a)
	if err != nil {
		return nil, err
	}
	t := talk.Thread
	p.shell.Title = t.Title
	p.shell.Trail = []view.Link{{Text: a.Items.Title, To: a.base}}
	p.wrong()
	out := view.Shared{Now: p.now, Open: t.ResolvedBy == "", Fixed: a.Link.Preview, To: a.base + "/threads/" + string(t.ID) + "/comments", Text: p.said("text"), Once: p.once(), More: talk.Comments.Next != nil}
	if q, err := a.asks(t.Object); err == nil && t.Kind == "question" {
		out.About = view.Link{Text: q.Text, To: a.place(q)}
	}
	for _, c := range talk.Comments.Items {
		by := "The other side"
		switch {
		case c.Author == a.me:
			by = "You"
		case drawbridge.ValidID("lnk", c.Author):
			by = "A colleague of yours"
		}
		out.Comments = append(out.Comments, view.SharedComment{By: by, Text: c.Text, At: c.CreatedAt})
	}
	return view.SharedPage(out), nil
}

// shared reads the discussion of the address, as far as it is the link's.
func (p *page) shared(a *asking) (dossier.Talk, error) {
	talk, err := p.web.opt.Dossier.Thread(p.R.Context(), p.Actor, drawbridge.ThreadID(p.R.PathValue("id")), nil, mostListed)
	if err == nil && !a.mine(talk.Thread.Object) {
		return dossier.Talk{}, access.NotFound(access.Object{Kind: "thread"})
	}
	return talk, err
}

func (p *page) doReply() (string, error) {
	a, err := p.visiting()
	if err != nil {
		return "", err
	}
	talk, err := p.shared(a)
	if err != nil {
		return "", err
	}
	_, err = p.web.opt.Dossier.Reply(p.R.Context(), p.Actor, talk.Thread.ID, dossier.NewComment{Text: p.said("text"), Key: p.key()})
	return "/partner/threads/" + string(talk.Thread.ID) + "?done=replied", err
}
