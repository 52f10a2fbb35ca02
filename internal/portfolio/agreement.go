package portfolio

import (
	"context"
	"fmt"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/store"
	"drawbridge/internal/taxonomy"
)

// maxAgreed bounds the integrations that one answer compares with contracts.
const maxAgreed = 1000

// Agreements compares a partner's contracts with its integrations.
func (d *Desk) Agreements(ctx context.Context, actor access.Actor, partner drawbridge.PartnerID) (drawbridge.Agreements, error) {
	out := drawbridge.Agreements{Partner: partner, Contracts: []drawbridge.ContractView{}, Gaps: []drawbridge.Gap{}}
	ws, err := d.workspace()
	if err != nil {
		return out, err
	}
	act := action.Act{Actor: actor, Action: access.ContractRead, On: onPartner(partner, "partner", string(partner))}
	err = d.door.View(ctx, act, func(tx *store.Tx) error {
		list, err := tx.Contracts().Find(store.Query{Equal: map[string]any{"partner": string(partner)}})
		if err != nil {
			return err
		}
		if out.Contracts, err = d.standAll(tx, list); err != nil {
			return err
		}
		estate, err := tx.Placed(store.PlacedList{Scope: all, Partners: []drawbridge.PartnerID{partner}, Limit: maxAgreed + 1})
		if out.More = len(estate) > maxAgreed; out.More {
			estate = estate[:maxAgreed]
		}
		out.Gaps = append(out.Gaps, criticalGaps(out.Contracts, estate)...)
		for i := range estate {
			out.Gaps = append(out.Gaps, compare(&estate[i], out.Contracts, ws.Taxonomy)...)
		}
		return err
	})
	return out, err
}

// covering lists the contracts in force that cover an integration.
func covering(list []drawbridge.ContractView, id drawbridge.IntegrationID) []drawbridge.ContractView {
	return slices.DeleteFunc(slices.Clone(list), func(c drawbridge.ContractView) bool {
		return c.Standing != "in_force" || len(c.Integrations) > 0 && !slices.Contains(c.Integrations, id)
	})
}

// criticalGaps are what DORA asks besides of contracts that something critical rests on.
func criticalGaps(list []drawbridge.ContractView, estate []store.Placed) (out []drawbridge.Gap) {
	for i := range list {
		c := &list[i]
		rests := slices.ContainsFunc(estate, func(p store.Placed) bool {
			return p.Tier == drawbridge.TierCritical && len(covering([]drawbridge.ContractView{*c}, p.ID)) > 0
		})
		if rests && (c.Type == "msa" || c.Type == "sla") {
			out = append(out, lacking(&c.Contract, "dora-30-3")...)
		}
	}
	return out
}

// personal tells whether personal data moves; data that nobody classified may be.
func personal(f *drawbridge.Facts, t *taxonomy.Taxonomy) (yes, maybe bool) {
	for _, id := range f.Categories {
		c, ok := t.Category(id)
		yes = yes || ok && c.Personal()
		maybe = maybe || !ok
	}
	return yes, maybe || f.Unclassified
}

// best are the strongest promises of the contracts that cover an integration.
type best struct {
	dpa                    *drawbridge.Contract
	breach                 int64 // hours, the fewest; 0 when none
	deprecation, objection int64 // days, the most
	audit                  bool
	owners                 []string
	levels                 map[string]drawbridge.ServiceLevel
	ends                   drawbridge.Date
}

func bestOf(list []drawbridge.ContractView) best {
	b := best{levels: map[string]drawbridge.ServiceLevel{}}
	for i := range list {
		c := &list[i].Contract
		if c.Type == "dpa" {
			b.dpa = c
		}
		if c.Type == "msa" && c.Ends > b.ends {
			b.ends = c.Ends
		}
		if c.BreachHours > 0 && (b.breach == 0 || c.BreachHours < b.breach) {
			b.breach = c.BreachHours
		}
		b.deprecation, b.objection, b.audit = max(b.deprecation, c.Deprecation), max(b.objection, c.Objection), b.audit || c.AuditRight
		if c.DataOwner != "" {
			b.owners = append(b.owners, c.DataOwner)
		}
		for _, l := range c.Levels {
			b.levels[l.Metric] = l
		}
	}
	return b
}

// compare holds one integration against the contracts that cover it.
func compare(p *store.Placed, contracts []drawbridge.ContractView, t *taxonomy.Taxonomy) (out []drawbridge.Gap) {
	gap := func(subject, format string, args ...any) {
		out = append(out, drawbridge.Gap{Integration: p.ID, Subject: subject, Text: fmt.Sprintf(format, args...)})
	}
	if p.Facts == nil {
		gap("facts", "its head was not looked at yet: nothing can be compared; assess it again")
		return out
	}
	b, said := bestOf(covering(contracts, p.ID)), p.Facts.Agreed
	yes, maybe := personal(p.Facts, t)
	if b.dpa == nil {
		switch {
		case yes:
			gap("dpa", "personal data moves, and no data processing agreement in force is on file")
		case maybe:
			gap("dpa", "some data is not classified and counts as personal, and no data processing agreement in force is on file")
		case said.DPA != "":
			gap("dpa", "the manifest states a data processing agreement of %s, and none is on file", said.DPA)
		}
	} else if said.DPA != "" && b.dpa.Signed != "" && said.DPA != b.dpa.Signed {
		gap("dpa", "the manifest says that the data processing agreement was signed on %s, the contract says %s", said.DPA, b.dpa.Signed)
	}
	if (yes || maybe) && b.breach == 0 {
		gap("breach_notice", "no contract promises within how many hours the partner tells of a breach")
	} else if h := hours(said.BreachNotice); h > 0 && b.breach != 0 && b.breach > h {
		gap("breach_notice", "the manifest states %d hours, the contract promises %d", h, b.breach)
	}
	for _, x := range []struct {
		subject string
		said    *drawbridge.Span
		has     int64
	}{{"deprecation", said.Deprecation, b.deprecation}, {"objection", said.Objection, b.objection}} {
		if x.said != nil && int64(x.said.Days()) > x.has {
			gap(x.subject, "the manifest states %d days of notice, the contracts promise %d", x.said.Days(), x.has)
		}
	}
	if said.Audit != nil && *said.Audit && !b.audit {
		gap("audit", "the manifest states a right to audit, and no contract has it")
	}
	if said.DataOwner != "" && !slices.Contains(b.owners, said.DataOwner) {
		gap("data_owner", "the manifest says that the data is %s, and no contract says so", said.DataOwner)
	}
	if said.Until != "" && said.Until != b.ends {
		gap("until", "the manifest says that the contract ends on %s, the main agreement says %s", said.Until, orNothing(string(b.ends)))
	}
	level := func(metric string, stated float64, unit string, weaker func(has float64) bool) {
		l, ok := b.levels[metric]
		if !ok || l.Unit != unit || weaker(l.Target) {
			gap(metric, "the manifest states %v %s, and no contract promises as much", stated, unit)
		}
	}
	if a := said.Availability; a != nil {
		level("availability", *a, "percent", func(has float64) bool { return has < *a })
	}
	if l := said.LatencyP95; l != nil {
		ms := float64(l.Duration() / time.Millisecond)
		level("latency_p95", ms, "ms", func(has float64) bool { return has > ms })
	}
	return out
}

func hours(s *drawbridge.Span) int64 {
	if s == nil {
		return 0
	}
	return int64(s.Duration() / time.Hour)
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}
