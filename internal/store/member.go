package store

import "drawbridge"

// AddMember lets a person see and change an integration.
func (tx *Tx) AddMember(m *drawbridge.Member) error { return members.insert(tx, m) }

// Members lists who besides the owner may see and change an integration.
func (tx *Tx) Members(id drawbridge.IntegrationID) ([]drawbridge.Member, error) {
	return members.find(tx, "integration = ? ORDER BY person", string(id))
}
