package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/dossier"
	"drawbridge/internal/front"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/seal"
	"drawbridge/internal/web/view"
)

const visitHome = "/partner"

// strayed reports whether it is a partner who is told of an error, and whose link
// did not let them in.
func (p *page) strayed(kind drawbridge.Kind) bool {
	path := p.R.URL.Path
	if !strings.HasPrefix(path, "/p/") && path != visitHome && !strings.HasPrefix(path, visitHome+"/") || p.Actor.Inquiry != "" {
		return false
	}
	if kind == drawbridge.NotFound || kind == drawbridge.Unauthenticated {
		p.shell.Title = "This link lets nobody in"
		return true
	}
	return false
}

// enter exchanges the token of a link for a cookie, and leads to an address without
// it. A program that only looks whether there is something gets no answer to that.
func (p *page) enter() error {
	if p.R.Method == http.MethodHead {
		p.W.WriteHeader(http.StatusOK)
		return nil
	}
	if err := p.Entering(); err != nil {
		return err
	}
	actor, cookie, err := p.web.opt.Inquiry.Enter(p.R.Context(), seal.Hide(p.R.PathValue("token")), p.Cookie(front.VisitCookie), "web", p.ID)
	if err != nil {
		return err
	}
	p.Actor = actor
	if !cookie.Empty() {
		p.SetCookie(front.VisitCookie, cookie)
	}
	p.redirect(visitHome)
	return nil
}

func (p *page) doLeave() (string, error) {
	if err := p.web.opt.Inquiry.Leave(p.R.Context(), p.Actor); err != nil {
		return "", err
	}
	p.SetCookie(front.VisitCookie, seal.Hidden{})
	return visitHome, nil
}

// visiting reads the questionnaire of the link, and makes the frame of its pages.
func (p *page) visiting() (*asking, error) {
	s, err := p.web.opt.Inquiry.Asked(p.R.Context(), p.Actor, p.Actor.Inquiry, "")
	if err != nil {
		return nil, err
	}
	a := newAsking(s, p.Actor.ID)
	p.guest = &view.Visit{About: s.Integration, Label: s.Link.Label, Preview: s.Link.Preview, Tabs: p.visitTabs(a.passes())}
	return a, nil
}

// asking is a questionnaire with its answers at hand.
type asking struct {
	inquiry.Asked
	me       string // the link that looks
	given    map[string]inquiry.Given
	visible  []questionnaire.Question
	fixed    bool
	files    []drawbridge.FiledEvidence
	threads  []drawbridge.Thread
	base     string // of the pages
	insiders bool   // somebody of ours looks
}

func newAsking(s inquiry.Asked, me string) *asking {
	a := &asking{Asked: s, me: me, given: map[string]inquiry.Given{}, base: visitHome}
	for _, g := range s.Progress.Answers {
		a.given[g.Question] = g
	}
	for _, q := range s.Items.Questions {
		if slices.Contains(s.Progress.Visible, q.ID) {
			a.visible = append(a.visible, q)
		}
	}
	a.fixed = s.Link.Preview || s.State != inquiry.StateOpen && s.State != inquiry.StateReturned
	return a
}

// passes reports whether questions can be passed on.
func (a *asking) passes() bool { return !a.fixed && len(a.Link.Questions) == 0 }

// mine reports whether the link is for a question.
func (a *asking) mine(question string) bool {
	return len(a.Link.Questions) == 0 || slices.Contains(a.Link.Questions, question)
}

func (a *asking) answered(id string) bool {
	g, ok := a.given[id]
	return ok && g.Confirmed && g.Answer.Given()
}

// sections are how far each part is.
func (a *asking) sections() []view.SectionRow {
	var out []view.SectionRow
	for _, s := range a.Items.Sections {
		row := view.SectionRow{Title: s.Title, To: a.base + "/questions/" + s.ID}
		for _, q := range a.visible {
			if q.Section != s.ID {
				continue
			}
			row.Asked++
			switch {
			case a.answered(q.ID):
				row.Answered++
			case slices.Contains(a.Progress.Missing, q.ID):
				row.Missing++
			case slices.Contains(a.Progress.Unconfirmed, q.ID):
				row.Confirm++
			}
		}
		if row.Asked > 0 {
			out = append(out, row)
		}
	}
	return out
}

