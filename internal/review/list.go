package review

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/approval"
	"drawbridge/internal/register"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// Filter says which reviews to list; what is empty does not restrict.
type Filter struct {
	Integration drawbridge.IntegrationID
	Partner     drawbridge.PartnerID
	State       drawbridge.ReviewState
	Tier        drawbridge.Tier
	Open        bool                // those that have not ended
	Owner       drawbridge.PersonID // who asked, or answers for the integration
	Reviewer    drawbridge.PersonID // who signed, and did not take it back
	Waiting     drawbridge.Role     // whose turn it is, one of [store.WaitingRoles]
	Blocked     bool                // a discussion holds it back
	Order       string              // newest (the default), or danger: the open ones by tier, residual risk and age
}

// The orders of a list of reviews.
const (
	orderNewest = "newest"
	orderDanger = "danger"
)

// Reviews lists the reviews that the actor may see.
func (d *Desk) Reviews(ctx context.Context, actor access.Actor, f Filter, after *register.Cursor, limit int) (register.Page[drawbridge.Review], error) {
	var out register.Page[drawbridge.Review]
	l, err := d.list(f)
	if err != nil {
		return out, err
	}
	if after != nil {
		l.After = &store.ReviewKey{ID: drawbridge.ReviewID(after.ID), Danger: int64(after.Number)}
	}
	places := map[drawbridge.ReviewID]int64{}
	out, err = page(limit, func(size int) (list []drawbridge.Review, err error) {
		l.Limit = size
		err = d.door.List(ctx, actor, access.ReviewRead, func(tx *store.Tx, scope access.Scope) error {
			l.Scope = scope
			found, keys, err := tx.ReviewsOf(l)
			for _, k := range keys {
				places[k.ID] = k.Danger
			}
			list = found
			return err
		})
		return list, err
	}, func(r drawbridge.Review) string { return string(r.ID) })
	if out.Next != nil {
		out.Next.Number = float64(places[drawbridge.ReviewID(out.Next.ID)])
	}
	return out, err
}

// list is a filter as the store takes it.
func (d *Desk) list(f Filter) (store.ReviewList, error) {
	l := store.ReviewList{
		Integration: f.Integration, Partner: f.Partner, Tier: f.Tier, Owner: f.Owner, Reviewer: f.Reviewer, Waiting: f.Waiting,
		Blocked: f.Blocked, Danger: f.Order == orderDanger,
	}
	switch {
	case f.Order != "" && f.Order != orderNewest && f.Order != orderDanger:
		return l, drawbridge.Errorf(drawbridge.Invalid, "order: %.40q is none of newest, danger", f.Order)
	case f.Waiting != "" && !slices.Contains(store.WaitingRoles(), f.Waiting):
		return l, drawbridge.Errorf(drawbridge.Invalid, "waiting_on: %.40q is none of %v", f.Waiting, store.WaitingRoles())
	case f.State != "":
		l.States = []drawbridge.ReviewState{f.State}
	case f.Open:
		l.States = openStates()
	}
	if f.Blocked {
		ws, err := d.workspace()
		if err != nil {
			return l, err
		}
		if l.Kinds = ws.Policy.Protocol().Threads; slices.Contains(l.Kinds, "all") {
			l.Kinds = nil
		}
	}
	return l, nil
}

func openStates() []drawbridge.ReviewState {
	return slices.DeleteFunc(drawbridge.ReviewStates(), func(s drawbridge.ReviewState) bool { return !s.Open() })
}

// Review reads one review.
func (d *Desk) Review(ctx context.Context, actor access.Actor, id drawbridge.ReviewID) (drawbridge.Review, error) {
	var l *look
	var out drawbridge.Review
	err := d.door.View(ctx, action.Act{Actor: actor, Action: access.ReviewRead, On: d.on(id, &l)}, func(*store.Tx) error {
		out = *l.review
		return nil
	})
	return out, err
}

// Progress is what a review waits for.
type Progress struct {
	Step     string    `json:"step"`    // the next one; empty when the review ended
	Missing  []Missing `json:"missing"` // what keeps it from that
	View     string    `json:"view"`    // digest of the present material view: what is signed and decided on
	Content  string    `json:"content"` // content digest of the head
	Signoffs []Counted `json:"signoffs"`
}

