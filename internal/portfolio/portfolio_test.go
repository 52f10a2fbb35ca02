package portfolio_test

import (
	"testing"

	"drawbridge"
	"drawbridge/internal/portfolio"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit/world"
)

// rig is a desk over a record of its own, with a clock that tests set.
type rig struct {
	*portfolio.Desk
	*world.World
}

func open(tb testing.TB, url string) *rig {
	tb.Helper()
	r := &rig{World: world.New(tb, url, world.Options{})}
	r.Desk = portfolio.New(r.Door, portfolio.Options{Register: r.Record, Workspace: r.Packs.Load})
	return r
}

// partner adds a partner.
func (r *rig) partner(tb testing.TB, ids ...string) {
	tb.Helper()
	for _, id := range ids {
		p := drawbridge.Partner{ID: drawbridge.PartnerID(id), Name: id, CreatedAt: r.Now(), UpdatedAt: r.Now()}
		r.Write(tb, func(tx *store.Tx) error { return tx.AddPartner(&p) })
	}
}

// place writes an integration and its facts without a manifest.
func (r *rig) place(tb testing.TB, id, partner string, facts *drawbridge.Facts) drawbridge.IntegrationID {
	tb.Helper()
	in := drawbridge.Integration{
		ID: drawbridge.IntegrationID("int_" + id), Slug: id, Environment: "production", Name: id, Partner: drawbridge.PartnerID(partner),
		State: drawbridge.Live, Head: drawbridge.RevisionID("rev_" + id), Tier: drawbridge.TierHigh, CreatedAt: r.Now(), UpdatedAt: r.Now(),
	}
	r.Write(tb, func(tx *store.Tx) error {
		if err := tx.AddIntegration(&in); err != nil || facts == nil {
			return err
		}
		return tx.Footprints().Add(&drawbridge.Footprint{ID: in.ID, Partner: in.Partner, Revision: in.Head, Facts: *facts, UpdatedAt: r.Now()})
	})
	return in.ID
}

func (r *rig) exception(tb testing.TB, in drawbridge.IntegrationID, expires drawbridge.Date, state string) string {
	tb.Helper()
	x := drawbridge.Exception{ID: drawbridge.NewID("exc", r.Now()), Integration: in, Covers: "T001@x", Reason: "x", Expires: expires, State: state}
	r.Write(tb, func(tx *store.Tx) error { return tx.Exceptions().Add(&x) })
	return x.ID
}

func errOf[T any](_ T, err error) error { return err }
