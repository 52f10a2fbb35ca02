package web

import (
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/notify"
	"drawbridge/internal/web/view"
)

func hookRow(h *drawbridge.Hook) view.AdminHook {
	return view.AdminHook{
		ID: string(h.ID), Version: strconv.FormatInt(h.Version, 10), Name: h.Name, Typed: h.Name, URL: h.URL, Kinds: h.Kinds,
		Disabled: h.Disabled, Why: h.Why, Made: h.CreatedAt, Changed: h.UpdatedAt,
	}
}

// hookKinds are the kinds of messages, with those that are ticked.
func hookKinds(on []string) (out []view.AdminChoice) {
	for _, k := range notify.Kinds() {
		out = append(out, view.AdminChoice{Value: k, Text: notify.Title(k), On: slices.Contains(on, k)})
	}
	for _, k := range on { // of another version
		if !slices.Contains(notify.Kinds(), k) {
			out = append(out, view.AdminChoice{Value: k, Text: notify.Title(k), On: true})
		}
	}
	return out
}

func (p *page) hooks() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Webhooks", "Programs that are told what happens here: signed messages with identifiers and no content."
	p.wrong()
	list, err := p.web.opt.Notify.Hooks(p.R.Context(), p.Actor)
	if err != nil {
		return nil, err
	}
	out := view.AdminHooks{Now: p.now, May: p.may(access.WebhookWrite), Once: p.once(), Name: p.said("name"), URL: p.said("url"), Kinds: hookKinds(p.R.PostForm["kind"])}
	for i := range list {
		out.Rows = append(out.Rows, hookRow(&list[i]))
	}
	return view.AdminHooksPage(out), nil
}

func (p *page) doAddHook() (string, error) {
	made, err := p.web.opt.Notify.AddHook(p.R.Context(), p.Actor, notify.NewHook{Name: p.said("name"), URL: p.said("url"), Kinds: p.R.PostForm["kind"]}, p.key())
	if err != nil {
		return "", err
	}
	return p.reveal("Webhook "+made.Hook.Name, view.Secret{
		What: "With this secret the receiver verifies that a message came from here (Standard Webhooks 1). It is shown this once.", Text: made.Secret.Reveal(),
		Uses: "Each request has the headers webhook-id, webhook-timestamp and webhook-signature: v1 and the HMAC-SHA-256 over identifier, time and body.",
		Back: view.Link{Text: "It is kept: go on and send a test", To: "/webhooks/" + string(made.Hook.ID)},
	})
}

// theHook is the webhook that the address names.
func (p *page) theHook() (*drawbridge.Hook, error) {
	list, err := p.web.opt.Notify.Hooks(p.R.Context(), p.Actor)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(list, func(h drawbridge.Hook) bool { return string(h.ID) == p.R.PathValue("id") })
	if at < 0 {
		return nil, errNoPage()
	}
	return &list[at], nil
}

var deliveryTones = map[drawbridge.DeliveryState]view.Tone{
	drawbridge.Waiting: view.Info, drawbridge.Delivered: view.Good, drawbridge.Dead: view.Bad, drawbridge.Dropped: view.Idle,
}

func (p *page) hook() (templ.Component, error) {
	p.wrong()
	h, err := p.theHook()
	if err != nil {
		return nil, err
	}
	here := "/webhooks/" + string(h.ID)
	p.shell.Title, p.shell.Trail, p.shell.Back = h.Name, []view.Link{{Text: "Webhooks", To: "/webhooks"}}, here
	q := p.R.URL.Query()
	list, err := p.web.opt.Notify.Deliveries(p.R.Context(), p.Actor, h.ID, q.Get("below"), pageOf+1)
	if err != nil {
		return nil, err
	}
	out := view.AdminHookView{AdminHook: hookRow(h), Now: p.now, May: p.may(access.WebhookWrite), Once: p.once(), Choice: hookKinds(h.Kinds)}
	if _, sent := p.R.PostForm["name"]; sent && p.failed != nil {
		out.Typed, out.Choice = p.said("name"), hookKinds(p.R.PostForm["kind"])
	}
	for i, d := range list {
		if i == pageOf {
			out.Next = address(here, q, "below", list[i-1].ID)
			break
		}
		row := view.AdminDelivery{
			Message: string(d.Message), State: string(d.State), Tone: deliveryTones[d.State], Failures: int(d.Failures), Error: d.LastError, Made: d.CreatedAt, Done: d.DoneAt,
		}
		if d.State == drawbridge.Dead || d.State == drawbridge.Dropped {
			row.Again = here + "/deliveries/" + string(d.Message) + "/retry"
		}
		out.List = append(out.List, row)
	}
	if q.Get("below") != "" {
		out.First = here
	}
	return view.AdminHookPage(out), nil
}

func (p *page) doEditHook() (string, error) {
	h, err := p.theHook()
	if err != nil {
		return "", err
	}
	_, err = p.web.opt.Notify.SetHook(p.R.Context(), p.Actor, notify.EditHook{
		ID: h.ID, Version: p.version(), Name: p.said("name"), Kinds: p.R.PostForm["kind"], Disabled: h.Disabled, Reason: h.Why,
	}, p.key())
	return "/webhooks/" + string(h.ID) + "?done=hook-changed", err
}

// switchHook turns a webhook on or off. Nothing else of it changes.
func (p *page) switchHook(off bool, code string) (string, error) {
	h, err := p.theHook()
	if err != nil {
		return "", err
	}
	in := notify.EditHook{ID: h.ID, Version: h.Version, Name: h.Name, Kinds: h.Kinds, Disabled: off}
	if off {
		in.Reason = "somebody switched it off"
	}
	_, err = p.web.opt.Notify.SetHook(p.R.Context(), p.Actor, in, p.key())
	return "/webhooks/" + string(h.ID) + "?done=" + code + "&of=" + string(h.ID), err
}

func (p *page) doDisableHook() (string, error) { return p.switchHook(true, "hook-off") }
func (p *page) doEnableHook() (string, error)  { return p.switchHook(false, "hook-on") }

func (p *page) doRemoveHook() (string, error) {
	return "/webhooks?done=hook-removed", p.web.opt.Notify.RemoveHook(p.R.Context(), p.Actor, drawbridge.WebhookID(p.R.PathValue("id")), p.said("reason"), p.key())
}

func (p *page) doTryHook() (string, error) {
	id := p.R.PathValue("id")
	why, err := p.web.opt.Notify.TryHook(p.R.Context(), p.Actor, drawbridge.WebhookID(id))
	if err == nil && why != "" {
		err = drawbridge.Errorf(drawbridge.Conflict, "the test was not delivered: %s", why)
	}
	return "/webhooks/" + id + "?done=hook-tested", err
}

func (p *page) doRedeliver() (string, error) {
	id := p.R.PathValue("id")
	err := p.web.opt.Notify.Redeliver(p.R.Context(), p.Actor, drawbridge.WebhookID(id), drawbridge.MessageID(p.R.PathValue("message")), p.key())
	return "/webhooks/" + id + "?done=hook-again", err
}
