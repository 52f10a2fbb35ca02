package register

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/assess"
	"drawbridge/internal/store"
	"drawbridge/internal/threat"
)

// maxRuling bounds the reason of a ruling, in bytes.
const maxRuling = 4000

// ClaimTests are the claims of an integration beside their tests, as they were
// assessed last.
type ClaimTests struct {
	Integration drawbridge.IntegrationID `json:"integration"`
	Assessment  drawbridge.AssessmentID  `json:"assessment"`
	AsOf        time.Time                `json:"as_of"`
	Claims      []assess.ClaimTest       `json:"claims"`
}

// Claims lays what is claimed of an integration beside what was tested.
func (d *Desk) Claims(ctx context.Context, actor access.Actor, ref Ref) (ClaimTests, error) {
	a, r, err := d.Document(ctx, actor, ref, "")
	if err != nil {
		return ClaimTests{}, err
	}
	defer r.Close()
	leave, err := d.enter(ctx)
	if err != nil {
		return ClaimTests{}, err
	}
	defer leave()
	out := ClaimTests{Integration: a.Integration, Assessment: a.ID, AsOf: a.AsOf, Claims: []assess.ClaimTest{}}
	var doc struct {
		Claims []assess.ClaimTest `json:"claims"`
	}
	if err := json.NewDecoder(r).Decode(&doc); err != nil {
		return out, fmt.Errorf("read the assessment %s: %w", a.ID, err)
	}
	out.Claims = append(out.Claims, doc.Claims...)
	return out, nil
}

// NewRuling is what a reviewer finds of a check that failed.
type NewRuling struct {
	Ref         Ref
	Fingerprint string                // of one failure; or
	Check       string                // of all failures of a check
	Element     string                // on an interface
	Refuted     bool                  // the test is wrong; otherwise the failure stands
	Role        drawbridge.Discipline // in which the reviewer rules; empty when they have one alone
	Reason      string
	Key         string // idempotency key
}

// Rule records what a named reviewer finds of failures: one ruling for each, so
// that a failure that comes later is not covered.
func (d *Desk) Rule(ctx context.Context, actor access.Actor, r NewRuling) ([]drawbridge.Ruling, error) {
	var in *drawbridge.Integration
	var o access.Object
	reason, problem := drawbridge.Prose(r.Reason, maxRuling)
	if problem == nil && reason == "" {
		problem = drawbridge.Errorf(drawbridge.Invalid, "say why: a ruling needs a reason")
	}
	if (r.Fingerprint == "") == (r.Check == "" || r.Element == "") {
		problem = drawbridge.Errorf(drawbridge.Invalid, "name the fingerprint of a failure, or a check and an interface")
	}
	act := action.Act{
		Actor: actor, Action: access.RulingWrite, Reason: reason, Key: r.Key,
		Input: map[string]any{"integration": string(r.Ref.ID), "slug": r.Ref.Slug, "environment": r.Ref.Environment, "fingerprint": r.Fingerprint, "check": r.Check, "element": r.Element, "refuted": r.Refuted, "role": string(r.Role)},
		On: func(tx *store.Tx) (_ access.Object, err error) {
			in, o, err = find(tx, r.Ref)
			return o, err
		},
	}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) ([]drawbridge.Ruling, error) {
		if problem != nil {
			return nil, problem
		}
		if slices.Contains(o.Owners, actor.Person) {
			return nil, drawbridge.Errorf(drawbridge.Denied, "whoever asks for an integration does not rule on its tests: ask another reviewer")
		}
		role, err := ruleAs(tx, actor, r.Role)
		if err != nil {
			return nil, err
		}
		fails, err := failures(tx, in.ID, r)
		if err != nil {
			return nil, err
		}
		var out []drawbridge.Ruling
		for _, f := range fails {
			x := drawbridge.Ruling{
				ID: drawbridge.NewID("rul", d.now()), Integration: in.ID, Fingerprint: f.Fingerprint, Check: f.Check, Element: f.Element,
				Refuted: r.Refuted, Role: role, By: actor.Person, Reason: reason, CreatedAt: d.now(),
			}
			if err := tx.Rulings().Add(&x); err != nil {
				return nil, err
			}
			out = append(out, x)
		}
		if err := d.notice(tx, actor, noticeRuled, in.ID, in.Owner); err != nil {
			return nil, err
		}
		return out, d.Touch(tx, in.ID)
	})
	return out, err
}