// place is where a question stands.
func (a *asking) place(q *questionnaire.Question) string {
	return a.base + "/questions/" + q.Section + "#q-" + q.ID
}

// visit is the partner's first page.
func (p *page) visit() (templ.Component, error) {
	a, err := p.visiting()
	if err != nil {
		return nil, err
	}
	if err := p.onFile(a); err != nil {
		return nil, err
	}
	p.shell.Title = a.Items.Title
	p.shell.Lead = "Questions about " + a.Integration + ". What you answer is saved at once; you can stop and go on whenever you like."
	p.wrong()
	return view.OverviewPage(p.overview(a)), nil
}

func (p *page) overview(a *asking) view.Overview {
	out := view.Overview{
		Now: p.now, Today: drawbridge.DateOf(p.now), About: a.Integration, Title: a.Items.Title, From: p.R.Host, State: a.State, Due: a.Due, Note: a.Note,
		Expires: a.Link.ExpiresAt, Only: len(a.Link.Questions) > 0, Fixed: a.fixed, Asked: len(a.visible), Sections: a.sections(),
		Confirm: len(a.Progress.Unconfirmed), Last: len(a.Progress.Previous) > 0, Once: p.once(), Talks: a.talks(""), Files: a.offered(""),
	}
	for _, q := range a.visible {
		if a.answered(q.ID) {
			out.Answered++
		}
		if slices.Contains(a.Progress.Missing, q.ID) {
			out.Missing = append(out.Missing, view.Link{Text: q.Text, To: a.place(&q)})
		}
	}
	return out
}

func (p *page) doHandIn() (string, error) {
	_, err := p.web.opt.Inquiry.Submit(p.R.Context(), p.Actor, p.Actor.Inquiry, p.key())
	return visitHome + "?done=handed-in", err
}

// mostListed bounds the documents and discussions that a partner's pages list.
const mostListed = 200

// onFile reads what was handed in and what is discussed, as far as it is the link's.
func (p *page) onFile(a *asking) error {
	ctx := p.R.Context()
	files, err := p.web.opt.Dossier.List(ctx, p.Actor, dossier.EvidenceFilter{}, nil, mostListed)
	if err != nil {
		return err
	}
	for _, f := range files.Items {
		if len(a.Link.Questions) == 0 || f.UploadedBy == p.Actor.ID {
			a.files = append(a.files, f)
		}
	}
	threads, err := p.web.opt.Dossier.Threads(ctx, p.Actor, dossier.ThreadFilter{}, nil, mostListed)
	for _, t := range threads.Items {
		if a.mine(t.Object) {
			a.threads = append(a.threads, t)
		}
	}
	return err
}

// offered are the documents of some kinds, as the partner sees them; no kind is all.
func (a *asking) offered(question string, kinds ...string) []view.OfferedFile {
	var out []view.OfferedFile
	for _, f := range a.files {
		if question != "" && !slices.Contains(kinds, f.Kind) {
			continue
		}
		out = append(out, view.OfferedFile{
			Kind: kindName(f.Kind), Title: f.Title, Name: f.FileName, Size: drawbridge.Size(f.Size).String(), State: f.State, Mine: f.UploadedBy == a.me, At: f.CreatedAt,
		})
	}
	return out
}

// kindName is a kind of evidence as people write it.
func kindName(kind string) string { return view.Words(strings.TrimPrefix(kind, "evidence:")) }

// talks are the discussions about a question; of none, all.
func (a *asking) talks(question string) []view.TalkRow {
	var out []view.TalkRow
	for _, t := range a.threads {
		if question != "" && (t.Kind != "question" || t.Object != question) {
			continue
		}
		row := view.TalkRow{Title: t.Title, To: a.base + "/threads/" + string(t.ID), Open: t.ResolvedBy == "", At: t.UpdatedAt}
		if t.Kind == "question" {
			row.About = fmt.Sprintf("about %s", t.Object)
		}
		out = append(out, row)
	}
	return out
}
