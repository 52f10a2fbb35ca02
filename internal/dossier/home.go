package dossier

import (
	"context"
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// place is where a record belongs; nowhere means to a partner as a whole.
type place struct {
	integration drawbridge.IntegrationID
	inquiry     drawbridge.InquiryID
	owners      []drawbridge.PersonID // besides those of the integration
}

// home is a kind of record: by which action one is seen, and where it belongs.
type home struct {
	see  access.Action
	find func(*store.Tx, string) (place, error)
}

// homes are the kinds of records of the review, as the ledger names them.
var homes = map[string]home{
	"review":        {access.ReviewRead, of((*store.Tx).Reviews, func(r *drawbridge.Review) place { return place{integration: r.Integration} })},
	"signoff":       {access.ReviewRead, of((*store.Tx).Signoffs, func(r *drawbridge.Signoff) place { return place{integration: r.Integration} })},
	"decision":      {access.ReviewRead, of((*store.Tx).Decisions, func(r *drawbridge.Decision) place { return place{integration: r.Integration} })},
	"delegation":    {access.DelegationRead, of((*store.Tx).Delegations, func(r *drawbridge.Delegation) place { return place{owners: []drawbridge.PersonID{r.From, r.To}} })},
	"standing":      {access.ReviewRead, of((*store.Tx).Standings, func(r *drawbridge.Standing) place { return place{integration: r.ID} })},
	"ruling":        {access.IntegrationRead, of((*store.Tx).Rulings, func(r *drawbridge.Ruling) place { return place{integration: r.Integration} })},
	"run":           {access.IntegrationRead, of((*store.Tx).Runs, func(r *drawbridge.Run) place { return place{integration: r.Integration} })},
	"inquiry":       {access.InquiryRead, of((*store.Tx).Inquiries, func(r *drawbridge.Inquiry) place { return place{integration: r.Integration, inquiry: r.ID} })},
	"answer":        {access.InquiryRead, of((*store.Tx).Answers, func(r *drawbridge.Answer) place { return place{integration: r.Integration, inquiry: r.Inquiry} })},
	"evidence":      {access.EvidenceRead, of((*store.Tx).Evidence, func(r *drawbridge.Evidence) place { return place{integration: r.Integration, inquiry: r.Inquiry} })},
	"thread":        {access.ThreadRead, of((*store.Tx).Threads, func(r *drawbridge.Thread) place { return place{integration: r.Integration, inquiry: r.Inquiry} })},
	"contract":      {access.ContractRead, of((*store.Tx).Contracts, func(*drawbridge.Contract) place { return place{} })},
	"measure":       {access.ContractRead, of((*store.Tx).Measures, func(*drawbridge.Measure) place { return place{} })},
	"subprocessor":  {access.PortfolioRead, of((*store.Tx).Subprocessors, func(*drawbridge.Subprocessor) place { return place{} })},
	"notice":        {access.NoticeRead, of((*store.Tx).Notices, func(*drawbridge.Notice) place { return place{} })},
	"profile":       {access.PartnerRead, of((*store.Tx).Profiles, func(*drawbridge.Profile) place { return place{} })},
	"condition":     {access.ReviewRead, of((*store.Tx).Conditions, func(r *drawbridge.Condition) place { return place{integration: r.Integration} })},
	"exception":     {access.IntegrationRead, of((*store.Tx).Exceptions, func(r *drawbridge.Exception) place { return place{integration: r.Integration} })},
	"risk":          {access.RiskRead, of((*store.Tx).Risks, func(r *drawbridge.Risk) place { return place{integration: r.Integration} })},
	"trigger_event": {access.IntegrationRead, of((*store.Tx).Triggers, func(r *drawbridge.Trigger) place { return place{integration: r.Integration} })},
	"attestation":   {access.IntegrationRead, of((*store.Tx).Attestations, func(r *drawbridge.Attestation) place { return place{integration: r.Integration} })},
	"departure":     {access.IntegrationRead, of((*store.Tx).Departures, func(r *drawbridge.Departure) place { return place{integration: r.Integration} })},
	"threat_review": {access.IntegrationRead, of((*store.Tx).ThreatReviews, func(r *drawbridge.ThreatReview) place { return place{integration: r.Integration} })},
	"link": {access.LinkRead, func(tx *store.Tx, id string) (place, error) {
		l, err := tx.Links().Get(id)
		if err != nil {
			return place{}, err
		}
		q, err := tx.Inquiries().Get(string(l.Inquiry))
		if err != nil {
			return place{}, err
		}
		return place{integration: q.Integration}, nil
	}},
	"comment": {access.ThreadRead, func(tx *store.Tx, id string) (place, error) {
		c, err := tx.Comments().Get(id)
		if err != nil {
			return place{}, err
		}
		t, err := tx.Threads().Get(string(c.Thread))
		if err != nil {
			return place{}, err
		}
		return place{integration: t.Integration, inquiry: t.Inquiry}, nil
	}},
	"integration": {access.IntegrationRead, func(_ *store.Tx, id string) (place, error) {
		return place{integration: drawbridge.IntegrationID(id)}, nil
	}},
	"partner": {access.PartnerRead, func(tx *store.Tx, id string) (place, error) {
		_, err := tx.Partner(drawbridge.PartnerID(id))
		return place{}, err
	}},
}

// of reads a record from its shelf and says where it belongs.
func of[T any](shelf func(*store.Tx) store.Shelf[T], where func(*T) place) func(*store.Tx, string) (place, error) {
	return func(tx *store.Tx, id string) (place, error) {
		rec, err := shelf(tx).Get(id)
		if err != nil {
			return place{}, err
		}
		return where(rec), nil
	}
}

// object is what the table of permissions asks about something at a place.
func (p place) object(tx *store.Tx, kind, id string) (access.Object, error) {
	o := access.Object{Kind: kind, ID: id}
	if p.integration != "" {
		var err error
		if o, err = register.Object(tx, p.integration, kind, id); err != nil {
			return o, err
		}
	}
	o.Owners = append(slices.Clip(o.Owners), p.owners...)
	o.Inquiry = p.inquiry
	return o, nil
}

// History lists the acts that changed a record of any kind, newest first, with
// who, when and why, and each field as it was and as it became.
func (d *Desk) History(ctx context.Context, actor access.Actor, kind, id string, after *register.Cursor, limit int) (register.Page[register.HistoryEntry], error) {
	h, ok := homes[kind]
	if !ok || kind == "integration" || kind == "partner" {
		return d.opt.Register.History(ctx, actor, kind, id, after, limit)
	}
	return d.opt.Register.HistoryOf(ctx, actor, register.Record{Kind: kind, ID: id, See: h.see, On: func(tx *store.Tx) (access.Object, error) {
		p, err := h.find(tx, id)
		if err != nil {
			return access.Object{}, err
		}
		return p.object(tx, kind, id)
	}}, after, limit)
}
