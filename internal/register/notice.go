package register

import (
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/store"
)

// The kinds of messages that people get about integrations.
const (
	noticeAssigned = "integration.assigned"
	noticePushed   = "integration.pushed"
	noticeWorse    = "integration.worse"
	noticeRuled    = "integration.ruled"
)

// notice tells people what somebody else did to an integration.
func (d *Desk) notice(tx *store.Tx, actor access.Actor, kind string, id drawbridge.IntegrationID, to ...drawbridge.PersonID) error {
	for _, p := range to {
		if p == "" || p == actor.Person {
			continue
		}
		m := drawbridge.Message{
			ID: drawbridge.MessageID(drawbridge.NewID("msg", d.now())), Person: p, Kind: kind,
			Params: map[string]string{"integration": string(id)}, Link: "/integrations/" + string(id), CreatedAt: d.now(),
		}
		if err := tx.AddMessage(m); err != nil {
			return err
		}
	}
	return nil
}

// worse reports whether an assessment is worse news than the one before.
func worse(before, after *drawbridge.Integration) bool {
	verdicts := []drawbridge.Outcome{drawbridge.Go, drawbridge.Conditional, drawbridge.NoGo}
	return slices.Index(verdicts, after.Outcome) > slices.Index(verdicts, before.Outcome) ||
		slices.Index(drawbridge.Tiers(), after.Tier) > slices.Index(drawbridge.Tiers(), before.Tier)
}
