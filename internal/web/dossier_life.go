package web

import (
	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/web/view"
)

// stepActions says what each step of an integration's life asks permission for.
var stepActions = map[string]access.Action{
	"go_live": access.IntegrationLive, "suspend": access.IntegrationSuspend, "resume": access.IntegrationSuspend, "leave": access.IntegrationLeave, "retire": access.IntegrationRetire,
}

// dossierLife is where the integration is in its life, and what the next step waits for.
func (p *page) dossierLife() (templ.Component, error) {
	d, err := p.dossier("/lifecycle")
	if err != nil {
		return nil, err
	}
	out := view.Life{Head: d.head, LiveAt: d.LiveAt, MayAttest: p.mayHere(access.AttestationWrite, d), Key: p.once()}
	if p.may(access.EvidenceRead) {
		out.Documents = d.base + "/evidence"
	}
	for _, s := range drawbridge.IntegrationStates() {
		out.States = append(out.States, view.Tab{Link: view.Link{Text: view.Words(string(s))}, Here: s == d.Integration.State})
	}
	for _, s := range d.Steps {
		row := view.LifeStep{Step: s.Step, Name: capital(view.Words(s.Step)), To: view.Words(string(s.To)), May: p.mayHere(stepActions[s.Step], d), Path: d.base + "/steps/" + s.Step}
		for _, m := range s.Missing {
			row.Missing = append(row.Missing, view.MissingRow{Text: m.Text, Who: m.Who})
		}
		if p.failedAt("step", s.Step) {
			row.Failed, row.Typed, row.Planned = true, p.said("reason"), p.said("planned")
		}
		out.Steps = append(out.Steps, row)
	}
	for i := range d.Attestations {
		a := &d.Attestations[i]
		row := view.AttestationRow{
			ID: a.ID, Subject: view.Words(a.Subject), Statement: a.Statement, Result: view.Words(a.Result), By: d.name(string(a.By)), At: a.CreatedAt, Revoked: !a.RevokedAt.IsZero(),
			Evidence: string(a.Evidence), Path: d.base + "/attestations/" + a.ID + "/revoke", Key: p.once(),
		}
		if p.failedAt("attestation", a.ID) {
			row.Typed = p.said("reason")
		}
		out.Attestations = append(out.Attestations, row)
	}
	for _, s := range lifecycle.Subjects() {
		out.Subjects = append(out.Subjects, view.Option{Value: s, Text: view.Words(s)})
	}
	for _, e := range append(d.File.Evidence, d.File.Offered...) {
		if e.Integration == d.Integration.ID {
			out.Evidence = append(out.Evidence, view.Option{Value: string(e.ID), Text: e.Title + " (" + e.State + ")"})
		}
	}
	if x := d.Departure; x != nil {
		if out.Leaving, err = p.leaving(d, x); err != nil {
			return nil, err
		}
		out.Leaving.Documents = out.Documents
	}
	if p.failed != nil && p.R.PathValue("step") == "" && p.R.PathValue("attestation") == "" && p.R.PathValue("part") == "" {
		out.Said = map[string]string{"subject": p.said("subject"), "statement": p.said("statement"), "result": p.said("result"), "evidence": p.said("evidence")}
	}
	return view.LifePage(out), nil
}

func (p *page) doMove() (string, error) {
	id, step := drawbridge.IntegrationID(p.R.PathValue("id")), p.R.PathValue("step")
	if stepActions[step] == "" {
		return "", errNoPage()
	}
	var err error
	if step == "leave" {
		_, err = p.web.opt.Lifecycle.Leave(p.R.Context(), p.Actor, lifecycle.Leaving{Integration: id, Planned: drawbridge.Date(p.said("planned")), Reason: p.said("reason"), Key: p.key()})
	} else {
		_, err = p.web.opt.Lifecycle.Move(p.R.Context(), p.Actor, lifecycle.Move{Integration: id, Step: step, Reason: p.said("reason"), Key: p.key()})
	}
	return p.toDossier("/lifecycle", "int-"+step), err
}

func (p *page) doAttest() (string, error) {
	_, err := p.web.opt.Lifecycle.Attest(p.R.Context(), p.Actor, lifecycle.Attesting{
		Integration: drawbridge.IntegrationID(p.R.PathValue("id")), Subject: p.said("subject"), Statement: p.said("statement"), Result: p.said("result"),
		Evidence: drawbridge.EvidenceID(p.said("evidence")), Key: p.key(),
	})
	return p.toDossier("/lifecycle", "att-made"), err
}

func (p *page) doRevokeAttestation() (string, error) {
	_, err := p.web.opt.Lifecycle.Revoke(p.R.Context(), p.Actor, p.R.PathValue("attestation"), p.said("reason"), p.key())
	return p.toDossier("/lifecycle", "att-revoked"), err
}
