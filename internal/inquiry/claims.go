package inquiry

import (
	"drawbridge"
	"drawbridge/internal/store"
)

// ClaimsFor is [Desk.Claims] for several integrations: those that were never asked
// cost nothing.
func (d *Desk) ClaimsFor(tx *store.Tx, of []string, tell func(drawbridge.IntegrationID, []drawbridge.Claim)) error {
	asked := map[drawbridge.IntegrationID]bool{}
	err := tx.Inquiries().Each(store.Query{In: map[string][]string{"integration": of, "state": {StateSubmitted, StateAccepted}}}, func(q *drawbridge.Inquiry) error {
		asked[q.Integration] = true
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range of {
		if in := drawbridge.IntegrationID(id); asked[in] {
			claims, err := d.Claims(tx, in)
			if err != nil {
				return err
			}
			tell(in, claims)
		}
	}
	return nil
}
