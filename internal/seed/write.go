package seed

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/account"
	"drawbridge/internal/action"
	"drawbridge/internal/dossier"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/portfolio"
	"drawbridge/internal/register"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// hands is how many events are worked on at once. Only the heavy part of a push
// runs beside others: every act waits for its turn, so that the record reads in
// the order of its times.
const hands = 6

// writer writes a plan. What is not read alone is changed in turn.
type writer struct {
	opt    Options
	plan   *plan
	actors []access.Actor // by person
	report *Report
}

// announce begins with an act that says what follows is made up.
func (w *writer) announce(ctx context.Context) error {
	d := w.opt.desks()
	d.at = w.plan.start
	act := action.Act{
		Actor: system(), Action: access.Seed, Object: access.Object{Kind: "system"},
		Reason: "A made-up organisation is written: no person or company in it exists.",
	}
	_, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (struct{}, error) {
		tx.Note("seed", fmt.Sprint(w.opt.Seed))
		tx.Note("as_of", store.Time(w.opt.AsOf))
		return struct{}{}, nil
	})
	return err
}

// turn is an event on its way.
type turn struct {
	*event

	before <-chan struct{} // closed when the event before is done
	needs  <-chan struct{} // closed when that is done which the heavy part looks at
	done   chan struct{}
}

// run does every event in order.
func (w *writer) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	turns := make(chan *turn)
	var all sync.WaitGroup
	for range hands {
		all.Go(func() {
			h := &hand{writer: w, desks: w.opt.desks()}
			for t := range turns {
				if err := h.do(ctx, t); err != nil {
					cancel(err)
					return
				}
				close(t.done)
			}
		})
	}
	w.deal(ctx, turns)
	close(turns)
	all.Wait()
	for _, it := range w.plan.items {
		w.report.Findings += it.findings
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return w.rest(ctx)
}

// rest ends what the history left for the queue: nobody is to be written to, or
// asked, about what was two years ago. In the inboxes the messages stay.
func (w *writer) rest(ctx context.Context) error {
	return w.opt.desks().door.Keep(ctx, func(tx *store.Tx) error {
		var err error
		for _, kind := range []string{
			store.MessageEvent, register.EventPushed, register.EventTouched, register.EventAssigned, dossier.EventCounts, inquiry.EventExpiring, lifecycle.EventEnding,
			lifecycle.EventEnded, portfolio.EventNotice,
		} {
			err = errors.Join(err, tx.EndEventsDue(kind, w.plan.start, w.opt.AsOf))
		}
		return err
	})
}

// deal hands the events out in order, each with what it has to wait for.
func (w *writer) deal(ctx context.Context, turns chan<- *turn) {
	before := make(chan struct{})
	close(before)
	var people <-chan struct{} = before
	last := map[*item]<-chan struct{}{}
	for i, e := range w.plan.events {
		t := &turn{event: e, before: before, needs: people, done: make(chan struct{})}
		if e.item != nil {
			if had, ok := last[e.item]; ok {
				t.needs = had
			}
			last[e.item] = t.done
		}
		if before = t.done; e.what == kindInvite {
			people = t.done
		}
		select {
		case turns <- t:
		case <-ctx.Done():
			return
		}
		if w.opt.Progress != nil {
			w.opt.Progress(i, len(w.plan.events))
		}
	}
}

// hand works on one event at a time, by a clock of its own.
type hand struct {
	*writer
	*desks

	now *event
}

