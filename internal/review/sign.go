package review

import (
	"cmp"
	"context"
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/store"
)

// Signing is one person's answer in one role.
type Signing struct {
	Review  drawbridge.ReviewID
	Role    drawbridge.Discipline
	Approve bool
	Comment string
	View    string              // digest of the view that the person looked at
	For     drawbridge.PersonID // who delegated it; empty for one's own
	Key     string
}

// Sign answers for a role on exactly the view that the person looked at. The same
// person and role on the same view sign once, however often it is asked.
func (d *Desk) Sign(ctx context.Context, actor access.Actor, in Signing) (drawbridge.Signoff, error) {
	comment, problem := drawbridge.Prose(in.Comment, maxText)
	in.Comment = comment
	return act(ctx, d, actor, access.ReviewSign, Step{Review: in.Review, Key: in.Key}, in, func(l *look) (drawbridge.Signoff, error) {
		if problem != nil {
			return drawbridge.Signoff{}, problem
		}
		return l.sign(actor, in)
	})
}

func (l *look) sign(actor access.Actor, in Signing) (drawbridge.Signoff, error) {
	var none drawbridge.Signoff
	if err := l.maySign(actor, in); err != nil {
		return none, err
	}
	present, err := l.present()
	if err != nil {
		return none, err
	}
	if in.View != present.digest {
		return none, drawbridge.Errorf(drawbridge.Conflict, "the view that you looked at is not the present one any more: look again, and sign %s", present.digest)
	}
	counted, err := l.tally()
	if err != nil {
		return none, err
	}
	for _, c := range counted {
		if c.Person != actor.Person || c.Role != in.Role || c.View != in.View || !c.WithdrawnAt.IsZero() {
			continue
		}
		if c.Approve != in.Approve {
			return none, drawbridge.Errorf(drawbridge.Conflict, "you signed the same view otherwise (%s): withdraw that first", c.ID)
		}
		if c.Counts || !c.Approve {
			return c.Signoff, nil
		} // else it came before its turn, and is given again
	}
	why, err := l.unfit(counted, in.Role, actor.Person, in.For)
	switch {
	case err != nil:
		return none, err
	case why == whyRequester || why == whyIndependent:
		return none, drawbridge.Errorf(drawbridge.Denied, "you cannot sign this review: %s", why)
	case why != "":
		return none, drawbridge.Errorf(drawbridge.Conflict, "you cannot sign this review now: %s", why)
	}
	rev := &l.file.Head
	if err := l.keepView(present); err != nil {
		return none, err
	}
	s := drawbridge.Signoff{
		ID: drawbridge.SignoffID(drawbridge.NewID("sig", l.now)), Review: l.review.ID, Integration: l.in.ID, Role: in.Role, Person: actor.Person,
		For: in.For, Approve: in.Approve, Comment: in.Comment, Revision: rev.ID, Content: rev.Content, View: present.digest, CreatedAt: l.now,
	}
	if s.Proof, err = proof(l.tx, actor); err != nil {
		return none, err
	}
	if err := l.tx.Signoffs().Add(&s); err != nil {
		return none, err
	}
	return s, l.tell(actor, noticeSigned, l.requester, l.approvers)
}

// maySign holds a signature to who gives it and to where the review stands.
func (l *look) maySign(actor access.Actor, in Signing) error {
	switch {
	case !in.Role.Valid():
		return drawbridge.Errorf(drawbridge.Invalid, "%.40q is no role to sign in: write security, privacy, legal, product or operations", in.Role)
	case actor.Person == "" || actor.Proved.IsZero():
		return drawbridge.Errorf(drawbridge.Denied, "a sign-off needs a person who just proved who they are: no token signs")
	case l.review.State != drawbridge.InReview && l.review.State != drawbridge.Ready:
		return drawbridge.Errorf(drawbridge.Conflict, "a review that is %s is not signed", words(string(l.review.State)))
	case !in.Approve && in.Comment == "":
		return drawbridge.Errorf(drawbridge.Invalid, "say in a comment what you object to")
	}
	if ok, err := holds(l.tx, actor.Person, in.Role); err != nil || !ok {
		return cmp.Or(err, drawbridge.Errorf(drawbridge.Denied, "you do not review for %s", in.Role))
	}
	if in.For == "" {
		return nil
	}
	if ok, err := holds(l.tx, in.For, in.Role); err != nil || !ok {
		return cmp.Or(err, drawbridge.Errorf(drawbridge.Denied, "%.80q does not review for %s any more", in.For, in.Role))
	}
	list, err := l.tx.Delegations().Find(store.Query{
		Equal: map[string]any{"to_person": string(actor.Person), "role": string(in.Role), "from_person": string(in.For), "revoked_at": ""}, Limit: maxRows,
	})
	if err != nil {
		return err
	}
	for _, x := range list {
		if !x.Until.Past(l.now) {
			return nil
		}
	}
	return drawbridge.Errorf(drawbridge.Denied, "nobody with this identifier delegated %s to you, or it has ended", in.Role)
}

// holds reports whether a person reviews from a point of view now: what was taken
// from them since they were recognised does not count.
func holds(tx *store.Tx, person drawbridge.PersonID, role drawbridge.Discipline) (bool, error) {
	p, err := tx.Person(person)
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		return false, nil
	}
	return err == nil && !p.Disabled && !p.Erased && slices.Contains(p.Roles, role.Reviewer()), err
}

// proof says how a person proved who they are: with the second factor where they
// have one, for then signing in asks for it.
func proof(tx *store.Tx, actor access.Actor) (string, error) {
	c, err := tx.Credential(actor.Person)
	if err != nil && drawbridge.KindOf(err) != drawbridge.NotFound {
		return "", err
	}
	if c != nil && len(c.TOTP) > 0 {
		return "password+totp", nil
	}
	return "password", nil
}

// Unsigning takes a sign-off back.
type Unsigning struct {
	Signoff drawbridge.SignoffID
	Reason  string
	Key     string
}

// Unsign takes back one's own sign-off. It is never undone; who changes their mind
// again signs again.
func (d *Desk) Unsign(ctx context.Context, actor access.Actor, in Unsigning) (drawbridge.Signoff, error) {
	var s *drawbridge.Signoff
	var l *look
	reason, problem := drawbridge.Prose(in.Reason, maxReason)
	a := action.Act{Actor: actor, Action: access.ReviewSign, Reason: reason, Key: in.Key, Input: in, On: func(tx *store.Tx) (o access.Object, err error) {
		if s, err = tx.Signoffs().Get(string(in.Signoff)); err != nil {
			return o, err
		}
		return d.on(s.Review, &l)(tx)
	}}
	out, _, err := action.Do(ctx, d.door, a, func(tx *store.Tx) (drawbridge.Signoff, error) {
		switch {
		case problem != nil:
			return *s, problem
		case s.Person != actor.Person:
			return *s, drawbridge.Errorf(drawbridge.Denied, "only who gave a sign-off takes it back")
		case !s.WithdrawnAt.IsZero():
			return *s, nil
		case !l.review.State.Open():
			return *s, drawbridge.Errorf(drawbridge.Conflict, "the review is %s: a sign-off that was decided on stays", words(string(l.review.State)))
		}
		s.WithdrawnAt = d.now()
		if err := tx.Signoffs().Set(s); err != nil {
			return *s, err
		}
		return *s, l.tell(actor, noticeSigned, l.requester, l.approvers)
	})
	return out, err
}
