package inquiry

import (
	"context"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/store"
)

// step is one step in the life of an inquiry.
type step struct {
	name    string
	what    access.Action
	version int64 // that was looked at; 0 for whatever it is
	reason  string
	key     string
}

// maxReason bounds why a questionnaire goes back, or is closed.
const maxReason = 4000

// step runs one step; then does what goes with it.
func (d *Desk) step(ctx context.Context, actor access.Actor, id drawbridge.InquiryID, s step, then func(*store.Tx, *drawbridge.Inquiry) error) (drawbridge.Inquiry, error) {
	reason, problem := drawbridge.Prose(s.reason, maxReason)
	var q *drawbridge.Inquiry
	act := action.Act{
		Actor: actor, Action: s.what, On: on(id, &q), Reason: reason, Key: s.key,
		Input: map[string]any{"inquiry": id, "step": s.name, "version": s.version},
	}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Inquiry, error) {
		if problem != nil {
			return *q, problem
		}
		to, ok := Step(q.State, s.name)
		if !ok {
			return *q, conflict("the questionnaire is %s: there is no way to %s it", q.State, s.name)
		}
		if s.version > 0 {
			q.Version = s.version
		}
		q.State, q.UpdatedAt = to, d.now()
		if err := then(tx, q); err != nil {
			return *q, err
		}
		return *q, tx.Inquiries().Set(q)
	})
	return out, err
}

// Submit hands the answers in. From then on they count as what their authors say
// of themselves, and do not change any more.
func (d *Desk) Submit(ctx context.Context, actor access.Actor, id drawbridge.InquiryID, key string) (drawbridge.Inquiry, error) {
	it, err := d.look(ctx, actor, access.InquiryAnswer, id)
	if err != nil {
		return drawbridge.Inquiry{}, err
	}
	return d.step(ctx, actor, id, step{name: "submit", what: access.InquiryAnswer, key: key}, func(tx *store.Tx, q *drawbridge.Inquiry) error {
		link, err := holder(tx, actor)
		if err != nil {
			return err
		}
		if err := whole(link); err != nil {
			return err
		}
		latest, err := d.latest(tx, id)
		if err != nil {
			return err
		}
		said := answersOf(latest)
		if missing := it.Missing(said); len(missing) > 0 {
			return conflict("%s no answer yet: %s", drawbridge.Count(len(missing), "required question has", "required questions have"), some(missing))
		}
		if open := unconfirmed(it.Visible(said), latest); len(open) > 0 {
			return conflict("%s: %s", drawbridge.Count(len(open), "answer was carried forward and nobody confirmed it", "answers were carried forward and nobody confirmed them"), some(open))
		}
		q.SubmittedAt = d.now()
		if err := d.opt.Register.Touch(tx, q.Integration); err != nil {
			return err
		}
		return d.tellReviewers(tx, actor, noticeSubmitted, q)
	})
}

// unconfirmed are the questions whose answers nobody has looked at yet.
func unconfirmed(visible []string, latest map[string]Given) []string {
	out := []string{}
	for _, id := range visible {
		if g, ok := latest[id]; ok && !g.Confirmed {
			out = append(out, id)
		}
	}
	return out
}

// some names the first of many.
func some(list []string) string {
	const most = 10
	if len(list) > most {
		return strings.Join(list[:most], ", ") + ", …"
	}
	return strings.Join(list, ", ")
}

// Decided is what a reviewer says of answers that were handed in.
type Decided struct {
	Version int64 // that was looked at
	Reason  string
	Key     string
}

// Accept takes the answers as they are.
func (d *Desk) Accept(ctx context.Context, actor access.Actor, id drawbridge.InquiryID, in Decided) (drawbridge.Inquiry, error) {
	return d.step(ctx, actor, id, step{"accept", access.InquiryAccept, in.Version, in.Reason, in.Key}, func(tx *store.Tx, q *drawbridge.Inquiry) error {
		latest, err := d.latest(tx, id)
		if err != nil {
			return err
		}
		for _, g := range latest {
			if actor.Person != "" && g.Author == string(actor.Person) {
				return drawbridge.Errorf(drawbridge.Denied, "you answered %s yourself: another reviewer accepts the answers", g.Question)
			}
		}
		q.AcceptedBy, q.AcceptedAt = actor.Person, d.now()
		return d.tellOwner(tx, actor, noticeAccepted, q, q.SentBy)
	})
}

// Return gives the answers back to be changed, with a reason. Until they are
// handed in again they do not count.
func (d *Desk) Return(ctx context.Context, actor access.Actor, id drawbridge.InquiryID, in Decided) (drawbridge.Inquiry, error) {
	if strings.TrimSpace(in.Reason) == "" {
		return drawbridge.Inquiry{}, invalid("say what is to be changed: whoever answers reads the reason")
	}
	return d.step(ctx, actor, id, step{"return", access.InquiryAccept, in.Version, in.Reason, in.Key}, func(tx *store.Tx, q *drawbridge.Inquiry) error {
		q.Note = strings.TrimSpace(in.Reason)
		if err := d.opt.Register.Touch(tx, q.Integration); err != nil {
			return err
		}
		return d.tellOwner(tx, actor, noticeReturned, q, q.SentBy)
	})
}