// ruleAs is the discipline in which a reviewer rules, by the roles that they have now.
func ruleAs(tx *store.Tx, actor access.Actor, want drawbridge.Discipline) (drawbridge.Discipline, error) {
	p, err := tx.Person(actor.Person)
	if err != nil {
		return "", err
	}
	var has []drawbridge.Discipline
	for _, x := range drawbridge.Disciplines() {
		if slices.Contains(p.Roles, x.Reviewer()) {
			has = append(has, x)
		}
	}
	switch {
	case want == "" && len(has) == 1:
		return has[0], nil
	case want == "":
		return "", drawbridge.Errorf(drawbridge.Invalid, "name the discipline in which you rule: you review in %d", len(has))
	case !slices.Contains(has, want):
		return "", drawbridge.Errorf(drawbridge.Denied, "you do not review in %.40q", want)
	}
	return want, nil
}

// failures finds the failures that stand and that a ruling names; one that was
// ruled on already is refused.
func failures(tx *store.Tx, in drawbridge.IntegrationID, r NewRuling) ([]threat.Live, error) {
	of := func(more string, v any) store.Query {
		return store.Query{Equal: map[string]any{"integration": string(in), more: v}, Limit: maxGrounds}
	}
	runs, err := tx.Runs().Find(of("stands", true))
	if err != nil {
		return nil, err
	}
	rulings, err := tx.Rulings().Find(of("revoked_at", ""))
	if err != nil {
		return nil, err
	}
	var out []threat.Live
	ruled := 0
	for i := range runs {
		list, err := Verdicts(&runs[i])
		if err != nil {
			return nil, err
		}
		for _, v := range list {
			named := v.Fingerprint == r.Fingerprint || r.Fingerprint == "" && v.Check == r.Check && v.Element == r.Element
			switch {
			case v.Verdict != drawbridge.Fail || !named:
			case slices.ContainsFunc(rulings, func(x drawbridge.Ruling) bool { return x.Fingerprint == v.Fingerprint }):
				ruled++
			case !slices.ContainsFunc(out, func(o threat.Live) bool { return o.Fingerprint == v.Fingerprint }):
				out = append(out, v)
			}
		}
	}
	switch {
	case len(out) > 0:
		return out, nil
	case ruled > 0:
		return nil, drawbridge.Errorf(drawbridge.Conflict, "a reviewer ruled on it already: revoke that ruling first")
	}
	return nil, drawbridge.Errorf(drawbridge.NotFound, "no check failed there, in any run that was handed in and still stands")
}

// Rulings lists the rulings on an integration's tests, newest first, with those
// that were revoked.
func (d *Desk) Rulings(ctx context.Context, actor access.Actor, ref Ref, after *Cursor, limit int) (Page[drawbridge.Ruling], error) {
	return ofIntegration(ctx, d, actor, ref, after, limit,
		func(tx *store.Tx) store.Shelf[drawbridge.Ruling] { return tx.Rulings() }, func(r drawbridge.Ruling) string { return r.ID })
}

// Revocation is why a ruling is taken back, over the version that was read.
type Revocation struct {
	Version int64
	Reason  string
	Key     string // idempotency key
}

// RevokeRuling takes a ruling back: the failure counts again.
func (d *Desk) RevokeRuling(ctx context.Context, actor access.Actor, ref Ref, id string, v Revocation) (drawbridge.Ruling, error) {
	var in *drawbridge.Integration
	var r *drawbridge.Ruling
	reason, problem := drawbridge.Prose(v.Reason, maxRuling)
	act := action.Act{
		Actor: actor, Action: access.RulingWrite, Reason: reason, Key: v.Key, Input: map[string]any{"ruling": id, "revoke": v.Version},
		On: func(tx *store.Tx) (o access.Object, err error) {
			if in, o, err = find(tx, ref); err != nil {
				return o, err
			}
			r, err = tx.Rulings().Get(id)
			if drawbridge.KindOf(err) == drawbridge.NotFound || err == nil && r.Integration != in.ID {
				return o, notFound("ruling")
			}
			o.Kind, o.ID = "ruling", id
			return o, err
		},
	}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Ruling, error) {
		switch {
		case problem != nil:
			return *r, problem
		case reason == "":
			return *r, drawbridge.Errorf(drawbridge.Invalid, "say why the ruling is taken back")
		case !r.RevokedAt.IsZero():
			return *r, drawbridge.Errorf(drawbridge.Conflict, "the ruling was revoked already")
		}
		r.Version, r.RevokedAt = v.Version, d.now()
		if err := tx.Rulings().Set(r); err != nil {
			return *r, err
		}
		if err := d.notice(tx, actor, noticeRuled, in.ID, in.Owner); err != nil {
			return *r, err
		}
		return *r, d.Touch(tx, in.ID)
	})
	return out, err
}
