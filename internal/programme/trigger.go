package programme

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/store"
)

// Limits on what is written about a trigger, in bytes.
const (
	maxSource = 200
	maxProse  = 4000
)

// noticeTrigger is the kind of message about a trigger that warns or does more.
const noticeTrigger = "trigger.raised"

// NewTrigger is something that happened to an integration.
type NewTrigger struct {
	Integration drawbridge.IntegrationID
	Kind        string
	Source      string              // identifier of what happened; one source of a kind counts once
	Severity    drawbridge.Severity // empty counts as the highest
	Text        string              // in words
	Least       drawbridge.Effect   // at least this effect, as a condition or an exception says; may be empty
	Key         string
}

// TriggerView is a trigger as it stands.
type TriggerView struct {
	drawbridge.Trigger
	Text     string `json:"text"`      // what happened, in words
	ToAttest bool   `json:"to_attest"` // its effect waits for an operator's attestation
}

// facts are what a trigger keeps besides its columns.
type facts struct {
	Text string `json:"text"`
}

// errRetired is the answer for what happens to an integration that is no more.
var errRetired = drawbridge.Errorf(drawbridge.Conflict, "the integration is retired: nothing can happen to it any more")

// Raise records what somebody noticed, and opens a review when the policy says so.
func (d *Desk) Raise(ctx context.Context, actor access.Actor, n NewTrigger) (TriggerView, error) {
	v, _, err := d.raise(ctx, actor, n)
	return v, err
}

// raise is Raise; fresh tells whether the trigger is new.
func (d *Desk) raise(ctx context.Context, actor access.Actor, n NewTrigger) (v TriggerView, fresh bool, err error) {
	ws, err := d.workspace()
	if err != nil {
		return v, false, err
	}
	act := action.Act{Actor: actor, Action: access.TriggerWrite, On: on(n.Integration, "trigger"), Input: n, Key: n.Key}
	var problem error
	if n.Source, problem = drawbridge.Line(n.Source, maxSource); problem == nil {
		n.Text, problem = drawbridge.Prose(n.Text, maxProse)
	}
	switch {
	case problem != nil:
	case !slices.Contains(policy.TriggerKinds(), n.Kind):
		problem = drawbridge.Errorf(drawbridge.Invalid, "kind is %.40q; write one of %s", n.Kind, strings.Join(policy.TriggerKinds(), ", "))
	case n.Severity != "" && !slices.Contains(drawbridge.Severities(), n.Severity):
		problem = drawbridge.Errorf(drawbridge.Invalid, "severity is %.40q; write info, low, medium, high or critical", n.Severity)
	case n.Source == "" || n.Text == "":
		problem = drawbridge.Errorf(drawbridge.Invalid, "say what happened: source names it, text tells it")
	}
	n.Severity = cmp.Or(n.Severity, drawbridge.Critical)
	var had *drawbridge.Trigger
	var opens bool
	err = d.door.View(ctx, act, func(tx *store.Tx) error {
		if problem != nil {
			return problem
		}
		if had, err = known(tx, n); err != nil || had != nil {
			return err
		}
		_, opens, err = d.effect(tx, ws.Policy.Protocol(), n)
		return err
	})
	if err != nil || had != nil {
		return view(had), false, err
	}
	var opened drawbridge.ReviewID
	if opens { // first: when it fails, the next look raises the trigger again
		r, err := d.opt.Review.Open(ctx, actor, review.Opening{Integration: n.Integration, Cause: n.Kind, Source: n.Source})
		if err != nil {
			return v, false, err
		}
		opened = r.ID
	}
	t, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Trigger, error) {
		had, err := known(tx, n)
		if err != nil || had != nil {
			return *cmpOr(had), err
		}
		fresh = true
		return d.record(tx, actor, ws.Policy.Protocol(), n, opened)
	})
	return view(&t), fresh, err
}

