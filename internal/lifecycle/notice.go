package lifecycle

import (
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/store"
)

// The kinds of messages that this desk sends.
const (
	noticeMoved      = "integration.moved"
	noticeAttest     = "attestation.wanted"
	noticeAttested   = "attestation.made"
	noticeUnattested = "attestation.revoked"
	noticeCondition  = "condition.assigned"
	noticeSettled    = "condition.settled"
	noticeProposed   = "exception.proposed"
	noticeException  = "exception.changed"
	noticeEnding     = "exception.ending"
	noticeEnded      = "exception.ended"
)

// tell tells people what somebody else did, or what came with a day.
func (d *Desk) tell(tx *store.Tx, actor access.Actor, kind string, in drawbridge.IntegrationID, to ...drawbridge.PersonID) error {
	for i, p := range to {
		if p == "" || p == actor.Person || slices.Contains(to[:i], p) {
			continue
		}
		m := drawbridge.Message{
			ID: drawbridge.MessageID(drawbridge.NewID("msg", d.now())), Person: p, Kind: kind,
			Params: map[string]string{"integration": string(in)}, Link: "/integrations/" + string(in), CreatedAt: d.now(),
		}
		if err := tx.AddMessage(m); err != nil {
			return err
		}
	}
	return nil
}

// maxTold bounds how many people of a role are told of one thing.
const maxTold = 100

// tellRole tells those who hold a role.
func (d *Desk) tellRole(tx *store.Tx, actor access.Actor, kind string, in drawbridge.IntegrationID, role drawbridge.Role) error {
	people, err := tx.PeopleWithRole(role, maxTold)
	if err != nil {
		return err
	}
	to := make([]drawbridge.PersonID, len(people))
	for i, p := range people {
		to[i] = p.ID
	}
	return d.tell(tx, actor, kind, in, to...)
}
