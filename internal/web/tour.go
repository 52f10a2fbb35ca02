package web

import (
	"context"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/account"
	"drawbridge/internal/web/view"
)

// tourArea is there in a demonstration alone: one-click sign-in, and the path.
func tourArea() area {
	return area{
		name: "Demonstration",
		menu: []entry{{text: "Guided path", to: "/demo", key: "d"}},
		routes: []route{
			shows("/demo", "/demo", (*page).tour).with(loopback),
			acts("/demo/steps/{step}", "/demo", (*page).tour, (*page).doStep).with(loopback),
			acts("/demo/partner", "/demo", (*page).tour, (*page).doVisit).with(loopback),
			acts("/demo/enter", "", (*page).signIn, (*page).doEnter).with(public | loopback),
		},
		dones: map[string]done{"step": {text: "Done, through the same desks as by hand. The log has every act."}},
	}
}

// residents are the people of a demonstration; nil where there is none.
func (p *page) residents() (out []view.Resident) {
	if p.web.opt.Tour == nil {
		return nil
	}
	for _, who := range p.web.opt.Tour.People() {
		out = append(out, view.Resident{Name: who.Name, Email: who.Email, Role: view.Words(string(who.Role)), Here: who.Email == p.shell.Person.Email})
	}
	return out
}

// tour is the path through the demonstration.
func (p *page) tour() (templ.Component, error) {
	p.shell.Title = "The product in five steps"
	p.shell.Lead = "A payments partner wants in. It runs on this machine, with flaws; take it from the first test to an approval that goes stale. Each step can be taken by hand on the pages, or by a press."
	p.wrong()
	steps, err := p.web.opt.Tour.Steps(p.R.Context())
	if err != nil {
		return nil, err
	}
	var out []view.TourStep
	now := true
	for _, s := range steps {
		v := view.TourStep{Key: s.Key, Title: s.Title, Why: s.Why, To: s.To, Act: s.Act, Done: s.Done, Now: !s.Done && now}
		for _, who := range p.web.opt.Tour.People() {
			if who.Role == s.Who {
				v.Who = view.Resident{Name: who.Name, Email: who.Email, Role: view.Words(string(who.Role))}
			}
		}
		now = now && s.Done
		out = append(out, v)
	}
	return view.TourPage(out), nil
}

func (p *page) doStep() (string, error) {
	ctx := context.WithoutCancel(p.R.Context()) // a step is several acts, and ends as a whole
	return "/demo?done=step", p.web.opt.Tour.Do(ctx, p.R.PathValue("step"))
}

func (p *page) doVisit() (string, error) { return p.web.opt.Tour.Link(p.R.Context()) }

// doEnter signs in as somebody of the demonstration, and out as who one was.
func (p *page) doEnter() (string, error) {
	secret, err := p.web.opt.Tour.Enter(p.R.Context(), account.SignIn{Email: p.said("email"), Via: "web", Request: p.ID, Remote: p.Remote().String()})
	if err != nil {
		return "", err
	}
	if !p.Secret.Empty() {
		if err := p.web.opt.Account.SignOut(p.R.Context(), p.Secret, "web", p.ID); err != nil && drawbridge.KindOf(err) != drawbridge.Unauthenticated {
			return "", err
		}
	}
	p.SetCookie("", secret)
	return p.said("next"), nil
}
