package web

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/policy"
	"drawbridge/internal/programme"
	"drawbridge/internal/web/view"
)

// rulesArea is what integrations are held to.
func rulesArea() area {
	return area{
		name: "Rules",
		menu: []entry{{text: "Policies", to: "/policies", key: "o", may: access.PortfolioRead}},
		routes: []route{
			shows("/policies", "/policies", (*page).policies),
			acts("/policies/announce", "/policies", (*page).policies, (*page).doAnnounce),
			shows("/policies/edit", "/policies", (*page).policyEdit),
			acts("/policies/edit", "/policies", (*page).policyEdit, (*page).doPreview),
			acts("/policies/edit/download", "/policies", (*page).policyEdit, (*page).doDownload),
		},
		dones: map[string]done{"announced": {text: "Announced. What other packs judged is being assessed again."}},
	}
}

// figureParts are the parts of a policy whose figures can be edited, by what their paths begin with.
var figureParts = []struct{ id, name, lead, prefix string }{
	{"weights", "What makes an integration risky", "Weights of the factors, and of what each is made of. Only how they stand to each other counts.", "rubric.factors."},
	{"effect", "What controls can do", "The share of the inherent risk that perfect controls take away, 0 to 1.", "rubric.control_effect"},
	{"floors", "Least inherent risks", "0 to 100: what is never a small matter, whatever the factors say.", "rubric.floors."},
	{"lifts", "Least residual risks", "0 to 100: what no control makes up for while it lasts.", "rubric.lifts."},
	{"tiers", "Tiers", "From which inherent risk each begins, how often it is looked at again, and how long a condition may take.", "pack.tiers."},
	{"gate", "The gate", "What each rule says when it holds. The worst answer wins.", "gate.rules."},
}

// policyFigures are the figures of the policy in force, as they were typed where they were.
func (p *page) policyFigures(ws *policy.Workspace) ([]view.PolicyPart, error) {
	list, err := ws.Figures()
	if err != nil {
		return nil, err
	}
	var out []view.PolicyPart
	for _, part := range figureParts {
		f := view.PolicyPart{ID: part.id, Name: part.name, Lead: part.lead}
		for _, x := range list {
			if !strings.HasPrefix(x.Path, part.prefix) {
				continue
			}
			names := strings.Split(x.Path, ".")
			row := view.PolicyFigure{Path: x.Path, Title: x.Title, What: figureWords[names[len(names)-1]], Value: x.Value, Typed: x.Value, Why: x.Why, Inner: part.id == "weights" && len(names) == 5}
			if part.id == "gate" {
				row.Choices = []string{string(drawbridge.NoGo), string(drawbridge.Conditional), string(drawbridge.Go)}
			}
			if typed, ok := p.R.PostForm["set."+x.Path]; ok {
				row.Typed = typed[0]
			}
			if p.failed != nil {
				if wrong, ok := strings.CutPrefix(message(p.failed), x.Path+": "); ok {
					row.Wrong = wrong
				}
			}
			f.List = append(f.List, row)
		}
		out = append(out, f)
	}
	return out, nil
}

// figureWords say what a figure of a tier is.
var figureWords = map[string]string{"from": "from an inherent risk of", "months": "looked at again after, months", "due_days": "time to meet a condition, days"}

func (p *page) policies() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Policies", "By what integrations are judged: packs of data, each version with its digest and its reasons."
	p.wrong()
	if !p.may(access.PortfolioRead) {
		return nil, errNoPage()
	}
	ws, err := p.web.opt.Workspace()
	if err != nil {
		return nil, err
	}
	out := view.Policies{May: p.may(access.PackPreview), Announce: p.may(access.PackAnnounce), Once: p.once(), Reason: p.said("reason"), Rules: len(ws.Threats.Rules())}
	for _, k := range ws.AllPacks() {
		out.Packs = append(out.Packs, view.Pack{Name: k.Name, Kind: k.Kind, Version: k.Version, Digest: k.Digest, Origin: k.Origin})
	}
	if out.Figures, err = p.policyFigures(ws); err != nil {
		return nil, err
	}
	for _, c := range ws.Policy.Controls() {
		out.Controls = append(out.Controls, view.Control{
			ID: c.ID, Title: c.Title, Says: c.Criterion, Why: c.Why, From: c.RequiredFrom, Weight: strconv.FormatFloat(c.Weight, 'f', -1, 64), Owner: c.Owner,
		})
	}
	for _, t := range ws.Questionnaires() {
		out.Templates = append(out.Templates, view.Link{Text: t.Title, To: t.Name + "@" + t.Version})
	}
	return view.PoliciesPage(out), nil
}

func (p *page) doAnnounce() (string, error) {
	_, err := p.web.opt.Programme.Announce(p.R.Context(), p.Actor, p.said("reason"), p.key(), nil)
	return "/policies?done=announced", err
}

