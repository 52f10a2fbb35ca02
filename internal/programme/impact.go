package programme

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// Effected is one integration that a pack changes.
type Effected struct {
	Integration drawbridge.IntegrationID `json:"integration"`
	Slug        string                   `json:"slug"`
	Environment string                   `json:"environment"`
	Before      register.Figures         `json:"before"`
	After       register.Figures         `json:"after"`
	Worse       bool                     `json:"worse"` // a higher tier, or a stricter answer of the gate
	Problem     string                   `json:"problem,omitempty"`
}

// Impact is what a change of packs does to the portfolio.
type Impact struct {
	Packs   []policy.PackRef `json:"packs"`   // the candidate's
	Scored  int              `json:"scored"`  // integrations
	Changed int              `json:"changed"` // whose tier, answer or score changes
	Worse   int              `json:"worse"`
	Failed  int              `json:"failed"`  // that could not be scored, listed with the problem
	Effects []Effected       `json:"effects"` // most dangerous first, at most 1000
}

// maxEffects bounds what is listed; the counts say how many there are.
const maxEffects = 1000

// Progress is told how many of how many are done.
type Progress func(done, of int)

// Impact says what a candidate pack, a .tar.gz, would change in the portfolio,
// before it takes effect. Nothing is kept.
func (d *Desk) Impact(ctx context.Context, actor access.Actor, archive []byte, progress Progress) (Impact, error) {
	ws, err := d.workspace()
	if err != nil {
		return Impact{}, err
	}
	heads, err := d.heads(ctx, actor, access.PackPreview)
	if err != nil {
		return Impact{}, err
	}
	candidate, err := ws.With(archive)
	if err != nil {
		return Impact{}, err
	}
	return d.impact(ctx, heads, ws, candidate, progress)
}

// head is an integration with what its head was kept as, and the packs of its
// latest assessment.
type head struct {
	in     drawbridge.Integration
	bundle string
	packs  string
}

// heads reads the portfolio.
func (d *Desk) heads(ctx context.Context, actor access.Actor, may access.Action) (out []head, err error) {
	err = d.door.List(ctx, actor, may, func(tx *store.Tx, _ access.Scope) error {
		list, err := tx.Heads()
		if err != nil {
			return err
		}
		kept := make(map[drawbridge.IntegrationID]store.Head, len(list))
		for _, h := range list {
			kept[h.Integration] = h
		}
		return tx.IntegrationShelf().Each(store.Query{Limit: batch}, func(i *drawbridge.Integration) error {
			h, ok := kept[i.ID]
			switch {
			case ok:
				out = append(out, head{*i, h.Bundle, h.Packs})
			case i.State != drawbridge.Retired && i.Head != "":
				return fmt.Errorf("the head of %s or its assessment is missing", i.ID)
			}
			return nil
		})
	})
	return out, err
}

// portion is how many heads a worker takes at once: what is on record about them
// is read together.
const portion = 100

