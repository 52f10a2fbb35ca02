// Package dossier is the desk of what is on file about partners and integrations: documents of
// evidence, contracts with their service levels, discussions, and the dossier
// that shows all of it with its history. It accepts evidence; it decides nothing about approval.
//
//	desk := dossier.New(door, dossier.Options{Register: record})
package dossier

import (
	"time"

	"drawbridge/internal/action"
	"drawbridge/internal/register"
)

// Options are what the desk needs besides the door.
type Options struct {
	Register *register.Desk // told when what it counted with has changed
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
