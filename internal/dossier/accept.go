package dossier

import (
	"context"
	"io"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// EventCounts is the kind of event after which a document counts for more or
// less than before: it was accepted, withdrawn or superseded, or its last day is over.
const EventCounts = "evidence.counts"

// Change is what somebody decides about a document.
type Change struct {
	Version int64  // that was read
	Reason  string // always needed: it is recorded
	Key     string // idempotency key
}

// Acceptance is on what terms a document is accepted.
type Acceptance struct {
	Change
	Known   drawbridge.Knowledge // document or independent_audit
	Expires drawbridge.Date      // the last day on which it counts; empty: as the document says
}

// Rung is the highest confidence that a kind of document can be accepted with.
func Rung(kind string) drawbridge.Knowledge {
	if audited[kind] {
		return drawbridge.KnownAudit
	}
	return drawbridge.KnownDocument
}

// Counts tells whether a document counts at a time, and otherwise why not.
func Counts(e *drawbridge.Evidence, now time.Time) (bool, string) {
	today := drawbridge.DateOf(now)
	switch {
	case e.State == StateOffered:
		return false, "no reviewer has accepted it yet"
	case e.State != StateAccepted:
		return false, "it was " + e.State
	case e.SupersededBy != "":
		return false, "it was superseded by " + string(e.SupersededBy)
	case e.Until() != "" && e.Until().Past(now):
		return false, "its last day was " + string(e.Until())
	case e.PeriodStart > today:
		return false, "its period begins on " + string(e.PeriodStart)
	}
	return true, ""
}

// Covers reports whether a document is about an integration.
func Covers(e *drawbridge.Evidence, in *drawbridge.Integration) bool {
	if e.Integration != "" {
		return e.Integration == in.ID
	}
	return e.Partner == in.Partner && (len(e.Services) == 0 || slices.Contains(e.Services, in.Slug))
}

// Accepted lists the documents that count for an integration at a time.
func Accepted(tx *store.Tx, in *drawbridge.Integration, now time.Time) (out []drawbridge.Evidence, err error) {
	err = AcceptedFor(tx, []*drawbridge.Integration{in}, now, func(_ drawbridge.IntegrationID, e *drawbridge.Evidence) { out = append(out, *e) })
	return out, err
}

// AcceptedFor tells the documents that count for integrations at a time: for each
// its own first, the newest before the others, then those about its partner.
func AcceptedFor(tx *store.Tx, of []*drawbridge.Integration, now time.Time, tell func(drawbridge.IntegrationID, *drawbridge.Evidence)) error {
	var own, partners []string
	with := map[drawbridge.PartnerID][]*drawbridge.Integration{}
	for _, in := range of {
		own = append(own, string(in.ID))
		if with[in.Partner] == nil {
			partners = append(partners, string(in.Partner))
		}
		with[in.Partner] = append(with[in.Partner], in)
	}
	each := func(q store.Query, fn func(*drawbridge.Evidence)) error {
		q.Newest = true
		return tx.Evidence().Each(q, func(e *drawbridge.Evidence) error {
			if counts, _ := Counts(e, now); counts {
				fn(e)
			}
			return nil
		})
	}
	standing := map[string]any{"state": StateAccepted, "superseded_by": ""}
	err := each(store.Query{Equal: standing, In: map[string][]string{"integration": own}}, func(e *drawbridge.Evidence) { tell(e.Integration, e) })
	if err != nil {
		return err
	}
	whole := map[string]any{"state": StateAccepted, "superseded_by": "", "integration": ""}
	return each(store.Query{Equal: whole, In: map[string][]string{"partner": partners}}, func(e *drawbridge.Evidence) {
		for _, in := range with[e.Partner] {
			if Covers(e, in) {
				tell(in.ID, e)
			}
		}
	})
}

// step runs one step of a document's life.
func (d *Desk) step(ctx context.Context, actor access.Actor, what access.Action, id drawbridge.EvidenceID, name string, c Change, input any, do func(*store.Tx, *drawbridge.Evidence) error) (drawbridge.Evidence, error) {
	var e *drawbridge.Evidence
	reason, problem := text("reason", c.Reason, maxStatement)
	if problem == nil && reason == "" {
		problem = invalid("give a reason: it is recorded with the document")
	}
	act := action.Act{
		Actor: actor, Action: what, Reason: reason, Key: c.Key, On: on(id, &e),
		Input: map[string]any{"evidence": id, "step": name, "version": c.Version, "more": input},
	}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Evidence, error) {
		if problem != nil {
			return *e, problem
		}
		if name != "supersede" {
			to, ok := moves[e.State][name]
			if !ok {
				return *e, drawbridge.Errorf(drawbridge.Conflict, "%s is %s: there is no way to %s it", id, e.State, name)
			}
			e.State, e.Reason = to, reason
		}
		e.Version, e.UpdatedAt = c.Version, d.now()
		if err := do(tx, e); err != nil {
			return *e, err
		}
		return *e, tx.Evidence().Set(e)
	})
	return out, err
}

