package review_test

import (
	"strings"
	"testing"

	"drawbridge"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/review"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

// TestWithdraw closes what was asked for a review in the act that withdraws it.
func TestWithdraw(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		p := r.push(t)
		rv := r.the(t, p.Integration.ID)
		if !rv.State.Open() {
			t.Fatalf("review = %+v, want an open one", rv)
		}
		asked := drawbridge.InquiryID(drawbridge.NewID("inq", r.Now()))
		r.Write(t, func(tx *store.Tx) error {
			return tx.Inquiries().Add(&drawbridge.Inquiry{ID: asked, Review: rv.ID, Integration: p.Integration.ID, Template: "x@1", State: inquiry.StateOpen})
		})
		_, err := r.Withdraw(t.Context(), r.as("ann"), review.Step{Review: rv.ID})
		world.WantKind(t, "withdrawn without a reason", err, drawbridge.Invalid)
		if n := r.unanswered(t, rv.ID); n != 1 {
			t.Fatalf("%d questionnaires are open after a withdrawal that failed, want 1", n)
		}
		if _, err := r.Withdraw(t.Context(), r.as("ann"), review.Step{Review: rv.ID, Reason: "not needed"}); err != nil {
			t.Fatal(err)
		}
		if n := r.unanswered(t, rv.ID); n != 0 {
			t.Errorf("%d questionnaires are open after the withdrawal, want none", n)
		}
		r.Look(t, func(tx *store.Tx) error {
			q, err := tx.Inquiries().Get(string(asked))
			if err == nil && (!strings.Contains(q.Note, "withdrawn") || strings.Contains(q.Note, "not needed")) {
				t.Errorf("the partner reads %q, want that the review was withdrawn and not why", q.Note)
			}
			return err
		})
	})
}

// unanswered counts the questionnaires of a review that somebody still works on.
func (r *rig) unanswered(tb testing.TB, id drawbridge.ReviewID) (n int) {
	tb.Helper()
	r.Look(tb, func(tx *store.Tx) error {
		list, err := tx.Inquiries().Find(store.Query{Equal: map[string]any{"review": string(id)}})
		for _, q := range list {
			if q.State != inquiry.StateAccepted && q.State != inquiry.StateClosed {
				n++
			}
		}
		return err
	})
	return n
}

// TestConditionOwner wants somebody with an open account behind each condition of
// a decision.
func TestConditionOwner(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		p := r.push(t)
		id := r.the(t, p.Integration.ID).ID
		r.walk(t, id)
		for who, role := range map[string]drawbridge.Discipline{"sec": "security", "priv": "privacy"} {
			if _, err := r.sign(t, id, who, role); err != nil {
				t.Fatal(err)
			}
		}
		gone := r.Person(t, "gone", drawbridge.Requester).Person
		r.Write(t, func(tx *store.Tx) error {
			x, err := tx.Person(gone)
			if err != nil {
				return err
			}
			x.Disabled = true
			return tx.SetPerson(x)
		})
		term := review.Term{Text: "Rotate the key.", Verifier: drawbridge.SecurityDiscipline, Due: r.Days(30)}
		for name, owner := range map[string]drawbridge.PersonID{"nobody": "per_nobody", "words": "the team", "a closed account": gone} {
			term.Owner = owner
			_, err := r.decide(t, id, "app", drawbridge.ApprovedWithConditions, term)
			world.WantKind(t, name, err, drawbridge.Invalid)
			if err == nil || !strings.Contains(err.Error(), "condition 1: owner") {
				t.Errorf("%s: %v does not name the condition", name, err)
			}
		}
		term.Owner = r.people["ann"].Person
		if _, err := r.decide(t, id, "app", drawbridge.ApprovedWithConditions, term); err != nil {
			t.Fatal(err)
		}
	})
}
