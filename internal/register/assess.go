package register

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/assess"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/store"
	"drawbridge/internal/threat"
)

// EventAssess is the kind of the event by which the queue calls
// [Desk.AssessDue]; its subject is an integration.
const EventAssess = "assess"

// rhythm is how often what lies still is assessed again: days pass, and with
// them exceptions, reports and rehearsals.
const rhythm = 7 * 24 * time.Hour

// maxDocument bounds a stored document, in bytes.
const maxDocument = 512 << 20

// How an assessment came about.
const (
	OriginPush     = "push"
	OriginSchedule = "schedule"
	OriginRequest  = "request"
	OriginChange   = "change" // of what the score rests on besides the manifest
)

// judgement is what the stateless line says about a manifest, not stored yet.
type judgement struct {
	record   drawbridge.Assessment // without identifiers
	document []byte
	size     int64
	findings []drawbridge.Finding
	next     time.Time // when to look again
	bundle   *manifest.Bundle
	whole    *assess.Assessment // what document says
}

// judge assesses a manifest by the server's packs, now.
// in is the integration as it is in the record, nil for a new one: what the record
// knows besides the manifest counts too.
func (d *Desk) judge(ctx context.Context, ws *policy.Workspace, b *manifest.Bundle, in *drawbridge.Integration) (*judgement, error) {
	asOf := d.now()
	g, err := d.ground(ctx, in, asOf)
	if err != nil {
		return nil, err
	}
	opt, err := d.options(g, b.Integration, asOf)
	if err != nil {
		return nil, err
	}
	opt.Name = b.Path
	a, err := assess.FromBundle(ctx, ws, b, opt)
	if err != nil {
		return nil, err
	}
	j := &judgement{
		findings: findingsOf(a, g), next: g.next(b.Integration, asOf, ws.Policy.TierOf(a.Score.Inherent).Months), bundle: b, whole: a,
		record: drawbridge.Assessment{
			Content: a.Digest.Content, AsOf: asOf, Tier: a.Score.Tier, Inherent: a.Score.Inherent, Residual: a.Score.Residual, Outcome: a.Gate.Outcome,
		},
	}
	j.record.Findings = int64(len(j.findings))
	if j.record.Packs, err = json.Marshal(a.Packs); err != nil {
		return nil, fmt.Errorf("encode the packs: %w", err)
	}
	if j.record.Gate, err = json.Marshal(a.Gate); err != nil {
		return nil, fmt.Errorf("encode the gate: %w", err)
	}
	if j.document, err = json.Marshal(a); err != nil {
		return nil, fmt.Errorf("encode the assessment: %w", err)
	}
	return j, nil
}

// findingsOf are the rows of an assessment: open threats and failed checks, those
// that an exception covers among them. A failure that was refuted is none.
func findingsOf(a *assess.Assessment, g *grounds) []drawbridge.Finding {
	var out []drawbridge.Finding
	seen := map[string]bool{}
	add := func(f drawbridge.Finding) {
		if !seen[f.Fingerprint] {
			seen[f.Fingerprint] = true
			out = append(out, f)
		}
	}
	for _, t := range a.Threats {
		if t.State == drawbridge.ThreatOpen || t.State == drawbridge.ThreatAccepted {
			add(drawbridge.Finding{
				Fingerprint: threat.Fingerprint(a.Integration.ID, &t), Source: "threat", Rule: t.Rule, Element: t.Element,
				Severity: t.Severity, State: string(t.State), Title: t.Title,
			})
		}
	}
	for _, r := range a.Checks {
		if r.Verdict != drawbridge.Fail || g.refuted(r.Fingerprint) {
			continue
		}
		f := drawbridge.Finding{
			Fingerprint: r.Fingerprint, Source: "check", Rule: r.Check, Element: r.Interface,
			Severity: r.Severity, State: string(drawbridge.ThreatOpen), Title: r.Title,
		}
		if g.accepted(&f, a.AsOf) {
			f.State = string(drawbridge.ThreatAccepted)
		}
		add(f)
	}
	return out
}

// keepDocument keeps the document as a file of the record.
func (d *Desk) keepDocument(j *judgement) (err error) {
	j.record.Document, j.size, err = d.door.Store().Blobs().Put(bytes.NewReader(j.document), maxDocument, d.door.Keys())
	return err
}

