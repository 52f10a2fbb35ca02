package api

import (
	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/register"
)

func (a *API) partners(c *call, in client.Page) (client.List[drawbridge.Partner], error) {
	return pageFrom(c, in, func(after *register.Cursor, limit int) (register.Page[drawbridge.Partner], error) {
		return a.opt.Register.Partners(c.R.Context(), c.Actor, after, limit)
	})
}

func (a *API) partner(c *call, in client.ByID) (drawbridge.Partner, error) {
	return a.opt.Register.Partner(c.R.Context(), c.Actor, drawbridge.PartnerID(in.ID))
}

func (a *API) createPartner(c *call, in client.NewPartner) (drawbridge.Partner, error) {
	return a.opt.Register.CreatePartner(c.R.Context(), c.Actor, c.edit(in.ID, in.PartnerEdit))
}

func (a *API) updatePartner(c *call, in client.UpdatePartner) (drawbridge.Partner, error) {
	return a.opt.Register.UpdatePartner(c.R.Context(), c.Actor, c.edit(drawbridge.PartnerID(in.ID), in.PartnerEdit))
}

// edit is a partner as somebody wants it, over the version that was read.
func (c *call) edit(id drawbridge.PartnerID, in client.PartnerEdit) register.PartnerEdit {
	return register.PartnerEdit{
		Partner: drawbridge.Partner{Meta: drawbridge.Meta{Version: c.match}, ID: id, Name: in.Name, Country: in.Country, Website: in.Website, Owner: in.Owner},
		Reason:  in.Reason, Key: c.key,
	}
}
