package review

import (
	"context"
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/approval"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// Status is where an integration stands, computed as it is read.
type Status struct {
	Integration drawbridge.IntegrationID `json:"integration"`
	Decision    *drawbridge.Decision     `json:"decision"`    // the latest that was not superseded; nil before the first
	Stale       bool                     `json:"stale"`       // what was signed is not what is there now
	Differences []approval.Difference    `json:"differences"` // between the two, in words
	Expired     bool                     `json:"expired"`     // its last day is past
	OpenReview  *drawbridge.Review       `json:"open_review"` // nil when none is open
	Overdue     bool                     `json:"overdue"`     // the open review is past its day
}

// Approved reports whether an approval holds: not stale and within its days.
func (s *Status) Approved() bool {
	return s.Decision != nil && approves(s.Decision.Outcome) && !s.Stale && !s.Expired
}

// Words are the differences that make it stale, in words.
func (s *Status) Words() []string {
	var out []string
	for _, d := range s.Differences {
		if d.Kind.Stale() {
			out = append(out, d.Text)
		}
	}
	return out
}

// approves reports whether an outcome lets something go live.
func approves(s drawbridge.ReviewState) bool {
	return s == drawbridge.Approved || s == drawbridge.ApprovedWithConditions
}

// Status reads where an integration stands.
func (d *Desk) Status(tx *store.Tx, id drawbridge.IntegrationID) (Status, error) {
	in, err := tx.Integration(id)
	if err != nil {
		return Status{}, err
	}
	return d.look(tx, in, nil).status()
}

// status is [Desk.Status] of what is looked at.
func (l *look) status() (Status, error) {
	out := Status{Integration: l.in.ID, Differences: []approval.Difference{}}
	s, err := l.tx.Standings().Get(string(l.in.ID))
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	if s.Review != "" {
		if out.OpenReview, err = l.tx.Reviews().Get(string(s.Review)); err != nil {
			return out, err
		}
		out.Overdue = out.OpenReview.Due != "" && out.OpenReview.Due.Past(l.now)
	}
	if s.Decision == "" {
		return out, nil
	}
	if out.Decision, err = l.tx.Decisions().Get(string(s.Decision)); err != nil {
		return out, err
	}
	out.Expired = out.Decision.Until != "" && out.Decision.Until.Past(l.now)
	present, err := l.present()
	if err != nil {
		return out, err
	}
	differences, err := l.differences(out.Decision, present.View, present.lastPass)
	out.Differences = append(out.Differences, differences...)
	out.Stale = approves(out.Decision.Outcome) && approval.Stale(differences)
	return out, err
}

// Standing reads where one integration stands.
func (d *Desk) Standing(ctx context.Context, actor access.Actor, id drawbridge.IntegrationID) (Status, error) {
	var out Status
	act := action.Act{Actor: actor, Action: access.ReviewRead, On: onIntegration(id)}
	err := d.door.View(ctx, act, func(tx *store.Tx) (err error) {
		out, err = d.Status(tx, id)
		return err
	})
	return out, err
}

func onIntegration(id drawbridge.IntegrationID) func(*store.Tx) (access.Object, error) {
	return func(tx *store.Tx) (access.Object, error) { return register.Object(tx, id, "integration", string(id)) }
}

// GateAnswer is what the server says about one content digest: what was decided,
// and its own assessment beside it.
type GateAnswer struct {
	Integration drawbridge.IntegrationID `json:"integration"`
	Answer      approval.Answer          `json:"answer"`
	Advice      register.GateAnswer      `json:"advice"`
}

// Gate answers whether exactly this content digest is approved: the one that was
// decided, or a revision of the record that only narrows it.
func (d *Desk) Gate(ctx context.Context, actor access.Actor, ref register.Ref, digest string) (GateAnswer, error) {
	advice, err := d.opt.Register.Gate(ctx, actor, ref, digest)
	if err != nil {
		return GateAnswer{}, err
	}
	out := GateAnswer{Integration: advice.Integration, Advice: advice}
	act := action.Act{Actor: actor, Action: access.ApprovalRead, On: onIntegration(advice.Integration)}
	err = d.door.View(ctx, act, func(tx *store.Tx) error {
		in, err := tx.Integration(advice.Integration)
		if err != nil {
			return err
		}
		out.Answer, err = d.look(tx, in, nil).answer(digest)
		return err
	})
	return out, err
}

// answer is what was decided about a digest.
func (l *look) answer(digest string) (approval.Answer, error) {
	out := approval.Answer{Digest: digest, Conditions: []approval.Condition{}, Differences: []approval.Difference{}, Reasons: []string{}}
	rev, err := l.tx.RevisionByContent(l.in.ID, digest)
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		out.Status, out.Reasons = approval.Unknown, []string{"The server holds no revision with this digest; push it."}
		return out, nil
	}
	if err != nil {
		return out, err
	}
	s, err := l.tx.Standings().Get(string(l.in.ID))
	if err != nil && drawbridge.KindOf(err) != drawbridge.NotFound {
		return out, err
	}
	if s == nil || s.Decision == "" {
		return out.Judge("", l.now), nil
	}
	d, err := l.tx.Decisions().Get(string(s.Decision))
	if err != nil {
		return out, err
	}
	out.Decided, out.Decision, out.Review, out.Tier, out.NotBefore, out.Until = d.Content, d.ID, d.Review, d.Tier, d.CreatedAt, d.Until
	if approves(d.Outcome) {
		if err := l.compare(&out, d, rev); err != nil {
			return out, err
		}
	}
	return out.Judge(d.Outcome, l.now), nil
}

// compare fills in what differs from the decision to a revision, and what the
// decision still asks for. Of a revision that is not the head nothing was
// assessed since, so the tier is the one that was signed.
func (l *look) compare(out *approval.Answer, d *drawbridge.Decision, rev *drawbridge.Revision) error {
	present, err := l.present()
	if err != nil {
		return err
	}
	asked := present.View
	if rev.ID != l.in.Head {
		f, err := l.desk.facts(rev)
		if err != nil {
			return err
		}
		signed, err := l.desk.signed(d.View)
		if err != nil {
			return err
		}
		asked.Manifest, asked.Tier = f.material, signed.Tier
	}
	differences, err := l.differences(d, asked, present.lastPass)
	if err != nil {
		return err
	}
	out.Differences = append(out.Differences, differences...)
	out.Conditions, err = l.open(d.ID)
	return err
}

// open lists the open conditions of a decision.
func (l *look) open(id drawbridge.DecisionID) ([]approval.Condition, error) {
	list, err := l.conditions()
	out := []approval.Condition{}
	for _, c := range slices.Backward(list) {
		if c.Decision == id && c.State == "open" {
			out = append(out, approval.Condition{ID: c.ID, Text: c.Text, Before: c.Before, Due: c.Due})
		}
	}
	return out, err
}
