package inquiry

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/dossier"
	"drawbridge/internal/policy"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// Sending asks for a questionnaire to be sent.
type Sending struct {
	Review   drawbridge.ReviewID
	Audience string          // partner (the default) or internal
	Template string          // name, name/length or a length of the default one; empty: what the review asks for
	Due      drawbridge.Date // may be empty
	Reason   string
	Key      string
}

// Send puts a questionnaire together and opens it for answers: without the
// questions that accepted evidence or passed checks settle, and with the answers
// of last time, which somebody has to confirm.
func (d *Desk) Send(ctx context.Context, actor access.Actor, in Sending) (drawbridge.Inquiry, error) {
	in.Audience = cmp.Or(in.Audience, "partner")
	problem := in.check(drawbridge.DateOf(d.now()))
	var r *drawbridge.Review
	act := action.Act{Actor: actor, Action: access.InquirySend, Reason: in.Reason, Key: in.Key, Input: in, On: func(tx *store.Tx) (access.Object, error) {
		var err error
		if r, err = tx.Reviews().Get(string(in.Review)); err != nil {
			return access.Object{}, err
		}
		return register.Object(tx, r.Integration, "review", string(r.ID))
	}}
	var settled questionnaire.Settled
	err := d.door.View(ctx, act, func(tx *store.Tx) (err error) {
		if problem == nil {
			settled, err = d.settled(tx, r.Integration)
		}
		return cmp.Or(problem, err)
	})
	if err != nil {
		return drawbridge.Inquiry{}, err
	}
	s := &sending{Sending: in, desk: d, actor: actor}
	if err := s.prepare(r, settled); err != nil {
		return drawbridge.Inquiry{}, err
	}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Inquiry, error) { return s.send(tx, r) })
	return out, err
}

func (in *Sending) check(today drawbridge.Date) error {
	if !slices.Contains(questionnaire.Audiences(), in.Audience) {
		return invalid("audience: %.40q is none of %s", in.Audience, strings.Join(questionnaire.Audiences(), ", "))
	}
	if in.Due == "" {
		return nil
	}
	if _, err := drawbridge.ParseDate(string(in.Due)); err != nil {
		return invalid("due: %w", err)
	}
	if in.Due < today {
		return invalid("due: %s is in the past", in.Due)
	}
	return nil
}

// sending is a questionnaire that is about to be sent.
type sending struct {
	Sending
	desk  *Desk
	actor access.Actor

	items  questionnaire.Items
	digest string
	size   int64
}

// prepare selects the questions and keeps them as a file of the record.
func (s *sending) prepare(r *drawbridge.Review, settled questionnaire.Settled) error {
	var ws *policy.Workspace
	if s.desk.opt.Workspace != nil {
		ws = s.desk.opt.Workspace()
	}
	if ws == nil {
		return drawbridge.Errorf(drawbridge.Unavailable, "the server has no packs: ask its operator to look at drawbridge doctor")
	}
	asks, _, _ := strings.Cut(r.Template, "@")
	t, length, err := ws.Asks(cmp.Or(s.Template, asks, lengthOf(r.Tier)))
	if err != nil {
		return err
	}
	s.items = t.Select(length, s.Audience, settled)
	if len(s.items.Questions) == 0 {
		return conflict("%s asks the %s nothing: all of it is settled, or meant for somebody else", t, s.Audience)
	}
	data, err := json.Marshal(s.items)
	if err != nil {
		return fmt.Errorf("encode the questions: %w", err)
	}
	s.digest, s.size, err = s.desk.door.Store().Blobs().Put(bytes.NewReader(data), maxItems, s.desk.door.Keys())
	return err
}

// lengthOf is how much is asked where no policy says so; of an unknown tier, the most.
func lengthOf(tier drawbridge.Tier) string {
	switch tier {
	case drawbridge.TierLow:
		return "short"
	case drawbridge.TierMedium:
		return "standard"
	default:
		return "extended"
	}
}

