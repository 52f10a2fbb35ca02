package dossier_test

import (
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/dossier"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit/world"
)

const day = 24 * time.Hour

// rig is a desk over a record of its own, with a clock that each act moves on.
type rig struct {
	*dossier.Desk
	t *testing.T
	*world.World

	ann, bob, carol, dave, mallory access.Actor
	in, other                      drawbridge.Integration
}

func open(t *testing.T, url string) *rig {
	t.Helper()
	r := &rig{t: t, World: world.New(t, url, world.Options{Tick: 2 * time.Millisecond})}
	r.Desk = dossier.New(r.Door, dossier.Options{Register: r.Record, MaxFile: 1 << 20})
	r.ann = r.Person(r.t, "ann", drawbridge.Requester)
	r.bob = r.Person(r.t, "bob", drawbridge.ReviewerSecurity)
	r.carol = r.Person(r.t, "carol", drawbridge.ReviewerPrivacy)
	r.dave = r.Person(r.t, "dave", drawbridge.ProgrammeOwner)
	r.mallory = r.Person(r.t, "mallory", drawbridge.Requester)
	r.in, r.other = r.Bring(r.t, r.ann, "pay"), r.Bring(r.t, r.mallory, "refund")
	return r
}

// link is a partner's link to an inquiry about an integration.
func (r *rig) link(in drawbridge.Integration) (access.Actor, drawbridge.Inquiry) {
	r.t.Helper()
	now := r.Now()
	q := drawbridge.Inquiry{
		ID: drawbridge.InquiryID(drawbridge.NewID("inq", now)), Integration: in.ID, Partner: in.Partner, Audience: "partner", State: "open",
		SentBy: r.bob.Person, SentAt: now, UpdatedAt: now,
	}
	l := drawbridge.Link{ID: drawbridge.LinkID(drawbridge.NewID("lnk", now)), Inquiry: q.ID, Partner: in.Partner, Hash: string(q.ID), CreatedBy: "per_x", ExpiresAt: now.Add(30 * day), CreatedAt: now}
	r.Write(r.t, func(tx *store.Tx) error {
		if err := tx.Inquiries().Add(&q); err != nil {
			return err
		}
		return tx.Links().Add(&l)
	})
	return access.Actor{ID: string(l.ID), Roles: []drawbridge.Role{drawbridge.PartnerContact}, Inquiry: q.ID, Via: "web"}, q
}

const report = "%PDF-1.7\nreport\n%%EOF\n"

func (r *rig) offer(actor access.Actor, o dossier.Offer) drawbridge.Evidence {
	r.t.Helper()
	if o.Kind == "" {
		o.Kind = "pentest"
	}
	if o.Content == nil {
		o.Content = strings.NewReader(report)
	}
	if o.Name == "" {
		o.Name = "report.pdf"
	}
	e, err := r.Offer(r.t.Context(), actor, o)
	if err != nil {
		r.t.Fatal(err)
	}
	return e
}

func (r *rig) accept(actor access.Actor, e drawbridge.Evidence, until drawbridge.Date) drawbridge.Evidence {
	r.t.Helper()
	out, err := r.Accept(r.t.Context(), actor, e.ID, dossier.Acceptance{
		Change: dossier.Change{Version: e.Version, Reason: "read"}, Known: drawbridge.KnownDocument, Expires: until,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// accepted are the documents that count for an integration now.
func (r *rig) accepted(in drawbridge.Integration) []drawbridge.EvidenceID {
	r.t.Helper()
	out := []drawbridge.EvidenceID{}
	r.Look(r.t, func(tx *store.Tx) error {
		list, err := dossier.Accepted(tx, &in, r.Now())
		for _, e := range list {
			out = append(out, e.ID)
		}
		return err
	})
	return out
}
