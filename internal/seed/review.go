package seed

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/review"
)

// actor is somebody who just gave their password. Each time somebody acts the
// clock goes on a little, so that one event reads in the order of what is done.
func (h *hand) actor(who int) access.Actor {
	h.at = h.at.Add(2 * time.Millisecond)
	a := h.actors[who]
	a.Proved = h.at
	return a
}

// as is who does the event.
func (h *hand) as() access.Actor { return h.actor(h.now.who) }

// held has a tale stand still where a rule says no; other errors end the run.
func (t *tale) held(err error) error {
	rules := []drawbridge.Kind{drawbridge.Conflict, drawbridge.Denied, drawbridge.Limited, drawbridge.Invalid, drawbridge.Unauthenticated}
	if !slices.Contains(rules, drawbridge.KindOf(err)) {
		return err
	}
	t.stuck = true
	return nil
}

// ask brings the request: what it is for, and for how much data.
func (t *tale) ask(ctx context.Context, h *hand) error {
	say := asks[t.template]
	n := t.rand.IntN(len(say.why))
	in := drawbridge.Intake{
		Justification: say.why[n], Alternatives: pick(t.rand, say.instead), Categories: say.data, Subjects: say.whose,
		RecordsPerDay: int64(1+t.rand.IntN(40)) * 500, PeakRPS: float64(1 + t.rand.IntN(30)), NeededBy: drawbridge.DateOf(h.at.AddDate(0, 0, 30+t.rand.IntN(60))),
		Cost: pick(t.rand, costs), Urgency: pick(t.rand, []string{"low", "normal", "normal", "normal", "high"}),
	}
	cause := "intake"
	if t.review.ID != "" {
		cause, in = "rhythm", drawbridge.Intake{Justification: "The approval comes to its end. " + pick(t.rand, renewals), RecordsPerDay: in.RecordsPerDay}
	}
	r, err := h.review.Open(ctx, h.as(), review.Opening{Integration: t.id, Cause: cause, Intake: in, Reason: "asked for by the team"})
	t.review, t.stuck = r, false
	return t.held(err)
}

// step takes a step of the review unless the tale stands still.
func (t *tale) step(ctx context.Context, h *hand, do func(context.Context, access.Actor, review.Step) (drawbridge.Review, error), reason string) error {
	if t.stuck {
		return nil
	}
	r, err := do(ctx, h.as(), review.Step{Review: t.review.ID, Reason: reason})
	if err == nil {
		t.review = r
	}
	return t.held(err)
}

func (t *tale) submit(ctx context.Context, h *hand) error {
	if t.review.State != drawbridge.Draft { // the last review went no further than this
		return nil
	}
	return t.step(ctx, h, h.review.Submit, "ready to be looked at")
}

func (t *tale) withdraw(ctx context.Context, h *hand) error {
	return t.step(ctx, h, h.review.Withdraw, pick(t.rand, withdrawals))
}

// triage follows the policy; now and then a person wants more.
func (t *tale) triage(ctx context.Context, h *hand) error {
	if err := t.step(ctx, h, h.triaged(""), "by policy"); err != nil || t.stuck {
		return err
	}
	if t.review.Tier == drawbridge.TierMedium && t.rand.IntN(8) == 0 {
		if err := t.step(ctx, h, h.triaged(drawbridge.TierHigh), "The team plans to send it special categories next year; review it as high now."); err != nil {
			return err
		}
	}
	if t.review.State != drawbridge.Triaged {
		return nil
	}
	return t.step(ctx, h, h.review.Start, "")
}

func (h *hand) triaged(tier drawbridge.Tier) func(context.Context, access.Actor, review.Step) (drawbridge.Review, error) {
	return func(ctx context.Context, by access.Actor, s review.Step) (drawbridge.Review, error) {
		return h.review.Triage(ctx, by, review.Triage{Step: s, Tier: tier})
	}
}

