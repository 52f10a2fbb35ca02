package api

import (
	"io"
	"strconv"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/custody"
	"drawbridge/internal/seal"
)

func (a *API) checkpoint(c *call, _ client.None) (client.Checkpoint, error) {
	note, err := a.opt.Custody.Checkpoint(c.R.Context(), c.Actor)
	return client.Checkpoint{Note: note}, err
}

func (a *API) export(c *call, _ client.None) (stream, error) {
	if err := a.opt.Custody.MayExport(c.R.Context(), c.Actor); err != nil { // HEAD writes nothing, and asks too
		return stream{}, err
	}
	return stream{media: "application/jsonl", name: "ledger.jsonl", write: func(w io.Writer) error {
		select {
		case a.exports <- struct{}{}:
			defer func() { <-a.exports }()
		default:
			return drawbridge.Errorf(drawbridge.Limited, "%d exports run already: wait until one has ended", cap(a.exports))
		}
		return a.opt.Custody.Export(c.R.Context(), c.Actor, w, nil)
	}}, nil
}

func (a *API) logEntries(c *call, in client.LogFilter) (client.List[client.LogEntry], error) {
	var below int64
	limit, err := c.part(in.Page, &below)
	out := client.List[client.LogEntry]{Items: []client.LogEntry{}}
	if err != nil {
		return out, err
	}
	f := custody.LogFilter{Actor: in.Actor, Action: in.Action, Object: in.Object, From: in.Since, To: in.Until}
	page, err := a.opt.Custody.Entries(c.R.Context(), c.Actor, f, below, limit)
	if err != nil {
		return out, err
	}
	for _, e := range page.Entries {
		x := client.LogEntry{Seq: e.Seq, At: e.At, Actor: e.Actor, Via: e.Via, Action: e.Action, Object: e.Object, Request: e.Request, Changes: []client.LogChange{}}
		for _, ch := range e.Changes {
			x.Changes = append(x.Changes, client.LogChange{Kind: ch.Kind, ID: ch.ID, Op: ch.Op, Before: ch.Before, After: ch.After})
		}
		out.Items = append(out.Items, x)
	}
	if page.Below > 0 {
		out.Next, err = c.next(page.Below)
	}
	return out, err
}

func (a *API) proveEntry(c *call, in client.ByEntry) (stream, error) {
	seq, err := strconv.ParseInt(in.Seq, 10, 64)
	if err != nil || itoa(seq) != in.Seq {
		return stream{}, invalid("an entry of the ledger is a number, not %.40q", in.Seq)
	}
	proof, err := a.opt.Custody.Prove(c.R.Context(), c.Actor, seq)
	return bytesOf("application/json", "proof.json", proof), err
}

func (a *API) proveSince(c *call, in client.Older) (stream, error) {
	proof, err := a.opt.Custody.ProveSince(c.R.Context(), c.Actor, []byte(in.Checkpoint))
	return bytesOf("application/json", "proof.json", proof), err
}

// bytesOf is a document that is sent byte for byte.
func bytesOf(media, name string, data []byte) stream {
	return stream{media: media, name: name, write: func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}}
}

func (a *API) keyring(c *call, _ client.None) (client.List[seal.KeyInfo], error) {
	list, err := a.opt.Custody.Keys(c.R.Context(), c.Actor)
	return client.List[seal.KeyInfo]{Items: list}, err
}

func (a *API) rotateKey(c *call, in client.RotateKey) (seal.KeyInfo, error) {
	return a.opt.Custody.RotateKey(c.R.Context(), c.Actor, in.Purpose, in.Reason)
}

func (a *API) openapi(*call, client.None) (stream, error) {
	return bytesOf("application/json", "", a.openAPI), nil
}
