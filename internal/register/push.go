package register

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/store"
)

// Push is a new state of an integration's manifest.
type Push struct {
	Main   string         // name of the manifest among the files
	Files  manifest.Files // the manifest and all that it refers to, nothing else
	Base   drawbridge.RevisionID
	Reason string // why; from the second revision on
	Key    string // idempotency key
	DryRun bool   // compute everything, write nothing
}

// Pushed is the answer to a push.
type Pushed struct {
	Integration drawbridge.Integration `json:"integration"`
	Revision    drawbridge.Revision    `json:"revision"`
	Assessment  drawbridge.Assessment  `json:"assessment"`
	Created     bool                   `json:"created"`   // the integration is new
	Unchanged   bool                   `json:"unchanged"` // the head says the same already; nothing was written
	DryRun      bool                   `json:"dry_run"`
	Changes     []manifest.Change      `json:"changes"` // to the revision before
	Widens      bool                   `json:"widens"`
	Proposals   []Proposal             `json:"proposals"` // where the partner's file differs from the partner's record
}

// push is one push on its way.
type push struct {
	Push
	desk    *Desk
	actor   access.Actor
	bundle  *manifest.Bundle
	content string
	archive string // digest of the files' archive
	size    int64

	act      action.Act
	replayed bool                    // an act with this key is in the record
	had      *drawbridge.Integration // nil when there is none yet
	head     *drawbridge.Revision
	changes  []manifest.Change
	verdict  *judgement
	material string
}

// Push takes in a revision. The manifest is parsed and assessed before the act,
// which checks that what it was compared with still stands. What is wrong with
// the manifest comes back with its place.
func (d *Desk) Push(ctx context.Context, actor access.Actor, in Push) (Pushed, error) {
	if err := d.mayPush(ctx, actor); err != nil {
		return Pushed{}, err
	}
	leave, err := d.enter(ctx)
	if err != nil {
		return Pushed{}, err
	}
	defer leave()
	p, err := d.prepare(ctx, actor, in)
	if err != nil {
		return Pushed{}, err
	}
	return p.Commit(ctx)
}

// Prepared is a push whose heavy work is done: its files are kept, and no record
// names them yet.
type Prepared struct {
	push   *push
	answer *Pushed // when there is nothing to do
}

// Prepare does the heavy work of a push: for who pushes much, in an order of
// their own, and bounds how many are prepared at once.
func (d *Desk) Prepare(ctx context.Context, actor access.Actor, in Push) (*Prepared, error) {
	if err := d.mayPush(ctx, actor); err != nil {
		return nil, err
	}
	return d.prepare(ctx, actor, in)
}

func (d *Desk) prepare(ctx context.Context, actor access.Actor, in Push) (*Prepared, error) {
	ws, err := d.workspace()
	if err != nil {
		return nil, err
	}
	in.Reason = strings.TrimSpace(in.Reason)
	p := &push{Push: in, desk: d, actor: actor}
	if err := p.read(ws); err != nil {
		return nil, err
	}
	same, err := p.compare(ctx)
	if err != nil || same != nil {
		return &Prepared{answer: same}, err
	}
	if err := p.judge(ctx, ws); err != nil {
		return nil, err
	}
	if !p.DryRun {
		err = p.keep()
	}
	return &Prepared{push: p}, err
}

// Commit is the act of a push that was prepared.
func (p *Prepared) Commit(ctx context.Context) (Pushed, error) {
	switch {
	case p.answer != nil:
		return *p.answer, nil
	case p.push.DryRun:
		return p.push.dry(ctx)
	}
	out, _, err := action.Do(ctx, p.push.desk.door, p.push.act, p.push.write)
	return out, err
}

// mayPush turns away who may push nothing at all, before anything is read.
func (d *Desk) mayPush(ctx context.Context, actor access.Actor) error {
	t := d.door.Table()
	if !t.Scope(actor, access.IntegrationPush).Nothing() || !t.Scope(actor, access.IntegrationCreate).Nothing() {
		return nil
	}
	act := action.Act{Actor: actor, Action: access.IntegrationPush, Object: access.Object{Kind: "integration"}}
	return d.door.View(ctx, act, func(*store.Tx) error { return nil })
}

