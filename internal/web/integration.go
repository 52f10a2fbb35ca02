package web

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/assess"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/report"
	"drawbridge/internal/web/view"
)

// integration is the overview of a dossier.
func (p *page) integration() (templ.Component, error) {
	d, err := p.dossier("")
	if err != nil {
		return nil, err
	}
	a, err := p.document(d)
	if err != nil {
		return nil, err
	}
	p.shell.Lead = a.Integration.Purpose
	in := &d.Integration
	out := view.Dossier{
		Head: d.head, Inherent: in.Inherent, Residual: in.Residual, Revisions: int(in.Revisions), Changed: in.UpdatedAt, AsOf: a.AsOf,
		Steps: steps(&a.Score), Due: a.Gate.Due, Markdown: d.base + "/report.md", Text: markdown(a),
		Conditions: len(a.Gate.Conditions), Questions: len(a.Questions), Tested: a.Coverage.Percent,
	}
	for _, r := range a.Gate.Reasons {
		out.Reasons = append(out.Reasons, reason(r, d.base))
	}
	for _, r := range a.Gate.Roles {
		out.Roles = append(out.Roles, view.Words(strings.TrimPrefix(r, "role:")))
	}
	out.Findings, out.Open = findings(a, d.base)
	out.Decision = decision(d)
	if r := d.File.Open; r != nil {
		out.Review = fmt.Sprintf("Review %d is %s.", r.Number, view.Words(string(r.State)))
	}
	out.Try, err = p.try(d, a)
	return view.DossierPage(out), err
}

// decision is where the approval stands.
func decision(d *dossierPage) *view.Decision {
	s := d.Status.Decision
	if s == nil {
		return nil
	}
	return &view.Decision{
		Outcome: view.Words(string(s.Outcome)), Approved: d.Status.Approved(), At: s.CreatedAt, Until: s.Until, By: d.name(string(s.By)),
		Stale: d.Status.Stale, Expired: d.Status.Expired, Words: d.Status.Words(),
	}
}

// reason is one reason of the gate, with what it rests on.
func reason(r policy.Reason, base string) view.Reason {
	out := view.Reason{Outcome: r.Outcome, Text: r.Text}
	for _, ref := range r.Refs {
		link := view.Link{Text: ref}
		if strings.Contains(ref, "@") {
			link.To = base + "/threats#" + placeOn(ref)
		}
		out.Refs = append(out.Refs, link)
	}
	return out
}

// placeOn is an identifier as a place on a page.
func placeOn(id string) string {
	return "t-" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '-'
	}, id)
}

// try are the levers, and what the picked ones come to together.
func (p *page) try(d *dossierPage, a *assess.Assessment) (view.Try, error) {
	out := view.Try{To: d.base}
	picked := p.R.URL.Query()["try"]
	for _, l := range a.Score.Levers {
		if l.Residual > -0.05 && l.Inherent > -0.05 {
			continue // it shows in no figure
		}
		out.Levers = append(out.Levers, view.Lever{ID: l.ID(), Change: l.Change, Key: l.Key, Residual: l.Residual, Inherent: l.Inherent, Picked: has(picked, l.ID())})
	}
	if len(picked) == 0 {
		return out, nil
	}
	got, err := p.web.opt.Register.Try(p.R.Context(), p.Actor, register.ByID(d.Integration.ID), picked)
	if kind := drawbridge.KindOf(err); kind == drawbridge.Conflict || kind == drawbridge.Invalid {
		out.Wrong = sentence(err)
		return out, nil
	}
	if err != nil {
		return out, err
	}
	out.Tried = len(got.Taken)
	out.Before = view.Figures{Tier: got.Before.Tier, Outcome: got.Was.Outcome, Inherent: got.Before.Inherent, Residual: got.Before.Residual}
	out.After = view.Figures{Tier: got.After.Tier, Outcome: got.Gate.Outcome, Inherent: got.After.Inherent, Residual: got.After.Residual}
	for _, r := range got.Gate.Reasons {
		out.Reasons = append(out.Reasons, reason(r, d.base))
	}
	return out, nil
}

// mostFindings is how many findings the overview lists.
const mostFindings = 10

// findings are the worst of an assessment, and how many there are.
func findings(a *assess.Assessment, base string) (worst []view.Finding, all int) {
	var out []view.Finding
	for i := range a.Threats {
		t := &a.Threats[i]
		if t.State == drawbridge.ThreatOpen || t.State == drawbridge.ThreatAccepted {
			out = append(out, view.Finding{Title: t.Title, Severity: t.Severity, Element: t.Element, Rule: t.Rule, State: string(t.State), To: base + "/threats#" + placeOn(t.ID)})
		}
	}
	for i := range a.Checks {
		c := &a.Checks[i]
		if c.Verdict == drawbridge.Fail {
			out = append(out, view.Finding{Title: c.Title, Severity: c.Severity, Element: c.Interface, Rule: c.Check, State: "failed", To: base + "/tests"})
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

// markdown is the assessment as the report tells it.
func markdown(a *assess.Assessment) string {
	var b bytes.Buffer
	h, err := report.New("markdown", &b, report.Options{})
	if err == nil {
		err = h.Result(a)
	}
	if err == nil {
		err = h.Done()
	}
	if err != nil || math.MaxInt32 < b.Len() {
		return ""
	}
	return b.String()
}

// markdown sends the assessment as a Markdown file.
func (p *page) markdown() error {
	d, err := p.dossier("")
	if err != nil {
		return err
	}
	a, err := p.document(d)
	if err != nil {
		return err
	}
	p.attach("text/markdown; charset=utf-8", d.Integration.Slug+"-"+d.Integration.Environment+".md", false)
	_, _ = p.W.Write([]byte(markdown(a))) // the reader may be gone
	return nil
}

// attach begins an answer that is a file: to be kept, or to be looked at as text.
func (p *page) attach(media, name string, keep bool) {
	h := p.W.Header()
	h.Set("Content-Type", media)
	way := "inline"
	if keep {
		way = "attachment"
	}
	h.Set("Content-Disposition", way+"; filename*=UTF-8''"+url.PathEscape(name))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	p.W.WriteHeader(http.StatusOK)
}
