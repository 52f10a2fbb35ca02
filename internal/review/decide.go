package review

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/approval"
	"drawbridge/internal/seal"
)

// Term is a condition that comes with a decision.
type Term struct {
	Text     string                `json:"text"`
	Before   bool                  `json:"before_live"` // to be met before go-live; otherwise after it
	Owner    drawbridge.PersonID   `json:"owner"`       // empty for the requester
	Verifier drawbridge.Discipline `json:"verifier"`
	Check    string                `json:"check"` // a live check that settles it; may be empty
	Due      drawbridge.Date       `json:"due"`
	Breach   drawbridge.Effect     `json:"breach"` // empty for warn
}

// maxTerms bounds the conditions of one decision.
const maxTerms = 50

// Verdict is what an approver decides.
type Verdict struct {
	Review    drawbridge.ReviewID
	Outcome   drawbridge.ReviewState
	Rationale string
	View      string          // digest of the view that the approver looked at
	Until     drawbridge.Date // last day, when it is to end before the tier's rhythm does
	Terms     []Term
	Key       string
}

// verdicts are the steps that decide.
var verdicts = map[drawbridge.ReviewState]string{
	drawbridge.Approved: stepApprove, drawbridge.ApprovedWithConditions: stepConditions, drawbridge.Rejected: stepReject, drawbridge.Deferred: stepDefer,
}

// Decide ends a review. The decision is about exactly the view that was signed, and
// an approval is written as a signed file.
func (d *Desk) Decide(ctx context.Context, actor access.Actor, v Verdict) (drawbridge.Decision, error) {
	problem := v.check(d.now())
	return act(ctx, d, actor, access.ReviewDecide, Step{Review: v.Review, Key: v.Key}, v, func(l *look) (drawbridge.Decision, error) {
		if problem != nil {
			return drawbridge.Decision{}, problem
		}
		return l.decide(actor, v)
	})
}

func (v *Verdict) check(now time.Time) error {
	var err error
	bad := func(format string, args ...any) error { return drawbridge.Errorf(drawbridge.Invalid, format, args...) }
	if v.Rationale, err = drawbridge.Prose(v.Rationale, maxText); err != nil || v.Rationale == "" {
		return cmp.Or(err, bad("say why: a decision needs its reasons"))
	}
	if verdicts[v.Outcome] == "" {
		return bad("%.40q is no decision: write approved, approved_with_conditions, rejected or deferred", v.Outcome)
	}
	if v.Until != "" {
		if _, err := drawbridge.ParseDate(string(v.Until)); err != nil || v.Until.Past(now) {
			return bad("until: %.40q is no day to come", v.Until)
		}
	}
	if len(v.Terms) > maxTerms || len(v.Terms) > 0 && v.Outcome != drawbridge.ApprovedWithConditions {
		return bad("conditions, at most %d, come with approved_with_conditions alone", maxTerms)
	}
	for i := range v.Terms {
		if err := v.Terms[i].check(now); err != nil {
			return bad("condition %d: %w", i+1, err)
		}
	}
	return nil
}

func (t *Term) check(now time.Time) error {
	var err error
	if t.Text, err = drawbridge.Prose(t.Text, maxText); err != nil || t.Text == "" {
		return cmp.Or(err, drawbridge.Errorf(drawbridge.Invalid, "say what has to be done"))
	}
	if t.Check, err = drawbridge.Line(t.Check, maxLine); err != nil {
		return err
	}
	t.Breach = cmp.Or(t.Breach, drawbridge.Warn)
	switch _, err := drawbridge.ParseDate(string(t.Due)); {
	case err != nil || t.Due.Past(now):
		return drawbridge.Errorf(drawbridge.Invalid, "due: %.40q is no day to come", t.Due)
	case !t.Verifier.Valid():
		return drawbridge.Errorf(drawbridge.Invalid, "verifier: %.40q is none; write security, privacy, legal, product or operations", t.Verifier)
	case !slices.Contains(drawbridge.Effects(), t.Breach):
		return drawbridge.Errorf(drawbridge.Invalid, "breach: %.40q is no effect; write note, warn, narrow or suspend", t.Breach)
	}
	return nil
}

