// Package approval is what a sign-off and a decision rest on and whether that
// still stands: the material view of a review, the difference between two views
// in words, and the signed approval file from which CI answers without a server.
// It does not gather views and decides nothing; that is for the review's desk.
//
//	differences, err := approval.Compare(signed, present, approval.Context{AsOf: now, Months: 12, LastPass: passes})
//	if approval.Stale(differences) { … }
//	a, err := approval.Open(file, keys)
//	answer, err := a.Covers(bundle, now)
package approval

import (
	"encoding/json"
	"time"

	"drawbridge"
	"drawbridge/internal/seal"
)

// PayloadType is the DSSE payload type of an approval file.
const PayloadType = "application/vnd.drawbridge.approval+json"

// FileVersion is the version of what an approval file holds.
const FileVersion = "approval/v1"

// Status answers whether something may go live.
type Status string

// The answers.
const (
	Approved               Status = "approved"
	ApprovedWithConditions Status = "approved_with_conditions"
	StaleApproval          Status = "stale"     // what was approved has widened since
	Expired                Status = "expired"   // the last day of the approval is past
	NotYet                 Status = "not_yet"   // its first moment is still to come
	Rejected               Status = "rejected"  // the decision was no
	Deferred               Status = "deferred"  // the decision was put off
	Undecided              Status = "undecided" // nobody has decided
	Unknown                Status = "unknown"   // the digest is not held, or belongs to another integration
	Suspended              Status = "suspended" // the integration was taken out of use for a time
	Exiting                Status = "exiting"   // the integration is being left
	Retired                Status = "retired"   // the integration was left
)

// Statuses lists every answer in the order of the documents.
func Statuses() []Status {
	return []Status{Approved, ApprovedWithConditions, StaleApproval, Expired, NotYet, Rejected, Deferred, Undecided, Unknown, Suspended, Exiting, Retired}
}

// OK reports whether the answer is a yes.
func (s Status) OK() bool { return s == Approved || s == ApprovedWithConditions }

// Answer is what the gate says about exactly one content digest.
type Answer struct {
	Status      Status                `json:"status"`
	Digest      string                `json:"digest"`  // content digest that was asked about
	Decided     string                `json:"decided"` // content digest that the decision is about; empty without one
	Decision    drawbridge.DecisionID `json:"decision"`
	Review      drawbridge.ReviewID   `json:"review"`
	Tier        drawbridge.Tier       `json:"tier"`
	NotBefore   time.Time             `json:"not_before"`
	Until       drawbridge.Date       `json:"until"`       // last day of the approval
	Conditions  []Condition           `json:"conditions"`  // that are open
	Differences []Difference          `json:"differences"` // from what was decided to what is asked about
	Reasons     []string              `json:"reasons"`     // in words
}

// Condition is an open condition of an approval.
type Condition struct {
	ID     string          `json:"id"`
	Text   string          `json:"text"`
	Before bool            `json:"before_live"` // to be met before go-live
	Due    drawbridge.Date `json:"due,omitempty"`
}

// Signoff is one signature of the decision.
type Signoff struct {
	Role   drawbridge.Discipline `json:"role"`
	Person drawbridge.PersonID   `json:"person"`
	For    drawbridge.PersonID   `json:"on_behalf,omitempty"`
	At     time.Time             `json:"at"`
}

// Approval is what an approval file says: everything that CI needs to answer
// for one integration without asking a server.
type Approval struct {
	Version     string                 `json:"version"`
	Integration string                 `json:"integration"` // the manifest's id
	Environment string                 `json:"environment"`
	Decision    drawbridge.DecisionID  `json:"decision"`
	Review      drawbridge.ReviewID    `json:"review"`
	Outcome     drawbridge.ReviewState `json:"outcome"`
	Content     string                 `json:"content"`  // digest of the manifest's content
	Material    string                 `json:"material"` // digest of Manifest
	View        string                 `json:"view"`     // digest of the material view that was signed
	Manifest    json.RawMessage        `json:"manifest"` // the manifest's material projection
	Tier        drawbridge.Tier        `json:"tier"`
	Conditions  []Condition            `json:"conditions"`
	Signoffs    []Signoff              `json:"signoffs"`
	NotBefore   time.Time              `json:"not_before"`
	Until       drawbridge.Date        `json:"until"` // last day
	Packs       []Pack                 `json:"packs"`
}

// Sign writes the approval file.
func Sign(keys *seal.Keyring, a *Approval) ([]byte, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	payload, err := seal.Canonical(a)
	if err != nil {
		return nil, err
	}
	return keys.SignEnvelope(PayloadType, payload)
}
