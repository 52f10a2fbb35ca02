package lifecycle

import (
	"context"
	"fmt"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/manifest"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// departure reads how an integration is left; nil when nobody has begun to.
func departure(tx *store.Tx, in drawbridge.IntegrationID) (*drawbridge.Departure, error) {
	dep, err := tx.Departures().First(store.Query{Equal: map[string]any{"integration": string(in)}, Newest: true})
	if notFound(err) {
		return nil, nil //nolint:nilnil // none is an answer
	}
	return dep, err
}

// lastOf reports whether no other integration of the partner is still in life.
func lastOf(tx *store.Tx, in *drawbridge.Integration) (bool, error) {
	list, err := tx.Integrations(store.IntegrationList{Scope: access.Scope{All: true}, Partner: in.Partner, Limit: 1000})
	for _, other := range list {
		if other.ID != in.ID && other.State != drawbridge.Retired {
			return false, err
		}
	}
	return true, err
}

// Leaving begins to leave an integration.
type Leaving struct {
	Integration drawbridge.IntegrationID
	Planned     drawbridge.Date
	Reason      string
	Key         string
}

// Leave begins to leave: the integration is exiting, and its departure has the
// tasks that what it has asks for.
func (d *Desk) Leave(ctx context.Context, actor access.Actor, a Leaving) (drawbridge.Departure, error) {
	reason, problem := text("reason", a.Reason, maxProse, true)
	if problem == nil {
		problem = day("planned", a.Planned, d.now())
	}
	bundle, _, err := d.bundle(ctx, actor, a.Integration) // files are read before the transaction
	if err != nil {
		return drawbridge.Departure{}, err
	}
	act := action.Act{Actor: actor, Action: access.IntegrationLeave, On: on(a.Integration, "integration"), Reason: reason, Key: a.Key, Input: a}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Departure, error) {
		var none drawbridge.Departure
		if problem != nil {
			return none, problem
		}
		l, err := d.step(tx, a.Integration, stepLeave)
		if err != nil {
			return none, err
		}
		now := d.now()
		dep := drawbridge.Departure{
			ID: drawbridge.NewID("dep", now), Integration: l.in.ID, Reason: reason, Planned: a.Planned, StartedBy: actor.Person,
			Tasks: tasks(bundle, l.in.Owner, a.Planned), CreatedAt: now, UpdatedAt: now,
		}
		if err := tx.Departures().Add(&dep); err != nil {
			return none, err
		}
		return dep, d.moved(l, actor, stepLeave)
	})
	return out, err
}

