package seed

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"drawbridge"
	"drawbridge/internal/check"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/manifest"
	"drawbridge/internal/portfolio"
	"drawbridge/internal/programme"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// tests are live checks that a run tries, with their titles.
var tests = []struct {
	check, title string
	severity     drawbridge.Severity
}{
	{"TLS-01", "Old versions of TLS are refused", drawbridge.High},
	{"AUTHN-01", "A call without credentials is refused", drawbridge.Critical},
	{"HDR-01", "Answers carry the headers that keep browsers careful", drawbridge.Low},
	{"ERR-01", "Errors tell nothing of the inside", drawbridge.Medium},
	{"RATE-01", "Too many calls are slowed down", drawbridge.Medium},
}

// test runs the live checks on the sandbox, and hands the runs in.
func (t *tale) test(ctx context.Context, h *hand) error {
	if t.stuck {
		return nil
	}
	files, _, err := t.files(t.pushed)
	if err != nil {
		return err
	}
	doc, err := manifest.Parse(mainFile, files[mainFile])
	if err != nil {
		return err
	}
	m := doc.Integration
	if len(m.Targets) == 0 {
		return nil
	}
	head, err := h.register.Revision(ctx, h.as(), register.ByID(t.id), t.head)
	if err != nil {
		return err
	}
	for i := range m.Interfaces {
		by := h.as()
		run := t.run(m, m.Interfaces[i].ID, head.Content, h.at)
		data, err := json.Marshal(run)
		if err != nil {
			return fmt.Errorf("encode a run: %w", err)
		}
		if _, err := h.register.AddRun(ctx, by, register.NewRun{Ref: register.ByID(t.id), Data: data}); err != nil {
			return t.held(err)
		}
	}
	return nil
}

// run is what the live tester would have written. The careless fail now and then.
func (t *tale) run(m *manifest.Integration, on, content string, at time.Time) check.Run {
	target := m.Targets[0]
	run := check.Run{
		SchemaVersion: drawbridge.SchemaVersion, Tool: "drawbridge", Version: "seed", Origin: "cli", Started: at.Add(-3 * time.Minute), Finished: at, Complete: true,
		Integration: check.RunIntegration{ID: m.ID, Environment: m.Environment, Digest: content},
		Target:      check.RunTarget{Name: target.Name, Interface: on, BaseURL: target.BaseURL, Represents: target.Represents, Why: target.Why},
	}
	for _, x := range tests {
		r := check.Result{Check: x.check, Title: x.title, Interface: on, Verdict: drawbridge.Pass, Reason: "it held on every try", Severity: x.severity}
		if t.care == 2 && x.severity != drawbridge.Critical && t.rand.IntN(6) == 0 {
			r.Verdict, r.Reason = drawbridge.Fail, "it did not hold on the first try, nor on the second"
		}
		r.Fingerprint = check.Fingerprint(m.ID, r)
		run.Results, run.Done = append(run.Results, r), append(run.Done, x.check)
	}
	return run
}

// rule looks at tests that deny what was claimed: most of them stand.
func (t *tale) rule(ctx context.Context, h *hand) error {
	if t.stuck {
		return nil
	}
	if _, err := h.register.Reassess(ctx, h.as(), t.id, ""); err != nil {
		return t.held(err)
	}
	list, err := h.register.Findings(ctx, h.as(), register.FindingFilter{Integration: t.id, Source: "check"}, nil, 20)
	if err != nil {
		return err
	}
	for _, f := range list.Items {
		refuted := t.rand.IntN(3) == 0
		why := "I saw it too: the setting is off on the sandbox as on production."
		if refuted {
			why = "The sandbox alone answers so; production was tried by hand and refuses."
		}
		if _, err := h.register.Rule(ctx, h.as(), register.NewRuling{Ref: register.ByID(t.id), Fingerprint: f.Fingerprint, Refuted: refuted, Reason: why}); err != nil {
			return t.held(err)
		}
	}
	return nil
}

// mostExceptions is how much is accepted for a time. What has more is refused.
const mostExceptions = 6