func (l *look) decide(actor access.Actor, v Verdict) (drawbridge.Decision, error) {
	var none drawbridge.Decision
	present, err := l.present()
	if err != nil {
		return none, err
	}
	if v.View != present.digest {
		return none, drawbridge.Errorf(drawbridge.Conflict, "the view that you looked at is not the present one any more: look again, and decide on %s", present.digest)
	}
	rev := &l.file.Head
	l.decider, l.adding = actor.Person, len(v.Terms)
	d := &drawbridge.Decision{
		ID: drawbridge.DecisionID(drawbridge.NewID("dec", l.now)), Review: l.review.ID, Integration: l.in.ID, Revision: rev.ID, Outcome: v.Outcome,
		Content: rev.Content, Material: rev.Material, View: present.digest, Tier: l.review.Tier, Roles: l.review.Roles,
		Rationale: v.Rationale, By: actor.Person, CreatedAt: l.now,
	}
	if approves(v.Outcome) {
		d.Until = l.until(v.Until)
	}
	l.review.Decision, l.review.EndedAt, l.review.Revision = d.ID, l.now, rev.ID
	if err := l.take(verdicts[v.Outcome]); err != nil {
		return none, err
	}
	counted, err := l.tally()
	if err != nil {
		return none, err
	}
	for _, c := range counted {
		if c.Counts {
			d.Signoffs = append(d.Signoffs, c.ID)
		}
	}
	if err := l.keepView(present); err != nil {
		return none, err
	}
	if err := l.bind(d, v.Terms); err != nil {
		return none, err
	}
	if approves(v.Outcome) {
		if err := l.approve(d, present, counted); err != nil {
			return none, err
		}
	}
	if err := l.stand(d); err != nil {
		return none, err
	}
	if err := l.tx.Decisions().Add(d); err != nil {
		return none, err
	}
	return *d, l.tell(actor, noticeDecided, l.requester, l.reviewers)
}

// until is the last day of an approval: by the rhythm, or earlier when asked.
func (l *look) until(asked drawbridge.Date) drawbridge.Date {
	last := drawbridge.DateOf(months(l.now, int(l.review.Months)))
	if asked != "" && asked < last {
		return asked
	}
	return last
}

// months keeps to the month that is meant: 31 August and six months is the last
// day of February.
func months(t time.Time, n int) time.Time {
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

// bind ties the conditions of the review to its decision, and writes those that
// come with it.
func (l *look) bind(d *drawbridge.Decision, terms []Term) error {
	for i := range l.file.Conditions {
		if c := &l.file.Conditions[i]; c.Review == l.review.ID && c.Decision == "" {
			c.Decision, c.UpdatedAt = d.ID, l.now
			if err := l.tx.Conditions().Set(c); err != nil {
				return err
			}
		}
	}
	for i := range terms {
		c, err := l.term(&terms[i], d.ID)
		if err != nil {
			return drawbridge.Errorf(drawbridge.KindOf(err), "condition %d: %w", i+1, err)
		}
		l.file.Conditions = slices.Insert(l.file.Conditions, 0, c)
	}
	return nil
}

// approve writes the signed approval file.
func (l *look) approve(d *drawbridge.Decision, present *view, counted []Counted) error {
	f, err := l.facts()
	if err != nil {
		return err
	}
	a := &approval.Approval{
		Version: approval.FileVersion, Integration: f.slug, Environment: f.environment, Decision: d.ID, Review: d.Review, Outcome: d.Outcome,
		Content: d.Content, Material: d.Material, View: d.View, Manifest: f.material, Tier: d.Tier, Conditions: l.open(d.ID),
		NotBefore: d.CreatedAt, Until: d.Until, Packs: present.Packs,
	}
	for _, c := range counted {
		if c.Counts {
			a.Signoffs = append(a.Signoffs, approval.Signoff{Role: c.Role, Person: c.Person, For: c.For, At: c.CreatedAt})
		}
	}
	data, err := approval.Sign(l.desk.door.Keys(), a)
	if err != nil {
		return err
	}
	d.Approval = seal.Digest(data)
	return l.keep("approval", data, d.Approval)
}

// stand makes the decision the one that counts. What was put off leaves an approval
// standing until it ends by itself.
func (l *look) stand(d *drawbridge.Decision) error {
	s := &l.file.Standing
	s.Review, s.Danger = "", 0
	if d.Outcome != drawbridge.Deferred || !approves(s.Outcome) {
		d.Superseded = s.Decision
		s.Decision, s.Outcome, s.Tier, s.Until, s.Freshness, s.Compared = d.ID, d.Outcome, d.Tier, d.Until, fresh, l.in.Head
	}
	return l.desk.setStanding(l.tx, s)
}

// fileName is the name of the file of an approval.
func fileName(slug, environment string, id drawbridge.DecisionID) string {
	return strings.Join([]string{slug, environment, string(id)}, "-") + ".approval.json"
}