// next is the step that leads on.
var next = map[drawbridge.ReviewState]string{
	drawbridge.Draft: stepSubmit, drawbridge.Submitted: stepTriage, drawbridge.Triaged: stepStart, drawbridge.InReview: stepReady, drawbridge.Ready: stepApprove,
}

// Progress tells what keeps a review from its next step, and who signed what.
func (d *Desk) Progress(ctx context.Context, actor access.Actor, id drawbridge.ReviewID) (Progress, error) {
	var out Progress
	err := d.view(ctx, actor, id, func(l *look) (err error) {
		out, err = l.progress()
		return err
	})
	return out, err
}

func (l *look) progress() (out Progress, err error) {
	out = Progress{Missing: []Missing{}, Signoffs: []Counted{}}
	if out.Step = next[l.review.State]; out.Step != "" {
		if out.Missing, err = l.missing(out.Step); err != nil {
			return out, err
		}
	}
	present, err := l.present()
	if err != nil {
		return out, err
	}
	out.View, out.Content = present.digest, l.file.Head.Content
	counted, err := l.tally()
	out.Signoffs = append(out.Signoffs, counted...)
	return out, err
}

// Changes lists what differs from the decision that stands to what is there now:
// what a reassessment looks at first.
func (d *Desk) Changes(ctx context.Context, actor access.Actor, id drawbridge.ReviewID) ([]approval.Difference, error) {
	out := []approval.Difference{}
	err := d.view(ctx, actor, id, func(l *look) error {
		s, err := d.StatusOf(l.tx, l.file)
		out = append(out, s.Differences...)
		return err
	})
	slices.SortStableFunc(out, func(a, b approval.Difference) int { return cmp.Compare(weight(a), weight(b)) })
	return out, err
}

// weight puts what voids a decision first.
func weight(d approval.Difference) int {
	if d.Kind.Stale() {
		return 0
	}
	return 1
}

// Decisions lists the decisions about an integration, newest first.
func (d *Desk) Decisions(ctx context.Context, actor access.Actor, id drawbridge.IntegrationID, after *register.Cursor, limit int) (register.Page[drawbridge.Decision], error) {
	act := action.Act{Actor: actor, Action: access.ReviewRead, On: onIntegration(id)}
	return page(limit, func(size int) (list []drawbridge.Decision, err error) {
		err = d.door.View(ctx, act, func(tx *store.Tx) error {
			list, err = tx.Decisions().Find(store.Query{Equal: map[string]any{"integration": string(id)}, After: place(after), Newest: true, Limit: size})
			return err
		})
		return list, err
	}, func(x drawbridge.Decision) string { return string(x.ID) })
}

// Approval reads the signed file of an approval, and how it may be called. It is
// held to the record first: a file that was touched is none.
func (d *Desk) Approval(ctx context.Context, actor access.Actor, id drawbridge.ReviewID) (name string, file []byte, err error) {
	var decision *drawbridge.Decision
	var l *look
	err = d.door.View(ctx, action.Act{Actor: actor, Action: access.ApprovalRead, On: d.on(id, &l)}, func(*store.Tx) error {
		if l.review.Decision == "" {
			return drawbridge.Errorf(drawbridge.NotFound, "the review is %s: there is no approval yet", words(string(l.review.State)))
		}
		if decision, err = l.tx.Decisions().Get(string(l.review.Decision)); err != nil {
			return err
		}
		if decision.Approval == "" {
			return drawbridge.Errorf(drawbridge.NotFound, "the review was %s: there is no approval", words(string(decision.Outcome)))
		}
		name = fileName(l.in.Slug, l.in.Environment, decision.ID)
		return nil
	})
	if err != nil {
		return "", nil, err
	}
	r, err := d.door.Store().Blobs().Open(decision.Approval, d.door.Keys())
	if err != nil {
		return "", nil, err
	}
	defer r.Close()
	if file, err = io.ReadAll(io.LimitReader(r, approval.MaxFile+1)); err != nil {
		return "", nil, fmt.Errorf("read the approval of %s: %w", decision.ID, err)
	}
	if seal.Digest(file) != decision.Approval {
		return "", nil, fmt.Errorf("review: the approval of %s is not the one that was signed", decision.ID)
	}
	return name, file, nil
}
