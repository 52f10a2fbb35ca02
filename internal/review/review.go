// Package review is the desk of reviews: intake, triage, tracks, sign-offs, the decision, and
// whether it still stands. It enforces nothing; what is live is for lifecycle.
//
//	desk := review.New(door, review.Options{Register: record, Inquiry: questions, Workspace: workspace})
package review

import (
	"time"

	"drawbridge"
	"drawbridge/internal/action"
	"drawbridge/internal/approval"
	"drawbridge/internal/dossier"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/policy"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/register"
	"drawbridge/internal/spec"
)

// Options are what the desk needs besides the door.
type Options struct {
	Register  *register.Desk
	Inquiry   *inquiry.Desk
	Workspace func() *policy.Workspace
}

// Desk is the desk.
type Desk struct {
	door  *action.Door
	opt   Options
	files *dossier.Desk // for discussions that an act begins

	revisions kept[*facts]               // by revision
	views     kept[approval.View]        // by digest
	sent      kept[*questionnaire.Items] // by digest
	documents kept[*document]            // by digest
	apis      kept[*spec.API]            // of drafts, by the digest of the specification
}

// New makes a desk.
func New(door *action.Door, opt Options) *Desk {
	return &Desk{apis: kept[*spec.API]{most: 4}, door: door, opt: opt, files: dossier.New(door, dossier.Options{Register: opt.Register})}
}

// now is the time as it is stored.
func (d *Desk) now() time.Time { return d.door.Now().UTC().Truncate(time.Microsecond) }

func (d *Desk) workspace() (*policy.Workspace, error) {
	if d.opt.Workspace != nil {
		if ws := d.opt.Workspace(); ws != nil {
			return ws, nil
		}
	}
	return nil, drawbridge.Errorf(drawbridge.Unavailable, "the server has no packs to review with: ask its operator to look at drawbridge doctor")
}
