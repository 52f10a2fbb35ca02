package review

import (
	"context"
	"encoding/json"
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// DecisionFilter says which decisions to list; what is empty does not restrict.
type DecisionFilter struct {
	Partner drawbridge.PartnerID
	Outcome drawbridge.ReviewState
	Tier    drawbridge.Tier
	By      drawbridge.PersonID
	State   string          // one of [DecisionStates]
	From    drawbridge.Date // the first day
	To      drawbridge.Date // the last day
}

// DecisionStates list how a decision may stand: it counts, it was made for something
// else by now, its last day is within 60 days, that day is over, a condition of it
// is open, or another one took its place.
func DecisionStates() []string {
	return []string{"stands", "stale", "expiring", "expired", "conditions", "superseded"}
}

// expiringIn is how many days before its last one a decision counts as expiring.
const expiringIn = 60

// Decided is a decision with how it stands now.
type Decided struct {
	Decision    drawbridge.Decision  `json:"decision"`
	Name        string               `json:"name"` // of the integration
	Slug        string               `json:"slug"`
	Environment string               `json:"environment"`
	Partner     drawbridge.PartnerID `json:"partner"`
	State       string               `json:"state"` // stands, stale, expiring, expired or superseded
	Stale       bool                 `json:"stale"` // it stands, and was made for something else
	Open        int                  `json:"open_conditions"`
	Overdue     int                  `json:"overdue_conditions"`
	Why         []string             `json:"why"` // what happened since that nobody has dealt with
}

// AllDecisions lists the decisions about every integration that the actor may see,
// newest first.
func (d *Desk) AllDecisions(ctx context.Context, actor access.Actor, f DecisionFilter, after *register.Cursor, limit int) (register.Page[Decided], error) {
	l, err := d.decisionList(f)
	if err != nil {
		return register.Page[Decided]{}, err
	}
	l.After = drawbridge.DecisionID(place(after))
	return page(limit, func(size int) (out []Decided, err error) {
		l.Limit = size
		err = d.door.List(ctx, actor, access.ReviewRead, func(tx *store.Tx, scope access.Scope) error {
			l.Scope = scope
			list, err := tx.DecisionsOf(l)
			if err != nil || len(list) == 0 {
				return err
			}
			out, err = d.decided(tx, list)
			return err
		})
		return out, err
	}, func(x Decided) string { return string(x.Decision.ID) })
}

// decisionList is a filter as the store takes it.
func (d *Desk) decisionList(f DecisionFilter) (store.DecisionList, error) {
	l := store.DecisionList{Partner: f.Partner, Outcome: f.Outcome, Tier: f.Tier, By: f.By}
	for _, day := range []drawbridge.Date{f.From, f.To} {
		if day == "" {
			continue
		}
		if _, err := drawbridge.ParseDate(string(day)); err != nil {
			return l, err
		}
	}
	if f.From != "" {
		l.From = f.From.End().AddDate(0, 0, -1)
	}
	if f.To != "" {
		l.To = f.To.End()
	}
	now := d.now()
	switch f.State {
	case "":
	case "stands":
		l.Stands = true
	case "stale":
		l.Stale = true
	case "expiring":
		l.Ends, l.EndsAfter = drawbridge.DateOf(now.AddDate(0, 0, expiringIn)), drawbridge.DateOf(now.AddDate(0, 0, -1))
	case "expired":
		l.Ends = drawbridge.DateOf(now.AddDate(0, 0, -1))
	case "conditions":
		l.Open = true
	case "superseded":
		l.Superseded = true
	default:
		return l, drawbridge.Errorf(drawbridge.Invalid, "state: %.40q is none of %v", f.State, DecisionStates())
	}
	return l, nil
}

// decided tells of decisions how they stand.
func (d *Desk) decided(tx *store.Tx, list []drawbridge.Decision) ([]Decided, error) {
	var ids, integrations []string
	for _, x := range list {
		ids, integrations = append(ids, string(x.ID)), append(integrations, string(x.Integration))
	}
	slices.Sort(integrations)
	integrations = slices.Compact(integrations)
	found, err := tx.IntegrationShelf().Find(store.Query{In: map[string][]string{"id": integrations}, Limit: len(integrations)})
	if err != nil {
		return nil, err
	}
	standings, err := tx.Standings().Find(store.Query{In: map[string][]string{"id": integrations}, Limit: len(integrations)})
	if err != nil {
		return nil, err
	}
	conditions, err := tx.Conditions().Find(store.Query{Equal: map[string]any{"state": "open"}, In: map[string][]string{"decision": ids, "integration": integrations}, Limit: 10_000})
	if err != nil {
		return nil, err
	}
	triggers, err := tx.Triggers().Find(store.Query{Equal: map[string]any{"handled_at": ""}, In: map[string][]string{"integration": integrations}, Limit: 10_000})
	if err != nil {
		return nil, err
	}
	now, out := d.now(), make([]Decided, len(list))
	for i, x := range list {
		o := Decided{Decision: x, State: "superseded", Why: []string{}}
		for _, in := range found {
			if in.ID == x.Integration {
				o.Name, o.Slug, o.Environment, o.Partner = in.Name, in.Slug, in.Environment, in.Partner
			}
		}
		for _, c := range conditions {
			if c.Decision == x.ID {
				o.Open++
				if c.Overdue(now) {
					o.Overdue++
				}
			}
		}
		for _, s := range standings {
			if s.Decision == x.ID {
				o.State, o.Stale = d.howStands(&x, &s), approves(x.Outcome) && s.Freshness == "stale"
			}
		}
		for _, t := range triggers {
			if o.State != "superseded" && t.Integration == x.Integration && t.CreatedAt.After(x.CreatedAt) {
				o.Why = append(o.Why, triggerText(&t))
			}
		}
		out[i] = o
	}
	return out, nil
}

// howStands is how a decision stands that nothing took the place of.
func (d *Desk) howStands(x *drawbridge.Decision, s *drawbridge.Standing) string {
	now := d.now()
	switch {
	case x.Until != "" && x.Until.Past(now):
		return "expired"
	case approves(x.Outcome) && s.Freshness == "stale":
		return "stale"
	case x.Until != "" && x.Until <= drawbridge.DateOf(now.AddDate(0, 0, expiringIn)):
		return "expiring"
	}
	return "stands"
}

// triggerText is what happened, in words.
func triggerText(t *drawbridge.Trigger) string {
	var facts struct {
		Text string `json:"text"`
	}
	_ = json.Unmarshal(t.Facts, &facts) // what another version kept has no text
	if facts.Text == "" {
		return t.Kind
	}
	return t.Kind + ": " + facts.Text
}
