package api

import (
	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/notify"
)

func (a *API) webhooks(c *call, _ client.None) (client.List[client.Webhook], error) {
	list, err := a.opt.Notify.Hooks(c.R.Context(), c.Actor)
	out := client.List[client.Webhook]{}
	for _, h := range list {
		out.Items = append(out.Items, hook(h))
	}
	return out, err
}

// hook is what may be told of a webhook.
func hook(h drawbridge.Hook) client.Webhook {
	return client.Webhook{
		Meta: h.Meta, ID: h.ID, Name: h.Name, URL: h.URL, Kinds: h.Kinds, Disabled: h.Disabled, Why: h.Why,
		CreatedBy: h.CreatedBy, CreatedAt: h.CreatedAt, UpdatedAt: h.UpdatedAt,
	}
}

func (a *API) createWebhook(c *call, in client.NewWebhook) (client.MadeWebhook, error) {
	made, err := a.opt.Notify.AddHook(c.R.Context(), c.Actor, notify.NewHook{Name: in.Name, URL: in.URL.Reveal(), Kinds: in.Kinds}, c.key)
	return client.MadeWebhook{Webhook: hook(made.Hook), Secret: client.Secret{Hidden: made.Secret}}, err
}

func (a *API) editWebhook(c *call, in client.EditWebhook) (client.Webhook, error) {
	h, err := a.opt.Notify.SetHook(c.R.Context(), c.Actor, notify.EditHook{
		ID: drawbridge.WebhookID(in.ID), Version: c.match, Name: in.Name, Kinds: in.Kinds, Disabled: in.Disabled, Reason: in.Reason,
	}, c.key)
	return hook(h), err
}

func (a *API) removeWebhook(c *call, in client.Because) (client.None, error) {
	return client.None{}, a.opt.Notify.RemoveHook(c.R.Context(), c.Actor, drawbridge.WebhookID(in.ID), in.Reason, c.key)
}

func (a *API) tryWebhook(c *call, in client.ByID) (client.Tried, error) {
	why, err := a.opt.Notify.TryHook(c.R.Context(), c.Actor, drawbridge.WebhookID(in.ID))
	return client.Tried{Delivered: why == "", Error: why}, err
}

func (a *API) redeliver(c *call, in client.Redelivery) (client.None, error) {
	return client.None{}, a.opt.Notify.Redeliver(c.R.Context(), c.Actor, drawbridge.WebhookID(in.ID), in.Message, c.key)
}

func (a *API) deliveries(c *call, in client.ListOf) (client.List[drawbridge.Delivery], error) {
	var below string
	limit, err := c.part(in.Page, &below)
	if err != nil {
		return client.List[drawbridge.Delivery]{}, err
	}
	list, err := a.opt.Notify.Deliveries(c.R.Context(), c.Actor, drawbridge.WebhookID(in.ID), below, limit+1)
	if err != nil {
		return client.List[drawbridge.Delivery]{}, err
	}
	return pageOf(c, list, limit, func(d drawbridge.Delivery) string { return d.ID })
}
