package register

import (
	"context"
	"io"
	"math"
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/manifest"
	"drawbridge/internal/store"
)

// IntegrationFilter says which integrations to list; what is empty does not restrict.
type IntegrationFilter struct {
	Partner drawbridge.PartnerID
	State   drawbridge.IntegrationState
	Tier    drawbridge.Tier
	Outcome drawbridge.Outcome
	Text    string // in the slug or the name, at most 100 bytes
	Order   string // id (the default), name, or risk: highest residual risk first
}

// Integrations lists what of the integrations the actor may see.
func (d *Desk) Integrations(ctx context.Context, actor access.Actor, f IntegrationFilter, after *Cursor, limit int) (Page[drawbridge.Integration], error) {
	var out Page[drawbridge.Integration]
	size, err := pageSize(limit)
	if err != nil {
		return out, err
	}
	l := store.IntegrationList{
		Partner: f.Partner, State: f.State, Tier: f.Tier, Outcome: f.Outcome, Text: f.Text, Order: store.Order(f.Order), Limit: size + 1,
	}
	if l.Order == "" {
		l.Order = store.ByID
	}
	if !slices.Contains([]store.Order{store.ByID, store.ByName, store.ByRisk}, l.Order) || len(f.Text) > 100 {
		return out, drawbridge.Errorf(drawbridge.Invalid, "integrations are ordered by id, name or risk, and searched by at most 100 bytes")
	}
	if after != nil {
		l.After = &drawbridge.Integration{ID: drawbridge.IntegrationID(after.ID), Name: after.Text, Residual: after.Number}
	}
	err = d.door.List(ctx, actor, access.IntegrationRead, func(tx *store.Tx, s access.Scope) error {
		l.Scope = s
		list, err := tx.Integrations(l)
		out = paged(list, size, func(i drawbridge.Integration) Cursor {
			return Cursor{ID: string(i.ID), Text: i.Name, Number: i.Residual}
		})
		return err
	})
	return out, err
}

// Integration reads one integration.
func (d *Desk) Integration(ctx context.Context, actor access.Actor, ref Ref) (out drawbridge.Integration, err error) {
	err = d.view(ctx, actor, access.IntegrationRead, ref, func(_ *store.Tx, in *drawbridge.Integration) error {
		out = *in
		return nil
	})
	return out, err
}

// Revisions lists the revisions of an integration, newest first.
func (d *Desk) Revisions(ctx context.Context, actor access.Actor, ref Ref, after *Cursor, limit int) (Page[drawbridge.Revision], error) {
	var out Page[drawbridge.Revision]
	size, err := pageSize(limit)
	if err != nil {
		return out, err
	}
	err = d.view(ctx, actor, access.IntegrationRead, ref, func(tx *store.Tx, in *drawbridge.Integration) error {
		list, err := tx.RevisionsBefore(in.ID, below(after), size+1)
		out = paged(list, size, func(r drawbridge.Revision) Cursor { return Cursor{Number: float64(r.Number)} })
		return err
	})
	return out, err
}

// below is the number that a list which counts down goes on below.
func below(after *Cursor) int64 {
	if after == nil || !(after.Number > 0 && after.Number < 1<<53) {
		return math.MaxInt64
	}
	return int64(after.Number)
}

// revision reads a revision of an integration; no id means the head.
func revision(tx *store.Tx, in *drawbridge.Integration, id drawbridge.RevisionID) (*drawbridge.Revision, error) {
	if id == "" {
		id = in.Head
	}
	r, err := tx.Revision(id)
	if drawbridge.KindOf(err) == drawbridge.NotFound || err == nil && r.Integration != in.ID {
		return nil, notFound("revision")
	}
	return r, err
}

// Revision reads one revision; no id means the head.
func (d *Desk) Revision(ctx context.Context, actor access.Actor, ref Ref, id drawbridge.RevisionID) (out drawbridge.Revision, err error) {
	err = d.view(ctx, actor, access.IntegrationRead, ref, func(tx *store.Tx, in *drawbridge.Integration) error {
		r, err := revision(tx, in, id)
		if err == nil {
			out = *r
		}
		return err
	})
	return out, err
}

