// Package lifecycle is the desk of what follows a decision: conditions, exceptions, going live,
// suspending, leaving. It lets nothing go live that the review did not approve.
//
//	desk := lifecycle.New(door, lifecycle.Options{Register: record, Review: reviews})
package lifecycle

import (
	"time"

	"drawbridge/internal/action"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
)

// Options are what the desk needs besides the door.
type Options struct {
	Register  *register.Desk
	Review    *review.Desk
	Workspace func() *policy.Workspace
}

// Desk is the desk.
type Desk struct {
	door *action.Door
	opt  Options
}

// New makes a desk.
func New(door *action.Door, opt Options) *Desk { return &Desk{door: door, opt: opt} }

// now is the time as it is stored.
func (d *Desk) now() time.Time { return d.door.Now().UTC().Truncate(time.Microsecond) }
