package web

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"drawbridge/internal/account"
	"drawbridge/internal/seal"
	"drawbridge/internal/web/view"
)

// frameArea is what there is without a menu.
func frameArea() area {
	return area{routes: []route{
		shows("/sign-in", "", (*page).signIn).with(public),
		acts("/sign-in", "", (*page).signIn, (*page).doSignIn).with(public),
		shows("/setup", "", (*page).setup).with(public | loopback),
		acts("/setup", "", (*page).setup, (*page).doSetup).with(public | loopback),
		acts("/prove", "", (*page).prove, (*page).doProve),
		acts("/sign-out", "", nil, (*page).doSignOut),
		acts("/theme", "", nil, (*page).doTheme).with(public),
	}}
}

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
	if form.Again = p.carried(); form.Again != nil && p.failed == nil {
		form.Wrong = "You were signed out. Sign in, and what you typed is still there to be sent."
	}
	form.Residents = p.residents()
	return view.SignInForm(form), nil
}

// What a form held that came when nobody was signed in travels through the sign-in
// in fields of these names, apart from what is secret.
const carry, carryTo = "again.", "again"

// unspoken are the fields that never travel: who typed them types them again.
var unspoken = []string{"password", "new_password", "code", "secret"}

// carried are the fields to keep: of the form that came now, or that came before.
func (p *page) carried() (out []view.Option) {
	if p.R.Method != http.MethodPost {
		return nil
	}
	fresh := p.R.URL.Path != "/sign-in" && p.R.URL.Path != "/prove"
	if fresh {
		out = append(out, view.Option{Value: carryTo, Text: p.R.URL.RequestURI()})
	}
	for _, name := range slices.Sorted(maps.Keys(p.R.PostForm)) {
		for _, text := range p.R.PostForm[name] {
			switch {
			case fresh && !slices.Contains(unspoken, name):
				out = append(out, view.Option{Value: carry + name, Text: text})
			case !fresh && (name == carryTo || strings.HasPrefix(name, carry)):
				out = append(out, view.Option{Value: name, Text: text})
			}
		}
	}
	return out
}

// resend is the page after the sign-in for who was sending a form.
func (p *page) resend() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "You are signed in again", "Nothing of this was sent yet."
	var fields []view.Option
	for _, f := range p.carried() {
		if name, ok := strings.CutPrefix(f.Value, carry); ok {
			fields = append(fields, view.Option{Value: name, Text: f.Text})
		}
	}
	return view.Resend(local(p.said(carryTo)), fields), nil
}

func (p *page) doSignIn() (string, error) {
	secret, _, err := p.web.opt.Account.SignIn(p.R.Context(), account.SignIn{
		Email: p.said("email"), Password: seal.Hide(p.said("password")), Code: seal.Hide(p.said("code")), Via: "web", Request: p.ID, Remote: p.Remote().String(),
	})
	if err != nil {
		return "", err
	}
	p.SetCookie("", secret)
	if p.said(carryTo) != "" {
		p.instead = (*page).resend
	}
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
