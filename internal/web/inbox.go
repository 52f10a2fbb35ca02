package web

import (
	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/notify"
	"drawbridge/internal/web/view"
)

func inboxArea() area {
	return area{
		name: "Work",
		menu: []entry{{text: "Inbox", to: "/", key: "i", may: access.InboxRead}},
		routes: []route{
			shows("/{$}", "/", (*page).inbox),
			acts("/inbox/{id}/read", "/", (*page).inbox, (*page).doRead),
		},
		dones: map[string]done{"read": {text: "Marked as read."}},
	}
}

// inbox is the start page: what needs this person, most dangerous first, and why;
// then what happened.
func (p *page) inbox() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Inbox", "What needs you, most dangerous first, and what happened since."
	p.wrong()
	waiting, err := p.web.opt.Review.Mine(p.R.Context(), p.Actor)
	if err != nil {
		return nil, err
	}
	told, err := p.web.opt.Notify.Inbox(p.R.Context(), p.Actor, notify.InboxQuery{Limit: 20})
	if err != nil {
		return nil, err
	}
	today := drawbridge.DateOf(p.now)
	in := view.Inbox{Now: p.now, Today: today}
	for _, w := range waiting {
		r := &w.Review
		in.Tasks = append(in.Tasks, view.Task{
			Title: w.Name, To: "/reviews/" + string(r.ID), Do: w.Do, Tier: r.Tier, State: view.Words(string(r.State)),
			Cause: view.Words(r.Cause), Number: int(r.Number), Due: r.Due, Late: r.Due != "" && r.Due.Past(p.now), Since: r.UpdatedAt,
		})
	}
	for _, m := range told {
		in.News = append(in.News, view.News{Title: notify.Title(m.Kind), To: m.Link, At: m.CreatedAt, Unread: m.ReadAt.IsZero()})
	}
	if len(told) > 0 && told[0].ReadAt.IsZero() {
		in.ReadAll = "/inbox/" + string(told[0].ID) + "/read"
	}
	return view.InboxPage(in), nil
}

func (p *page) doRead() (string, error) {
	return "/?done=read", p.web.opt.Notify.MarkRead(p.R.Context(), p.Actor, drawbridge.MessageID(p.R.PathValue("id")), true)
}
