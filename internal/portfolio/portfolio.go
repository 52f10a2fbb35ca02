// Package portfolio is the desk of the register of risks and of what integrations have in common:
// partners' profiles, sub-processors, concentration, and what fails with whom. It
// changes no integration.
//
//	desk := portfolio.New(door, portfolio.Options{Register: record})
package portfolio

import (
	"time"

	"drawbridge/internal/action"
	"drawbridge/internal/register"
)

// Options are what the desk needs besides the door.
type Options struct {
	Register *register.Desk
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
