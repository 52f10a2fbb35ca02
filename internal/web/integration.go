package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/check"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/threat"
	"drawbridge/internal/web/view"
)

// integration is the overview of a dossier.
func (p *page) integration() (templ.Component, error) {
	ctx, ref := p.R.Context(), register.ByID(drawbridge.IntegrationID(p.R.PathValue("id")))
	in, d, err := p.latest(ref)
	if err != nil {
		return nil, err
	}
	standing, err := p.web.opt.Review.Standing(ctx, p.Actor, in.ID)
	if err != nil {
		return nil, err
	}
	p.shell.Title, p.shell.Lead = in.Name, d.Integration.Purpose
	p.shell.Trail = []view.Link{{Text: "Integrations", To: "/integrations"}}
	out := view.Dossier{
		Now: p.now, Today: drawbridge.DateOf(p.now), Slug: in.Slug, Environment: in.Environment, State: view.Words(string(in.State)),
		Tier: in.Tier, Outcome: in.Outcome, Inherent: in.Inherent, Residual: in.Residual, Revisions: int(in.Revisions), Changed: in.UpdatedAt,
		Steps: steps(&d.Score),
	}
	for _, r := range d.Gate.Reasons {
		out.Reasons = append(out.Reasons, view.Reason{Outcome: r.Outcome, Text: r.Text})
	}
	for _, l := range d.Score.Levers {
		if l.Residual > -0.05 {
			continue // it shows in no figure
		}
		out.Levers = append(out.Levers, view.Lever{Change: l.Change, Key: l.Key, Residual: l.Residual})
	}
	out.Findings, out.Open = findings(&d)
	if s := standing.Decision; s != nil {
		out.Decision = &view.Decision{
			Outcome: view.Words(string(s.Outcome)), Approved: standing.Approved(), At: s.CreatedAt, Until: s.Until,
			Stale: standing.Stale, Expired: standing.Expired, Words: standing.Words(),
		}
	}
	if r := standing.OpenReview; r != nil {
		out.Review = fmt.Sprintf("Review %d is %s.", r.Number, view.Words(string(r.State)))
	}
	return view.DossierPage(out), nil
}

// document is what the overview needs of an assessment.
type document struct {
	Integration struct {
		Purpose string `json:"purpose"`
	} `json:"integration"`
	Threats []threat.Threat `json:"threats"`
	Checks  []check.Result  `json:"checks"`
	Score   policy.Score    `json:"score"`
	Gate    policy.Gate     `json:"gate"`
}

// latest reads an integration and the document of its latest assessment.
func (p *page) latest(ref register.Ref) (in drawbridge.Integration, d document, err error) {
	in, r, err := p.web.opt.Register.Latest(p.R.Context(), p.Actor, ref)
	if err != nil {
		return in, d, err
	}
	defer func() { _ = r.Close() }() // it was read
	data, err := io.ReadAll(r)
	if err != nil {
		return in, d, fmt.Errorf("read the assessment: %w", err)
	}
	if err := json.Unmarshal(data, &d); err != nil {
		return in, d, fmt.Errorf("decode the assessment: %w", err)
	}
	return in, d, nil
}

// mostFindings is how many findings the overview lists.
const mostFindings = 10

// findings are the worst of an assessment, and how many there are.
func findings(d *document) (worst []view.Finding, all int) {
	var out []view.Finding
	for _, t := range d.Threats {
		if t.State == drawbridge.ThreatOpen || t.State == drawbridge.ThreatAccepted {
			out = append(out, view.Finding{Title: t.Title, Severity: t.Severity, Element: t.Element, Rule: t.Rule, State: string(t.State)})
		}
	}
	for _, c := range d.Checks {
		if c.Verdict == drawbridge.Fail {
			out = append(out, view.Finding{Title: c.Title, Severity: c.Severity, Element: c.Interface, Rule: c.Check, State: "failed"})
		}
	}
	slices.SortStableFunc(out, func(a, b view.Finding) int { return cmp.Compare(b.Severity.Rank(), a.Severity.Rank()) })
	return out[:min(len(out), mostFindings)], len(out)
}

// steps are the waterfall of a score: what adds up to the inherent risk, and what
// controls take away from it.
func steps(s *policy.Score) []view.Step {
	var out []view.Step
	inherent := func() { out = append(out, view.Step{Name: "Inherent risk", Points: s.Inherent, Total: true}) }
	done := false
	for _, c := range s.Contributions {
		if !done && c.Kind != "factor" && c.Kind != "floor" {
			inherent()
			done = true
		}
		reason := c.Reason
		if c.Unknown {
			reason += " Nobody answered, so the worst case counts."
		}
		out = append(out, view.Step{Name: strings.NewReplacer("_", " ", "-", " ", ".", ": ").Replace(c.Name), Points: c.Points, Reason: reason})
	}
	if !done {
		inherent()
	}
	return append(out, view.Step{Name: "Residual risk", Points: s.Residual, Total: true})
}
