package portfolio

import (
	"context"
	"regexp"
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// The states of a risk.
const (
	RiskOpen     = "open"
	RiskTreating = "treating"
	RiskAccepted = "accepted"
	RiskClosed   = "closed"
)

// RiskStates lists the states of a risk in order.
func RiskStates() []string { return []string{RiskOpen, RiskTreating, RiskAccepted, RiskClosed} }

// riskMoves is the table of transitions of a risk, from where it stands as it
// reads today.
var riskMoves = map[string][]string{
	RiskOpen:     {RiskTreating, RiskAccepted, RiskClosed},
	RiskTreating: {RiskOpen, RiskAccepted, RiskClosed},
	RiskAccepted: {RiskOpen, RiskTreating, RiskAccepted, RiskClosed},
	RiskClosed:   {RiskOpen},
}

// treatments are what can be done about a risk.
var treatments = []string{"mitigate", "accept", "transfer", "avoid"}

const noticeRisk = "risk.assigned"

// RiskEdit is a risk as somebody wants it.
type RiskEdit struct {
	Risk    drawbridge.Risk // with the Version that was read, to change it
	Finding string          // fingerprint of the finding that it is made from; only for a new one
	Reason  string
	Key     string
}

// AddRisk enters a risk into the register.
func (d *Desk) AddRisk(ctx context.Context, actor access.Actor, in RiskEdit) (drawbridge.RiskView, error) {
	r := in.Risk
	now := d.now()
	r.ID, r.State, r.CreatedAt = drawbridge.NewID("rsk", now), RiskOpen, now
	r.Exceptions, r.Acceptance, r.ClosedBy, r.ClosingReason, r.Held = nil, "", "", "", nil
	e := edited{actor, access.RiskWrite, in.Reason, in.Key, map[string]any{"risk": in.Risk, "finding": in.Finding}}
	return write(ctx, d, e, onRisk(&r), func(tx *store.Tx) (drawbridge.RiskView, error) {
		if in.Finding != "" {
			if err := fromFinding(tx, &r, in.Finding); err != nil {
				return drawbridge.RiskView{}, err
			}
		}
		if r.Partner == "" {
			i, err := tx.Integration(r.Integration)
			if err != nil {
				return drawbridge.RiskView{}, err
			}
			r.Partner = i.Partner
		}
		if err := d.settle(tx, actor, &r, nil); err != nil {
			return drawbridge.RiskView{}, err
		}
		err := tx.Risks().Add(&r)
		return d.read(r, nil), err
	})
}

// likely says for a severity how likely a finding's risk is and how bad, until
// somebody knows better.
var likely = map[drawbridge.Severity][2]int64{
	drawbridge.Critical: {4, 5}, drawbridge.High: {4, 4}, drawbridge.Medium: {3, 3}, drawbridge.Low: {2, 2}, drawbridge.Info: {1, 1},
}

// fromFinding fills in what the finding says and the person did not.
func fromFinding(tx *store.Tx, r *drawbridge.Risk, fingerprint string) error {
	f, err := tx.Finding(r.Integration, fingerprint)
	if err != nil {
		return err
	}
	fill := func(at *string, text string) {
		if *at == "" {
			*at = text
		}
	}
	fill(&r.Event, f.Title)
	fill(&r.Cause, "finding "+f.Rule+" at "+f.Element)
	fill(&r.Category, "security")
	if r.Likelihood == 0 {
		r.Likelihood = likely[f.Severity][0]
	}
	if r.Impact == 0 {
		r.Impact = likely[f.Severity][1]
	}
	if !slices.Contains(r.Findings, f.Fingerprint) {
		r.Findings = append(slices.Clone(r.Findings), f.Fingerprint)
	}
	return nil
}

// EditRisk changes a risk over the version that was read; its state stays.
func (d *Desk) EditRisk(ctx context.Context, actor access.Actor, in RiskEdit) (drawbridge.RiskView, error) {
	var had drawbridge.Risk
	e := edited{actor, access.RiskWrite, in.Reason, in.Key, map[string]any{"risk": in.Risk}}
	return write(ctx, d, e, findRisk(in.Risk.ID, &had), func(tx *store.Tx) (drawbridge.RiskView, error) {
		r := had
		if had.State == RiskClosed {
			return drawbridge.RiskView{}, drawbridge.Errorf(drawbridge.Conflict, "the risk is closed: open it again before it changes")
		}
		w := in.Risk
		r.Version, r.Cause, r.Event, r.Consequence, r.Category = w.Version, w.Cause, w.Event, w.Consequence, w.Category
		r.Likelihood, r.Impact, r.Residual, r.ResidualTo = w.Likelihood, w.Impact, w.Residual, w.ResidualTo
		r.Treatment, r.Plan, r.Owner, r.Due, r.Findings = w.Treatment, w.Plan, w.Owner, w.Due, w.Findings
		return d.setRisk(tx, actor, &r, &had)
	})
}

// RiskMove brings a risk into another state.
type RiskMove struct {
	ID        string
	Version   int64
	To        string
	Exception string // on which an acceptance rests
	Reason    string
	Key       string
}

// MoveRisk changes the state of a risk. Only those who may close risks close
// one, with a reason, and never one that they own or owned.
func (d *Desk) MoveRisk(ctx context.Context, actor access.Actor, m RiskMove) (drawbridge.RiskView, error) {
	var had drawbridge.Risk
	e := edited{actor, access.RiskWrite, m.Reason, m.Key, m}
	if m.To == RiskClosed {
		e.Action = access.RiskClose
	}
	return write(ctx, d, e, findRisk(m.ID, &had), func(tx *store.Tx) (drawbridge.RiskView, error) {
		holds, err := d.holding(tx, []drawbridge.Risk{had})
		if err != nil {
			return drawbridge.RiskView{}, err
		}
		from := d.read(had, holds).State
		if !slices.Contains(riskMoves[from], m.To) {
			return drawbridge.RiskView{}, drawbridge.Errorf(drawbridge.Conflict, "a risk that is %s does not become %.40q; it becomes one of %v", from, m.To, riskMoves[from])
		}
		r := had
		r.Version, r.State = m.Version, m.To
		if err := d.mayMove(tx, actor, &r, m); err != nil {
			return drawbridge.RiskView{}, err
		}
		return d.setRisk(tx, actor, &r, &had)
	})
}

// mayMove is what each state asks for.
func (d *Desk) mayMove(tx *store.Tx, actor access.Actor, r *drawbridge.Risk, m RiskMove) error {
	r.ClosedBy, r.ClosingReason = "", ""
	switch m.To {
	case RiskTreating:
		if r.Treatment == "" || r.Treatment == "accept" || r.Plan == "" || r.Due == "" || r.Owner == "" {
			return bad("a risk is treated by a plan: name treatment (mitigate, transfer or avoid), plan, owner and due day first")
		}
	case RiskAccepted:
		return d.accept(tx, r, m.Exception)
	case RiskClosed:
		if err := written("reason*", &m.Reason); err != nil || m.Reason == "" {
			return bad("say why the risk is closed: give a reason")
		}
		if actor.Person == "" || slices.Contains(r.Held, actor.Person) {
			return drawbridge.Errorf(drawbridge.Denied, "who owns or owned a risk does not close it: ask another reviewer")
		}
		r.ClosedBy, r.ClosingReason = actor.Person, m.Reason
	}
	return nil
}

// accept rests an acceptance on an exception that holds today.
func (d *Desk) accept(tx *store.Tx, r *drawbridge.Risk, exception string) error {
	x, err := tx.Exceptions().Get(exception)
	switch {
	case drawbridge.KindOf(err) == drawbridge.NotFound:
		return bad("a risk is accepted by an exception: name one that is confirmed and has not ended")
	case err != nil:
		return err
	case x.Integration != r.Integration:
		return bad("a risk is accepted by an exception of its own integration: name one that is confirmed and has not ended")
	case !x.Holds(d.now()):
		return drawbridge.Errorf(drawbridge.Conflict, "the exception is %s until %s, and does not hold today: have it confirmed or renewed first", x.State, x.Expires)
	}
	r.Treatment, r.Acceptance = "accept", x.ID
	if !slices.Contains(r.Exceptions, x.ID) {
		r.Exceptions = append(slices.Clone(r.Exceptions), x.ID)
	}
	return nil
}

func (d *Desk) setRisk(tx *store.Tx, actor access.Actor, r, had *drawbridge.Risk) (drawbridge.RiskView, error) {
	if err := d.settle(tx, actor, r, had); err != nil {
		return drawbridge.RiskView{}, err
	}
	if err := tx.Risks().Set(r); err != nil {
		return drawbridge.RiskView{}, err
	}
	holds, err := d.holding(tx, []drawbridge.Risk{*r})
	return d.read(*r, holds), err
}

var fingerprintForm = regexp.MustCompile(`^f1-[0-9a-z]{8,100}$`)

// settle checks a risk as it is to be written, and computes what follows from it.
func (d *Desk) settle(tx *store.Tx, actor access.Actor, r, had *drawbridge.Risk) error {
	if err := written("cause*", &r.Cause, "event*", &r.Event, "consequence*", &r.Consequence, "category", &r.Category, "plan*", &r.Plan); err != nil {
		return err
	}
	if r.Cause == "" || r.Event == "" || r.Category == "" {
		return bad("write what the risk is: cause, event and category")
	}
	for name, n := range map[string]int64{"likelihood": r.Likelihood, "impact": r.Impact} {
		if n < 1 || n > 5 {
			return bad("%s is 1 (least) to 5, not %d", name, n)
		}
	}
	if min(r.Residual, r.ResidualTo) < 0 || max(r.Residual, r.ResidualTo) > 5 || (r.Residual == 0) != (r.ResidualTo == 0) {
		return bad("what remains is stated as likelihood and impact, both 1 to 5, or not at all")
	}
	if err := oneOf("treatment", r.Treatment, treatments...); err != nil {
		return err
	}
	if err := days("due", r.Due); err != nil {
		return err
	}
	if len(r.Findings) > maxItems || slices.ContainsFunc(r.Findings, func(f string) bool { return !fingerprintForm.MatchString(f) }) {
		return bad("findings are named by their fingerprints, f1-..., at most %d", maxItems)
	}
	if r.Owner != "" && (had == nil || had.Owner != r.Owner) {
		if err := answerable(tx, r.Owner); err != nil {
			return err
		}
		if !slices.Contains(r.Held, r.Owner) {
			r.Held = append(slices.Clone(r.Held), r.Owner)
		}
		if err := d.tell(tx, actor, noticeRisk, "/risks/"+r.ID, map[string]string{"risk": r.ID}, r.Owner); err != nil {
			return err
		}
	}
	if r.Rank = r.Residual * r.ResidualTo; r.Rank == 0 {
		r.Rank = r.Likelihood * r.Impact
	}
	r.UpdatedAt = d.now()
	return nil
}

// onRisk is what the table of permissions asks about a risk: it belongs to an
// integration, or to a partner as a whole.
func onRisk(r *drawbridge.Risk) func(*store.Tx) (access.Object, error) {
	return func(tx *store.Tx) (access.Object, error) {
		if r.Integration != "" {
			return register.Object(tx, r.Integration, "risk", r.ID)
		}
		return onPartner(r.Partner, "risk", r.ID)(tx)
	}
}

func findRisk(id string, out *drawbridge.Risk) func(*store.Tx) (access.Object, error) {
	return func(tx *store.Tx) (access.Object, error) {
		r, err := tx.Risks().Get(id)
		if err != nil {
			return access.Object{}, err
		}
		*out = *r
		return onRisk(out)(tx)
	}
}

// holding tells which of the exceptions that risks rest on hold today.
func (d *Desk) holding(tx *store.Tx, list []drawbridge.Risk) (map[string]bool, error) {
	var ids []string
	for _, r := range list {
		if r.State == RiskAccepted {
			ids = append(ids, r.Acceptance)
		}
	}
	holds := map[string]bool{}
	if len(ids) == 0 {
		return holds, nil
	}
	found, err := tx.Exceptions().Find(store.Query{In: map[string][]string{"id": ids}})
	for _, x := range found {
		holds[x.ID] = x.Holds(d.now())
	}
	return holds, err
}

// read is a risk as it reads today.
func (d *Desk) read(r drawbridge.Risk, holds map[string]bool) drawbridge.RiskView {
	v := drawbridge.RiskView{Risk: r}
	if r.State == RiskAccepted && !holds[r.Acceptance] {
		v.State, v.Lapsed = RiskOpen, true
	}
	v.Overdue = r.Due != "" && r.Due.Past(d.now()) && (v.State == RiskOpen || v.State == RiskTreating)
	return v
}

// Risk reads one risk.
func (d *Desk) Risk(ctx context.Context, actor access.Actor, id string) (out drawbridge.RiskView, err error) {
	var r drawbridge.Risk
	act := action.Act{Actor: actor, Action: access.RiskRead, On: findRisk(id, &r)}
	err = d.door.View(ctx, act, func(tx *store.Tx) error {
		holds, err := d.holding(tx, []drawbridge.Risk{r})
		out = d.read(r, holds)
		return err
	})
	return out, err
}
