package api

import (
	"drawbridge"
	"drawbridge/internal/account"
	"drawbridge/internal/client"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

func (a *API) health(c *call, _ client.None) (client.Health, error) {
	return client.Health{Status: "ok"}, a.opt.Door.Store().View(c.r.Context(), func(tx *store.Tx) error {
		_, _, err := tx.Head()
		return err
	})
}

func (a *API) setup(c *call, in client.Setup) (drawbridge.Person, error) {
	return a.opt.Account.Bootstrap(c.r.Context(), "api", in.Email, in.Name, in.Password.Hidden)
}

func (a *API) signIn(c *call, in client.SignIn) (client.SignedIn, error) {
	secret, session, err := a.opt.Account.SignIn(c.r.Context(), account.SignIn{
		Email: in.Email, Password: in.Password.Hidden, Code: in.Code.Hidden, Via: "api", Request: c.id, Remote: c.remote().String(),
	})
	if err != nil {
		return client.SignedIn{}, err
	}
	if in.Cookie {
		c.setCookie(secret)
		secret = seal.Hidden{}
	}
	return client.SignedIn{Secret: client.Secret{Hidden: secret}, Session: session}, nil
}

func (a *API) signOut(c *call, _ client.None) (client.None, error) {
	if c.actor.Proved.IsZero() {
		return client.None{}, invalid("this is a token, and no session: revoke it instead")
	}
	if err := a.opt.Account.SignOut(c.r.Context(), c.secret, "api", c.id); err != nil {
		return client.None{}, err
	}
	if c.r.Header.Get("Authorization") == "" {
		c.setCookie(seal.Hidden{})
	}
	return client.None{}, nil
}

func (a *API) prove(c *call, in client.Proof) (client.SignedIn, error) {
	secret, session, err := a.opt.Account.Reprove(c.r.Context(), c.actor, c.secret, in.Password.Hidden, in.Code.Hidden)
	if err != nil {
		return client.SignedIn{}, err
	}
	if c.r.Header.Get("Authorization") == "" {
		c.setCookie(secret)
		secret = seal.Hidden{}
	}
	return client.SignedIn{Secret: client.Secret{Hidden: secret}, Session: session}, nil
}

func (a *API) me(c *call, _ client.None) (client.Me, error) {
	me := client.Me{
		Actor: c.actor.ID, Person: c.actor.Person, Roles: c.actor.Roles, Integration: c.actor.Integration, Proved: c.actor.Proved, Version: a.opt.Version,
	}
	if me.Person == "" {
		return me, nil
	}
	p, err := a.opt.Account.Person(c.r.Context(), c.actor, me.Person)
	me.Name, me.Email = p.Name, p.Email
	return me, err
}

func (a *API) sessions(c *call, in client.ByID) (client.List[drawbridge.Session], error) {
	list, err := a.opt.Account.Sessions(c.r.Context(), c.actor, drawbridge.PersonID(in.ID))
	return client.List[drawbridge.Session]{Items: list}, err
}

func (a *API) revokeSession(c *call, in client.ByID) (client.None, error) {
	return client.None{}, a.opt.Account.RevokeSession(c.r.Context(), c.actor, drawbridge.SessionID(in.ID))
}

func (a *API) revokeSessions(c *call, in client.ByID) (client.None, error) {
	_, err := a.opt.Account.RevokeSessions(c.r.Context(), c.actor, drawbridge.PersonID(in.ID), c.secret)
	return client.None{}, err
}