// Pulled are the files of a revision.
type Pulled struct {
	Integration drawbridge.Integration `json:"integration"`
	Revision    drawbridge.Revision    `json:"revision"`
	Main        string                 `json:"main"`
	Files       manifest.Files         `json:"files"`
}

// Pull reads the files of a revision; no id means the head.
func (d *Desk) Pull(ctx context.Context, actor access.Actor, ref Ref, id drawbridge.RevisionID) (Pulled, error) {
	var out Pulled
	err := d.view(ctx, actor, access.IntegrationRead, ref, func(tx *store.Tx, in *drawbridge.Integration) error {
		r, err := revision(tx, in, id)
		if err == nil {
			out.Integration, out.Revision = *in, *r
		}
		return err
	})
	if err != nil {
		return out, err
	}
	leave, err := d.enter(ctx)
	if err != nil {
		return Pulled{}, err
	}
	defer leave()
	out.Main, out.Files, err = d.openBundle(out.Revision.Bundle)
	return out, d.whyGone(ctx, out.Revision.Bundle, err)
}

// Difference is what changed between two revisions.
type Difference struct {
	From    drawbridge.Revision `json:"from"`
	To      drawbridge.Revision `json:"to"`
	Changes []manifest.Change   `json:"changes"`
	Widens  bool                `json:"widens"`
}

// Difference compares two revisions of an integration; no id means the head.
func (d *Desk) Difference(ctx context.Context, actor access.Actor, ref Ref, from, to drawbridge.RevisionID) (Difference, error) {
	a, err := d.Pull(ctx, actor, ref, from)
	if err != nil {
		return Difference{}, err
	}
	b, err := d.Pull(ctx, actor, ref, to)
	if err != nil {
		return Difference{}, err
	}
	old, err := manifest.LoadFiles(a.Main, a.Files)
	if err != nil {
		return Difference{}, err
	}
	now, err := manifest.LoadFiles(b.Main, b.Files)
	if err != nil {
		return Difference{}, err
	}
	changes := append([]manifest.Change{}, manifest.Diff(old, now)...)
	return Difference{From: a.Revision, To: b.Revision, Changes: changes, Widens: manifest.Widens(changes)}, nil
}

// Assessments lists the assessments of an integration, newest first.
func (d *Desk) Assessments(ctx context.Context, actor access.Actor, ref Ref, after *Cursor, limit int) (Page[drawbridge.Assessment], error) {
	var out Page[drawbridge.Assessment]
	size, err := pageSize(limit)
	if err != nil {
		return out, err
	}
	if after == nil {
		after = &Cursor{}
	}
	err = d.view(ctx, actor, access.IntegrationRead, ref, func(tx *store.Tx, in *drawbridge.Integration) error {
		list, err := tx.AssessmentsBefore(in.ID, drawbridge.AssessmentID(after.ID), size+1)
		out = paged(list, size, func(a drawbridge.Assessment) Cursor { return Cursor{ID: string(a.ID)} })
		return err
	})
	return out, err
}

// Assessment reads one assessment; no id means the latest.
func (d *Desk) Assessment(ctx context.Context, actor access.Actor, ref Ref, id drawbridge.AssessmentID) (out drawbridge.Assessment, err error) {
	err = d.view(ctx, actor, access.IntegrationRead, ref, func(tx *store.Tx, in *drawbridge.Integration) error {
		if id == "" {
			id = in.Assessment
		}
		a, err := tx.Assessment(id)
		if drawbridge.KindOf(err) == drawbridge.NotFound || err == nil && a.Integration != in.ID {
			return notFound("assessment")
		}
		if err == nil {
			out = *a
		}
		return err
	})
	return out, err
}

