package review

import (
	"context"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// Limits of what people write, in bytes.
const (
	maxReason = 2000
	maxText   = 4000
	maxLine   = 300
)

// Step asks for one step of a review.
type Step struct {
	Review  drawbridge.ReviewID
	Version int64 // that was read
	Reason  string
	Key     string
}

// on finds a review and what the table of permissions asks about it.
func (d *Desk) on(id drawbridge.ReviewID, at **look) func(*store.Tx) (access.Object, error) {
	return func(tx *store.Tx) (access.Object, error) {
		r, err := tx.Reviews().Get(string(id))
		if err != nil {
			return access.Object{}, err
		}
		var in *drawbridge.Integration
		o, err := register.On(register.ByID(r.Integration), &in)(tx)
		if err != nil {
			return access.Object{}, err
		}
		o.Kind, o.ID = "review", string(r.ID)
		*at = &look{desk: d, tx: tx, now: d.now(), in: in, review: r, object: o}
		return o, nil
	}
}

// act runs one act over a review.
func act[T any](ctx context.Context, d *Desk, actor access.Actor, what access.Action, s Step, input any, fn func(*look) (T, error)) (T, error) {
	var l *look
	reason, problem := drawbridge.Prose(s.Reason, maxReason)
	a := action.Act{Actor: actor, Action: what, On: d.on(s.Review, &l), Reason: reason, Key: s.Key, Input: input}
	out, _, err := action.Do(ctx, d.door, a, func(*store.Tx) (T, error) {
		var none T
		if problem != nil {
			return none, problem
		}
		if s.Version != 0 && s.Version != l.review.Version {
			return none, drawbridge.Errorf(drawbridge.Conflict, "the review changed since you read it: look again")
		}
		if err := l.read(); err != nil {
			return none, err
		}
		return fn(l)
	})
	return out, err
}

// take takes one step when its guards hold, and writes the review.
func (l *look) take(step string) error {
	to, ok := l.review.State.Step(step)
	if !ok {
		return drawbridge.Errorf(drawbridge.Conflict, "a review that is %s cannot take the step %s", words(string(l.review.State)), words(step))
	}
	if err := l.hold(step); err != nil {
		return err
	}
	l.review.State = to
	return l.set()
}

func (l *look) set() error {
	l.review.UpdatedAt = l.now
	return l.tx.Reviews().Set(l.review)
}

func words(s string) string { return strings.ReplaceAll(s, "_", " ") }

// Submit hands a draft in.
func (d *Desk) Submit(ctx context.Context, actor access.Actor, s Step) (drawbridge.Review, error) {
	return act(ctx, d, actor, access.ReviewSubmit, s, s.Review, func(l *look) (drawbridge.Review, error) {
		l.review.SubmittedAt, l.review.Revision = l.now, l.in.Head
		if err := l.take(stepSubmit); err != nil {
			return drawbridge.Review{}, err
		}
		return *l.review, l.tell(actor, noticeSubmitted, l.triagers)
	})
}

// Triage sets tier, roles, template and rhythm by policy.
type Triage struct {
	Step
	Tier drawbridge.Tier // that a person wants; empty for the policy's
}

// Triage sets what a review asks for. It may be repeated while the review is open,
// when the head became another risk.
func (d *Desk) Triage(ctx context.Context, actor access.Actor, t Triage) (drawbridge.Review, error) {
	input := map[string]any{"review": string(t.Review), "tier": string(t.Tier)}
	return act(ctx, d, actor, access.ReviewTriage, t.Step, input, func(l *look) (drawbridge.Review, error) {
		if err := l.triage(actor, t); err != nil {
			return drawbridge.Review{}, err
		}
		again := l.review.State != drawbridge.Submitted && l.review.State != drawbridge.Draft && l.review.State.Open()
		keep := func() error { return l.take(stepTriage) }
		if again {
			keep = l.set
		}
		if err := keep(); err != nil {
			return drawbridge.Review{}, err
		}
		if s := &l.file.Standing; s.Review == l.review.ID {
			s.Danger = l.danger(l.review)
			if err := l.desk.setStanding(l.tx, s); err != nil {
				return drawbridge.Review{}, err
			}
		}
		return *l.review, l.tell(actor, noticeTriaged, l.reviewers)
	})
}

func (l *look) triage(actor access.Actor, t Triage) error {
	a := &l.file.Assessment
	ws, err := l.desk.workspace()
	if err != nil {
		return err
	}
	r := l.review
	want := t.Tier
	if want == "" {
		want = a.Tier
	}
	switch {
	case !slices.Contains(drawbridge.Tiers(), want):
		return drawbridge.Errorf(drawbridge.Invalid, "%.40q is no tier: write low, medium, high or critical", want)
	case above(a.Tier, want) && actor.Person == r.Requester:
		return drawbridge.Errorf(drawbridge.Denied, "who asks for an integration does not lower its tier: ask a reviewer")
	case above(a.Tier, want) && strings.TrimSpace(t.Reason) == "":
		return drawbridge.Errorf(drawbridge.Invalid, "say why the tier %s is enough: the policy asks for %s", want, a.Tier)
	}
	def, protocol := tierOf(ws.Policy, want), ws.Policy.Protocol().Tier(want)
	r.Tier, r.PolicyTier, r.TierReason = want, a.Tier, ""
	if want != a.Tier {
		r.TierReason = strings.TrimSpace(t.Reason)
	}
	r.Roles = nil
	for _, role := range def.Roles {
		r.Roles = append(r.Roles, drawbridge.Discipline(role))
	}
	if r.FastLane, err = l.fast(); err != nil {
		return err
	}
	if r.FastLane = r.FastLane && want == a.Tier; r.FastLane {
		r.Roles = r.Roles[:min(1, len(r.Roles))]
	}
	r.Template, r.Months, r.TriagedAt = def.Template, int64(def.Months), l.now
	r.Due = drawbridge.DateOf(l.now.AddDate(0, 0, protocol.Decide))
	return nil
}

// fast reports whether one sign-off is enough: the policy says so of the risk, the
// head is bounded enough for an envelope to be made of it, and every element of
// data has its category.
func (l *look) fast() (bool, error) {
	g, err := l.gate()
	if err != nil || !g.FastLane {
		return false, err
	}
	f, err := l.facts()
	if err != nil {
		return false, err
	}
	return len(f.uncategorised) == 0 && len(f.unbounded) == 0, nil
}

// above reports whether one tier is higher than another.
func above(a, b drawbridge.Tier) bool {
	return slices.Index(drawbridge.Tiers(), a) > slices.Index(drawbridge.Tiers(), b)
}

// Start begins the tracks.
func (d *Desk) Start(ctx context.Context, actor access.Actor, s Step) (drawbridge.Review, error) {
	return d.plain(ctx, actor, access.ReviewTriage, s, stepStart, func(l *look) error { return nil })
}

// Ready says that everything is there to be signed and decided.
func (d *Desk) Ready(ctx context.Context, actor access.Actor, s Step) (drawbridge.Review, error) {
	return d.plain(ctx, actor, access.ReviewReady, s, stepReady, func(l *look) error {
		l.review.ReadyAt = l.now
		return l.tell(actor, noticeReady, l.reviewers, l.approvers)
	})
}

// Reopen takes a ready review back to its tracks.
func (d *Desk) Reopen(ctx context.Context, actor access.Actor, s Step) (drawbridge.Review, error) {
	return d.plain(ctx, actor, access.ReviewReady, s, stepReopen, func(l *look) error { return nil })
}

// withdrawn is what a partner reads whose answers nobody waits for any more.
const withdrawn = "The review was withdrawn: nothing more is asked of you."

// Withdraw ends a review before it is decided. What was decided before stands;
// what was asked for it is closed, and its links end.
func (d *Desk) Withdraw(ctx context.Context, actor access.Actor, s Step) (drawbridge.Review, error) {
	return d.plain(ctx, actor, access.ReviewWithdraw, s, stepWithdraw, func(l *look) error {
		if strings.TrimSpace(s.Reason) == "" {
			return drawbridge.Errorf(drawbridge.Invalid, "say why the review is withdrawn")
		}
		l.review.EndedAt = l.now
		if err := l.desk.opt.Inquiry.CloseReview(l.tx, l.review.ID, withdrawn); err != nil {
			return err
		}
		l.file.Standing.Review, l.file.Standing.Danger = "", 0
		return l.desk.setStanding(l.tx, &l.file.Standing)
	})
}

// plain is a step with nothing to say but that it is taken. What it changes of
// the review besides comes before, so that it is written with it.
func (d *Desk) plain(ctx context.Context, actor access.Actor, what access.Action, s Step, step string, before func(*look) error) (drawbridge.Review, error) {
	return act(ctx, d, actor, what, s, map[string]any{"review": string(s.Review), "step": step}, func(l *look) (drawbridge.Review, error) {
		if err := before(l); err != nil {
			return drawbridge.Review{}, err
		}
		if err := l.take(step); err != nil {
			return drawbridge.Review{}, err
		}
		return *l.review, nil
	})
}
