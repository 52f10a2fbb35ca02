package dossier

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// Bounds of a dossier: the newest of each kind are in it, and how many there are.
const (
	maxSection  = 50
	maxDocument = 64 << 20
)

// sheet collects the parts of a dossier that the actor may see.
type sheet struct {
	desk     *Desk
	tx       *store.Tx
	actor    access.Actor
	object   access.Object
	parts    []store.Part
	withheld []string
	err      error
}

// may reports whether the actor sees something of the object, and notes it when not.
func (s *sheet) may(see access.Action, name string) bool {
	o := s.object
	if s.desk.door.Table().Decide(s.actor, see, o, s.desk.now()) == nil {
		return true
	}
	if !slices.Contains(s.withheld, name) {
		s.withheld = append(s.withheld, name)
	}
	return false
}

// put adds a kind of record to what is read.
func put[T any](s *sheet, see access.Action, name string, shelf store.Shelf[T], at *drawbridge.Section[T], where map[string]any) {
	if s.err != nil || !s.may(see, name) {
		return
	}
	var p store.Part
	p, s.err = shelf.Into(at, store.Query{Equal: where, Newest: true, Limit: maxSection})
	s.parts = append(s.parts, p)
}

// scoped is put for records of many integrations, of which the actor may see some.
func scoped[T any](s *sheet, see access.Action, name string, shelf store.Shelf[T], at *drawbridge.Section[T], where map[string]any) {
	scope := s.desk.door.Table().Scope(s.actor, see)
	if s.err != nil {
		return
	}
	if scope.Nothing() {
		s.withheld = append(s.withheld, name)
		return
	}
	var p store.Part
	p, s.err = shelf.Into(at, store.Query{Equal: where, Scope: &scope, Newest: true, Limit: maxSection})
	s.parts = append(s.parts, p)
}

func (s *sheet) gather() error {
	if s.err != nil {
		return s.err
	}
	slices.Sort(s.withheld)
	return s.tx.Gather(s.parts...)
}

// Dossier reads everything that is on file about an integration.
func (d *Desk) Dossier(ctx context.Context, actor access.Actor, ref register.Ref) (drawbridge.Dossier, error) {
	out := drawbridge.Dossier{AsOf: d.now(), Withheld: []string{}}
	var o access.Object
	act := action.Act{Actor: actor, Action: access.IntegrationRead, On: func(tx *store.Tx) (_ access.Object, err error) {
		in := &out.Integration
		if *in, err = integration(tx, ref); err == nil {
			o, err = register.Object(tx, in.ID, "integration", string(in.ID))
		}
		return o, err
	}}
	err := d.door.View(ctx, act, func(tx *store.Tx) error {
		s := &sheet{desk: d, tx: tx, actor: actor, object: o, withheld: out.Withheld}
		return d.fill(s, &out)
	})
	if err != nil {
		return out, err
	}
	return out, d.read(&out)
}

func integration(tx *store.Tx, ref register.Ref) (drawbridge.Integration, error) {
	var in *drawbridge.Integration
	var err error
	if ref.ID != "" {
		in, err = tx.Integration(ref.ID)
	} else {
		in, err = tx.IntegrationByKey(ref.Slug, ref.Environment)
	}
	if err != nil {
		return drawbridge.Integration{}, err
	}
	return *in, nil
}

