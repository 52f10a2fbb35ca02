package review

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/approval"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/questionnaire"
)

// addAnswers adds the answers of every accepted questionnaire that no later one
// took the place of.
func (l *look) addAnswers(v *view) error {
	replaced := map[drawbridge.InquiryID]bool{}
	for _, q := range l.file.Inquiries {
		if q.State == inquiry.StateAccepted {
			replaced[q.Previous] = true
		}
	}
	var standing []drawbridge.Inquiry
	for _, q := range l.file.Inquiries {
		if q.State == inquiry.StateAccepted && !replaced[q.ID] {
			standing = append(standing, q)
		}
	}
	answers, err := l.answers()
	if err != nil {
		return err
	}
	for i := range standing {
		if err := l.addInquiry(v, &standing[i], answers[standing[i].ID]); err != nil {
			return fmt.Errorf("read the answers of %s: %w", standing[i].ID, err)
		}
	}
	return nil
}

// readAnswers reads what was answered to every questionnaire that counts, or that
// this review waits for.
func (l *look) readAnswers() (answered, error) {
	list := slices.DeleteFunc(slices.Clone(l.file.Inquiries), func(q drawbridge.Inquiry) bool {
		return q.State != inquiry.StateAccepted && (q.State == inquiry.StateClosed || l.review == nil || q.Review != l.review.ID)
	})
	return l.desk.opt.Inquiry.Answers(l.tx, list...)
}

func (l *look) addInquiry(v *view, q *drawbridge.Inquiry, answers map[string]questionnaire.Answer) error {
	it, err := l.desk.items(q)
	if err != nil {
		return err
	}
	claims := map[string][]approval.Claim{}
	for _, c := range it.Claims(answers, "") {
		id := strings.TrimPrefix(c.Source, "/")
		claims[id] = append(claims[id], approval.Claim{Control: c.Control, Element: c.Element, Holds: c.Holds})
	}
	name, _, _ := strings.Cut(q.Template, "@")
	for _, id := range it.Visible(answers) {
		a := answers[id]
		question, err := it.Question(id)
		if err != nil {
			return err
		}
		if !a.Given() {
			continue
		}
		out := approval.Answered{Question: q.Audience + "/" + name + "/" + id, NA: a.NA, Claims: claims[id]}
		switch {
		case a.NA:
		case question.Type == questionnaire.Text:
			out.Prose = true
		default:
			out.Value = a.Value
		}
		if question.Weight > 0 {
			out.Points = it.Score(map[string]questionnaire.Answer{id: a}).Points / question.Weight
		}
		v.Answers = append(v.Answers, out)
	}
	return nil
}

// items are the questions as they were sent; they never change.
func (d *Desk) items(q *drawbridge.Inquiry) (*questionnaire.Items, error) {
	return d.sent.get(q.Items, func() (*questionnaire.Items, error) {
		data, err := d.door.Store().Blobs().Read(q.Items, maxBlob, d.door.Keys())
		if err != nil {
			return nil, err
		}
		it := &questionnaire.Items{}
		if err := json.Unmarshal(data, it); err != nil {
			return nil, fmt.Errorf("read the questions: %w", err)
		}
		return it, nil
	})
}
