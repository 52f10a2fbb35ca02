// Package web is the door for people with a browser: pages and forms. A page
// reads what it shows from the desks and hands plain values to view; a form's
// answer calls one desk and leads to the page that shows what became of it. The
// pages decide nothing, speak no SQL, and work without scripts.
//
//	w, err := web.New(web.Options{Front: front, Account: people, Register: record, Now: now})
//	mux.Handle("/", w.Handler())
package web

import (
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"path"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"drawbridge/internal/access"
	"drawbridge/internal/account"
	"drawbridge/internal/custody"
	"drawbridge/internal/dossier"
	"drawbridge/internal/front"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/job"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/notify"
	"drawbridge/internal/policy"
	"drawbridge/internal/portfolio"
	"drawbridge/internal/programme"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/tour"
)

// Options are the desks that the pages stand before, and what they need besides.
type Options struct {
	Front *front.Front
	Table *access.Table // whose menu shows what

	Account  *account.Desk
	Register *register.Desk
	Custody  *custody.Desk

	Dossier   *dossier.Desk
	Inquiry   *inquiry.Desk
	Review    *review.Desk
	Lifecycle *lifecycle.Desk
	Programme *programme.Desk
	Portfolio *portfolio.Desk

	Jobs      *job.Jobs
	Notify    *notify.Notify
	Tour      *tour.Tour                        // nil where this is no demonstration
	Workspace func() (*policy.Workspace, error) // the packs that are in effect
	Now       func() time.Time

	PublicURL string // how people reach the server, without a slash at the end: links that leave it begin with it
	Assumed   bool   // nobody set it: it is the address that the server listens on
}

func (o *Options) complete() bool {
	return o.Front != nil && o.Table != nil && o.Account != nil && o.Register != nil && o.Custody != nil &&
		o.Dossier != nil && o.Inquiry != nil && o.Review != nil && o.Lifecycle != nil && o.Programme != nil && o.Portfolio != nil &&
		o.Jobs != nil && o.Notify != nil && o.Workspace != nil && o.Now != nil
}

// Web is the door. It holds no state but its files.
type Web struct {
	opt   Options
	files *files
	areas []area
	dones map[string]done

	handler http.Handler
}

// New makes the door.
func New(opt Options) (*Web, error) {
	if !opt.complete() {
		return nil, errors.New("web: every desk and a clock are needed")
	}
	files, err := readFiles()
	if err != nil {
		return nil, err
	}
	w := &Web{opt: opt, files: files, areas: areas(), dones: map[string]done{}}
	if opt.Tour != nil {
		w.areas = append([]area{tourArea()}, w.areas...)
	}
	for _, a := range w.areas {
		for code, d := range a.dones {
			if _, twice := w.dones[code]; twice {
				return nil, errors.New("web: two acts say " + code)
			}
			w.dones[code] = d
		}
	}
	smaller, err := gzhttp.NewWrapper(gzhttp.ContentTypes(compressed), gzhttp.CompressionLevel(gzip.BestSpeed), gzhttp.RandomJitter(64, 0, false))
	if err != nil {
		return nil, fmt.Errorf("web: compress pages: %w", err)
	}
	w.handler = smaller(w.route())
	return w, nil
}

// compressed are the media types that a browser gets compressed: pages and what they
// are made of. Documents go out as they came in. The length of a page varies at
// random, so that it tells nothing of what a page says (BREACH, CVE-2013-3587).
var compressed = []string{"text/html", "text/css", "text/javascript", "image/svg+xml", "text/markdown", "text/csv"}

// Handler answers every page, and says that there is none for the rest.
func (w *Web) Handler() http.Handler { return w.handler }

func (w *Web) route() http.Handler {
	mux := http.NewServeMux()
	for _, a := range w.areas {
		for _, r := range a.routes {
			mux.Handle(r.method+" "+r.pattern, w.serve(&r))
		}
	}
	mux.Handle("GET /assets/{name...}", w.opt.Front.Serve("web", "/assets/{name...}", w.files.serve, w.problem))
	none := shows("none", "", (*page).nothing).with(public)
	nothing := w.serve(&none)
	mux.Handle("/", nothing)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if path.Clean(r.URL.Path) != r.URL.Path { // the mux would redirect
			nothing.ServeHTTP(rw, r)
			return
		}
		mux.ServeHTTP(rw, r)
	})
}