// Document opens the whole document of an assessment, as JSON; no id means the
// latest. Content that was changed behind the record's back ends with an error
// in place of io.EOF.
func (d *Desk) Document(ctx context.Context, actor access.Actor, ref Ref, id drawbridge.AssessmentID) (drawbridge.Assessment, io.ReadCloser, error) {
	a, err := d.Assessment(ctx, actor, ref, id)
	if err != nil {
		return a, nil, err
	}
	r, err := d.door.Store().Blobs().Open(a.Document, d.door.Keys())
	return a, r, d.whyGone(ctx, a.Document, err)
}

// Latest reads an integration and opens the document of its latest assessment, as
// [Desk.Document] does.
func (d *Desk) Latest(ctx context.Context, actor access.Actor, ref Ref) (in drawbridge.Integration, document io.ReadCloser, err error) {
	var digest string
	err = d.view(ctx, actor, access.IntegrationRead, ref, func(tx *store.Tx, have *drawbridge.Integration) error {
		in = *have
		a, err := tx.Assessment(have.Assessment)
		if err == nil {
			digest = a.Document
		}
		return err
	})
	if err != nil {
		return in, nil, err
	}
	document, err = d.door.Store().Blobs().Open(digest, d.door.Keys())
	return in, document, d.whyGone(ctx, digest, err)
}

// whyGone tells of content that could not be opened whether it was purged.
func (d *Desk) whyGone(ctx context.Context, digest string, err error) error {
	if drawbridge.KindOf(err) != drawbridge.NotFound {
		return err
	}
	return d.door.Store().View(ctx, func(tx *store.Tx) error { return tx.WhyGone(digest, err) })
}

// FindingFilter says which findings to list; what is empty does not restrict.
type FindingFilter struct {
	Integration drawbridge.IntegrationID
	Severity    drawbridge.Severity // this one and what is worse
	Source      string              // threat or check
	State       string              // open or accepted
}

// Findings lists the findings of the latest assessments, worst first, over all
// integrations that the actor may see.
func (d *Desk) Findings(ctx context.Context, actor access.Actor, f FindingFilter, after *Cursor, limit int) (Page[drawbridge.Finding], error) {
	var out Page[drawbridge.Finding]
	size, err := pageSize(limit)
	if err != nil {
		return out, err
	}
	if f.Severity != "" && f.Severity.Rank() < 0 || !slices.Contains([]string{"", "threat", "check"}, f.Source) || !slices.Contains([]string{"", "open", "accepted"}, f.State) {
		return out, drawbridge.Errorf(drawbridge.Invalid, "findings have a severity from info to critical, come from threat or check, and are open or accepted")
	}
	l := store.FindingList{Integration: f.Integration, Severity: f.Severity, Source: f.Source, State: f.State, Limit: size + 1}
	if after != nil {
		l.After = &store.FindingKey{Rank: int64(after.Number), Fingerprint: after.Text, Assessment: drawbridge.AssessmentID(after.ID)}
	}
	read := func(tx *store.Tx) error {
		list, err := tx.Findings(l)
		out = paged(list, size, func(f drawbridge.Finding) Cursor {
			return Cursor{Number: float64(f.Severity.Rank()), Text: f.Fingerprint, ID: string(f.Assessment)}
		})
		return err
	}
	if f.Integration != "" {
		err = d.view(ctx, actor, access.IntegrationRead, ByID(f.Integration), func(tx *store.Tx, _ *drawbridge.Integration) error {
			l.Scope = access.Scope{All: true}
			return read(tx)
		})
		return out, err
	}
	err = d.door.List(ctx, actor, access.IntegrationRead, func(tx *store.Tx, s access.Scope) error {
		l.Scope = s
		return read(tx)
	})
	return out, err
}

// Opened opens the whole document of an assessment that somebody has read, as
// [Desk.Document] does.
func (d *Desk) Opened(ctx context.Context, a *drawbridge.Assessment) (io.ReadCloser, error) {
	r, err := d.door.Store().Blobs().Open(a.Document, d.door.Keys())
	return r, d.whyGone(ctx, a.Document, err)
}
