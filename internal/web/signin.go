package web

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"drawbridge/internal/account"
	"drawbridge/internal/seal"
	"drawbridge/internal/web/view"
)

// signIn is the page on which people sign in.
func (p *page) signIn() (templ.Component, error) {
	if p.Actor.Person != "" && p.failed == nil {
		p.redirect("/")
		return nil, nil
	}
	if empty, err := p.web.opt.Account.Empty(p.R.Context()); err != nil || empty {
		if err == nil && p.Loopback() {
			p.redirect("/setup")
		}
		p.shell.Title, p.shell.Lead = "Nobody has an account yet", "Open this page on the machine that the server runs on to make the first one, or run `drawbridge setup` there."
		return templ.NopComponent, err
	}
	p.shell.Title = "Sign in"
	form := view.SignIn{Email: p.said("email"), Next: local(p.R.FormValue("next")), Code: errors.Is(p.failed, account.ErrSecondFactor)}
	if form.Code {
		form.Wrong = "Your account has a second factor: give the password again, and its code."
	} else if p.failed != nil {
		form.Wrong = sentence(p.failed)
	}
	return view.SignInForm(form), nil
}

func (p *page) doSignIn() (string, error) {
	secret, _, err := p.web.opt.Account.SignIn(p.R.Context(), account.SignIn{
		Email: p.said("email"), Password: seal.Hide(p.said("password")), Code: seal.Hide(p.said("code")), Via: "web", Request: p.ID, Remote: p.Remote().String(),
	})
	if err != nil {
		return "", err
	}
	p.SetCookie("", secret)
	return p.said("next"), nil
}

func (p *page) doSignOut() (string, error) {
	if err := p.web.opt.Account.SignOut(p.R.Context(), p.Secret, "web", p.ID); err != nil {
		return "", err
	}
	p.SetCookie("", seal.Hidden{})
	return "/sign-in", nil
}

// setup is the page of the first run: it makes the first administrator.
func (p *page) setup() (templ.Component, error) {
	empty, err := p.web.opt.Account.Empty(p.R.Context())
	if err != nil {
		return nil, err
	}
	if !empty {
		return nil, errNoPage()
	}
	p.shell.Title, p.shell.Lead = "Welcome", "This server has no accounts yet. The first one administers it: it invites people and gives them their roles."
	p.wrong()
	return view.SetupForm(view.SignIn{Email: p.said("email"), Name: p.said("name")}), nil
}

func (p *page) doSetup() (string, error) {
	password := seal.Hide(p.said("password"))
	if _, err := p.web.opt.Account.Bootstrap(p.R.Context(), "web", p.said("email"), p.said("name"), password); err != nil {
		return "", err
	}
	return p.doSignIn()
}

// themes are what people choose from; the cookie holds no secret.
var themes = map[string]bool{"light": true, "dark": true}

const themeCookie = "drawbridge-theme"

func (p *page) theme() string {
	if c, err := p.R.Cookie(themeCookie); err == nil && themes[c.Value] {
		return c.Value
	}
	return ""
}

func (p *page) doTheme() (string, error) {
	c := &http.Cookie{Name: themeCookie, Value: p.said("theme"), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: p.web.opt.Front.Secure(), MaxAge: 365 * 24 * 3600} //nolint:gosec // plain HTTP is spoken on loopback alone
	if !themes[c.Value] {
		c.Value, c.MaxAge = "", -1
	}
	http.SetCookie(p.W, c)
	return p.said("back"), nil
}
