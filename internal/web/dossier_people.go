package web

import (
	"slices"

	"drawbridge"
	"drawbridge/internal/register"
	"drawbridge/internal/web/view"
)

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
