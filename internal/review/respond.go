package review

import (
	"cmp"
	"context"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/dossier"
	"drawbridge/internal/register"
)

// What a reviewer answers to a review as a whole.
const (
	answerComment = "comment"
	answerSign    = "sign"
	answerObject  = "object"
	answerHold    = "hold" // a discussion that blocks, until it is resolved
)

// Answers lists what a reviewer can answer to a review as a whole.
func Answers() []string { return []string{answerComment, answerSign, answerObject, answerHold} }

// Response is what a reviewer says of a review in one act.
type Response struct {
	Review  drawbridge.ReviewID
	Answer  string // one of [Answers]
	Comment string
	Role    drawbridge.Discipline // to sign or object in
	For     drawbridge.PersonID   // who delegated it; empty for one's own
	View    string                // digest of the view that the person looked at
	Terms   []Term                // conditions that the reviewer proposes
	Viewed  bool                  // the person looked at all of it
	Key     string
}

// Responded is what became of it.
type Responded struct {
	Signoff    *drawbridge.Signoff    `json:"signoff"` // nil unless signed or objected
	Thread     *drawbridge.Thread     `json:"thread"`  // nil when nothing but a signature was given
	Conditions []drawbridge.Condition `json:"conditions"`
}

// Respond answers a review in one act: a comment, a signature, an objection, or
// what holds it up, with the conditions that the reviewer proposes. Either all of
// it is done, or nothing.
func (d *Desk) Respond(ctx context.Context, actor access.Actor, in Response) (Responded, error) {
	problem := d.checkResponse(&in)
	what := access.ThreadWrite
	if in.Answer == answerSign || in.Answer == answerObject {
		what = access.ReviewSign
	}
	out, err := act(ctx, d, actor, what, Step{Review: in.Review, Key: in.Key}, in, func(l *look) (Responded, error) {
		if problem != nil {
			return Responded{}, problem
		}
		return l.respond(actor, in)
	})
	if err != nil || !in.Viewed {
		return out, err
	}
	_, err = d.Tick(ctx, actor, Viewing{Review: in.Review, All: true})
	return out, err
}

func (d *Desk) checkResponse(in *Response) error {
	var err error
	if in.Comment, err = drawbridge.Prose(in.Comment, maxText); err != nil {
		return err
	}
	bad := func(format string, args ...any) error { return drawbridge.Errorf(drawbridge.Invalid, format, args...) }
	switch in.Answer {
	case answerSign:
	case answerComment, answerObject, answerHold:
		if in.Comment == "" {
			return bad("write what there is to say: only a signature goes without words")
		}
	default:
		return bad("%.40q is no answer: write comment, sign, object or hold", in.Answer)
	}
	if len(in.Terms) > maxTerms {
		return bad("at most %d conditions come at once", maxTerms)
	}
	for i := range in.Terms {
		if err := in.Terms[i].check(d.now()); err != nil {
			return bad("condition %d: %w", i+1, err)
		}
	}
	return nil
}

func (l *look) respond(actor access.Actor, in Response) (Responded, error) {
	out := Responded{Conditions: []drawbridge.Condition{}}
	if !l.review.State.Open() {
		return out, drawbridge.Errorf(drawbridge.Conflict, "the review is %s: nothing more is said to it", words(string(l.review.State)))
	}
	if err := l.propose(actor, in.Terms, &out); err != nil {
		return out, err
	}
	if in.Answer == answerSign || in.Answer == answerObject {
		// What was proposed with it is part of what is signed.
		if len(out.Conditions) > 0 {
			seen, err := l.present()
			if err != nil {
				return out, err
			}
			if seen.digest != in.View {
				return out, drawbridge.Errorf(drawbridge.Conflict, "the view that you looked at is not the present one any more: look again, and sign %s", seen.digest)
			}
			l.file.Conditions = append(out.Conditions, l.file.Conditions...)
			l.present, l.tally = once(l.readView), once(l.count)
			now, err := l.present()
			if err != nil {
				return out, err
			}
			in.View = now.digest
		}
		s, err := l.sign(actor, Signing{Review: in.Review, Role: in.Role, Approve: in.Answer == answerSign, Comment: in.Comment, View: in.View, For: in.For})
		out.Signoff = &s
		return out, err
	}
	title := "Comment on the review"
	if in.Answer == answerHold {
		title = "The review is held up"
	}
	t, err := l.desk.files.Begin(l.tx, actor, dossier.NewThread{
		Integration: l.in.ID, Kind: "review", Object: string(l.review.ID), Title: title, Text: in.Comment, Blocks: in.Answer == answerHold,
	})
	out.Thread = &t
	return out, err
}

// propose writes conditions of the review, where the actor may set any.
func (l *look) propose(actor access.Actor, terms []Term, out *Responded) error {
	if len(terms) == 0 {
		return nil
	}
	object, err := register.Object(l.tx, l.in.ID, "condition", "")
	if err != nil {
		return err
	}
	if err := l.desk.door.Table().Decide(actor, access.ConditionWrite, object, l.now); err != nil {
		return err
	}
	for i := range terms {
		c, err := l.term(&terms[i], "")
		if err != nil {
			return drawbridge.Errorf(drawbridge.KindOf(err), "condition %d: %w", i+1, err)
		}
		out.Conditions = append(out.Conditions, c)
	}
	return nil
}

// term writes one condition of the review, and of its decision where there is one.
func (l *look) term(t *Term, decision drawbridge.DecisionID) (drawbridge.Condition, error) {
	if t.Owner != "" {
		if err := register.MayHold(l.tx, "owner", t.Owner); err != nil {
			return drawbridge.Condition{}, err
		}
	}
	c := drawbridge.Condition{
		ID: drawbridge.NewID("cnd", l.now), Integration: l.in.ID, Review: l.review.ID, Decision: decision, Text: t.Text, Before: t.Before,
		Owner: cmp.Or(t.Owner, l.review.Requester), Verifier: t.Verifier, Check: t.Check, Due: t.Due, Breach: t.Breach, State: "open",
		CreatedAt: l.now, UpdatedAt: l.now,
	}
	return c, l.tx.Conditions().Add(&c)
}
