package api

import (
	"drawbridge"
	"drawbridge/internal/account"
	"drawbridge/internal/client"
	"drawbridge/internal/seal"
)

func (a *API) people(c *call, in client.Page) (client.List[drawbridge.Person], error) {
	var after drawbridge.PersonID
	limit, err := c.part(in, &after)
	if err != nil {
		return client.List[drawbridge.Person]{}, err
	}
	list, err := a.opt.Account.People(c.R.Context(), c.Actor, after, limit+1)
	if err != nil {
		return client.List[drawbridge.Person]{}, err
	}
	return pageOf(c, list, limit, func(p drawbridge.Person) string { return string(p.ID) })
}

func (a *API) person(c *call, in client.ByID) (drawbridge.Person, error) {
	return a.opt.Account.Person(c.R.Context(), c.Actor, drawbridge.PersonID(in.ID))
}

func (a *API) findPerson(c *call, in client.ByEmail) (drawbridge.Person, error) {
	return a.opt.Account.Find(c.R.Context(), c.Actor, in.Email)
}

func (a *API) invite(c *call, in client.Invite) (client.Invited, error) {
	p, secret, err := a.opt.Account.Invite(c.R.Context(), c.Actor, account.Invitation{Email: in.Email, Name: in.Name, Roles: in.Roles, Reason: in.Reason, Key: c.key})
	return client.Invited{Person: p, Secret: client.Secret{Hidden: secret}}, err
}

func (a *API) accept(c *call, in client.Accept) (drawbridge.Person, error) {
	return a.opt.Account.AcceptInvite(c.R.Context(), account.Acceptance{
		Secret: in.Secret.Hidden, Name: in.Name, Password: in.Password.Hidden, Via: "api", Request: c.ID, Remote: c.Remote().String(),
	})
}

// change names a person, the version that was read, and why.
func (c *call) change(id, reason string) account.Change {
	return account.Change{Person: drawbridge.PersonID(id), Version: c.match, Reason: reason, Key: c.key}
}

func (a *API) rename(c *call, in client.Rename) (drawbridge.Person, error) {
	return a.opt.Account.Rename(c.R.Context(), c.Actor, c.change(in.ID, in.Reason), in.Name)
}

func (a *API) assignRoles(c *call, in client.AssignRoles) (drawbridge.Person, error) {
	return a.opt.Account.AssignRoles(c.R.Context(), c.Actor, c.change(in.ID, in.Reason), in.Roles)
}

func (a *API) setDisabled(c *call, in client.SetDisabled) (drawbridge.Person, error) {
	if in.Disabled {
		return a.opt.Account.Disable(c.R.Context(), c.Actor, c.change(in.ID, in.Reason))
	}
	return a.opt.Account.Enable(c.R.Context(), c.Actor, c.change(in.ID, in.Reason))
}

func (a *API) resetCredential(c *call, in client.Because) (client.Reset, error) {
	secret, err := a.opt.Account.ResetCredential(c.R.Context(), c.Actor, c.change(in.ID, in.Reason))
	return client.Reset{Secret: client.Secret{Hidden: secret}}, err
}

func (a *API) erase(c *call, in client.Because) (drawbridge.Person, error) {
	return a.opt.Account.Erase(c.R.Context(), c.Actor, c.change(in.ID, in.Reason))
}

func (a *API) setPassword(c *call, in client.NewPassword) (client.None, error) {
	return client.None{}, a.opt.Account.ChangePassword(c.R.Context(), c.Actor, c.Secret, in.Old.Hidden, in.Password.Hidden)
}

func (a *API) factor(c *call, _ client.None) (client.Factor, error) {
	f, err := a.opt.Account.SecondFactor(c.R.Context(), c.Actor)
	return client.Factor{Enrolled: f.Enrolled, Recovery: f.Recovery}, err
}

func (a *API) beginFactor(c *call, _ client.None) (client.Enrolment, error) {
	e, err := a.opt.Account.BeginSecondFactor(c.R.Context(), c.Actor)
	return client.Enrolment{Secret: client.Secret{Hidden: e.Secret}, URI: client.Secret{Hidden: e.URI}, Ticket: client.Secret{Hidden: e.Ticket}}, err
}

func (a *API) confirmFactor(c *call, in client.ConfirmFactor) (client.Recovery, error) {
	return recovery(a.opt.Account.ConfirmSecondFactor(c.R.Context(), c.Actor, in.Ticket.Hidden, in.Code.Hidden))
}

func (a *API) removeFactor(c *call, in client.Code) (client.None, error) {
	return client.None{}, a.opt.Account.RemoveSecondFactor(c.R.Context(), c.Actor, in.Code.Hidden)
}

func (a *API) renewRecovery(c *call, in client.Code) (client.Recovery, error) {
	return recovery(a.opt.Account.RenewRecovery(c.R.Context(), c.Actor, in.Code.Hidden))
}

func recovery(codes []seal.Hidden, err error) (client.Recovery, error) {
	var out client.Recovery
	for _, code := range codes {
		out.Codes = append(out.Codes, client.Secret{Hidden: code})
	}
	return out, err
}
