package web

import (
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/account"
	"drawbridge/internal/store"
	"drawbridge/internal/web/view"
)

// savedArea are the saved views of lists; they stand above each list.
func savedArea() area {
	return area{
		routes: []route{
			acts("/views", "", (*page).savedAgain, (*page).doSaveView),
			acts("/views/{id}/change", "", (*page).savedAgain, (*page).doSaveView),
			acts("/views/{id}/drop", "", nil, (*page).doDropView),
			acts("/views/{id}/restore", "", nil, (*page).doRestoreView),
		},
		dones: map[string]done{
			"view-saved":    {text: "The view is saved."},
			"view-dropped":  {text: "The view was deleted.", undo: "/views/{of}/restore"},
			"view-restored": {text: "The view is there again."},
		},
	}
}

// withViews puts the saved views of a list above it.
func (p *page) withViews(list string, under templ.Component) (templ.Component, error) {
	views, err := p.web.opt.Account.Views(p.R.Context(), p.Actor, list)
	if err != nil {
		return nil, err
	}
	q := p.R.URL.Query()
	for _, name := range []string{"after", "done", "of"} {
		q.Del(name)
	}
	for name, values := range q {
		if values[0] == "" {
			q.Del(name)
		}
	}
	here, share := q.Encode(), p.may(access.ViewShare)
	out := view.SavedViews{List: list, Query: here, Share: share, Name: p.said("name"), Open: p.failed != nil && p.R.PathValue("id") == "", All: view.Tab{Link: view.Link{Text: "All", To: "/" + list}, Here: here == ""}}
	for _, v := range views {
		t := view.SavedView{ID: v.ID, Tab: view.Tab{Link: view.Link{Text: v.Name, To: viewAt(&v)}, Here: v.Query == here}, Shared: v.Shared, Mine: v.Person == p.Actor.Person}
		if out.Here == nil && t.Here && (t.Mine || share) {
			out.Here = &t
		}
		out.Views = append(out.Views, t)
	}
	if out.Wrong = p.failed != nil && out.Here != nil && p.R.PathValue("id") == out.Here.ID; out.Wrong {
		out.Here.Text = out.Name
	}
	return templ.Join(view.Saved(out), under), nil
}

// viewAt is where a view leads.
func viewAt(v *store.SavedView) string {
	return (&url.URL{Path: "/" + v.List, RawQuery: v.Query}).String()
}

// savedAgain draws the list again whose view was not saved, with what was typed.
func (p *page) savedAgain() (templ.Component, error) {
	lists := map[string]func(*page) (templ.Component, error){
		"integrations": (*page).integrations, "findings": (*page).findingList, "reviews": (*page).reviews, "questionnaires": (*page).questionnaires,
	}
	list := p.said("list")
	show, ok := lists[list]
	if !ok || !slices.Contains(account.ViewLists(), list) {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the form does not say which list it is about")
	}
	p.R.URL.Path, p.R.URL.RawQuery = "/"+list, p.said("query")
	p.shell.Section = "/" + list
	content, err := show(p)
	p.wrong()
	return content, err
}

func (p *page) doSaveView() (string, error) {
	v, err := p.web.opt.Account.SaveView(p.R.Context(), p.Actor, account.ViewEdit{
		ID: p.R.PathValue("id"), List: p.said("list"), Name: p.said("name"), Query: p.said("query"), Shared: p.said("shared") != "",
	})
	return p.viewDone(&v, "view-saved", ""), err
}

func (p *page) doDropView() (string, error) {
	v, err := p.web.opt.Account.DropView(p.R.Context(), p.Actor, p.R.PathValue("id"))
	return p.viewDone(&v, "view-dropped", v.ID), err
}

func (p *page) doRestoreView() (string, error) {
	v, err := p.web.opt.Account.RestoreView(p.R.Context(), p.Actor, p.R.PathValue("id"))
	return p.viewDone(&v, "view-restored", ""), err
}

// viewDone leads to a view, and says what was done with it.
func (*page) viewDone(v *store.SavedView, done, of string) string {
	q, err := url.ParseQuery(v.Query)
	if err != nil {
		q = url.Values{}
	}
	q.Set("of", of)
	return address("/"+v.List, q, "done", done)
}
