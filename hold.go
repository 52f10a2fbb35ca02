package drawbridge

import "time"

// Period is how long one kind of kept thing is kept, where the organisation set
// it; without one the product's own period counts.
type Period struct {
	Meta
	ID        string    `json:"id"` // the kind, as retention lists it
	Days      int64     `json:"days"`
	UpdatedAt time.Time `json:"updated_at"`
}

// HoldScope is what a legal hold covers.
type HoldScope string

// The scopes of a hold.
const (
	HoldIntegration HoldScope = "integration"
	HoldPartner     HoldScope = "partner" // with all its integrations
	HoldPerson      HoldScope = "person"
	HoldEverything  HoldScope = "everything"
)

// HoldScopes lists every scope.
func HoldScopes() []HoldScope {
	return []HoldScope{HoldIntegration, HoldPartner, HoldPerson, HoldEverything}
}

// Hold is a legal hold: what it covers is neither purged nor erased, whatever
// its period.
type Hold struct {
	Meta
	ID       HoldID    `json:"id"`
	Scope    HoldScope `json:"scope"`
	Subject  string    `json:"subject"` // identifier of what is held; empty for everything
	Reason   string    `json:"reason"`
	PlacedBy string    `json:"placed_by"`
	PlacedAt time.Time `json:"placed_at"`
	Until    time.Time `json:"until"` // zero: until somebody lifts it
	LiftedBy string    `json:"lifted_by"`
	LiftedAt time.Time `json:"lifted_at"` // zero while nobody lifted it
}

// Holds reports whether the hold is in force at a time.
func (h Hold) Holds(now time.Time) bool {
	return h.LiftedAt.IsZero() && (h.Until.IsZero() || now.Before(h.Until))
}