// policyEdit is the form of figures, with what was typed.
func (p *page) policyEdit() (templ.Component, error) { return p.drawEdit(nil) }

func (p *page) drawEdit(impact *view.Impact) (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Try other figures", "Change weights, thresholds, tiers or the gate, and see what it would do to every integration before it takes effect."
	p.shell.Trail, p.shell.Back = []view.Link{{Text: "Policies", To: "/policies"}}, "/policies/edit"
	p.wrong()
	if !p.may(access.PackPreview) {
		return nil, errNoPage()
	}
	ws, err := p.web.opt.Workspace()
	if err != nil {
		return nil, err
	}
	out := view.PolicyEdit{Name: p.said("name"), Version: p.said("version"), Impact: impact, Wrong: map[string]string{}}
	if out.Name == "" && p.R.Method != "POST" {
		out.Name, out.Version = suggested(ws.Policy.Name, ws.Policy.Version)
	}
	for _, field := range []string{"name", "version"} {
		if p.failed != nil {
			out.Wrong[field], _ = strings.CutPrefix(message(p.failed), field+": ")
			if out.Wrong[field] == message(p.failed) {
				out.Wrong[field] = ""
			}
		}
	}
	if out.Parts, err = p.policyFigures(ws); err != nil {
		return nil, err
	}
	if impact != nil {
		out.Sent = append(out.Sent, view.Option{Value: "name", Text: out.Name}, view.Option{Value: "version", Text: out.Version})
		for _, part := range out.Parts {
			for _, f := range part.List {
				if f.Typed != f.Value {
					impact.Edits = append(impact.Edits, view.PolicyChange{Title: strings.TrimSpace(f.Title + " " + f.What), From: f.Value, To: f.Typed})
					out.Sent = append(out.Sent, view.Option{Value: "set." + f.Path, Text: f.Typed})
				}
			}
		}
	}
	return view.PolicyEditPage(out), nil
}

// suggested is a name and a version for what comes after a policy.
func suggested(name, version string) (string, string) {
	if name == "drawbridge" {
		return "ours", "1.0.0"
	}
	parts := strings.Split(version, ".")
	if n, err := strconv.Atoi(parts[len(parts)-1]); err == nil {
		parts[len(parts)-1] = strconv.Itoa(n + 1)
	}
	return name, strings.Join(parts, ".")
}

// edited makes the pack that the form describes.
func (p *page) edited() ([]byte, error) {
	ws, err := p.web.opt.Workspace()
	if err != nil {
		return nil, err
	}
	list, err := ws.Figures()
	if err != nil {
		return nil, err
	}
	e := policy.Edits{Name: p.said("name"), Version: p.said("version"), Set: map[string]string{}}
	for _, f := range list {
		if typed, ok := p.R.PostForm["set."+f.Path]; ok && strings.TrimSpace(typed[0]) != f.Value {
			e.Set[f.Path] = typed[0]
		}
	}
	if len(e.Set) == 0 {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "no figure differs from the policy in force: change one")
	}
	return ws.Edited(e)
}

func (p *page) doPreview() (string, error) {
	if !p.may(access.PackPreview) {
		return "", errNoPage()
	}
	archive, err := p.edited()
	if err != nil {
		return "", err
	}
	got, err := p.web.opt.Programme.Impact(p.R.Context(), p.Actor, archive, nil)
	if err != nil {
		return "", err
	}
	out := view.Impact{Pack: p.said("name") + "-" + p.said("version"), Scored: got.Scored, Changed: got.Changed, Worse: got.Worse, Failed: got.Failed}
	for _, e := range got.Effects[:min(len(got.Effects), 200)] {
		out.Effects = append(out.Effects, effect(e))
	}
	p.instead = func(p *page) (templ.Component, error) { return p.drawEdit(&out) }
	return "", nil
}

// effect is one integration that a policy changes.
func effect(e programme.Effected) view.Effect {
	return view.Effect{
		Link: view.Link{Text: e.Slug + ", " + e.Environment, To: "/integrations/" + string(e.Integration)}, Worse: e.Worse, Problem: e.Problem,
		Before: view.Standing{Tier: e.Before.Tier, Outcome: e.Before.Outcome, Inherent: e.Before.Inherent, Residual: e.Before.Residual},
		After:  view.Standing{Tier: e.After.Tier, Outcome: e.After.Outcome, Inherent: e.After.Inherent, Residual: e.After.Residual},
	}
}

func (p *page) doDownload() (string, error) {
	if !p.may(access.PackPreview) {
		return "", errNoPage()
	}
	archive, err := p.edited()
	if err != nil {
		return "", err
	}
	name := p.said("name") + "-" + p.said("version") // both were checked
	return "", p.give("application/gzip", strings.Join(slices.Collect(strings.SplitSeq(name, `"`)), "")+".tar.gz", archive)
}
