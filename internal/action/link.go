package action

import (
	"cmp"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/store"
)

// linked holds a partner's link to its row as it is in this transaction: one
// that was revoked or has expired counts no more, whatever it counted for when
// it was recognised. A preview changes nothing.
func linked(tx *store.Tx, actor access.Actor, now time.Time, writes bool) error {
	if actor.Inquiry == "" || actor.System {
		return nil
	}
	l, err := tx.Links().Get(actor.ID)
	if err != nil && drawbridge.KindOf(err) != drawbridge.NotFound {
		return err
	}
	if err == nil && l.Inquiry == actor.Inquiry && !l.Works(now) {
		words, err := Closed(tx, l)
		if err != nil || words != "" {
			return cmp.Or(err, error(refusal{drawbridge.Errorf(drawbridge.Unauthenticated, "%s", words)}))
		}
	}
	if err != nil || l.Inquiry != actor.Inquiry || !l.Works(now) {
		return refusal{drawbridge.Errorf(drawbridge.Unauthenticated, "this link does not work any more: ask whoever sent it for a new one")}
	}
	if writes && l.Preview {
		return refusal{drawbridge.Errorf(drawbridge.Denied, "this is a preview: it shows what the partner sees, and changes nothing")}
	}
	return nil
}

// Closed says in words that a link ended with its questionnaire; nothing when it
// ended otherwise, which is nobody's business.
func Closed(tx *store.Tx, l *drawbridge.Link) (string, error) {
	q, err := tx.Inquiries().Get(string(l.Inquiry))
	switch {
	case drawbridge.KindOf(err) == drawbridge.NotFound:
		return "", nil
	case err != nil || q.State != "closed" || l.RevokedAt.Before(q.UpdatedAt):
		return "", err
	}
	words := "this questionnaire was closed on " + q.UpdatedAt.Format(time.DateOnly)
	if q.Note != "" {
		words += ": " + q.Note
	}
	return words + "; no more answers are needed, and its links have ended", nil
}
