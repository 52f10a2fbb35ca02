package web

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/web/view"
)

// visitSection is one part of the questions.
func (p *page) visitSection() (templ.Component, error) {
	a, err := p.visiting()
	if err != nil {
		return nil, err
	}
	if err := p.onFile(a); err != nil {
		return nil, err
	}
	return p.section(a, p.R.PathValue("section"))
}

// section draws one part.
func (p *page) section(a *asking, id string) (templ.Component, error) {
	rows := a.sections()
	at := slices.IndexFunc(rows, func(r view.SectionRow) bool { return r.To == a.base+"/questions/"+id })
	if at < 0 {
		return nil, errNoPage()
	}
	p.shell.Title = rows[at].Title
	p.shell.Trail = []view.Link{{Text: a.Items.Title, To: a.base}}
	out := view.Section{Now: p.now, Title: rows[at].Title, Answered: rows[at].Answered, Asked: rows[at].Asked, Confirm: rows[at].Confirm, Home: a.base}
	if a.fixed {
		out.Confirm = 0 // nobody can take them over here
	}
	if at > 0 {
		out.Back = rows[at-1].To
	}
	if at+1 < len(rows) {
		out.On = rows[at+1].To
	}
	n := 0
	for _, q := range a.visible {
		if q.Section == id {
			n++
			out.Questions = append(out.Questions, a.ask(&q, strconv.Itoa(at+1)+"."+strconv.Itoa(n)))
		}
	}
	return view.SectionPage(out), nil
}

// ask is a question as a page shows it.
func (a *asking) ask(q *questionnaire.Question, number string) view.Ask {
	g, had := a.given[q.ID]
	out := view.Ask{
		Number: number, ID: q.ID, Text: q.Text, Help: q.Help, Type: q.Type, Required: q.Required, NA: q.NA, Base: g.ID, At: g.CreatedAt,
		Given: had && g.Confirmed && g.Answer.Given(), Unconfirmed: slices.Contains(a.Progress.Unconfirmed, q.ID), Said: a.words(q, g.Answer),
		Fixed: a.fixed, Files: a.offered(q.ID, q.Evidence...), Talks: a.talks(q.ID), PassOn: a.passes(), To: "/partner/answers/" + q.ID,
	}
	fill(&out, g.Answer)
	out.Options = a.options(q)
	for _, k := range q.Evidence {
		out.Kinds = append(out.Kinds, view.Option{Value: k, Text: kindName(k)})
	}
	if q.Type == questionnaire.File && len(out.Kinds) == 0 {
		out.Kinds = []view.Option{{}}
	}
	if was, ok := a.Progress.Previous[q.ID]; ok {
		out.Was, out.Changed = a.words(q, was.Answer), was.Changed
	}
	switch {
	case g.Author == "" || a.insiders:
	case g.Author == a.me:
		out.By = "you"
	case drawbridge.ValidID("lnk", g.Author):
		out.By = "a colleague"
	}
	return out
}

// fill puts an answer into the fields of its question.
func fill(out *view.Ask, g questionnaire.Answer) {
	out.NotOn, out.Reason, out.Comment = g.NA, g.Reason, g.Comment
	switch out.Type {
	case questionnaire.Multi, questionnaire.File:
		_ = json.Unmarshal(g.Value, &out.Values) // what does not read is shown as nothing
	case questionnaire.Table:
		_ = json.Unmarshal(g.Value, &out.Rows)
	default:
		if json.Unmarshal(g.Value, &out.Value) != nil {
			out.Value = string(g.Value)
		}
	}
}

// options are the choices of a question, by their labels.
func (a *asking) options(q *questionnaire.Question) []view.Option {
	var out []view.Option
	switch q.Type {
	case questionnaire.Bool:
		return []view.Option{{Value: "true", Text: "Yes"}, {Value: "false", Text: "No"}}
	case questionnaire.File:
		for _, f := range a.files {
			out = append(out, view.Option{Value: string(f.ID), Text: f.Title + " (" + f.FileName + ")"})
		}
		return out
	}
	for _, o := range q.Options {
		out = append(out, view.Option{Value: o.Value, Text: label(o)})
	}
	return out
}

func label(o questionnaire.Option) string {
	if o.Label == "" {
		return view.Words(o.Value)
	}
	return o.Label
}

// words are an answer as people read it.
func (a *asking) words(q *questionnaire.Question, g questionnaire.Answer) string {
	if g.NA {
		return "Does not apply: " + g.Reason
	}
	if !g.Given() {
		return ""
	}
	said := view.Ask{Type: q.Type}
	fill(&said, g)
	name := func(value string) string {
		for _, o := range a.options(q) {
			if o.Value == value {
				return o.Text
			}
		}
		return value
	}
	switch q.Type {
	case questionnaire.Bool, questionnaire.Single:
		return name(said.Value)
	case questionnaire.Multi, questionnaire.File:
		for i, v := range said.Values {
			said.Values[i] = name(v)
		}
		return strings.Join(said.Values, "\n")
	case questionnaire.Table:
		var lines []string
		for _, row := range said.Rows {
			var cells []string
			for _, o := range q.Options {
				if row[o.Value] != "" {
					cells = append(cells, label(o)+": "+row[o.Value])
				}
			}
			lines = append(lines, strings.Join(cells, "; "))
		}
		return strings.Join(lines, "\n")
	}
	return said.Value
}

