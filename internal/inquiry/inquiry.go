// Package inquiry is the desk of questionnaires that were sent: what is asked, who answers, and
// the partner's links. It judges no answer; the assessment does.
//
//	desk := inquiry.New(door, inquiry.Options{Register: record, Dossier: files, Workspace: workspace})
//	sent, err := desk.Send(ctx, reviewer, inquiry.Sending{Review: id, Due: "2026-12-24"})
//	issued, err := desk.AddLink(ctx, reviewer, sent.ID, inquiry.NewLink{Label: "Acme, security"})
//	_, err = desk.Put(ctx, partner, sent.ID, inquiry.Putting{Question: "access.mfa", Answer: answer})
package inquiry

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/dossier"
	"drawbridge/internal/policy"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// Options are what the desk needs besides the door.
type Options struct {
	Register  *register.Desk
	Dossier   *dossier.Desk // knows the evidence that was accepted
	Workspace func() *policy.Workspace
}

// Desk is the desk.
type Desk struct {
	door *action.Door
	opt  Options

	mu    sync.Mutex // guards items
	items map[string]*questionnaire.Items
}

// New makes a desk.
func New(door *action.Door, opt Options) *Desk {
	return &Desk{door: door, opt: opt, items: map[string]*questionnaire.Items{}}
}

// now is the time as it is stored.
func (d *Desk) now() time.Time { return d.door.Now().UTC().Truncate(time.Microsecond) }

func invalid(format string, args ...any) error {
	return drawbridge.Errorf(drawbridge.Invalid, format, args...)
}

func conflict(format string, args ...any) error {
	return drawbridge.Errorf(drawbridge.Conflict, format, args...)
}

// who is the actor as records name them: the person, or the link.
func who(a access.Actor) string {
	if a.Person != "" {
		return string(a.Person)
	}
	return a.ID
}

// object is what the table of permissions asks about something of an inquiry.
func object(tx *store.Tx, q *drawbridge.Inquiry, kind, id string) (access.Object, error) {
	o, err := register.Object(tx, q.Integration, kind, id)
	o.Inquiry = q.ID
	return o, err
}

// on reads an inquiry together with the object that decides who may see it.
func on(id drawbridge.InquiryID, at **drawbridge.Inquiry) func(*store.Tx) (access.Object, error) {
	return func(tx *store.Tx) (access.Object, error) {
		q, err := tx.Inquiries().Get(string(id))
		if err != nil {
			return access.Object{}, err
		}
		*at = q
		return object(tx, q, "inquiry", string(id))
	}
}

// holder is the link that acts; nil when it is somebody with an account.
func holder(tx *store.Tx, actor access.Actor) (*drawbridge.Link, error) {
	if actor.Inquiry == "" {
		return nil, nil
	}
	return tx.Links().Get(actor.ID)
}

// may reports whether a link may see and answer a question; no link may all.
func may(l *drawbridge.Link, question string) bool {
	return l == nil || len(l.Questions) == 0 || slices.Contains(l.Questions, question)
}

// whole refuses a link that is for some questions only.
func whole(l *drawbridge.Link) error {
	if l != nil && len(l.Questions) > 0 {
		return drawbridge.Errorf(drawbridge.Denied, "this link is for some questions only: whoever passed them on does this")
	}
	return nil
}

const (
	maxItems = 8 << 20 // bytes of a snapshot of questions
	maxKnown = 32      // snapshots that are kept in memory
)

// asked are the questions of an inquiry. They never change, so they are read once.
func (d *Desk) asked(q *drawbridge.Inquiry) (*questionnaire.Items, error) {
	d.mu.Lock()
	it := d.items[q.Items]
	d.mu.Unlock()
	if it != nil {
		return it, nil
	}
	data, err := d.door.Store().Blobs().Read(q.Items, maxItems, d.door.Keys())
	if err != nil {
		return nil, err
	}
	it = &questionnaire.Items{}
	if err := json.Unmarshal(data, it); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.items) >= maxKnown {
		clear(d.items)
	}
	d.items[q.Items] = it
	return it, nil
}

// look reads an inquiry and its questions for somebody who may do something with it.
func (d *Desk) look(ctx context.Context, actor access.Actor, what access.Action, id drawbridge.InquiryID) (*questionnaire.Items, error) {
	var q *drawbridge.Inquiry
	act := action.Act{Actor: actor, Action: what, On: on(id, &q)}
	if err := d.door.View(ctx, act, func(*store.Tx) error { return nil }); err != nil {
		return nil, err
	}
	return d.asked(q)
}
