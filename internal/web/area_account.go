package web

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/account"
	"drawbridge/internal/seal"
	"drawbridge/internal/web/view"
)

// accountArea is what people change of their own.
func accountArea() area {
	act := func(path string, do func(*page) (string, error)) route {
		return acts("/account/"+path, "", (*page).account, do)
	}
	return area{
		routes: []route{
			shows("/account", "", (*page).account),
			act("password", (*page).doPassword),
			act("factor", (*page).doFactor),
			acts("/account/factor/confirm", "", (*page).enrolment, (*page).doConfirmFactor),
			act("factor/remove", (*page).doRemoveFactor),
			act("factor/recovery", (*page).doRecovery),
			act("sessions/end", (*page).doEndSessions),
			act("sessions/{id}/end", (*page).doEndSession),
			act("tokens", (*page).doMakeToken),
			act("tokens/{id}/revoke", (*page).doRevokeOwn),
			act("mail", (*page).doMail),
		},
		dones: map[string]done{
			"password":      {text: "The password was changed. You are signed out everywhere else."},
			"factorless":    {text: "The second factor was removed."},
			"session-ended": {text: "Signed out there."},
			"token-revoked": {text: "The token was revoked: it works no more."},
			"mail":          {text: "Changed."},
		},
	}
}

// account is the page of one's own account.
func (p *page) account() (templ.Component, error) {
	ctx, desk := p.R.Context(), p.web.opt.Account
	p.shell.Title, p.shell.Lead = "Your account", "How you sign in, where you are signed in, and what acts as you."
	p.wrong()
	factor, err := desk.SecondFactor(ctx, p.Actor)
	if err != nil {
		return nil, err
	}
	sessions, err := desk.Sessions(ctx, p.Actor, p.Actor.Person)
	if err != nil {
		return nil, err
	}
	tokens, err := desk.OwnTokens(ctx, p.Actor)
	if err != nil {
		return nil, err
	}
	wants, sent, err := p.web.opt.Notify.Mail(ctx, p.Actor)
	if err != nil {
		return nil, err
	}
	out := view.Account{
		Now: p.now, Person: p.shell.Person, Theme: p.shell.Theme, Factor: factor.Enrolled, Recovery: factor.Recovery, Mail: wants, Sent: sent,
		Once: p.once(), Name: p.said("name"), Days: p.said("days"),
	}
	if out.Days == "" {
		out.Days = "90"
	}
	for _, s := range sessions {
		out.Sessions = append(out.Sessions, view.Session{ID: string(s.ID), Here: s.ProvedAt.Equal(p.Actor.Proved), Seen: s.SeenAt, Begun: s.CreatedAt, Expires: s.ExpiresAt})
	}
	for _, t := range slices.Backward(tokens) {
		out.Tokens = append(out.Tokens, token(t, "you"))
	}
	return view.AccountPage(out), nil
}

// token is a token for a page.
func token(t drawbridge.Token, whose string) view.Token {
	out := view.Token{ID: string(t.ID), Name: t.Name, Whose: whose, Expires: t.ExpiresAt, Revoked: t.RevokedAt, Made: t.CreatedAt}
	if t.Machine {
		out.Of = view.Link{Text: "an integration", To: "/integrations/" + string(t.Integration)}
	}
	return out
}

// typed lets who typed a wrong password or code type it again.
func typed(err error) error {
	if drawbridge.KindOf(err) == drawbridge.Denied && !errors.Is(err, access.ErrStale) {
		return drawbridge.Errorf(drawbridge.Unauthenticated, "%s", message(err))
	}
	return err
}

func (p *page) doPassword() (string, error) {
	ctx, desk := p.R.Context(), p.web.opt.Account
	old, fresh := seal.Hide(p.said("password")), seal.Hide(p.said("new_password"))
	err := desk.ChangePassword(ctx, p.Actor, p.Secret, old, fresh)
	if errors.Is(err, access.ErrStale) { // the password that was typed is the proof
		var session drawbridge.Session
		if p.Secret, session, err = desk.Reprove(ctx, p.Actor, p.Secret, old, seal.Hide(p.said("code"))); err != nil {
			return "", typed(err)
		}
		p.SetCookie("", p.Secret)
		p.Actor.Proved = session.ProvedAt
		err = desk.ChangePassword(ctx, p.Actor, p.Secret, old, fresh)
	}
	return "/account?done=password", typed(err)
}