// Accept lets a document count. Nobody accepts what they handed in themselves.
func (d *Desk) Accept(ctx context.Context, actor access.Actor, id drawbridge.EvidenceID, a Acceptance) (drawbridge.Evidence, error) {
	return d.step(ctx, actor, access.EvidenceAccept, id, "accept", a.Change, []any{a.Known, a.Expires}, func(tx *store.Tx, e *drawbridge.Evidence) error {
		if e.UploadedBy == who(actor) {
			return drawbridge.Errorf(drawbridge.Denied, "you handed this document in: another reviewer accepts it")
		}
		if a.Known != drawbridge.KnownDocument && a.Known != Rung(e.Kind) {
			return invalid("known: %s is accepted as %s at most, not as %.40q", e.Kind, Rung(e.Kind), a.Known)
		}
		if a.Expires != "" {
			if _, err := drawbridge.ParseDate(string(a.Expires)); err != nil {
				return invalid("expires: %w", err)
			}
			if e.Expires != "" && a.Expires > e.Expires {
				return invalid("expires: the document itself says %s; only an earlier day can be set", e.Expires)
			}
			e.Expires = a.Expires
		}
		switch {
		case e.Until() == "":
			return invalid("expires: the document names no last day; say until when it counts")
		case e.Until().Past(d.now()):
			return invalid("expires: its last day was %s; a document that is over counts for nothing", e.Until())
		}
		e.Known, e.AcceptedBy, e.AcceptedAt = a.Known, actor.Person, d.now()
		if e.Supersedes != "" {
			if err := d.replace(tx, e.Supersedes, e); err != nil {
				return err
			}
		}
		return d.decided(tx, actor, e, "evidence.accepted")
	})
}

// replace marks the document that another takes the place of.
func (d *Desk) replace(tx *store.Tx, old drawbridge.EvidenceID, by *drawbridge.Evidence) error {
	was, err := tx.Evidence().Get(string(old))
	if err != nil {
		return err
	}
	if was.State != StateAccepted || was.SupersededBy != "" {
		return nil
	}
	was.SupersededBy, was.UpdatedAt = by.ID, d.now()
	return tx.Evidence().Set(was)
}

// Refuse says that a document does not show what it should.
func (d *Desk) Refuse(ctx context.Context, actor access.Actor, id drawbridge.EvidenceID, c Change) (drawbridge.Evidence, error) {
	return d.step(ctx, actor, access.EvidenceAccept, id, "refuse", c, nil, func(tx *store.Tx, e *drawbridge.Evidence) error {
		return d.decided(tx, actor, e, "evidence.refused")
	})
}