func cmpOr(t *drawbridge.Trigger) *drawbridge.Trigger {
	if t == nil {
		return &drawbridge.Trigger{}
	}
	return t
}

// known is the trigger that the same source raised already, or nil.
func known(tx *store.Tx, n NewTrigger) (*drawbridge.Trigger, error) {
	t, err := tx.Triggers().First(store.Query{Equal: map[string]any{"integration": string(n.Integration), "kind": n.Kind, "source": n.Source}})
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		return nil, nil
	}
	return t, err
}

// effect is what the policy says of a trigger. What is not live can be neither
// narrowed nor suspended; what was never decided has nothing to reopen.
func (d *Desk) effect(tx *store.Tx, p *policy.Protocol, n NewTrigger) (drawbridge.Effect, bool, error) {
	in, err := tx.Integration(n.Integration)
	if err != nil {
		return "", false, err
	}
	if in.State == drawbridge.Retired {
		return "", false, errRetired
	}
	tier := in.Tier
	s, err := tx.Standings().Get(string(n.Integration))
	if err != nil && drawbridge.KindOf(err) != drawbridge.NotFound {
		return "", false, err
	}
	decided := s != nil && s.Decision != ""
	if decided && s.Tier != "" {
		tier = s.Tier
	}
	effect, opens := p.Effect(n.Kind, n.Severity, tier)
	if n.Least != "" && n.Least.Rank() > effect.Rank() {
		effect = n.Least
	}
	if in.State != drawbridge.Live && effect.Rank() > drawbridge.Warn.Rank() {
		effect = drawbridge.Warn
	}
	return effect, opens && decided && in.State != drawbridge.Exiting, nil
}

func (d *Desk) record(tx *store.Tx, actor access.Actor, p *policy.Protocol, n NewTrigger, opened drawbridge.ReviewID) (drawbridge.Trigger, error) {
	effect, _, err := d.effect(tx, p, n)
	if err != nil {
		return drawbridge.Trigger{}, err
	}
	data, err := json.Marshal(facts{n.Text})
	if err != nil {
		return drawbridge.Trigger{}, fmt.Errorf("encode the facts of a trigger: %w", err)
	}
	now := d.now()
	t := drawbridge.Trigger{
		ID: drawbridge.NewID("trg", now), Integration: n.Integration, Kind: n.Kind, Source: n.Source, Severity: n.Severity, Effect: effect,
		Facts: data, Review: opened, CreatedAt: now,
	}
	if err := tx.Triggers().Add(&t); err != nil {
		return t, err
	}
	if effect == drawbridge.Note {
		return t, nil
	}
	in, err := tx.Integration(n.Integration)
	if err != nil {
		return t, err
	}
	to := []drawbridge.PersonID{in.Owner}
	if acts(effect) {
		for _, role := range []drawbridge.Role{drawbridge.ProgrammeOwner, drawbridge.Operator} {
			people, err := tx.Holders(role, maxTold)
			if err != nil {
				return t, err
			}
			for i := range people {
				to = append(to, people[i].ID)
			}
		}
	}
	return t, d.tell(tx, actor, noticeTrigger, in.ID, to...)
}

// maxTold bounds how many people of a role are told of one thing.
const maxTold = 100

// acts reports whether an effect changes what is live.
func acts(e drawbridge.Effect) bool { return e.Rank() >= drawbridge.Narrow.Rank() }

func view(t *drawbridge.Trigger) TriggerView {
	if t == nil {
		return TriggerView{}
	}
	var f facts
	_ = json.Unmarshal(t.Facts, &f) // what another version kept has no text
	return TriggerView{Trigger: *t, Text: f.Text, ToAttest: acts(t.Effect) && t.Attested == "" && t.HandledAt.IsZero()}
}

// TriggerFilter says which triggers to list; what is empty does not restrict.
type TriggerFilter struct {
	Integration drawbridge.IntegrationID
	Kind        string
	Open        bool // that nobody handled
}

