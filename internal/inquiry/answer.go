package inquiry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/store"
)

// Where answers come from.
const (
	SourcePartner  = "partner"
	SourceInternal = "internal"
	SourceCarried  = "carried"
	SourceImport   = "import"
)

// maxHistory bounds how often one question can be answered anew.
const maxHistory = 1000

// Given is one answer as it was given.
type Given struct {
	ID        string               `json:"id"`
	Question  string               `json:"question"`
	Answer    questionnaire.Answer `json:"answer"`
	Source    string               `json:"source"`
	Origin    string               `json:"origin"` // the answer that it was carried from
	Author    string               `json:"author"`
	Confirmed bool                 `json:"confirmed"`
	CreatedAt time.Time            `json:"created_at"`
}

// Putting is one answer on its way.
type Putting struct {
	Question string
	Base     string // the answer that it replaces, as it was read; empty for the first
	Answer   questionnaire.Answer
	Key      string
}

// Put gives an answer to one question. It replaces exactly the answer that was
// read: when somebody else gave another one meanwhile, nothing is written.
func (d *Desk) Put(ctx context.Context, actor access.Actor, id drawbridge.InquiryID, in Putting) (Given, error) {
	it, err := d.look(ctx, actor, access.InquiryAnswer, id)
	if err != nil {
		return Given{}, err
	}
	var q *drawbridge.Inquiry
	act := action.Act{Actor: actor, Action: access.InquiryAnswer, On: on(id, &q), Key: in.Key, Input: in}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (Given, error) {
		w, err := d.write(tx, actor, q, it)
		if err != nil {
			return Given{}, err
		}
		out, err := w.put(in, SourceInternal)
		if err != nil || out.ID == in.Base {
			return out, err
		}
		return out, w.count()
	})
	return out, err
}

// write opens the answers of an inquiry for change.
func (d *Desk) write(tx *store.Tx, actor access.Actor, q *drawbridge.Inquiry, it *questionnaire.Items) (*writing, error) {
	link, err := holder(tx, actor)
	if err != nil {
		return nil, err
	}
	if err := locked(q); err != nil {
		return nil, err
	}
	latest, err := d.latest(tx, q.ID)
	return &writing{desk: d, tx: tx, actor: actor, link: link, q: q, items: it, latest: latest}, err
}

// writing is the answers of an inquiry while an act changes them.
type writing struct {
	desk   *Desk
	tx     *store.Tx
	actor  access.Actor
	link   *drawbridge.Link
	q      *drawbridge.Inquiry
	items  *questionnaire.Items
	latest map[string]Given
}

// put writes one answer over the one that was read. source is whence it comes
// when no link acts.
func (w *writing) put(in Putting, source string) (Given, error) {
	if !may(w.link, in.Question) {
		return Given{}, drawbridge.Errorf(drawbridge.NotFound, "the questionnaire asks no question %.60q", in.Question)
	}
	if err := w.items.Check(in.Question, in.Answer); err != nil {
		return Given{}, err
	}
	if w.link != nil {
		source = SourcePartner
	}
	have, had := w.latest[in.Question]
	same := had && sameAnswer(have.Answer, in.Answer)
	switch {
	case same && have.Confirmed:
		return have, nil // a repetition, or somebody said the same
	case !had && !in.Answer.Given() && in.Answer.Comment == "":
		return Given{Question: in.Question, Answer: in.Answer}, nil
	case have.ID != in.Base:
		return Given{}, conflict("the question %s was answered meanwhile, so nothing was written: there it says %s, and you say %s; to put yours in its place, answer on top of %q",
			in.Question, inWords(have.Answer), inWords(in.Answer), have.ID)
	}
	out := Given{Question: in.Question, Answer: in.Answer, Source: source, Author: who(w.actor), Confirmed: true}
	if same { // somebody looked at what was carried forward
		out.Source, out.Origin = have.Source, have.Origin
	}
	return out, w.add(&out)
}

// add writes an answer in the place of the one before.
func (w *writing) add(g *Given) error {
	now := w.desk.now()
	if have, had := w.latest[g.Question]; had {
		n, err := w.tx.Answers().Count(store.Query{Equal: map[string]any{"inquiry": w.q.ID, "question": g.Question}})
		if err != nil {
			return err
		}
		if n >= maxHistory {
			return drawbridge.Errorf(drawbridge.Limited, "the question %s was answered %s: write what is left to say in a comment elsewhere", g.Question, drawbridge.Count(n, "time", "times"))
		}
		old, err := w.tx.Answers().Get(have.ID)
		if err != nil {
			return err
		}
		old.Latest = false
		if err := w.tx.Answers().Set(old); err != nil {
			return err
		}
	}
	g.ID, g.CreatedAt = drawbridge.NewID("ans", now), now
	plain, err := json.Marshal(g.Answer)
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	row := drawbridge.Answer{
		ID: g.ID, Inquiry: w.q.ID, Integration: w.q.Integration, Question: g.Question, Source: g.Source, Origin: g.Origin,
		Author: g.Author, Confirmed: g.Confirmed, Latest: true, CreatedAt: now,
	}
	if row.Value, err = w.desk.door.Keys().Seal(plain, place(&row)); err != nil {
		return err
	}
	w.latest[g.Question] = *g
	return w.tx.Answers().Add(&row)
}