// bundle reads the head and its manifest, for those who may read the integration.
func (d *Desk) bundle(ctx context.Context, actor access.Actor, id drawbridge.IntegrationID) (*manifest.Bundle, *drawbridge.Revision, error) {
	var head *drawbridge.Revision
	err := d.door.View(ctx, action.Act{Actor: actor, Action: access.IntegrationRead, On: on(id, "integration")}, func(tx *store.Tx) error {
		in, err := tx.Integration(id)
		if err != nil {
			return err
		}
		head, err = tx.Revision(in.Head)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	b, err := d.opt.Register.Bundle(head)
	return b, head, err
}

// tasks are what leaving asks for, by what the integration has.
func tasks(b *manifest.Bundle, owner drawbridge.PersonID, planned drawbridge.Date) []drawbridge.DepartureTask {
	in := b.Integration
	out := []drawbridge.DepartureTask{}
	add := func(id, text string, due drawbridge.Date) {
		out = append(out, drawbridge.DepartureTask{ID: id, Text: text, Owner: owner, Due: due})
	}
	for _, i := range in.Interfaces {
		if i.Auth.Type != "" && i.Auth.Type != "none" {
			add("revoke-"+i.ID, fmt.Sprintf("Revoke the credentials of interface %s, on both sides.", i.ID), planned)
		}
		add("network-"+i.ID, fmt.Sprintf("Remove the network path of interface %s.", i.ID), planned)
	}
	if len(in.Flows) > 0 {
		add("data-return", "Have the data returned that we want back.", after(planned, in.Contract.Exit.DataReturn))
		add("deletion", "Have the partner delete the data, backups included, and hand in the proof.", after(planned, in.Contract.Exit.Deletion))
	}
	if in.Contract.Signed != "" || in.Contract.DPA != "" || in.Contract.Until != "" {
		add("contract", "Give notice, and close the contracts.", planned)
	}
	add("records", "Settle how long records of the integration are kept.", planned)
	return out
}

// after is the day a span after another.
func after(d drawbridge.Date, span *drawbridge.Span) drawbridge.Date {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil || span == nil {
		return d
	}
	return drawbridge.DateOf(t.AddDate(0, 0, span.Days()))
}

// Planning is a departure as somebody wants it.
type Planning struct {
	Integration drawbridge.IntegrationID
	Version     int64 // that was read
	Planned     drawbridge.Date
	Tasks       []drawbridge.DepartureTask
	Residual    string
	KeepUntil   drawbridge.Date
	Deletion    drawbridge.EvidenceID
	Contract    drawbridge.ContractID
	Reason      string
	Key         string
}

// maxTasks bounds the tasks of one departure.
const maxTasks = 200

// check holds what was typed to its sizes.
func (p *Planning) check() error {
	if _, err := drawbridge.ParseDate(string(p.Planned)); err != nil {
		return drawbridge.Errorf(drawbridge.Invalid, "planned: %w", err)
	}
	if p.KeepUntil != "" {
		if _, err := drawbridge.ParseDate(string(p.KeepUntil)); err != nil {
			return drawbridge.Errorf(drawbridge.Invalid, "keep_until: %w", err)
		}
	}
	var err error
	if p.Residual, err = text("residual", p.Residual, maxProse, false); err != nil {
		return err
	}
	if len(p.Tasks) > maxTasks {
		return drawbridge.Errorf(drawbridge.Invalid, "a departure has at most %d tasks", maxTasks)
	}
	seen := map[string]bool{}
	for i := range p.Tasks {
		t := &p.Tasks[i]
		var errs [3]error
		t.ID, errs[0] = text("id of a task", t.ID, 100, true)
		t.Text, errs[1] = text("text of task "+t.ID, t.Text, maxLine, true)
		t.Note, errs[2] = text("note of task "+t.ID, t.Note, maxProse, false)
		if err := first(errs[:]...); err != nil {
			return err
		}
		if seen[t.ID] {
			return drawbridge.Errorf(drawbridge.Invalid, "two tasks have the id %s", t.ID)
		}
		seen[t.ID] = true
		if t.Due != "" {
			if _, err := drawbridge.ParseDate(string(t.Due)); err != nil {
				return drawbridge.Errorf(drawbridge.Invalid, "due of task %s: %w", t.ID, err)
			}
		}
	}
	return nil
}

// Plan changes a departure, over the version that was read.
func (d *Desk) Plan(ctx context.Context, actor access.Actor, p Planning) (drawbridge.Departure, error) {
	problem := p.check()
	act := action.Act{Actor: actor, Action: access.IntegrationLeave, On: on(p.Integration, "departure"), Reason: p.Reason, Key: p.Key, Input: p}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Departure, error) {
		var none drawbridge.Departure
		if problem != nil {
			return none, problem
		}
		in, err := tx.Integration(p.Integration)
		if err != nil {
			return none, err
		}
		dep, err := departure(tx, in.ID)
		if err != nil {
			return none, err
		}
		if dep == nil || !dep.EndedAt.IsZero() {
			return none, drawbridge.Errorf(drawbridge.Conflict, "nobody is leaving this integration")
		}
		if err := d.named(tx, in, p); err != nil {
			return none, err
		}
		dep.Version, dep.Planned, dep.Tasks, dep.Residual, dep.KeepUntil = p.Version, p.Planned, p.Tasks, p.Residual, p.KeepUntil
		dep.Deletion, dep.Contract, dep.UpdatedAt = p.Deletion, p.Contract, d.now()
		return *dep, tx.Departures().Set(dep)
	})
	return out, err
}

// named refuses a plan that names what does not belong to the integration.
func (d *Desk) named(tx *store.Tx, in *drawbridge.Integration, p Planning) error {
	if p.Deletion != "" {
		if why, err := d.unfit(tx, in, p.Deletion, kindDeletion, false); err != nil || why != "" {
			return orUnfit(err, "the proof of deletion "+why)
		}
	}
	if p.Contract != "" {
		c, err := tx.Contracts().Get(string(p.Contract))
		if notFound(err) || err == nil && c.Partner != in.Partner {
			return drawbridge.Errorf(drawbridge.Invalid, "contract: there is no contract %.40q with this partner", p.Contract)
		}
		if err != nil {
			return err
		}
	}
	for _, t := range p.Tasks {
		if t.Owner != "" {
			if err := register.MayHold(tx, "owner of task "+t.ID, t.Owner); err != nil {
				return err
			}
		}
	}
	return nil
}

// Departure reads how an integration is left.
func (d *Desk) Departure(ctx context.Context, actor access.Actor, in drawbridge.IntegrationID) (out drawbridge.Departure, err error) {
	err = d.door.View(ctx, action.Act{Actor: actor, Action: access.IntegrationRead, On: on(in, "integration")}, func(tx *store.Tx) error {
		dep, err := departure(tx, in)
		if err != nil {
			return err
		}
		if dep == nil {
			return drawbridge.Errorf(drawbridge.NotFound, "nobody has begun to leave this integration")
		}
		out = *dep
		return nil
	})
	return out, err
}