func (p *page) doFactor() (string, error) {
	e, err := p.web.opt.Account.BeginSecondFactor(p.R.Context(), p.Actor)
	if err != nil {
		return "", err
	}
	p.R.PostForm.Set("secret", e.Secret.Reveal())
	p.R.PostForm.Set("uri", e.URI.Reveal())
	p.R.PostForm.Set("ticket", e.Ticket.Reveal())
	p.instead = (*page).enrolment
	return "", nil
}

// enrolment is the page of a second factor that waits for its first code.
func (p *page) enrolment() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Set up a second factor", "The key is shown this once. It counts after the first code."
	p.shell.Trail = []view.Link{{Text: "Your account", To: "/account"}}
	p.shell.Back = "/account"
	p.wrong()
	return view.EnrolmentPage(view.Enrolment{Secret: p.said("secret"), URI: p.said("uri"), Ticket: p.said("ticket")}), nil
}

func (p *page) doConfirmFactor() (string, error) {
	codes, err := p.web.opt.Account.ConfirmSecondFactor(p.R.Context(), p.Actor, seal.Hide(p.said("ticket")), seal.Hide(p.said("code")))
	return p.showCodes(codes, err)
}

func (p *page) doRecovery() (string, error) {
	codes, err := p.web.opt.Account.RenewRecovery(p.R.Context(), p.Actor, seal.Hide(p.said("code")))
	return p.showCodes(codes, err)
}

func (p *page) showCodes(codes []seal.Hidden, err error) (string, error) {
	if err != nil {
		return "", typed(err)
	}
	s := view.Secret{
		What: "These are your recovery codes. Each stands in for a code of your app once.", Back: view.Link{Text: "They are kept: go on", To: "/account"},
		Uses: "Print them, or put them where your passwords are, and not on the device that has the app.",
	}
	for _, c := range codes {
		s.Lines = append(s.Lines, c.Reveal())
	}
	return p.reveal("Recovery codes", s)
}

// reveal shows a secret in place of leading on: no address ever holds it.
func (p *page) reveal(title string, s view.Secret) (string, error) {
	p.instead = func(p *page) (templ.Component, error) {
		p.shell.Title, p.shell.Back = title, s.Back.To
		return view.SecretPage(s), nil
	}
	return "", nil
}

func (p *page) doRemoveFactor() (string, error) {
	return "/account?done=factorless", typed(p.web.opt.Account.RemoveSecondFactor(p.R.Context(), p.Actor, seal.Hide(p.said("code"))))
}

func (p *page) doEndSession() (string, error) {
	return "/account?done=session-ended", p.web.opt.Account.RevokeSession(p.R.Context(), p.Actor, drawbridge.SessionID(p.R.PathValue("id")))
}

func (p *page) doEndSessions() (string, error) {
	_, err := p.web.opt.Account.RevokeSessions(p.R.Context(), p.Actor, p.Actor.Person, p.Secret)
	return "/account?done=session-ended", err
}

func (p *page) doMakeToken() (string, error) {
	days, err := strconv.Atoi(p.said("days"))
	if err != nil || !slices.Contains([]int{7, 30, 90, 365}, days) {
		return "", drawbridge.Errorf(drawbridge.Invalid, "choose how long the token works")
	}
	ends := p.now.UTC().Truncate(24*time.Hour).AddDate(0, 0, days) // the same when the form is sent twice
	secret, t, err := p.web.opt.Account.CreateToken(p.R.Context(), p.Actor, account.NewToken{Name: p.said("name"), ExpiresAt: ends, Key: p.key()})
	if err != nil {
		return "", err
	}
	return p.reveal("Token "+t.Name, view.Secret{
		What: "Whoever has this token acts as you until " + t.ExpiresAt.Format(time.DateOnly) + ".", Text: secret.Reveal(),
		Uses: "Programs send it as: Authorization: Bearer, and the token. The command line takes it from the variable DRAWBRIDGE_TOKEN.",
		Back: view.Link{Text: "It is kept: go on", To: "/account"},
	})
}

func (p *page) doRevokeOwn() (string, error) {
	return "/account?done=token-revoked", p.web.opt.Account.RevokeToken(p.R.Context(), p.Actor, drawbridge.TokenID(p.R.PathValue("id")), p.said("reason"))
}

func (p *page) doMail() (string, error) {
	return "/account?done=mail", p.web.opt.Notify.SetMail(p.R.Context(), p.Actor, p.said("mail") == "yes")
}
