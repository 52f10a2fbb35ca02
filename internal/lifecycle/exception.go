package lifecycle

import (
	"context"
	"regexp"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// The states of an exception. Whether a confirmed one still holds is for
// [drawbridge.Exception.Holds] alone.
const (
	exceptionProposed  = "proposed"
	exceptionConfirmed = "confirmed"
	exceptionRefused   = "refused"
	exceptionRevoked   = "revoked"
)

// The kinds of the events by which the queue calls [Desk.Ending] and
// [Desk.Ended]; their subject is an exception.
const (
	EventEnding = "exception.ending"
	EventEnded  = "exception.ended"
)

// warning is how long before an exception's end people are told.
const warning = 14

// covers is what an exception can cover: a threat at an element, a control, or
// the fingerprint of a finding.
var covers = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9._-]{0,31}@[!-?A-~]{1,300}|control:[a-z0-9-]{1,100}(@[!-?A-~]{1,300})?|f1-[0-9a-f]{24}|f1-[0-9a-f]{32})$`)

// Exceptions lists what of an integration is excepted at a time.
func Exceptions(tx *store.Tx, in drawbridge.IntegrationID, now time.Time) ([]drawbridge.Exception, error) {
	list, err := every(tx.Exceptions(), in, map[string]any{"state": exceptionConfirmed})
	out := list[:0]
	for _, x := range list {
		if x.Holds(now) {
			out = append(out, x)
		}
	}
	return out, err
}

// ExceptionList lists exceptions, newest first.
func (d *Desk) ExceptionList(ctx context.Context, actor access.Actor, f Filter, after *register.Cursor, limit int) (out register.Page[drawbridge.Exception], err error) {
	err = d.door.List(ctx, actor, access.ReviewRead, func(tx *store.Tx, scope access.Scope) error {
		out, err = pages(tx.Exceptions(), scope, f, after, limit, func(x drawbridge.Exception) string { return x.ID })
		return err
	})
	return out, err
}

// rule is how long exceptions of an integration may last, and how often they
// may be renewed: by the tier as triaged, else as assessed.
func (d *Desk) rule(tx *store.Tx, in *drawbridge.Integration) (policy.TierProtocol, error) {
	ws := d.opt.Workspace()
	if ws == nil {
		return policy.TierProtocol{}, drawbridge.Errorf(drawbridge.Unavailable, "the server has no packs: ask its operator to look at drawbridge doctor")
	}
	tier := in.Tier
	s, err := tx.Standings().Get(string(in.ID))
	if err != nil && !notFound(err) {
		return policy.TierProtocol{}, err
	}
	if err == nil && s.Tier != "" {
		tier = s.Tier
	}
	return ws.Policy.Protocol().Tier(tier), nil
}

// ends holds the last day of an exception to what the policy allows.
func (d *Desk) ends(rule policy.TierProtocol, last drawbridge.Date) error {
	now := d.now()
	if err := day("expires", last, now); err != nil {
		return err
	}
	if latest := drawbridge.DateOf(now.AddDate(0, 0, rule.Exception)); last > latest {
		return drawbridge.Errorf(drawbridge.Invalid, "expires: an exception of the tier %s lasts at most %s, until %s", rule.Tier, drawbridge.Count(rule.Exception, "day", "days"), latest)
	}
	return nil
}

// Propose proposes to accept something for a time. It covers nothing until an
// approver confirms it.
func (d *Desk) Propose(ctx context.Context, actor access.Actor, x drawbridge.Exception, key string) (drawbridge.Exception, error) {
	given := x
	var errs [4]error
	x.Reason, errs[0] = text("reason", x.Reason, maxProse, true)
	x.Compensating, errs[1] = text("compensating", x.Compensating, maxProse, false)
	if !covers.MatchString(x.Covers) {
		errs[2] = drawbridge.Errorf(drawbridge.Invalid, "covers: name a threat at an element (T017@charges), a control (control:breach-notice) or a finding's fingerprint (f1-...), not %.60q", x.Covers)
	}
	if x.Breach == "" {
		x.Breach = drawbridge.Warn
	}
	errs[3] = oneOf("breach", string(x.Breach), string(drawbridge.Warn), string(drawbridge.Narrow), string(drawbridge.SuspendFlow))
	problem := first(errs[:]...)
	act := action.Act{Actor: actor, Action: access.ExceptionPropose, On: on(x.Integration, "exception"), Reason: x.Reason, Key: key, Input: given}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Exception, error) {
		if problem != nil {
			return x, problem
		}
		in, err := tx.Integration(x.Integration)
		if err != nil {
			return x, err
		}
		if x.Owner == "" {
			x.Owner = in.Owner
		}
		x.ProposedBy = actor.Person
		return x, d.propose(tx, actor, in, &x)
	})
	return out, err
}

// propose writes a proposal.
func (d *Desk) propose(tx *store.Tx, actor access.Actor, in *drawbridge.Integration, x *drawbridge.Exception) error {
	if in.State == drawbridge.Retired {
		return drawbridge.Errorf(drawbridge.Conflict, "the integration is retired: there is nothing to except")
	}
	rule, err := d.rule(tx, in)
	if err == nil {
		err = d.ends(rule, x.Expires)
	}
	if err == nil {
		err = register.MayHold(tx, "owner", x.Owner)
	}
	if err != nil {
		return err
	}
	now := d.now()
	*x = drawbridge.Exception{
		ID: drawbridge.NewID("exc", now), Integration: in.ID, Covers: x.Covers, Reason: x.Reason, Compensating: x.Compensating, Owner: x.Owner,
		ProposedBy: x.ProposedBy, Expires: x.Expires, Breach: x.Breach, State: exceptionProposed, CreatedAt: now, UpdatedAt: now,
	}
	s, err := tx.Standings().Get(string(in.ID))
	if err != nil && !notFound(err) {
		return err
	}
	if err == nil {
		x.Review = s.Review
	}
	if err := tx.Exceptions().Add(x); err != nil {
		return err
	}
	return d.tellRole(tx, actor, noticeProposed, in.ID, drawbridge.Approver)
}

// Ruling is what an approver does with an exception.
type Ruling struct {
	ID      string
	Expires drawbridge.Date // to renew it, the new last day
	Reason  string
	Key     string
}

// Confirm lets a proposal cover what it names, until its last day: an approver
// who did not propose it, does not own it and did not ask for the integration.
func (d *Desk) Confirm(ctx context.Context, actor access.Actor, r Ruling) (drawbridge.Exception, error) {
	return d.govern(ctx, actor, r, func(tx *store.Tx, in *drawbridge.Integration, x *drawbridge.Exception) error {
		if x.State != exceptionProposed {
			return drawbridge.Errorf(drawbridge.Conflict, "the exception is %s: there is nothing to confirm", x.State)
		}
		rule, err := d.rule(tx, in)
		if err == nil {
			err = d.ends(rule, x.Expires)
		}
		if err != nil {
			return err
		}
		holding, err := Exceptions(tx, in.ID, d.now())
		if err != nil {
			return err
		}
		for _, h := range holding {
			if h.Covers == x.Covers {
				return drawbridge.Errorf(drawbridge.Conflict, "exception %s covers %s until %s: renew that one", h.ID, h.Covers, h.Expires)
			}
		}
		x.State = exceptionConfirmed
		return nil
	})
}

// Renew moves the last day of an exception that still holds.
func (d *Desk) Renew(ctx context.Context, actor access.Actor, r Ruling) (drawbridge.Exception, error) {
	return d.govern(ctx, actor, r, func(tx *store.Tx, in *drawbridge.Integration, x *drawbridge.Exception) error {
		if !x.Holds(d.now()) {
			return drawbridge.Errorf(drawbridge.Conflict, "only an exception that holds can be renewed: propose a new one")
		}
		rule, err := d.rule(tx, in)
		if err != nil {
			return err
		}
		if x.Renewals >= int64(rule.Renewals) {
			return drawbridge.Errorf(drawbridge.Conflict, "the exception was renewed %s, and may not be again: what it covers must be fixed", drawbridge.Count(x.Renewals, "time", "times"))
		}
		if r.Expires <= x.Expires {
			return drawbridge.Errorf(drawbridge.Invalid, "expires: a renewal ends after %s", x.Expires)
		}
		if err := d.ends(rule, r.Expires); err != nil {
			return err
		}
		x.Expires, x.Renewals = r.Expires, x.Renewals+1
		return nil
	})
}

// Refuse turns a proposal down.
func (d *Desk) Refuse(ctx context.Context, actor access.Actor, r Ruling) (drawbridge.Exception, error) {
	return d.govern(ctx, actor, r, func(_ *store.Tx, _ *drawbridge.Integration, x *drawbridge.Exception) error {
		if x.State != exceptionProposed {
			return drawbridge.Errorf(drawbridge.Conflict, "the exception is %s: there is nothing to refuse", x.State)
		}
		x.State = exceptionRefused
		return nil
	})
}

// RevokeException ends a confirmed exception before its last day.
func (d *Desk) RevokeException(ctx context.Context, actor access.Actor, r Ruling) (drawbridge.Exception, error) {
	return d.govern(ctx, actor, r, func(_ *store.Tx, _ *drawbridge.Integration, x *drawbridge.Exception) error {
		if x.State != exceptionConfirmed {
			return drawbridge.Errorf(drawbridge.Conflict, "the exception is %s: there is nothing to revoke", x.State)
		}
		x.State = exceptionRevoked
		return nil
	})
}

// govern runs what an approver does with an exception, and has what follows
// done: a new assessment, the look at its end, and a word to its owner.
func (d *Desk) govern(ctx context.Context, actor access.Actor, r Ruling, fn func(*store.Tx, *drawbridge.Integration, *drawbridge.Exception) error) (drawbridge.Exception, error) {
	reason, problem := text("reason", r.Reason, maxProse, true)
	var x *drawbridge.Exception
	act := action.Act{
		Actor: actor, Action: access.ExceptionConfirm, Reason: reason, Key: r.Key, Input: r,
		On: part((*store.Tx).Exceptions, "exception", r.ID, func(x *drawbridge.Exception) drawbridge.IntegrationID { return x.Integration }, &x),
	}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Exception, error) {
		if problem != nil {
			return *x, problem
		}
		in, err := tx.Integration(x.Integration)
		if err != nil {
			return *x, err
		}
		if err := d.unconcerned(tx, actor, in, x.Owner, x.ProposedBy); err != nil {
			return *x, err
		}
		if err := fn(tx, in, x); err != nil {
			return *x, err
		}
		x.Approver, x.UpdatedAt = actor.Person, d.now()
		if err := tx.Exceptions().Set(x); err != nil {
			return *x, err
		}
		if err := d.schedule(tx, x); err != nil {
			return *x, err
		}
		return *x, d.tell(tx, actor, noticeException, in.ID, x.Owner, x.ProposedBy, in.Owner)
	})
	return out, err
}

// schedule asks for a new assessment, and for the looks at the end of an
// exception that holds.
func (d *Desk) schedule(tx *store.Tx, x *drawbridge.Exception) error {
	now := d.now()
	if x.Holds(now) {
		for kind, due := range map[string]time.Time{EventEnding: x.Expires.End().AddDate(0, 0, -warning), EventEnded: x.Expires.End()} {
			if err := tx.EndEventsAbout(kind, x.ID, now); err != nil {
				return err
			}
			if err := tx.AddEvent(store.Event{ID: drawbridge.EventID(drawbridge.NewID("evt", now)), Kind: kind, Subject: x.ID, DueAt: due, CreatedAt: now}); err != nil {
				return err
			}
		}
	}
	return d.opt.Register.Touch(tx, x.Integration)
}

// Ending tells the owner and the approver of an exception that it ends soon.
func (d *Desk) Ending(ctx context.Context, actor access.Actor, id string) error {
	holds := func(x *drawbridge.Exception) bool { return x.Holds(d.now()) } // else it was revoked, or the queue comes late: the end tells
	return d.came(ctx, actor, EventEnding, id, holds, func(tx *store.Tx, x *drawbridge.Exception) error {
		return d.tell(tx, actor, noticeEnding, x.Integration, x.Owner, x.Approver)
	})
}

// Ended brings back what an exception covered: nothing but its day decides that
// it ended, and the integration is assessed without it.
func (d *Desk) Ended(ctx context.Context, actor access.Actor, id string) error {
	ended := func(x *drawbridge.Exception) bool { // else it was revoked, which told already, or renewed, which has a look of its own
		return x.State == exceptionConfirmed && !x.Holds(d.now())
	}
	return d.came(ctx, actor, EventEnded, id, ended, func(tx *store.Tx, x *drawbridge.Exception) error {
		if err := d.opt.Register.Touch(tx, x.Integration); err != nil {
			return err
		}
		return d.tell(tx, actor, noticeEnded, x.Integration, x.Owner, x.Approver)
	})
}

// came runs what came with a day, once for each last day of an exception, if it
// is so.
func (d *Desk) came(ctx context.Context, actor access.Actor, kind, id string, so func(*drawbridge.Exception) bool, fn func(*store.Tx, *drawbridge.Exception) error) error {
	var x *drawbridge.Exception
	find := part((*store.Tx).Exceptions, "exception", id, func(x *drawbridge.Exception) drawbridge.IntegrationID { return x.Integration }, &x)
	err := d.door.View(ctx, action.Act{Actor: actor, Action: access.IntegrationRead, On: find}, func(*store.Tx) error { return nil })
	if err != nil || !so(x) {
		return err
	}
	act := action.Act{Actor: actor, Action: access.Expire, On: find, Key: kind + " " + id + " " + string(x.Expires), Input: id}
	_, _, err = action.Do(ctx, d.door, act, func(tx *store.Tx) (struct{}, error) { return struct{}{}, fn(tx, x) })
	return err
}
