package web

import (
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/account"
	"drawbridge/internal/seal"
	"drawbridge/internal/web/view"
)

// peopleRoutes are the pages of people and of what acts for them.
func peopleRoutes() []route {
	act := func(path string, do func(*page) (string, error)) route {
		return acts("/people/{id}/"+path, "/people", (*page).person, do)
	}
	return []route{
		shows("/people", "/people", (*page).people),
		shows("/people/invite", "/people", (*page).invite),
		acts("/people/invite", "/people", (*page).invite, (*page).doInvite),
		shows("/people/{id}", "/people", (*page).person),
		act("name", (*page).doRename),
		act("roles", (*page).doRoles),
		act("disable", (*page).doDisable),
		act("enable", (*page).doEnable),
		act("reset", (*page).doReset),
		act("erase", (*page).doErase),
		act("sessions/end", (*page).doSignOutOther),
		shows("/tokens", "/people", (*page).tokens),
		acts("/tokens/{id}/revoke", "/people", (*page).tokens, (*page).doRevokeToken),
		shows("/invitation", "", (*page).invitation).with(public),
		acts("/invitation", "", (*page).invitation, (*page).doAccept).with(public),
	}
}

const pageOf = 50 // rows

// roleDoes says in a few words what a role is for.
var roleDoes = map[drawbridge.Role]string{
	drawbridge.Administrator: "people, roles, keys, settings; decides nothing about partners", drawbridge.ProgrammeOwner: "runs the programme: partners, owners, policy",
	drawbridge.Requester: "brings integrations, and sees their own", drawbridge.ReviewerSecurity: "reviews and signs for security", drawbridge.ReviewerPrivacy: "reviews and signs for privacy",
	drawbridge.ReviewerLegal: "reviews and signs for legal; places holds", drawbridge.ReviewerProduct: "reviews and signs for the product", drawbridge.ReviewerOperations: "reviews and signs for operations",
	drawbridge.Approver: "decides reviews, confirms exceptions", drawbridge.Operator: "takes live, suspends, looks after jobs", drawbridge.Tester: "runs live checks",
	drawbridge.Auditor: "reads everything, changes nothing", drawbridge.Leadership: "reads results",
}

func roleChoices(held []string) (out []view.RoleChoice) {
	for _, r := range drawbridge.PersonRoles() {
		out = append(out, view.RoleChoice{Value: string(r), Name: view.Words(string(r)), Does: roleDoes[r], On: slices.Contains(held, string(r))})
	}
	return out
}

func rolesOf(list []drawbridge.Role) (out []string) {
	for _, r := range list {
		out = append(out, string(r))
	}
	return out
}

func worded(list []string) (out []string) {
	for _, s := range list {
		out = append(out, view.Words(s))
	}
	return out
}

func (p *page) people() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "People", "Who has an account, and what each may do."
	q := p.R.URL.Query()
	list, err := p.web.opt.Account.People(p.R.Context(), p.Actor, drawbridge.PersonID(q.Get("after")), pageOf+1)
	if err != nil {
		return nil, err
	}
	out := view.People{Now: p.now, May: p.may(access.PersonWrite)}
	for i, x := range list {
		if i == pageOf {
			out.Next = address("/people", q, "after", string(list[i-1].ID))
			break
		}
		row := view.PersonRow{Link: view.Link{Text: x.Name, To: "/people/" + string(x.ID)}, Email: x.Email, Roles: worded(rolesOf(x.Roles)), Changed: x.UpdatedAt}
		switch {
		case x.Erased:
			row.Text, row.State = "Erased", "erased"
		case x.Disabled:
			row.State = "disabled"
		}
		out.Rows = append(out.Rows, row)
	}
	if q.Get("after") != "" {
		out.First = "/people"
	}
	return view.PeoplePage(out), nil
}

func (p *page) invite() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Invite somebody", "You get a link, once, with which they set their password within seven days."
	p.shell.Trail = []view.Link{{Text: "People", To: "/people"}}
	p.wrong()
	if !p.may(access.PersonWrite) {
		return nil, errNoPage()
	}
	return view.InvitePage(view.Invite{
		Once: p.once(), Name: p.said("name"), Email: p.said("email"), Reason: p.said("reason"), Roles: roleChoices(p.R.PostForm["role"]),
	}), nil
}

// saidRoles are the roles that were ticked.
func (p *page) saidRoles() (out []drawbridge.Role) {
	for _, r := range p.R.PostForm["role"] {
		out = append(out, drawbridge.Role(r))
	}
	return out
}

func (p *page) doInvite() (string, error) {
	who, secret, err := p.web.opt.Account.Invite(p.R.Context(), p.Actor, account.Invitation{
		Email: p.said("email"), Name: p.said("name"), Roles: p.saidRoles(), Reason: p.said("reason"), Key: p.key(),
	})
	if err != nil {
		return "", err
	}
	return p.showLink("Invitation for "+who.Name, who.ID, secret)
}

// showLink shows the link by which somebody sets a password. The secret stands
// behind the #: no server and no log on the way sees it.
func (p *page) showLink(title string, id drawbridge.PersonID, secret seal.Hidden) (string, error) {
	return p.reveal(title, view.Secret{
		What: "Whoever opens this link first sets the password. Give it to them alone, by a way that you trust. It works once, within seven days.",
		Text: p.origin() + "/invitation#" + secret.Reveal(), Back: view.Link{Text: "It is on its way: go on", To: "/people/" + string(id)},
	})
}

