package api

import (
	"drawbridge"
	"drawbridge/internal/account"
	"drawbridge/internal/client"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

func (a *API) health(c *call, _ client.None) (client.Health, error) {
	return client.Health{Status: "ok"}, a.opt.Door.Store().View(c.R.Context(), func(tx *store.Tx) error {
		_, _, err := tx.Head()
		return err
	})
}

func (a *API) setup(c *call, in client.Setup) (drawbridge.Person, error) {
	return a.opt.Account.Bootstrap(c.R.Context(), "api", in.Email, in.Name, in.Password.Hidden)
}

func (a *API) signIn(c *call, in client.SignIn) (client.SignedIn, error) {
	secret, session, err := a.opt.Account.SignIn(c.R.Context(), account.SignIn{
		Email: in.Email, Password: in.Password.Hidden, Code: in.Code.Hidden, Via: "api", Request: c.ID, Remote: c.Remote().String(),
	})
	if err != nil {
		return client.SignedIn{}, err
	}
	if in.Cookie {
		c.SetCookie("", secret)
		secret = seal.Hidden{}
	}
	return client.SignedIn{Secret: client.Secret{Hidden: secret}, Session: session}, nil
}

func (a *API) signOut(c *call, _ client.None) (client.None, error) {
	if c.Actor.Proved.IsZero() {
		return client.None{}, invalid("this is a token, and no session: revoke it instead")
	}
	if err := a.opt.Account.SignOut(c.R.Context(), c.Secret, "api", c.ID); err != nil {
		return client.None{}, err
	}
	if c.R.Header.Get("Authorization") == "" {
		c.SetCookie("", seal.Hidden{})
	}
	return client.None{}, nil
}

func (a *API) prove(c *call, in client.Proof) (client.SignedIn, error) {
	secret, session, err := a.opt.Account.Reprove(c.R.Context(), c.Actor, c.Secret, in.Password.Hidden, in.Code.Hidden)
	if err != nil {
		return client.SignedIn{}, err
	}
	if c.R.Header.Get("Authorization") == "" {
		c.SetCookie("", secret)
		secret = seal.Hidden{}
	}
	return client.SignedIn{Secret: client.Secret{Hidden: secret}, Session: session}, nil
}

func (a *API) me(c *call, _ client.None) (client.Me, error) {
	me := client.Me{
		Actor: c.Actor.ID, Person: c.Actor.Person, Roles: c.Actor.Roles, Integration: c.Actor.Integration, Proved: c.Actor.Proved, Version: a.opt.Version,
	}
	if me.Person == "" {
		return me, nil
	}
	p, err := a.opt.Account.Person(c.R.Context(), c.Actor, me.Person)
	me.Name, me.Email = p.Name, p.Email
	return me, err
}

func (a *API) sessions(c *call, in client.ByID) (client.List[drawbridge.Session], error) {
	list, err := a.opt.Account.Sessions(c.R.Context(), c.Actor, drawbridge.PersonID(in.ID))
	return client.List[drawbridge.Session]{Items: list}, err
}

func (a *API) revokeSession(c *call, in client.ByID) (client.None, error) {
	return client.None{}, a.opt.Account.RevokeSession(c.R.Context(), c.Actor, drawbridge.SessionID(in.ID))
}

func (a *API) revokeSessions(c *call, in client.ByID) (client.None, error) {
	_, err := a.opt.Account.RevokeSessions(c.R.Context(), c.Actor, drawbridge.PersonID(in.ID), c.Secret)
	return client.None{}, err
}