// read parses the manifest.
func (p *push) read(ws *policy.Workspace) (err error) {
	if p.bundle, err = manifest.LoadFiles(p.Main, p.Files, ws.ManifestOptions()...); err != nil {
		return err
	}
	if p.content, err = manifest.ContentDigest(p.bundle); err != nil {
		return err
	}
	view, err := manifest.Material(p.bundle)
	if err != nil {
		return err
	}
	p.material = view.Digest()
	p.archive, err = bundleDigest(p.Main, p.Files)
	return err
}

// compare finds the integration, asks whether the actor may push to it, and
// compares with its head. It returns an answer when there is nothing to do.
func (p *push) compare(ctx context.Context) (*Pushed, error) {
	if err := p.lookUp(ctx); err != nil {
		return nil, err
	}
	var same *Pushed
	err := p.desk.door.View(ctx, p.act, func(tx *store.Tx) error {
		if p.had == nil {
			return nil
		}
		var err error
		if p.head, err = tx.Revision(p.had.Head); err != nil {
			return err
		}
		if p.replayed {
			return nil // the act gives the answer that it gave
		}
		if p.head.Content == p.content {
			same, err = p.unchanged(tx)
			return err
		}
		return p.check(p.head)
	})
	if err != nil {
		return nil, p.hide(err)
	}
	if same == nil && p.head != nil && !p.replayed {
		err = p.diff()
	}
	return same, err
}

// lookUp reads what decides which act this is. Nothing of it is shown before
// the act is authorised.
func (p *push) lookUp(ctx context.Context) error {
	in := p.bundle.Integration
	p.act = action.Act{
		Actor: p.actor, Action: access.IntegrationPush, Reason: p.Reason, Key: p.Key,
		Input: map[string]any{"main": p.Main, "files": p.archive, "base": string(p.Base)},
	}
	object := access.Object{Kind: "integration", ID: drawbridge.NewID("int", p.desk.now())}
	p.act.On = func(tx *store.Tx) (access.Object, error) {
		_, o, err := find(tx, ByKey(in.ID, in.Environment))
		return o, err
	}
	return p.desk.door.Store().View(ctx, func(tx *store.Tx) error {
		had, _, err := find(tx, ByKey(in.ID, in.Environment))
		if err != nil && drawbridge.KindOf(err) != drawbridge.NotFound {
			return err
		}
		p.had = had
		if p.Key != "" && !p.DryRun {
			replay, err := tx.Replay(p.actor.ID, p.Key)
			if err != nil {
				return err
			}
			p.replayed = replay != nil
		}
		if p.Base == "" && (had == nil || p.replayed) {
			p.act.Action, p.act.Object, p.act.On = access.IntegrationCreate, object, nil
		}
		return nil
	})
}

// hide turns the table's refusal into what the actor may know. Who may create
// integrations learns that the key is taken; who may not and cannot see every
// integration cannot tell one that is another's from none.
func (p *push) hide(err error) error {
	t, in := p.desk.door.Table(), p.bundle.Integration
	switch kind := drawbridge.KindOf(err); {
	case kind == drawbridge.NotFound && p.Base == "" && p.had != nil && !t.Scope(p.actor, access.IntegrationCreate).Nothing():
		return drawbridge.Errorf(drawbridge.Conflict, "the key %s in %s is taken: give the manifest another id, or ask the programme owner to let you in", in.ID, in.Environment)
	case kind == drawbridge.Denied && p.had == nil && !t.Scope(p.actor, access.IntegrationRead).All:
		return notFound("integration")
	}
	return err
}

