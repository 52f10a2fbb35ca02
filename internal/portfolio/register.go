package portfolio

import (
	"context"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// EntryFilter says which integrations to list; what is empty does not restrict.
type EntryFilter struct {
	Partner drawbridge.PartnerID
	State   drawbridge.IntegrationState
	Tier    drawbridge.Tier
	Order   string // risk (the default), id or name
}

// Entries lists the portfolio: integrations that the actor may see, each with
// where its decision stands, by four queries a page.
func (d *Desk) Entries(ctx context.Context, actor access.Actor, f EntryFilter, from *register.Cursor, limit int) (register.Page[drawbridge.PortfolioEntry], error) {
	var out register.Page[drawbridge.PortfolioEntry]
	size, err := pageSize(limit)
	if err == nil {
		err = oneOf("order", f.Order, string(store.ByRisk), string(store.ByID), string(store.ByName))
	}
	if err != nil {
		return out, err
	}
	l := store.IntegrationList{Partner: f.Partner, State: f.State, Tier: f.Tier, Order: store.Order(f.Order), Limit: size + 1}
	if l.Order == "" {
		l.Order = store.ByRisk
	}
	if from != nil {
		l.After = &drawbridge.Integration{ID: drawbridge.IntegrationID(from.ID), Name: from.Text, Residual: from.Number}
	}
	err = d.door.List(ctx, actor, access.IntegrationRead, func(tx *store.Tx, s access.Scope) error {
		l.Scope = s
		list, err := tx.Integrations(l)
		if err != nil {
			return err
		}
		page := paged(list, size, func(i drawbridge.Integration) register.Cursor {
			return register.Cursor{ID: string(i.ID), Text: i.Name, Number: i.Residual}
		})
		out.Next = page.Next
		out.Items, err = d.entries(tx, page.Items)
		return err
	})
	return out, err
}

func (d *Desk) entries(tx *store.Tx, list []drawbridge.Integration) ([]drawbridge.PortfolioEntry, error) {
	var ids, reviews, decisions []string
	for _, i := range list {
		ids = append(ids, string(i.ID))
	}
	found, err := tx.Standings().Find(store.Query{In: map[string][]string{"id": ids}})
	if err != nil {
		return nil, err
	}
	standings := map[drawbridge.IntegrationID]drawbridge.Standing{}
	for _, s := range found {
		standings[s.ID] = s
		reviews, decisions = append(reviews, string(s.Review)), append(decisions, string(s.Decision))
	}
	open, err := byID(tx.Reviews(), reviews, func(r drawbridge.Review) string { return string(r.ID) })
	if err != nil {
		return nil, err
	}
	decided, err := byID(tx.Decisions(), decisions, func(r drawbridge.Decision) string { return string(r.ID) })
	if err != nil {
		return nil, err
	}
	out := make([]drawbridge.PortfolioEntry, len(list))
	for i, in := range list {
		s := standings[in.ID]
		e := drawbridge.PortfolioEntry{Integration: in, Decision: s.Decision, Decided: s.Outcome, Until: s.Until, Review: s.Review}
		if s.Decision != "" {
			e.Stale, e.Changed = "unknown", decided[string(s.Decision)].Revision != in.Head
			if s.Compared == in.Head {
				e.Stale = s.Freshness
			}
			e.Expired = s.Until != "" && s.Until.Past(d.now())
		}
		if r, ok := open[string(s.Review)]; ok {
			e.At, e.Due, e.Overdue = r.State, r.Due, r.Due != "" && r.Due.Past(d.now())
		}
		out[i] = e
	}
	return out, nil
}

// byID reads records by their identifiers, by one query.
func byID[T any](s store.Shelf[T], ids []string, id func(T) string) (map[string]T, error) {
	out := map[string]T{}
	if len(ids) == 0 {
		return out, nil
	}
	list, err := s.Find(store.Query{In: map[string][]string{"id": ids}})
	for _, x := range list {
		out[id(x)] = x
	}
	return out, err
}
