package store

import (
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
)

// AddIntegration writes a new integration.
func (tx *Tx) AddIntegration(i *drawbridge.Integration) error { return integrations.insert(tx, i) }

// SetIntegration writes an integration over the version that was read.
func (tx *Tx) SetIntegration(i *drawbridge.Integration) error { return integrations.update(tx, i) }

// Integration reads an integration.
func (tx *Tx) Integration(id drawbridge.IntegrationID) (*drawbridge.Integration, error) {
	return integrations.get(tx, string(id))
}

// IntegrationByKey reads an integration by the manifest's id and environment.
func (tx *Tx) IntegrationByKey(slug, environment string) (*drawbridge.Integration, error) {
	return integrations.first(tx, "slug = ? AND environment = ?", slug, environment)
}

// inScope is the condition by which a list shows only what may be seen.
const inScope = `(? OR owner = ? OR id IN (SELECT integration FROM member WHERE person = ?) OR id = ?)`

// scopeArgs are the arguments of inScope; an empty word matches no row.
func scopeArgs(s access.Scope) []any {
	person, integration := string(s.Person), string(s.Integration)
	if person == "" {
		person = "nobody"
	}
	if integration == "" {
		integration = "none"
	}
	return []any{s.All, person, person, integration}
}

// seen is the condition by which a list of what belongs to integrations shows
// only what a person or a machine may see, not all: by its own indexes, however
// many integrations there are.
func seen(column string, s access.Scope) (string, []any) {
	return column + ` IN (SELECT id FROM integration WHERE owner = ? UNION SELECT integration FROM member WHERE person = ?
		UNION SELECT id FROM integration WHERE id = ?)`, scopeArgs(s)[1:]
}

// Order is the order of a list of integrations.
type Order string

// The orders.
const (
	ByID   Order = "id"
	ByName Order = "name"
	ByRisk Order = "risk" // highest residual risk first
)

// IntegrationList says which integrations to list; what is empty does not restrict.
type IntegrationList struct {
	Scope   access.Scope
	Partner drawbridge.PartnerID
	State   drawbridge.IntegrationState
	Tier    drawbridge.Tier
	Outcome drawbridge.Outcome
	Text    string // in the slug or the name
	Order   Order
	After   *drawbridge.Integration // the last one of the page before: its ID, and its Name or Residual
	Limit   int
}

// Integrations lists what of the integrations may be seen.
func (tx *Tx) Integrations(l IntegrationList) ([]drawbridge.Integration, error) {
	where, args := []string{inScope}, scopeArgs(l.Scope)
	and := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	for _, f := range []struct{ condition, value string }{
		{"partner = ?", string(l.Partner)},
		{"state = ?", string(l.State)},
		{"tier = ?", string(l.Tier)},
		{"outcome = ?", string(l.Outcome)},
	} {
		if f.value != "" {
			and(f.condition, f.value)
		}
	}
	if l.Text != "" {
		like := "%" + escapeLike(strings.ToLower(l.Text)) + "%"
		and(`(slug LIKE ? ESCAPE '!' OR LOWER(name) LIKE ? ESCAPE '!')`, like, like)
	}
	after := l.After
	var order string
	switch l.Order {
	case ByRisk:
		order = " ORDER BY residual DESC, id DESC LIMIT ?"
		if after != nil {
			and("(residual, id) < (?, ?)", after.Residual, string(after.ID))
		}
	case ByName:
		order = " ORDER BY name, id LIMIT ?"
		if after != nil {
			and("(name, id) > (?, ?)", after.Name, string(after.ID))
		}
	default:
		order = " ORDER BY id LIMIT ?"
		if after != nil {
			and("id > ?", string(after.ID))
		}
	}
	return integrations.find(tx, strings.Join(where, " AND ")+order, append(args, l.Limit)...)
}

// escapeLike takes the meaning of the wildcards away.
func escapeLike(s string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(s)
}
