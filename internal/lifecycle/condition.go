package lifecycle

import (
	"context"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/store"
)

// The states of a condition.
const (
	conditionOpen    = "open"
	conditionMet     = "met"
	conditionDropped = "dropped"
)

// Conditions lists the conditions of an integration, newest first.
func Conditions(tx *store.Tx, in drawbridge.IntegrationID) ([]drawbridge.Condition, error) {
	return every(tx.Conditions(), in, nil)
}

// ConditionList lists conditions, newest first.
func (d *Desk) ConditionList(ctx context.Context, actor access.Actor, f Filter, after *register.Cursor, limit int) (out register.Page[drawbridge.Condition], err error) {
	err = d.door.List(ctx, actor, access.ReviewRead, func(tx *store.Tx, scope access.Scope) error {
		out, err = pages(tx.Conditions(), scope, f, after, limit, func(c drawbridge.Condition) string { return c.ID })
		return err
	})
	return out, err
}

// checkCondition holds what was typed to its forms.
func checkCondition(c *drawbridge.Condition, d *Desk) error {
	var errs [5]error
	c.Text, errs[0] = text("text", c.Text, maxProse, true)
	c.Check, errs[1] = text("check", c.Check, 100, false)
	if !c.Verifier.Valid() {
		errs[2] = drawbridge.Errorf(drawbridge.Invalid, "verifier is a discipline: security, privacy, legal, product or operations; not %.40q", c.Verifier)
	}
	errs[3] = day("due", c.Due, d.now())
	if c.Breach == "" {
		c.Breach = drawbridge.Warn
	}
	errs[4] = oneOf("breach", string(c.Breach), string(drawbridge.Warn), string(drawbridge.Narrow), string(drawbridge.SuspendFlow))
	return first(errs[:]...)
}

// AddCondition sets a condition on an integration whose review is open or decided.
func (d *Desk) AddCondition(ctx context.Context, actor access.Actor, c drawbridge.Condition, key string) (drawbridge.Condition, error) {
	given := c
	problem := checkCondition(&c, d)
	act := action.Act{Actor: actor, Action: access.ConditionWrite, On: on(c.Integration, "condition"), Key: key, Input: given}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Condition, error) {
		if problem != nil {
			return c, problem
		}
		in, err := tx.Integration(c.Integration)
		if err != nil {
			return c, err
		}
		if c.Owner == "" {
			c.Owner = in.Owner
		}
		if err := register.MayHold(tx, "owner", c.Owner); err != nil {
			return c, err
		}
		s, err := tx.Standings().Get(string(in.ID))
		if notFound(err) || err == nil && s.Review == "" && s.Decision == "" {
			return c, drawbridge.Errorf(drawbridge.Conflict, "the integration has no review yet: open one first")
		}
		if err != nil {
			return c, err
		}
		now := d.now()
		made := drawbridge.Condition{
			ID: drawbridge.NewID("cnd", now), Integration: in.ID, Review: s.Review, Decision: s.Decision, Text: c.Text, Before: c.Before, Owner: c.Owner,
			Verifier: c.Verifier, Check: c.Check, Due: c.Due, Breach: c.Breach, State: conditionOpen, CreatedAt: now, UpdatedAt: now,
		}
		if err := tx.Conditions().Add(&made); err != nil {
			return c, err
		}
		return made, d.tell(tx, actor, noticeCondition, in.ID, made.Owner)
	})
	return out, err
}

// Settling is how a condition ends: it is met, or dropped.
type Settling struct {
	ID       string
	Evidence drawbridge.EvidenceID // by which it is met; may be empty
	Reason   string
	Key      string
}

// Meet confirms that a condition is met: a reviewer of its discipline, who does
// not answer for it.
func (d *Desk) Meet(ctx context.Context, actor access.Actor, s Settling) (drawbridge.Condition, error) {
	return d.settle(ctx, actor, access.ConditionMeet, s, conditionMet, func(tx *store.Tx, c *drawbridge.Condition) error {
		if !actor.Has(c.Verifier.Reviewer()) {
			return drawbridge.Errorf(drawbridge.Denied, "a reviewer for %s confirms this condition", c.Verifier)
		}
		if actor.Person == c.Owner {
			return drawbridge.Errorf(drawbridge.Denied, "who answers for a condition does not confirm it: ask another reviewer for %s", c.Verifier)
		}
		return d.proven(tx, c, s.Evidence)
	})
}