// fill reads what the database holds.
func (d *Desk) fill(s *sheet, out *drawbridge.Dossier) error {
	in, tx := &out.Integration, s.tx
	own := map[string]any{"integration": in.ID}
	theirs := map[string]any{"partner": in.Partner}
	var standing drawbridge.Section[drawbridge.Standing]
	var evidence, general drawbridge.Section[drawbridge.Evidence]
	var conditions drawbridge.Section[drawbridge.Condition]
	var exceptions drawbridge.Section[drawbridge.Exception]
	put(s, access.PartnerRead, "partner", tx.Profiles(), &out.Profile, map[string]any{"id": in.Partner})
	put(s, access.ReviewRead, "reviews", tx.Standings(), &standing, map[string]any{"id": in.ID})
	put(s, access.ReviewRead, "reviews", tx.Reviews(), &out.Reviews, own)
	put(s, access.ReviewRead, "reviews", tx.Signoffs(), &out.Signoffs, own)
	put(s, access.ReviewRead, "reviews", tx.Decisions(), &out.Decisions, own)
	put(s, access.ReviewRead, "reviews", tx.Conditions(), &conditions, own)
	put(s, access.IntegrationRead, "exceptions", tx.Exceptions(), &exceptions, own)
	put(s, access.EvidenceRead, "evidence", tx.Evidence(), &evidence, own)
	put(s, access.InquiryRead, "inquiries", tx.Inquiries(), &out.Inquiries, own)
	put(s, access.ThreadRead, "threads", tx.Threads(), &out.Threads, own)
	put(s, access.RiskRead, "risks", tx.Risks(), &out.Risks, own)
	put(s, access.IntegrationRead, "runs", tx.Runs(), &out.Runs, own)
	put(s, access.IntegrationRead, "rulings", tx.Rulings(), &out.Rulings, own)
	put(s, access.IntegrationRead, "triggers", tx.Triggers(), &out.Triggers, own)
	put(s, access.IntegrationRead, "attestations", tx.Attestations(), &out.Attestations, own)
	put(s, access.IntegrationRead, "departures", tx.Departures(), &out.Departures, own)
	put(s, access.IntegrationRead, "threat_reviews", tx.ThreatReviews(), &out.ThreatReviews, own)
	// What belongs to the partner as a whole is seen by who sees all partners'.
	s.object = access.Object{Kind: "partner", ID: string(in.Partner)}
	put(s, access.EvidenceRead, "partner_evidence", tx.Evidence(), &general, map[string]any{"partner": in.Partner, "integration": ""})
	put(s, access.ContractRead, "contracts", tx.Contracts(), &out.Contracts, theirs)
	put(s, access.NoticeRead, "notices", tx.Notices(), &out.Notices, theirs)
	put(s, access.PortfolioRead, "subprocessors", tx.Subprocessors(), &out.Subprocessors, theirs)
	if err := s.gather(); err != nil {
		return err
	}
	out.Withheld = s.withheld
	if len(standing.Items) > 0 {
		out.Standing = &standing.Items[0]
	}
	general.Items = slices.DeleteFunc(general.Items, func(e drawbridge.Evidence) bool { return !Covers(&e, in) })
	out.Evidence.Items = d.counted(append(evidence.Items, general.Items...))
	out.Evidence.Total = evidence.Total + int64(len(general.Items))
	out.Contracts = touching(out.Contracts, in.ID, func(c drawbridge.Contract) []drawbridge.IntegrationID { return c.Integrations })
	out.Subprocessors = touching(out.Subprocessors, in.ID, func(p drawbridge.Subprocessor) []drawbridge.IntegrationID { return p.Uses })
	d.judge(out, conditions, exceptions)
	return heads(tx, s.actor, d, out)
}

// touching keeps what names an integration, or names none.
func touching[T any](s drawbridge.Section[T], in drawbridge.IntegrationID, names func(T) []drawbridge.IntegrationID) drawbridge.Section[T] {
	kept := slices.DeleteFunc(s.Items, func(x T) bool { return len(names(x)) > 0 && !slices.Contains(names(x), in) })
	return drawbridge.Section[T]{Items: kept, Total: s.Total - int64(len(s.Items)-len(kept))}
}

// judge computes what is so now.
func (d *Desk) judge(out *drawbridge.Dossier, conditions drawbridge.Section[drawbridge.Condition], exceptions drawbridge.Section[drawbridge.Exception]) {
	out.Conditions.Total, out.Exceptions.Total = conditions.Total, exceptions.Total
	for _, c := range conditions.Items {
		out.Conditions.Items = append(out.Conditions.Items, drawbridge.FiledCondition{Condition: c, Overdue: c.Overdue(out.AsOf)})
	}
	for _, x := range exceptions.Items {
		out.Exceptions.Items = append(out.Exceptions.Items, drawbridge.FiledException{Exception: x, Holds: x.Holds(out.AsOf)})
	}
}

// heads reads the partner, the head and its assessment.
func heads(tx *store.Tx, actor access.Actor, d *Desk, out *drawbridge.Dossier) error {
	in := &out.Integration
	if !d.door.Table().Scope(actor, access.PartnerRead).Nothing() {
		p, err := tx.Partner(in.Partner)
		if err != nil && drawbridge.KindOf(err) != drawbridge.NotFound {
			return err
		}
		if err == nil {
			out.Partner = *p
		}
	}
	if in.Head != "" {
		var err error
		if out.Revision, err = tx.Revision(in.Head); err != nil {
			return err
		}
	}
	if in.Assessment == "" {
		return nil
	}
	var err error
	out.Assessment, err = tx.Assessment(in.Assessment)
	return err
}

