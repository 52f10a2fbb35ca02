// Package programme is the desk of the whole: what reopens reviews, what is due, what a new version
// of a pack would change, and when threat models are looked at again. It opens
// reviews through the review's desk and decides none.
//
//	desk := programme.New(door, programme.Options{Register: record, Review: reviews, Lifecycle: life, Workspace: workspace})
package programme

import (
	"time"

	"drawbridge/internal/action"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
)

// Options are what the desk needs besides the door.
type Options struct {
	Register  *register.Desk
	Review    *review.Desk
	Lifecycle *lifecycle.Desk
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
