package portfolio

import (
	"context"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// RiskFilter says which risks to list; what is empty does not restrict.
type RiskFilter struct {
	Integration drawbridge.IntegrationID
	Partner     drawbridge.PartnerID
	Owner       drawbridge.PersonID
	Category    string
	State       string // as it reads today, or current for all but closed
	Treatment   string
	Severity    int64 // 1 to 25: this one and what is worse
	Overdue     bool
}

func (d *Desk) riskFilter(f RiskFilter, s access.Scope) (store.RiskFilter, error) {
	err := oneOf("state", f.State, append(RiskStates(), "current")...)
	if err == nil {
		err = oneOf("treatment", f.Treatment, treatments...)
	}
	if err == nil && (f.Severity < 0 || f.Severity > 25) {
		err = bad("severity is 1 to 25, likelihood times impact")
	}
	return store.RiskFilter{
		Scope: s, Today: d.now(), Integration: f.Integration, Partner: f.Partner, Owner: f.Owner, Category: f.Category,
		State: f.State, Treatment: f.Treatment, Severity: f.Severity, Overdue: f.Overdue,
	}, err
}

// Risks lists risks, worst first.
func (d *Desk) Risks(ctx context.Context, actor access.Actor, f RiskFilter, from *register.Cursor, limit int) (register.Page[drawbridge.RiskView], error) {
	var out register.Page[drawbridge.RiskView]
	size, err := pageSize(limit)
	if err != nil {
		return out, err
	}
	if from == nil {
		from = &register.Cursor{}
	}
	err = d.door.List(ctx, actor, access.RiskRead, func(tx *store.Tx, s access.Scope) error {
		filter, err := d.riskFilter(f, s)
		if err != nil {
			return err
		}
		list, err := tx.RisksBefore(filter, int64(from.Number), from.ID, size+1)
		if err != nil {
			return err
		}
		holds, err := d.holding(tx, list)
		views := make([]drawbridge.RiskView, len(list))
		for i, r := range list {
			views[i] = d.read(r, holds)
		}
		out = paged(views, size, func(r drawbridge.RiskView) register.Cursor { return register.Cursor{ID: r.ID, Number: float64(r.Rank)} })
		return err
	})
	return out, err
}

// HeatMap counts the risks that a filter selects; closed ones only when it asks
// for them.
func (d *Desk) HeatMap(ctx context.Context, actor access.Actor, f RiskFilter) (drawbridge.Heat, error) {
	out := drawbridge.Heat{Inherent: grid(), Residual: grid()}
	if f.State == "" {
		f.State = "current"
	}
	err := d.door.List(ctx, actor, access.RiskRead, func(tx *store.Tx, s access.Scope) error {
		filter, err := d.riskFilter(f, s)
		if err != nil {
			return err
		}
		counts, err := tx.CountRisks(filter)
		for _, c := range counts {
			out.Inherent[c.Likelihood-1][c.Impact-1] += c.Count
			if c.Residual == 0 {
				c.Residual, c.ResidualTo = c.Likelihood, c.Impact
			}
			out.Residual[c.Residual-1][c.ResidualTo-1] += c.Count
			out.Total += c.Count
		}
		return err
	})
	return out, err
}

// grid is an empty map of five by five.
func grid() [][]int64 {
	out := make([][]int64, 5)
	for i := range out {
		out[i] = make([]int64, 5)
	}
	return out
}
