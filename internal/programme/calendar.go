package programme

import (
	"cmp"
	"context"
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/store"
)

// Due is one day of the calendar.
type Due struct {
	ID          string                   `json:"id"` // of what is due
	Kind        string                   `json:"kind"`
	On          drawbridge.Date          `json:"on"`
	Title       string                   `json:"title"`
	Integration drawbridge.IntegrationID `json:"integration"` // may be empty
	Partner     drawbridge.PartnerID     `json:"partner"`     // may be empty
}

// Calendar is what is due within some days.
type Calendar struct {
	From  drawbridge.Date `json:"from"`
	Until drawbridge.Date `json:"until"` // the last day that it looks at
	Days  []Due           `json:"days"`
}

// How far a calendar looks back, how far ahead unless it is asked to look
// further, and how far it can.
const (
	calendarBack  = 90  // days
	calendarAhead = 400 // days
	calendarYears = 5
	maxCalendar   = 5000
)

// horizon is the last day of a calendar.
func (d *Desk) horizon(until drawbridge.Date) (drawbridge.Date, error) {
	now := d.now()
	last := drawbridge.DateOf(now.AddDate(calendarYears, 0, 0))
	if until == "" {
		return drawbridge.DateOf(now.AddDate(0, 0, calendarAhead)), nil
	}
	if _, err := drawbridge.ParseDate(string(until)); err != nil || until.Past(now) || until > last {
		return "", drawbridge.Errorf(drawbridge.Invalid, "until: write a day from today to %s, %d years ahead, not %.40q", last, calendarYears, until)
	}
	return until, nil
}

// Calendar lists what is due until a day, 400 days ahead when none is named:
// decisions, reviews, conditions, exceptions, evidence, contracts, notices and
// threat models, as far as the actor may see each kind today. What is too much
// for one calendar is cut off at a day, and the calendar says so.
func (d *Desk) Calendar(ctx context.Context, actor access.Actor, until drawbridge.Date) (Calendar, error) {
	until, err := d.horizon(until)
	if err != nil {
		return Calendar{}, err
	}
	a := &agenda{from: string(drawbridge.DateOf(d.now().AddDate(0, 0, -calendarBack))), to: string(drawbridge.DateOf(until.End()))}
	may := func(act access.Action) bool { return !d.door.Table().Scope(actor, act).Nothing() }
	contracts, notices := may(access.ContractRead), may(access.NoticeRead)
	parts := map[access.Action]func() error{access.ReviewRead: a.reviews}
	if may(access.EvidenceRead) { // nothing of a kind may be theirs to see; that is no refusal
		parts[access.EvidenceRead] = a.evidence
	}
	switch {
	case contracts:
		parts[access.ContractRead] = func() error { return a.papers(true, notices) }
	case notices:
		parts[access.NoticeRead] = func() error { return a.papers(false, true) }
	}
	for _, act := range sortedKeys(parts) {
		err := d.door.List(ctx, actor, act, func(tx *store.Tx, s access.Scope) error {
			a.tx, a.scope = tx, s
			return parts[act]()
		})
		if err != nil {
			return Calendar{}, err
		}
	}
	err = d.door.List(ctx, actor, access.IntegrationRead, func(tx *store.Tx, s access.Scope) error {
		a.tx, a.scope = tx, s
		return a.name()
	})
	slices.SortFunc(a.out, func(x, y Due) int { return cmp.Or(cmp.Compare(x.On, y.On), cmp.Compare(x.ID, y.ID)) })
	out := Calendar{From: drawbridge.Date(a.from), Until: until, Days: a.out}
	if len(a.out) > maxCalendar {
		cut := a.out[maxCalendar].On // a day is told whole, or not at all
		out.Days = slices.DeleteFunc(a.out, func(x Due) bool { return x.On >= cut })
		out.Until = drawbridge.DateOf(cut.End().AddDate(0, 0, -2))
	}
	return out, err
}

// agenda gathers the days.
type agenda struct {
	tx       *store.Tx
	scope    access.Scope
	from, to string
	out      []Due
}

// between selects what is due within the calendar and in scope.
func (a *agenda) between(column string, equal map[string]any) store.Query {
	return store.Query{Equal: equal, Ranges: []store.Range{{Column: column, From: a.from, To: a.to}}, Scope: &a.scope}
}

