package web

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/flow"
	"drawbridge/internal/review"
	"drawbridge/internal/web/view"
)

const (
	mostPartners  = 200 // that one can pick from
	mostQuestions = 12  // that a preview lists
)

// intakeNames are the fields of the form, but for the rows of data.
func intakeNames() []string {
	return []string{
		"id", "environment", "name", "purpose", "partner", "partner_new", "partner_name", "business", "technical", "kind", "direction", "hosts",
		"justification", "alternatives", "cost", "records_per_day", "peak_rps", "needed_by", "urgency",
	}
}

func intakeSubjects() []string {
	return []string{"customer", "prospect", "employee", "candidate", "contractor", "patient", "student", "child", "citizen", "visitor", "partner_staff", "other"}
}

// intakeAbout asks for what no specification says.
func (p *page) intakeAbout() (templ.Component, error) {
	d, head, err := p.intakeStep("about")
	if err != nil {
		return nil, unlessLed(p, err)
	}
	if p.failed != nil { // what was typed
		maps.Copy(d.Fields, p.intakeTyped())
	}
	ws, err := p.web.opt.Workspace()
	if err != nil {
		return nil, err
	}
	out := view.IntakeAbout{Head: head, Form: d.Way == drawbridge.DraftForm, Manifest: d.Way == drawbridge.DraftManifest, Said: d.Fields, Wrong: map[string]string{}}
	if p.may(access.PartnerRead) && !out.Manifest {
		list, err := p.web.opt.Register.Partners(p.R.Context(), p.Actor, nil, mostPartners)
		if err != nil {
			return nil, err
		}
		for _, x := range list.Items {
			out.Partners = append(out.Partners, view.Option{Value: string(x.ID), Text: cmp.Or(x.Name, string(x.ID)) + " (" + string(x.ID) + ")"})
		}
		out.MorePartners = list.Next != nil
	}
	picked := strings.Split(d.Fields["subjects"], "\n")
	for _, s := range intakeSubjects() {
		out.Subjects = append(out.Subjects, view.IntakeTick{Value: s, Text: view.Words(s), On: slices.Contains(picked, s)})
	}
	out.Categories = categoryOptions(ws.Taxonomy)
	out.Rows = intakeRows(&d)
	if err := p.intakeWrong(&d, &out); err != nil {
		return nil, err
	}
	return view.IntakeAboutPage(out), nil
}

// intakeWrong says beside each field what cannot be right in it. What is only
// missing is for the preview to say.
func (p *page) intakeWrong(d *drawbridge.IntakeDraft, out *view.IntakeAbout) error {
	seen, err := p.web.opt.Review.CheckDraft(p.R.Context(), d)
	if err != nil {
		return err
	}
	for _, x := range seen {
		if x.Field == "data" || x.Field != "" && d.Fields[x.Field] != "" {
			out.Wrong[x.Field] = x.Text
		}
	}
	return nil
}

// intakeRows are the rows of data that say something, and room for more.
func intakeRows(d *drawbridge.IntakeDraft) []view.IntakeRow {
	var out []view.IntakeRow
	empty := 0
	for i := 0; i < review.MaxElements && empty < 3; i++ {
		r := view.IntakeRow{
			AtName: review.ElementField(i, "at"), FieldName: review.ElementField(i, "field"), CategoryName: review.ElementField(i, "category"),
		}
		r.At, r.Field, r.Category = d.Fields[r.AtName], d.Fields[r.FieldName], d.Fields[r.CategoryName]
		if r.Field == "" && r.Category == "" {
			empty++
		}
		out = append(out, r)
	}
	return out
}

// intakeTyped is what the form says.
func (p *page) intakeTyped() map[string]string {
	out := map[string]string{}
	for _, name := range intakeNames() {
		if p.R.PostForm.Has(name) {
			out[name] = p.said(name)
		}
	}
	for i := range review.MaxElements {
		for _, what := range []string{"at", "field", "category"} {
			if name := review.ElementField(i, what); p.R.PostForm.Has(name) {
				out[name] = p.said(name)
			}
		}
	}
	if p.R.PostForm.Has("subjects-shown") {
		out["subjects"] = strings.Join(p.R.PostForm["subjects"], "\n")
	}
	return out
}

func (p *page) doIntakeAbout() (string, error) {
	return p.intakeSave(review.Drafting{Fields: p.intakeTyped()})
}

