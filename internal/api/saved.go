package api

import (
	"drawbridge/internal/access"
	"drawbridge/internal/account"
	"drawbridge/internal/client"
	"drawbridge/internal/store"
)

// viewRoutes are the routes of saved views.
func viewRoutes() []Route {
	return []Route{
		{"GET", "/api/v1/views", "views.list", access.ViewUse, "List the saved views of lists: yours, and those that are shared", 200, 0, does((*API).views)},
		{"PUT", "/api/v1/views", "views.save", access.ViewUse, "Save the filters of a list under a name", 200, 0, does((*API).saveView)},
		{"DELETE", "/api/v1/views/{id}", "views.remove", access.ViewUse, "Delete a saved view; it can be restored for thirty days", 200, 0, does((*API).dropView)},
		{"PUT", "/api/v1/views/{id}/restored", "views.restore", access.ViewUse, "Bring back a saved view that was deleted", 200, 0, does((*API).restoreView)},
	}
}

func (a *API) views(c *call, in client.ViewFilter) (client.Views, error) {
	list, err := a.opt.Account.Views(c.R.Context(), c.Actor, in.List)
	out := client.Views{Items: make([]client.SavedView, len(list))}
	for i := range list {
		out.Items[i] = savedView(&list[i])
	}
	return out, err
}

func (a *API) saveView(c *call, in client.SaveView) (client.SavedView, error) {
	v, err := a.opt.Account.SaveView(c.R.Context(), c.Actor, account.ViewEdit{ID: in.ID, List: in.List, Name: in.Name, Query: in.Query, Shared: in.Shared})
	return savedView(&v), err
}

func (a *API) dropView(c *call, in client.ByID) (client.SavedView, error) {
	v, err := a.opt.Account.DropView(c.R.Context(), c.Actor, in.ID)
	return savedView(&v), err
}

func (a *API) restoreView(c *call, in client.ByID) (client.SavedView, error) {
	v, err := a.opt.Account.RestoreView(c.R.Context(), c.Actor, in.ID)
	return savedView(&v), err
}

func savedView(v *store.SavedView) client.SavedView {
	return client.SavedView{ID: v.ID, Person: v.Person, List: v.List, Name: v.Name, Query: v.Query, Shared: v.Shared, CreatedAt: v.Created}
}
