package web

import (
	"cmp"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/review"
	"drawbridge/internal/web/view"
)

// intakeArea is how somebody asks for an integration: from a specification, by a
// form, or with a manifest, each saved as it is typed.
func intakeArea() area {
	const home, draft = "/integrations/new", "/drafts/{draft}"
	return area{
		name: "Work",
		menu: []entry{{text: "New integration", to: home, key: "a", may: access.IntegrationCreate}},
		routes: []route{
			shows(home, home, (*page).intakeStart),
			acts(home+"/specification", home, (*page).intakeStart, (*page).doBeginSpecification).with(upload),
			acts(home+"/form", home, (*page).intakeStart, (*page).doBeginForm),
			acts(home+"/manifest", home, (*page).intakeStart, (*page).doBeginManifest).with(upload),
			acts(home+"/paste", home, (*page).intakeStart, (*page).doBeginPaste),

			sends(draft, (*page).intakeOpen),
			shows(draft+"/operations", home, (*page).intakeOperations),
			acts(draft+"/operations", home, (*page).intakeOperations, (*page).doIntakeOperations),
			shows(draft+"/data", home, (*page).intakeData),
			acts(draft+"/data", home, (*page).intakeData, (*page).doIntakeData),
			shows(draft+"/manifest", home, (*page).intakeManifest),
			acts(draft+"/manifest", home, (*page).intakeManifest, (*page).doIntakeManifest),
			shows(draft+"/about", home, (*page).intakeAbout),
			acts(draft+"/about", home, (*page).intakeAbout, (*page).doIntakeAbout),
			shows(draft+"/preview", home, (*page).intakePreview),
			acts(draft+"/send", home, (*page).intakePreview, (*page).doIntakeSend),
			acts(draft+"/discard", home, (*page).intakeStart, (*page).doIntakeDiscard),
			acts(draft+"/restore", home, (*page).intakeStart, (*page).doIntakeRestore),
		},
		dones: map[string]done{
			"draft-discarded": {text: "The draft was discarded.", undo: "/drafts/{of}/restore"},
			"draft-restored":  {text: "The draft is back."},
			"draft-sent":      {text: "The integration is on record, and a review of it is open. Below stands what it waits for."},
		},
	}
}

// intakeLink leads to where one asks for an integration.
func intakeLink() view.Link { return view.Link{Text: "New integration", To: "/integrations/new"} }

// intakeStart offers the ways to begin, and what was begun.
func (p *page) intakeStart() (templ.Component, error) {
	p.shell.Title = "New integration"
	p.shell.Lead = "Ask for an integration. Whatever you type is saved to a draft that only you can read, until you send it."
	p.shell.Trail = []view.Link{{Text: "Integrations", To: "/integrations"}}
	drafts, err := p.web.opt.Review.Drafts(p.R.Context(), p.Actor)
	if err != nil {
		return nil, err
	}
	out := view.IntakeStart{Now: p.now, Once: p.once(), Full: len(drafts) >= review.MaxDrafts, Size: drawbridge.Size(review.MaxSpecification).String()}
	if p.failed != nil {
		switch text := message(p.failed); {
		case strings.HasSuffix(p.R.URL.Path, "/specification"):
			out.BadSpecification = text
		case strings.HasSuffix(p.R.URL.Path, "/manifest"):
			out.BadManifest = text
		default:
			p.wrong()
		}
	}
	for i := range drafts {
		d := &drafts[i]
		row := view.IntakeDraft{Title: d.Title, Way: intakeWay(d), To: "/drafts/" + string(d.ID), Saved: d.SavedAt, Discard: "/drafts/" + string(d.ID) + "/discard"}
		out.Drafts = append(out.Drafts, row)
	}
	return view.IntakeStartPage(out), nil
}

func intakeWay(d *drawbridge.IntakeDraft) string {
	switch {
	case d.Source != nil:
		return d.Source.Format + ", " + d.Source.Name
	case d.Way == drawbridge.DraftManifest:
		return "manifest"
	}
	return "form"
}

func (p *page) intakeBegin(way string) (string, error) {
	in := review.Beginning{Way: way, Key: p.key()}
	if p.file != nil {
		in.Name, in.File = p.file.name, p.file.Reader
	} else if way == drawbridge.DraftManifest && p.route.has(upload) {
		return "", drawbridge.Errorf(drawbridge.Invalid, "choose the manifest's file first")
	}
	d, err := p.web.opt.Review.BeginDraft(p.R.Context(), p.Actor, in)
	if p.file != nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(p.file, maxUpload)) // a browser shows the answer once it has sent all
	}
	return intakeSteps(&d)[0].To, err
}

func (p *page) doBeginSpecification() (string, error) {
	return p.intakeBegin(drawbridge.DraftSpecification)
}

func (p *page) doBeginForm() (string, error)     { return p.intakeBegin(drawbridge.DraftForm) }
func (p *page) doBeginManifest() (string, error) { return p.intakeBegin(drawbridge.DraftManifest) }
func (p *page) doBeginPaste() (string, error)    { return p.intakeBegin(drawbridge.DraftManifest) }

