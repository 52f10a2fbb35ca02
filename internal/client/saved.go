package client

import (
	"context"
	"time"

	"drawbridge"
)

// ViewFilter says which saved views to list.
type ViewFilter struct {
	List string `json:"-" query:"list" doc:"integrations, findings, reviews or questionnaires"`
}

// SavedView is the filter of a list, kept under a name.
type SavedView struct {
	ID        string              `json:"id"`
	Person    drawbridge.PersonID `json:"person" doc:"who saved it"`
	List      string              `json:"list" doc:"integrations, findings, reviews or questionnaires"`
	Name      string              `json:"name"`
	Query     string              `json:"query" doc:"of the address of the list's page, like tier=high&state=live"`
	Shared    bool                `json:"shared" doc:"everybody in the organisation sees it"`
	CreatedAt time.Time           `json:"created_at"`
}

// Views are saved views.
type Views struct {
	Items []SavedView `json:"items"`
}

// SaveView saves the filters of a list under a name.
type SaveView struct {
	ID     string `json:"id,omitempty" doc:"of the view to change; left out saves a new one, or yours of the same name anew"`
	List   string `json:"list,omitempty" doc:"integrations, findings, reviews or questionnaires"`
	Name   string `json:"name"`
	Query  string `json:"query,omitempty" doc:"of the address of the list's page; left out while changing, it stays"`
	Shared bool   `json:"shared,omitempty" doc:"with everybody in the organisation"`
}

// Views lists the saved views: the caller's, and those that are shared.
func (c *Client) Views(ctx context.Context, f ViewFilter) (Views, error) {
	out, _, err := call[Views](ctx, c, "GET /api/v1/views", f)
	return out, err
}

// SaveView saves the filters of a list under a name, or changes a view.
func (c *Client) SaveView(ctx context.Context, in SaveView) (SavedView, error) {
	out, _, err := call[SavedView](ctx, c, "PUT /api/v1/views", in)
	return out, err
}

// DropView deletes a saved view.
func (c *Client) DropView(ctx context.Context, id string) (SavedView, error) {
	out, _, err := call[SavedView](ctx, c, "DELETE /api/v1/views/{id}", ByID{ID: id})
	return out, err
}

// RestoreView brings back a saved view that was deleted.
func (c *Client) RestoreView(ctx context.Context, id string) (SavedView, error) {
	out, _, err := call[SavedView](ctx, c, "PUT /api/v1/views/{id}/restored", ByID{ID: id})
	return out, err
}