// proven wants what settles a condition: a live check that passed where one is
// named, or else evidence that was accepted. One without a check needs neither,
// but what is named must be accepted.
func (d *Desk) proven(tx *store.Tx, c *drawbridge.Condition, id drawbridge.EvidenceID) error {
	in, err := tx.Integration(c.Integration)
	if err != nil {
		return err
	}
	if id != "" {
		why, err := d.unfit(tx, in, id, "", true)
		if err != nil || why != "" {
			return orUnfit(err, "the evidence "+why)
		}
		return nil
	}
	if c.Check == "" {
		return nil
	}
	f, err := review.Read(tx, in, nil, d.now())
	if err != nil {
		return err
	}
	verdicts, err := d.verdicts(tx, f)
	if err != nil {
		return err
	}
	passed := false
	for _, v := range verdicts {
		if v.Check == c.Check {
			if v.Verdict != drawbridge.Pass {
				return drawbridge.Errorf(drawbridge.Conflict, "check %s is %s at %s: it must pass, or evidence must be accepted in its place", v.Check, v.Verdict, v.Element)
			}
			passed = true
		}
	}
	if !passed {
		return drawbridge.Errorf(drawbridge.Conflict, "check %s has not passed on the present interface: run it, or name accepted evidence in its place", c.Check)
	}
	return nil
}

// Drop ends a condition without it being met: an approver, who does not answer
// for it, with a reason.
func (d *Desk) Drop(ctx context.Context, actor access.Actor, s Settling) (drawbridge.Condition, error) {
	s.Evidence = ""
	return d.settle(ctx, actor, access.ConditionDrop, s, conditionDropped, func(tx *store.Tx, c *drawbridge.Condition) error {
		in, err := tx.Integration(c.Integration)
		if err != nil {
			return err
		}
		return d.unconcerned(tx, actor, in, c.Owner)
	})
}

// unconcerned refuses an approver who has a part in what is asked for.
func (d *Desk) unconcerned(tx *store.Tx, actor access.Actor, in *drawbridge.Integration, concerned ...drawbridge.PersonID) error {
	f, err := review.Read(tx, in, nil, d.now())
	if err != nil {
		return err
	}
	concerned = append(concerned, in.Owner)
	for _, r := range []*drawbridge.Review{f.Open, f.Decided} {
		if r != nil {
			concerned = append(concerned, r.Requester)
		}
	}
	for _, p := range concerned {
		if p != "" && p == actor.Person {
			return drawbridge.Errorf(drawbridge.Denied, "who asked for it, or answers for it, does not approve it: ask another approver")
		}
	}
	return nil
}

// settle ends an open condition.
func (d *Desk) settle(ctx context.Context, actor access.Actor, permission access.Action, s Settling, to string, may func(*store.Tx, *drawbridge.Condition) error) (drawbridge.Condition, error) {
	reason, problem := text("reason", s.Reason, maxProse, true)
	var c *drawbridge.Condition
	act := action.Act{
		Actor: actor, Action: permission, Reason: reason, Key: s.Key, Input: s,
		On: part((*store.Tx).Conditions, "condition", s.ID, func(c *drawbridge.Condition) drawbridge.IntegrationID { return c.Integration }, &c),
	}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Condition, error) {
		if problem == nil && c.State != conditionOpen {
			problem = drawbridge.Errorf(drawbridge.Conflict, "the condition is %s already", c.State)
		}
		if problem != nil {
			return *c, problem
		}
		if err := may(tx, c); err != nil {
			return *c, err
		}
		now := d.now()
		c.State, c.Evidence, c.Reason, c.MetBy, c.MetAt, c.UpdatedAt = to, s.Evidence, reason, actor.Person, now, now
		if err := tx.Conditions().Set(c); err != nil {
			return *c, err
		}
		in, err := tx.Integration(c.Integration)
		if err != nil {
			return *c, err
		}
		return *c, d.tell(tx, actor, noticeSettled, c.Integration, c.Owner, in.Owner)
	})
	return out, err
}
