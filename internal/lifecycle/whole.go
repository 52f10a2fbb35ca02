package lifecycle

import (
	"context"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/store"
)

// maxWhole bounds how many of each kind are shown, the newest.
const maxWhole = 100

// Whole is an integration with where it is in its life, and the file that this
// rests on: what somebody looks at who looks at all of it. It is read by one
// question, however much there is.
type Whole struct {
	Life
	Object       access.Object // what the table of permissions asks about it
	Status       review.Status
	File         *review.File
	Signoffs     []drawbridge.Signoff
	Exceptions   []drawbridge.Exception   // in every state
	Attestations []drawbridge.Attestation // the revoked among them
	Runs         []drawbridge.Run         // also those of which nothing stands
	Live         []drawbridge.LiveRun     // begun and not handed in: no results
	Revisions    []drawbridge.Revision    // newest first, as what follows
	Assessments  []drawbridge.Assessment
}

// Whole reads an integration as a whole. What the actor's roles do not show is
// left out of it.
func (d *Desk) Whole(ctx context.Context, actor access.Actor, id drawbridge.IntegrationID) (Whole, error) {
	var out Whole
	var in *drawbridge.Integration
	act := action.Act{Actor: actor, Action: access.IntegrationRead, On: func(tx *store.Tx) (o access.Object, err error) {
		out.Object, err = register.On(register.ByID(id), &in)(tx)
		return out.Object, err
	}}
	err := d.door.View(ctx, act, func(tx *store.Tx) error {
		var signoffs drawbridge.Section[drawbridge.Signoff]
		var exceptions drawbridge.Section[drawbridge.Exception]
		var attestations drawbridge.Section[drawbridge.Attestation]
		var runs drawbridge.Section[drawbridge.Run]
		var revisions drawbridge.Section[drawbridge.Revision]
		var assessments drawbridge.Section[drawbridge.Assessment]
		own := store.Query{Equal: map[string]any{"integration": string(in.ID)}, Newest: true, Limit: maxWhole}
		var parts [7]store.Part
		var errs [6]error
		parts[0], errs[0] = tx.Signoffs().Into(&signoffs, own)
		parts[1], errs[1] = tx.Exceptions().Into(&exceptions, own)
		parts[2], errs[2] = tx.Attestations().Into(&attestations, own)
		parts[3], errs[3] = tx.Runs().Into(&runs, own)
		parts[4], errs[4] = tx.RevisionShelf().Into(&revisions, own)
		parts[5], errs[5] = tx.AssessmentShelf().Into(&assessments, own)
		parts[6] = tx.LiveRunsInto(&out.Live, in.ID, register.MaxLive)
		if err := first(errs[:]...); err != nil {
			return err
		}
		l, err := d.look(tx, in, parts[:]...)
		if err != nil {
			return err
		}
		if out.Life, err = l.life(); err != nil {
			return err
		}
		out.Status, out.File = l.status, l.file
		out.Revisions, out.Assessments = revisions.Items, assessments.Items
		out.Signoffs, out.Exceptions, out.Attestations, out.Runs = signoffs.Items, exceptions.Items, attestations.Items, runs.Items
		d.opt.Register.Lived(out.Live)
		return nil
	})
	if err == nil {
		d.withhold(actor, &out)
	}
	return out, err
}

// withhold takes out what the actor's roles do not show.
func (d *Desk) withhold(actor access.Actor, w *Whole) {
	may := func(see access.Action) bool { return d.door.Table().Decide(actor, see, w.Object, d.now()) == nil }
	f := w.File
	if !may(access.ReviewRead) {
		f.Open, f.Decided, f.Decision, f.Reviews, f.Decisions, f.Conditions = nil, nil, nil, nil, nil, nil
		w.Signoffs, w.Status, w.Decision = nil, review.Status{}, nil
	}
	if !may(access.EvidenceRead) {
		f.Evidence, f.Offered = nil, nil
	}
	if !may(access.InquiryRead) {
		f.Inquiries = nil
	}
	if !may(access.ThreadRead) {
		f.Threads = nil
	}
	if !may(access.ContractRead) {
		f.Contracts = nil
	}
}
