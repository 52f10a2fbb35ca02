package custody

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/account"
	"drawbridge/internal/action"
	"drawbridge/internal/ledger"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// purgeBatch bounds what one act purges.
const purgeBatch = 200

// PurgeOptions say what to purge.
type PurgeOptions struct {
	Kind     string // empty for every kind
	DryRun   bool   // tell what would go
	Progress func(kind string, done int64)
}

// Purged is what was purged of one kind.
type Purged struct {
	Kind    string    `json:"kind"`
	Days    int64     `json:"days"`
	Before  time.Time `json:"before"` // what is older was due
	Count   int64     `json:"count"`
	Held    int64     `json:"held"`    // due, and kept by a hold
	Entries []int64   `json:"entries"` // of the ledger, which prove it
}

// PurgeReport is the outcome of a purge.
type PurgeReport struct {
	DryRun bool     `json:"dry_run"`
	Kinds  []Purged `json:"kinds"`
	Swept  int64    `json:"swept"` // files that no record names any more
}

// step is how one kind is purged.
type step struct {
	kind string
	due  func(tx *store.Tx, p store.Page, periods map[string]time.Time) ([]store.Due, error)
	drop func(d *Desk, tx *store.Tx, ids []string) (again bool, err error)
	one  bool // one thing is one act, or again several
	copy bool // a copy of what is recorded: no hold covers it, and its number is proof enough
}

// steps are in an order in which each finds all that the ones before made due.
var steps = []step{
	files(KeepDocument), files(KeepBundle), files(KeepEvidence), files(KeepRun),
	{kind: KeepFindings, due: plain((*store.Tx).DueFindings), drop: each((*store.Tx).DropFindings)},
	{kind: KeepPerson, due: plain((*store.Tx).DuePeople), drop: erase, one: true},
	{kind: KeepToken, due: plain((*store.Tx).DueTokens), drop: each((*store.Tx).RemoveToken)},
	{
		kind: KeepMessage, due: plain((*store.Tx).DueMessages),
		drop: func(_ *Desk, tx *store.Tx, ids []string) (bool, error) { return false, tx.RemoveMessages(ids) },
	},
	{kind: KeepReplay, due: plain((*store.Tx).DueReplays), drop: each((*store.Tx).RemoveReplay), copy: true},
	{kind: KeepDetail, due: plain((*store.Tx).DueDetails), drop: each(func(tx *store.Tx, seq string) error {
		n, err := strconv.ParseInt(seq, 10, 64)
		if err != nil {
			return err
		}
		return tx.EraseDetail(n)
	})},
}

// columns are where files are named that are kept for a time.
var columns = map[string]string{
	KeepDocument: "assessment.document", KeepBundle: "revision.bundle", KeepEvidence: "evidence.file", KeepRun: "run.document",
}

// files is for a kind of files. Whatever names one keeps it, by its own period.
func files(kind string) step {
	due := func(tx *store.Tx, p store.Page, periods map[string]time.Time) ([]store.Due, error) {
		cuts := map[string]time.Time{}
		for kind, column := range columns {
			cuts[column] = periods[kind]
		}
		return tx.DueFiles(columns[kind], p, cuts)
	}
	return step{kind: kind, due: due, drop: each((*store.Tx).RemoveBlob)}
}

// plain is for a kind that asks for no period but its own.
func plain(due func(*store.Tx, store.Page) ([]store.Due, error)) func(*store.Tx, store.Page, map[string]time.Time) ([]store.Due, error) {
	return func(tx *store.Tx, p store.Page, _ map[string]time.Time) ([]store.Due, error) { return due(tx, p) }
}

// each removes one after the other.
func each[ID ~string](drop func(*store.Tx, ID) error) func(*Desk, *store.Tx, []string) (bool, error) {
	return func(_ *Desk, tx *store.Tx, ids []string) (bool, error) {
		for _, id := range ids {
			if err := drop(tx, ID(id)); err != nil {
				return false, err
			}
		}
		return false, nil
	}
}

// erase empties what is personal of a person, or as much of it as fits into one act.
func erase(d *Desk, tx *store.Tx, ids []string) (again bool, err error) {
	p, err := tx.Person(drawbridge.PersonID(ids[0]))
	if err != nil {
		return false, err
	}
	return account.EraseRows(tx, p, d.now(), 0)
}

