package register

import (
	"context"
	"regexp"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/manifest"
	"drawbridge/internal/store"
)

// MaxLive is how many runs of one integration may go on.
const MaxLive = 20

// Further limits of runs that tell how they go on.
const (
	liveSilence = 30 * time.Second   // after that, a run counts as lost
	liveKept    = 7 * 24 * time.Hour // how long one that was lost stays in the list
	maxPlanned  = 300                // checks of one
	maxLiveText = 300                // bytes
)

// checkName is how checks are called.
var checkName = regexp.MustCompile(`^[A-Z][A-Z0-9]{0,19}(-[A-Z0-9]{1,20}){1,3}$`)

// OpenLive is a run of live checks that begins.
type OpenLive struct {
	Ref    Ref
	Target string   // of the manifest
	Checks []string // that are planned
	Budget int64    // requests
}

// LiveProgress is what a run says of itself.
type LiveProgress struct {
	Ref      Ref
	ID       string
	Now      string
	Requests int64
	Budget   int64
	Checks   []drawbridge.LiveCheck // those that ended
	Ended    string                 // why it ended without a result; empty while it goes on
}

// OpenRun notes that a run of live checks begins, so that people can watch it. The
// note is no result, and nothing is concluded from it.
func (d *Desk) OpenRun(ctx context.Context, actor access.Actor, in OpenLive) (drawbridge.LiveRun, error) {
	now := d.now()
	out := drawbridge.LiveRun{ID: drawbridge.NewID("run", now), Target: in.Target, By: actor.ID, StartedAt: now, SeenAt: now, Budget: in.Budget, Checks: []drawbridge.LiveCheck{}}
	if len(in.Checks) > maxPlanned {
		return out, drawbridge.Errorf(drawbridge.Invalid, "a run has at most %d checks", maxPlanned)
	}
	for _, c := range in.Checks {
		if !checkName.MatchString(c) {
			return out, drawbridge.Errorf(drawbridge.Invalid, "%.60q is no id of a check", c)
		}
		out.Checks = append(out.Checks, drawbridge.LiveCheck{Check: c})
	}
	var head drawbridge.Revision
	err := d.view(ctx, actor, access.RunWrite, in.Ref, func(tx *store.Tx, i *drawbridge.Integration) error {
		out.Integration = i.ID
		r, err := tx.Revision(i.Head)
		if err == nil {
			head = *r
		}
		return err
	})
	if err != nil {
		return out, err
	}
	b, err := d.Bundle(&head)
	if err != nil {
		return out, err
	}
	if !slices.ContainsFunc(b.Integration.Targets, func(t manifest.Target) bool { return t.Name == in.Target }) {
		return out, drawbridge.Errorf(drawbridge.Conflict, "the manifest on the server has no target %.100q: push the manifest first", in.Target)
	}
	err = d.door.Keep(ctx, func(tx *store.Tx) error {
		if err := tx.DropLiveRuns(now.Add(-liveKept)); err != nil {
			return err
		}
		list, err := tx.LiveRuns(out.Integration, MaxLive)
		if err != nil {
			return err
		}
		if len(list) == MaxLive {
			at := slices.IndexFunc(list, func(r drawbridge.LiveRun) bool { return !liveGoes(liveState(&r, now)) })
			if at < 0 {
				return drawbridge.Errorf(drawbridge.Limited, "%d runs go on for this integration: wait until one has ended", MaxLive)
			}
			if err := tx.DropLiveRun(list[at].ID); err != nil {
				return err
			}
		}
		return tx.SetLiveRun(&out)
	})
	out.State = drawbridge.LiveRunning
	return out, err
}