// Withdraw takes a document back: by who handed it in, or by a reviewer. What it
// had superseded counts again, as far as its own days go.
func (d *Desk) Withdraw(ctx context.Context, actor access.Actor, id drawbridge.EvidenceID, c Change) (drawbridge.Evidence, error) {
	return d.step(ctx, actor, access.EvidenceAdd, id, "withdraw", c, nil, func(tx *store.Tx, e *drawbridge.Evidence) error {
		o, err := objectOf(tx, e)
		if err != nil {
			return err
		}
		if e.UploadedBy != who(actor) && d.door.Table().Decide(actor, access.EvidenceAccept, o, d.now()) != nil {
			return drawbridge.Errorf(drawbridge.Denied, "a document is withdrawn by who handed it in, or by a reviewer")
		}
		replaced, err := tx.Evidence().Find(store.Query{Equal: map[string]any{"partner": e.Partner, "superseded_by": e.ID}, Limit: maxList})
		if err != nil {
			return err
		}
		for i := range replaced {
			replaced[i].SupersededBy, replaced[i].UpdatedAt = "", d.now()
			if err := tx.Evidence().Set(&replaced[i]); err != nil {
				return err
			}
		}
		return d.decided(tx, actor, e, "evidence.withdrawn")
	})
}

// Supersede says that another document, accepted too, takes the place of this one.
func (d *Desk) Supersede(ctx context.Context, actor access.Actor, id, by drawbridge.EvidenceID, c Change) (drawbridge.Evidence, error) {
	return d.step(ctx, actor, access.EvidenceAccept, id, "supersede", c, by, func(tx *store.Tx, e *drawbridge.Evidence) error {
		newer, err := tx.Evidence().Get(string(by))
		if err != nil && drawbridge.KindOf(err) != drawbridge.NotFound {
			return err
		}
		switch {
		case err != nil || newer.ID == e.ID || newer.Kind != e.Kind || !sameHome(newer, e.Partner, e.Integration, ""):
			return invalid("by: there is no other evidence of the same kind and for the same integration with this identifier")
		case e.State != StateAccepted || newer.State != StateAccepted || e.SupersededBy != "" || newer.SupersededBy != "":
			return drawbridge.Errorf(drawbridge.Conflict, "one accepted document supersedes another; %s is %s, %s is %s", id, e.State, by, newer.State)
		}
		e.SupersededBy = by
		return d.decided(tx, actor, e, "evidence.superseded")
	})
}

// decided tells who handed the document in, and has the score looked at: now,
// and once its last day is over.
func (d *Desk) decided(tx *store.Tx, actor access.Actor, e *drawbridge.Evidence, kind string) error {
	err := d.tell(tx, actor, kind, "evidence", string(e.ID), "/evidence/"+string(e.ID), drawbridge.PersonID(e.UploadedBy))
	if err != nil || kind == "evidence.refused" {
		return err
	}
	due := []time.Time{d.now()}
	if e.State == StateAccepted && e.SupersededBy == "" {
		due = append(due, e.Until().End())
		if start := e.PeriodStart; start > drawbridge.DateOf(d.now()) {
			due = append(due, start.End().AddDate(0, 0, -1))
		}
	}
	for _, at := range due {
		ev := store.Event{ID: drawbridge.EventID(drawbridge.NewID("evt", d.now())), Kind: EventCounts, Subject: string(e.ID), DueAt: at, CreatedAt: d.now()}
		if err := tx.AddEvent(ev); err != nil {
			return err
		}
	}
	return nil
}

// touchPage is how many integrations are touched at once.
const touchPage = 500

// Recount is the work of an event of kind [EventCounts]: the score of whatever
// the document covers is computed again.
func (d *Desk) Recount(ctx context.Context, id drawbridge.EvidenceID) error {
	var after *drawbridge.Integration
	for {
		more := false
		err := d.door.Keep(ctx, func(tx *store.Tx) error {
			e, err := tx.Evidence().Get(string(id))
			if err != nil {
				return err
			}
			if e.Integration != "" {
				return d.opt.Register.Touch(tx, e.Integration)
			}
			list, err := tx.Integrations(store.IntegrationList{
				Scope: access.Scope{All: true}, Partner: e.Partner, Order: store.ByID, After: after, Limit: touchPage,
			})
			if err != nil {
				return err
			}
			for i := range list {
				after = &list[i]
				if !Covers(e, after) {
					continue
				}
				if err := d.opt.Register.Touch(tx, after.ID); err != nil {
					return err
				}
			}
			more = len(list) == touchPage
			return nil
		})
		if err != nil || !more {
			return err
		}
	}
}