// check holds a push against the head.
func (p *push) check(head *drawbridge.Revision) error {
	if p.Base != head.ID {
		what := "you named no base"
		if p.Base != "" {
			what = "your base is " + fmt.Sprintf("%.40q", p.Base)
		}
		return drawbridge.Errorf(drawbridge.Conflict, "the head of the integration is revision %d (%s), pushed by %s at %s, and %s: pull it, bring your change onto it, and push with --base %s",
			head.Number, head.ID, head.Author, head.CreatedAt.Format("2006-01-02 15:04 MST"), what, head.ID)
	}
	if p.Reason == "" && !p.DryRun {
		return drawbridge.Errorf(drawbridge.Invalid, "say why the integration changes: a revision after the first needs a reason")
	}
	return nil
}

// unchanged answers a push of what the head says already.
func (p *push) unchanged(tx *store.Tx) (*Pushed, error) {
	a, err := tx.Assessment(p.had.Assessment)
	if err != nil {
		return nil, err
	}
	out := &Pushed{Integration: *p.had, Revision: *p.head, Assessment: *a, Unchanged: true, DryRun: p.DryRun, Changes: []manifest.Change{}}
	out.Proposals, err = p.desk.partner(tx, p.actor, p.bundle.Partner, false)
	return out, err
}

// diff compares with the files of the head.
func (p *push) diff() error {
	main, files, err := p.desk.openBundle(p.head.Bundle)
	if err != nil {
		return err
	}
	before, err := manifest.LoadFiles(main, files) // by no packs: they may have changed since
	if drawbridge.KindOf(err) == drawbridge.Invalid {
		p.changes = []manifest.Change{{Kind: manifest.Widening, Why: "this program cannot read the revision before any more: everything counts as new"}}
		return nil
	}
	if err != nil {
		return err
	}
	p.changes = manifest.Diff(before, p.bundle)
	return nil
}

func (p *push) judge(ctx context.Context, ws *policy.Workspace) (err error) {
	p.verdict, err = p.desk.judge(ctx, ws, p.bundle, p.had)
	return err
}

// keep makes the files durable before the act that names them.
func (p *push) keep() (err error) {
	if _, p.size, err = p.desk.keepBundle(p.Main, p.Files); err != nil {
		return err
	}
	return p.desk.keepDocument(p.verdict)
}

// dry is the answer of a push that writes nothing.
func (p *push) dry(ctx context.Context) (Pushed, error) {
	var out Pushed
	err := p.desk.door.View(ctx, p.act, func(tx *store.Tx) error {
		in, rev, err := p.revise(p.had)
		if err != nil {
			return err
		}
		proposals, err := p.desk.partner(tx, p.actor, p.bundle.Partner, false)
		a := p.verdict.record
		in.Tier, in.Inherent, in.Residual, in.Outcome = a.Tier, a.Inherent, a.Residual, a.Outcome
		out = p.answer(in, rev, &a, proposals)
		out.DryRun = true
		return err
	})
	return out, err
}

// write is the act.
func (p *push) write(tx *store.Tx) (Pushed, error) {
	had, err := p.recheck(tx)
	if err != nil {
		return Pushed{}, err
	}
	in, rev, err := p.revise(had)
	if err != nil {
		return Pushed{}, err
	}
	rev.ID = drawbridge.RevisionID(drawbridge.NewID("rev", rev.CreatedAt))
	rev.Integration, in.Head = in.ID, rev.ID
	proposals, err := p.desk.partner(tx, p.actor, p.bundle.Partner, true)
	if err != nil {
		return Pushed{}, err
	}
	if err := tx.AddBlob(&store.Blob{ID: rev.Bundle, Kind: "bundle", Size: p.size, Integration: in.ID, CreatedAt: rev.CreatedAt}); err != nil {
		return Pushed{}, err
	}
	if err := tx.AddRevision(rev); err != nil {
		return Pushed{}, err
	}
	a, err := p.desk.record(tx, in, p.verdict, OriginPush)
	if err != nil {
		return Pushed{}, err
	}
	set := tx.SetIntegration
	if had == nil {
		set = tx.AddIntegration
	}
	if err := set(in); err != nil {
		return Pushed{}, err
	}
	if err := tx.AddEvent(store.Event{
		ID: drawbridge.EventID(drawbridge.NewID("evt", rev.CreatedAt)), Kind: EventPushed, Subject: string(in.ID), DueAt: rev.CreatedAt, CreatedAt: rev.CreatedAt,
	}); err != nil {
		return Pushed{}, err
	}
	if slices.ContainsFunc(p.changes, func(c manifest.Change) bool { return strings.HasPrefix(c.Key, "owners") }) {
		if err := p.desk.changedHands(tx, in.ID); err != nil {
			return Pushed{}, err
		}
	}
	if p.actor.Person != "" || rev.Widens { // CI pushes often
		err = p.desk.notice(tx, p.actor, noticePushed, in.ID, in.Owner)
	}
	return p.answer(in, rev, a, proposals), err
}

