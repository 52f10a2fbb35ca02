package web

import (
	"cmp"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/register"
	"drawbridge/internal/web/view"
)

// mostPickable bounds how many people a form offers; others are named by their address.
const mostPickable = 200

// pickable are people to pick from: those who may be seen, or else those whom the
// dossier names. Of two with one name, the identifier is what tells them apart.
func (p *page) pickable(d *dossierPage) ([]view.Option, error) {
	names := map[string]string{}
	for id, name := range d.names {
		if strings.HasPrefix(id, "per_") {
			names[id] = name
		}
	}
	if p.web.opt.Table.Scope(p.Actor, access.PersonRead).All {
		list, err := p.web.opt.Account.People(p.R.Context(), p.Actor, "", mostPickable)
		if err != nil {
			return nil, err
		}
		for i := range list {
			if !list[i].Disabled && !list[i].Erased {
				names[string(list[i].ID)] = list[i].Name
			}
		}
	}
	count := map[string]int{}
	for _, name := range names {
		count[name]++
	}
	var out []view.Option
	for id, name := range names {
		if count[name] > 1 {
			out = append(out, view.Option{Value: id, Text: name})
		} else {
			out = append(out, view.Option{Value: name})
		}
	}
	slices.SortFunc(out, func(a, b view.Option) int {
		return cmp.Compare(cmp.Or(a.Text, a.Value)+a.Value, cmp.Or(b.Text, b.Value)+b.Value)
	})
	return out, nil
}

// personNamed finds somebody by what people know of them: their name, where one alone
// has it, their address, or the identifier.
func (p *page) personNamed(d *dossierPage, said string) (drawbridge.PersonID, error) {
	said = strings.TrimSpace(said)
	if said == "" || strings.Contains(said, "@") || drawbridge.ValidID("per", said) {
		if said == "" {
			return "", nil
		}
		return p.personBy(said)
	}
	found := map[string]bool{}
	for id, name := range d.names {
		if strings.EqualFold(name, said) && strings.HasPrefix(id, "per_") {
			found[id] = true
		}
	}
	if p.web.opt.Table.Scope(p.Actor, access.PersonRead).All {
		list, err := p.web.opt.Account.People(p.R.Context(), p.Actor, "", mostPickable)
		if err != nil {
			return "", err
		}
		for i := range list {
			if strings.EqualFold(list[i].Name, said) && !list[i].Erased {
				found[string(list[i].ID)] = true
			}
		}
	}
	switch len(found) {
	case 0:
		return "", drawbridge.Errorf(drawbridge.Invalid, "nobody here is called %.100q: pick a name from the list, or give the e-mail address", said)
	case 1:
		for id := range found {
			return drawbridge.PersonID(id), nil
		}
	}
	return "", drawbridge.Errorf(drawbridge.Invalid, "several people are called %.100q: give the e-mail address", said)
}

// personBy finds somebody by their address or identifier.
func (p *page) personBy(said string) (drawbridge.PersonID, error) {
	if drawbridge.ValidID("per", said) {
		return drawbridge.PersonID(said), nil
	}
	found, err := p.web.opt.Account.Find(p.R.Context(), p.Actor, said)
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		return "", drawbridge.Errorf(drawbridge.Invalid, "nobody has an account with the address %.100q", said)
	}
	return found.ID, err
}

// dossierMembers are the members as the form shows them.
func (p *page) dossierMembers(d *dossierPage) []view.MemberChoice {
	var out []view.MemberChoice
	for _, o := range d.Object.Owners[min(1, len(d.Object.Owners)):] {
		m := view.MemberChoice{Option: view.Option{Value: string(o), Text: d.name(string(o))}, On: true}
		if p.failed != nil {
			m.On = slices.Contains(p.R.PostForm["member"], string(o))
		}
		out = append(out, m)
	}
	return out
}

// doAssign sets who answers for the integration: the owner, and the members who
// are kept or added.
func (p *page) doAssign() (string, error) {
	d, err := p.dossier("/history")
	if err != nil {
		return "", err
	}
	to := register.Assignment{Version: p.versionRead(), Reason: p.said("reason"), Key: p.key()}
	if to.Owner, err = p.personNamed(d, p.said("owner")); err != nil {
		return "", err
	}
	if p.said("members") != "" {
		members := []drawbridge.PersonID{}
		for _, m := range p.R.PostForm["member"] {
			members = append(members, drawbridge.PersonID(m))
		}
		added, err := p.personNamed(d, p.said("add"))
		if err != nil {
			return "", err
		}
		if added != "" && !slices.Contains(members, added) {
			members = append(members, added)
		}
		to.Members = &members
	}
	_, err = p.web.opt.Register.Assign(p.R.Context(), p.Actor, register.ByID(d.Integration.ID), to)
	return p.toDossier("/history", "int-assigned"), err
}
