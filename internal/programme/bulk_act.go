package programme

import (
	"context"
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/store"
)

// What an act asks for, as the parameters of a bulk and of its forms are called.
const (
	NeedPerson  = "person"
	NeedReason  = "reason"
	NeedTrigger = "kind" // and its severity
	NeedRuling  = "refuted"
	NeedExpires = "expires" // and what is done instead
)

// BulkAct is an act that can be done to many things at once.
type BulkAct struct {
	Name  string
	List  string        // of what
	Says  string        // what it does, as a button says it
	May   access.Action // what it takes, for each of them
	Needs []string
	Undo  bool // it can be taken back
}

// bulkAct is one of them with its work. prepare runs in the transaction that
// writes down what is asked for, and tells what leaves nothing to do.
type bulkAct struct {
	BulkAct

	prepare func(t *turn, tx *store.Tx) (left string, err error)
	do      func(ctx context.Context, t *turn) error
	undo    func(ctx context.Context, t *turn) error
	back    func(t *turn, tx *store.Tx) (left string, err error) // prepare of undo
}

// turn is one item in its turn.
type turn struct {
	desk  *Desk
	actor access.Actor
	bulk  *store.Bulk
	item  *drawbridge.BulkItem
	key   string // idempotency key of the item
}

func (t *turn) ref() register.Ref { return register.ByID(t.item.Integration) }

// The lists of which bulks are made.
const (
	BulkIntegrations = "integrations"
	BulkFindings     = "findings"
	BulkMessages     = "messages"
)

// bulkActs is the table. What asks for judgement of each thing, like accepting
// evidence or signing, is not in it.
func bulkActs() []bulkAct {
	return []bulkAct{
		{
			BulkAct: BulkAct{Name: "owner", List: BulkIntegrations, Says: "Assign an owner", May: access.IntegrationAssign, Needs: []string{NeedPerson}, Undo: true},
			prepare: prepareOwner, do: doOwner, back: backOwner, undo: undoOwner,
		},
		{
			BulkAct: BulkAct{Name: "add-member", List: BulkIntegrations, Says: "Add a member", May: access.IntegrationAssign, Needs: []string{NeedPerson}, Undo: true},
			prepare: prepareJoin, do: doMembers, back: backJoin, undo: doMembers,
		},
		{
			BulkAct: BulkAct{Name: "remove-member", List: BulkIntegrations, Says: "Remove a member", May: access.IntegrationAssign, Needs: []string{NeedPerson}, Undo: true},
			prepare: prepareLeave, do: doMembers, back: backLeave, undo: doMembers,
		},
		{
			BulkAct: BulkAct{Name: "assess", List: BulkIntegrations, Says: "Assess anew", May: access.IntegrationAssess},
			do:      doAssess,
		},
		{
			BulkAct: BulkAct{Name: "review", List: BulkIntegrations, Says: "Open a review", May: access.ReviewOpen, Needs: []string{NeedReason}, Undo: true},
			prepare: prepareReview, do: doReview, back: backReview, undo: undoReview,
		},
		{
			BulkAct: BulkAct{Name: "trigger", List: BulkIntegrations, Says: "Say what happened", May: access.TriggerWrite, Needs: []string{NeedTrigger, NeedReason}},
			do:      doTrigger,
		},
		{
			BulkAct: BulkAct{Name: "rule", List: BulkFindings, Says: "Rule on the tests", May: access.RulingWrite, Needs: []string{NeedRuling, NeedReason}, Undo: true},
			do:      doRule, back: backRule, undo: undoRule,
		},
		{
			BulkAct: BulkAct{Name: "except", List: BulkFindings, Says: "Propose an exception", May: access.ExceptionPropose, Needs: []string{NeedExpires, NeedReason}},
			prepare: prepareExcept, do: doExcept,
		},
		{
			BulkAct: BulkAct{Name: "read", List: BulkMessages, Says: "Mark as read", May: access.InboxRead, Undo: true},
			prepare: prepareMark(true), do: doMark(true), back: prepareMark(false), undo: doMark(false),
		},
		{
			BulkAct: BulkAct{Name: "unread", List: BulkMessages, Says: "Mark as unread", May: access.InboxRead, Undo: true},
			prepare: prepareMark(false), do: doMark(false), back: prepareMark(true), undo: doMark(true),
		},
	}
}

// BulkActs lists what can be done to many things at once, of one list or, by "", of all.
func BulkActs(list string) (out []BulkAct) {
	for _, a := range bulkActs() {
		if list == "" || a.List == list {
			out = append(out, a.BulkAct)
		}
	}
	return out
}

// BulkActNames lists their names.
func BulkActNames() (out []string) {
	for _, a := range bulkActs() {
		out = append(out, a.Name)
	}
	return out
}

// actOf is the act of a name; one that another version knew does nothing.
func actOf(name string) *bulkAct {
	for _, a := range bulkActs() {
		if a.Name == name {
			return &a
		}
	}
	return &bulkAct{do: func(context.Context, *turn) error {
		return drawbridge.Errorf(drawbridge.Invalid, "this server does not know the act %.40q", name)
	}}
}

