package dossier

import (
	"context"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// Bounds of discussions.
const (
	maxComment  = 10_000 // bytes
	maxComments = 1000   // of one thread
	maxMentions = 20
	maxOpen     = 500 // threads about one integration that are not resolved
)

// parts are kinds of objects of a manifest, a questionnaire or an assessment: they
// are named by a key and have no record of their own.
var parts = []string{"flow", "interface", "system", "control", "threat", "finding", "question", "claim", "field"}

// NewThread opens a discussion.
type NewThread struct {
	Integration drawbridge.IntegrationID // that the object belongs to; may be left out for a record
	Inquiry     drawbridge.InquiryID     // whose question it is; needed to share it
	Kind        string                   // of the object
	Object      string                   // its identifier or key
	Title       string
	Text        string // the first comment
	Blocks      bool
	Shared      bool
	Mentions    []drawbridge.PersonID
	Key         string `json:"-"`
}

// Talk is a thread with a page of its comments, oldest first.
type Talk struct {
	Thread   drawbridge.Thread                 `json:"thread"`
	Comments register.Page[drawbridge.Comment] `json:"comments"`
}

// said bounds a comment and the people it names.
func said(actor access.Actor, s string, mentions []drawbridge.PersonID) (string, error) {
	s, err := text("text", s, maxComment)
	switch {
	case err != nil:
		return s, err
	case s == "":
		return s, invalid("text: write what there is to say")
	case len(mentions) > maxMentions:
		return s, invalid("mentions: at most %d people can be named", maxMentions)
	case len(mentions) > 0 && actor.Person == "":
		return s, invalid("mentions: only people with an account can name others")
	}
	return s, nil
}

// Open begins a discussion about an object that the actor may see.
func (d *Desk) Open(ctx context.Context, actor access.Actor, n NewThread) (drawbridge.Thread, error) {
	id := drawbridge.ThreadID(drawbridge.NewID("thr", d.now()))
	if actor.Inquiry != "" { // the partner speaks about its own questions, to everybody who reviews
		n.Inquiry, n.Shared, n.Blocks = actor.Inquiry, true, false
	}
	problem := n.form()
	var words string
	if problem == nil {
		words, problem = said(actor, n.Text, n.Mentions)
	}
	act := action.Act{Actor: actor, Action: access.ThreadWrite, Key: n.Key, Input: n, On: func(tx *store.Tx) (access.Object, error) {
		return d.about(tx, actor, &n, string(id))
	}}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Thread, error) {
		if problem != nil {
			return drawbridge.Thread{}, problem
		}
		return d.begin(tx, actor, n, id, words)
	})
	return out, err
}

// begin writes a new thread with its first comment.
func (d *Desk) begin(tx *store.Tx, actor access.Actor, n NewThread, id drawbridge.ThreadID, words string) (drawbridge.Thread, error) {
	t := drawbridge.Thread{
		ID: id, Integration: n.Integration, Inquiry: n.Inquiry, Kind: n.Kind, Object: n.Object, Title: n.Title, Blocks: n.Blocks,
		Shared: n.Shared, OpenedBy: who(actor), CreatedAt: d.now(), UpdatedAt: d.now(),
	}
	if err := crowded(tx, &t); err != nil {
		return t, err
	}
	if err := tx.Threads().Add(&t); err != nil {
		return t, err
	}
	to, err := hosts(tx, &t)
	if err != nil {
		return t, err
	}
	return t, d.say(tx, actor, &t, words, n.Mentions, "thread.opened", to)
}

// Begin is [Desk.Open] within an act of a desk above, which asked whether the actor
// may, and says which integration the object belongs to.
func (d *Desk) Begin(tx *store.Tx, actor access.Actor, n NewThread) (drawbridge.Thread, error) {
	if err := n.form(); err != nil {
		return drawbridge.Thread{}, err
	}
	words, err := said(actor, n.Text, n.Mentions)
	if err != nil {
		return drawbridge.Thread{}, err
	}
	return d.begin(tx, actor, n, drawbridge.ThreadID(drawbridge.NewID("thr", d.now())), words)
}

