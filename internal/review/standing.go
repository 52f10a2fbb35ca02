package review

import (
	"drawbridge"
	"drawbridge/internal/store"
)

// Status is where an integration stands, computed as it is read.
type Status struct {
	Integration drawbridge.IntegrationID `json:"integration"`
	Decision    *drawbridge.Decision     `json:"decision"`    // the latest that was not superseded; nil before the first
	Stale       bool                     `json:"stale"`       // what was signed is not what is there now
	Differences []string                 `json:"differences"` // between the two, in words
	Expired     bool                     `json:"expired"`     // its last day is past
	OpenReview  *drawbridge.Review       `json:"open_review"` // nil when none is open
	Overdue     bool                     `json:"overdue"`     // the open review is past its day
}

// Approved reports whether an approval holds: not stale and within its days.
func (s *Status) Approved() bool {
	if s.Decision == nil || s.Stale || s.Expired {
		return false
	}
	return s.Decision.Outcome == drawbridge.Approved || s.Decision.Outcome == drawbridge.ApprovedWithConditions
}

// Status reads where an integration stands.
func (d *Desk) Status(tx *store.Tx, id drawbridge.IntegrationID) (Status, error) {
	out := Status{Integration: id, Differences: []string{}}
	s, err := tx.Standings().Get(string(id))
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	if s.Review != "" {
		if out.OpenReview, err = tx.Reviews().Get(string(s.Review)); err != nil {
			return out, err
		}
		out.Overdue = out.OpenReview.Due != "" && out.OpenReview.Due.Past(d.now())
	}
	if s.Decision == "" {
		return out, nil
	}
	if out.Decision, err = tx.Decisions().Get(string(s.Decision)); err != nil {
		return out, err
	}
	out.Expired = out.Decision.Until != "" && out.Decision.Until.Past(d.now())
	return out, nil
}
