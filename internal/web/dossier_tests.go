package web

import (
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/check"
	"drawbridge/internal/register"
	"drawbridge/internal/web/view"
)

// dossierTests are the runs of live checks, and what stands of them.
func (p *page) dossierTests() (templ.Component, error) {
	d, err := p.dossier("/tests")
	if err != nil {
		return nil, err
	}
	a, err := p.document(d)
	if err != nil {
		return nil, err
	}
	c := a.Coverage
	out := view.Tests{Head: d.head, Planned: c.Planned, Passed: c.Passed, Failed: c.Failed, Other: c.Other}
	for i := range d.Live {
		out.Live = append(out.Live, d.liveRow(&d.Live[i]))
		if s := d.Live[i].State; s == drawbridge.LiveRunning || s == drawbridge.LiveStopping {
			p.shell.Refresh = liveLater
		}
	}
	for i := range d.Runs {
		r := &d.Runs[i]
		row := view.RunRow{
			To: d.base + "/tests/" + r.ID, Interface: r.Interface, Target: r.Target, Origin: r.Origin, By: d.name(r.By), At: r.FinishedAt, Complete: r.Complete,
			Stands: r.Stands, Present: r.Content == d.File.Head.Content,
		}
		verdicts, err := register.Verdicts(r)
		if err != nil {
			return nil, err
		}
		for _, v := range verdicts {
			row.Count(string(v.Verdict))
		}
		out.Runs = append(out.Runs, row)
	}
	for i := range a.Claims {
		x := &a.Claims[i]
		row := view.ClaimRow{Control: x.Control, Title: x.Title, Element: x.Element, Verdict: view.Words(x.Verdict), Bad: x.Open(), Required: x.Required}
		for _, t := range x.Tests {
			row.Tests = append(row.Tests, view.Link{Text: t.Check + " " + string(t.Verdict), To: runLink(d, t.Run)})
		}
		for _, s := range x.Claims {
			said := "not in place"
			if s.Holds {
				said = "in place"
			}
			row.Said = append(row.Said, p.claimed(s.Source, said))
		}
		out.Claims = append(out.Claims, row)
	}
	slices.SortStableFunc(out.Claims, func(a, b view.ClaimRow) int { return order(b.Bad) - order(a.Bad) })
	return view.TestsPage(out), nil
}

// claimed is who says so, and what: the manifest, an answer or a document, with its page.
func (p *page) claimed(source, said string) view.Link {
	kind, id, _ := strings.Cut(source, ":")
	switch kind {
	case "answer":
		inquiry, question, _ := strings.Cut(id, "/")
		l := view.Link{Text: "answer to " + question + ": " + said}
		if p.may(access.InquiryRead) {
			l.To = "/questionnaires/" + inquiry
		}
		return l
	case "evidence":
		l := view.Link{Text: "a document: " + said}
		if p.may(access.EvidenceRead) {
			l.To = "/evidence/" + id
		}
		return l
	}
	return view.Link{Text: source + ": " + said}
}

func order(b bool) int {
	if b {
		return 1
	}
	return 0
}

func runLink(d *dossierPage, run string) string {
	if run == "" {
		return ""
	}
	return d.base + "/tests/" + run
}

// dossierRun is one run: every verdict, and what proves it.
func (p *page) dossierRun() (templ.Component, error) {
	d, err := p.dossier("/tests")
	if err != nil {
		return nil, err
	}
	id := p.R.PathValue("run")
	at := slices.IndexFunc(d.Runs, func(r drawbridge.Run) bool { return r.ID == id })
	if at < 0 {
		if at = slices.IndexFunc(d.Live, func(r drawbridge.LiveRun) bool { return r.ID == id }); at < 0 {
			return nil, errNoPage()
		}
		return p.dossierLive(d, &d.Live[at]), nil
	}
	r, err := p.web.opt.Register.OpenedRun(p.R.Context(), &d.Runs[at])
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // it was read
	data, err := io.ReadAll(io.LimitReader(r, check.MaxUpload+1))
	if err != nil {
		return nil, err
	}
	run, err := check.ParseRun(id, data)
	if err != nil {
		return nil, err
	}
	rec := &d.Runs[at]
	p.shell.Trail = append(p.shell.Trail, view.Link{Text: d.Integration.Name, To: d.base}, view.Link{Text: "Tests", To: d.base + "/tests"})
	out := view.Run{
		Head: d.head, ID: id, Interface: run.Target.Interface, Target: run.Target.Name, Address: run.Target.BaseURL, Represents: run.Target.Represents, Why: run.Target.Why,
		Origin: rec.Origin, By: d.name(rec.By), Started: run.Started, Finished: run.Finished, Complete: run.Complete, Stopped: run.Stopped, Stands: rec.Stands,
		Requests: run.Budget.UsedRequests, Most: run.Budget.Requests, Driven: run.Coverage.WithBaseline, Operations: run.Coverage.Operations, Notes: run.Notes,
		Verdict: p.R.URL.Query().Get("verdict"), File: d.base + "/tests/" + id + "/file",
	}
	for i := range run.Results {
		x := &run.Results[i]
		out.All = append(out.All, string(x.Verdict))
		if out.Verdict != "" && string(x.Verdict) != out.Verdict {
			continue
		}
		out.Results = append(out.Results, resultRow(x))
	}
	worst := []string{"fail", "inconclusive", "skipped", "pass"}
	slices.SortStableFunc(out.Results, func(a, b view.ResultRow) int { return slices.Index(worst, a.Verdict) - slices.Index(worst, b.Verdict) })
	return view.RunPage(out), nil
}

func resultRow(x *check.Result) view.ResultRow {
	out := view.ResultRow{
		Check: x.Check, Title: x.Title, Operation: x.Operation, Location: x.Location, Verdict: string(x.Verdict), Reason: x.Reason, Severity: x.Severity, Fix: x.Fix,
		Fingerprint: x.Fingerprint,
	}
	for _, e := range x.Evidence {
		out.Transcript = append(out.Transcript, view.Exchange{Name: e.Name, Identity: e.Identity, Request: e.Request, Response: e.Response, Curl: e.Curl})
	}
	return out
}

// runFile sends a run as it was handed in.
func (p *page) runFile() error {
	id := p.R.PathValue("run")
	_, r, err := p.web.opt.Register.RunDocument(p.R.Context(), p.Actor, register.ByID(drawbridge.IntegrationID(p.R.PathValue("id"))), id)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // it was read
	p.attach("application/octet-stream", id+".json", true)
	_, err = io.Copy(p.W, r)
	return err
}

// dossierQuestionnaires are those that were sent for the integration.
func (p *page) dossierQuestionnaires() (templ.Component, error) {
	d, err := p.dossier("/questionnaires")
	if err != nil {
		return nil, err
	}
	out := view.SentFor{Head: d.head}
	if r := d.File.Open; r != nil {
		out.Send = "/questionnaires?" + url.Values{"review": {string(r.ID)}}.Encode()
	}
	for i := range d.File.Inquiries {
		q := &d.File.Inquiries[i]
		out.List = append(out.List, view.SentForRow{
			To: "/questionnaires/" + string(q.ID), Template: q.Template, Audience: q.Audience, State: view.Words(q.State), Answered: int(q.Answered), Asked: int(q.Asked),
			Due: q.Due, Late: q.Due != "" && q.Due.Past(p.now) && (q.State == "open" || q.State == "returned"), At: q.SentAt, Note: q.Note,
		})
	}
	return view.SentForPage(out), nil
}