// crowded refuses one more thread where there are too many.
func crowded(tx *store.Tx, t *drawbridge.Thread) error {
	where := map[string]any{"integration": t.Integration, "resolved_by": ""}
	if t.Integration == "" {
		where["object"] = t.Object
	}
	n, err := tx.Threads().Count(store.Query{Equal: where})
	if err == nil && n >= maxOpen {
		err = drawbridge.Errorf(drawbridge.Limited, "%d discussions are open here, as many as there may be: resolve some first", n)
	}
	return err
}

// hosts are who should know of a new thread: the owner of the integration, and
// who asked the partner.
func hosts(tx *store.Tx, t *drawbridge.Thread) (to []drawbridge.PersonID, err error) {
	if t.Integration != "" {
		in, err := tx.Integration(t.Integration)
		if err != nil {
			return nil, err
		}
		to = append(to, in.Owner)
	}
	if t.Inquiry != "" {
		q, err := tx.Inquiries().Get(string(t.Inquiry))
		if err != nil {
			return nil, err
		}
		to = append(to, q.SentBy)
	}
	return to, nil
}

// about finds the object of a new thread, and holds the thread to it.
func (d *Desk) about(tx *store.Tx, actor access.Actor, n *NewThread, id string) (access.Object, error) {
	none := access.NotFound(access.Object{Kind: "thread"})
	var at place
	h, record := homes[n.Kind]
	switch {
	case record:
		var err error
		if at, err = h.find(tx, n.Object); err != nil {
			return access.Object{}, err
		}
		if n.Integration != "" && n.Integration != at.integration || n.Inquiry != "" && n.Inquiry != at.inquiry {
			return access.Object{}, none
		}
		n.Integration = at.integration
	case n.Inquiry != "":
		q, err := tx.Inquiries().Get(string(n.Inquiry))
		if err != nil {
			return access.Object{}, err
		}
		if n.Integration != "" && n.Integration != q.Integration {
			return access.Object{}, none
		}
		n.Integration = q.Integration
		h.see, at = access.InquiryRead, place{integration: q.Integration, inquiry: q.ID}
	case n.Integration == "":
		return access.Object{}, none
	default:
		h.see, at = access.IntegrationRead, place{integration: n.Integration}
	}
	o, err := at.object(tx, n.Kind, n.Object)
	if err != nil {
		return o, err
	}
	// Whoever may not see the object learns nothing of it.
	if err := d.door.Table().Decide(actor, h.see, o, d.now()); err != nil {
		return o, none
	}
	o.Kind, o.ID = "thread", id
	if n.Inquiry = at.inquiry; !n.Shared {
		n.Inquiry, o.Inquiry = "", ""
	} else if n.Inquiry == "" {
		return o, invalid("shared: this %s came through no questionnaire, so there is no partner to share it with", n.Kind)
	}
	return o, nil
}

// form holds the kind and the key of a thread's object to what there is.
func (n *NewThread) form() error {
	_, record := homes[n.Kind]
	if !record && !slices.Contains(parts, n.Kind) {
		return invalid("kind: %.40q has no discussions; these have: %s", n.Kind, strings.Join(Kinds(), ", "))
	}
	if key, err := line("object", n.Object, maxTitle); err != nil || key == "" {
		return invalid("object: name the %s by its identifier or its key", n.Kind)
	}
	var err error
	if n.Title, err = line("title", n.Title, maxTitle); err != nil {
		return err
	}
	if n.Title == "" {
		return invalid("title: say in a line what it is about")
	}
	if n.Shared && !slices.Contains([]string{"question", "answer", "inquiry", "evidence"}, n.Kind) {
		return invalid("shared: only discussions of a question, an answer or a document of a questionnaire are shared with the partner")
	}
	return nil
}