// send sends the questionnaire, with a link for the partner that has ended by
// the end of the history.
func (t *tale) send(ctx context.Context, h *hand) error {
	if t.stuck || t.review.FastLane || t.asked != "" && t.askedFor == t.review.ID {
		return nil
	}
	t.asked, t.partner, t.askedFor = "", access.Actor{}, t.review.ID
	q, err := h.inquiry.Send(ctx, h.as(), inquiry.Sending{Review: t.review.ID, Due: drawbridge.DateOf(h.at.AddDate(0, 0, 21)), Reason: "the tier asks for it"})
	if err != nil {
		return t.held(err)
	}
	t.asked = q.ID
	until := h.at.AddDate(0, 0, 30)
	if last := h.opt.AsOf.Add(-time.Hour); until.After(last) {
		until = last
	}
	issued, err := h.inquiry.AddLink(ctx, h.as(), q.ID, inquiry.NewLink{Label: t.item.partner.name + ", " + pick(t.rand, contacts), ExpiresAt: until})
	if err != nil {
		return t.held(err)
	}
	t.partner = access.Actor{ID: string(issued.Link.ID), Roles: []drawbridge.Role{drawbridge.PartnerContact}, Inquiry: q.ID, Via: "seed"}
	return nil
}

// sheet reads the questionnaire when it is in one of the states; nil when not.
func (t *tale) sheet(ctx context.Context, h *hand, states ...string) (*inquiry.Sheet, error) {
	if t.stuck || t.asked == "" || t.askedFor != t.review.ID {
		return nil, nil
	}
	s, err := h.inquiry.Sheet(ctx, h.actor(t.owner), t.asked)
	if err != nil || !slices.Contains(states, s.Inquiry.State) {
		return nil, err
	}
	return &s, nil
}

// answer has the partner fill in what is open, confirm what was said last time,
// and hand it in.
func (t *tale) answer(ctx context.Context, h *hand) error {
	s, err := t.sheet(ctx, h, inquiry.StateOpen, inquiry.StateReturned)
	if err != nil || s == nil {
		return err
	}
	if len(s.Unconfirmed) > 0 {
		if _, err := h.inquiry.Confirm(ctx, t.partner, t.asked, nil, ""); err != nil {
			return t.held(err)
		}
	}
	return t.fill(ctx, h, s)
}

// fill answers what is open, and hands it in.
func (t *tale) fill(ctx context.Context, h *hand, s *inquiry.Sheet) error {
	return t.held(fill(ctx, h.inquiry, t.partner, t.asked, &s.Items, s.Answers, t.rand, t.item.partner, t.care, h.at))
}

// fill has a partner answer what is open, and hand it in.
func fill(ctx context.Context, d *inquiry.Desk, as access.Actor, id drawbridge.InquiryID, items *questionnaire.Items, given []inquiry.Given, r *rand.Rand, with *partner, care int, at time.Time) error {
	said := map[string]questionnaire.Answer{}
	for _, g := range given {
		said[g.Question] = g.Answer
	}
	file, err := filled(items, answers(r, with, care, items, said, at))
	if err != nil {
		return err
	}
	if _, err := d.Import(ctx, as, id, inquiry.Importing{Data: file}); err != nil {
		return err
	}
	_, err = d.Submit(ctx, as, id, "")
	return err
}

// Reply has a careful partner of that name answer what is open of a questionnaire,
// by a link to it, and hand it in.
func Reply(ctx context.Context, d *inquiry.Desk, by *drawbridge.Link, name string, at time.Time) error {
	as := access.Actor{ID: string(by.ID), Roles: []drawbridge.Role{drawbridge.PartnerContact}, Inquiry: by.Inquiry, Via: "seed"}
	s, err := d.Asked(ctx, as, by.Inquiry, "")
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(7, 5)) //nolint:gosec // made-up data, the same each time
	return fill(ctx, d, as, by.Inquiry, &s.Items, s.Progress.Answers, r, &partner{id: slugOf(name), name: name}, 0, at)
}

// giveBack returns the answers with what is to be said better.
func (t *tale) giveBack(ctx context.Context, h *hand) error {
	if s, err := t.sheet(ctx, h, inquiry.StateSubmitted); err != nil || s == nil {
		return err
	}
	_, err := h.inquiry.Return(ctx, h.as(), t.asked, inquiry.Decided{Reason: pick(t.rand, returns)})
	return t.held(err)
}

