package web

import (
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/review"
	"drawbridge/internal/web/view"
)

// delegations is who signs for whom.
func (p *page) delegations() (templ.Component, error) {
	ctx := p.R.Context()
	p.shell.Title, p.shell.Lead = "Delegations", "Who may sign for whom, for a time. Both together count once."
	p.shell.Trail = []view.Link{{Text: "Reviews", To: "/reviews"}}
	p.wrong()
	after, err := readPlace(p.R.URL.Query().Get("after"))
	if err != nil {
		return nil, err
	}
	list, err := p.web.opt.Review.Delegations(ctx, p.Actor, after, pageOf)
	if err != nil {
		return nil, err
	}
	deputies, err := p.web.opt.Review.Deputies(ctx, p.Actor)
	if err != nil {
		return nil, err
	}
	var ids []string
	for i := range list.Items {
		ids = append(ids, string(list.Items[i].From), string(list.Items[i].To))
	}
	names, err := p.web.opt.Account.Names(ctx, p.Actor, ids...)
	if err != nil {
		return nil, err
	}
	ws, err := p.web.opt.Workspace()
	if err != nil {
		return nil, err
	}
	out := view.Delegations{
		Now: p.now, Today: drawbridge.DateOf(p.now), Key: p.once(), Days: ws.Policy.Protocol().Delegation, Reviews: p.reviewsHere(),
		To: p.said("to"), Until: p.said("until"), Reason: p.said("reason"),
	}
	for _, x := range deputies {
		out.Deputies = append(out.Deputies, view.Option{Value: string(x.Role) + "/" + string(x.Person), Text: x.Name + ", for " + string(x.Role)})
	}
	for i := range list.Items {
		out.Rows = append(out.Rows, p.delegation(&list.Items[i], names))
	}
	if after != nil {
		out.First = "/delegations"
	}
	if list.Next != nil {
		out.Next = "/delegations?" + url.Values{"after": {writePlace(list.Next)}}.Encode()
	}
	return view.DelegationsPage(out), nil
}

// reviewsHere reports whether somebody reviews for any discipline.
func (p *page) reviewsHere() bool {
	for _, d := range drawbridge.Disciplines() {
		if p.Actor.Has(d.Reviewer()) {
			return true
		}
	}
	return false
}

func (p *page) delegation(x *drawbridge.Delegation, names map[string]string) view.DelegationRow {
	name := func(id drawbridge.PersonID) string {
		if n := names[string(id)]; n != "" {
			return n
		}
		return actorWords(string(id))
	}
	out := view.DelegationRow{From: name(x.From), To: name(x.To), Role: string(x.Role), Until: x.Until, Reason: x.Reason, State: "in force", Tone: view.Good, Revoked: x.RevokedAt}
	switch {
	case !x.RevokedAt.IsZero():
		out.State, out.Tone = "revoked", view.Idle
	case x.Until.Past(p.now):
		out.State, out.Tone = "ended", view.Idle
	default:
		proven := p.Actor
		proven.Proved = p.now
		o := access.Object{Kind: "delegation", ID: string(x.ID), Owners: []drawbridge.PersonID{x.From, x.To}}
		if p.web.opt.Table.Decide(proven, access.DelegationWrite, o, p.now) == nil {
			out.Revoke = "/delegations/" + string(x.ID) + "/revoke"
		}
	}
	return out
}

func (p *page) doDelegate() (string, error) {
	role, who, _ := strings.Cut(p.said("to"), "/")
	_, err := p.web.opt.Review.Delegate(p.R.Context(), p.Actor, review.Delegating{
		Role: drawbridge.Discipline(role), To: drawbridge.PersonID(who), Until: drawbridge.Date(p.said("until")), Reason: p.said("reason"), Key: p.key(),
	})
	return "/delegations?done=delegation.made", err
}

func (p *page) doRevokeDelegation() (string, error) {
	_, err := p.web.opt.Review.Revoke(p.R.Context(), p.Actor, drawbridge.DelegationID(p.R.PathValue("id")), p.key())
	return "/delegations?done=delegation.revoked", err
}
