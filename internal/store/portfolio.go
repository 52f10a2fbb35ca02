package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
)

// Footprints are the facts of integrations' heads.
func (tx *Tx) Footprints() Shelf[drawbridge.Footprint] {
	return Shelf[drawbridge.Footprint]{tx, footprints}
}

// Placed is an integration with the facts of its head, as far as they are known.
type Placed struct {
	ID          drawbridge.IntegrationID
	Slug        string
	Environment string
	State       drawbridge.IntegrationState
	Partner     drawbridge.PartnerID
	Country     string // of the partner's head office
	Tier        drawbridge.Tier
	Facts       *drawbridge.Facts // nil when nobody looked at the head yet
}

// PlacedList says which integrations to read; what is empty does not restrict.
// Retired ones are never in it.
type PlacedList struct {
	Scope    access.Scope
	Partners []drawbridge.PartnerID
	After    drawbridge.IntegrationID
	Limit    int
}

// Placed reads integrations with their facts, by one query.
func (tx *Tx) Placed(l PlacedList) ([]Placed, error) {
	where, args := "state <> ? AND id > ? AND "+inScope, append([]any{string(drawbridge.Retired), string(l.After)}, scopeArgs(l.Scope)...)
	if len(l.Partners) > 0 {
		where += " AND partner IN (?" + strings.Repeat(", ?", len(l.Partners)-1) + ")"
		for _, p := range l.Partners {
			args = append(args, string(p))
		}
	}
	rows, err := tx.query(`SELECT i.id, i.slug, i.environment, i.state, i.partner, COALESCE(p.country, ''), i.tier, COALESCE(f.facts, '')
		FROM (SELECT id, slug, environment, state, partner, tier, head FROM integration WHERE `+where+` ORDER BY id LIMIT ?) AS i
		LEFT JOIN footprint f ON f.id = i.id AND f.revision = i.head LEFT JOIN partner p ON p.id = i.partner ORDER BY i.id`, append(args, l.Limit)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Placed
	for rows.Next() {
		var p Placed
		var facts string
		if err := rows.Scan(&p.ID, &p.Slug, &p.Environment, &p.State, &p.Partner, &p.Country, &p.Tier, &facts); err != nil {
			return nil, fmt.Errorf("read footprints: %w", err)
		}
		if facts != "" {
			p.Facts = &drawbridge.Facts{}
			if err := json.Unmarshal([]byte(facts), p.Facts); err != nil {
				return nil, fmt.Errorf("read the footprint of %s: %w", p.ID, err)
			}
		}
		out = append(out, p)
	}
	return out, tx.store.dialect.explain(rows.Err())
}

// Parents reads who belongs to whom, of all partners that say so.
func (tx *Tx) Parents() (map[drawbridge.PartnerID]drawbridge.PartnerID, error) {
	rows, err := tx.query(`SELECT id, parent FROM profile WHERE parent > ''`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[drawbridge.PartnerID]drawbridge.PartnerID{}
	for rows.Next() {
		var id, parent drawbridge.PartnerID
		if err := rows.Scan(&id, &parent); err != nil {
			return nil, fmt.Errorf("read parents: %w", err)
		}
		out[id] = parent
	}
	return out, tx.store.dialect.explain(rows.Err())
}

// RiskFilter says which risks to read; what is empty does not restrict. Today is
// needed: whether an acceptance holds and a risk is overdue is computed.
type RiskFilter struct {
	Scope       access.Scope
	Today       time.Time
	Integration drawbridge.IntegrationID
	Partner     drawbridge.PartnerID
	Owner       drawbridge.PersonID
	Category    string
	State       string // as it reads today; current stands for all but closed
	Treatment   string
	Severity    int64 // this one and what is worse
	Overdue     bool
}

// lapsed is the condition by which an acceptance does not hold any more.
const lapsed = `(state = 'accepted' AND NOT EXISTS (SELECT 1 FROM exception x WHERE x.id = acceptance AND x.state = 'confirmed' AND x.expires >= ?))`

func (f RiskFilter) where() (string, []any) {
	day := string(drawbridge.DateOf(f.Today))
	parts, args := []string{"1 = 1"}, []any{}
	and := func(condition string, values ...any) { parts, args = append(parts, condition), append(args, values...) }
	if !f.Scope.All {
		condition, values := seen("integration", f.Scope)
		and(condition, values...)
	}
	for _, c := range []struct{ column, value string }{
		{"integration", string(f.Integration)}, {"partner", string(f.Partner)}, {"owner", string(f.Owner)}, {"category", f.Category}, {"treatment", f.Treatment},
	} {
		if c.value != "" {
			and(c.column+" = ?", c.value)
		}
	}
	switch f.State {
	case "":
	case "current":
		and("state <> 'closed'")
	case "open":
		and("(state = 'open' OR "+lapsed+")", day)
	case "accepted":
		and("state = 'accepted' AND NOT "+lapsed, day)
	default:
		and("state = ?", f.State)
	}
	if f.Severity > 0 {
		and("severity >= ?", f.Severity)
	}
	if f.Overdue {
		and("due <> '' AND due < ? AND (state IN ('open', 'treating') OR "+lapsed+")", day, day)
	}
	return strings.Join(parts, " AND "), args
}

// RisksBefore reads risks, worst first, behind a place in that order.
func (tx *Tx) RisksBefore(f RiskFilter, severity int64, id string, limit int) ([]drawbridge.Risk, error) {
	where, args := f.where()
	if id != "" {
		where, args = where+" AND (severity, id) < (?, ?)", append(args, severity, id)
	}
	return risks.find(tx, where+" ORDER BY severity DESC, id DESC LIMIT ?", append(args, limit)...)
}

// RiskCount counts risks of one likelihood and impact, before and after treatment.
type RiskCount struct{ Likelihood, Impact, Residual, ResidualTo, Count int64 }

// CountRisks counts risks by where they stand.
func (tx *Tx) CountRisks(f RiskFilter) ([]RiskCount, error) {
	where, args := f.where()
	rows, err := tx.query(`SELECT likelihood, impact, residual_likelihood, residual_impact, COUNT(*) FROM risk WHERE `+where+
		` GROUP BY likelihood, impact, residual_likelihood, residual_impact ORDER BY 1, 2, 3, 4`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []RiskCount
	for rows.Next() {
		var c RiskCount
		if err := rows.Scan(&c.Likelihood, &c.Impact, &c.Residual, &c.ResidualTo, &c.Count); err != nil {
			return nil, fmt.Errorf("count risks: %w", err)
		}
		out = append(out, c)
	}
	return out, tx.store.dialect.explain(rows.Err())
}

// Finding reads a finding of an integration's latest assessment.
func (tx *Tx) Finding(id drawbridge.IntegrationID, fingerprint string) (*drawbridge.Finding, error) {
	var out *drawbridge.Finding
	err := tx.findings(func(f drawbridge.Finding, _ []any) { out = &f },
		"SELECT "+findingColumns+" FROM finding WHERE integration = ? AND fingerprint = ?", string(id), fingerprint)
	if err == nil && out == nil {
		err = drawbridge.Errorf(drawbridge.NotFound, "the latest assessment has no finding %.40q: drawbridge finding list shows those that it has", fingerprint)
	}
	return out, err
}

// Holders lists people with an open account who hold a role.
func (tx *Tx) Holders(role drawbridge.Role, limit int) ([]drawbridge.Person, error) {
	return people.find(tx, "roles LIKE ? AND disabled = ? AND erased = ? ORDER BY id LIMIT ?", `%"`+string(role)+`"%`, false, false, limit)
}