// intakeManifest is the manifest with what is wrong with it beside.
func (p *page) intakeManifest() (templ.Component, error) {
	d, head, err := p.intakeStep("manifest")
	if err != nil {
		return nil, unlessLed(p, err)
	}
	if p.failed != nil {
		d.Fields["manifest"] = strings.ReplaceAll(p.said("manifest"), "\r\n", "\n")
	}
	out := view.IntakeManifest{Head: head, Text: d.Fields["manifest"], Limit: review.MaxDrafted}
	if out.Text != "" {
		seen, err := p.web.opt.Review.CheckDraft(p.R.Context(), &d)
		if err != nil {
			return nil, err
		}
		out.Problems = intakeProblems(&d, seen)
	}
	return view.IntakeManifestPage(out), nil
}

func (p *page) doIntakeManifest() (string, error) {
	return p.intakeSave(review.Drafting{Fields: map[string]string{"manifest": p.said("manifest")}})
}

// intakeProblems are what is wrong with a draft, each with where to mend it.
func intakeProblems(d *drawbridge.IntakeDraft, list []review.DraftProblem) []view.IntakeProblem {
	lines := strings.Split(d.Fields["manifest"], "\n")
	var out []view.IntakeProblem
	for _, x := range list {
		row := view.IntakeProblem{Text: x.Text, Line: x.Line, Column: x.Column}
		if x.Line > 0 && x.Line <= len(lines) {
			row.Excerpt = strings.ToValidUTF8(lines[x.Line-1][:min(len(lines[x.Line-1]), 120)], "")
		}
		base := "/drafts/" + string(d.ID)
		switch {
		case x.Field == "operations":
			row.To = base + "/operations"
		case x.Field == "categories":
			row.To = base + "/data"
		case x.Field == "manifest" || d.Way == drawbridge.DraftManifest && x.Field == "":
			row.To = base + "/manifest"
		case x.Field == "data":
			row.To = base + "/about#data"
		case x.Field != "":
			row.To = base + "/about#f-" + x.Field
		default:
			row.To = base + "/about"
		}
		out = append(out, row)
	}
	return out
}

// intakePreview is what would come of a draft.
func (p *page) intakePreview() (templ.Component, error) {
	d, head, err := p.intakeStep("preview")
	if err != nil {
		return nil, unlessLed(p, err)
	}
	seen, err := p.web.opt.Review.PreviewDraft(p.R.Context(), p.Actor, &d)
	if err != nil {
		return nil, err
	}
	out := view.IntakePreview{
		Head: head, Once: p.once(), Problems: intakeProblems(&d, seen.Problems), Manifest: seen.Manifest, Notes: seen.Notes, Missing: seen.Missing, Unconfirmed: len(seen.Open),
	}
	if out.Unconfirmed > 0 {
		out.Open = seen.Open[:min(len(seen.Open), 5)]
	}
	if d.Way == drawbridge.DraftSpecification {
		out.Confirm = head.Base + "/data"
	}
	a := seen.Document
	if a == nil {
		return view.IntakePreviewPage(out), nil
	}
	out.Ready = true
	out.Tier, out.Inherent, out.Residual, out.Outcome, out.FastLane = a.Score.Tier, a.Score.Inherent, a.Score.Residual, a.Gate.Outcome, a.Gate.FastLane
	out.Roles, out.Template = a.Gate.Roles, a.Gate.Template
	out.Steps = steps(&a.Score)
	for _, r := range a.Gate.Reasons {
		out.Reasons = append(out.Reasons, view.Reason{Outcome: r.Outcome, Text: r.Text})
	}
	out.Questions = len(a.Questions)
	for _, q := range a.Questions[:min(len(a.Questions), mostQuestions)] {
		out.Asked = append(out.Asked, view.IntakeQuestion{Text: q.Text, Element: q.Element})
	}
	for i := range a.Threats {
		if a.Threats[i].State == drawbridge.ThreatOpen {
			out.Findings++
		}
	}
	var b bytes.Buffer
	if err := a.Map.Inset(&b, flow.Drawing{}); err != nil {
		return nil, err
	}
	out.Drawing = b.String()
	for i := range a.Map.Edges {
		e := &a.Map.Edges[i]
		out.Flows = append(out.Flows, view.IntakeFlow{ID: e.ID, From: e.From, To: e.To, Level: e.Level.String(), Fields: e.Elements, Unknown: e.Unknown, Categories: strings.Join(e.Categories, ", ")})
	}
	return view.IntakePreviewPage(out), nil
}
