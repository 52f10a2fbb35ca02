package programme

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
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
	State       drawbridge.ReviewState `json:"state"` // of the open review
	Due         drawbridge.Date        `json:"due"`   // of the open review
	Waits       []Wait                 `json:"waits"` // what it is held up by
}

// Wait says on whom a review waits, for what, and since when.
type Wait struct {
	On    drawbridge.Role `json:"on"`
	What  string          `json:"what"`
	Since time.Time       `json:"since"`
}

// QueueFilter says what of the queue to list; what is empty does not restrict.
type QueueFilter struct {
	Kind   string            // of one of the reasons
	Effect drawbridge.Effect // the strongest
	Tier   drawbridge.Tier
	Open   string // yes: with an open review; no: without
}

func (f QueueFilter) check() error {
	switch {
	case f.Kind != "" && f.Kind != "review" && !slices.Contains(policy.TriggerKinds(), f.Kind):
		return drawbridge.Errorf(drawbridge.Invalid, "kind is %.40q; write review, or one of %s", f.Kind, strings.Join(policy.TriggerKinds(), ", "))
	case f.Effect != "" && !slices.Contains(drawbridge.Effects(), f.Effect):
		return drawbridge.Errorf(drawbridge.Invalid, "effect is %.40q; write one of %v", f.Effect, drawbridge.Effects())
	case f.Tier != "" && !slices.Contains(drawbridge.Tiers(), f.Tier):
		return drawbridge.Errorf(drawbridge.Invalid, "tier is %.40q; write one of %v", f.Tier, drawbridge.Tiers())
	case f.Open != "" && f.Open != "yes" && f.Open != "no":
		return drawbridge.Errorf(drawbridge.Invalid, "open is %.40q; write yes or no", f.Open)
	}
	return nil
}

func (f QueueFilter) holds(i *Item) bool {
	return (f.Kind == "" || slices.ContainsFunc(i.Reasons, func(r Reason) bool { return r.Kind == f.Kind })) &&
		(f.Effect == "" || i.Effect == f.Effect) && (f.Tier == "" || i.Integration.Tier == f.Tier) && (f.Open == "" || (i.Review != "") == (f.Open == "yes"))
}

// maxQueue bounds what is taken into account at once.
const maxQueue = 20_000