// intakeOpen leads to the step that a draft is at.
func (p *page) intakeOpen() error {
	d, err := p.intakeDraft()
	if err != nil {
		return err
	}
	steps := intakeSteps(&d)
	to := steps[0].To
	switch {
	case d.Integration != "":
		to = "/integrations/" + string(d.Integration)
	case !d.DiscardedAt.IsZero():
		to = "/integrations/new?done=draft-discarded&of=" + string(d.ID)
	case len(d.Operations) > 0 && len(d.Categories) == 0:
		to = steps[1].To
	case len(d.Operations) > 0 || d.Fields["manifest"] != "":
		to = steps[len(steps)-2].To
	}
	p.redirect(to)
	return nil
}

func (p *page) intakeDraft() (drawbridge.IntakeDraft, error) {
	return p.web.opt.Review.Draft(p.R.Context(), p.Actor, drawbridge.DraftID(p.R.PathValue("draft")))
}

// intakeSteps are the steps of a draft, in their order.
func intakeSteps(d *drawbridge.IntakeDraft) []view.Link {
	to := func(text, step string) view.Link {
		return view.Link{Text: text, To: "/drafts/" + string(d.ID) + "/" + step}
	}
	var out []view.Link
	switch d.Way {
	case drawbridge.DraftSpecification:
		out = []view.Link{to("Operations", "operations"), to("Data", "data"), to("About it", "about")}
	case drawbridge.DraftManifest:
		out = []view.Link{to("Manifest", "manifest"), to("About it", "about")}
	default:
		out = []view.Link{to("About it", "about")}
	}
	return append(out, to("Preview and send", "preview"))
}

// intakeStep is a step's draft, and the head of its page.
func (p *page) intakeStep(step string) (drawbridge.IntakeDraft, view.IntakeHead, error) {
	d, err := p.intakeDraft()
	if err != nil {
		return d, view.IntakeHead{}, err
	}
	steps := intakeSteps(&d)
	at := slices.IndexFunc(steps, func(l view.Link) bool { return strings.HasSuffix(l.To, "/"+step) })
	if at < 0 || d.Integration != "" || !d.DiscardedAt.IsZero() {
		if p.failed == nil { // it has no such step, or there is nothing left of it
			p.redirect("/drafts/" + string(d.ID))
		}
		return d, view.IntakeHead{}, cmp.Or(p.failed, errNoPage())
	}
	p.shell.Title, p.shell.Lead = d.Title, ""
	p.shell.Trail = []view.Link{{Text: "Integrations", To: "/integrations"}, {Text: "New integration", To: "/integrations/new"}}
	p.wrong()
	head := view.IntakeHead{Now: p.now, Base: "/drafts/" + string(d.ID), Here: steps[at].To, Saved: d.SavedAt, Version: strconv.FormatInt(d.Version, 10), Way: intakeWay(&d)}
	for i, s := range steps {
		head.Steps = append(head.Steps, view.Tab{Link: view.Link{Text: strconv.Itoa(i+1) + ". " + s.Text, To: s.To}, Here: i == at})
	}
	if at+1 < len(steps) {
		head.Next = steps[at+1].Text
	}
	if p.failed != nil {
		head.Wrong = sentence(p.failed)
	}
	return d, head, nil
}

// intakeSave saves a step, and leads to where the pressed button does.
func (p *page) intakeSave(in review.Drafting) (string, error) {
	in.ID = drawbridge.DraftID(p.R.PathValue("draft"))
	in.Base, _ = strconv.ParseInt(p.said("base"), 10, 64) // what is no number is no version
	d, err := p.web.opt.Review.SaveDraft(p.R.Context(), p.Actor, in)
	if err != nil {
		return "", err
	}
	here := p.R.URL.RequestURI()
	if p.said("go") != "next" {
		return here, nil
	}
	steps := intakeSteps(&d)
	at := slices.IndexFunc(steps, func(l view.Link) bool { return l.To == p.R.URL.Path })
	return steps[min(at+1, len(steps)-1)].To, nil
}

func (p *page) doIntakeDiscard() (string, error) {
	id := p.R.PathValue("draft")
	return "/integrations/new?done=draft-discarded&of=" + id, p.web.opt.Review.DiscardDraft(p.R.Context(), p.Actor, drawbridge.DraftID(id))
}

func (p *page) doIntakeRestore() (string, error) {
	return "/integrations/new?done=draft-restored", p.web.opt.Review.RestoreDraft(p.R.Context(), p.Actor, drawbridge.DraftID(p.R.PathValue("draft")))
}

func (p *page) doIntakeSend() (string, error) {
	id, err := p.web.opt.Review.SendDraft(p.R.Context(), p.Actor, drawbridge.DraftID(p.R.PathValue("draft")))
	return "/integrations/" + string(id) + "?done=draft-sent", err
}
