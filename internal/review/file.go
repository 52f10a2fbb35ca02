package review

import (
	"fmt"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/dossier"
	"drawbridge/internal/store"
)

// maxRows bounds what is read of each kind for one integration. Where there is
// more, nobody says anything: a part of a file would be judged as the whole.
const maxRows = 5000

// File is what is on file of one integration that its review, its decision and
// its life rest on. It is read by one question to the database, so whoever
// answers from it reads nothing twice, however much there is.
type File struct {
	Integration *drawbridge.Integration
	Standing    drawbridge.Standing    // version 0 before the first review
	Open        *drawbridge.Review     // nil when none is open
	Decision    *drawbridge.Decision   // the latest that was not superseded; nil before the first
	Decided     *drawbridge.Review     // which the decision ended; nil before the first
	Reviews     []drawbridge.Review    // all, newest first
	Decisions   []drawbridge.Decision  // all, newest first
	Head        drawbridge.Revision    // of the integration
	Assessment  drawbridge.Assessment  // of the head, the latest
	Signoffs    []drawbridge.Signoff   // of the review that is looked at, oldest first
	Runs        []drawbridge.Run       // of which some verdict stands
	Rulings     []drawbridge.Ruling    // that were not revoked
	Evidence    []drawbridge.Evidence  // that counts
	Offered     []drawbridge.Evidence  // that waits for a reviewer
	Inquiries   []drawbridge.Inquiry   // newest first, as what follows
	Exceptions  []drawbridge.Exception // that hold
	Threads     []drawbridge.Thread    // that block and are open
	Conditions  []drawbridge.Condition
	Contracts   []drawbridge.Contract // with the partner, that are not closed
}

// filing collects what is read at once.
type filing struct {
	parts []store.Part
	whole []func() error // whether a kind was read to its end
	err   error
}

// is says which records of a kind are meant: columns, and what stands in them.
type is = map[string]any

// ask adds what of a kind is to be read.
func ask[T any](f *filing, kind string, shelf store.Shelf[T], where is) *drawbridge.Section[T] {
	at := &drawbridge.Section[T]{}
	p, err := shelf.Into(at, store.Query{Equal: where, Limit: maxRows})
	if f.err == nil {
		f.err = err
	}
	f.parts = append(f.parts, p)
	f.whole = append(f.whole, func() error {
		if at.Total <= maxRows {
			return nil
		}
		return drawbridge.Errorf(drawbridge.TooLarge, "there are %d %s on file about this integration, and at most %d are judged together: withdraw or supersede what does not count any more", at.Total, kind, maxRows)
	})
	return at
}

// Read reads the file of an integration, with the sign-offs of a review of it
// where one is looked at. More parts are read by the same question.
func Read(tx *store.Tx, in *drawbridge.Integration, r *drawbridge.Review, now time.Time, more ...store.Part) (*File, error) {
	f, id := &filing{parts: more}, string(in.ID)
	standing := ask(f, "standings", tx.Standings(), is{"id": id})
	reviews := ask(f, "reviews", tx.Reviews(), is{"integration": id})
	decisions := ask(f, "decisions", tx.Decisions(), is{"integration": id})
	head := ask(f, "revisions", tx.RevisionShelf(), is{"id": string(in.Head)})
	assessment := ask(f, "assessments", tx.AssessmentShelf(), is{"id": string(in.Assessment)})
	runs := ask(f, "runs", tx.Runs(), is{"integration": id, "stands": true})
	rulings := ask(f, "rulings", tx.Rulings(), is{"integration": id, "revoked_at": ""})
	inquiries := ask(f, "questionnaires", tx.Inquiries(), is{"integration": id})
	exceptions := ask(f, "exceptions", tx.Exceptions(), is{"integration": id, "state": "confirmed"})
	threads := ask(f, "discussions", tx.Threads(), is{"integration": id, "resolved_at": "", "blocks": true})
	conditions := ask(f, "conditions", tx.Conditions(), is{"integration": id})
	accepted, offered := askEvidence(f, tx, in, dossier.StateAccepted), askEvidence(f, tx, in, dossier.StateOffered)
	contracts := ask(f, "contracts", tx.Contracts(), is{"partner": string(in.Partner), "closed_at": ""})
	signoffs := &drawbridge.Section[drawbridge.Signoff]{}
	if r != nil {
		signoffs = ask(f, "sign-offs", tx.Signoffs(), is{"review": string(r.ID)})
	}
	if err := f.read(tx); err != nil {
		return nil, err
	}
	slices.Reverse(signoffs.Items)
	out := &File{
		Integration: in, Reviews: reviews.Items, Decisions: decisions.Items, Signoffs: signoffs.Items, Runs: runs.Items, Rulings: rulings.Items, Inquiries: inquiries.Items, Threads: threads.Items,
		Conditions: conditions.Items, Contracts: contracts.Items,
	}
	out.Evidence = accepted(func(e *drawbridge.Evidence) bool { counts, _ := dossier.Counts(e, now); return counts })
	out.Offered = offered(func(*drawbridge.Evidence) bool { return true })
	out.Exceptions = slices.DeleteFunc(exceptions.Items, func(x drawbridge.Exception) bool { return !x.Holds(now) })
	return out, out.place(standing.Items, reviews.Items, decisions.Items, head.Items, assessment.Items)
}

