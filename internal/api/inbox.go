package api

import (
	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/notify"
)

func (a *API) inbox(c *call, in client.InboxFilter) (client.List[client.Message], error) {
	q := notify.InboxQuery{Unread: in.Unread, Kind: in.Kind, About: in.About}
	limit, err := c.part(in.Page, &q.Below)
	if err != nil {
		return client.List[client.Message]{}, err
	}
	q.Limit = limit + 1
	list, err := a.opt.Notify.Inbox(c.R.Context(), c.Actor, q)
	if err != nil {
		return client.List[client.Message]{}, err
	}
	told := make([]client.Message, len(list))
	for i, m := range list {
		told[i] = client.Message{
			ID: m.ID, Kind: m.Kind, Title: notify.Title(m.Kind), Params: m.Params, Link: m.Link, CreatedAt: m.CreatedAt, ReadAt: m.ReadAt,
		}
	}
	return pageOf(c, told, limit, func(m client.Message) string { return string(m.ID) })
}

func (a *API) unread(c *call, _ client.None) (client.Unread, error) {
	n, err := a.opt.Notify.Unread(c.R.Context(), c.Actor)
	return client.Unread{Unread: n}, err
}

func (a *API) markRead(c *call, in client.MarkRead) (client.None, error) {
	return client.None{}, a.opt.Notify.MarkRead(c.R.Context(), c.Actor, notify.Reading{ID: drawbridge.MessageID(in.ID), UpTo: in.UpTo, Kind: in.Kind, About: in.About})
}

func (a *API) markUnread(c *call, in client.ByID) (client.None, error) {
	return client.None{}, a.opt.Notify.MarkUnread(c.R.Context(), c.Actor, drawbridge.MessageID(in.ID))
}

func (a *API) tasks(c *call, _ client.None) (client.Tasks, error) {
	list, err := a.opt.Programme.Inbox(c.R.Context(), c.Actor)
	out := client.Tasks{Mine: []client.Task{}, Others: []client.Task{}}
	for _, t := range list.Mine {
		out.Mine = append(out.Mine, client.Task(t))
	}
	for _, t := range list.Others {
		out.Others = append(out.Others, client.Task(t))
	}
	return out, err
}

func (a *API) mail(c *call, _ client.None) (client.Mail, error) {
	wanted, sent, err := a.opt.Notify.Mail(c.R.Context(), c.Actor)
	return client.Mail{Wanted: wanted, Sent: sent}, err
}

func (a *API) setMail(c *call, in client.SetMail) (client.None, error) {
	return client.None{}, a.opt.Notify.SetMail(c.R.Context(), c.Actor, in.Wanted)
}
