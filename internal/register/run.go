package register

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/assess"
	"drawbridge/internal/check"
	"drawbridge/internal/manifest"
	"drawbridge/internal/store"
	"drawbridge/internal/threat"
)

// Where a run comes from. It is said by who hands it in, never by the file.
const (
	OriginServer = "server"
	OriginCI     = "ci"
	OriginUpload = "upload"
)

// NewRun is a run of live checks that somebody hands in.
type NewRun struct {
	Ref  Ref
	Data []byte // as drawbridge test --out writes it
	Live string // under which it told how it went on; empty for a run that did not
	Key  string // idempotency key
}

// AddRun takes in a run of live checks. Its verdicts are claims of who hands it
// in, told as such; what they mean for the integration is assessed here.
func (d *Desk) AddRun(ctx context.Context, actor access.Actor, in NewRun) (drawbridge.Run, error) {
	var none drawbridge.Run
	var have drawbridge.Integration
	var head drawbridge.Revision
	err := d.view(ctx, actor, access.RunWrite, in.Ref, func(tx *store.Tx, i *drawbridge.Integration) error {
		have = *i
		r, err := tx.Revision(i.Head)
		if err == nil {
			head = *r
		}
		return err
	})
	if err != nil {
		return none, err
	}
	leave, err := d.enter(ctx)
	if err != nil {
		return none, err
	}
	defer leave()
	run, err := d.readRun(&head, in.Data)
	if err != nil {
		return none, err
	}
	digest, size, err := d.door.Store().Blobs().Put(bytes.NewReader(in.Data), check.MaxUpload, d.door.Keys())
	if err != nil {
		return none, err
	}
	verdicts, err := json.Marshal(assess.Verdicts(run))
	if err != nil {
		return none, fmt.Errorf("encode the verdicts: %w", err)
	}
	var now *drawbridge.Integration
	act := action.Act{Actor: actor, Action: access.RunWrite, Key: in.Key, Input: map[string]any{"integration": string(have.ID), "document": digest, "live": in.Live}}
	act.On = func(tx *store.Tx) (o access.Object, err error) {
		now, o, err = find(tx, ByID(have.ID))
		return o, err
	}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Run, error) {
		id, err := d.closeLive(tx, actor, now.ID, in.Live)
		if err != nil {
			return drawbridge.Run{}, err
		}
		r := drawbridge.Run{
			ID: id, Integration: now.ID, Revision: now.Head, Content: run.Integration.Digest,
			Interface: run.Target.Interface, Target: run.Target.Name, Origin: origin(actor), Complete: run.Complete,
			Verdicts: verdicts, Stands: true, Document: digest, By: actor.ID, FinishedAt: run.Finished.UTC().Truncate(time.Microsecond), CreatedAt: d.now(),
		}
		return r, d.addRun(tx, &r, size)
	})
	return out, err
}

func origin(actor access.Actor) string {
	switch {
	case actor.System:
		return OriginServer
	case actor.Has(drawbridge.Machine):
		return OriginCI
	}
	return OriginUpload
}

// readRun reads a run and holds it to the manifest that stands: nothing that a
// run says of where it went is believed against the manifest.
func (d *Desk) readRun(head *drawbridge.Revision, data []byte) (*check.Run, error) {
	run, err := check.ParseUpload(data, d.now())
	if err != nil {
		return nil, err
	}
	b, err := d.Bundle(head)
	if err != nil {
		return nil, err
	}
	if err := assess.Admit(b.Integration, run); err != nil {
		return nil, err
	}
	known := slices.ContainsFunc(b.Integration.Targets, func(t manifest.Target) bool {
		return t.Name == run.Target.Name && t.BaseURL == run.Target.BaseURL && t.Represents == run.Target.Represents
	})
	if !known {
		return nil, drawbridge.Errorf(drawbridge.Conflict, "the manifest on the server has no target %s at %.200s that represents %q: push the manifest that the run was made with first",
			run.Target.Name, run.Target.BaseURL, run.Target.Represents)
	}
	return run, nil
}

