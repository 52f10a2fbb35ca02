package register

import (
	"context"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/store"
)

// Named returns the names of those integrations that the actor may see.
func (d *Desk) Named(ctx context.Context, actor access.Actor, ids []drawbridge.IntegrationID) (map[drawbridge.IntegrationID]string, error) {
	found, err := d.Among(ctx, actor, ids)
	out := make(map[drawbridge.IntegrationID]string, len(found))
	for id, in := range found {
		out[id] = in.Name
	}
	return out, err
}

// Among returns those of the integrations that the actor may see, in one question.
func (d *Desk) Among(ctx context.Context, actor access.Actor, ids []drawbridge.IntegrationID) (map[drawbridge.IntegrationID]drawbridge.Integration, error) {
	out := make(map[drawbridge.IntegrationID]drawbridge.Integration, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = string(id)
	}
	err := d.door.List(ctx, actor, access.IntegrationRead, func(tx *store.Tx, s access.Scope) error {
		list, err := tx.IntegrationShelf().Find(store.Query{Scope: &s, In: map[string][]string{"id": texts}, Limit: len(texts)})
		for i := range list {
			out[list[i].ID] = list[i]
		}
		return err
	})
	return out, err
}
