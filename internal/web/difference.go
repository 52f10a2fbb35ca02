package web

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/register"
	"drawbridge/internal/web/view"
)

// difference is what changed between two revisions: without a word of which, from
// the one before the head to the head.
func (p *page) difference() (templ.Component, error) {
	ctx, q := p.R.Context(), p.R.URL.Query()
	ref := register.ByID(drawbridge.IntegrationID(p.R.PathValue("id")))
	in, err := p.web.opt.Register.Compare(ctx, p.Actor, ref, drawbridge.RevisionID(q.Get("from")), drawbridge.RevisionID(q.Get("to")))
	if err != nil {
		return nil, err
	}
	d := &dossierPage{base: "/integrations/" + string(in.Integration.ID)}
	d.Integration = in.Integration
	if d.names, err = p.web.opt.Account.Names(ctx, p.Actor, in.From.Author, in.To.Author, string(d.Integration.Owner)); err != nil {
		return nil, err
	}
	p.heading(d, "/history")
	out := view.Comparison{Head: d.head, From: d.compared(&in.From), To: d.compared(&in.To)}
	for i := range in.Revisions {
		out.Choice = append(out.Choice, d.choice(&in.Revisions[i]))
	}
	for _, r := range []*drawbridge.Revision{&in.From, &in.To} {
		if c := d.choice(r); !slices.Contains(out.Choice, c) {
			out.Choice = append(out.Choice, c)
		}
	}
	for _, c := range in.Changes {
		out.Changes = append(out.Changes, view.FieldChange{Kind: string(c.Kind), Key: c.Key, Old: c.Old, New: c.New, Why: c.Why, Widens: c.Kind == manifest.Widening})
		if c.Kind == manifest.Widening {
			out.Widens++
		}
	}
	kinds := []string{string(manifest.Widening), string(manifest.Narrowing), string(manifest.Neutral)}
	slices.SortStableFunc(out.Changes, func(a, b view.FieldChange) int {
		return cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind))
	})
	return view.ComparisonPage(out), nil
}

func (d *dossierPage) compared(r *drawbridge.Revision) view.Compared {
	return view.Compared{
		ID: string(r.ID), Link: view.Link{Text: fmt.Sprintf("Revision %d", r.Number), To: d.base + "/history#revision-" + fmt.Sprint(r.Number)},
		By: d.name(r.Author), At: r.CreatedAt, Reason: r.Reason, Head: r.ID == d.Integration.Head,
	}
}

func (d *dossierPage) choice(r *drawbridge.Revision) view.Option {
	text := fmt.Sprintf("%d, of %s", r.Number, drawbridge.DateOf(r.CreatedAt))
	if r.ID == d.Integration.Head {
		text += ", the head"
	}
	return view.Option{Value: string(r.ID), Text: text}
}
