package inquiry

import (
	"context"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/store"
)

// Close ends a questionnaire that nobody needs any more; its links with it.
func (d *Desk) Close(ctx context.Context, actor access.Actor, id drawbridge.InquiryID, in Decided) (drawbridge.Inquiry, error) {
	return d.step(ctx, actor, id, step{"close", access.InquiryAccept, in.Version, in.Reason, in.Key}, func(tx *store.Tx, q *drawbridge.Inquiry) error {
		q.Note = "" // the reason is for the record
		if err := d.endLinks(tx, q); err != nil {
			return err
		}
		return d.opt.Register.Touch(tx, q.Integration)
	})
}

// CloseReview ends what was asked for a review that comes to no decision, in
// the act that ends the review. The partner reads why, so it names nobody and
// nothing of the inside. Answers that were accepted stay accepted; no link to
// any of it works any more.
func (d *Desk) CloseReview(tx *store.Tx, review drawbridge.ReviewID, why string) error {
	why, err := drawbridge.Line(why, maxReason)
	if err != nil {
		return err
	}
	list, err := tx.Inquiries().Find(store.Query{Equal: map[string]any{"review": review}})
	if err != nil {
		return err
	}
	for _, q := range list {
		to, open := Step(q.State, "close")
		if open {
			q.State, q.Note, q.UpdatedAt = to, why, d.now()
		}
		if err := d.endLinks(tx, &q); err != nil {
			return err
		}
		if !open {
			continue
		}
		if err := tx.Inquiries().Set(&q); err != nil {
			return err
		}
		if err := d.opt.Register.Touch(tx, q.Integration); err != nil {
			return err
		}
	}
	return nil
}

// endLinks revokes every link to a questionnaire that works. A browser that has
// one open keeps its visit, so that it can be told what happened.
func (d *Desk) endLinks(tx *store.Tx, q *drawbridge.Inquiry) error {
	now := d.now()
	list, err := tx.Links().Find(store.Query{Equal: map[string]any{"inquiry": q.ID}})
	if err != nil {
		return err
	}
	for _, l := range list {
		if !l.Works(now) {
			continue
		}
		l.RevokedAt = now
		if err := tx.Links().Set(&l); err != nil {
			return err
		}
	}
	return nil
}
