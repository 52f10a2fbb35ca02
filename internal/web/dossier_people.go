package web

import (
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/register"
	"drawbridge/internal/web/view"
)

// pickable are people to pick from: those who may be seen, or else those whom the
// page names. Of two with one name, the identifier is what tells them apart.
func (p *page) pickable(known map[string]string) ([]view.Option, error) {
	list, err := p.peopleToPick(known)
	out := offer(list)
	for i := range out {
		if strings.HasPrefix(out[i].Text, "per_") {
			out[i].Text = ""
		}
	}
	return out, err
}

// peopleToPick are the people who may be seen and those whom the page names.
func (p *page) peopleToPick(known map[string]string) ([]candidate, error) {
	names := map[string]string{}
	for id, name := range known {
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
	out := make([]candidate, 0, len(names))
	for id, name := range names {
		out = append(out, candidate{id, name})
	}
	return out, nil
}

// calledIn is what a form that offers people calls one of them.
func calledIn(options []view.Option, id, name string) string {
	for _, o := range options {
		if o.Value == name && name != "" {
			return name
		}
	}
	return id
}

// personNamed finds somebody by what people know of them: their name, where one alone
// has it, their address, or the identifier.
func (p *page) personNamed(known map[string]string, said string) (drawbridge.PersonID, error) {
	said = strings.TrimSpace(said)
	if said == "" {
		return "", nil
	}
	if strings.Contains(said, "@") || drawbridge.ValidID("per", said) {
		return p.personBy(said)
	}
	list, err := p.peopleToPick(known)
	if err != nil {
		return "", err
	}
	found, near := map[string]bool{}, []string{}
	for _, c := range list {
		if strings.EqualFold(c.name, said) {
			found[c.id] = true
		} else if strings.Contains(strings.ToLower(c.name), strings.ToLower(said)) {
			near = append(near, c.name)
		}
	}
	switch len(found) {
	case 0:
		if len(near) > 0 {
			slices.Sort(near)
			return "", bad("nobody here is called %.100q; near it are %s", said, strings.Join(near[:min(len(near), mostNear)], ", "))
		}
		return "", bad("nobody here is called %.100q: pick a name from the list, or give the e-mail address", said)
	case 1:
		for id := range found {
			return drawbridge.PersonID(id), nil
		}
	}
	return "", bad("several people are called %.100q: give the e-mail address", said)
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
	if to.Owner, err = p.personNamed(d.names, p.said("owner")); err != nil {
		return "", err
	}
	if p.said("members") != "" {
		members := []drawbridge.PersonID{}
		for _, m := range p.R.PostForm["member"] {
			members = append(members, drawbridge.PersonID(m))
		}
		added, err := p.personNamed(d.names, p.said("add"))
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