// Queue lists what needs review, most dangerous first: what a trigger suspends
// or narrows, then by residual risk, then by how long it waits.
func (d *Desk) Queue(ctx context.Context, actor access.Actor, f QueueFilter, from *register.Cursor, limit int) (register.Page[Item], error) {
	var out register.Page[Item]
	n, err := size(limit)
	if err := cmp.Or(err, f.check()); err != nil {
		return out, err
	}
	ws, err := d.workspace()
	if err != nil {
		return out, err
	}
	err = d.door.List(ctx, actor, access.ReviewRead, func(tx *store.Tx, s access.Scope) error {
		q := &queue{tx: tx, scope: s, now: d.now(), protocol: ws.Policy.Protocol(), items: map[drawbridge.IntegrationID]*Item{}, open: map[drawbridge.ReviewID]*drawbridge.Review{}}
		list, err := q.build()
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(i Item) bool { return !f.holds(&i) || from != nil && place(&i) <= from.Text })
		out = paged(list[:min(len(list), n+1)], n, func(i Item) register.Cursor {
			return register.Cursor{ID: string(i.Integration.ID), Text: place(&i)}
		})
		return q.waits(out.Items)
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
	open     map[drawbridge.ReviewID]*drawbridge.Review
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
	if err := q.opened(ids); err != nil {
		return nil, err
	}
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
	find := store.Query{
		In: map[string][]string{"state": openStates()}, Ranges: []store.Range{{Column: "due", From: "0", To: string(drawbridge.DateOf(q.now))}}, Scope: &q.scope,
	}
	return each(q.tx.Reviews(), find, func(r *drawbridge.Review) string { return string(r.ID) }, func(r *drawbridge.Review) error {
		err := q.add(r.Integration, Reason{"review", drawbridge.Note, fmt.Sprintf("The review was to be decided by %s.", r.Due), r.Due.End(), string(r.ID)})
		if err == nil {
			q.items[r.Integration].Review = r.ID
		}
		return err
	})
}

// opened finds the open review of each integration.
func (q *queue) opened(ids []string) error {
	for part := range slices.Chunk(ids, batch) {
		list, err := q.tx.Reviews().Find(store.Query{In: map[string][]string{"integration": part, "state": openStates()}, Scope: &q.scope, Limit: batch})
		if err != nil {
			return err
		}
		for i := range list {
			r := &list[i]
			x := q.items[r.Integration]
			x.Review, x.State, x.Due = r.ID, r.State, r.Due
			q.open[r.ID] = r
		}
	}
	for _, x := range q.items {
		if q.open[x.Review] == nil {
			x.Review = "" // the one that a trigger opened has ended
		}
	}
	return nil
}

func openStates() []string {
	var out []string
	for _, s := range drawbridge.ReviewStates() {
		if s.Open() {
			out = append(out, string(s))
		}
	}
	return out
}

// waits tells of each item of a page on whom it waits, and since when.
func (q *queue) waits(list []Item) error {
	var ids []string
	for i := range list {
		if list[i].Review != "" {
			ids = append(ids, string(list[i].Review))
		}
	}
	signed := map[drawbridge.ReviewID]map[drawbridge.Discipline]bool{}
	asked := map[drawbridge.ReviewID]time.Time{}
	if len(ids) > 0 {
		signoffs, err := q.tx.Signoffs().Find(store.Query{Equal: map[string]any{"withdrawn_at": ""}, In: map[string][]string{"review": ids}, Limit: maxQueue})
		if err != nil {
			return err
		}
		for _, s := range signoffs {
			if r := q.open[s.Review]; s.Approve && s.Revision == r.Revision {
				if signed[s.Review] == nil {
					signed[s.Review] = map[drawbridge.Discipline]bool{}
				}
				signed[s.Review][s.Role] = true
			}
		}
		inquiries, err := q.tx.Inquiries().Find(store.Query{Equal: map[string]any{"audience": "partner"}, In: map[string][]string{"review": ids, "state": {"open", "returned"}}, Limit: maxQueue})
		if err != nil {
			return err
		}
		for _, x := range inquiries {
			if at, ok := asked[x.Review]; !ok || x.SentAt.Before(at) {
				asked[x.Review] = x.SentAt
			}
		}
	}
	for i := range list {
		x := &list[i]
		x.Waits = []Wait{}
		r := q.open[x.Review]
		if r == nil {
			x.Waits = append(x.Waits, Wait{drawbridge.ProgrammeOwner, "open a review, or close what happened with a reason", x.Since})
			continue
		}
		x.Waits = append(x.Waits, waitsOf(r, signed[r.ID])...)
		if at, ok := asked[r.ID]; ok {
			x.Waits = append(x.Waits, Wait{drawbridge.PartnerContact, "answer the questionnaire", at})
		}
	}
	return nil
}

// waitsOf is on whom an open review waits by its state.
func waitsOf(r *drawbridge.Review, signed map[drawbridge.Discipline]bool) (out []Wait) {
	switch r.State {
	case drawbridge.Draft:
		return []Wait{{drawbridge.Requester, "complete the request and submit it", r.OpenedAt}}
	case drawbridge.Submitted:
		return []Wait{{drawbridge.ProgrammeOwner, "triage it", r.SubmittedAt}}
	case drawbridge.Triaged:
		return []Wait{{drawbridge.ProgrammeOwner, "start it", r.TriagedAt}}
	case drawbridge.Ready:
		out = append(out, Wait{drawbridge.Approver, "decide", r.ReadyAt})
	default: // in review
	}
	for _, role := range r.Roles {
		if !signed[role] {
			out = append(out, Wait{role.Reviewer(), "review and sign", r.TriagedAt})
		}
	}
	return out
}

// Caused is what a review of an integration would be opened for.
type Caused struct {
	Kind   string
	Source string
}

// Cause is the gravest of what brought an integration into the queue.
func (d *Desk) Cause(ctx context.Context, actor access.Actor, id drawbridge.IntegrationID) (Caused, error) {
	out := Caused{Kind: "intake"}
	err := d.door.View(ctx, action.Act{Actor: actor, Action: access.ReviewRead, On: on(id, "integration")}, func(tx *store.Tx) error {
		list, err := tx.Triggers().Find(store.Query{Equal: map[string]any{"integration": string(id), "handled_at": ""}})
		worst := -1
		for _, t := range list {
			if rank := t.Effect.Rank(); rank > worst {
				worst, out = rank, Caused{t.Kind, t.Source}
			}
		}
		if err != nil || len(list) > 0 {
			return err
		}
		s, err := tx.Standings().Get(string(id))
		if err == nil && s.Until != "" && s.Until.Past(d.now()) {
			out = Caused{"rhythm", string(s.Decision)}
		}
		if drawbridge.KindOf(err) == drawbridge.NotFound {
			return nil
		}
		return err
	})
	return out, err
}
