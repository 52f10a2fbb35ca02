package store

import (
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

// IntegrationsAfter lists what of the integrations may be seen, in the order of their identifiers.
func (tx *Tx) IntegrationsAfter(s access.Scope, after drawbridge.IntegrationID, limit int) ([]drawbridge.Integration, error) {
	return integrations.find(tx, inScope+" AND id > ? ORDER BY id LIMIT ?", append(scopeArgs(s), string(after), limit)...)
}

// Members lists who besides the owner may see and change an integration.
func (tx *Tx) Members(id drawbridge.IntegrationID) ([]drawbridge.Member, error) {
	return members.find(tx, "integration = ? ORDER BY person", string(id))
}
