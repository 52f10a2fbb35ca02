package inquiry_test

import (
	"strings"
	"testing"

	"drawbridge"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// TestCloseReview ends a review under a partner's hands: its links are dead, and
// say why; those of another review live on.
func TestCloseReview(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		q := r.send(t)
		partner, issued := r.link(t, r.rev, q.ID, inquiry.NewLink{})
		gone, revoked := r.link(t, r.rev, q.ID, inquiry.NewLink{})
		actor, cookie, err := r.Enter(t.Context(), seal.Hide(issued.Secret), seal.Hidden{}, "api", "req")
		if err != nil || actor.ID != partner.ID {
			t.Fatal(actor, err)
		}
		r.put(t, partner, q.ID, "base.team", "true", "")
		if _, err := r.RevokeLink(t.Context(), r.rev, revoked.Link.ID, "left"); err != nil {
			t.Fatal(err)
		}
		other := r.send(t)
		lives, _ := r.link(t, r.rev, other.ID, inquiry.NewLink{})

		r.act(t, func(tx *store.Tx) error { return r.CloseReview(tx, q.Review, "the review was withdrawn") })
		if got, err := r.Inquiry(t.Context(), r.rev, q.ID); err != nil || got.State != inquiry.StateClosed {
			t.Fatalf("the inquiry is %+v %v, want it closed", got, err)
		}
		const words = "this questionnaire was closed on 2026-11-21: the review was withdrawn; no more answers are needed"
		_, _, entered := r.Enter(t.Context(), seal.Hide(issued.Secret), seal.Hidden{}, "api", "req")
		_, seen := r.Recognise(t.Context(), cookie, "api", "req")
		_, put := r.Put(t.Context(), partner, q.ID, inquiry.Putting{Question: "base.test", Answer: answer("true")})
		_, sent := r.Submit(t.Context(), partner, q.ID, "")
		_, read := r.Asked(t.Context(), partner, q.ID, "")
		for what, err := range map[string]error{"entering": entered, "coming back": seen, "answering": put, "handing in": sent, "reading": read} {
			wantKind(t, what, err, drawbridge.Unauthenticated)
			if !strings.Contains(err.Error(), words) {
				t.Errorf("%s says %q, want %q", what, err, words)
			}
		}
		_, err = r.Asked(t.Context(), gone, q.ID, "")
		if err == nil || strings.Contains(err.Error(), "closed") {
			t.Errorf("who lost the link before reads %v, want nothing of what happened since", err)
		}
		_, err = r.AddLink(t.Context(), r.rev, q.ID, inquiry.NewLink{Label: "again"})
		wantKind(t, "a link to what is closed", err, drawbridge.Conflict)
		r.put(t, lives, other.ID, "base.team", "true", "")
		r.act(t, func(tx *store.Tx) error { return r.CloseReview(tx, q.Review, "again") }) // nothing is left to close
		if _, err := r.Recognise(t.Context(), cookie, "api", "req"); !strings.Contains(err.Error(), words) {
			t.Errorf("closed twice, it says %v", err)
		}
	})
}

// TestCloseReviewKeepsWhatCounts leaves accepted answers as they are.
func TestCloseReviewKeepsWhatCounts(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	q := r.send(t)
	partner, _ := r.link(t, r.rev, q.ID, inquiry.NewLink{})
	for question, value := range map[string]string{"base.team": "true", "base.size": "4", "base.plan": `"call"`, "base.test": "true"} {
		r.put(t, partner, q.ID, question, value, "")
	}
	if _, err := r.Submit(t.Context(), partner, q.ID, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Accept(t.Context(), r.rev, q.ID, inquiry.Decided{}); err != nil {
		t.Fatal(err)
	}
	r.act(t, func(tx *store.Tx) error { return r.CloseReview(tx, q.Review, "the review was withdrawn") })
	if got, err := r.Inquiry(t.Context(), r.rev, q.ID); err != nil || got.State != inquiry.StateAccepted || len(r.claims(t)) != 1 {
		t.Errorf("the inquiry is %+v %v with claims %v, want it accepted and counted", got, err, r.claims(t))
	}
	_, err := r.Asked(t.Context(), partner, q.ID, "")
	wantKind(t, "reading by a link that ended", err, drawbridge.Unauthenticated)
}
