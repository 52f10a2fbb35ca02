package inquiry

import (
	"context"
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// Sheet is an inquiry as a reviewer sees it: what is asked, what was answered,
// what was answered last time.
type Sheet struct {
	Inquiry     drawbridge.Inquiry
	Integration string // its name
	Items       questionnaire.Items
	State
	Score questionnaire.Score
	Links []drawbridge.Link // newest first; none for those who may not see them
}

// State is how far the answers are.
type State struct {
	Answers     []Given             // that stand, in the order of the questions
	Previous    map[string]LastTime // by question: what was said last time
	Visible     []string            // questions that are asked, given the answers
	Missing     []string            // required ones without an answer
	Unconfirmed []string            // answers that were carried forward and nobody looked at
}

// LastTime is what was said last time.
type LastTime struct {
	Answer  questionnaire.Answer
	Changed bool // the answer that stands says something else
}

// Sheet reads an inquiry with its answers.
func (d *Desk) Sheet(ctx context.Context, actor access.Actor, id drawbridge.InquiryID) (Sheet, error) {
	var out Sheet
	err := d.read(ctx, actor, id, func(tx *store.Tx, q *drawbridge.Inquiry, in *drawbridge.Integration, on access.Object) error {
		it, err := d.asked(q)
		if err != nil {
			return err
		}
		out.Inquiry, out.Integration, out.Items = *q, in.Name, *it
		if out.State, err = d.state(tx, q, it, nil); err != nil {
			return err
		}
		link := on
		link.Kind = "link"
		if sees := d.door.Table().Decide(actor, access.LinkRead, link, d.now()) == nil; sees {
			links, err := tx.Links().Find(store.Query{Equal: map[string]any{"inquiry": id}, Newest: true})
			for _, l := range links {
				out.Links = append(out.Links, told(l))
			}
			return err
		}
		return nil
	})
	said := map[string]questionnaire.Answer{}
	for _, g := range out.Answers {
		said[g.Question] = g.Answer
	}
	out.Score = out.Items.Score(said)
	return out, err
}

// read runs a read of an inquiry for somebody who may see it.
func (d *Desk) read(ctx context.Context, actor access.Actor, id drawbridge.InquiryID, fn func(*store.Tx, *drawbridge.Inquiry, *drawbridge.Integration, access.Object) error) error {
	var q *drawbridge.Inquiry
	var in *drawbridge.Integration
	var at access.Object
	act := action.Act{Actor: actor, Action: access.InquiryRead, On: func(tx *store.Tx) (o access.Object, err error) {
		if q, err = tx.Inquiries().Get(string(id)); err != nil {
			return o, err
		}
		o, err = register.On(register.ByID(q.Integration), &in)(tx)
		o.Kind, o.ID, o.Inquiry = "inquiry", string(id), id
		at = o
		return o, err
	}}
	return d.door.View(ctx, act, func(tx *store.Tx) error { return fn(tx, q, in, at) })
}

// state reads how far the answers are that a link may see.
func (d *Desk) state(tx *store.Tx, q *drawbridge.Inquiry, it *questionnaire.Items, link *drawbridge.Link) (State, error) {
	latest, err := d.latest(tx, q.ID)
	if err != nil {
		return State{}, err
	}
	said := answersOf(latest)
	hidden := func(id string) bool { return !may(link, id) }
	s := State{
		Answers: []Given{}, Previous: map[string]LastTime{}, Visible: slices.DeleteFunc(it.Visible(said), hidden),
		Missing: slices.DeleteFunc(it.Missing(said), hidden),
	}
	s.Unconfirmed = unconfirmed(s.Visible, latest)
	old := map[string]Given{}
	if q.Previous != "" {
		if old, err = d.latest(tx, q.Previous); err != nil {
			return s, err
		}
	}
	for _, x := range it.Questions {
		if hidden(x.ID) {
			continue
		}
		if g, ok := latest[x.ID]; ok {
			s.Answers = append(s.Answers, g)
		}
		if was, ok := old[x.ID]; ok && was.Answer.Given() {
			s.Previous[x.ID] = LastTime{was.Answer, !sameAnswer(was.Answer, latest[x.ID].Answer)}
		}
	}
	return s, nil
}

// Asked is an inquiry as a partner sees it: without what the organisation makes
// of the answers, and without its people.
type Asked struct {
	Inquiry     drawbridge.InquiryID
	Integration string // its name
	State       string
	Due         drawbridge.Date
	Note        string // what is to be changed, once it was returned
	Items       questionnaire.Items
	Progress    State
	Link        drawbridge.Link // through which it is seen
}

// Asked reads the inquiry of a partner's link. With a link, somebody with an
// account gets exactly what that link's holder gets: the preview.
func (d *Desk) Asked(ctx context.Context, actor access.Actor, id drawbridge.InquiryID, link drawbridge.LinkID) (Asked, error) {
	if actor.Inquiry != "" {
		link = drawbridge.LinkID(actor.ID)
	}
	var out Asked
	err := d.read(ctx, actor, id, func(tx *store.Tx, q *drawbridge.Inquiry, in *drawbridge.Integration, _ access.Object) error {
		it, err := d.asked(q)
		if err != nil {
			return err
		}
		var l *drawbridge.Link
		if link != "" {
			if l, err = tx.Links().Get(string(link)); err != nil || l.Inquiry != id {
				return access.NotFound(access.Object{Kind: "link"})
			}
		}
		out = Asked{Inquiry: q.ID, Integration: in.Name, State: q.State, Due: q.Due, Note: q.Note, Items: forPartner(it, l)}
		if l != nil {
			out.Link = told(*l)
		}
		out.Progress, err = d.state(tx, q, it, l)
		return err
	})
	for i, g := range out.Progress.Answers {
		out.Progress.Answers[i] = ofPartner(g)
	}
	return out, err
}

// forPartner are the questions without what they are worth and what they prove.
func forPartner(it *questionnaire.Items, l *drawbridge.Link) questionnaire.Items {
	out := *it
	out.Questions, out.Skipped = nil, []questionnaire.Skipped{}
	for _, q := range it.Questions {
		if !may(l, q.ID) {
			continue
		}
		q.Weight, q.Controls, q.Tests = 0, nil, nil
		q.Options = slices.Clone(q.Options)
		for i := range q.Options {
			q.Options[i].Points = 0
		}
		out.Questions = append(out.Questions, q)
	}
	out.Sections = slices.DeleteFunc(slices.Clone(it.Sections), func(s questionnaire.Section) bool {
		return !slices.ContainsFunc(out.Questions, func(q questionnaire.Question) bool { return q.Section == s.ID })
	})
	return out
}

// ofPartner is an answer without the people of the organisation.
func ofPartner(g Given) Given {
	if g.Author != "" && !drawbridge.ValidID("lnk", g.Author) {
		g.Author = ""
	}
	g.Origin = ""
	return g
}

// Filter says which inquiries to list; what is empty does not restrict.
type Filter struct {
	Integration drawbridge.IntegrationID
	Review      drawbridge.ReviewID
	State       string
	Audience    string
}

// Inquiry reads one inquiry without its questions.
func (d *Desk) Inquiry(ctx context.Context, actor access.Actor, id drawbridge.InquiryID) (drawbridge.Inquiry, error) {
	var q *drawbridge.Inquiry
	err := d.door.View(ctx, action.Act{Actor: actor, Action: access.InquiryRead, On: on(id, &q)}, func(*store.Tx) error { return nil })
	if err != nil {
		return drawbridge.Inquiry{}, err
	}
	return *q, nil
}
