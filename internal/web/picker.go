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

// mostPickable bounds how many things a form offers; others are found by their name,
// their address, or their identifier.
const mostPickable = 200

// mostNear bounds how many things the answer to an unknown name tells of.
const mostNear = 5

// candidate is a thing that a form can name.
type candidate struct{ id, name string }

// offer makes choices of candidates: by name where one alone has it, or else by identifier.
func offer(list []candidate) []view.Option {
	count := map[string]int{}
	for _, c := range list {
		count[strings.ToLower(c.name)]++
	}
	out := make([]view.Option, 0, len(list))
	for _, c := range list {
		if c.name == "" || count[strings.ToLower(c.name)] > 1 {
			out = append(out, view.Option{Value: c.id, Text: c.name})
		} else {
			out = append(out, view.Option{Value: c.name, Text: c.id})
		}
	}
	slices.SortFunc(out, func(a, b view.Option) int { return cmp.Compare(a.Value+a.Text, b.Value+b.Text) })
	return out
}

// offeredAs names a stored identifier as the choices do.
func offeredAs(id string, options []view.Option) string {
	for _, o := range options {
		if o.Text == id && o.Value != id {
			return o.Value
		}
	}
	return id
}

// meant finds the one candidate that was meant: by identifier, or by a name that one
// alone has. What is near an unknown name is told.
func meant(what, said string, list []candidate) (string, error) {
	var same, near []candidate
	fold := strings.ToLower(said)
	for _, c := range list {
		switch {
		case c.id == said:
			return c.id, nil
		case strings.EqualFold(c.name, said):
			same = append(same, c)
		case strings.Contains(strings.ToLower(c.name), fold), strings.Contains(c.id, fold):
			near = append(near, c)
		}
	}
	switch {
	case len(same) == 1:
		return same[0].id, nil
	case len(same) > 1:
		return "", bad("several of the %ss are called %.100q: say which, %s", what, said, told(same))
	case len(near) > 0:
		return "", bad("no %s is called %.100q; near it are %s", what, said, told(near))
	}
	return "", bad("no %s is called %.100q: pick a name from the list", what, said)
}

// told are candidates in words.
func told(list []candidate) string {
	more := len(list) > mostNear
	words := make([]string, 0, mostNear)
	for _, c := range list[:min(len(list), mostNear)] {
		if c.name == "" || c.name == c.id {
			words = append(words, c.id)
		} else {
			words = append(words, c.name+" ("+c.id+")")
		}
	}
	if more {
		words = append(words, "and others")
	}
	return strings.Join(words, ", ")
}

// found are candidates of a kind that the search knows by a text.
func (p *page) found(kind, text string) ([]candidate, error) {
	hits, err := p.web.opt.Portfolio.Search(p.R.Context(), p.Actor, text, 0)
	if drawbridge.KindOf(err) == drawbridge.Invalid {
		return nil, nil // too short to be looked for
	}
	var out []candidate
	for _, h := range hits {
		if h.Kind == kind {
			out = append(out, candidate{h.ID, h.Title})
		}
	}
	return out, err
}

// partnersToPick are the first partners, and whether there are more.
func (p *page) partnersToPick() (list []candidate, more bool, err error) {
	if !p.may(access.PartnerRead) {
		return nil, true, nil
	}
	page, err := p.web.opt.Register.Partners(p.R.Context(), p.Actor, nil, mostPickable)
	for _, x := range page.Items {
		list = append(list, candidate{string(x.ID), cmp.Or(x.Name, string(x.ID))})
	}
	return list, page.Next != nil, err
}

// partnerField asks for a partner, by its name.
func (p *page) partnerField(name, text, help, stored string) (view.FormField, error) {
	list, _, err := p.partnersToPick()
	options := offer(list)
	return view.FormField{As: "pick", Field: view.Field{
		Name: name, Label: text, Help: help, Value: p.kept(name, offeredAs(stored, options)), Options: options, Limit: 200,
	}}, err
}