// propose asks to accept what is critical, for a time.
func (t *tale) propose(ctx context.Context, h *hand) error {
	if t.stuck {
		return nil
	}
	list, err := h.register.Findings(ctx, h.as(), register.FindingFilter{Integration: t.id, Severity: drawbridge.Critical, State: "open"}, nil, mostExceptions+1)
	if err != nil || len(list.Items) > mostExceptions {
		return err
	}
	if len(list.Items) == 0 && t.care > 0 { // something that is not critical
		if list, err = h.register.Findings(ctx, h.as(), register.FindingFilter{Integration: t.id, State: "open"}, nil, 1); err != nil {
			return err
		}
	}
	for _, f := range list.Items {
		covers := f.Rule + "@" + f.Element
		if f.Source == "check" {
			covers = f.Fingerprint
		}
		x := drawbridge.Exception{
			Integration: t.id, Covers: covers, Reason: pick(t.rand, exceptions), Compensating: pick(t.rand, instead), Owner: h.as().Person,
			Expires: drawbridge.DateOf(h.at.AddDate(0, 0, 45+t.rand.IntN(45))), Breach: drawbridge.Warn,
		}
		if _, err := h.lifecycle.Propose(ctx, h.as(), x, ""); err != nil {
			return t.held(err)
		}
	}
	return nil
}

// confirm has an approver look at what was proposed.
func (t *tale) confirm(ctx context.Context, h *hand) error {
	list, err := h.lifecycle.ExceptionList(ctx, h.as(), lifecycle.Filter{Integration: t.id, State: "proposed"}, nil, 20)
	if err != nil || t.stuck {
		return err
	}
	for _, x := range list.Items {
		if t.rand.IntN(20) == 0 {
			_, err = h.lifecycle.Refuse(ctx, h.as(), lifecycle.Ruling{ID: x.ID, Reason: "This can be fixed in a week: fix it."})
		} else {
			_, err = h.lifecycle.Confirm(ctx, h.as(), lifecycle.Ruling{ID: x.ID, Reason: "Acceptable for a quarter, with what is done instead."})
		}
		if err != nil && drawbridge.KindOf(err) != drawbridge.Conflict { // another covers the same
			return t.held(err)
		}
	}
	return nil
}

// register enters the worst finding into the register of risks.
func (t *tale) register(ctx context.Context, h *hand) error {
	list, err := h.register.Findings(ctx, h.as(), register.FindingFilter{Integration: t.id}, nil, 2)
	if err != nil || t.stuck {
		return err
	}
	for i, f := range list.Items {
		say := pick(t.rand, risks)
		r := drawbridge.Risk{Integration: t.id, Category: say.category, Consequence: say.consequence, Owner: h.actor(t.owner).Person}
		if i == 0 {
			r.Treatment, r.Plan, r.Due = "mitigate", say.plan, drawbridge.DateOf(h.at.AddDate(0, 0, 30+t.rand.IntN(120)))
			r.Residual, r.ResidualTo = int64(1+t.rand.IntN(2)), int64(1+t.rand.IntN(4))
		}
		v, err := h.portfolio.AddRisk(ctx, h.as(), portfolio.RiskEdit{Risk: r, Finding: f.Fingerprint})
		if err != nil {
			return t.held(err)
		}
		if i > 0 {
			continue
		}
		if v, err = h.portfolio.MoveRisk(ctx, h.as(), portfolio.RiskMove{ID: v.ID, Version: v.Version, To: portfolio.RiskTreating}); err != nil {
			return t.held(err)
		}
		if t.rand.IntN(4) == 0 {
			if _, err = h.portfolio.MoveRisk(ctx, h.as(), portfolio.RiskMove{ID: v.ID, Version: v.Version, To: portfolio.RiskClosed, Reason: "The plan was carried out, and the next assessment shows it."}); err != nil {
				return t.held(err)
			}
		}
	}
	return nil
}

// lookAtThreats notes that somebody read the threat model.
func (t *tale) lookAtThreats(ctx context.Context, h *hand) error {
	if t.rand.IntN(3) == 0 {
		return nil
	}
	_, err := h.programme.ReviewThreats(ctx, h.as(), programme.ThreatLook{Integration: t.id, Comment: pick(t.rand, looks)})
	return t.held(err)
}

// meet has reviewers confirm what was done of the conditions. Some are forgotten.
func (t *tale) meet(ctx context.Context, h *hand) error {
	if t.stuck {
		return nil
	}
	list, err := h.lifecycle.ConditionList(ctx, h.as(), lifecycle.Filter{Integration: t.id, State: "open"}, nil, 20)
	if err != nil {
		return err
	}
	for _, c := range list.Items {
		if !c.Before && t.rand.IntN(2) == 0 {
			continue
		}
		by := h.actor(h.plan.one(t.rand, c.Verifier.Reviewer()))
		if _, err := h.lifecycle.Meet(ctx, by, lifecycle.Settling{ID: c.ID, Reason: pick(t.rand, met)}); err != nil {
			return t.held(err)
		}
	}
	return nil
}

