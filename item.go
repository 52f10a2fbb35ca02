package drawbridge

import "time"

// ReviewItem is one thing of a review that somebody looks at: what is answered,
// what is claimed, and what was tested, side by side.
type ReviewItem struct {
	Key      string `json:"key"`   // names it as long as the review lasts: claim:tls-version@charges
	Kind     string `json:"kind"`  // claim, control, question, finding, evidence, map, condition, exception
	Title    string `json:"title"` // for a person
	About    string `json:"about"` // element or control; may be empty
	State    string `json:"state"` // what is so: contradicted, disputed, unknown, untested, verified, answered, open, …
	Required bool   `json:"required"`

	Answers    []ItemLine `json:"answers"`
	Claims     []ItemLine `json:"claims"`
	Tests      []ItemLine `json:"tests"`
	Known      Knowledge  `json:"known,omitempty"` // how the control is known; empty where that is no question
	Confidence float64    `json:"confidence"`
	Severity   Severity   `json:"severity,omitempty"` // of a finding

	Digest   string    `json:"digest"` // of what is said here: it changes when that does
	Said     string    `json:"said"`   // the same in a few words
	Viewed   string    `json:"viewed"` // viewed, changed since it was, or empty
	ViewedAt time.Time `json:"viewed_at,omitzero"`
	Was      string    `json:"was"` // what it said when it was viewed, where that changed

	Topic   string    `json:"topic"`   // kind of the object that a discussion about it names
	Object  string    `json:"object"`  // that object
	Inquiry InquiryID `json:"inquiry"` // with whose partner the discussion can be shared; may be empty
}

// ItemLine is one statement about an item.
type ItemLine struct {
	By   string    `json:"by"`   // who or what says so: manifest, answer:…, evidence:…, a check
	Text string    `json:"text"` // what it says
	Tone string    `json:"tone"` // holds, denies, pass, fail, inconclusive, skipped, missing, or empty
	Note string    `json:"note"` // why, a comment, a ruling
	Link string    `json:"link"` // identifier of what it leads to; may be empty
	At   time.Time `json:"at,omitzero"`
}

// The states of an item towards the person who looks.
const (
	ItemViewed  = "viewed"
	ItemChanged = "changed"
)
