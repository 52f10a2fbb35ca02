package web

import (
	"slices"
	"strconv"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/web/view"
)

// leaving is how the integration is left: who does what by when, and the proofs.
func (p *page) leaving(d *dossierPage, x *drawbridge.Departure) (*view.Leaving, error) {
	out := &view.Leaving{
		Reason: x.Reason, Planned: x.Planned, Residual: x.Residual, KeepUntil: x.KeepUntil, Ended: !x.EndedAt.IsZero(),
		Path: d.base + "/leaving", Version: strconv.FormatInt(x.Version, 10), Key: p.once(), Part: "",
		Proofs: []view.Option{{Value: "", Text: "none yet"}}, Contracts: []view.Option{{Value: "", Text: "none"}},
	}
	out.May = !out.Ended && p.mayHere(access.IntegrationLeave, d)
	for _, e := range append(slices.Clone(d.File.Evidence), d.File.Offered...) {
		o := view.Option{Value: string(e.ID), Text: e.Title + " (" + e.State + ")"}
		if e.Integration == d.Integration.ID {
			out.Proofs = append(out.Proofs, o)
		}
		if e.ID == x.Deletion {
			out.Deletion = o
		}
	}
	for i := range d.File.Contracts {
		c := &d.File.Contracts[i]
		o := view.Option{Value: string(c.ID), Text: view.Words(c.Type)}
		out.Contracts = append(out.Contracts, o)
		if c.ID == x.Contract {
			out.Contract = o
		}
	}
	for _, t := range x.Tasks {
		row := view.TaskRow{ID: t.ID, Text: t.Text, Due: t.Due, Done: t.Done, Note: t.Note}
		if t.Owner != "" {
			row.Owner = d.name(string(t.Owner))
		}
		out.Tasks = append(out.Tasks, row)
	}
	if part := p.R.PathValue("part"); p.failed != nil && part != "" {
		out.Part, out.Said = part, map[string]string{}
		for _, f := range []string{"text", "done", "owner", "due", "note", "planned", "residual", "keep_until", "deletion", "contract"} {
			out.Said[f] = p.said(f)
		}
	}
	if !out.May {
		return out, nil
	}
	var err error
	out.People, err = p.pickable(d.names)
	return out, err
}

// doPlanLeaving changes one part of how the integration is left: the plan, or one task.
func (p *page) doPlanLeaving() (string, error) {
	d, err := p.dossier("/lifecycle")
	if err != nil {
		return "", err
	}
	x := d.Departure
	if x == nil {
		return "", drawbridge.Errorf(drawbridge.Conflict, "nobody is leaving this integration")
	}
	plan := lifecycle.Planning{
		Integration: d.Integration.ID, Version: p.versionRead(), Planned: x.Planned, Tasks: slices.Clone(x.Tasks), Residual: x.Residual, KeepUntil: x.KeepUntil,
		Deletion: x.Deletion, Contract: x.Contract, Key: p.key(),
	}
	part := p.R.PathValue("part")
	if part == "plan" {
		plan.Planned, plan.Residual, plan.KeepUntil = drawbridge.Date(p.said("planned")), p.said("residual"), drawbridge.Date(p.said("keep_until"))
		plan.Deletion, plan.Contract = drawbridge.EvidenceID(p.said("deletion")), drawbridge.ContractID(p.said("contract"))
	} else {
		owner, err := p.personNamed(d.names, p.said("owner"))
		if err != nil {
			return "", err
		}
		at := slices.IndexFunc(plan.Tasks, func(t drawbridge.DepartureTask) bool { return t.ID == part })
		if part == "add" {
			at = len(plan.Tasks)
			plan.Tasks = append(plan.Tasks, drawbridge.DepartureTask{ID: freeTask(plan.Tasks), Text: p.said("text")})
		}
		if at < 0 {
			return "", errNoPage()
		}
		t := &plan.Tasks[at]
		t.Owner, t.Due, t.Note, t.Done = owner, drawbridge.Date(p.said("due")), p.said("note"), p.said("done") != ""
	}
	_, err = p.web.opt.Lifecycle.Plan(p.R.Context(), p.Actor, plan)
	return p.toDossier("/lifecycle", "lea-saved"), err
}

// freeTask is the identifier of a task that was added.
func freeTask(tasks []drawbridge.DepartureTask) string {
	for n := len(tasks) + 1; ; n++ {
		id := "task-" + strconv.Itoa(n)
		if !slices.ContainsFunc(tasks, func(t drawbridge.DepartureTask) bool { return t.ID == id }) {
			return id
		}
	}
}