func (s *sending) send(tx *store.Tx, r *drawbridge.Review) (drawbridge.Inquiry, error) {
	var none drawbridge.Inquiry
	if !r.State.Open() {
		return none, conflict("the review is %s: nothing is asked for it any more", r.State)
	}
	had, err := tx.Inquiries().Find(store.Query{Equal: map[string]any{"review": r.ID, "audience": s.Audience}, Newest: true})
	if err != nil {
		return none, err
	}
	template := s.items.Template + "@" + s.items.Version
	for _, q := range had {
		if name, _, _ := strings.Cut(q.Template, "@"); name == s.items.Template && q.State != StateClosed {
			return none, conflict("%s was sent to the %s for this review already, as %s: close that one first", name, s.Audience, q.ID)
		}
	}
	previous, err := lastTime(tx, r.Integration, s.Audience, s.items.Template)
	if err != nil {
		return none, err
	}
	now := s.desk.now()
	q := drawbridge.Inquiry{
		ID: drawbridge.InquiryID(drawbridge.NewID("inq", now)), Review: r.ID, Integration: r.Integration, Partner: r.Partner, Audience: s.Audience,
		Template: template, Items: s.digest, State: StateOpen, Due: s.Due, SentBy: s.actor.Person, SentAt: now, UpdatedAt: now,
	}
	if previous != nil {
		q.Previous = previous.ID
	}
	if err := tx.AddBlob(&store.Blob{ID: s.digest, Kind: "inquiry", Size: s.size, Integration: q.Integration, CreatedAt: now}); err != nil {
		return none, err
	}
	if err := tx.Inquiries().Add(&q); err != nil {
		return none, err
	}
	w := &writing{desk: s.desk, tx: tx, actor: s.actor, q: &q, items: &s.items, latest: map[string]Given{}}
	if err := w.carry(previous); err != nil {
		return none, err
	}
	if s.Audience == "internal" {
		err = s.desk.tellOwner(tx, s.actor, noticeSent, &q)
	}
	return q, err
}

// lastTime is the latest inquiry whose answers somebody stood behind; nil when
// this is the first.
func lastTime(tx *store.Tx, in drawbridge.IntegrationID, audience, template string) (*drawbridge.Inquiry, error) {
	list, err := stated(tx, in)
	for _, q := range list {
		if name, _, _ := strings.Cut(q.Template, "@"); q.Audience == audience && name == template {
			return &q, err
		}
	}
	return nil, err
}

// carry takes over the answers of last time that still fit the questions. They
// count as open until somebody confirms them.
func (w *writing) carry(previous *drawbridge.Inquiry) error {
	if previous == nil {
		return w.count()
	}
	old, err := w.desk.latest(w.tx, previous.ID)
	if err != nil {
		return err
	}
	for _, x := range w.items.Questions {
		g, ok := old[x.ID]
		if !ok || !g.Answer.Given() || w.items.Check(x.ID, g.Answer) != nil {
			continue
		}
		err := w.add(&Given{Question: x.ID, Answer: g.Answer, Source: SourceCarried, Origin: g.ID, Author: g.Author})
		if err != nil {
			return err
		}
	}
	return w.count()
}

// settled is what needs no question: evidence that counts now, and checks that
// passed wherever the latest runs tried them.
func (d *Desk) settled(tx *store.Tx, id drawbridge.IntegrationID) (questionnaire.Settled, error) {
	s := questionnaire.Settled{Evidence: map[string]string{}, Checks: map[string]string{}}
	in, err := tx.Integration(id)
	if err != nil {
		return s, err
	}
	accepted, err := dossier.Accepted(tx, in, d.now())
	if err != nil {
		return s, err
	}
	for _, e := range accepted {
		s.Evidence[e.Kind] = fmt.Sprintf("%s (%s)", e.Title, e.ID)
	}
	head, err := tx.Revision(in.Head)
	if err != nil {
		return s, err
	}
	runs, err := tx.Runs().Find(store.Query{Equal: map[string]any{"integration": id, "stands": true}, Newest: true, Limit: maxRuns})
	if err != nil {
		return s, err
	}
	return s, passed(runs, head.Content, s.Checks)
}

// maxRuns bounds how many runs are looked at, those that were handed in last.
const maxRuns = 1000

// passed notes the checks that passed wherever they were tried, in whole runs on
// this content.
func passed(runs []drawbridge.Run, content string, out map[string]string) error {
	standing, err := register.Standing(runs)
	if err != nil {
		return err
	}
	failed := map[string]bool{}
	for _, v := range standing {
		if v.Verdict == drawbridge.Pass && v.Run.Complete && v.Run.Content == content {
			out[v.Check] = max(out[v.Check], fmt.Sprintf("%s passed on %s (%s)", v.Check, v.Run.FinishedAt.Format("2006-01-02"), v.Run.ID)) // the latest, whichever the order
		} else {
			failed[v.Check] = true
		}
	}
	for check := range failed {
		delete(out, check)
	}
	return nil
}