// Triggers lists triggers, newest first.
func (d *Desk) Triggers(ctx context.Context, actor access.Actor, f TriggerFilter, from *register.Cursor, limit int) (register.Page[TriggerView], error) {
	var out register.Page[TriggerView]
	n, err := size(limit)
	if err != nil {
		return out, err
	}
	q := store.Query{Equal: map[string]any{}, Newest: true, After: after(from), Limit: n + 1}
	if f.Integration != "" {
		q.Equal["integration"] = string(f.Integration)
	}
	if f.Kind != "" {
		q.Equal["kind"] = f.Kind
	}
	if f.Open {
		q.Equal["handled_at"] = ""
	}
	err = d.door.List(ctx, actor, access.ReviewRead, func(tx *store.Tx, s access.Scope) error {
		q.Scope = &s
		list, err := tx.Triggers().Find(q)
		views := make([]TriggerView, len(list))
		for i := range list {
			views[i] = view(&list[i])
		}
		out = paged(views, n, func(t TriggerView) register.Cursor { return register.Cursor{ID: t.ID} })
		return err
	})
	return out, err
}

// Handling is how a trigger was dealt with.
type Handling struct {
	ID      string
	Version int64
	Reason  string
	Key     string
}

// Handle closes a trigger with a reason. One that narrows or suspends what is
// live stays open until an operator attested that it was carried out, or the
// integration is suspended or gone.
func (d *Desk) Handle(ctx context.Context, actor access.Actor, h Handling) (TriggerView, error) {
	var t *drawbridge.Trigger
	find := func(tx *store.Tx) (access.Object, error) {
		var err error
		if t, err = tx.Triggers().Get(h.ID); err != nil {
			return access.Object{Kind: "trigger", ID: h.ID}, err
		}
		return register.Object(tx, t.Integration, "trigger", h.ID)
	}
	reason, problem := drawbridge.Prose(h.Reason, maxProse)
	act := action.Act{Actor: actor, Action: access.TriggerHandle, On: find, Reason: reason, Key: h.Key, Input: h}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Trigger, error) {
		switch {
		case problem != nil:
			return *t, problem
		case reason == "":
			return *t, drawbridge.Errorf(drawbridge.Invalid, "say with a reason how it was dealt with")
		case !t.HandledAt.IsZero():
			return *t, drawbridge.Errorf(drawbridge.Conflict, "the trigger was handled already, by %s", t.HandledBy)
		case h.Version != 0 && h.Version != t.Version:
			return *t, drawbridge.Errorf(drawbridge.Conflict, "somebody else changed the trigger; read it again")
		}
		if err := carriedOut(tx, t); err != nil {
			return *t, err
		}
		t.HandledBy, t.HandledAt, t.Reason = actor.ID, d.now(), reason
		return *t, tx.Triggers().Set(t)
	})
	return view(&out), err
}

// carriedOut notes the attestation that an effect was carried out. Without one,
// it refuses while the integration is live.
func carriedOut(tx *store.Tx, t *drawbridge.Trigger) error {
	if !acts(t.Effect) {
		return nil
	}
	list, err := tx.Attestations().Find(store.Query{Equal: map[string]any{"integration": string(t.Integration), "about": t.ID, "revoked_at": ""}})
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.Subject == "suspended" || a.Subject == "narrowed" && t.Effect == drawbridge.Narrow {
			t.Attested = a.ID
			return nil
		}
	}
	if in, err := tx.Integration(t.Integration); err != nil || in.State != drawbridge.Live {
		return err
	}
	done := map[drawbridge.Effect]string{drawbridge.Narrow: "narrowed", drawbridge.SuspendFlow: "suspended"}[t.Effect]
	return drawbridge.Errorf(drawbridge.Conflict, "the effect of the trigger is %s: an operator attests first that it was carried out (subject %s, about %s), or the integration is suspended",
		t.Effect, done, t.ID)
}
