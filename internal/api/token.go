package api

import (
	"drawbridge"
	"drawbridge/internal/account"
	"drawbridge/internal/client"
	"drawbridge/internal/seal"
)

func (a *API) tokens(c *call, in client.Page) (client.List[client.Token], error) {
	var after drawbridge.TokenID
	limit, err := c.part(in, &after)
	if err != nil {
		return client.List[client.Token]{}, err
	}
	list, err := a.opt.Account.Tokens(c.R.Context(), c.Actor, after, limit+1)
	if err != nil {
		return client.List[client.Token]{}, err
	}
	told := make([]client.Token, len(list))
	for i, t := range list {
		told[i] = tell(t)
	}
	return pageOf(c, told, limit, func(t client.Token) string { return string(t.ID) })
}

func tell(t drawbridge.Token) client.Token {
	return client.Token{
		ID: t.ID, Name: t.Name, Person: t.Person, Machine: t.Machine, Integration: t.Integration,
		ExpiresAt: t.ExpiresAt, RevokedAt: t.RevokedAt, CreatedAt: t.CreatedAt,
	}
}

func (a *API) createToken(c *call, in client.NewToken) (client.Issued, error) {
	return issued(a.opt.Account.CreateToken(c.R.Context(), c.Actor, account.NewToken{Name: in.Name, ExpiresAt: in.ExpiresAt, Key: c.key}))
}

func (a *API) createMachine(c *call, in client.NewMachine) (client.Issued, error) {
	return issued(a.opt.Account.CreateMachine(c.R.Context(), c.Actor, account.NewToken{
		Name: in.Name, Integration: drawbridge.IntegrationID(in.ID), ExpiresAt: in.ExpiresAt, Key: c.key,
	}))
}

func issued(secret seal.Hidden, t drawbridge.Token, err error) (client.Issued, error) {
	return client.Issued{Secret: client.Secret{Hidden: secret}, Token: tell(t)}, err
}

func (a *API) revokeToken(c *call, in client.Because) (client.None, error) {
	return client.None{}, a.opt.Account.RevokeToken(c.R.Context(), c.Actor, drawbridge.TokenID(in.ID), in.Reason)
}
