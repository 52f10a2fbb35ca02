package web

import (
	"cmp"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/register"
	"drawbridge/internal/web/view"
)

// Seconds after which a page about a run that goes on looks again.
const (
	liveSoon  = 2
	liveLater = 10 // one that was lost may speak again
)

// liveRow is how a run stands that goes on.
func (d *dossierPage) liveRow(r *drawbridge.LiveRun) view.LiveRun {
	out := view.LiveRun{
		ID: r.ID, To: d.base + "/tests/" + r.ID, Target: r.Target, By: d.name(r.By), State: string(r.State), Started: r.StartedAt, Seen: r.SeenAt,
		Running: cmp.Or(r.Now, "starting"), Done: r.Done(), Planned: len(r.Checks), Requests: int(r.Requests), Most: int(r.Budget), Ended: r.Ended,
		StopAt: r.StopAt,
	}
	if r.StopBy != "" {
		out.StopBy = d.name(r.StopBy)
	}
	for _, v := range []drawbridge.Verdict{drawbridge.Pass, drawbridge.Fail, drawbridge.Inconclusive, drawbridge.Skipped} {
		out.Counts = append(out.Counts, view.LiveCount{Name: view.Words(string(v)), N: r.Count(v)})
	}
	for _, c := range r.Checks {
		state := string(c.Verdict)
		if state == "" {
			state = "waits"
			if c.Check == r.Now && r.State == drawbridge.LiveRunning {
				state = "runs now"
			}
		}
		out.Checks = append(out.Checks, view.LiveCheck{Check: c.Check, State: state, Verdict: c.Verdict != ""})
	}
	return out
}

// dossierLive is a run that goes on, was lost, or ended without a result.
func (p *page) dossierLive(d *dossierPage, r *drawbridge.LiveRun) templ.Component {
	p.shell.Trail = append(p.shell.Trail, view.Link{Text: d.Integration.Name, To: d.base}, view.Link{Text: "Tests", To: d.base + "/tests"})
	out := view.Live{Head: d.head, Run: d.liveRow(r)}
	out.MayStop = p.mayHere(access.RunWrite, d)
	switch r.State {
	case drawbridge.LiveRunning, drawbridge.LiveStopping:
		p.shell.Refresh = liveSoon
	case drawbridge.LiveLost:
		p.shell.Refresh = liveLater
	case drawbridge.LiveEnded:
	}
	p.shell.Back = d.base + "/tests/" + r.ID // also where the page answers a form
	return view.LivePage(out)
}

// doStop asks a run to stop; of one that does not go on any more, nothing is left.
func (p *page) doStop() (string, error) {
	id := drawbridge.IntegrationID(p.R.PathValue("id"))
	tests := "/integrations/" + string(id) + "/tests"
	r, err := p.web.opt.Register.StopRun(p.R.Context(), p.Actor, register.ByID(id), p.R.PathValue("run"))
	switch {
	case err != nil:
		return "", err
	case r.State == drawbridge.LiveLost || r.State == drawbridge.LiveEnded:
		return tests + "?done=run-forgotten", nil
	}
	return tests + "/" + r.ID + "?done=run-stop", nil
}
