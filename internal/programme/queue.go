package programme

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// Reason is why an integration needs to be looked at.
type Reason struct {
	Kind   string            `json:"kind"` // of a trigger, or review for one past its day
	Effect drawbridge.Effect `json:"effect"`
	Text   string            `json:"text"`
	Since  time.Time         `json:"since"`
	Ref    string            `json:"ref"` // the trigger, decision or review
}

// Item is one integration of the queue.
type Item struct {
	Integration drawbridge.Integration `json:"integration"`
	Review      drawbridge.ReviewID    `json:"review"` // the open one; empty when there is none
	Effect      drawbridge.Effect      `json:"effect"` // the strongest of the reasons
	Since       time.Time              `json:"since"`  // the earliest of the reasons
	ToAttest    bool                   `json:"to_attest"`
	Reasons     []Reason               `json:"reasons"`
}

// maxQueue bounds what is taken into account at once.
const maxQueue = 20_000

// Queue lists what needs review, most dangerous first: what a trigger suspends
// or narrows, then by residual risk, then by how long it waits.
func (d *Desk) Queue(ctx context.Context, actor access.Actor, from *register.Cursor, limit int) (register.Page[Item], error) {
	var out register.Page[Item]
	n, err := size(limit)
	if err != nil {
		return out, err
	}
	ws, err := d.workspace()
	if err != nil {
		return out, err
	}
	err = d.door.List(ctx, actor, access.ReviewRead, func(tx *store.Tx, s access.Scope) error {
		q := &queue{tx: tx, scope: s, now: d.now(), protocol: ws.Policy.Protocol(), items: map[drawbridge.IntegrationID]*Item{}}
		list, err := q.build()
		if err != nil {
			return err
		}
		if from != nil {
			list = slices.DeleteFunc(list, func(i Item) bool { return place(&i) <= from.Text })
		}
		out = paged(list[:min(len(list), n+1)], n, func(i Item) register.Cursor {
			return register.Cursor{ID: string(i.Integration.ID), Text: place(&i)}
		})
		return nil
	})
	return out, err
}

// place sorts as text: the most dangerous first.
func place(i *Item) string {
	return fmt.Sprintf("%d %08.3f %s %s", 9-i.Effect.Rank(), 999-i.Integration.Residual, i.Since.UTC().Format(time.RFC3339), i.Integration.ID)
}

type queue struct {
	tx       *store.Tx
	scope    access.Scope
	now      time.Time
	protocol *policy.Protocol
	items    map[drawbridge.IntegrationID]*Item
}

func (q *queue) add(id drawbridge.IntegrationID, r Reason) error {
	i := q.items[id]
	if i == nil {
		if len(q.items) >= maxQueue {
			return drawbridge.Errorf(drawbridge.TooLarge, "more than %d integrations need review; handle triggers first", maxQueue)
		}
		i = &Item{Effect: r.Effect, Since: r.Since}
		q.items[id] = i
	}
	if r.Effect.Rank() > i.Effect.Rank() {
		i.Effect = r.Effect
	}
	if r.Since.Before(i.Since) {
		i.Since = r.Since
	}
	i.Reasons = append(i.Reasons, r)
	return nil
}

func (q *queue) build() ([]Item, error) {
	for _, find := range []func() error{q.triggers, q.decisions, q.reviews} {
		if err := find(); err != nil {
			return nil, err
		}
	}
	var ids []string
	for id := range q.items {
		ids = append(ids, string(id))
	}
	slices.Sort(ids)
	var out []Item
	for part := range slices.Chunk(ids, batch) {
		list, err := q.tx.IntegrationShelf().Find(store.Query{In: map[string][]string{"id": part}, Scope: &q.scope, Limit: batch})
		if err != nil {
			return nil, err
		}
		for i := range list {
			item := q.items[list[i].ID]
			item.Integration = list[i]
			if list[i].State != drawbridge.Retired {
				out = append(out, *item)
			}
		}
	}
	slices.SortFunc(out, func(a, b Item) int { return cmp.Compare(place(&a), place(&b)) })
	return out, nil
}

func (q *queue) triggers() error {
	id := func(t *drawbridge.Trigger) string { return t.ID }
	return each(q.tx.Triggers(), store.Query{Equal: map[string]any{"handled_at": ""}, Scope: &q.scope}, id, func(t *drawbridge.Trigger) error {
		v := view(t)
		if err := q.add(t.Integration, Reason{t.Kind, t.Effect, v.Text, t.CreatedAt, t.ID}); err != nil {
			return err
		}
		i := q.items[t.Integration]
		i.ToAttest = i.ToAttest || v.ToAttest
		if t.Review != "" {
			i.Review = t.Review
		}
		return nil
	})
}

// decisions past their day, whether a sweep has seen them or not.
func (q *queue) decisions() error {
	r := store.Range{Column: "until", From: "0", To: string(drawbridge.DateOf(q.now))}
	return each(q.tx.Standings(), store.Query{Ranges: []store.Range{r}, Scope: &q.scope}, standingID, func(s *drawbridge.Standing) error {
		if !approves(s.Outcome) {
			return nil
		}
		if i := q.items[s.ID]; i != nil && slices.ContainsFunc(i.Reasons, func(r Reason) bool { return r.Kind == "rhythm" }) {
			return nil
		}
		return q.add(s.ID, Reason{"rhythm", drawbridge.Warn, fmt.Sprintf("The last day of the decision was %s.", s.Until), s.Until.End(), string(s.Decision)})
	})
}

// reviews past the day on which they were to be decided.
func (q *queue) reviews() error {
	open := []string{}
	for _, s := range drawbridge.ReviewStates() {
		if s.Open() {
			open = append(open, string(s))
		}
	}
	find := store.Query{
		In: map[string][]string{"state": open}, Ranges: []store.Range{{Column: "due", From: "0", To: string(drawbridge.DateOf(q.now))}}, Scope: &q.scope,
	}
	return each(q.tx.Reviews(), find, func(r *drawbridge.Review) string { return string(r.ID) }, func(r *drawbridge.Review) error {
		err := q.add(r.Integration, Reason{"review", drawbridge.Note, fmt.Sprintf("The review was to be decided by %s.", r.Due), r.Due.End(), string(r.ID)})
		if err == nil {
			q.items[r.Integration].Review = r.ID
		}
		return err
	})
}