// Purge removes what is past its period and under no hold, in acts of bounded
// size. The entry of each lists what went: it is the proof, and outlasts it.
func (d *Desk) Purge(ctx context.Context, actor access.Actor, opt PurgeOptions) (PurgeReport, error) {
	out := PurgeReport{DryRun: opt.DryRun, Kinds: []Purged{}}
	if opt.Kind != "" {
		if _, err := adjustable(opt.Kind); err != nil {
			return out, err
		}
	}
	periods := map[string]Kept{}
	err := d.door.View(ctx, purging(actor, ""), func(tx *store.Tx) error {
		list, err := kept(tx)
		for _, k := range list {
			periods[k.Kind] = k
		}
		return err
	})
	if err != nil {
		return out, err
	}
	p := purge{desk: d, actor: actor, opt: opt, before: map[string]time.Time{}}
	for kind, k := range periods {
		p.before[kind] = d.now().AddDate(0, 0, -int(k.Period))
	}
	for _, s := range steps {
		if opt.Kind != "" && opt.Kind != s.kind {
			continue
		}
		p.done = Purged{Kind: s.kind, Days: periods[s.kind].Period, Before: p.before[s.kind], Entries: []int64{}}
		err := p.run(ctx, s)
		out.Kinds = append(out.Kinds, p.done)
		if err != nil {
			return out, err
		}
	}
	if !opt.DryRun {
		out.Swept, err = d.Sweep(ctx, actor)
	}
	return out, err
}

func purging(actor access.Actor, kind string) action.Act {
	return action.Act{Actor: actor, Action: access.Purge, Object: access.Object{Kind: "retention", ID: kind}}
}

// purge is one run.
type purge struct {
	desk   *Desk
	actor  access.Actor
	opt    PurgeOptions
	before map[string]time.Time // what is older is due, by kind
	done   Purged
}

// run purges one kind, page by page. A page is looked for without the lock of
// the writer, and looked at again under it.
func (p *purge) run(ctx context.Context, s step) error {
	for after := ""; ; {
		var page, free []store.Due
		err := p.desk.door.View(ctx, purging(p.actor, s.kind), func(tx *store.Tx) (err error) {
			page, free, err = p.look(tx, s, after)
			return err
		})
		if err != nil || len(page) == 0 {
			return err
		}
		last := page[len(page)-1].ID
		p.done.Held += int64(len(page) - len(free))
		switch {
		case p.opt.DryRun:
			p.done.Count += int64(len(free))
		case len(free) > 0:
			again, err := p.act(ctx, s, after)
			if err != nil {
				return err
			}
			if again {
				continue
			}
		}
		after = last
		if p.opt.Progress != nil {
			p.opt.Progress(s.kind, p.done.Count)
		}
	}
}

// look reads a page of what is due, and which of it no hold covers.
func (p *purge) look(tx *store.Tx, s step, after string) (page, free []store.Due, err error) {
	limit := purgeBatch
	if s.one {
		limit = 1
	}
	if page, err = s.due(tx, store.Page{Before: p.before[s.kind], After: after, Limit: limit}, p.before); err != nil {
		return nil, nil, err
	}
	holds, err := tx.HoldsAt(p.desk.now())
	if err != nil {
		return nil, nil, err
	}
	for _, x := range page {
		if s.copy || holds.Cover(x.About) == nil {
			free = append(free, x)
		}
	}
	return page, free, nil
}

// errNothing takes an act back that has nothing to do.
var errNothing = errors.New("nothing to purge")

// act purges one page.
func (p *purge) act(ctx context.Context, s step, after string) (again bool, err error) {
	now := p.desk.now()
	var ids []string
	_, receipt, err := action.Do(ctx, p.desk.door, purging(p.actor, s.kind), func(tx *store.Tx) (struct{}, error) {
		_, free, err := p.look(tx, s, after) // a hold may have been placed meanwhile
		if err != nil {
			return struct{}{}, err
		}
		if len(free) == 0 {
			return struct{}{}, errNothing
		}
		ids = ids[:0]
		for _, x := range free {
			ids = append(ids, x.ID)
		}
		if again, err = s.drop(p.desk, tx, ids); err != nil {
			return struct{}{}, err
		}
		p.prove(tx, s, ids, now)
		return struct{}{}, nil
	})
	switch {
	case errors.Is(err, errNothing):
		return false, nil
	case err != nil:
		return false, err
	}
	if !again {
		p.done.Count += int64(len(ids))
	}
	p.done.Entries = append(p.done.Entries, receipt.Seq)
	return again, nil
}

// prove has the entry say what went: for good the digest of the list, and in
// its detail the list, with the period that was applied.
func (p *purge) prove(tx *store.Tx, s step, ids []string, now time.Time) {
	id := drawbridge.NewID("prg", now)
	tx.Changed(store.Change{Kind: "purge", ID: id, Op: ledger.Delete, Before: ListDigest(ids)})
	told := map[string]any{"id": id, "kind": s.kind, "days": p.done.Days, "before": store.Time(p.done.Before), "count": len(ids)}
	if !s.copy {
		told["ids"] = ids
	}
	tx.Note("purge", told)
}

// ListDigest is the digest of a list of what was purged: SHA-256 over the
// identifiers, one a line.
func ListDigest(ids []string) string { return seal.Digest([]byte(strings.Join(ids, "\n") + "\n")) }
