package web

import (
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/web/view"
)

// searchArea is the search over everything, and the list of shortcuts.
func searchArea() area {
	return area{routes: []route{
		shows("/search", "", (*page).search),
		shows("/keys-help", "", (*page).keysHelp),
	}}
}

// search is the page of a search, and what the palette shows of it.
func (p *page) search() (templ.Component, error) {
	p.shell.Title = "Search"
	out := view.Search{Text: strings.TrimSpace(p.R.URL.Query().Get("q"))}
	if out.Text == "" {
		return view.SearchPage(out), nil
	}
	p.shell.Title = "Search: " + out.Text
	hits, err := p.web.opt.Portfolio.Search(p.R.Context(), p.Actor, out.Text, 0)
	if drawbridge.KindOf(err) == drawbridge.Invalid {
		p.failed = err
		p.wrong()
		out.Text = ""
		return view.SearchPage(out), nil
	}
	if err != nil {
		return nil, err
	}
	for _, h := range hits {
		if n := len(out.Kinds); n == 0 || out.Kinds[n-1].Kind != h.Kind {
			out.Kinds = append(out.Kinds, view.Found{Kind: h.Kind, Name: hitKinds[h.Kind]})
		}
		at := &out.Kinds[len(out.Kinds)-1]
		at.Hits = append(at.Hits, hit(h))
	}
	return view.SearchPage(out), nil
}

// hitKinds are the headings of what is found.
var hitKinds = map[string]string{
	"integration": "Integrations", "partner": "Partners", "review": "Reviews", "finding": "Findings", "risk": "Risks", "person": "People", "questionnaire": "Questionnaires",
}

// hit is one thing that was found, with where its page is.
func hit(h drawbridge.Hit) view.Hit {
	out := view.Hit{Link: view.Link{Text: h.Title}, More: view.Words(h.More)}
	if h.Name != "" && h.Kind != "integration" {
		out.More = h.Name + " · " + out.More
	}
	switch h.Kind {
	case "integration":
		out.To, out.More = "/integrations/"+h.ID, h.More
	case "partner":
		out.To = "/partners/" + h.ID
	case "review":
		out.To = "/reviews/" + h.ID
	case "finding":
		out.To = "/findings/" + string(h.Integration) + "/" + h.ID
	case "risk":
		out.To = "/risks/" + h.ID
	case "person":
		out.To, out.More = "/people/"+h.ID, h.More
	case "questionnaire":
		out.To = "/questionnaires/" + h.ID
	}
	return out
}

// shortcuts are the keys that every page has.
var shortcuts = []view.Option{
	{Value: "?", Text: "Show the shortcuts"},
	{Value: "/", Text: "Search, and go to any page"},
	{Value: "Ctrl K", Text: "The same, also while you type in a field"},
	{Value: "j", Text: "Next row of a list"},
	{Value: "k", Text: "Row before"},
	{Value: "x", Text: "Tick the row"},
	{Value: "Enter", Text: "Open the row"},
	{Value: "Esc", Text: "Close what is open"},
}

// keysHelp lists the shortcuts, and has the switch that turns them off.
func (p *page) keysHelp() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Shortcuts", "Every page works with them, without them, and without a mouse."
	return view.KeysPage(shortcuts, p.shell.Menu), nil
}