// impact scores every head by both workspaces, side by side. Where the record's
// assessment was made by the packs of before, or where before is nil, its figures are
// taken from there.
func (d *Desk) impact(ctx context.Context, heads []head, before, after *policy.Workspace, progress Progress) (Impact, error) {
	packs := ""
	if before != nil {
		data, err := json.Marshal(before.Packs())
		if err != nil {
			return Impact{}, fmt.Errorf("encode the packs: %w", err)
		}
		packs = string(data)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	effects := make([]Effected, len(heads))
	next, done := make(chan int), make(chan struct{})
	var workers sync.WaitGroup
	for range max(runtime.GOMAXPROCS(0), 2) {
		workers.Go(func() {
			preview := d.opt.Register.Preview()
			for from := range next {
				wanted := make([]register.Wanted, 0, portion)
				for i := from; i < min(from+portion, len(heads)); i++ {
					h := &heads[i]
					w := register.Wanted{Integration: &h.in, Bundle: h.bundle, By: []*policy.Workspace{after}}
					if before != nil && h.packs != packs {
						w.By = append(w.By, before)
					}
					wanted = append(wanted, w)
				}
				err := preview.Each(ctx, wanted, func(i int, figures []register.Figures, err error) {
					effects[from+i] = effected(wanted[i].Integration, figures, err)
					done <- struct{}{}
				})
				if err != nil {
					cancel(err)
				}
			}
		})
	}
	go func() {
		defer close(done)
		defer workers.Wait()
		defer close(next)
		for i := 0; i < len(heads); i += portion {
			select {
			case next <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	n := 0
	for range done {
		if n++; progress != nil {
			progress(n, len(heads))
		}
	}
	if err := context.Cause(ctx); err != nil {
		return Impact{}, err
	}
	return tally(effects, after), nil
}

// effected says what becomes of an integration by its figures: those after, and
// those before where the record has them of other packs.
func effected(in *drawbridge.Integration, figures []register.Figures, err error) Effected {
	e := Effected{Integration: in.ID, Slug: in.Slug, Environment: in.Environment}
	e.Before = register.Figures{Tier: in.Tier, Outcome: in.Outcome, Inherent: in.Inherent, Residual: in.Residual}
	if err != nil {
		e.Problem = "its files cannot be read"
		if drawbridge.KindOf(err) != drawbridge.Internal {
			e.Problem = err.Error()
		}
		return e
	}
	e.After = figures[0]
	if len(figures) > 1 {
		e.Before = figures[1]
	}
	e.Worse = slices.Index(drawbridge.Tiers(), e.After.Tier) > slices.Index(drawbridge.Tiers(), e.Before.Tier) || strict(e.After.Outcome) > strict(e.Before.Outcome)
	return e
}

// strict orders the gate's answers.
func strict(o drawbridge.Outcome) int {
	return slices.Index([]drawbridge.Outcome{drawbridge.Go, drawbridge.Conditional, drawbridge.NoGo}, o)
}

// differs reports whether anything that people look at changes.
func (e *Effected) differs() bool {
	const visible = 0.05 // figures are shown with one digit
	return e.Problem != "" || e.Before.Tier != e.After.Tier || e.Before.Outcome != e.After.Outcome ||
		math.Abs(e.Before.Inherent-e.After.Inherent) >= visible || math.Abs(e.Before.Residual-e.After.Residual) >= visible
}

func tally(effects []Effected, after *policy.Workspace) Impact {
	out := Impact{Packs: after.AllPacks(), Scored: len(effects)}
	for _, e := range effects {
		if !e.differs() {
			continue
		}
		out.Effects = append(out.Effects, e)
		switch {
		case e.Problem != "":
			out.Failed++
		case e.Worse:
			out.Worse++
		}
	}
	out.Changed = len(out.Effects)
	slices.SortFunc(out.Effects, func(a, b Effected) int {
		worse := func(e Effected) int {
			if e.Worse || e.Problem != "" {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(worse(a), worse(b)), cmp.Compare(b.After.Residual, a.After.Residual), cmp.Compare(a.Integration, b.Integration))
	})
	out.Effects = append([]Effected{}, out.Effects[:min(len(out.Effects), maxEffects)]...)
	return out
}

// Announced says what was queued.
type Announced struct {
	Impact
	Queued int `json:"queued"`
}

// Announce queues the revalidation after the server's packs changed, most
// dangerous first: each integration whose assessment was made by other packs is
// assessed again, and what the new ones change raises a trigger.
func (d *Desk) Announce(ctx context.Context, actor access.Actor, reason, key string, progress Progress) (Announced, error) {
	var out Announced
	ws, err := d.workspace()
	if err != nil {
		return out, err
	}
	heads, err := d.heads(ctx, actor, access.PackAnnounce)
	if err != nil {
		return out, err
	}
	packs, err := json.Marshal(ws.Packs())
	if err != nil {
		return out, fmt.Errorf("encode the packs: %w", err)
	}
	heads = slices.DeleteFunc(heads, func(h head) bool { return h.packs == string(packs) })
	if out.Impact, err = d.impact(ctx, heads, nil, ws, progress); err != nil {
		return out, err
	}
	text, problem := drawbridge.Prose(reason, maxProse/2)
	act := action.Act{Actor: actor, Action: access.PackAnnounce, Reason: text, Key: key, Input: ws.Packs(), On: func(*store.Tx) (access.Object, error) {
		return access.Object{Kind: "pack", ID: "portfolio"}, nil
	}}
	slices.SortFunc(heads, func(a, b head) int {
		return cmp.Or(cmp.Compare(b.in.Residual, a.in.Residual), cmp.Compare(a.in.ID, b.in.ID))
	})
	_, _, err = action.Do(ctx, d.door, act, func(tx *store.Tx) (int, error) {
		if problem != nil || text == "" {
			return 0, cmp.Or(problem, drawbridge.Errorf(drawbridge.Invalid, "say with a reason what changed and why: it is told with every trigger"))
		}
		for i := range heads {
			if err := d.opt.Register.Touch(tx, heads[i].in.ID); err != nil {
				return 0, err
			}
		}
		return len(heads), nil
	})
	if err != nil {
		return out, err
	}
	for _, e := range out.Effects {
		n := NewTrigger{
			Integration: e.Integration, Kind: "pack", Source: packSource(packs), Severity: drawbridge.Low,
			Text: fmt.Sprintf("%s\nTier %s instead of %s, gate %s instead of %s, residual risk %.1f instead of %.1f.", text, e.After.Tier, e.Before.Tier, e.After.Outcome, e.Before.Outcome, e.After.Residual, e.Before.Residual),
		}
		if e.Worse {
			n.Severity = drawbridge.High
		}
		_, fresh, err := d.raise(ctx, actor, n)
		if err != nil {
			return out, err
		}
		if fresh {
			out.Queued++
		}
	}
	return out, nil
}

// packSource names the packs in force: the same ones are the same source.
func packSource(packs []byte) string { return "packs " + seal.Digest(packs)[7:23] }
