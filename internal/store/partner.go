package store

import (
	"slices"

	"drawbridge"
)

// AddPartner writes a new partner.
func (tx *Tx) AddPartner(p *drawbridge.Partner) error { return partners.insert(tx, p) }

// SetPartner writes a partner over the version that was read.
func (tx *Tx) SetPartner(p *drawbridge.Partner) error { return partners.update(tx, p) }

// Partner reads a partner.
func (tx *Tx) Partner(id drawbridge.PartnerID) (*drawbridge.Partner, error) {
	return partners.get(tx, string(id))
}

// PartnersAfter lists partners in the order of their identifiers.
func (tx *Tx) PartnersAfter(after drawbridge.PartnerID, limit int) ([]drawbridge.Partner, error) {
	return partners.find(tx, "id > ? ORDER BY id LIMIT ?", string(after), limit)
}

// PartnerNames tells what partners are called.
func (tx *Tx) PartnerNames(ids []string) (map[drawbridge.PartnerID]string, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	out := map[drawbridge.PartnerID]string{}
	if len(ids) == 0 {
		return out, nil
	}
	list, err := partners.find(tx, "id IN ("+marks(len(ids))+")", texts(ids)...)
	for i := range list {
		out[list[i].ID] = list[i].Name
	}
	return out, err
}
