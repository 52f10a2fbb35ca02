package web

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/dossier"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/web/view"
)

// discussion is a discussion on the page of a review.
func (d *desk) discussion(t *review.Talk) view.Talk {
	out := talkOf(&t.Thread, d.who)
	if d.failed != nil && strings.HasSuffix(d.said("back"), "#talk-"+string(t.ID)) {
		out.Typed = d.said("text")
	}
	out.End = t.ResolvedBy == "" && d.May[access.ThreadResolve]
	for _, c := range t.Comments {
		out.Comments = append(out.Comments, view.Comment{By: sentenceCase(d.who(c.Author)), Text: c.Text, At: c.CreatedAt})
	}
	return out
}

func talkOf(t *drawbridge.Thread, who func(string) string) view.Talk {
	out := view.Talk{ID: string(t.ID), Title: t.Title, Blocks: t.Blocks, Shared: t.Shared, By: who(t.OpenedBy), At: t.CreatedAt, Version: t.Version}
	if t.ResolvedBy != "" {
		out.Resolved = who(t.ResolvedBy)
	}
	return out
}

// thread is one discussion on a page of its own: where messages lead.
func (p *page) thread() (templ.Component, error) {
	talk, err := p.web.opt.Dossier.Thread(p.R.Context(), p.Actor, drawbridge.ThreadID(p.R.PathValue("id")), nil, register.MaxPage)
	if err != nil {
		return nil, err
	}
	p.wrong()
	t := &talk.Thread
	ids := []string{t.OpenedBy, t.ResolvedBy}
	for _, c := range talk.Comments.Items {
		ids = append(ids, c.Author)
	}
	who, err := p.whoAre(ids...)
	if err != nil {
		return nil, err
	}
	p.shell.Title, p.shell.Lead = t.Title, "A discussion about "+t.Kind+" "+t.Object+"."
	if t.Integration != "" {
		p.shell.Trail = []view.Link{{Text: "Integrations", To: "/integrations"}, {Text: "The dossier", To: "/integrations/" + string(t.Integration)}}
	}
	out := view.ThreadPage{Now: p.now, Key: p.once(), Talk: talkOf(t, who), Typed: p.said("text")}
	if t.Kind == "review" {
		out.About = view.Link{Text: "Open the review", To: "/reviews/" + t.Object}
	}
	for _, c := range talk.Comments.Items {
		out.Talk.Comments = append(out.Talk.Comments, view.Comment{By: sentenceCase(who(c.Author)), Text: c.Text, At: c.CreatedAt})
	}
	out.Talk.End = t.ResolvedBy == "" && !p.web.opt.Table.Scope(p.Actor, access.ThreadResolve).Nothing()
	out.May = t.ResolvedBy == "" && !p.web.opt.Table.Scope(p.Actor, access.ThreadWrite).Nothing()
	return view.Thread(out), nil
}

// whoAre names people as pages do.
func (p *page) whoAre(ids ...string) (func(string) string, error) {
	names, err := p.web.opt.Account.Names(p.R.Context(), p.Actor, ids...)
	return func(id string) string {
		switch {
		case id != "" && id == string(p.Actor.Person):
			return "you"
		case strings.HasPrefix(id, "lnk_"):
			return "the partner"
		case names[id] != "":
			return names[id]
		case id == "":
			return "nobody"
		}
		return id
	}, err
}

// doDiscuss opens a discussion about an item of a review.
func (p *page) doDiscuss() (string, error) {
	s, err := p.web.opt.Review.Review(p.R.Context(), p.Actor, p.step().Review)
	if err != nil {
		return "", err
	}
	text := p.said("text")
	title, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if r := []rune(title); len(r) > 80 {
		title = string(r[:80]) + "…"
	}
	n := dossier.NewThread{
		Integration: s.Integration, Kind: p.said("topic"), Object: p.said("object"), Title: title, Text: text, Blocks: p.said("blocks") != "", Key: p.key(),
	}
	if n.Shared = p.said("shared") != ""; n.Kind == "question" {
		n.Inquiry = drawbridge.InquiryID(p.said("inquiry"))
	}
	_, err = p.web.opt.Dossier.Open(p.R.Context(), p.Actor, n)
	return p.back("discussed"), err
}

// doSay adds to a discussion, ends it, or both.
func (p *page) doSay() (string, error) {
	id, done := drawbridge.ThreadID(p.R.PathValue("id")), "replied"
	if text := p.said("text"); text != "" || p.said("resolve") == "" {
		t, err := p.web.opt.Dossier.Reply(p.R.Context(), p.Actor, id, dossier.NewComment{Text: text, Key: p.key()})
		if err != nil {
			return "", err
		}
		p.R.PostForm.Set("version", strconv.FormatInt(t.Version, 10))
	}
	if p.said("resolve") != "" {
		version, err := strconv.ParseInt(p.said("version"), 10, 64)
		if err != nil {
			return "", drawbridge.Errorf(drawbridge.Invalid, "the form does not say which state of the discussion it ends")
		}
		if _, err := p.web.opt.Dossier.Resolve(p.R.Context(), p.Actor, id, dossier.Change{Version: version}); err != nil {
			return "", err
		}
		done = "resolved"
	}
	to, err := url.Parse(local(p.said("back")))
	if err != nil {
		return "", drawbridge.Errorf(drawbridge.Invalid, "the form does not say where it leads back to")
	}
	if to.Path == "/" {
		return "/threads/" + string(id) + "?done=review." + done, nil
	}
	q := to.Query()
	q.Set("done", "review."+done)
	return (&url.URL{Path: to.Path, RawQuery: q.Encode(), Fragment: to.Fragment}).String(), nil
}

// sayAgain draws the page again on which a reply was refused: the review that it was
// typed on, or the discussion.
func (p *page) sayAgain() (templ.Component, error) {
	to, err := url.Parse(local(p.said("back")))
	if err != nil {
		return p.thread()
	}
	id, ok := strings.CutPrefix(to.Path, "/reviews/")
	if !ok || !identifier.MatchString(id) {
		return p.thread()
	}
	p.R.SetPathValue("id", id)
	p.R.URL.RawQuery = to.RawQuery
	return p.review()
}

// doRule records what a reviewer finds of a check that denies a claim.
func (p *page) doRule() (string, error) {
	s, err := p.web.opt.Review.Review(p.R.Context(), p.Actor, p.step().Review)
	if err != nil {
		return "", err
	}
	if refuted := p.said("refuted"); refuted != "yes" && refuted != "no" {
		return "", drawbridge.Errorf(drawbridge.Invalid, "say which one is right: the claim, or the test")
	}
	_, err = p.web.opt.Register.Rule(p.R.Context(), p.Actor, register.NewRuling{
		Ref: register.ByID(s.Integration), Check: p.said("check"), Element: p.said("element"), Refuted: p.said("refuted") == "yes",
		Role: drawbridge.Discipline(p.said("role")), Reason: p.said("why"), Key: p.key(),
	})
	if err != nil {
		return "", fmt.Errorf("rule on %s: %w", p.said("check"), err)
	}
	return p.back("ruled"), nil
}