func (h *hand) do(ctx context.Context, t *turn) error {
	var ready *register.Prepared
	if t.what == kindPush {
		if err := wait(ctx, t.needs); err != nil {
			return err
		}
		h.at = t.at
		var err error
		if ready, err = h.prepare(ctx, t.event); err != nil {
			return err
		}
	}
	if err := wait(ctx, t.before); err != nil {
		return err
	}
	h.at, h.now = t.at, t.event
	h.report.Acts++
	switch t.what {
	case kindInvite:
		return h.invite(ctx, t.event)
	case kindPartner:
		return h.bring(ctx, t.event)
	case kindPush:
		return h.push(ctx, t.event, ready)
	case kindAssess:
		return h.assess(ctx, t.event)
	case kindTell:
		if err := t.tell(ctx, h); err != nil {
			return fmt.Errorf("%s at %s: %w", t.about, t.at.Format(time.RFC3339), err)
		}
		return nil
	default:
		return h.assign(ctx, t.event)
	}
}

func wait(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (h *hand) invite(ctx context.Context, e *event) error {
	who := h.plan.people[e.who]
	p, secret, err := h.account.Invite(ctx, system(), account.Invitation{Email: who.email, Name: who.name, Roles: who.roles, Reason: "joins the programme"})
	if err != nil {
		return err
	}
	h.actors[e.who] = access.Actor{ID: string(p.ID), Person: p.ID, Roles: p.Roles, Via: "seed"}
	h.report.People++
	if !h.opt.Passwords {
		return nil
	}
	password := seal.Hide(rand.Text())
	if _, err := h.account.AcceptInvite(ctx, account.Acceptance{Secret: secret, Password: password, Via: "seed"}); err != nil {
		return err
	}
	h.report.Passwords = append(h.report.Passwords, Credentials{p.ID, p.Email, p.Name, p.Roles, password})
	return nil
}

// bring writes a partner by hand, one with whom nothing is integrated yet.
func (h *hand) bring(ctx context.Context, e *event) error {
	with := e.partner
	h.report.Partners++
	_, err := h.register.CreatePartner(ctx, h.actors[e.who], register.PartnerEdit{
		Partner: drawbridge.Partner{ID: drawbridge.PartnerID(with.id), Name: with.name, Country: with.country, Website: "https://" + with.host(), Owner: h.actors[e.who].Person},
		Reason:  "first talks",
	})
	return err
}

func (h *hand) prepare(ctx context.Context, e *event) (*register.Prepared, error) {
	files, reason, err := e.item.files(e.revision)
	if err != nil {
		return nil, err
	}
	p, err := h.register.Prepare(ctx, h.actors[e.who], register.Push{Main: mainFile, Files: files, Base: e.item.head, Reason: reason})
	if err != nil {
		return nil, fmt.Errorf("revision %d of %s: %w", e.revision, e.item.slug, err)
	}
	return p, nil
}

func (h *hand) push(ctx context.Context, e *event, ready *register.Prepared) error {
	out, err := ready.Commit(ctx)
	if err != nil || out.Unchanged {
		return err
	}
	e.item.pushed = e.revision
	if out.Created {
		h.report.Integrations++
	}
	if !e.item.partner.known {
		e.item.partner.known = true
		h.report.Partners++
	}
	h.report.Revisions++
	h.report.Assessments++
	e.item.id, e.item.head, e.item.findings = out.Integration.ID, out.Revision.ID, out.Assessment.Findings
	if h.opt.Reviews == 0 {
		return nil
	}
	return h.review.Pushed(ctx, access.System("review"), e.item.id, "")
}

func (h *hand) assess(ctx context.Context, e *event) error {
	done, err := h.register.AssessDue(ctx, access.System("assess"), e.item.id)
	if err != nil || !done {
		return err
	}
	a, err := h.register.Assessment(ctx, system(), register.ByID(e.item.id), "")
	h.report.Assessments++
	e.item.findings = a.Findings
	return err
}

func (h *hand) assign(ctx context.Context, e *event) error {
	by := h.actors[e.item.owner]
	in, err := h.register.Integration(ctx, by, register.ByID(e.item.id))
	if err != nil {
		return err
	}
	_, err = h.register.Assign(ctx, by, register.ByID(e.item.id), register.Assignment{
		Version: in.Version, Members: &[]drawbridge.PersonID{h.actors[e.who].Person}, Reason: "works on it too",
	})
	return err
}