// partnerNamed finds a partner by its name or identifier; nothing said is none.
func (p *page) partnerNamed(said string) (drawbridge.PartnerID, error) {
	if said = strings.TrimSpace(said); said == "" {
		return "", nil
	}
	list, more, err := p.partnersToPick()
	if err != nil {
		return "", err
	}
	if more {
		x, err := p.web.opt.Register.Partner(p.R.Context(), p.Actor, drawbridge.PartnerID(said))
		if err == nil {
			return x.ID, nil
		}
		others, err := p.found("partner", said)
		if err != nil {
			return "", err
		}
		list = joined(list, others)
	}
	id, err := meant("partner", said, list)
	return drawbridge.PartnerID(id), err
}

// joined are two lists with nothing twice.
func joined(a, b []candidate) []candidate {
	for _, c := range b {
		if !slices.ContainsFunc(a, func(x candidate) bool { return x.id == c.id }) {
			a = append(a, c)
		}
	}
	return a
}

// slugs are integrations by what their manifests call them.
type slugs struct {
	candidate
	slug string
}

// integrationNamed finds an integration by its name, its manifest's id (with the
// environment after a slash, where there are several), or its identifier.
func (p *page) integrationNamed(said string) (drawbridge.IntegrationID, error) {
	said = strings.TrimSpace(said)
	if said == "" || drawbridge.ValidID("int", said) {
		return drawbridge.IntegrationID(said), nil
	}
	slug, environment, _ := strings.Cut(said, "/")
	text := slug
	if len(text) > 100 {
		return "", bad("no integration is called %.100q: pick a name from the list", said)
	}
	page, err := p.web.opt.Register.Integrations(p.R.Context(), p.Actor, register.IntegrationFilter{Text: text, Order: "name"}, nil, register.MaxPage)
	if err != nil {
		return "", err
	}
	var exact, list []slugs
	for i := range page.Items {
		x := &page.Items[i]
		s := slugs{candidate{string(x.ID), x.Name}, x.Slug + "/" + x.Environment}
		list = append(list, s)
		if x.Slug == slug && (environment == "" || x.Environment == environment) || strings.EqualFold(x.Name, said) {
			exact = append(exact, s)
		}
	}
	switch {
	case len(exact) == 1:
		return drawbridge.IntegrationID(exact[0].id), nil
	case len(exact) > 1:
		return "", bad("several integrations are called %.100q: say which, %s", said, told(bySlug(exact)))
	case len(list) > 0:
		return "", bad("no integration is called %.100q; near it are %s", said, told(bySlug(list)))
	}
	return "", bad("no integration is called %.100q: pick a name from the list", said)
}

func bySlug(list []slugs) []candidate {
	out := make([]candidate, 0, len(list))
	for _, s := range list {
		out = append(out, candidate{s.slug, s.name})
	}
	return out
}

// integrationField asks for an integration, by its name.
func (p *page) integrationField(name, text, help, stored string) (view.FormField, error) {
	page, err := p.web.opt.Register.Integrations(p.R.Context(), p.Actor, register.IntegrationFilter{Order: "name"}, nil, mostPickable)
	var list []candidate
	for i := range page.Items {
		x := &page.Items[i]
		key := x.Slug + "/" + x.Environment
		list = append(list, candidate{key, x.Name})
		if string(x.ID) == stored {
			stored = key
		}
	}
	options := offer(list)
	return view.FormField{As: "pick", Field: view.Field{
		Name: name, Label: text, Help: help, Value: p.kept(name, offeredAs(stored, options)), Options: options, Limit: 200,
	}}, err
}

// findingNamed finds a finding of an integration by its title, its rule or check, or its
// fingerprint.
func (p *page) findingNamed(id drawbridge.IntegrationID, said string) (string, error) {
	said = strings.TrimSpace(said)
	if said == "" || strings.HasPrefix(said, "f1-") {
		return said, nil
	}
	if id == "" {
		return "", bad("a finding is one of an integration: say which")
	}
	in, doc, err := p.assessed(register.ByID(id))
	if err != nil {
		return "", err
	}
	var list []candidate
	for _, f := range findingsOf(&in, &doc) {
		if strings.EqualFold(f.rule, said) {
			f.name = said
		}
		list = append(list, f.candidate)
	}
	return meant("finding", said, list)
}