// record writes a judgement of the integration's head, and notes it in the
// integration, which the caller writes.
func (d *Desk) record(tx *store.Tx, in *drawbridge.Integration, j *judgement, origin string) (*drawbridge.Assessment, error) {
	now := d.now()
	a := j.record
	a.ID, a.CreatedAt, a.Origin = drawbridge.AssessmentID(drawbridge.NewID("asm", now)), now, origin
	a.Integration, a.Revision = in.ID, in.Head
	rows := make([]drawbridge.Finding, len(j.findings))
	for i, f := range j.findings {
		f.Assessment, f.Integration = a.ID, in.ID
		rows[i] = f
	}
	var err error
	if a.FindingsSum, err = store.DigestFindings(rows); err != nil {
		return nil, err
	}
	if err := tx.AddBlob(&store.Blob{ID: a.Document, Kind: "document", Size: j.size, Integration: in.ID, CreatedAt: now}); err != nil {
		return nil, err
	}
	if err := tx.AddAssessment(&a); err != nil {
		return nil, err
	}
	if err := tx.SetFindings(in.ID, rows); err != nil {
		return nil, err
	}
	in.Assessment, in.Tier, in.Inherent, in.Residual, in.Outcome = a.ID, a.Tier, a.Inherent, a.Residual, a.Outcome
	in.UpdatedAt = now
	if d.watch != nil {
		if err := d.watch(tx, in, j.bundle); err != nil {
			return nil, err
		}
	}
	// One look ahead for each integration, however often it is pushed.
	if err := tx.EndEventsAbout(EventAssess, string(in.ID), now); err != nil {
		return nil, err
	}
	return &a, tx.AddEvent(store.Event{
		ID: drawbridge.EventID(drawbridge.NewID("evt", now)), Kind: EventAssess, Subject: string(in.ID), DueAt: j.next, CreatedAt: now,
	})
}

// Assessed is the answer to a new assessment.
type Assessed struct {
	Integration drawbridge.Integration `json:"integration"`
	Assessment  drawbridge.Assessment  `json:"assessment"`
}

// Assess has the head of an integration assessed again, now.
func (d *Desk) Assess(ctx context.Context, actor access.Actor, ref Ref, key string) (Assessed, error) {
	return d.assess(ctx, actor, ref, OriginRequest, func(head drawbridge.RevisionID) string { return key })
}

// AssessDue is Assess by the calendar: once for a revision and a day, however
// often it is called. It reports whether there was something to do.
func (d *Desk) AssessDue(ctx context.Context, actor access.Actor, id drawbridge.IntegrationID) (bool, error) {
	day := drawbridge.DateOf(d.now())
	due := false
	err := d.view(ctx, actor, access.IntegrationAssess, ByID(id), func(tx *store.Tx, in *drawbridge.Integration) error {
		if in.State == drawbridge.Retired {
			return nil
		}
		last, err := tx.Assessment(in.Assessment)
		due = err == nil && drawbridge.DateOf(last.AsOf) < day
		return err
	})
	if err != nil || !due {
		return false, err
	}
	_, err = d.assess(ctx, actor, ByID(id), OriginSchedule, func(head drawbridge.RevisionID) string { return string(head) + " " + string(day) })
	return err == nil, err
}

// assess assesses the head; key makes the idempotency key from it.
func (d *Desk) assess(ctx context.Context, actor access.Actor, ref Ref, origin string, key func(head drawbridge.RevisionID) string) (Assessed, error) {
	var none Assessed
	ws, err := d.workspace()
	if err != nil {
		return none, err
	}
	var in drawbridge.Integration
	var head drawbridge.Revision
	err = d.view(ctx, actor, access.IntegrationAssess, ref, func(tx *store.Tx, have *drawbridge.Integration) error {
		in = *have
		r, err := tx.Revision(have.Head)
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
	main, files, err := d.openBundle(head.Bundle)
	if err != nil {
		return none, err
	}
	b, err := manifest.LoadFiles(main, files, ws.ManifestOptions()...)
	if err != nil {
		return none, err
	}
	j, err := d.judge(ctx, ws, b, &in)
	if err != nil {
		return none, err
	}
	if err := d.keepDocument(j); err != nil {
		return none, err
	}
	act := action.Act{
		Actor: actor, Action: access.IntegrationAssess, Key: key(head.ID), Input: map[string]any{"integration": string(in.ID), "origin": origin},
		On: func(tx *store.Tx) (o access.Object, err error) {
			_, o, err = find(tx, ByID(in.ID))
			return o, err
		},
	}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (Assessed, error) {
		now, err := tx.Integration(in.ID)
		if err != nil {
			return none, err
		}
		if now.Head != head.ID {
			return none, drawbridge.Errorf(drawbridge.Conflict, "a new revision came while the one before was assessed; it has been assessed on its own")
		}
		before := *now
		a, err := d.record(tx, now, j, origin)
		if err != nil {
			return none, err
		}
		if err := tx.SetIntegration(now); err != nil {
			return none, err
		}
		if worse(&before, now) {
			err = d.notice(tx, actor, noticeWorse, now.ID, now.Owner)
		}
		return Assessed{*now, *a}, err
	})
	return out, err
}
