package programme

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/assess"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
	"drawbridge/internal/threat"
)

// maxDocument bounds an assessment's document that is read back, in bytes.
const maxDocument = 64 << 20

// ThreatChange is one threat that differs between two assessments.
type ThreatChange struct {
	ID          string                 `json:"id"` // rule @ element
	Title       string                 `json:"title"`
	Change      string                 `json:"change"` // added, gone, changed
	OldState    drawbridge.ThreatState `json:"old_state,omitempty"`
	State       drawbridge.ThreatState `json:"state,omitempty"`
	OldSeverity drawbridge.Severity    `json:"old_severity,omitempty"`
	Severity    drawbridge.Severity    `json:"severity,omitempty"`
}

// ThreatDifference is what changed in a threat model from one assessment to another.
type ThreatDifference struct {
	Integration drawbridge.IntegrationID `json:"integration"`
	From        drawbridge.AssessmentID  `json:"from"` // empty: nobody looked before
	To          drawbridge.AssessmentID  `json:"to"`
	Added       int64                    `json:"added"`
	Gone        int64                    `json:"gone"`
	Changed     int64                    `json:"changed"`
	Threats     []ThreatChange           `json:"threats"`
}

// Threats compares the threat models of two assessments: from the one that was
// looked at last, unless it is named, to the latest.
func (d *Desk) Threats(ctx context.Context, actor access.Actor, id drawbridge.IntegrationID, from, to drawbridge.AssessmentID) (ThreatDifference, error) {
	out := ThreatDifference{Integration: id, Threats: []ThreatChange{}}
	act := action.Act{Actor: actor, Action: access.IntegrationRead, On: on(id, "integration")}
	err := d.door.View(ctx, act, func(tx *store.Tx) error {
		in, err := tx.Integration(id)
		if err != nil {
			return err
		}
		out.From, out.To = from, cmp.Or(to, in.Assessment)
		if from == "" {
			last, err := lastLook(tx, id)
			if err != nil {
				return err
			}
			out.From = last.Assessment
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	var old []threat.Threat
	if out.From != "" {
		if old, err = d.threatsOf(ctx, actor, id, out.From); err != nil {
			return out, err
		}
	}
	now, err := d.threatsOf(ctx, actor, id, out.To)
	if err != nil {
		return out, err
	}
	out.compare(old, now)
	return out, nil
}

// lastLook is the latest look at a threat model; an empty one before the first.
func lastLook(tx *store.Tx, id drawbridge.IntegrationID) (drawbridge.ThreatReview, error) {
	r, err := tx.ThreatReviews().First(store.Query{Equal: map[string]any{"integration": string(id)}, Newest: true})
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		return drawbridge.ThreatReview{}, nil
	}
	if err != nil {
		return drawbridge.ThreatReview{}, err
	}
	return *r, nil
}

// threatsOf reads the threats of an assessment that stand, or wait for an answer.
func (d *Desk) threatsOf(ctx context.Context, actor access.Actor, id drawbridge.IntegrationID, of drawbridge.AssessmentID) ([]threat.Threat, error) {
	_, r, err := d.opt.Register.Document(ctx, actor, register.ByID(id), of)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var doc assess.Assessment
	if err := json.NewDecoder(io.LimitReader(r, maxDocument)).Decode(&doc); err != nil {
		return nil, fmt.Errorf("read the threats of %s: %w", of, err)
	}
	return slices.DeleteFunc(doc.Threats, func(t threat.Threat) bool { return t.State == drawbridge.ThreatNotApplicable }), nil
}

func (x *ThreatDifference) compare(old, now []threat.Threat) {
	before := map[string]threat.Threat{}
	for _, t := range old {
		before[t.ID] = t
	}
	for _, t := range now {
		o, had := before[t.ID]
		delete(before, t.ID)
		c := ThreatChange{ID: t.ID, Title: t.Title, State: t.State, Severity: t.Severity}
		switch {
		case !had:
			c.Change = "added"
			x.Added++
		case o.State != t.State || o.Severity != t.Severity:
			c.Change, c.OldState, c.OldSeverity = "changed", o.State, o.Severity
			x.Changed++
		default:
			continue
		}
		x.Threats = append(x.Threats, c)
	}
	for _, t := range before {
		x.Gone++
		x.Threats = append(x.Threats, ThreatChange{ID: t.ID, Title: t.Title, Change: "gone", OldState: t.State, OldSeverity: t.Severity})
	}
	slices.SortFunc(x.Threats, func(a, b ThreatChange) int {
		worst := func(c ThreatChange) int { return max(c.Severity.Rank(), c.OldSeverity.Rank()) }
		return cmp.Or(cmp.Compare(worst(b), worst(a)), cmp.Compare(a.ID, b.ID))
	})
}

// ThreatLook is a look at a threat model.
type ThreatLook struct {
	Integration drawbridge.IntegrationID
	Assessment  drawbridge.AssessmentID // that was looked at; empty for the latest
	Comment     string
	Key         string
}

// ReviewThreats records that somebody looked at a threat model, with what
// changed since the last look, and when the next is due by the tier.
func (d *Desk) ReviewThreats(ctx context.Context, actor access.Actor, l ThreatLook) (drawbridge.ThreatReview, error) {
	var none drawbridge.ThreatReview
	ws, err := d.workspace()
	if err != nil {
		return none, err
	}
	comment, problem := drawbridge.Prose(l.Comment, maxProse)
	act := action.Act{Actor: actor, Action: access.ThreatReviewWrite, On: on(l.Integration, "threat_review"), Key: l.Key, Input: l}
	if err := d.door.View(ctx, act, func(*store.Tx) error { return problem }); err != nil {
		return none, err
	}
	diff, err := d.Threats(ctx, actor, l.Integration, "", l.Assessment)
	if err != nil {
		return none, err
	}
	data, err := json.Marshal(diff.Threats)
	if err != nil {
		return none, fmt.Errorf("encode the difference of threats: %w", err)
	}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.ThreatReview, error) {
		in, err := tx.Integration(l.Integration)
		if err != nil {
			return none, err
		}
		last, err := lastLook(tx, in.ID)
		if err != nil {
			return none, err
		}
		if last.Assessment != diff.From {
			return none, drawbridge.Errorf(drawbridge.Conflict, "somebody else looked at the threat model in the meantime; look at what changed since")
		}
		now := d.now()
		r := drawbridge.ThreatReview{
			ID: drawbridge.NewID("thv", now), Integration: in.ID, Assessment: diff.To, Previous: diff.From, Added: diff.Added, Gone: diff.Gone,
			Changed: diff.Changed, Difference: data, Comment: comment, By: actor.Person, CreatedAt: now,
			Next: drawbridge.DateOf(now.AddDate(0, ws.Policy.Protocol().Tier(in.Tier).Threats, 0)),
		}
		return r, tx.ThreatReviews().Add(&r)
	})
	return out, err
}

// ThreatReviews lists the looks at a threat model, newest first.
func (d *Desk) ThreatReviews(ctx context.Context, actor access.Actor, id drawbridge.IntegrationID, from *register.Cursor, limit int) (register.Page[drawbridge.ThreatReview], error) {
	var out register.Page[drawbridge.ThreatReview]
	n, err := size(limit)
	if err != nil {
		return out, err
	}
	act := action.Act{Actor: actor, Action: access.IntegrationRead, On: on(id, "integration")}
	err = d.door.View(ctx, act, func(tx *store.Tx) error {
		list, err := tx.ThreatReviews().Find(store.Query{Equal: map[string]any{"integration": string(id)}, Newest: true, After: after(from), Limit: n + 1})
		out = paged(list, n, func(r drawbridge.ThreatReview) register.Cursor { return register.Cursor{ID: r.ID} })
		return err
	})
	return out, err
}
