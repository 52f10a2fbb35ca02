// Package inquiry is the desk of questionnaires that were sent: what is asked, who answers, the
// partner's links, and what a partner announces. It judges no answer; the
// assessment does.
//
//	desk := inquiry.New(door, inquiry.Options{Register: record, Dossier: files})
package inquiry

import (
	"time"

	"drawbridge/internal/action"
	"drawbridge/internal/dossier"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
)

// Options are what the desk needs besides the door.
type Options struct {
	Register  *register.Desk
	Dossier   *dossier.Desk // takes in the documents that a partner hands in
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
