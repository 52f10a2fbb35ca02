package web

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/dossier"
	"drawbridge/internal/threat"
	"drawbridge/internal/web/view"
)

// dossierEvidence is what documents are on file, and the form for another.
func (p *page) dossierEvidence() (templ.Component, error) {
	list, err := p.web.opt.Dossier.List(p.R.Context(), p.Actor, dossier.EvidenceFilter{Integration: drawbridge.IntegrationID(p.R.PathValue("id"))}, nil, 200)
	if err != nil {
		return nil, err
	}
	var who []string
	for i := range list.Items {
		who = append(who, list.Items[i].UploadedBy, string(list.Items[i].AcceptedBy))
	}
	d, err := p.dossier("/evidence", who...)
	if err != nil {
		return nil, err
	}
	out := view.Documents{Head: d.head, May: p.mayHere(access.EvidenceAdd, d), Key: p.once()}
	accept := p.mayHere(access.EvidenceAccept, d)
	for i := range list.Items {
		out.List = append(out.List, p.filed(&list.Items[i], d, accept, list.Items))
	}
	for _, e := range d.File.Evidence {
		if e.Integration == "" { // the partner's
			out.List = append(out.List, p.filed(&drawbridge.FiledEvidence{Evidence: e, Counts: true}, d, false, nil))
		}
	}
	for _, def := range threat.Settles().All() {
		if def.Kind == "evidence" {
			id := strings.TrimPrefix(def.ID, "evidence:")
			out.Kinds = append(out.Kinds, view.Option{Value: id, Text: def.Title})
		}
	}
	if p.failed != nil && p.R.PathValue("evidence") == "" {
		out.Said = map[string]string{}
		for _, f := range []string{"kind", "title", "issuer", "scope", "period_start", "period_end", "expires", "exceptions", "confidentiality", "supersedes"} {
			out.Said[f] = p.said(f)
		}
	}
	return view.DocumentsPage(out), nil
}

// filed is one document of the list.
func (p *page) filed(e *drawbridge.FiledEvidence, d *dossierPage, accept bool, all []drawbridge.FiledEvidence) view.Document {
	id := string(e.ID)
	out := view.Document{
		ID: id, Title: e.Title, Kind: view.Words(strings.TrimPrefix(e.Kind, "evidence:")), Issuer: e.Issuer, Scope: e.Scope, State: e.State, Counts: e.Counts, Why: e.Why,
		Reason: e.Reason, Until: e.Until(), From: e.PeriodStart, Exceptions: e.Exceptions, File: e.FileName, Size: size(e.Size), Confidential: view.Words(e.Confidentiality),
		At: e.CreatedAt, By: d.name(e.UploadedBy), Known: view.Words(string(e.Known)), Version: strconv.FormatInt(e.Version, 10),
		Base: d.base + "/evidence/" + id, Partner: e.Integration == "", Key: p.once(),
	}
	if e.AcceptedBy != "" {
		out.AcceptedBy = d.name(string(e.AcceptedBy))
	}
	mine := e.UploadedBy == string(p.Actor.Person)
	if e.State == dossier.StateOffered && accept && !mine {
		out.Steps = append(out.Steps, "accept", "refuse")
		out.Audited = dossier.Rung(e.Kind) == drawbridge.KnownAudit
	}
	if (e.State == dossier.StateOffered || e.State == dossier.StateAccepted) && e.Integration != "" && (accept || mine) {
		out.Steps = append(out.Steps, "withdraw")
	}
	if e.State == dossier.StateAccepted && accept && e.SupersededBy == "" {
		for i := range all {
			if o := &all[i]; o.ID != e.ID && o.Kind == e.Kind && o.State == dossier.StateAccepted && o.SupersededBy == "" {
				out.Newer = append(out.Newer, view.Option{Value: string(o.ID), Text: o.Title})
			}
		}
		if len(out.Newer) > 0 {
			out.Steps = append(out.Steps, "supersede")
		}
	}
	if p.failedAt("evidence", id) {
		out.Failed, out.Typed, out.Expires = p.R.PathValue("step"), p.said("reason"), p.said("expires")
	}
	return out
}

// size is a number of bytes as people say it.
func size(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.0f KB", float64(n)/(1<<10))
	}
	return view.Count(int(n), "byte")
}

func (p *page) doOfferHere() (string, error) {
	if p.file == nil {
		return "", drawbridge.Errorf(drawbridge.Invalid, "choose a file: the document itself is kept")
	}
	id := p.R.PathValue("id")
	_, err := p.web.opt.Dossier.Offer(p.R.Context(), p.Actor, dossier.Offer{
		Integration: drawbridge.IntegrationID(id), Kind: p.said("kind"), Title: p.said("title"), Issuer: p.said("issuer"), Scope: p.said("scope"),
		PeriodStart: drawbridge.Date(p.said("period_start")), PeriodEnd: drawbridge.Date(p.said("period_end")), Expires: drawbridge.Date(p.said("expires")),
		Exceptions: strings.Split(p.said("exceptions"), "\n"), Confidentiality: p.said("confidentiality"), Supersedes: drawbridge.EvidenceID(p.said("supersedes")),
		Name: p.file.name, Content: p.file, Reason: "handed in on the page of the integration", Key: p.key(),
	})
	return "/integrations/" + id + "/evidence?done=evd-offered", err
}

func (p *page) doEvidence() (string, error) {
	desk, ctx, id := p.web.opt.Dossier, p.R.Context(), drawbridge.EvidenceID(p.R.PathValue("evidence"))
	c := dossier.Change{Version: p.versionRead(), Reason: p.said("reason"), Key: p.key()}
	var err error
	step := p.R.PathValue("step")
	switch step {
	case "accept":
		_, err = desk.Accept(ctx, p.Actor, id, dossier.Acceptance{Change: c, Known: drawbridge.Knowledge(p.said("known")), Expires: drawbridge.Date(p.said("expires"))})
	case "refuse":
		_, err = desk.Refuse(ctx, p.Actor, id, c)
	case "withdraw":
		_, err = desk.Withdraw(ctx, p.Actor, id, c)
	case "supersede":
		_, err = desk.Supersede(ctx, p.Actor, id, drawbridge.EvidenceID(p.said("by")), c)
	default:
		return "", errNoPage()
	}
	return "/integrations/" + p.R.PathValue("id") + "/evidence?done=evd-" + step, err
}

// evidenceFile sends a document as a file to be kept, never to be shown.
func (p *page) evidenceFile() error {
	e, r, err := p.web.opt.Dossier.Download(p.R.Context(), p.Actor, drawbridge.EvidenceID(p.R.PathValue("evidence")))
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // it was read
	p.attach("application/octet-stream", e.FileName, true)
	_, err = io.Copy(p.W, r)
	return err
}

// evidenceAt leads from the address that messages name to where a document stands.
func (p *page) evidenceAt() error {
	e, err := p.web.opt.Dossier.Read(p.R.Context(), p.Actor, drawbridge.EvidenceID(p.R.PathValue("id")))
	if err != nil {
		return err
	}
	to := "/partners/" + string(e.Partner)
	if e.Integration != "" {
		to = "/integrations/" + string(e.Integration) + "/evidence"
	}
	p.redirect(to)
	return nil
}
