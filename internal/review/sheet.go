package review

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/approval"
	"drawbridge/internal/policy"
	"drawbridge/internal/store"
)

// Sheet is a review as somebody who works on it sees it, read at once.
type Sheet struct {
	Review      drawbridge.Review
	Integration drawbridge.Integration
	Status      Status // of the decision that stands
	Gate        policy.Gate
	Progress    Progress
	Tracks      []Track
	Items       Items
	Talks       []Talk
	Hidden      bool // the discussions are not for the actor
	Conditions  []drawbridge.Condition
	Roles       []Signable
	May         map[access.Action]bool // with a fresh proof of identity where one is asked for
	Names       map[string]string      // of people, by identifier
}

// Talk is a discussion with what was said in it.
type Talk struct {
	drawbridge.Thread

	Comments []drawbridge.Comment
}

// Signable is a role in which the actor could sign.
type Signable struct {
	Role drawbridge.Discipline
	For  drawbridge.PersonID // who delegated it; empty for one's own
	Why  string              // why not now; empty when they can
}

// sheetActs are what a page about a review offers.
var sheetActs = []access.Action{
	access.ReviewSubmit, access.ReviewTriage, access.ReviewReady, access.ReviewSign, access.ReviewDecide, access.ReviewWithdraw, access.ThreadWrite,
	access.ThreadResolve, access.ConditionWrite, access.RulingWrite, access.ApprovalRead, access.InquirySend,
}

// Sheet reads a review with all that a person decides it by.
func (d *Desk) Sheet(ctx context.Context, actor access.Actor, id drawbridge.ReviewID) (Sheet, error) {
	out := Sheet{Names: map[string]string{}, May: map[access.Action]bool{}}
	var l *look
	err := d.door.View(ctx, action.Act{Actor: actor, Action: access.ReviewRead, On: d.on(id, &l)}, func(tx *store.Tx) error {
		f := &filing{}
		beside := pile{
			threads:   ask(f, "discussions", tx.Threads(), is{"integration": string(l.in.ID)}),
			comments:  ask(f, "comments", tx.Comments(), is{"integration": string(l.in.ID)}),
			delegated: ask(f, "delegations", tx.Delegations(), is{"to_person": string(actor.Person), "revoked_at": ""}),
			revisions: ask(f, "revisions", tx.RevisionShelf(), is{"integration": string(l.in.ID)}),
		}
		if f.err != nil {
			return f.err
		}
		if err := l.read(f.parts...); err != nil {
			return err
		}
		l.recent = func() ([]drawbridge.Revision, error) { return beside.revisions.Items, nil }
		out.Review, out.Integration = *l.review, *l.in
		for _, c := range l.file.Conditions {
			if c.Review == l.review.ID || c.State == "open" {
				out.Conditions = append(out.Conditions, c)
			}
		}
		out.permit(l, actor)
		out.talk(l, &beside)
		if err := out.judge(l, actor); err != nil {
			return err
		}
		if err := out.offer(l, actor, beside.delegated.Items); err != nil {
			return err
		}
		return out.name(l)
	})
	return out, err
}

// pile is what is read beside the file of a review, by the same question.
type pile struct {
	threads   *drawbridge.Section[drawbridge.Thread]
	comments  *drawbridge.Section[drawbridge.Comment]
	delegated *drawbridge.Section[drawbridge.Delegation]
	revisions *drawbridge.Section[drawbridge.Revision]
}

// judge fills in where the review stands and what there is to look at.
func (s *Sheet) judge(l *look, actor access.Actor) (err error) {
	if s.Status, err = l.status(); err != nil {
		return err
	}
	slices.SortStableFunc(s.Status.Differences, func(a, b approval.Difference) int { return cmp.Compare(weight(a), weight(b)) })
	if s.Gate, err = l.gate(); err != nil {
		return err
	}
	if s.Progress, err = l.progress(); err != nil {
		return err
	}
	if s.Tracks, err = l.tracks(); err != nil {
		return err
	}
	s.Items, err = l.laid(actor.Person)
	return err
}

// permit says what the table allows the actor here, once they prove who they are.
func (s *Sheet) permit(l *look, actor access.Actor) {
	actor.Proved = l.now
	may := func(what access.Action) bool { return l.desk.door.Table().Decide(actor, what, l.object, l.now) == nil }
	for _, what := range sheetActs {
		s.May[what] = may(what)
	}
	s.Hidden = !may(access.ThreadRead)
}

// talk takes the discussions about the integration, the open ones and those of this
// review, oldest first.
func (s *Sheet) talk(l *look, beside *pile) {
	if s.Hidden {
		return
	}
	said := map[drawbridge.ThreadID][]drawbridge.Comment{}
	for _, c := range slices.Backward(beside.comments.Items) {
		said[c.Thread] = append(said[c.Thread], c)
	}
	for _, t := range slices.Backward(beside.threads.Items) {
		if t.ResolvedBy == "" || !t.CreatedAt.Before(l.review.OpenedAt) {
			s.Talks = append(s.Talks, Talk{t, said[t.ID]})
		}
	}
}

// offer lists in which roles the actor could sign, their own first.
func (s *Sheet) offer(l *look, actor access.Actor, delegated []drawbridge.Delegation) error {
	if actor.Person == "" || !s.May[access.ReviewSign] {
		return nil
	}
	counted, err := l.tally()
	if err != nil {
		return err
	}
	add := func(role drawbridge.Discipline, on drawbridge.PersonID) error {
		why, err := l.unfit(counted, role, actor.Person, on)
		s.Roles = append(s.Roles, Signable{role, on, why})
		return err
	}
	held := false
	for _, role := range l.review.Roles {
		if actor.Has(role.Reviewer()) {
			held = true
			if err := add(role, ""); err != nil {
				return err
			}
		}
	}
	if !held {
		return nil
	}
	for _, x := range delegated {
		if !x.Until.Past(l.now) && actor.Has(x.Role.Reviewer()) && slices.Contains(l.review.Roles, x.Role) {
			if err := add(x.Role, x.From); err != nil {
				return err
			}
		}
	}
	return nil
}

// name says who is who, of those who take part.
func (s *Sheet) name(l *look) error {
	who := map[drawbridge.PersonID]bool{}
	add := func(ids ...string) {
		for _, id := range ids {
			if strings.HasPrefix(id, "per_") {
				who[drawbridge.PersonID(id)] = true
			}
		}
	}
	add(string(s.Review.Requester), string(s.Integration.Owner))
	if d := s.Status.Decision; d != nil {
		add(string(d.By))
	}
	for _, x := range s.Progress.Signoffs {
		add(string(x.Person), string(x.For))
	}
	for _, x := range s.Roles {
		add(string(x.For))
	}
	for _, c := range s.Conditions {
		add(string(c.Owner))
	}
	for _, t := range s.Talks {
		add(t.OpenedBy, t.ResolvedBy)
		for _, c := range t.Comments {
			add(c.Author)
		}
	}
	ids := make([]string, 0, len(who))
	for id := range who {
		ids = append(ids, string(id))
	}
	slices.Sort(ids)
	found, err := l.tx.PersonShelf().Find(store.Query{In: map[string][]string{"id": ids}, Limit: maxRows})
	for _, p := range found {
		s.Names[string(p.ID)] = cmp.Or(p.Name, "somebody who left")
	}
	return err
}
