package inquiry

import (
	"context"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// Inquiries lists the inquiries that the actor may see, newest first.
func (d *Desk) Inquiries(ctx context.Context, actor access.Actor, f Filter, after *register.Cursor, limit int) (register.Page[drawbridge.Inquiry], error) {
	var out register.Page[drawbridge.Inquiry]
	if limit == 0 {
		limit = register.DefaultPage
	}
	if limit < 0 || limit > register.MaxPage {
		return out, invalid("a page has 1 to %d items, not %d", register.MaxPage, limit)
	}
	if f.State != "" && !slices.Contains(States(), f.State) {
		return out, invalid("state: %.40q is none of %s", f.State, strings.Join(States(), ", "))
	}
	q := store.Query{Equal: map[string]any{}, Newest: true, Limit: limit + 1}
	for column, value := range map[string]string{
		"integration": string(f.Integration), "review": string(f.Review), "state": f.State, "audience": f.Audience,
	} {
		if value != "" {
			q.Equal[column] = value
		}
	}
	if after != nil {
		q.After = after.ID
	}
	err := d.door.List(ctx, actor, access.InquiryRead, func(tx *store.Tx, s access.Scope) error {
		q.Scope = &s
		list, err := tx.Inquiries().Find(q)
		if len(list) > limit {
			list = list[:limit]
			out.Next = &register.Cursor{ID: string(list[limit-1].ID)}
		}
		out.Items = append([]drawbridge.Inquiry{}, list...)
		return err
	})
	return out, err
}