// check holds the parameters to the act.
func (a *bulkAct) check(w *drawbridge.BulkWith) (err error) {
	needs := func(n string) bool { return slices.Contains(a.Needs, n) }
	switch {
	case needs(NeedPerson) && w.Person == "":
		return drawbridge.Errorf(drawbridge.Invalid, "say who: %s needs a person", a.Name)
	case needs(NeedTrigger) && !slices.Contains(policy.TriggerKinds(), w.Kind):
		return drawbridge.Errorf(drawbridge.Invalid, "kind is %.40q: say what kind of thing happened, like incident", w.Kind)
	case needs(NeedTrigger) && w.Severity != "" && w.Severity.Rank() < 0:
		return drawbridge.Errorf(drawbridge.Invalid, "severity is %.40q; write info, low, medium, high or critical", w.Severity)
	case needs(NeedRuling) && w.Role != "" && !w.Role.Valid():
		return drawbridge.Errorf(drawbridge.Invalid, "role is %.40q, which is no discipline of a review", w.Role)
	}
	if needs(NeedExpires) {
		if _, err := drawbridge.ParseDate(string(w.Expires)); err != nil {
			return drawbridge.Errorf(drawbridge.Invalid, "expires is %.40q; write the last day as YYYY-MM-DD", w.Expires)
		}
	}
	w.Instead, err = drawbridge.Prose(w.Instead, maxProse)
	return err
}

func prepareOwner(t *turn, tx *store.Tx) (string, error) {
	in, err := tx.Integration(t.item.Integration)
	if err != nil {
		return "", err
	}
	t.item.Memo = drawbridge.BulkMemo{Version: in.Version, Owner: in.Owner}
	if in.Owner == t.bulk.With.Person {
		return "that person answers for it already", nil
	}
	return "", nil
}

func doOwner(ctx context.Context, t *turn) error {
	return t.assign(ctx, register.Assignment{Owner: t.bulk.With.Person})
}

func (t *turn) assign(ctx context.Context, to register.Assignment) error {
	to.Version, to.Reason, to.Key = t.item.Memo.Version, t.bulk.Reason, t.key
	_, err := t.desk.opt.Register.Assign(ctx, t.actor, t.ref(), to)
	return err
}

// errChanged is the answer where something has changed since it was done.
func errChanged(how string) error {
	return drawbridge.Errorf(drawbridge.Conflict, "it has changed since: %s", how)
}

func backOwner(t *turn, tx *store.Tx) (string, error) {
	in, err := tx.Integration(t.item.Integration)
	if err != nil {
		return "", err
	}
	t.item.Memo.Version = in.Version
	switch {
	case in.Owner != t.bulk.With.Person:
		return "", errChanged("somebody else answers for it now")
	case t.item.Memo.Owner == "":
		return "", drawbridge.Errorf(drawbridge.Conflict, "nobody answered for it before")
	}
	return "", nil
}

func undoOwner(ctx context.Context, t *turn) error {
	return t.assign(ctx, register.Assignment{Owner: t.item.Memo.Owner})
}

// members reads them into the memo, and reports whether the person of the bulk is among them.
func (t *turn) members(tx *store.Tx) (bool, error) {
	in, err := tx.Integration(t.item.Integration)
	if err != nil {
		return false, err
	}
	list, err := tx.Members(in.ID)
	t.item.Memo.Version, t.item.Memo.Members = in.Version, nil
	for _, m := range list {
		t.item.Memo.Members = append(t.item.Memo.Members, m.Person)
	}
	return slices.Contains(t.item.Memo.Members, t.bulk.With.Person), err
}

func prepareJoin(t *turn, tx *store.Tx) (string, error) {
	is, err := t.members(tx)
	if err != nil || is {
		return "that person is a member already", err
	}
	t.item.Memo.Members = append(t.item.Memo.Members, t.bulk.With.Person)
	return "", nil
}

func prepareLeave(t *turn, tx *store.Tx) (string, error) {
	is, err := t.members(tx)
	if err != nil || !is {
		return "that person is no member", err
	}
	t.item.Memo.Members = slices.DeleteFunc(t.item.Memo.Members, func(p drawbridge.PersonID) bool { return p == t.bulk.With.Person })
	return "", nil
}

func backJoin(t *turn, tx *store.Tx) (string, error) {
	left, err := prepareLeave(t, tx)
	if err == nil && left != "" {
		err = errChanged("that person is no member any more")
	}
	return "", err
}

func backLeave(t *turn, tx *store.Tx) (string, error) {
	left, err := prepareJoin(t, tx)
	if err == nil && left != "" {
		err = errChanged("that person is a member again")
	}
	return "", err
}

// doMembers asks for the members that were written down.
func doMembers(ctx context.Context, t *turn) error {
	members := append([]drawbridge.PersonID{}, t.item.Memo.Members...) // none is none, also after it was read back
	return t.assign(ctx, register.Assignment{Members: &members})
}

