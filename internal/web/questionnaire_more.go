package web

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/dossier"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/web/view"
)

// preview is the questionnaire as the partner sees it.
func (p *page) preview() (templ.Component, error) {
	a, err := p.previewed()
	if err != nil {
		return nil, err
	}
	o := p.overview(a)
	o.Inside = true
	return view.PreviewPage(a.base, view.OverviewPage(o)), nil
}

func (p *page) previewSection() (templ.Component, error) {
	a, err := p.previewed()
	if err != nil {
		return nil, err
	}
	out, err := p.section(a, p.R.PathValue("section"))
	if err != nil {
		return nil, err
	}
	return view.PreviewPage(a.base, out), nil
}

// previewed reads what the holder of a link gets, with nothing to change.
func (p *page) previewed() (*asking, error) {
	ctx, id := p.R.Context(), p.inquiryID()
	link := drawbridge.LinkID(p.R.URL.Query().Get("link"))
	s, err := p.web.opt.Inquiry.Asked(ctx, p.Actor, id, link)
	if err != nil {
		return nil, err
	}
	a := newAsking(s, string(link))
	a.fixed, a.insiders, a.base = true, true, "/questionnaires/"+string(id)+"/preview"
	files, err := p.web.opt.Dossier.List(ctx, p.Actor, dossier.EvidenceFilter{Inquiry: id}, nil, mostListed)
	if err != nil {
		return nil, err
	}
	a.files = files.Items
	p.shell.Title = a.Items.Title
	p.shell.Trail = []view.Link{{Text: "Questionnaires", To: "/questionnaires"}, {Text: s.Integration, To: "/questionnaires/" + string(id)}}
	return a, nil
}

func (p *page) questionnaireSheet() error { return p.sendSheet(p.inquiryID()) }

func (p *page) questionnaireText() error { return p.sendText(p.inquiryID()) }

func (p *page) questionnaireImport() (templ.Component, error) {
	q, err := p.web.opt.Inquiry.Inquiry(p.R.Context(), p.Actor, p.inquiryID())
	if err != nil {
		return nil, err
	}
	to := "/questionnaires/" + string(q.ID)
	p.shell.Title, p.shell.Lead = "Answers from a spreadsheet", "They are taken in as your answers: all of the file, or nothing."
	p.shell.Trail = []view.Link{{Text: "Questionnaires", To: "/questionnaires"}, {Text: "Questionnaire", To: to}}
	p.wrong()
	return view.SheetInPage(view.SheetIn{To: to + "/import", Sheet: to + "/sheet", Once: p.once(), Clash: drawbridge.KindOf(p.failed) == drawbridge.Conflict}), nil
}

func (p *page) doImportAnswers() (string, error) {
	return "/questionnaires/" + string(p.inquiryID()) + "?done=sheet-taken", p.takeSheet(p.inquiryID())
}

// templates are the questionnaires that can be sent.
func (p *page) templates() (templ.Component, error) {
	ws, err := p.web.opt.Workspace()
	if err != nil {
		return nil, err
	}
	p.shell.Title, p.shell.Lead = "Templates", "Questions as data: one set comes with the program, an organisation's own come in packs."
	p.shell.Trail = []view.Link{{Text: "Questionnaires", To: "/questionnaires"}}
	g := p.grid("Templates", "template", append([]string{"Template", "Version", "Language"}, questionnaire.Lengths()...)...)
	for _, t := range ws.Questionnaires() {
		row := []view.Slot{
			{Kind: view.HeadSlot, Text: t.Title, To: "/templates/" + t.Name, Note: t.Name}, {Text: t.Version}, {Text: t.Lang},
		}
		for i := range questionnaire.Lengths() {
			n := 0
			for _, q := range t.Questions() {
				if slices.Index(questionnaire.Lengths(), q.Length) <= i {
					n++
				}
			}
			row = append(row, view.Slot{Kind: view.NumberSlot, Text: strconv.Itoa(n), To: "/templates/" + t.Name + "?length=" + questionnaire.Lengths()[i]})
		}
		g.Rows = append(g.Rows, row)
	}
	return view.GridPage(g), nil
}

// template shows the questions of one.
func (p *page) template() (templ.Component, error) {
	ws, err := p.web.opt.Workspace()
	if err != nil {
		return nil, err
	}
	t := ws.Questionnaire(p.R.PathValue("name"))
	if t == nil {
		return nil, errNoPage()
	}
	longest := slices.Index(questionnaire.Lengths(), p.R.URL.Query().Get("length"))
	p.shell.Title = t.Title
	if longest >= 0 {
		p.shell.Lead = "The " + questionnaire.Lengths()[longest] + " form."
	}
	p.shell.Trail = []view.Link{{Text: "Questionnaires", To: "/questionnaires"}, {Text: "Templates", To: "/templates"}}
	out := view.TemplateText{Now: p.now, Today: drawbridge.DateOf(p.now), Facts: []view.Known{
		{Name: "Name", Slot: view.Slot{Kind: view.CodeSlot, Text: t.String()}},
		{Name: "Language", Slot: view.Slot{Text: t.Lang}},
		{Name: "Digest", Slot: view.Slot{Kind: view.CodeSlot, Text: t.Digest()}},
	}}
	for _, s := range t.Sections {
		part := view.TemplatePart{ID: s.ID, Title: s.Title, Grid: p.grid(s.Title, "question", "Question", "Answer", "For", "From", "Asked when", "Settled by")}
		for _, q := range s.Questions {
			if longest >= 0 && slices.Index(questionnaire.Lengths(), q.Length) > longest {
				continue
			}
			kind := q.Type
			if q.Required {
				kind += ", required"
			}
			var choices []string
			for _, o := range q.Options {
				choices = append(choices, label(o))
			}
			settled := append(slices.Clone(q.Evidence), q.Tests...)
			part.Grid.Rows = append(part.Grid.Rows, []view.Slot{
				{Kind: view.HeadSlot, Text: q.Text, Note: q.ID}, {Text: kind, Note: strings.Join(choices, " · ")}, {Text: q.Audience}, {Text: q.Length}, {Text: q.When}, {Text: strings.Join(settled, ", ")},
			})
		}
		if len(part.Grid.Rows) > 0 {
			out.Parts = append(out.Parts, part)
		}
	}
	return view.TemplatePage(out), nil
}
