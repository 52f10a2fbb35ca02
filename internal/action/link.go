package action

import (
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
	if err != nil || l.Inquiry != actor.Inquiry || !l.Works(now) {
		return refusal{drawbridge.Errorf(drawbridge.Unauthenticated, "this link does not work any more: ask whoever sent it for a new one")}
	}
	if writes && l.Preview {
		return refusal{drawbridge.Errorf(drawbridge.Denied, "this is a preview: it shows what the partner sees, and changes nothing")}
	}
	return nil
}
