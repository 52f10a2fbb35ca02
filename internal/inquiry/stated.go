package inquiry

import (
	"strings"

	"drawbridge"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/store"
)

// stated lists the inquiries of an integration whose answers somebody stands
// behind, newest first.
func stated(tx *store.Tx, in drawbridge.IntegrationID) ([]drawbridge.Inquiry, error) {
	return tx.Inquiries().Find(store.Query{
		Equal: map[string]any{"integration": in}, In: map[string][]string{"state": {StateSubmitted, StateAccepted}}, Newest: true, Limit: 100,
	})
}

// Claims is what the latest answers say of an integration's controls, of each
// audience and template. They count from the submission on, as what somebody
// says of themselves; an inquiry that was returned does not count, and the one
// before it does.
func (d *Desk) Claims(tx *store.Tx, in drawbridge.IntegrationID) ([]drawbridge.Claim, error) {
	list, err := stated(tx, in)
	if err != nil {
		return nil, err
	}
	var out []drawbridge.Claim
	seen := map[string]bool{}
	for _, q := range list {
		name, _, _ := strings.Cut(q.Template, "@")
		if seen[q.Audience+" "+name] {
			continue
		}
		seen[q.Audience+" "+name] = true
		it, err := d.asked(&q)
		if err != nil {
			return nil, err
		}
		answers, err := d.Answers(tx, q.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, it.Claims(answers, "answer:"+string(q.ID))...)
	}
	return out, nil
}

// Answers are the answers of an inquiry that stand, without those that were
// carried forward and nobody confirmed.
func (d *Desk) Answers(tx *store.Tx, id drawbridge.InquiryID) (map[string]questionnaire.Answer, error) {
	latest, err := d.latest(tx, id)
	for question, g := range latest {
		if !g.Confirmed || !g.Answer.Given() {
			delete(latest, question)
		}
	}
	return answersOf(latest), err
}

// Open lists the inquiries of a review that wait for somebody: for answers, or
// for a reviewer.
func Open(tx *store.Tx, review drawbridge.ReviewID) ([]drawbridge.Inquiry, error) {
	return tx.Inquiries().Find(store.Query{
		Equal: map[string]any{"review": review}, In: map[string][]string{"state": {StateOpen, StateReturned, StateSubmitted}},
	})
}

// Open is [Open], for who holds the desk.
func (d *Desk) Open(tx *store.Tx, review drawbridge.ReviewID) ([]drawbridge.Inquiry, error) {
	return Open(tx, review)
}