// TellRun takes in how a run goes on, and answers whether somebody asked it to
// stop. Only who opened the run speaks for it.
func (d *Desk) TellRun(ctx context.Context, actor access.Actor, in LiveProgress) (drawbridge.LiveRun, error) {
	var out drawbridge.LiveRun
	for _, text := range []*string{&in.Now, &in.Ended} {
		var err error
		if *text, err = drawbridge.Line(*text, maxLiveText); err != nil {
			return out, err
		}
	}
	id, err := d.liveOf(ctx, actor, access.RunWrite, in.Ref, in.ID)
	if err != nil {
		return out, err
	}
	err = d.door.Keep(ctx, func(tx *store.Tx) error {
		r, err := tx.LiveRun(id)
		if err != nil {
			return err
		}
		if r == nil || r.By != actor.ID {
			return notFound("run")
		}
		for _, c := range in.Checks {
			at := slices.IndexFunc(r.Checks, func(x drawbridge.LiveCheck) bool { return x.Check == c.Check })
			if at < 0 || !slices.Contains([]drawbridge.Verdict{drawbridge.Pass, drawbridge.Fail, drawbridge.Inconclusive, drawbridge.Skipped}, c.Verdict) {
				return drawbridge.Errorf(drawbridge.Invalid, "%.60q with the verdict %.40q is not planned", c.Check, c.Verdict)
			}
			r.Checks[at].Verdict = c.Verdict
		}
		r.Now, r.Ended, r.Requests, r.Budget, r.SeenAt = in.Now, in.Ended, max(0, in.Requests), max(0, in.Budget), d.now()
		out = *r
		return tx.SetLiveRun(r)
	})
	out.State = liveState(&out, d.now())
	return out, err
}

// StopRun asks a run to stop, which it does when it speaks next. One that was lost
// or has ended is taken from the list.
func (d *Desk) StopRun(ctx context.Context, actor access.Actor, ref Ref, id string) (drawbridge.LiveRun, error) {
	var out drawbridge.LiveRun
	var in *drawbridge.Integration
	act := action.Act{Actor: actor, Action: access.RunWrite}
	act.On = func(tx *store.Tx) (o access.Object, err error) {
		in, o, err = find(tx, ref)
		return o, err
	}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.LiveRun, error) {
		r, err := tx.LiveRun(id)
		if err != nil {
			return out, err
		}
		if r == nil || r.Integration != in.ID {
			return out, notFound("run")
		}
		now := d.now()
		if r.State = liveState(r, now); !liveGoes(r.State) {
			tx.Note("forgot", r.ID)
			return *r, tx.DropLiveRun(r.ID)
		}
		tx.Note("stop", r.ID)
		if r.StopBy == "" {
			r.StopBy, r.StopAt = actor.ID, now
		}
		r.State = liveState(r, now)
		return *r, tx.SetLiveRun(r)
	})
	return out, err
}

// LiveRuns lists the runs of an integration that go on, or were lost, newest first.
func (d *Desk) LiveRuns(ctx context.Context, actor access.Actor, ref Ref) ([]drawbridge.LiveRun, error) {
	var out []drawbridge.LiveRun
	err := d.view(ctx, actor, access.IntegrationRead, ref, func(tx *store.Tx, in *drawbridge.Integration) (err error) {
		out, err = tx.LiveRuns(in.ID, MaxLive)
		return err
	})
	d.Lived(out)
	return out, err
}

// Lived sets how each run stands now, by what it said last.
func (d *Desk) Lived(list []drawbridge.LiveRun) {
	for i := range list {
		list[i].State = liveState(&list[i], d.now())
	}
}

// liveOf finds a live run of an integration.
func (d *Desk) liveOf(ctx context.Context, actor access.Actor, what access.Action, ref Ref, id string) (string, error) {
	err := d.view(ctx, actor, what, ref, func(tx *store.Tx, in *drawbridge.Integration) error {
		r, err := tx.LiveRun(id)
		if err == nil && (r == nil || r.Integration != in.ID) {
			err = notFound("run")
		}
		return err
	})
	return id, err
}

// liveState is how a run stands at a time, by what it said last.
func liveState(r *drawbridge.LiveRun, now time.Time) drawbridge.LiveState {
	switch {
	case r.Ended != "":
		return drawbridge.LiveEnded
	case now.Sub(r.SeenAt) > liveSilence:
		return drawbridge.LiveLost
	case r.StopBy != "":
		return drawbridge.LiveStopping
	}
	return drawbridge.LiveRunning
}

// liveGoes reports whether a run goes on.
func liveGoes(s drawbridge.LiveState) bool {
	return s == drawbridge.LiveRunning || s == drawbridge.LiveStopping
}

// closeLive is the identifier of a run that is handed in: that under which it was
// opened, by the same actor, or a new one. The note of it is gone then.
func (d *Desk) closeLive(tx *store.Tx, actor access.Actor, in drawbridge.IntegrationID, id string) (string, error) {
	fresh := drawbridge.NewID("run", d.now())
	if id == "" {
		return fresh, nil
	}
	r, err := tx.LiveRun(id)
	if err != nil || r == nil || r.By != actor.ID || r.Integration != in {
		return fresh, err
	}
	return id, tx.DropLiveRun(id)
}
