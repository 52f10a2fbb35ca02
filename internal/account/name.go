package account

import (
	"context"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/store"
)

// maxNames bounds how many names are read at once.
const maxNames = 1000

// Names tells somebody who has an account what people are called whose
// identifiers stand in what they may see: the name alone. Who is unknown is left out.
func (d *Desk) Names(ctx context.Context, actor access.Actor, ids ...string) (map[string]string, error) {
	out := map[string]string{}
	if actor.Person == "" && !actor.System {
		return out, nil
	}
	var people []string
	for _, id := range ids {
		if strings.HasPrefix(id, "per_") && !slices.Contains(people, id) && len(people) < maxNames {
			people = append(people, id)
		}
	}
	if len(people) == 0 {
		return out, nil
	}
	err := d.door.Store().View(ctx, func(tx *store.Tx) error {
		list, err := tx.PersonShelf().Find(store.Query{In: map[string][]string{"id": people}, Limit: maxNames})
		for i := range list {
			out[string(list[i].ID)] = nameOf(&list[i])
		}
		return err
	})
	return out, err
}

// nameOf is what somebody is called; who was erased has no name any more.
func nameOf(p *drawbridge.Person) string {
	if p.Erased {
		return "somebody who left"
	}
	return p.Name
}
