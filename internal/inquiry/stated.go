package inquiry

import (
	"slices"
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
	seen := map[string]bool{}
	list = slices.DeleteFunc(list, func(q drawbridge.Inquiry) bool {
		name, _, _ := strings.Cut(q.Template, "@")
		before := seen[q.Audience+" "+name]
		seen[q.Audience+" "+name] = true
		return before
	})
	answers, err := d.Answers(tx, list...)
	if err != nil {
		return nil, err
	}
	var out []drawbridge.Claim
	for _, q := range list {
		it, err := d.asked(&q)
		if err != nil {
			return nil, err
		}
		out = append(out, it.Claims(answers[q.ID], "answer:"+string(q.ID))...)
	}
	return out, nil
}

// maxStated bounds how many answers are read at once.
const maxStated = 10_000

// Answers are the answers of inquiries that stand, by inquiry and question, without
// those that were carried forward and nobody confirmed.
func (d *Desk) Answers(tx *store.Tx, list ...drawbridge.Inquiry) (map[drawbridge.InquiryID]map[string]questionnaire.Answer, error) {
	out := map[drawbridge.InquiryID]map[string]questionnaire.Answer{}
	if len(list) == 0 {
		return out, nil
	}
	var ids []string
	for _, q := range list {
		ids = append(ids, string(q.ID))
		out[q.ID] = map[string]questionnaire.Answer{}
	}
	rows, err := tx.Answers().Find(store.Query{Equal: map[string]any{"latest": true}, In: map[string][]string{"inquiry": ids}, Limit: maxStated})
	if err != nil {
		return nil, err
	}
	if len(rows) == maxStated { // a part would be taken for the whole
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "%s %d answers and more, too many to judge at once: close what does not count any more", drawbridge.Count(len(list), "questionnaire has", "questionnaires have"), maxStated)
	}
	given, err := d.unseal(rows)
	if err != nil {
		return nil, err
	}
	for i, g := range given {
		if g.Confirmed && g.Answer.Given() {
			out[rows[i].Inquiry][g.Question] = g.Answer
		}
	}
	return out, nil
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