// Kinds lists the kinds of objects that can be discussed.
func Kinds() []string {
	out := slices.Clone(parts)
	for k := range homes {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// say adds a comment and tells who should know of it.
func (d *Desk) say(tx *store.Tx, actor access.Actor, t *drawbridge.Thread, words string, mentions []drawbridge.PersonID, kind string, to []drawbridge.PersonID) error {
	c := drawbridge.Comment{
		ID: drawbridge.NewID("cmt", d.now()), Thread: t.ID, Integration: t.Integration, Text: words, Author: who(actor), CreatedAt: d.now(),
	}
	if err := tx.Comments().Add(&c); err != nil {
		return err
	}
	for _, m := range mentions {
		p, err := tx.Person(m)
		if drawbridge.KindOf(err) == drawbridge.NotFound || err == nil && (p.Disabled || p.Erased) {
			return invalid("mentions: there is nobody with an open account by the identifier %.40q", m)
		}
		if err != nil {
			return err
		}
	}
	link := "/threads/" + string(t.ID)
	if err := d.tell(tx, actor, "thread.mentioned", "thread", string(t.ID), link, mentions...); err != nil {
		return err
	}
	to = slices.DeleteFunc(to, func(p drawbridge.PersonID) bool { return slices.Contains(mentions, p) })
	return d.tell(tx, actor, kind, "thread", string(t.ID), link, to...)
}

// onThread reads a thread together with the object that decides who may see it.
func onThread(id drawbridge.ThreadID, at **drawbridge.Thread) func(*store.Tx) (access.Object, error) {
	return func(tx *store.Tx) (access.Object, error) {
		t, err := tx.Threads().Get(string(id))
		if err != nil {
			return access.Object{}, err
		}
		*at = t
		return place{integration: t.Integration, inquiry: t.Inquiry}.object(tx, "thread", string(id))
	}
}

// NewComment is a contribution to a discussion.
type NewComment struct {
	Text     string
	Mentions []drawbridge.PersonID
	Key      string `json:"-"`
}

// Reply adds to a discussion that is open. What was said stays as it was said.
func (d *Desk) Reply(ctx context.Context, actor access.Actor, id drawbridge.ThreadID, n NewComment) (drawbridge.Thread, error) {
	var t *drawbridge.Thread
	words, problem := said(actor, n.Text, n.Mentions)
	act := action.Act{Actor: actor, Action: access.ThreadWrite, Key: n.Key, Input: map[string]any{"thread": id, "comment": n}, On: onThread(id, &t)}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Thread, error) {
		switch {
		case problem != nil:
			return *t, problem
		case t.ResolvedBy != "":
			return *t, drawbridge.Errorf(drawbridge.Conflict, "this discussion was resolved: open a new one")
		}
		had, err := tx.Comments().Find(store.Query{Equal: map[string]any{"thread": t.ID}, Limit: maxComments})
		if err != nil {
			return *t, err
		}
		if len(had) >= maxComments {
			return *t, drawbridge.Errorf(drawbridge.Limited, "this discussion has %d comments, as many as there may be: resolve it and open a new one", len(had))
		}
		to := []drawbridge.PersonID{drawbridge.PersonID(t.OpenedBy)}
		for _, c := range had {
			to = append(to, drawbridge.PersonID(c.Author))
		}
		if err := d.say(tx, actor, t, words, n.Mentions, "thread.replied", to); err != nil {
			return *t, err
		}
		t.UpdatedAt = d.now()
		return *t, tx.Threads().Set(t)
	})
	return out, err
}

// Resolve ends a discussion. One that blocks is ended by who opened it or by a
// reviewer, never by who is reviewed.
func (d *Desk) Resolve(ctx context.Context, actor access.Actor, id drawbridge.ThreadID, c Change) (drawbridge.Thread, error) {
	var t *drawbridge.Thread
	reason, problem := text("reason", c.Reason, maxStatement)
	act := action.Act{
		Actor: actor, Action: access.ThreadResolve, Reason: reason, Key: c.Key, On: onThread(id, &t), Input: map[string]any{"thread": id, "version": c.Version},
	}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Thread, error) {
		switch {
		case problem != nil:
			return *t, problem
		case t.ResolvedBy != "":
			return *t, drawbridge.Errorf(drawbridge.Conflict, "this discussion was resolved already")
		case t.Blocks && t.OpenedBy != who(actor) && !reviews(tx, actor, t.Integration):
			return *t, drawbridge.Errorf(drawbridge.Denied, "this discussion blocks the review: who opened it resolves it, or a reviewer who has no part in the integration")
		}
		t.Version, t.ResolvedBy, t.ResolvedAt, t.UpdatedAt = c.Version, who(actor), d.now(), d.now()
		if err := tx.Threads().Set(t); err != nil {
			return *t, err
		}
		return *t, d.tell(tx, actor, "thread.resolved", "thread", string(t.ID), "/threads/"+string(t.ID), drawbridge.PersonID(t.OpenedBy))
	})
	return out, err
}

