package lifecycle

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/policy"
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
// other exception. A control has no finding of its own: it stands while the gate
// names it.
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
		return named(tx, x)
	}
	return slices.ContainsFunc(open, func(f drawbridge.Finding) bool { return f.Is(x.Covers) }), nil
}

// named reports whether the gate of the latest assessment speaks of a control.
func named(tx *store.Tx, x *drawbridge.Exception) (bool, error) {
	in, err := tx.Integration(x.Integration)
	if err != nil {
		return false, err
	}
	a, err := tx.Assessment(in.Assessment)
	if err != nil {
		return false, err
	}
	var g policy.Gate
	if err := json.Unmarshal(a.Gate, &g); err != nil {
		return false, fmt.Errorf("read the gate of %s: %w", a.ID, err)
	}
	return g.Names(x.Covers), nil
}
