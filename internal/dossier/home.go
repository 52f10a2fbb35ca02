package dossier

import (
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// place is where a record belongs, and by which action it is seen.
type place struct {
	see         access.Action
	integration drawbridge.IntegrationID
	partner     drawbridge.PartnerID
	inquiry     drawbridge.InquiryID
	owners      []drawbridge.PersonID // besides those of the integration
}

// homes tells for every kind of record of the review where one of them belongs.
// The keys are the kinds as the ledger names them.
var homes = map[string]func(*store.Tx, string) (place, error){
	"review": of((*store.Tx).Reviews, func(r *drawbridge.Review) place { return place{see: access.ReviewRead, integration: r.Integration} }),
	"signoff": of((*store.Tx).Signoffs, func(r *drawbridge.Signoff) place {
		return place{see: access.ReviewRead, integration: r.Integration}
	}),
	"decision": of((*store.Tx).Decisions, func(r *drawbridge.Decision) place {
		return place{see: access.ReviewRead, integration: r.Integration}
	}),
	"delegation": of((*store.Tx).Delegations, func(r *drawbridge.Delegation) place {
		return place{see: access.DelegationRead, owners: []drawbridge.PersonID{r.From, r.To}}
	}),
	"standing": of((*store.Tx).Standings, func(r *drawbridge.Standing) place { return place{see: access.ReviewRead, integration: r.ID} }),
	"ruling": of((*store.Tx).Rulings, func(r *drawbridge.Ruling) place {
		return place{see: access.IntegrationRead, integration: r.Integration}
	}),
	"run": of((*store.Tx).Runs, func(r *drawbridge.Run) place { return place{see: access.IntegrationRead, integration: r.Integration} }),
	"inquiry": of((*store.Tx).Inquiries, func(r *drawbridge.Inquiry) place {
		return place{see: access.InquiryRead, integration: r.Integration, inquiry: r.ID}
	}),
	"answer": of((*store.Tx).Answers, func(r *drawbridge.Answer) place {
		return place{see: access.InquiryRead, integration: r.Integration, inquiry: r.Inquiry}
	}),
	"link": func(tx *store.Tx, id string) (place, error) {
		l, err := tx.Links().Get(id)
		if err != nil {
			return place{}, err
		}
		q, err := tx.Inquiries().Get(string(l.Inquiry))
		if err != nil {
			return place{}, err
		}
		return place{see: access.LinkRead, integration: q.Integration}, nil
	},
	"evidence": of((*store.Tx).Evidence, func(r *drawbridge.Evidence) place {
		return place{see: access.EvidenceRead, integration: r.Integration, partner: r.Partner, inquiry: r.Inquiry}
	}),
	"thread": of((*store.Tx).Threads, func(r *drawbridge.Thread) place {
		return place{see: access.ThreadRead, integration: r.Integration, inquiry: r.Inquiry}
	}),
	"comment": func(tx *store.Tx, id string) (place, error) {
		c, err := tx.Comments().Get(id)
		if err != nil {
			return place{}, err
		}
		t, err := tx.Threads().Get(string(c.Thread))
		if err != nil {
			return place{}, err
		}
		return place{see: access.ThreadRead, integration: t.Integration, inquiry: t.Inquiry}, nil
	},
	"contract": of((*store.Tx).Contracts, func(r *drawbridge.Contract) place { return place{see: access.ContractRead, partner: r.Partner} }),
	"measure":  of((*store.Tx).Measures, func(r *drawbridge.Measure) place { return place{see: access.ContractRead, partner: r.Partner} }),
	"subprocessor": of((*store.Tx).Subprocessors, func(r *drawbridge.Subprocessor) place {
		return place{see: access.PortfolioRead, partner: r.Partner}
	}),
	"notice":  of((*store.Tx).Notices, func(r *drawbridge.Notice) place { return place{see: access.NoticeRead, partner: r.Partner} }),
	"profile": of((*store.Tx).Profiles, func(r *drawbridge.Profile) place { return place{see: access.PartnerRead, partner: r.ID} }),
	"condition": of((*store.Tx).Conditions, func(r *drawbridge.Condition) place {
		return place{see: access.ReviewRead, integration: r.Integration}
	}),
	"exception": of((*store.Tx).Exceptions, func(r *drawbridge.Exception) place {
		return place{see: access.IntegrationRead, integration: r.Integration}
	}),
	"risk": of((*store.Tx).Risks, func(r *drawbridge.Risk) place {
		return place{see: access.RiskRead, integration: r.Integration, partner: r.Partner}
	}),
	"trigger_event": of((*store.Tx).Triggers, func(r *drawbridge.Trigger) place {
		return place{see: access.IntegrationRead, integration: r.Integration}
	}),
	"attestation": of((*store.Tx).Attestations, func(r *drawbridge.Attestation) place {
		return place{see: access.IntegrationRead, integration: r.Integration}
	}),
	"departure": of((*store.Tx).Departures, func(r *drawbridge.Departure) place {
		return place{see: access.IntegrationRead, integration: r.Integration}
	}),
	"threat_review": of((*store.Tx).ThreatReviews, func(r *drawbridge.ThreatReview) place {
		return place{see: access.IntegrationRead, integration: r.Integration}
	}),
	"integration": func(_ *store.Tx, id string) (place, error) {
		return place{see: access.IntegrationRead, integration: drawbridge.IntegrationID(id)}, nil
	},
	"partner": func(tx *store.Tx, id string) (place, error) {
		p, err := tx.Partner(drawbridge.PartnerID(id))
		if err != nil {
			return place{}, err
		}
		return place{see: access.PartnerRead, partner: p.ID}, nil
	},
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
