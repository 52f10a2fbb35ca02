package drawbridge

import (
	"slices"
	"time"
)

// BulkState is how an act on many things stands.
type BulkState string

// The states of a bulk.
const (
	BulkRunning   BulkState = "running"
	BulkDone      BulkState = "done" // every item has its outcome
	BulkCancelled BulkState = "cancelled"
)

// BulkOutcome is what became of one thing of a bulk.
type BulkOutcome string

// The outcomes of an item.
const (
	BulkWaits   BulkOutcome = "waits"
	BulkBegun   BulkOutcome = "begun" // what will be asked of its desk is written down
	BulkDid     BulkOutcome = "done"
	BulkRefused BulkOutcome = "refused" // by its desk, or by who may; Told says why
	BulkLeft    BulkOutcome = "left"    // nothing was to do, or the bulk was cancelled before
	BulkUndone  BulkOutcome = "undone"  // it was done, and a later bulk took it back
)

// BulkOutcomes lists them.
func BulkOutcomes() []BulkOutcome {
	return []BulkOutcome{BulkWaits, BulkBegun, BulkDid, BulkRefused, BulkLeft, BulkUndone}
}

// MaxBulk is how many things one bulk covers at most.
const MaxBulk = 1000

// BulkWith are the parameters of a bulk; which of them count, its act says.
type BulkWith struct {
	Person   PersonID   `json:"person,omitempty"`   // whom owner and members are about
	Kind     string     `json:"kind,omitempty"`     // of a trigger
	Severity Severity   `json:"severity,omitempty"` // of a trigger
	Refuted  bool       `json:"refuted,omitempty"`  // a ruling says that the test is wrong
	Role     Discipline `json:"role,omitempty"`     // in which somebody rules
	Expires  Date       `json:"expires,omitempty"`  // the last day of proposed exceptions
	Instead  string     `json:"instead,omitempty"`  // what is done instead, of proposed exceptions
}

// Bulk is one act on many things, as somebody asked for it. It is a note and no
// record: each of its acts is recorded by itself.
type Bulk struct {
	ID        string    `json:"id"` // blk_…
	Person    PersonID  `json:"person"`
	Act       string    `json:"act"`
	List      string    `json:"list"` // of what: integrations, findings or messages
	With      BulkWith  `json:"with"`
	Reason    string    `json:"reason"`
	Query     string    `json:"query"` // the filter that chose the items; empty when they were named
	UndoOf    string    `json:"undo_of,omitempty"`
	State     BulkState `json:"state"`
	CreatedAt time.Time `json:"created_at"`
	EndedAt   time.Time `json:"ended_at,omitzero"`

	Total    int64                 `json:"total"`
	Counts   map[BulkOutcome]int64 `json:"counts"`
	Undoable bool                  `json:"undoable"` // something of it can be taken back
}

// Over counts the items that have an outcome.
func (b *Bulk) Over() int64 { return b.Total - b.Counts[BulkWaits] - b.Counts[BulkBegun] }

// BulkItem is one thing of a bulk.
type BulkItem struct {
	N           int64         `json:"n"` // its place, from 1
	Subject     string        `json:"subject"`
	Integration IntegrationID `json:"integration,omitempty"`
	Title       string        `json:"title,omitempty"` // of a finding
	Outcome     BulkOutcome   `json:"outcome"`
	Told        string        `json:"told,omitempty"` // why it was refused or left
	Tries       int64         `json:"-"`
	Memo        BulkMemo      `json:"memo"`
}

// BulkMemo is what a bulk keeps about an item: what it asks of the desk, so that
// a repetition asks the same, and what it takes to take it back.
type BulkMemo struct {
	Version int64      `json:"version,omitempty"` // of what is changed, as it was read
	Owner   PersonID   `json:"owner,omitempty"`   // before
	Members []PersonID `json:"members,omitempty"` // before
	Made    string     `json:"made,omitempty"`    // identifier of what came of it
	Of      int64      `json:"of,omitempty"`      // the item that is taken back
}

// Ended reports whether the item has its outcome.
func (i *BulkItem) Ended() bool {
	return !slices.Contains([]BulkOutcome{BulkWaits, BulkBegun}, i.Outcome)
}