// count notes in the inquiry how far the answers are.
func (w *writing) count() error {
	said := answersOf(w.latest)
	visible := w.items.Visible(said)
	w.q.Asked, w.q.Answered, w.q.UpdatedAt = int64(len(visible)), 0, w.desk.now()
	for _, id := range visible {
		if said[id].Given() && w.latest[id].Confirmed {
			w.q.Answered++
		}
	}
	return w.tx.Inquiries().Set(w.q)
}

// Confirm says of answers that were carried forward that they still hold; no
// question stands for all that the actor may answer. It tells how many there were.
func (d *Desk) Confirm(ctx context.Context, actor access.Actor, id drawbridge.InquiryID, questions []string, key string) (int, error) {
	it, err := d.look(ctx, actor, access.InquiryAnswer, id)
	if err != nil {
		return 0, err
	}
	if len(questions) > questionnaire.MaxQuestions {
		return 0, invalid("at most %d questions can be named", questionnaire.MaxQuestions)
	}
	var q *drawbridge.Inquiry
	act := action.Act{Actor: actor, Action: access.InquiryAnswer, On: on(id, &q), Key: key, Input: questions}
	n, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (int, error) {
		w, err := d.write(tx, actor, q, it)
		if err != nil {
			return 0, err
		}
		return w.confirm(questions)
	})
	return n, err
}

func (w *writing) confirm(questions []string) (n int, err error) {
	if len(questions) == 0 {
		for _, x := range w.items.Questions {
			if may(w.link, x.ID) {
				questions = append(questions, x.ID)
			}
		}
	}
	for _, id := range questions {
		have, had := w.latest[id]
		if !may(w.link, id) || !had {
			if _, err := w.items.Question(id); err != nil || !may(w.link, id) {
				return 0, drawbridge.Errorf(drawbridge.NotFound, "the questionnaire asks no question %.60q", id)
			}
			continue
		}
		if have.Confirmed {
			continue
		}
		n++
		have.Confirmed, have.Author = true, who(w.actor)
		if err := w.add(&have); err != nil {
			return 0, err
		}
	}
	return n, w.count()
}

// History lists every answer that was given to one question, newest first.
func (d *Desk) History(ctx context.Context, actor access.Actor, id drawbridge.InquiryID, question string) ([]Given, error) {
	var q *drawbridge.Inquiry
	var out []Given
	act := action.Act{Actor: actor, Action: access.InquiryRead, On: on(id, &q)}
	err := d.door.View(ctx, act, func(tx *store.Tx) error {
		rows, err := tx.Answers().Find(store.Query{Equal: map[string]any{"inquiry": id, "question": question}, Newest: true, Limit: maxHistory})
		if err != nil {
			return err
		}
		out, err = d.unseal(rows)
		return err
	})
	return out, err
}

// latest are the answers that stand, by question.
func (d *Desk) latest(tx *store.Tx, id drawbridge.InquiryID) (map[string]Given, error) {
	rows, err := tx.Answers().Find(store.Query{Equal: map[string]any{"inquiry": id, "latest": true}, Limit: 2 * questionnaire.MaxQuestions})
	if err != nil {
		return nil, err
	}
	list, err := d.unseal(rows)
	out := make(map[string]Given, len(list))
	for _, g := range list {
		out[g.Question] = g
	}
	return out, err
}

// unseal reads sealed answers.
func (d *Desk) unseal(rows []drawbridge.Answer) ([]Given, error) {
	out := make([]Given, len(rows))
	for i, r := range rows {
		out[i] = Given{
			ID: r.ID, Question: r.Question, Source: r.Source, Origin: r.Origin, Author: r.Author, Confirmed: r.Confirmed, CreatedAt: r.CreatedAt,
		}
		plain, err := d.door.Keys().Open(r.Value, place(&r))
		if err != nil {
			return nil, fmt.Errorf("open the answer %s: %w", r.ID, err)
		}
		if err := json.Unmarshal(plain, &out[i].Answer); err != nil {
			return nil, fmt.Errorf("read the answer %s: %w", r.ID, err)
		}
	}
	return out, nil
}

// place binds a sealed answer to its row and to what it answers: put elsewhere,
// it does not open.
func place(a *drawbridge.Answer) []byte {
	return fmt.Appendf(nil, "answer %s %s %q %q %t", a.ID, a.Inquiry, a.Question, a.Author, a.Confirmed)
}

// answersOf are the answers as the questionnaire reads them.
func answersOf(latest map[string]Given) map[string]questionnaire.Answer {
	out := make(map[string]questionnaire.Answer, len(latest))
	for id, g := range latest {
		out[id] = g.Answer
	}
	return out
}

// maxWords bounds how much of an answer an error quotes, in characters.
const maxWords = 2000

// inWords is an answer as a person reads it who has to choose between two.
func inWords(a questionnaire.Answer) string {
	var said []string
	switch {
	case a.NA:
		said = append(said, "not applicable", a.Reason)
	case a.Given():
		said = append(said, text(a.Value))
	default:
		said = append(said, "nothing")
	}
	out := strings.TrimSuffix(strings.Join(append(said, a.Comment), "; "), "; ")
	if r := []rune(out); len(r) > maxWords {
		out = string(r[:maxWords]) + "…"
	}
	return strconv.Quote(out)
}

// sameAnswer reports whether two answers say the same, however they are spelled.
func sameAnswer(a, b questionnaire.Answer) bool {
	return a.NA == b.NA && a.Reason == b.Reason && a.Comment == b.Comment && bytes.Equal(compact(a.Value), compact(b.Value))
}

func compact(raw json.RawMessage) []byte {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil || b.String() == "null" {
		return nil
	}
	return b.Bytes()
}