// improve changes one answer and hands in again.
func (t *tale) improve(ctx context.Context, h *hand) error {
	s, err := t.sheet(ctx, h, inquiry.StateReturned)
	if err != nil || s == nil {
		return err
	}
	for _, g := range s.Answers {
		if a, ok := improved(&s.Items, g.Question, g.Answer); ok {
			if _, err := h.inquiry.Put(ctx, t.partner, t.asked, inquiry.Putting{Question: g.Question, Base: g.ID, Answer: a}); err != nil {
				return t.held(err)
			}
			break
		}
	}
	if s, err = t.sheet(ctx, h, inquiry.StateReturned); err != nil || s == nil {
		return err
	}
	return t.fill(ctx, h, s)
}

// accept takes the answers, and looks at what was handed in with them.
func (t *tale) accept(ctx context.Context, h *hand) error {
	s, err := t.sheet(ctx, h, inquiry.StateSubmitted)
	if err != nil {
		return err
	}
	if s != nil {
		if _, err := h.inquiry.Accept(ctx, h.as(), t.asked, inquiry.Decided{Reason: pick(t.rand, acceptances)}); err != nil {
			return t.held(err)
		}
	}
	return t.judge(ctx, h)
}

// ready looks at the risk as it is now, and says that everything is there.
func (t *tale) ready(ctx context.Context, h *hand) error {
	if t.stuck {
		return nil
	}
	if _, err := h.register.Reassess(ctx, h.as(), t.id, ""); err != nil {
		return t.held(err)
	}
	if err := t.step(ctx, h, h.triaged(""), "the same, looked at again"); err != nil {
		return err
	}
	return t.step(ctx, h, h.review.Ready, "")
}

// sign answers for one role, on the view as it is.
func (t *tale) sign(ctx context.Context, h *hand, role drawbridge.Discipline) error {
	if t.stuck || !slices.Contains(t.review.Roles, role) {
		return nil
	}
	p, err := h.review.Progress(ctx, h.as(), t.review.ID)
	if err != nil {
		return err
	}
	_, err = h.review.Sign(ctx, h.as(), review.Signing{Review: t.review.ID, Role: role, Approve: true, Comment: pick(t.rand, signatures[role]), View: p.View})
	return t.held(err)
}

// decide ends the review. What cannot be approved is refused.
func (t *tale) decide(ctx context.Context, h *hand, life string) error {
	if t.stuck {
		return nil
	}
	p, err := h.review.Progress(ctx, h.as(), t.review.ID)
	if err != nil {
		return err
	}
	v := review.Verdict{Review: t.review.ID, Outcome: drawbridge.Approved, Rationale: pick(t.rand, approvals), View: p.View}
	switch {
	case life == "rejected" || slices.ContainsFunc(p.Missing, func(m review.Missing) bool { return m.Guard == "critical" }):
		v.Outcome, v.Rationale = drawbridge.Rejected, pick(t.rand, rejections)
	case life == "deferred":
		v.Outcome, v.Rationale = drawbridge.Deferred, pick(t.rand, deferrals)
	case t.care > 0 && t.rand.IntN(5) < 3:
		v.Outcome = drawbridge.ApprovedWithConditions
		for range 1 + t.rand.IntN(2) {
			c := pick(t.rand, conditions)
			c.Due = drawbridge.DateOf(h.at.AddDate(0, 0, 20+t.rand.IntN(80)))
			v.Terms = append(v.Terms, c)
		}
	}
	if t.rand.IntN(12) == 0 { // for a pilot
		v.Until = drawbridge.DateOf(h.at.AddDate(0, 3, 0))
	}
	if v.Outcome == drawbridge.Rejected || v.Outcome == drawbridge.Deferred {
		v.Until = ""
	}
	t.decision, err = h.review.Decide(ctx, h.as(), v)
	if err == nil && v.Outcome != drawbridge.Approved && v.Outcome != drawbridge.ApprovedWithConditions {
		t.stuck = true
	}
	return t.held(err)
}