// addRun writes a run, and lets those before it rest whose verdicts it replaced.
func (d *Desk) addRun(tx *store.Tx, r *drawbridge.Run, size int64) error {
	same, err := tx.Runs().Count(store.Query{Equal: map[string]any{"integration": string(r.Integration), "document": r.Document}})
	if err != nil {
		return err
	}
	if same > 0 {
		return drawbridge.Errorf(drawbridge.Conflict, "this run was handed in already; look at drawbridge result list")
	}
	if err := tx.AddBlob(&store.Blob{ID: r.Document, Kind: "run", Size: size, Integration: r.Integration, CreatedAt: r.CreatedAt}); err != nil {
		return err
	}
	if err := tx.Runs().Add(r); err != nil {
		return err
	}
	list, err := tx.Runs().Find(store.Query{Equal: map[string]any{"integration": string(r.Integration), "stands": true}, Limit: maxGrounds})
	if err != nil {
		return err
	}
	verdicts, err := Standing(list)
	if err != nil {
		return err
	}
	stand := map[string]bool{}
	for _, v := range verdicts {
		stand[v.Run.ID] = true
	}
	for i := range list {
		x := &list[i]
		if stand[x.ID] {
			continue
		}
		x.Stands = false
		if err := tx.Runs().Set(x); err != nil {
			return err
		}
		if x.ID == r.ID {
			*r = *x // it came too late
		}
	}
	return d.Touch(tx, r.Integration)
}

// Verdict is what one run says of a check at an interface.
type Verdict struct {
	threat.Live
	Run *drawbridge.Run
}

// Standing is the verdict that stands of each check and interface, by the rule of
// the assessment: no later run replaced it, in whatever order they were handed in.
func Standing(runs []drawbridge.Run) (map[[2]string]Verdict, error) {
	runs = slices.Clone(runs)
	slices.SortFunc(runs, func(a, b drawbridge.Run) int {
		return cmp.Or(a.FinishedAt.Compare(b.FinishedAt), cmp.Compare(a.ID, b.ID))
	})
	out := map[[2]string]Verdict{}
	for i := range runs {
		list, err := Verdicts(&runs[i])
		if err != nil {
			return nil, err
		}
		for _, v := range list {
			key := [2]string{v.Check, v.Element}
			if had, ok := out[key]; !ok || assess.Supersedes(v.Verdict, had.Verdict) {
				out[key] = Verdict{v, &runs[i]}
			}
		}
	}
	return out, nil
}

// Verdicts are what a run says, check by check, with one for each failure.
func Verdicts(r *drawbridge.Run) ([]threat.Live, error) {
	var out []threat.Live
	if err := json.Unmarshal(r.Verdicts, &out); err != nil {
		return nil, fmt.Errorf("read the verdicts of %s: %w", r.ID, err)
	}
	return out, nil
}

// Runs lists the runs of an integration, newest first.
func (d *Desk) Runs(ctx context.Context, actor access.Actor, ref Ref, after *Cursor, limit int) (Page[drawbridge.Run], error) {
	return ofIntegration(ctx, d, actor, ref, after, limit,
		func(tx *store.Tx) store.Shelf[drawbridge.Run] { return tx.Runs() }, func(r drawbridge.Run) string { return r.ID })
}

// ofIntegration lists records of one integration, newest first.
func ofIntegration[T any](ctx context.Context, d *Desk, actor access.Actor, ref Ref, after *Cursor, limit int, shelf func(*store.Tx) store.Shelf[T], id func(T) string) (Page[T], error) {
	var out Page[T]
	size, err := pageSize(limit)
	if err != nil {
		return out, err
	}
	if after == nil {
		after = &Cursor{}
	}
	err = d.view(ctx, actor, access.IntegrationRead, ref, func(tx *store.Tx, in *drawbridge.Integration) error {
		list, err := shelf(tx).Find(store.Query{Equal: map[string]any{"integration": string(in.ID)}, After: after.ID, Newest: true, Limit: size + 1})
		out = paged(list, size, func(v T) Cursor { return Cursor{ID: id(v)} })
		return err
	})
	return out, err
}

// RunDocument opens a run as it was handed in. It holds what a foreign server
// answered: show it to nobody but as a file.
func (d *Desk) RunDocument(ctx context.Context, actor access.Actor, ref Ref, id string) (drawbridge.Run, io.ReadCloser, error) {
	var out drawbridge.Run
	err := d.view(ctx, actor, access.IntegrationRead, ref, func(tx *store.Tx, in *drawbridge.Integration) error {
		r, err := tx.Runs().Get(id)
		if drawbridge.KindOf(err) == drawbridge.NotFound || err == nil && r.Integration != in.ID {
			return notFound("run")
		}
		if err == nil {
			out = *r
		}
		return err
	})
	if err != nil {
		return out, nil, err
	}
	r, err := d.OpenedRun(ctx, &out)
	return out, r, err
}

// OpenedRun opens the document of a run that the caller has read, and so may see.
func (d *Desk) OpenedRun(ctx context.Context, r *drawbridge.Run) (io.ReadCloser, error) {
	f, err := d.door.Store().Blobs().Open(r.Document, d.door.Keys())
	return f, d.whyGone(ctx, r.Document, err)
}
