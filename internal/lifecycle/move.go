package lifecycle

import (
	"context"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// Move is one step of an integration: go_live, suspend, resume or retire. Leaving
// asks for more; see [Desk.Leave].
type Move struct {
	Integration drawbridge.IntegrationID
	Step        string
	Reason      string
	Key         string
}

// moves says what permission a step asks for. Who may suspend may resume.
var moves = map[string]access.Action{
	stepLive: access.IntegrationLive, stepSuspend: access.IntegrationSuspend, stepResume: access.IntegrationSuspend, stepRetire: access.IntegrationRetire,
}

// Move takes an integration a step on, when each guard of the step holds at that
// moment.
func (d *Desk) Move(ctx context.Context, actor access.Actor, m Move) (drawbridge.Integration, error) {
	permission, ok := moves[m.Step]
	if !ok {
		return drawbridge.Integration{}, oneOf("step", m.Step, stepLive, stepSuspend, stepResume, stepRetire)
	}
	reason, problem := text("reason", m.Reason, maxProse, m.Step == stepSuspend)
	act := action.Act{Actor: actor, Action: permission, On: on(m.Integration, "integration"), Reason: reason, Key: m.Key, Input: m}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Integration, error) {
		var none drawbridge.Integration
		if problem != nil {
			return none, problem
		}
		l, err := d.step(tx, m.Integration, m.Step)
		if err != nil {
			return none, err
		}
		if err := d.moved(l, actor, m.Step); err != nil {
			return none, err
		}
		return *l.in, nil
	})
	return out, err
}

// step changes the state of an integration, in memory, or says why not.
func (d *Desk) step(tx *store.Tx, id drawbridge.IntegrationID, step string) (*look, error) {
	in, err := tx.Integration(id)
	if err != nil {
		return nil, err
	}
	to, ok := in.State.Step(step)
	if !ok {
		return nil, drawbridge.Errorf(drawbridge.Conflict, "an integration that is %s cannot take the step %s", in.State, strings.ReplaceAll(step, "_", " "))
	}
	l, err := d.look(tx, in)
	if err != nil {
		return nil, err
	}
	missing, err := l.missing(step)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		return nil, refuse(step, missing)
	}
	in.State, in.UpdatedAt = to, d.now()
	return l, nil
}

// moved writes what a step changed, and tells who must know.
func (d *Desk) moved(l *look, actor access.Actor, step string) error {
	if err := l.tx.SetIntegration(l.in); err != nil {
		return err
	}
	now := d.now()
	switch step {
	case stepLive:
		l.file.Standing.LiveAt = now
	case stepSuspend:
		l.file.Standing.SuspendedAt = now
		if err := d.tellRole(l.tx, actor, noticeAttest, l.in.ID, drawbridge.Operator); err != nil {
			return err
		}
	case stepRetire:
		l.leaving.Revocation, l.leaving.EndedAt, l.leaving.UpdatedAt = l.attestation(revocationProbe, l.leaving.ID).ID, now, now
		if err := l.tx.Departures().Set(l.leaving); err != nil {
			return err
		}
	}
	if err := d.stand(l, now); err != nil {
		return err
	}
	to := []drawbridge.PersonID{l.in.Owner}
	if l.status.Decision != nil {
		to = append(to, l.status.Decision.By)
	}
	return d.tell(l.tx, actor, noticeMoved, l.in.ID, to...)
}

// stand writes the standing, which a first step may have to make.
func (d *Desk) stand(l *look, now time.Time) error {
	l.file.Standing.UpdatedAt = now
	if l.file.Standing.Version == 0 {
		return l.tx.Standings().Add(&l.file.Standing)
	}
	return l.tx.Standings().Set(&l.file.Standing)
}

// Life is where an integration is in its life, and what may come next.
type Life struct {
	Integration  drawbridge.Integration   `json:"integration"`
	Decision     *drawbridge.Decision     `json:"decision"` // the latest; nil before the first
	Stale        bool                     `json:"stale"`
	Expired      bool                     `json:"expired"`
	LiveAt       time.Time                `json:"live_at,omitzero"`
	Steps        []Next                   `json:"steps"`
	Attestations []drawbridge.Attestation `json:"attestations"` // those that stand; nothing here is proven by a machine
	Departure    *drawbridge.Departure    `json:"departure"`
}

// Next is a step that there is from the present state, and what it waits for.
type Next struct {
	Step    string                      `json:"step"`
	To      drawbridge.IntegrationState `json:"to"`
	Missing []Missing                   `json:"missing"`
}

// Life reads where an integration is in its life.
func (d *Desk) Life(ctx context.Context, actor access.Actor, id drawbridge.IntegrationID) (Life, error) {
	var out Life
	var in *drawbridge.Integration
	err := d.door.View(ctx, action.Act{Actor: actor, Action: access.IntegrationRead, On: register.On(register.ByID(id), &in)}, func(tx *store.Tx) error {
		l, err := d.look(tx, in)
		if err != nil {
			return err
		}
		out, err = l.life()
		return err
	})
	return out, err
}

// life tells of what is looked at.
func (l *look) life() (Life, error) {
	in := l.in
	out := Life{
		Integration: *in, Decision: l.status.Decision, Stale: l.status.Stale, Expired: l.status.Expired, LiveAt: l.file.Standing.LiveAt,
		Steps: []Next{}, Attestations: append([]drawbridge.Attestation{}, l.attested...), Departure: l.leaving,
	}
	for _, step := range drawbridge.IntegrationSteps() {
		to, ok := in.State.Step(step)
		if !ok {
			continue
		}
		missing, err := l.missing(step)
		if err != nil {
			return out, err
		}
		out.Steps = append(out.Steps, Next{step, to, missing})
	}
	return out, nil
}