// typed is the answer to a question as the form says it.
func (p *page) typed(q *questionnaire.Question) questionnaire.Answer {
	text := func(field string) string { return strings.ReplaceAll(p.said(field+":"+q.ID), "\r\n", "\n") }
	out := questionnaire.Answer{Reason: strings.TrimSpace(text("reason")), Comment: strings.TrimSpace(text("comment"))}
	if p.said("clear") != "" {
		return questionnaire.Answer{}
	}
	value := text("value")
	out.NA = text("na") != "" || value == view.NotApplicable && (q.Type == questionnaire.Bool || q.Type == questionnaire.Single)
	var raw any
	switch q.Type {
	case questionnaire.Bool:
		if value == "true" || value == "false" {
			raw = value == "true"
		}
	case questionnaire.Single:
		if value != "" && value != view.NotApplicable {
			raw = value
		}
	case questionnaire.Multi, questionnaire.File:
		if list := p.R.PostForm["value:"+q.ID]; len(list) > 0 {
			raw = list
		}
	case questionnaire.Table:
		if rows := p.rows(q); len(rows) > 0 {
			raw = rows
		}
	case questionnaire.Number:
		if value = strings.TrimSpace(value); value != "" {
			raw = value
			if n, err := strconv.ParseFloat(value, 64); err == nil {
				raw = n
			}
		}
	default:
		if strings.TrimSpace(value) != "" {
			raw = value
		}
	}
	if raw == nil {
		return out
	}
	data, err := json.Marshal(raw)
	if err != nil { // a number that is none, like NaN
		data = []byte(strconv.Quote(value))
	}
	out.Value = data
	return out
}

// rows are the rows of a table that say something.
func (p *page) rows(q *questionnaire.Question) []map[string]string {
	var out []map[string]string
	for i := range questionnaire.MaxRows + 2 {
		row, there := map[string]string{}, false
		for _, o := range q.Options {
			name := strings.Join([]string{"cell", q.ID, strconv.Itoa(i), o.Value}, ":")
			there = there || p.R.PostForm.Has(name)
			if cell := strings.TrimSpace(p.said(name)); cell != "" {
				row[o.Value] = cell
			}
		}
		if !there {
			break
		}
		if len(row) > 0 {
			out = append(out, row)
		}
	}
	return out
}

// asks finds the question of the address.
func (a *asking) asks(id string) (*questionnaire.Question, error) {
	i := slices.IndexFunc(a.Items.Questions, func(q questionnaire.Question) bool { return q.ID == id })
	if i < 0 {
		return nil, errNoPage()
	}
	return &a.Items.Questions[i], nil
}

func (p *page) doAnswer() (string, error) {
	a, err := p.visiting()
	if err != nil {
		return "", err
	}
	q, err := a.asks(p.R.PathValue("question"))
	if err != nil {
		return "", err
	}
	_, err = p.web.opt.Inquiry.Put(p.R.Context(), p.Actor, p.Actor.Inquiry, inquiry.Putting{Question: q.ID, Base: p.said("base"), Answer: p.typed(q)})
	return a.place(q), err
}

// visitAgain is one question alone, whose answer was not saved: with what was
// typed, and with what stands there meanwhile.
func (p *page) visitAgain() (templ.Component, error) {
	a, err := p.visiting()
	if err != nil {
		return nil, err
	}
	q, err := a.asks(p.R.PathValue("question"))
	if err != nil {
		return nil, err
	}
	if err := p.onFile(a); err != nil {
		return nil, err
	}
	p.shell.Title = "Not saved yet"
	p.shell.Trail = []view.Link{{Text: a.Items.Title, To: a.base}}
	for _, s := range a.Items.Sections {
		if s.ID == q.Section {
			p.shell.Trail = append(p.shell.Trail, view.Link{Text: s.Title, To: a.base + "/questions/" + s.ID})
		}
	}
	out := a.ask(q, "")
	out.Conflict = drawbridge.KindOf(p.failed) == drawbridge.Conflict && out.Base != p.said("base")
	if out.Theirs = out.Said; out.Theirs == "" {
		out.Theirs = "(no answer)"
	}
	if c := a.given[q.ID].Answer.Comment; c != "" {
		out.Theirs += "\n(" + c + ")"
	}
	out.Leave = a.base + "/questions/" + q.Section + "?again=yes#q-" + q.ID
	out.Value, out.Values, out.Rows = "", nil, nil
	fill(&out, p.typed(q))
	out.Wrong, out.Fixed, out.Unconfirmed = sentence(p.failed), false, false
	return view.SectionPage(view.Section{Now: p.now, Questions: []view.Ask{out}, Home: a.base + "/questions/" + q.Section, Alone: true}), nil
}