// recheck holds what the push was compared with against what stands now.
func (p *push) recheck(tx *store.Tx) (*drawbridge.Integration, error) {
	had, err := tx.IntegrationByKey(p.bundle.Integration.ID, p.bundle.Integration.Environment)
	switch {
	case drawbridge.KindOf(err) == drawbridge.NotFound && p.had == nil:
		return nil, nil //nolint:nilnil // none is what is expected
	case err != nil:
		return nil, err
	case p.had == nil:
		return nil, drawbridge.Errorf(drawbridge.Conflict, "somebody else pushed the first revision of %s in %s just now: look at it before you push", had.Slug, had.Environment)
	case p.act.Action == access.IntegrationCreate:
		return nil, drawbridge.Errorf(drawbridge.Conflict, "the key %s in %s is taken", had.Slug, had.Environment) // what a kept answer would have said is gone
	case had.Head != p.head.ID:
		head, err := tx.Revision(had.Head)
		if err != nil {
			return nil, err
		}
		return nil, p.check(head)
	}
	return had, nil
}

// revise makes the integration and its next revision, not written yet.
func (p *push) revise(had *drawbridge.Integration) (*drawbridge.Integration, *drawbridge.Revision, error) {
	now, m := p.desk.now(), p.bundle.Integration
	in := &drawbridge.Integration{
		ID: drawbridge.IntegrationID(p.act.Object.ID), Slug: m.ID, Environment: m.Environment,
		State: drawbridge.Proposed, Owner: p.actor.Person, CreatedAt: now,
	}
	if had != nil {
		copied := *had
		in = &copied
	}
	in.Name, in.Partner = m.Name, drawbridge.PartnerID(m.Partner)
	if in.Name == "" {
		in.Name = m.ID
	}
	in.Revisions++
	in.UpdatedAt = now
	data, err := json.Marshal(material(p.changes))
	if err != nil {
		return nil, nil, fmt.Errorf("encode the difference: %w", err)
	}
	return in, &drawbridge.Revision{
		Integration: in.ID, Number: in.Revisions, Parent: in.Head, Content: p.content, Material: p.material, Bundle: p.archive,
		Changes: data, Widens: manifest.Widens(p.changes), Reason: p.Reason, Author: p.actor.ID, CreatedAt: now,
	}, nil
}

// material are changes as they stand in the record: what decides nothing is mostly
// people's words, and those are kept in the sealed files alone.
func material(changes []manifest.Change) []manifest.Change {
	out := append([]manifest.Change{}, changes...)
	for i := range out {
		if out[i].Kind == manifest.Neutral {
			out[i].Old, out[i].New = "", ""
		}
	}
	return out
}

func (p *push) answer(in *drawbridge.Integration, rev *drawbridge.Revision, a *drawbridge.Assessment, proposals []Proposal) Pushed {
	return Pushed{
		Integration: *in, Revision: *rev, Assessment: *a, Created: p.had == nil,
		Changes: append([]manifest.Change{}, p.changes...), Widens: rev.Widens, Proposals: proposals,
	}
}