// goLive attests that what was approved is what is let through, and goes live.
func (t *tale) goLive(ctx context.Context, h *hand) error {
	if t.stuck || t.state(ctx, h) != drawbridge.Proposed {
		return nil
	}
	e, err := t.onFile(ctx, h, "configuration")
	if err != nil {
		return t.held(err)
	}
	if _, err = h.lifecycle.Attest(ctx, h.as(), lifecycle.Attesting{
		Integration: t.id, Subject: "envelope_live", Statement: "The proxy lets through the hosts and operations of the approval, and nothing else; I compared both lists.", Evidence: e,
	}); err != nil {
		return t.held(err)
	}
	_, err = h.lifecycle.Move(ctx, h.as(), lifecycle.Move{Integration: t.id, Step: "go_live", Reason: "launch"})
	return t.held(err)
}

// state is where the integration is; nowhere when it cannot be read.
func (t *tale) state(ctx context.Context, h *hand) (s drawbridge.IntegrationState) {
	_ = h.door.Store().View(ctx, func(tx *store.Tx) error {
		in, err := tx.Integration(t.id)
		if err == nil {
			s = in.State
		}
		return err
	})
	return s
}

// suspend stops what is live after an incident.
func (t *tale) suspend(ctx context.Context, h *hand) error {
	if t.state(ctx, h) != drawbridge.Live {
		return nil
	}
	say := pick(t.rand, incidents)
	if _, err := h.programme.Raise(ctx, h.as(), programme.NewTrigger{Integration: t.id, Kind: "incident", Source: "status page of the partner", Severity: drawbridge.High, Text: say}); err != nil {
		return t.held(err)
	}
	if _, err := h.lifecycle.Move(ctx, h.as(), lifecycle.Move{Integration: t.id, Step: "suspend", Reason: say}); err != nil {
		return t.held(err)
	}
	e, err := t.onFile(ctx, h, "configuration")
	if err != nil {
		return t.held(err)
	}
	_, err = h.lifecycle.Attest(ctx, h.as(), lifecycle.Attesting{Integration: t.id, Subject: "suspended", Statement: "The route is closed; a call from the shop is refused at the proxy.", Evidence: e})
	return t.held(err)
}

// leave begins to leave.
func (t *tale) leave(ctx context.Context, h *hand) error {
	if s := t.state(ctx, h); s != drawbridge.Live && s != drawbridge.Suspended && s != drawbridge.Proposed {
		return nil
	}
	_, err := h.lifecycle.Leave(ctx, h.as(), lifecycle.Leaving{Integration: t.id, Planned: drawbridge.DateOf(h.at.AddDate(0, 0, 45)), Reason: pick(t.rand, leavings)})
	return t.held(err)
}

// retire proves that access is gone and data deleted, closes what was signed,
// and ends the integration.
func (t *tale) retire(ctx context.Context, h *hand) error {
	if t.state(ctx, h) != drawbridge.Exiting {
		return nil
	}
	probe, err := t.onFile(ctx, h, "revocation-drill")
	if err != nil {
		return t.held(err)
	}
	gone, err := t.onFile(ctx, h, "deletion")
	if err != nil {
		return t.held(err)
	}
	if _, err := h.lifecycle.Attest(ctx, h.as(), lifecycle.Attesting{
		Integration: t.id, Subject: "revocation_probe", Result: "failed_to_connect", Statement: "A call with the old credentials was refused from two networks.", Evidence: probe,
	}); err != nil {
		return t.held(err)
	}
	owner := h.actor(t.owner)
	dep, err := h.lifecycle.Departure(ctx, owner, t.id)
	if err != nil {
		return err
	}
	for i := range dep.Tasks {
		dep.Tasks[i].Done, dep.Tasks[i].Note = true, "done and looked at"
	}
	if _, err := h.lifecycle.Plan(ctx, owner, lifecycle.Planning{
		Integration: t.id, Version: dep.Version, Planned: dep.Planned, Tasks: dep.Tasks, Deletion: gone, Contract: t.agreed,
		Residual: "Invoices, as the law asks.", KeepUntil: drawbridge.DateOf(h.at.AddDate(8, 0, 0)), Reason: "all is done",
	}); err != nil {
		return t.held(err)
	}
	keeper := h.actor(h.plan.one(t.rand, drawbridge.ProgrammeOwner))
	if t.agreed != "" {
		if _, err := h.portfolio.CloseContract(ctx, keeper, t.agreed, "we left", ""); err != nil {
			return t.held(err)
		}
	}
	_, err = h.lifecycle.Move(ctx, keeper, lifecycle.Move{Integration: t.id, Step: "retire", Reason: "nothing is left of it"})
	return t.held(err)
}