func doAssess(ctx context.Context, t *turn) error {
	out, err := t.desk.opt.Register.Assess(ctx, t.actor, t.ref(), t.key)
	t.item.Memo.Made = string(out.Assessment.ID)
	return err
}

func prepareReview(t *turn, tx *store.Tx) (string, error) {
	s, err := tx.Standings().Get(string(t.item.Integration))
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		return "", nil
	}
	if err == nil && s.Review != "" {
		return "a review of it is open already", nil
	}
	return "", err
}

func doReview(ctx context.Context, t *turn) error {
	r, err := t.desk.opt.Review.Open(ctx, t.actor, review.Opening{Integration: t.item.Integration, Cause: "request", Source: t.bulk.ID, Reason: t.bulk.Reason, Key: t.key})
	t.item.Memo.Made, t.item.Memo.Version = string(r.ID), r.Version
	return err
}

func backReview(t *turn, tx *store.Tx) (string, error) {
	r, err := tx.Reviews().Get(t.item.Memo.Made)
	switch {
	case err != nil:
		return "", err
	case !r.State.Open():
		return "", errChanged("the review has ended")
	case r.Version != t.item.Memo.Version:
		return "", errChanged("somebody went on with the review")
	}
	return "", nil
}

func undoReview(ctx context.Context, t *turn) error {
	_, err := t.desk.opt.Review.Withdraw(ctx, t.actor, review.Step{
		Review: drawbridge.ReviewID(t.item.Memo.Made), Version: t.item.Memo.Version, Reason: t.bulk.Reason, Key: t.key,
	})
	return err
}

func doTrigger(ctx context.Context, t *turn) error {
	v, err := t.desk.Raise(ctx, t.actor, NewTrigger{
		Integration: t.item.Integration, Kind: t.bulk.With.Kind, Source: t.bulk.ID, Severity: t.bulk.With.Severity, Text: t.bulk.Reason, Key: t.key,
	})
	t.item.Memo.Made = v.ID
	return err
}

// fingerprint is that of an item that is a finding.
func (t *turn) fingerprint() string { return t.item.Subject[len(t.item.Integration)+1:] }

func doRule(ctx context.Context, t *turn) error {
	list, err := t.desk.opt.Register.Rule(ctx, t.actor, register.NewRuling{
		Ref: t.ref(), Fingerprint: t.fingerprint(), Refuted: t.bulk.With.Refuted, Role: t.bulk.With.Role, Reason: t.bulk.Reason, Key: t.key,
	})
	if err == nil && len(list) > 0 {
		t.item.Memo.Made = list[0].ID // one fingerprint has one
	}
	return err
}

func backRule(t *turn, tx *store.Tx) (string, error) {
	r, err := tx.Rulings().Get(t.item.Memo.Made)
	if err != nil {
		return "", err
	}
	t.item.Memo.Version = r.Version
	if !r.RevokedAt.IsZero() {
		return "", errChanged("the ruling was revoked")
	}
	return "", nil
}

func undoRule(ctx context.Context, t *turn) error {
	_, err := t.desk.opt.Register.RevokeRuling(ctx, t.actor, t.ref(), t.item.Memo.Made, register.Revocation{Version: t.item.Memo.Version, Reason: t.bulk.Reason, Key: t.key})
	return err
}

func prepareExcept(t *turn, tx *store.Tx) (string, error) {
	list, err := tx.Exceptions().Find(store.Query{Equal: map[string]any{"integration": string(t.item.Integration), "covers": t.fingerprint()}})
	for _, x := range list {
		if x.State == "proposed" || x.Holds(t.desk.now()) {
			return "an exception is proposed or holds already", err
		}
	}
	return "", err
}

func doExcept(ctx context.Context, t *turn) error {
	x, err := t.desk.opt.Lifecycle.Propose(ctx, t.actor, drawbridge.Exception{
		Integration: t.item.Integration, Covers: t.fingerprint(), Reason: t.bulk.Reason, Compensating: t.bulk.With.Instead, Expires: t.bulk.With.Expires,
	}, t.key)
	t.item.Memo.Made = x.ID
	return err
}

func prepareMark(read bool) func(*turn, *store.Tx) (string, error) {
	return func(t *turn, tx *store.Tx) (string, error) {
		m, err := tx.Message(drawbridge.MessageID(t.item.Subject))
		if err == nil && m.Person == t.actor.Person && m.ReadAt.IsZero() != read {
			return "it is so already", nil
		}
		return "", err
	}
}

func doMark(read bool) func(context.Context, *turn) error {
	return func(ctx context.Context, t *turn) error {
		if t.desk.marks.Set == nil {
			return drawbridge.Errorf(drawbridge.Unavailable, "messages cannot be marked here")
		}
		return t.desk.marks.Set(ctx, t.actor, drawbridge.MessageID(t.item.Subject), read)
	}
}
