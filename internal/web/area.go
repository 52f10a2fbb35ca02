package web

import (
	"regexp"

	"github.com/a-h/templ"

	"drawbridge/internal/access"
)

// area is a part of the pages: its group of the menu, its routes, and what its
// acts say when they were done.
type area struct {
	name   string // heading of the group; areas of one name share it
	menu   []entry
	routes []route
	dones  map[string]done
}

// areas are all parts, in the order of the menu.
func areas() []area {
	return []area{
		frameArea(),
		inboxArea(),
		savedArea(),
		bulkArea(),
		reviewArea(),
		integrationArea(),
		intakeArea(),
		portfolioArea(),
		visitArea(),
		searchArea(),
		accountArea(),
		rulesArea(),
		systemArea(),
		designArea(),
	}
}

// entry is one page of the menu.
type entry struct {
	text string
	to   string
	key  string        // the shortcut after g
	may  access.Action // who may do this of anything sees the entry; empty is everybody

	counts string // what the kinds of tasks begin with that the entry counts; "*" is all
}

// done is what a page says after an act. The address names a done by its code, so
// that nobody can make a page say something else.
type done struct {
	text string
	undo string // path to post to, with {of} for the identifier that the address gives; empty when nothing takes it back
}

// identifier is what an address may give to a done.
var identifier = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$`)

// flags are what is special about a route.
type flags uint

const (
	public   flags = 1 << iota // is there without sign-in
	loopback                   // is there only for the machine itself
	upload                     // takes a form with one file, the file last
	visitor                    // is there for a partner who came by a link
)

// route is one line of an area's table. A POST runs act; when act refuses, show
// draws the page again with what was typed and what was wrong with it.
type route struct {
	method  string
	pattern string // of net/http
	section string // entry of the menu that the page belongs to
	flags   flags
	show    func(*page) (templ.Component, error)
	act     func(*page) (to string, err error)
	send    func(*page) error
}

// shows is a page.
func shows(pattern, section string, show func(*page) (templ.Component, error)) route {
	return route{method: "GET", pattern: pattern, section: section, show: show}
}

// acts is a form's answer: it leads to where act says.
func acts(pattern, section string, show func(*page) (templ.Component, error), act func(*page) (string, error)) route {
	return route{method: "POST", pattern: pattern, section: section, show: show, act: act}
}

// sends is an answer that is no page: a drawing, a text, a download.
func sends(pattern string, send func(*page) error) route {
	return route{method: "GET", pattern: pattern, send: send}
}

func (r route) with(f flags) route {
	r.flags |= f
	return r
}

func (r *route) has(f flags) bool { return r.flags&f != 0 }
