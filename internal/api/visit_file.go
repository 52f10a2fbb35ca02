package api

import (
	"io"
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/client"
	"drawbridge/internal/dossier"
	"drawbridge/internal/register"
)

// visitEvidence lists what came through the link's questionnaire; a link for
// single questions sees what it handed in itself.
func (a *API) visitEvidence(c *call, in client.Page) (client.List[client.Offered], error) {
	l, err := a.opt.Inquiry.Holder(c.R.Context(), c.Actor)
	if err != nil {
		return client.List[client.Offered]{}, err
	}
	return pageFrom(c, in, func(after *register.Cursor, limit int) (register.Page[client.Offered], error) {
		page, err := a.opt.Dossier.List(c.R.Context(), c.Actor, dossier.EvidenceFilter{}, after, limit)
		out := register.Page[client.Offered]{Items: []client.Offered{}, Next: page.Next}
		for _, e := range page.Items {
			if len(l.Questions) == 0 || e.UploadedBy == c.Actor.ID {
				out.Items = append(out.Items, offered(e.Evidence))
			}
		}
		return out, err
	})
}

// visitOffer takes a document in, always through the link's questionnaire.
func (a *API) visitOffer(c *call, _ client.NewEvidence) (client.Offered, error) {
	var in client.NewEvidence
	return upload(c, &in, func(name string, content io.Reader) (client.Offered, error) {
		in.Partner, in.Integration, in.Inquiry = "", "", c.Actor.Inquiry
		e, err := a.opt.Dossier.Offer(c.R.Context(), c.Actor, offerOf(c, in, name, content))
		return offered(e), err
	})
}

func offered(e drawbridge.Evidence) client.Offered {
	return client.Offered{
		ID: e.ID, Kind: e.Kind, Title: e.Title, Issuer: e.Issuer, PeriodStart: e.PeriodStart, PeriodEnd: e.PeriodEnd, Expires: e.Expires,
		FileName: e.FileName, Size: e.Size, State: e.State, CreatedAt: e.CreatedAt,
	}
}

// visitThreads lists what is shared with the link's questionnaire; a link for
// single questions sees what is about these.
func (a *API) visitThreads(c *call, in client.Page) (client.List[client.SharedThread], error) {
	l, err := a.opt.Inquiry.Holder(c.R.Context(), c.Actor)
	if err != nil {
		return client.List[client.SharedThread]{}, err
	}
	return pageFrom(c, in, func(after *register.Cursor, limit int) (register.Page[client.SharedThread], error) {
		page, err := a.opt.Dossier.Threads(c.R.Context(), c.Actor, dossier.ThreadFilter{}, after, limit)
		out := register.Page[client.SharedThread]{Items: []client.SharedThread{}, Next: page.Next}
		for _, t := range page.Items {
			if about(l, t) {
				out.Items = append(out.Items, shared(t))
			}
		}
		return out, err
	})
}

// about reports whether a link is for what a discussion is about.
func about(l drawbridge.Link, t drawbridge.Thread) bool {
	return len(l.Questions) == 0 || slices.Contains(l.Questions, t.Object)
}

func shared(t drawbridge.Thread) client.SharedThread {
	return client.SharedThread{
		ID: t.ID, Kind: t.Kind, Object: t.Object, Title: t.Title, Open: t.ResolvedBy == "", CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt,
	}
}

func (a *API) visitThread(c *call, in client.ListOf) (client.SharedTalk, error) {
	talk, page, err := a.talk(c, drawbridge.ThreadID(in.ID), in.Page)
	out := client.SharedTalk{Thread: shared(talk.Thread), Next: page.Next}
	for _, x := range page.Items {
		if !drawbridge.ValidID("lnk", x.Author) {
			x.Author = "" // the partner learns nothing of people here
		}
		out.Comments = append(out.Comments, client.SharedComment{ID: x.ID, Text: x.Text, Author: x.Author, CreatedAt: x.CreatedAt})
	}
	return out, err
}

// talk reads a discussion that a link is for.
func (a *API) talk(c *call, id drawbridge.ThreadID, p client.Page) (talk dossier.Talk, page client.List[drawbridge.Comment], err error) {
	l, err := a.opt.Inquiry.Holder(c.R.Context(), c.Actor)
	if err != nil {
		return talk, page, err
	}
	page, err = pageFrom(c, p, func(after *register.Cursor, limit int) (register.Page[drawbridge.Comment], error) {
		talk, err = a.opt.Dossier.Thread(c.R.Context(), c.Actor, id, after, limit)
		return talk.Comments, err
	})
	if err == nil && !about(l, talk.Thread) {
		return dossier.Talk{}, client.List[drawbridge.Comment]{}, access.NotFound(access.Object{Kind: "thread"})
	}
	return talk, page, err
}

func (a *API) visitReply(c *call, in client.VisitComment) (client.SharedThread, error) {
	id := drawbridge.ThreadID(in.ID)
	l, err := a.opt.Inquiry.Holder(c.R.Context(), c.Actor)
	if err == nil && len(l.Questions) > 0 {
		_, _, err = a.talk(c, id, client.Page{Limit: 1})
	}
	if err != nil {
		return client.SharedThread{}, err
	}
	t, err := a.opt.Dossier.Reply(c.R.Context(), c.Actor, id, dossier.NewComment{Text: in.Text, Key: c.key})
	return shared(t), err
}
