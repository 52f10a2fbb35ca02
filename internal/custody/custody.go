// Package custody keeps the record whole: it exports and proves the ledger,
// compares it with the rows and the files, rotates the keys, backs the record up
// and restores it, and ends the keeping of what has served its time. It does
// not read what the record says about partners; that is for the other desks.
//
//	desk := custody.New(door)
//	report, err := desk.Check(ctx, actor, custody.CheckOptions{})
package custody

import (
	"drawbridge/internal/action"
)

// Desk is custody of one installation.
type Desk struct {
	door *action.Door
}

// New makes the desk.
func New(door *action.Door) *Desk { return &Desk{door: door} }
