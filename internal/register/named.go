package register

import (
	"context"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/store"
)

// Named tells what integrations are called, of those that the actor may see.
func (d *Desk) Named(ctx context.Context, actor access.Actor, ids []drawbridge.IntegrationID) (map[drawbridge.IntegrationID]string, error) {
	out := map[drawbridge.IntegrationID]string{}
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
			out[list[i].ID] = list[i].Name
		}
		return err
	})
	return out, err
}
