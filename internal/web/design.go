package web

import (
	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/web/view"
)

func designArea() area {
	return area{
		name:   "About",
		menu:   []entry{{text: "Design", to: "/design"}},
		routes: []route{shows("/design", "/design", (*page).design)},
	}
}

// design shows every component in every state.
func (p *page) design() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Design", "Every part that the pages are put together from, in each of its states."
	return view.DesignPage(p.now, drawbridge.DateOf(p.now)), nil
}