// gather adds what a query finds.
func gather[T any](a *agenda, shelf store.Shelf[T], q store.Query, due func(*T) Due) error {
	return each(shelf, q, func(x *T) string { return due(x).ID }, func(x *T) error {
		if x := due(x); x.On != "" && string(x.On) >= a.from && string(x.On) < a.to {
			a.out = append(a.out, x)
		}
		return nil
	})
}

func (a *agenda) reviews() error {
	err := gather(a, a.tx.Standings(), a.between("until", nil), func(s *drawbridge.Standing) Due {
		x := Due{ID: string(s.ID), Kind: "decision", On: s.Until, Title: "Last day of the decision", Integration: s.ID}
		if !approves(s.Outcome) {
			x.On = ""
		}
		return x
	})
	if err != nil {
		return err
	}
	err = gather(a, a.tx.Reviews(), a.between("due", nil), func(r *drawbridge.Review) Due {
		x := Due{ID: string(r.ID), Kind: "review", On: r.Due, Title: "The review is to be decided", Integration: r.Integration}
		if !r.State.Open() {
			x.On = ""
		}
		return x
	})
	if err != nil {
		return err
	}
	err = gather(a, a.tx.Conditions(), a.between("due", map[string]any{"state": "open"}), func(c *drawbridge.Condition) Due {
		return Due{ID: c.ID, Kind: "condition", On: c.Due, Title: "Condition: " + c.Text, Integration: c.Integration}
	})
	if err != nil {
		return err
	}
	err = gather(a, a.tx.Exceptions(), a.between("expires", map[string]any{"state": "confirmed"}), func(x *drawbridge.Exception) Due {
		return Due{ID: x.ID, Kind: "exception", On: x.Expires, Title: "Last day of the exception for " + x.Covers, Integration: x.Integration}
	})
	if err != nil {
		return err
	}
	next, err := lastLooks(a.tx, store.Query{Scope: &a.scope})
	for _, id := range sortedKeys(next) {
		if day := string(next[id]); day >= a.from && day < a.to {
			a.out = append(a.out, Due{ID: "threats-" + string(id), Kind: "threats", On: next[id], Title: "Look at the threat model", Integration: id})
		}
	}
	return err
}

func (a *agenda) evidence() error {
	q := a.between("expires", map[string]any{"state": "accepted", "superseded_by": ""})
	q.Any = append(q.Ranges, store.Range{Column: "period_end", From: a.from, To: a.to})
	q.Ranges = nil
	return gather(a, a.tx.Evidence(), q, func(e *drawbridge.Evidence) Due {
		return Due{ID: string(e.ID), Kind: "evidence", On: e.Until(), Title: "Evidence ends: " + e.Title, Integration: e.Integration, Partner: e.Partner}
	})
}

// papers are contracts and notices: whoever may read one of them reads them all.
func (a *agenda) papers(contracts, notices bool) error {
	list, err := a.tx.DuePapers(a.from, a.to, contracts, notices, maxQueue)
	for _, x := range list {
		title := map[string]string{"contract": "Contract ends: ", "notice": "Decide on the notice: "}[x.Kind]
		a.out = append(a.out, Due{ID: x.ID, Kind: x.Kind, On: x.On, Title: title + x.Title, Partner: x.Partner})
	}
	return err
}

// name puts the integration's name before each title; what the actor may not
// see is left out.
func (a *agenda) name() error {
	ids := map[string]bool{}
	for _, x := range a.out {
		if x.Integration != "" {
			ids[string(x.Integration)] = true
		}
	}
	names := map[drawbridge.IntegrationID]string{}
	for part := range slices.Chunk(sortedKeys(ids), batch) {
		list, err := a.tx.IntegrationShelf().Find(store.Query{In: map[string][]string{"id": part}, Scope: &a.scope, Limit: batch})
		if err != nil {
			return err
		}
		for i := range list {
			names[list[i].ID] = list[i].Slug + " (" + list[i].Environment + ")"
		}
	}
	kept := a.out[:0]
	for _, x := range a.out {
		name, ok := names[x.Integration]
		if x.Integration != "" && !ok {
			continue
		}
		if ok {
			x.Title = name + ": " + x.Title
		}
		kept = append(kept, x)
	}
	a.out = kept
	return nil
}