// reviews reports whether the actor looks at what others bring, by their roles as
// they are now: who owns an integration, changes it or asked for it is reviewed
// there, whatever else they review.
func reviews(tx *store.Tx, actor access.Actor, in drawbridge.IntegrationID) bool {
	p, err := tx.Person(actor.Person)
	if err != nil || !slices.ContainsFunc(p.Roles, func(r drawbridge.Role) bool {
		return r == drawbridge.ProgrammeOwner || strings.HasPrefix(string(r), "reviewer_")
	}) {
		return false
	}
	if in == "" {
		return true
	}
	o, err := register.Object(tx, in, "integration", string(in))
	if err != nil || slices.Contains(o.Owners, actor.Person) {
		return false
	}
	last, err := tx.Reviews().First(store.Query{Equal: map[string]any{"integration": string(in)}, Newest: true})
	return drawbridge.KindOf(err) == drawbridge.NotFound || err == nil && last.Requester != actor.Person
}

// Blocking lists the open discussions that keep an integration's review from
// becoming ready.
func Blocking(tx *store.Tx, in drawbridge.IntegrationID) ([]drawbridge.Thread, error) {
	return tx.Threads().Find(store.Query{Equal: map[string]any{"integration": in, "blocks": true, "resolved_by": ""}, Limit: maxOpen})
}

// ThreadFilter says which discussions to list; what is empty does not restrict.
type ThreadFilter struct {
	Integration drawbridge.IntegrationID
	Inquiry     drawbridge.InquiryID
	Kind        string
	Object      string
	Open        bool // only what is not resolved
	Blocks      bool // only what blocks
}

// Threads lists discussions that the actor may see, newest first.
func (d *Desk) Threads(ctx context.Context, actor access.Actor, f ThreadFilter, from *register.Cursor, limit int) (register.Page[drawbridge.Thread], error) {
	var out register.Page[drawbridge.Thread]
	size, err := sized(limit)
	if err != nil {
		return out, err
	}
	q := store.Query{Equal: map[string]any{}, After: after(from), Newest: true, Limit: size + 1}
	for column, v := range map[string]string{"integration": string(f.Integration), "inquiry": string(f.Inquiry), "kind": f.Kind, "object": f.Object} {
		if v != "" {
			q.Equal[column] = v
		}
	}
	if f.Open {
		q.Equal["resolved_by"] = ""
	}
	if f.Blocks {
		q.Equal["blocks"] = true
	}
	read := func(tx *store.Tx) error {
		list, err := tx.Threads().Find(q)
		out = paged(list, size, func(t drawbridge.Thread) string { return string(t.ID) })
		return err
	}
	if actor.Inquiry != "" { // a link sees what is shared with its inquiry
		q.Equal["inquiry"] = string(actor.Inquiry)
		act := action.Act{Actor: actor, Action: access.ThreadRead, Object: access.Object{Kind: "thread", Inquiry: actor.Inquiry}}
		err = d.door.View(ctx, act, read)
		return out, err
	}
	err = d.door.List(ctx, actor, access.ThreadRead, func(tx *store.Tx, s access.Scope) error {
		q.Scope = &s
		return read(tx)
	})
	return out, err
}

// Thread reads a discussion with a page of what was said in it.
func (d *Desk) Thread(ctx context.Context, actor access.Actor, id drawbridge.ThreadID, from *register.Cursor, limit int) (Talk, error) {
	var out Talk
	size, err := sized(limit)
	if err != nil {
		return out, err
	}
	var t *drawbridge.Thread
	err = d.door.View(ctx, action.Act{Actor: actor, Action: access.ThreadRead, On: onThread(id, &t)}, func(tx *store.Tx) error {
		list, err := tx.Comments().Find(store.Query{Equal: map[string]any{"thread": id}, After: after(from), Limit: size + 1})
		out = Talk{Thread: *t, Comments: paged(list, size, func(c drawbridge.Comment) string { return c.ID })}
		return err
	})
	return out, err
}