// EvidenceFilter says which documents to list; what is empty does not restrict.
type EvidenceFilter struct {
	Partner     drawbridge.PartnerID
	Integration drawbridge.IntegrationID
	Inquiry     drawbridge.InquiryID
	Kind        string
	State       string
	EndsBefore  drawbridge.Date // only what ends before this day
}

func (d *Desk) counted(list []drawbridge.Evidence) []drawbridge.FiledEvidence {
	out := make([]drawbridge.FiledEvidence, len(list))
	for i := range list {
		out[i].Evidence = list[i]
		out[i].Counts, out[i].Why = Counts(&list[i], d.now())
	}
	return out
}

// List lists documents that the actor may see, newest first.
func (d *Desk) List(ctx context.Context, actor access.Actor, f EvidenceFilter, from *register.Cursor, limit int) (register.Page[drawbridge.FiledEvidence], error) {
	var out register.Page[drawbridge.FiledEvidence]
	size, err := sized(limit)
	if err != nil {
		return out, err
	}
	q := store.Query{Equal: map[string]any{}, After: after(from), Newest: true, Limit: size + 1}
	for column, v := range map[string]string{
		"partner": string(f.Partner), "integration": string(f.Integration), "inquiry": string(f.Inquiry), "kind": f.Kind, "state": f.State,
	} {
		if v != "" {
			q.Equal[column] = v
		}
	}
	if f.EndsBefore != "" {
		q.Ranges = append(q.Ranges, store.Range{Column: "expires", From: "0", To: string(f.EndsBefore)})
	}
	read := func(tx *store.Tx) error {
		list, err := tx.Evidence().Find(q)
		page := paged(list, size, func(e drawbridge.Evidence) string { return string(e.ID) })
		out = register.Page[drawbridge.FiledEvidence]{Items: d.counted(page.Items), Next: page.Next}
		return err
	}
	if actor.Inquiry != "" { // a link sees what came through its inquiry
		q.Equal["inquiry"] = string(actor.Inquiry)
		act := action.Act{Actor: actor, Action: access.EvidenceRead, Object: access.Object{Kind: "evidence", Inquiry: actor.Inquiry}}
		err = d.door.View(ctx, act, read)
		return out, err
	}
	err = d.door.List(ctx, actor, access.EvidenceRead, func(tx *store.Tx, s access.Scope) error {
		q.Scope = &s
		return read(tx)
	})
	return out, err
}

// Read reads one document's record.
func (d *Desk) Read(ctx context.Context, actor access.Actor, id drawbridge.EvidenceID) (drawbridge.FiledEvidence, error) {
	var e *drawbridge.Evidence
	err := d.door.View(ctx, action.Act{Actor: actor, Action: access.EvidenceRead, On: on(id, &e)}, func(*store.Tx) error { return nil })
	if err != nil {
		return drawbridge.FiledEvidence{}, err
	}
	return d.counted([]drawbridge.Evidence{*e})[0], nil
}

// Download opens the document itself. Whoever serves it does so as a file to be
// kept, never to be shown.
func (d *Desk) Download(ctx context.Context, actor access.Actor, id drawbridge.EvidenceID) (drawbridge.Evidence, io.ReadCloser, error) {
	e, err := d.Read(ctx, actor, id)
	if err != nil {
		return e.Evidence, nil, err
	}
	r, err := d.door.Store().Blobs().Open(e.File, d.door.Keys())
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		err = d.door.Store().View(ctx, func(tx *store.Tx) error { return tx.WhyGone(e.File, err) })
	}
	return e.Evidence, r, err
}