func (f *filing) read(tx *store.Tx) error {
	if f.err != nil {
		return f.err
	}
	if err := tx.Gather(f.parts...); err != nil {
		return err
	}
	for _, whole := range f.whole {
		if err := whole(); err != nil {
			return err
		}
	}
	return nil
}

// askEvidence asks for the documents in a state that cover an integration: its own,
// and its partner's.
func askEvidence(f *filing, tx *store.Tx, in *drawbridge.Integration, state string) func(keep func(*drawbridge.Evidence) bool) []drawbridge.Evidence {
	own := ask(f, "documents", tx.Evidence(), is{"integration": string(in.ID), "state": state, "superseded_by": ""})
	whole := ask(f, "documents", tx.Evidence(), is{"partner": string(in.Partner), "integration": "", "state": state, "superseded_by": ""})
	return func(keep func(*drawbridge.Evidence) bool) []drawbridge.Evidence {
		return slices.DeleteFunc(append(own.Items, whole.Items...), func(e drawbridge.Evidence) bool { return !dossier.Covers(&e, in) || !keep(&e) })
	}
}

// place finds the open review and the decision that stands among those that were read.
func (f *File) place(standing []drawbridge.Standing, reviews []drawbridge.Review, decisions []drawbridge.Decision, head []drawbridge.Revision, assessment []drawbridge.Assessment) error {
	in := f.Integration
	if len(head) == 0 || len(assessment) == 0 {
		return fmt.Errorf("integration %s has no revision %s, or no assessment %s", in.ID, in.Head, in.Assessment)
	}
	f.Head, f.Assessment = head[0], assessment[0]
	f.Standing = drawbridge.Standing{ID: in.ID, Partner: in.Partner}
	if len(standing) == 0 {
		return nil
	}
	f.Standing = standing[0]
	byID := func(id drawbridge.ReviewID) *drawbridge.Review {
		i := slices.IndexFunc(reviews, func(r drawbridge.Review) bool { return r.ID == id })
		if i < 0 {
			return nil
		}
		return &reviews[i]
	}
	if f.Open = byID(f.Standing.Review); f.Open == nil && f.Standing.Review != "" {
		return fmt.Errorf("integration %s has no review %s", in.ID, f.Standing.Review)
	}
	if f.Standing.Decision == "" {
		return nil
	}
	i := slices.IndexFunc(decisions, func(d drawbridge.Decision) bool { return d.ID == f.Standing.Decision })
	if i < 0 {
		return fmt.Errorf("integration %s has no decision %s", in.ID, f.Standing.Decision)
	}
	f.Decision = &decisions[i]
	if f.Decided = byID(f.Decision.Review); f.Decided == nil {
		return fmt.Errorf("decision %s has no review %s", f.Decision.ID, f.Decision.Review)
	}
	return nil
}
