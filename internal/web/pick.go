package web

import (
	"cmp"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/web/view"
)

// mostPickable bounds how many people a form offers; others are named by their address.
const mostPickable = 200

// pickable are people to pick from: those who may be seen, or else those whose names
// the page knows. Of two with one name, the identifier is what tells them apart.
func (p *page) pickable(known map[string]string) ([]view.Option, error) {
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
func (p *page) personNamed(known map[string]string, said string) (drawbridge.PersonID, error) {
	said = strings.TrimSpace(said)
	if said == "" || strings.Contains(said, "@") || drawbridge.ValidID("per", said) {
		if said == "" {
			return "", nil
		}
		return p.personBy(said)
	}
	found := map[string]bool{}
	for id, name := range known {
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

// ownerSaid is the person that a form names as the owner of something; who owned it
// before is known by name too.
func (p *page) ownerSaid(had drawbridge.PersonID) (drawbridge.PersonID, error) {
	known := map[string]string{}
	if had != "" {
		var err error
		if known, err = p.web.opt.Account.Names(p.R.Context(), p.Actor, string(had)); err != nil {
			return "", err
		}
	}
	return p.personNamed(known, p.said("owner"))
}

// partnerField asks for a partner by its name or its id.
func (p *page) partnerField(help, value string, required bool) (view.FormField, error) {
	list, err := p.web.opt.Register.Partners(p.R.Context(), p.Actor, nil, mostPickable)
	f := view.Field{Name: "partner", Label: "Partner", Help: help, Value: value, Required: required, Limit: 200}
	for i := range list.Items {
		f.Options = append(f.Options, view.Option{Value: string(list.Items[i].ID), Text: list.Items[i].Name})
	}
	return view.FormField{As: "suggest", Field: f}, err
}

// partnerNamed finds a partner by its id, or by its name where one alone of those
// that a form offers has it. What is not found is left to the desk to refuse.
func (p *page) partnerNamed(said string) (drawbridge.PartnerID, error) {
	said = strings.TrimSpace(said)
	list, err := p.web.opt.Register.Partners(p.R.Context(), p.Actor, nil, mostPickable)
	if err != nil || said == "" {
		return "", err
	}
	var found []string
	for i := range list.Items {
		x := &list.Items[i]
		if string(x.ID) == said {
			return x.ID, nil
		}
		if strings.EqualFold(x.Name, said) {
			found = append(found, string(x.ID))
		}
	}
	switch len(found) {
	case 0:
		return drawbridge.PartnerID(said), nil
	case 1:
		return drawbridge.PartnerID(found[0]), nil
	}
	return "", drawbridge.Errorf(drawbridge.Invalid, "several partners are called %.100q: give the id of one: %s", said, strings.Join(found, ", "))
}

// exceptionChoice are the exceptions of an integration that hold now.
func (p *page) exceptionChoice(in drawbridge.IntegrationID) ([]view.Option, error) {
	if in == "" || !p.may(access.ReviewRead) {
		return nil, nil
	}
	list, err := p.web.opt.Lifecycle.ExceptionList(p.R.Context(), p.Actor, lifecycle.Filter{Integration: in, State: "confirmed"}, nil, mostPickable)
	var out []view.Option
	for i := range list.Items {
		if x := &list.Items[i]; x.Holds(p.now) {
			out = append(out, view.Option{Value: x.ID, Text: x.Covers + ", until " + string(x.Expires)})
		}
	}
	return out, err
}
