package lifecycle

import (
	"context"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/manifest"
	"drawbridge/internal/store"
)

// Adopt makes proposals of the exceptions in the manifest of the head which the
// record does not know yet. Those that have no end in time stay in the manifest
// alone: the gate is conditional until somebody proposes better ones.
func (d *Desk) Adopt(ctx context.Context, actor access.Actor, id drawbridge.IntegrationID) error {
	b, head, err := d.bundle(ctx, actor, id)
	if err != nil || len(b.Integration.Exceptions) == 0 {
		return err
	}
	act := action.Act{
		Actor: actor, Action: access.ExceptionPropose, On: on(id, "exception"), Key: "adopt " + string(head.ID), Input: string(head.ID),
		Reason: "The manifest proposes it.",
	}
	_, _, err = action.Do(ctx, d.door, act, func(tx *store.Tx) (struct{}, error) {
		var none struct{}
		in, err := tx.Integration(id)
		if err != nil {
			return none, err
		}
		known, err := every(tx.Exceptions(), id, nil)
		if err != nil {
			return none, err
		}
		author, err := personOf(tx, head.Author)
		if err != nil {
			return none, err
		}
		for _, x := range b.Integration.Exceptions {
			if d.knows(known, &x) {
				continue
			}
			made := drawbridge.Exception{Covers: x.Threat, Expires: x.Expires, Owner: in.Owner, ProposedBy: author, Breach: drawbridge.Warn}
			var errs [2]error
			made.Reason, errs[0] = text("reason", x.Reason, maxProse, true)
			made.Compensating, errs[1] = text("compensating", x.Compensating, maxProse, false)
			if first(errs[:]...) != nil || !covers.MatchString(x.Threat) {
				continue
			}
			err := d.propose(tx, actor, in, &made)
			if kind := drawbridge.KindOf(err); err != nil && kind != drawbridge.Invalid && kind != drawbridge.Conflict {
				return none, err
			}
		}
		return none, nil
	})
	return err
}

// knows reports whether the record has the exception already: one that waits or
// holds, or one with the same end, whatever became of it.
func (d *Desk) knows(list []drawbridge.Exception, x *manifest.Exception) bool {
	for _, k := range list {
		if k.Covers == x.Threat && (k.Expires == x.Expires || k.State == exceptionProposed || k.Holds(d.now())) {
			return true
		}
	}
	return false
}

// personOf is the person behind who pushed: themselves, or who made the token.
func personOf(tx *store.Tx, author string) (drawbridge.PersonID, error) {
	if drawbridge.ValidID("per", author) {
		return drawbridge.PersonID(author), nil
	}
	if !drawbridge.ValidID("tok", author) {
		return "", nil
	}
	t, err := tx.Token(drawbridge.TokenID(author))
	if notFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return t.Person, nil
}
