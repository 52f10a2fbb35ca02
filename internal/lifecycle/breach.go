package lifecycle

import (
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/store"
)

// Breach is something that was promised for a day and did not come.
type Breach struct {
	Kind        string                   `json:"kind"` // condition or exception
	ID          string                   `json:"id"`
	Integration drawbridge.IntegrationID `json:"integration"`
	Effect      drawbridge.Effect        `json:"effect"`
	Since       drawbridge.Date          `json:"since"` // its last day
	Owner       drawbridge.PersonID      `json:"owner"`
}

// maxBreaches bounds how many of a kind are read at once.
const maxBreaches = 10_000

// Breaches lists the conditions that are overdue, and the exceptions that ended
// while what they covered still stands. They are computed; who sweeps makes
// triggers of them.
func (d *Desk) Breaches(tx *store.Tx, now time.Time) ([]Breach, error) {
	today := string(drawbridge.DateOf(now))
	conditions, err := tx.Conditions().Find(store.Query{
		Equal: map[string]any{"state": conditionOpen}, Ranges: []store.Range{{Column: "due", From: "0", To: today}}, Limit: maxBreaches,
	})
	if err != nil {
		return nil, err
	}
	var out []Breach
	for _, c := range conditions {
		if c.Overdue(now) {
			out = append(out, Breach{"condition", c.ID, c.Integration, c.Breach, c.Due, c.Owner})
		}
	}
	ended, err := tx.Exceptions().Find(store.Query{
		Equal: map[string]any{"state": exceptionConfirmed}, Ranges: []store.Range{{Column: "expires", From: "0", To: today}}, Limit: maxBreaches,
	})
	if err != nil {
		return nil, err
	}
	open := map[drawbridge.IntegrationID][]drawbridge.Finding{}
	for _, x := range ended {
		if _, known := open[x.Integration]; !known {
			if open[x.Integration], err = openFindings(tx, x.Integration); err != nil {
				return nil, err
			}
		}
		stands, err := uncovered(tx, &x, open[x.Integration], now)
		if err != nil {
			return nil, err
		}
		if stands && !x.Holds(now) {
			out = append(out, Breach{"exception", x.ID, x.Integration, x.Breach, x.Expires, x.Owner})
		}
	}
	return out, nil
}

func openFindings(tx *store.Tx, in drawbridge.IntegrationID) ([]drawbridge.Finding, error) {
	return tx.Findings(store.FindingList{Scope: access.Scope{All: true}, Integration: in, State: string(drawbridge.ThreatOpen), Limit: 1000})
}

// uncovered reports whether what an exception covered still stands, under no
// other exception. A control has no finding of its own: it counts as standing.
func uncovered(tx *store.Tx, x *drawbridge.Exception, open []drawbridge.Finding, now time.Time) (bool, error) {
	holding, err := Exceptions(tx, x.Integration, now)
	if err != nil {
		return false, err
	}
	for _, h := range holding {
		if h.Covers == x.Covers {
			return false, nil
		}
	}
	if strings.HasPrefix(x.Covers, "control:") {
		return true, nil
	}
	for _, f := range open {
		if f.Fingerprint == x.Covers || f.Rule+"@"+f.Element == x.Covers {
			return true, nil
		}
	}
	return false, nil
}