func (p *page) person() (templ.Component, error) {
	ctx, id := p.R.Context(), drawbridge.PersonID(p.R.PathValue("id"))
	p.wrong()
	who, err := p.web.opt.Account.Person(ctx, p.Actor, id)
	if err != nil {
		return nil, err
	}
	p.shell.Title, p.shell.Trail = who.Name, []view.Link{{Text: "People", To: "/people"}}
	if who.Erased {
		p.shell.Title = "Somebody who was erased"
	}
	out := view.PersonView{
		Now: p.now, ID: string(id), Version: strconv.FormatInt(who.Version, 10), Name: who.Name, Typed: who.Name, Email: who.Email, Disabled: who.Disabled, Erased: who.Erased,
		Self: id == p.Actor.Person, May: p.may(access.PersonWrite), Made: who.CreatedAt, Changed: who.UpdatedAt, Held: worded(rolesOf(who.Roles)), Roles: roleChoices(rolesOf(who.Roles)),
		Reason: p.said("reason"), Once: p.once(),
	}
	if p.failed != nil {
		if name := p.said("name"); name != "" {
			out.Typed = name
		}
		if roles := p.R.PostForm["role"]; len(roles) > 0 {
			out.Roles = roleChoices(roles)
		}
	}
	if !out.May || who.Erased {
		return view.PersonPage(out), nil
	}
	sessions, err := p.web.opt.Account.Sessions(ctx, p.Actor, id)
	if err != nil {
		return nil, err
	}
	for _, s := range sessions {
		out.Sessions = append(out.Sessions, view.Session{ID: string(s.ID), Seen: s.SeenAt, Begun: s.CreatedAt, Expires: s.ExpiresAt})
	}
	return view.PersonPage(out), nil
}

// version is the version that the form was drawn from.
func (p *page) version() int64 {
	n, _ := strconv.ParseInt(p.said("version"), 10, 64) // the desk refuses 0 where it matters
	return n
}

// changeOf names the person of the page, the version that was read, and why.
func (p *page) changeOf() account.Change {
	return account.Change{Person: drawbridge.PersonID(p.R.PathValue("id")), Version: p.version(), Reason: p.said("reason"), Key: p.key()}
}

// personDone leads to the person's page, which says what became of them.
func (p *page) personDone(code string, _ drawbridge.Person, err error) (string, error) {
	id := p.R.PathValue("id")
	return "/people/" + id + "?done=" + code + "&of=" + id, err
}

func (p *page) doRename() (string, error) {
	who, err := p.web.opt.Account.Rename(p.R.Context(), p.Actor, p.changeOf(), p.said("name"))
	return p.personDone("renamed", who, err)
}

func (p *page) doRoles() (string, error) {
	who, err := p.web.opt.Account.AssignRoles(p.R.Context(), p.Actor, p.changeOf(), p.saidRoles())
	return p.personDone("roles", who, err)
}

func (p *page) doDisable() (string, error) {
	who, err := p.web.opt.Account.Disable(p.R.Context(), p.Actor, p.changeOf())
	return p.personDone("disabled", who, err)
}

func (p *page) doEnable() (string, error) {
	who, err := p.web.opt.Account.Enable(p.R.Context(), p.Actor, p.changeOf())
	return p.personDone("enabled", who, err)
}

func (p *page) doErase() (string, error) {
	who, err := p.web.opt.Account.Erase(p.R.Context(), p.Actor, p.changeOf())
	return p.personDone("erased", who, err)
}

func (p *page) doReset() (string, error) {
	in := p.changeOf()
	secret, err := p.web.opt.Account.ResetCredential(p.R.Context(), p.Actor, in)
	if err != nil {
		return "", err
	}
	return p.showLink("A new password", in.Person, secret)
}

func (p *page) doSignOutOther() (string, error) {
	id := drawbridge.PersonID(p.R.PathValue("id"))
	_, err := p.web.opt.Account.RevokeSessions(p.R.Context(), p.Actor, id, seal.Hidden{})
	return "/people/" + string(id) + "?done=signed-out", err
}

func (p *page) tokens() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Tokens", "What acts for people and for integrations without a password."
	p.shell.Trail = []view.Link{{Text: "People", To: "/people"}}
	p.wrong()
	q := p.R.URL.Query()
	list, err := p.web.opt.Account.Tokens(p.R.Context(), p.Actor, drawbridge.TokenID(q.Get("after")), pageOf+1)
	if err != nil {
		return nil, err
	}
	out := view.Tokens{Now: p.now}
	for i, t := range list {
		if i == pageOf {
			out.Next = address("/tokens", q, "after", string(list[i-1].ID))
			break
		}
		out.Rows = append(out.Rows, token(t, string(t.Person)))
	}
	if q.Get("after") != "" {
		out.First = "/tokens"
	}
	return view.TokensPage(out), nil
}

func (p *page) doRevokeToken() (string, error) {
	return "/tokens?done=token-revoked", p.web.opt.Account.RevokeToken(p.R.Context(), p.Actor, drawbridge.TokenID(p.R.PathValue("id")), p.said("reason"))
}

// invitation is where somebody who was invited, or reset, sets a password.
func (p *page) invitation() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Welcome", "Set the password of your account."
	p.wrong()
	return view.InvitationForm(view.Invitation{Secret: p.said("secret"), Name: p.said("name")}), nil
}

func (p *page) doAccept() (string, error) {
	_, err := p.web.opt.Account.AcceptInvite(p.R.Context(), account.Acceptance{
		Secret: seal.Hide(p.said("secret")), Name: p.said("name"), Password: seal.Hide(p.said("new_password")), Via: "web", Request: p.ID, Remote: p.Remote().String(),
	})
	return "/sign-in?done=accepted", err
}
