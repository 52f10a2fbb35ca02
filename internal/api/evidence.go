package api

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/dossier"
	"drawbridge/internal/register"
)

func (a *API) evidence(c *call, in client.EvidenceFilter) (client.List[drawbridge.FiledEvidence], error) {
	f := dossier.EvidenceFilter{
		Partner: in.Partner, Integration: in.Integration, Inquiry: in.Inquiry, Kind: in.Kind, State: in.State, EndsBefore: in.EndsBefore,
	}
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[drawbridge.FiledEvidence], error) {
		return a.opt.Dossier.List(c.R.Context(), c.Actor, f, after, limit)
	})
}

func (a *API) offer(c *call, _ client.NewEvidence) (drawbridge.Evidence, error) {
	var in client.NewEvidence
	return upload(c, &in, func(name string, content io.Reader) (drawbridge.Evidence, error) {
		return a.opt.Dossier.Offer(c.R.Context(), c.Actor, offerOf(c, in, name, content))
	})
}

// offerOf is a document that is handed in, as the desk takes it.
func offerOf(c *call, in client.NewEvidence, name string, content io.Reader) dossier.Offer {
	return dossier.Offer{
		Partner: in.Partner, Integration: in.Integration, Inquiry: in.Inquiry, Kind: in.Kind, Title: in.Title, Issuer: in.Issuer, Scope: in.Scope,
		Services: in.Services, PeriodStart: in.PeriodStart, PeriodEnd: in.PeriodEnd, Issued: in.Issued, Expires: in.Expires, Exceptions: in.Exceptions,
		Confidentiality: in.Confidentiality, Supersedes: in.Supersedes, Name: name, Content: content, Reason: in.Reason, Key: c.key,
	}
}

// upload reads a request and then hands its one file on as it comes.
func upload[T any](c *call, in any, take func(name string, content io.Reader) (T, error)) (T, error) {
	var none T
	r, err := c.multipart()
	if err != nil {
		return none, err
	}
	part, err := r.NextRawPart()
	if err != nil {
		return none, bodyError(err, c.route.bodyLimit())
	}
	if err := c.requestPart(part, in); err != nil {
		return none, err
	}
	if part, err = r.NextRawPart(); err != nil && !errors.Is(err, io.EOF) {
		return none, bodyError(err, c.route.bodyLimit())
	}
	name := ""
	if err == nil {
		name = fileName(part)
	}
	if name == "" {
		return none, invalid("the second and last part is %q, the file with its name", client.PartFile)
	}
	out, err := take(name, &only{part, r})
	if kind := drawbridge.KindOf(err); kind == drawbridge.Denied || kind == drawbridge.NotFound || kind == drawbridge.Invalid {
		_, _ = io.Copy(io.Discard, c.R.Body) // who still sends would not see why it is refused
	}
	return out, err
}

// only is the content of a part behind which there is nothing.
type only struct {
	part *multipart.Part
	all  *multipart.Reader
}

// Read reads the part, and at its end looks whether the body ends too.
func (o *only) Read(p []byte) (int, error) {
	n, err := o.part.Read(p)
	if errors.Is(err, io.EOF) {
		if _, more := o.all.NextRawPart(); !errors.Is(more, io.EOF) {
			return n, errors.New("the body does not end with the file")
		}
	}
	return n, err
}

func evidenceID(in client.ByID) drawbridge.EvidenceID { return drawbridge.EvidenceID(in.ID) }

func (a *API) readEvidence(c *call, in client.ByID) (drawbridge.FiledEvidence, error) {
	return a.opt.Dossier.Read(c.R.Context(), c.Actor, evidenceID(in))
}

// evidenceFile sends a document as nothing but bytes to be kept, whatever it is.
func (a *API) evidenceFile(c *call, in client.ByID) (stream, error) {
	e, r, err := a.opt.Dossier.Download(c.R.Context(), c.Actor, evidenceID(in))
	if err != nil {
		return stream{}, err
	}
	return stream{media: "application/octet-stream", name: e.FileName, close: r.Close, write: func(w io.Writer) error {
		if _, err := io.Copy(w, r); err != nil {
			return fmt.Errorf("send evidence %s: %w", e.ID, err)
		}
		return nil
	}}, nil
}

func (c *call) noted(reason string) dossier.Change {
	return dossier.Change{Version: c.match, Reason: reason, Key: c.key}
}

func (a *API) acceptEvidence(c *call, in client.AcceptEvidence) (drawbridge.Evidence, error) {
	return a.opt.Dossier.Accept(c.R.Context(), c.Actor, evidenceID(in.ByID), dossier.Acceptance{
		Change: c.noted(in.Reason), Known: in.Known, Expires: in.Expires,
	})
}

func (a *API) refuseEvidence(c *call, in client.Because) (drawbridge.Evidence, error) {
	return a.opt.Dossier.Refuse(c.R.Context(), c.Actor, evidenceID(in.ByID), c.noted(in.Reason))
}

func (a *API) withdrawEvidence(c *call, in client.Because) (drawbridge.Evidence, error) {
	return a.opt.Dossier.Withdraw(c.R.Context(), c.Actor, evidenceID(in.ByID), c.noted(in.Reason))
}

func (a *API) supersedeEvidence(c *call, in client.SupersedeEvidence) (drawbridge.Evidence, error) {
	return a.opt.Dossier.Supersede(c.R.Context(), c.Actor, evidenceID(in.ByID), in.By, c.noted(in.Reason))
}

func (a *API) threads(c *call, in client.ThreadFilter) (client.List[drawbridge.Thread], error) {
	f := dossier.ThreadFilter{Integration: in.Integration, Inquiry: in.Inquiry, Kind: in.Kind, Object: in.Object, Open: in.Open, Blocks: in.Blocks}
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[drawbridge.Thread], error) {
		return a.opt.Dossier.Threads(c.R.Context(), c.Actor, f, after, limit)
	})
}

func (a *API) openThread(c *call, in client.NewThread) (drawbridge.Thread, error) {
	return a.opt.Dossier.Open(c.R.Context(), c.Actor, dossier.NewThread{
		Integration: in.Integration, Inquiry: in.Inquiry, Kind: in.Kind, Object: in.Object, Title: in.Title, Text: in.Text,
		Blocks: in.Blocks, Shared: in.Shared, Mentions: in.Mentions, Key: c.key,
	})
}

func (a *API) thread(c *call, in client.ListOf) (client.Talk, error) {
	var t drawbridge.Thread
	comments, err := pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[drawbridge.Comment], error) {
		talk, err := a.opt.Dossier.Thread(c.R.Context(), c.Actor, drawbridge.ThreadID(in.ID), after, limit)
		t = talk.Thread
		return talk.Comments, err
	})
	return client.Talk{Thread: t, Comments: comments}, err
}

func (a *API) reply(c *call, in client.NewComment) (drawbridge.Thread, error) {
	return a.opt.Dossier.Reply(c.R.Context(), c.Actor, drawbridge.ThreadID(in.ID), dossier.NewComment{Text: in.Text, Mentions: in.Mentions, Key: c.key})
}

func (a *API) resolveThread(c *call, in client.Because) (drawbridge.Thread, error) {
	return a.opt.Dossier.Resolve(c.R.Context(), c.Actor, drawbridge.ThreadID(in.ID), c.noted(in.Reason))
}
