package portfolio

import (
	"context"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/store"
)

// maxDepth is how long a chain of parents may be.
const maxDepth = 20

// ProfileEdit is a profile as somebody wants it.
type ProfileEdit struct {
	Profile drawbridge.Profile // with the Version that was read; 0 for the first
	Reason  string
	Key     string
}

// SetProfile writes what is known of a partner.
func (d *Desk) SetProfile(ctx context.Context, actor access.Actor, in ProfileEdit) (drawbridge.ProfileView, error) {
	p := in.Profile
	e := edited{actor, access.PartnerWrite, in.Reason, in.Key, in.Profile}
	return write(ctx, d, e, onPartner(p.ID, "partner", string(p.ID)), func(tx *store.Tx) (drawbridge.ProfileView, error) {
		if err := checkProfile(&p); err != nil {
			return drawbridge.ProfileView{}, err
		}
		parents, err := tx.Parents()
		if err != nil {
			return drawbridge.ProfileView{}, err
		}
		if err := mayBelong(tx, parents, &p); err != nil {
			return drawbridge.ProfileView{}, err
		}
		now := d.now()
		had, err := tx.Profiles().Get(string(p.ID))
		p.CreatedAt, p.UpdatedAt = now, now
		switch {
		case drawbridge.KindOf(err) == drawbridge.NotFound && p.Version == 0:
			err = tx.Profiles().Add(&p)
		case err == nil && p.Version == 0:
			err = drawbridge.Errorf(drawbridge.Conflict, "the partner has a profile already: read it, and change that")
		case err == nil:
			p.CreatedAt = had.CreatedAt
			err = tx.Profiles().Set(&p)
		}
		if err != nil {
			return drawbridge.ProfileView{}, err
		}
		parents[p.ID] = p.Parent
		return family(p, parents), nil
	})
}

func checkProfile(p *drawbridge.Profile) error {
	if err := written("legal_name", &p.LegalName, "security_contact", &p.SecurityContact, "privacy_contact", &p.PrivacyContact); err != nil {
		return err
	}
	if err := oneOf("person_type", p.PersonType, "legal", "natural"); err != nil {
		return err
	}
	if err := oneOf("status", p.Status, "prospect", "active", "exiting", "former"); err != nil {
		return err
	}
	if err := lines("tags", p.Tags); err != nil {
		return err
	}
	slices.Sort(p.Tags)
	p.Tags = slices.Compact(p.Tags)
	checked := map[string]string{}
	for kind, text := range p.Identifiers {
		if strings.TrimSpace(text) == "" {
			continue
		}
		s, err := Identifier(kind, text)
		if err != nil {
			return err
		}
		checked[kind] = s
	}
	p.Identifiers = checked
	return nil
}

// mayBelong refuses a parent that is not on record, and one that belongs to its
// own child.
func mayBelong(tx *store.Tx, parents map[drawbridge.PartnerID]drawbridge.PartnerID, p *drawbridge.Profile) error {
	if p.Parent == "" {
		return nil
	}
	if _, err := tx.Partner(p.Parent); err != nil {
		if drawbridge.KindOf(err) == drawbridge.NotFound {
			return bad("there is no partner %.70q: write its record before it is a parent", p.Parent)
		}
		return err
	}
	for at, depth := p.Parent, 1; at != ""; at, depth = parents[at], depth+1 {
		switch {
		case at == p.ID:
			return bad("%s belongs to %s already, at once or through others: a partner is not its own parent", p.Parent, p.ID)
		case depth > maxDepth:
			return bad("the chain of parents is longer than %d", maxDepth)
		}
	}
	return nil
}

// root is the last parent of a partner. What says in a circle whom it belongs to,
// as files may, ends at the smallest of the circle.
func root(id drawbridge.PartnerID, parents map[drawbridge.PartnerID]drawbridge.PartnerID) drawbridge.PartnerID {
	seen := map[drawbridge.PartnerID]bool{}
	for parents[id] != "" && !seen[id] {
		seen[id] = true
		id = parents[id]
	}
	if parents[id] == "" {
		return id
	}
	least := id
	for at := parents[id]; at != id; at = parents[at] {
		least = min(least, at)
	}
	return least
}

// below lists a partner and all that belong to it, at once or through others.
func below(id drawbridge.PartnerID, parents map[drawbridge.PartnerID]drawbridge.PartnerID) []drawbridge.PartnerID {
	children := map[drawbridge.PartnerID][]drawbridge.PartnerID{}
	for child, parent := range parents {
		children[parent] = append(children[parent], child)
	}
	out, seen := []drawbridge.PartnerID{id}, map[drawbridge.PartnerID]bool{id: true, "": true}
	for i := 0; i < len(out); i++ {
		for _, c := range children[out[i]] {
			if !seen[c] {
				seen[c] = true
				out = append(out, c)
			}
		}
	}
	slices.Sort(out)
	return out
}

func family(p drawbridge.Profile, parents map[drawbridge.PartnerID]drawbridge.PartnerID) drawbridge.ProfileView {
	v := drawbridge.ProfileView{Profile: p, Group: root(p.ID, parents), Children: []drawbridge.PartnerID{}}
	for child, parent := range parents {
		if parent == p.ID && child != p.ID {
			v.Children = append(v.Children, child)
		}
	}
	slices.Sort(v.Children)
	return v
}

// Profile reads what is known of a partner; nothing yet is version 0.
func (d *Desk) Profile(ctx context.Context, actor access.Actor, id drawbridge.PartnerID) (out drawbridge.ProfileView, err error) {
	act := action.Act{Actor: actor, Action: access.PartnerRead, On: onPartner(id, "partner", string(id))}
	err = d.door.View(ctx, act, func(tx *store.Tx) error {
		p, err := tx.Profiles().Get(string(id))
		if drawbridge.KindOf(err) == drawbridge.NotFound {
			p, err = &drawbridge.Profile{ID: id, Identifiers: map[string]string{}}, nil
		}
		if err != nil {
			return err
		}
		parents, err := tx.Parents()
		out = family(*p, parents)
		return err
	})
	return out, err
}
