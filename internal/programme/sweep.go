package programme

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/approval"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// batch is how many records of a kind are read at once.
const batch = 5000

// Sweep finds what became due, by computation, and raises a trigger for each:
// once, however often it runs. It goes on after a failure and returns them all.
func (d *Desk) Sweep(ctx context.Context, actor access.Actor) (raised int, err error) {
	due, err := d.dues(ctx, actor)
	if err != nil {
		return 0, err
	}
	decided, err := d.decided(ctx, actor)
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, n := range due {
		_, fresh, err := d.raise(ctx, actor, n)
		if fresh {
			raised++
		}
		if errors.Is(err, errRetired) {
			continue // what is still due about it concerns nobody
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			failed = append(failed, fmt.Errorf("%s of %s: %w", n.Kind, n.Integration, err))
		}
		if ctx.Err() != nil {
			return raised, errors.Join(failed...)
		}
	}
	for _, id := range decided {
		n, err := d.Look(ctx, actor, id)
		raised += n
		if err != nil {
			failed = append(failed, fmt.Errorf("standing of %s: %w", id, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return raised, errors.Join(failed...)
}

// each reads a whole kind, or what a query selects of it, part by part.
func each[T any](shelf store.Shelf[T], q store.Query, id func(*T) string, fn func(*T) error) error {
	q.Limit = batch
	for {
		list, err := shelf.Find(q)
		if err != nil {
			return err
		}
		for i := range list {
			if err := fn(&list[i]); err != nil {
				return err
			}
		}
		if len(list) < batch {
			return nil
		}
		q.After = id(&list[len(list)-1])
	}
}

func (d *Desk) decided(ctx context.Context, actor access.Actor) (out []drawbridge.IntegrationID, err error) {
	err = d.door.List(ctx, actor, access.ReviewRead, func(tx *store.Tx, s access.Scope) error {
		return each(tx.Standings(), store.Query{Scope: &s}, standingID, func(s *drawbridge.Standing) error {
			if approves(s.Outcome) {
				out = append(out, s.ID)
			}
			return nil
		})
	})
	return out, err
}

func standingID(s *drawbridge.Standing) string { return string(s.ID) }

func approves(s drawbridge.ReviewState) bool {
	return s == drawbridge.Approved || s == drawbridge.ApprovedWithConditions
}

// Look compares what was decided about one integration with what is there now,
// raises a trigger for each kind of difference that voids the decision, and keeps
// the word for lists.
func (d *Desk) Look(ctx context.Context, actor access.Actor, id drawbridge.IntegrationID) (raised int, err error) {
	var due []NewTrigger
	act := action.Act{Actor: actor, Action: access.ReviewRead, On: on(id, "integration")}
	err = d.door.View(ctx, act, func(tx *store.Tx) error {
		due, err = d.stale(tx, id)
		return err
	})
	for _, n := range due {
		_, fresh, problem := d.raise(ctx, actor, n)
		if fresh {
			raised++
		}
		err = errors.Join(err, problem)
	}
	return raised, errors.Join(err, d.opt.Review.Compare(ctx, actor, id))
}

// partKinds is the kind of trigger for each part of the material view.
var partKinds = map[string]string{
	"manifest": "widening", "answer": "widening", "tier": "widening", "evidence": "evidence", "check": "check", "exception": "exception", "condition": "condition",
}

// stale lists the triggers for an integration whose decision is stale. The same
// differences are the same source.
func (d *Desk) stale(tx *store.Tx, id drawbridge.IntegrationID) ([]NewTrigger, error) {
	in, err := tx.Integration(id)
	if err != nil || in.State == drawbridge.Retired {
		return nil, err
	}
	s, err := d.opt.Review.Status(tx, id)
	if err != nil || s.Decision == nil || !s.Stale {
		return nil, err
	}
	byKind := map[string][]approval.Difference{}
	for _, x := range s.Differences {
		if x.Kind.Stale() {
			byKind[partKinds[x.Part]] = append(byKind[partKinds[x.Part]], x)
		}
	}
	var out []NewTrigger
	for _, kind := range sortedKeys(byKind) {
		n := NewTrigger{Integration: id, Kind: kind, Severity: drawbridge.High}
		var keys, texts []string
		for _, x := range byKind[kind] {
			keys, texts = append(keys, x.Key+"\x00"+x.New), append(texts, x.Text)
		}
		switch kind {
		case "check":
			n.Severity, err = worstCheck(tx, id, byKind[kind])
		case "exception":
			n.Least, err = breach(tx, id, byKind[kind])
		case "evidence":
			n.Severity = drawbridge.Medium
		}
		if err != nil {
			return nil, err
		}
		slices.Sort(keys)
		n.Source = string(s.Decision.ID) + " " + seal.Digest([]byte(strings.Join(keys, "\x00")))[7:23]
		n.Text = shorten(strings.Join(texts, "\n"))
		out = append(out, n)
	}
	return out, nil
}

// shorten keeps a text of the system's own within what a trigger holds.
func shorten(s string) string {
	if len(s) > maxProse {
		s = strings.ToValidUTF8(s[:maxProse-3], "") + "…"
	}
	return s
}

// worstCheck is the highest severity among the findings of checks that fail.
// One that only aged is of medium severity.
func worstCheck(tx *store.Tx, id drawbridge.IntegrationID, list []approval.Difference) (drawbridge.Severity, error) {
	findings, err := tx.Findings(store.FindingList{Scope: access.Scope{All: true}, Integration: id, Source: "check", Limit: batch})
	worst := drawbridge.Medium
	for _, x := range list {
		check, _, _ := strings.Cut(x.Key, "@")
		for _, f := range findings {
			if x.Kind == approval.Regressed && f.Rule == check && f.Severity.Rank() > worst.Rank() {
				worst = f.Severity
			}
		}
	}
	return worst, err
}

// breach is the strongest effect that the exceptions asked for which are over.
func breach(tx *store.Tx, id drawbridge.IntegrationID, list []approval.Difference) (worst drawbridge.Effect, err error) {
	for _, x := range list {
		e, err := tx.Exceptions().First(store.Query{Equal: map[string]any{"integration": string(id), "covers": x.Key}, Newest: true})
		if drawbridge.KindOf(err) == drawbridge.NotFound {
			continue
		}
		if err != nil {
			return "", err
		}
		if e.Breach != "" && (worst == "" || e.Breach.Rank() > worst.Rank()) {
			worst = e.Breach
		}
	}
	return worst, nil
}

// Assigned raises that others answer for an integration now. Before anything was
// decided about it there is nothing that rests on who they are.
func (d *Desk) Assigned(ctx context.Context, actor access.Actor, id drawbridge.IntegrationID, source string) error {
	n := NewTrigger{Integration: id, Kind: "ownership", Source: source, Severity: drawbridge.Medium}
	rests := false
	err := d.door.View(ctx, action.Act{Actor: actor, Action: access.ReviewRead, On: on(id, "integration")}, func(tx *store.Tx) error {
		in, err := tx.Integration(id)
		if err != nil {
			return err
		}
		s, err := tx.Standings().Get(string(id))
		if drawbridge.KindOf(err) == drawbridge.NotFound {
			return nil
		}
		rests = err == nil && s.Decision != "" && in.State != drawbridge.Retired
		n.Text = fmt.Sprintf("Others answer for the integration than when it was decided; its owner is %s.", in.Owner)
		return err
	})
	if err != nil || !rests {
		return err
	}
	_, _, err = d.raise(ctx, actor, n)
	return err
}

// Noticed raises what a partner's notice means for the integrations that it is about.
func (d *Desk) Noticed(ctx context.Context, actor access.Actor, id string) error {
	var due []NewTrigger
	err := d.door.List(ctx, actor, access.NoticeRead, func(tx *store.Tx, _ access.Scope) error {
		n, err := tx.Notices().Get(id)
		if err != nil {
			return err
		}
		c := &collector{desk: d, tx: tx, now: d.now()}
		err = c.notice(n)
		due = c.out
		return err
	})
	for _, n := range due {
		_, _, problem := d.raise(ctx, actor, n)
		err = errors.Join(err, problem)
	}
	return err
}

// noticeUses are the integrations that a notice names.
func noticeUses(n *drawbridge.Notice) []drawbridge.IntegrationID {
	var f struct {
		Uses []drawbridge.IntegrationID `json:"integrations"`
	}
	_ = json.Unmarshal(n.Facts, &f) // a notice without facts is about all
	return f.Uses
}
