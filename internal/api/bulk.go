package api

import (
	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/client"
	"drawbridge/internal/programme"
	"drawbridge/internal/register"
)

// bulkRoutes are the routes of acts on many things.
func bulkRoutes() []Route {
	return []Route{
		{"GET", "/api/v1/bulks", "bulks.list", access.BulkUse, "List your acts on many things, newest first", 200, Paged, does((*API).bulks)},
		{"POST", "/api/v1/bulks", "bulks.create", access.BulkUse, "Do one act to many things, each by itself and under your rights", 201, Idempotent, does((*API).startBulk)},
		{"POST", "/api/v1/bulks/preview", "bulks.preview", access.BulkUse, "Tell what an act on many things would do, and do nothing", 200, 0, does((*API).previewBulk)},
		{"GET", "/api/v1/bulks/{id}", "bulks.get", access.BulkUse, "Read how far an act on many things came", 200, 0, does((*API).bulk)},
		{"GET", "/api/v1/bulks/{id}/items", "bulks.items", access.BulkUse, "List what became of each of them", 200, Paged, does((*API).bulkItems)},
		{"POST", "/api/v1/bulks/{id}/cancel", "bulks.cancel", access.BulkUse, "Leave what was not begun; what was done stays", 200, 0, does((*API).cancelBulk)},
		{"POST", "/api/v1/bulks/{id}/undo", "bulks.undo", access.BulkUse, "Take back what was done and has not changed since", 201, Idempotent, does((*API).undoBulk)},
	}
}

func (a *API) bulks(c *call, in client.Page) (client.List[drawbridge.Bulk], error) {
	return pageFrom(c, in, func(after *register.Cursor, limit int) (register.Page[drawbridge.Bulk], error) {
		return a.opt.Programme.Bulks(c.R.Context(), c.Actor, after, limit)
	})
}

func bulkStart(in *client.StartBulk, key string) programme.BulkStart {
	return programme.BulkStart{Act: in.Act, IDs: in.IDs, Filter: in.Filter, With: in.With, Reason: in.Reason, Key: key}
}

func (a *API) startBulk(c *call, in client.StartBulk) (drawbridge.Bulk, error) {
	return a.opt.Programme.StartBulk(c.R.Context(), c.Actor, bulkStart(&in, c.key))
}

func (a *API) previewBulk(c *call, in client.StartBulk) (client.BulkPreview, error) {
	p, err := a.opt.Programme.PreviewBulk(c.R.Context(), c.Actor, bulkStart(&in, ""))
	out := client.BulkPreview{Act: p.Act.Name, Undoable: p.Act.Undo, Items: make([]client.BulkForeseen, len(p.Items))}
	for i := range p.Items {
		x := &p.Items[i]
		out.Items[i] = client.BulkForeseen{Subject: x.Subject, Name: x.Name, Title: x.Title, Outcome: x.Outcome, Told: x.Told}
	}
	return out, err
}

func (a *API) bulk(c *call, in client.ByID) (drawbridge.Bulk, error) {
	return a.opt.Programme.Bulk(c.R.Context(), c.Actor, in.ID)
}

func (a *API) bulkItems(c *call, in client.BulkItemFilter) (client.List[drawbridge.BulkItem], error) {
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[drawbridge.BulkItem], error) {
		return a.opt.Programme.BulkItems(c.R.Context(), c.Actor, in.ID, in.Outcome, after, limit)
	})
}

func (a *API) cancelBulk(c *call, in client.ByID) (drawbridge.Bulk, error) {
	return a.opt.Programme.CancelBulk(c.R.Context(), c.Actor, in.ID)
}

func (a *API) undoBulk(c *call, in client.Because) (drawbridge.Bulk, error) {
	return a.opt.Programme.UndoBulk(c.R.Context(), c.Actor, programme.BulkUndo{ID: in.ID, Reason: in.Reason, Key: c.key})
}
