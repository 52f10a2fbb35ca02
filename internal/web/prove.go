package web

import (
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/seal"
	"drawbridge/internal/web/view"
)

// askProof asks who sends a sensitive form to prove who they are. The form comes
// along, and is sent on once they did.
func (p *page) askProof() error {
	p.route = &route{pattern: p.route.pattern, section: p.route.section, show: (*page).prove}
	return p.draw(http.StatusForbidden)
}

// prove is the page that asks for the password again.
func (p *page) prove() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Prove that it is you", "What you are about to do needs your password again, once in ten minutes. What you typed is kept, and is sent when you did."
	p.shell.Back = "/"
	p.wrong()
	factor, err := p.web.opt.Account.SecondFactor(p.R.Context(), p.Actor)
	if err != nil {
		return nil, err
	}
	return view.ProveForm(p.shell.Person.Email, factor.Enrolled, p.carried()), nil
}

// doProve takes the proof, and sends the form that waited for it to its own
// address: as the person, under the session's new secret.
func (p *page) doProve() (string, error) {
	secret, _, err := p.web.opt.Account.Reprove(p.R.Context(), p.Actor, p.Secret, seal.Hide(p.said("password")), seal.Hide(p.said("code")))
	if err != nil {
		if drawbridge.KindOf(err) == drawbridge.Denied {
			err = drawbridge.Errorf(drawbridge.Unauthenticated, "%s", message(err))
		}
		return "", err
	}
	p.SetCookie("", secret)
	to := local(p.said(carryTo))
	target, err := url.Parse(to)
	if err != nil {
		return "", drawbridge.Errorf(drawbridge.Invalid, "the form does not say where it leads")
	}
	if to == "/" || target.Path == "/prove" {
		return "/account", nil
	}
	form := url.Values{}
	for _, f := range p.carried() {
		if name, ok := strings.CutPrefix(f.Value, carry); ok {
			form.Add(name, f.Text)
		}
	}
	on := p.R.Clone(p.R.Context())
	on.URL.Path, on.URL.RawPath, on.URL.RawQuery, on.RequestURI = target.Path, target.RawPath, target.RawQuery, to
	on.Form, on.PostForm, on.MultipartForm = nil, nil, nil
	on.Body, on.ContentLength = io.NopCloser(strings.NewReader(form.Encode())), int64(len(form.Encode()))
	on.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	on.Header.Set("Authorization", "Bearer "+secret.Reveal())
	p.web.handler.ServeHTTP(p.W, on)
	return "", nil
}
