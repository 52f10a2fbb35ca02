// Package web is the door for people with a browser: pages and forms. A page
// reads what it shows from the desks and hands plain values to view; a form's
// answer calls one desk and leads to the page that shows what became of it. The
// pages decide nothing, speak no SQL, and work without scripts.
//
//	w, err := web.New(web.Options{Front: front, Account: people, Register: record, Now: now})
//	mux.Handle("/", w.Handler())
package web

import (
	"errors"
	"net/http"
	"path"
	"time"

	"github.com/a-h/templ"

	"drawbridge/internal/account"
	"drawbridge/internal/front"
	"drawbridge/internal/notify"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
)

// Options are the desks that the pages stand before, and what they need besides.
type Options struct {
	Front    *front.Front
	Account  *account.Desk
	Register *register.Desk
	Review   *review.Desk
	Notify   *notify.Notify
	Now      func() time.Time
}

// Web is the door. It holds no state but its files.
type Web struct {
	opt   Options
	files *files
}

// New makes the door.
func New(opt Options) (*Web, error) {
	if opt.Front == nil || opt.Account == nil || opt.Register == nil || opt.Review == nil || opt.Notify == nil || opt.Now == nil {
		return nil, errors.New("web: every desk and a clock are needed")
	}
	files, err := readFiles()
	if err != nil {
		return nil, err
	}
	return &Web{opt: opt, files: files}, nil
}

// flags are what is special about a page.
type flags uint

const (
	public   flags = 1 << iota // is there without sign-in
	loopback                   // is there only for the machine itself
)

// route is one line of the table. A POST runs act; when act refuses, show draws
// the page again with what was typed and what was wrong with it.
type route struct {
	method  string
	pattern string // of net/http
	section string // entry of the menu that the page belongs to
	flags   flags
	show    func(*page) (templ.Component, error)
	act     func(*page) (to string, err error)
}

// routes are all pages.
func routes() []route {
	return []route{
		{"GET", "/sign-in", "", public, (*page).signIn, nil},
		{"POST", "/sign-in", "", public, (*page).signIn, (*page).doSignIn},
		{"GET", "/setup", "", public | loopback, (*page).setup, nil},
		{"POST", "/setup", "", public | loopback, (*page).setup, (*page).doSetup},
		{"POST", "/sign-out", "", 0, nil, (*page).doSignOut},
		{"POST", "/theme", "", public, nil, (*page).doTheme},
		{"GET", "/{$}", "/", 0, (*page).inbox, nil},
		{"POST", "/inbox/{id}/read", "/", 0, (*page).inbox, (*page).doRead},
		{"GET", "/integrations", "/integrations", 0, (*page).integrations, nil},
		{"GET", "/integrations/{id}", "/integrations", 0, (*page).integration, nil},
		{"GET", "/design", "/design", 0, (*page).design, nil},
	}
}

// Handler answers every page, and says that there is none for the rest.
func (w *Web) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range routes() {
		mux.Handle(r.method+" "+r.pattern, w.serve(&r))
	}
	mux.Handle("GET /assets/{name...}", w.opt.Front.Serve("web", "/assets/{name...}", w.files.serve, w.problem))
	nothing := w.serve(&route{pattern: "none", flags: public, show: (*page).nothing})
	mux.Handle("/", nothing)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if path.Clean(r.URL.Path) != r.URL.Path { // the mux would redirect
			nothing.ServeHTTP(rw, r)
			return
		}
		mux.ServeHTTP(rw, r)
	})
}
