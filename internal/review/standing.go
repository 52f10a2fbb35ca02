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
	l, err := d.look(tx, in, nil)
	if err != nil {
		return Status{}, err
	}
	return l.status()
}

// StatusOf is [Desk.Status] by a file that was read.
func (d *Desk) StatusOf(tx *store.Tx, f *File) (Status, error) {
	l := &look{desk: d, tx: tx, now: d.now(), in: f.Integration}
	l.over(f)
	return l.status()
}

// status is [Desk.Status] of what is looked at.
func (l *look) status() (Status, error) {
	out := Status{Integration: l.in.ID, Differences: []approval.Difference{}, Decision: l.file.Decision, OpenReview: l.file.Open}
	out.Overdue = out.OpenReview != nil && out.OpenReview.Due != "" && out.OpenReview.Due.Past(l.now)
	if out.Decision == nil {
		return out, nil
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
	var in *drawbridge.Integration
	act := action.Act{Actor: actor, Action: access.ReviewRead, On: register.On(register.ByID(id), &in)}
	err := d.door.View(ctx, act, func(tx *store.Tx) error {
		l, err := d.look(tx, in, nil)
		if err == nil {
			out, err = l.status()
		}
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
	var out GateAnswer
	var in *drawbridge.Integration
	var object access.Object
	act := action.Act{Actor: actor, Action: access.IntegrationRead, On: func(tx *store.Tx) (_ access.Object, err error) {
		object, err = register.On(ref, &in)(tx)
		return object, err
	}}
	err := d.door.View(ctx, act, func(tx *store.Tx) error {
		if err := d.door.Table().Decide(actor, access.ApprovalRead, object, d.now()); err != nil {
			return err
		}
		rev, err := tx.RevisionByContent(in.ID, digest)
		if err != nil && drawbridge.KindOf(err) != drawbridge.NotFound {
			return err
		}
		l, err := d.look(tx, in, nil)
		if err != nil {
			return err
		}
		out.Integration = in.ID
		if out.Advice, err = d.opt.Register.Advice(in, rev, &l.file.Assessment, digest); err != nil {
			return err
		}
		out.Answer, err = l.answer(rev, digest)
		return err
	})
	return out, err
}

// answer is what was decided about a digest, whose latest revision is rev, while
// the integration is in use.
func (l *look) answer(rev *drawbridge.Revision, digest string) (approval.Answer, error) {
	out := approval.Answer{Digest: digest, Conditions: []approval.Condition{}, Differences: []approval.Difference{}, Reasons: []string{}}
	if rev == nil {
		out.Status, out.Reasons = approval.Unknown, []string{"The server holds no revision with this digest; push it."}
		return out.In(l.in.State), nil
	}
	d := l.file.Decision
	if d == nil {
		return out.Judge("", l.now).In(l.in.State), nil
	}
	out.Decided, out.Decision, out.Review, out.Tier, out.NotBefore, out.Until = d.Content, d.ID, d.Review, d.Tier, d.CreatedAt, d.Until
	if approves(d.Outcome) {
		if err := l.compare(&out, d, rev); err != nil {
			return out, err
		}
	}
	return out.Judge(d.Outcome, l.now).In(l.in.State), nil
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
	out.Conditions = l.open(d.ID)
	return nil
}

// open lists the open conditions of a decision, oldest first.
func (l *look) open(id drawbridge.DecisionID) []approval.Condition {
	out := []approval.Condition{}
	for _, c := range slices.Backward(l.file.Conditions) {
		if c.Decision == id && c.State == "open" {
			out = append(out, approval.Condition{ID: c.ID, Text: c.Text, Before: c.Before, Due: c.Due})
		}
	}
	return out
}