// read takes from the files what no row holds: the data and the controls. Files
// that were purged leave their sections empty.
func (d *Desk) read(out *drawbridge.Dossier) error {
	if out.Revision != nil {
		bundle, err := d.opt.Register.Bundle(out.Revision)
		switch {
		case drawbridge.KindOf(err) == drawbridge.NotFound:
		case err != nil:
			return err
		default:
			kinds := map[string]*drawbridge.FiledData{}
			for _, f := range bundle.Integration.Flows {
				for _, e := range f.Data {
					x := kinds[e.Category]
					if x == nil {
						x = &drawbridge.FiledData{Category: e.Category}
						kinds[e.Category] = x
					}
					if x.Fields++; !slices.Contains(x.Flows, f.ID) {
						x.Flows = append(x.Flows, f.ID)
					}
				}
			}
			for _, k := range slices.Sorted(maps.Keys(kinds)) {
				out.Data.Items = append(out.Data.Items, *kinds[k])
			}
			out.Data.Total = int64(len(kinds))
		}
	}
	if out.Assessment == nil {
		return nil
	}
	r, err := d.door.Store().Blobs().Open(out.Assessment.Document, d.door.Keys())
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	defer r.Close()
	out.Controls.Items, err = controls(io.LimitReader(r, maxDocument))
	out.Controls.Total = int64(len(out.Controls.Items))
	return err
}

// controls takes the list of controls out of an assessment's document, without
// holding the whole of it.
func controls(r io.Reader) ([]drawbridge.FiledControl, error) {
	dec := json.NewDecoder(r)
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		if key == "controls" {
			var list []drawbridge.FiledControl
			return list, dec.Decode(&list)
		}
		var skip json.RawMessage
		if err := dec.Decode(&skip); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("the document of an assessment lists no controls")
}

// PartnerDossier reads everything that is on file about a partner.
func (d *Desk) PartnerDossier(ctx context.Context, actor access.Actor, id drawbridge.PartnerID) (drawbridge.PartnerDossier, error) {
	out := drawbridge.PartnerDossier{AsOf: d.now(), Withheld: []string{}}
	object := access.Object{Kind: "partner", ID: string(id)}
	act := action.Act{Actor: actor, Action: access.PartnerRead, On: func(tx *store.Tx) (access.Object, error) {
		p, err := tx.Partner(id)
		if err == nil {
			out.Partner = *p
		}
		return object, err
	}}
	err := d.door.View(ctx, act, func(tx *store.Tx) error {
		s := &sheet{desk: d, tx: tx, actor: actor, object: object, withheld: out.Withheld}
		theirs := map[string]any{"partner": id}
		var evidence drawbridge.Section[drawbridge.Evidence]
		put(s, access.PartnerRead, "partner", tx.Profiles(), &out.Profile, map[string]any{"id": id})
		scoped(s, access.IntegrationRead, "integrations", tx.IntegrationShelf(), &out.Integrations, theirs)
		scoped(s, access.ReviewRead, "reviews", tx.Standings(), &out.Standings, theirs)
		scoped(s, access.ReviewRead, "reviews", tx.Reviews(), &out.Reviews, theirs)
		scoped(s, access.EvidenceRead, "evidence", tx.Evidence(), &evidence, theirs)
		scoped(s, access.InquiryRead, "inquiries", tx.Inquiries(), &out.Inquiries, theirs)
		scoped(s, access.RiskRead, "risks", tx.Risks(), &out.Risks, theirs)
		put(s, access.ContractRead, "contracts", tx.Contracts(), &out.Contracts, theirs)
		put(s, access.ContractRead, "contracts", tx.Measures(), &out.Measures, theirs)
		put(s, access.NoticeRead, "notices", tx.Notices(), &out.Notices, theirs)
		put(s, access.PortfolioRead, "subprocessors", tx.Subprocessors(), &out.Subprocessors, theirs)
		if err := s.gather(); err != nil {
			return err
		}
		out.Withheld = slices.Compact(s.withheld)
		out.Evidence = drawbridge.Section[drawbridge.FiledEvidence]{Items: d.counted(evidence.Items), Total: evidence.Total}
		return nil
	})
	return out, err
}
