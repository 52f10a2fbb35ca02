package programme

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/policy"
	"drawbridge/internal/store"
)

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// collector gathers what is due in one transaction.
type collector struct {
	desk     *Desk
	tx       *store.Tx
	now      time.Time
	protocol *policy.Protocol
	partners map[drawbridge.PartnerID][]drawbridge.IntegrationID
	out      []NewTrigger
}

// dues lists what the days brought: decisions past their day, conditions
// overdue, contracts, notices, owners who are gone, threat models.
func (d *Desk) dues(ctx context.Context, actor access.Actor) ([]NewTrigger, error) {
	ws, err := d.workspace()
	if err != nil {
		return nil, err
	}
	c := &collector{desk: d, now: d.now(), protocol: ws.Policy.Protocol()}
	err = d.door.List(ctx, actor, access.PortfolioRead, func(tx *store.Tx, _ access.Scope) error {
		c.tx = tx
		for _, find := range []func() error{c.decisions, c.conditions, c.contracts, c.notices, c.owners, c.threats} {
			if err := find(); err != nil {
				return err
			}
		}
		return nil
	})
	return c.out, err
}

func (c *collector) add(n NewTrigger) { c.out = append(c.out, n) }

// day is today and some days.
func (c *collector) day(days int) string { return string(drawbridge.DateOf(c.now.AddDate(0, 0, days))) }

// decisions whose last day is past, or so near that the reassessment begins.
func (c *collector) decisions() error {
	q := store.Query{Ranges: []store.Range{{Column: "until", From: "0", To: c.day(c.protocol.Reassess)}}}
	return each(c.tx.Standings(), q, standingID, func(s *drawbridge.Standing) error {
		if !approves(s.Outcome) {
			return nil
		}
		n := NewTrigger{
			Integration: s.ID, Kind: "rhythm", Source: string(s.Decision) + " soon", Severity: drawbridge.Low,
			Text: fmt.Sprintf("The decision holds until %s; its reassessment begins.", s.Until),
		}
		if s.Until.Past(c.now) {
			n.Source, n.Severity = string(s.Decision)+" past", drawbridge.High
			n.Text = fmt.Sprintf("The last day of the decision was %s.", s.Until)
		}
		c.add(n)
		return nil
	})
}

func (c *collector) conditions() error {
	q := store.Query{Equal: map[string]any{"state": "open"}, Ranges: []store.Range{{Column: "due", From: "0", To: c.day(0)}}}
	return each(c.tx.Conditions(), q, func(x *drawbridge.Condition) string { return x.ID }, func(x *drawbridge.Condition) error {
		if x.Decision != "" {
			c.add(NewTrigger{
				Integration: x.Integration, Kind: "condition", Source: x.ID + " " + string(x.Due), Severity: drawbridge.Medium, Least: x.Breach,
				Text: shorten(fmt.Sprintf("A condition was due on %s and is not met: %s", x.Due, x.Text)),
			})
		}
		return nil
	})
}

func (c *collector) contracts() error {
	q := store.Query{Equal: map[string]any{"closed_at": ""}, Ranges: []store.Range{{Column: "ends", From: "0", To: c.day(c.protocol.Renewal)}}}
	return each(c.tx.Contracts(), q, func(x *drawbridge.Contract) string { return string(x.ID) }, func(x *drawbridge.Contract) error {
		n := NewTrigger{
			Kind: "contract", Source: string(x.ID) + " " + string(x.Ends) + " soon", Severity: drawbridge.Medium,
			Text: shorten(fmt.Sprintf("The contract %q ends on %s.", x.Title, x.Ends)),
		}
		if x.Ends.Past(c.now) && !x.AutoRenew {
			n.Source, n.Severity = string(x.ID)+" "+string(x.Ends)+" past", drawbridge.High
			n.Text = shorten(fmt.Sprintf("The contract %q ended on %s.", x.Title, x.Ends))
		}
		return c.forEach(x.Partner, x.Integrations, n)
	})
}

// forEach raises a trigger for the integrations named, or for all of a partner's.
func (c *collector) forEach(partner drawbridge.PartnerID, named []drawbridge.IntegrationID, n NewTrigger) error {
	if err := c.findPartners(); err != nil {
		return err
	}
	for _, id := range c.partners[partner] {
		if len(named) == 0 || slices.Contains(named, id) {
			n.Integration = id
			c.add(n)
		}
	}
	return nil
}

// findPartners reads once which integrations a partner has that are in use.
func (c *collector) findPartners() error {
	if c.partners != nil {
		return nil
	}
	c.partners = map[drawbridge.PartnerID][]drawbridge.IntegrationID{}
	return each(c.tx.IntegrationShelf(), store.Query{}, integrationID, func(i *drawbridge.Integration) error {
		if i.State != drawbridge.Retired {
			c.partners[i.Partner] = append(c.partners[i.Partner], i.ID)
		}
		return nil
	})
}

func integrationID(i *drawbridge.Integration) string { return string(i.ID) }

func (c *collector) notices() error {
	return each(c.tx.Notices(), store.Query{Equal: map[string]any{"state": "open"}}, func(n *drawbridge.Notice) string { return n.ID }, c.notice)
}

// notice raises what a notice means, and once more when nobody decided in time.
func (c *collector) notice(x *drawbridge.Notice) error {
	n := NewTrigger{Kind: "notice", Source: x.ID, Severity: drawbridge.Medium, Text: shorten("The partner announced: " + x.Title)}
	switch x.Kind {
	case "incident":
		n.Kind, n.Severity = "incident", drawbridge.High
	case "subprocessor":
		n.Kind = "subprocessor"
	}
	if err := c.forEach(x.Partner, noticeUses(x), n); err != nil {
		return err
	}
	if x.State != "open" || x.Deadline == "" || !x.Deadline.Past(c.now) {
		return nil
	}
	n = NewTrigger{Kind: "notice", Source: x.ID + " late", Severity: drawbridge.High}
	n.Text = shorten(fmt.Sprintf("Nobody decided on the partner's notice by %s: %s", x.Deadline, x.Title))
	return c.forEach(x.Partner, noticeUses(x), n)
}

// owners who can no longer answer for an integration.
func (c *collector) owners() error {
	gone := map[drawbridge.PersonID]bool{}
	return each(c.tx.IntegrationShelf(), store.Query{}, integrationID, func(i *drawbridge.Integration) error {
		if i.State == drawbridge.Retired {
			return nil
		}
		if _, ok := gone[i.Owner]; !ok && i.Owner != "" {
			p, err := c.tx.Person(i.Owner)
			if err != nil && drawbridge.KindOf(err) != drawbridge.NotFound {
				return err
			}
			gone[i.Owner] = err != nil || p.Disabled || p.Erased
		}
		if i.Owner == "" || gone[i.Owner] {
			c.add(NewTrigger{
				Integration: i.ID, Kind: "owner", Source: cmp.Or(string(i.Owner), "nobody"), Severity: drawbridge.Medium,
				Text: "Nobody answers for the integration: its owner has no account any more.",
			})
		}
		return nil
	})
}

// threats are the models of what was decided that nobody looked at for the tier's rhythm.
func (c *collector) threats() error {
	next, err := lastLooks(c.tx, store.Query{})
	if err != nil {
		return err
	}
	return each(c.tx.Standings(), store.Query{}, standingID, func(s *drawbridge.Standing) error {
		if !approves(s.Outcome) {
			return nil
		}
		due := next[s.ID]
		if due == "" {
			x, err := c.tx.Decisions().Get(string(s.Decision))
			if err != nil {
				return err
			}
			due = drawbridge.DateOf(x.CreatedAt.AddDate(0, c.protocol.Tier(s.Tier).Threats, 0))
		}
		if due.Past(c.now) {
			c.add(NewTrigger{
				Integration: s.ID, Kind: "threats", Source: "threats " + string(due), Severity: drawbridge.Medium,
				Text: fmt.Sprintf("The threat model was to be looked at by %s.", due),
			})
		}
		return nil
	})
}

// lastLooks are the days of the next look at each threat model that was looked at.
func lastLooks(tx *store.Tx, q store.Query) (map[drawbridge.IntegrationID]drawbridge.Date, error) {
	out := map[drawbridge.IntegrationID]drawbridge.Date{}
	id := func(r *drawbridge.ThreatReview) string { return r.ID }
	return out, each(tx.ThreatReviews(), q, id, func(r *drawbridge.ThreatReview) error {
		out[r.Integration] = r.Next // the newest comes last
		return nil
	})
}
