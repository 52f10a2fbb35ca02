package web

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/account"
	"drawbridge/internal/front"
	"drawbridge/internal/web/view"
)

// headings say in a line what kind of error it was.
var headings = map[drawbridge.Kind]string{
	drawbridge.Invalid: "That did not work", drawbridge.Unauthenticated: "Sign in first", drawbridge.Denied: "Not allowed",
	drawbridge.NotFound: "There is no such page", drawbridge.Conflict: "Somebody was faster", drawbridge.Precondition: "Load the page again",
	drawbridge.TooLarge: "Too large", drawbridge.Limited: "Too many requests", drawbridge.Unavailable: "Not available now", drawbridge.Internal: "Something broke here",
}

func errNoPage() error {
	return drawbridge.Errorf(drawbridge.NotFound, "there is nothing at this address")
}

// message is what a person may know of an error.
func message(err error) string {
	if e, ok := errors.AsType[*drawbridge.Error](err); ok && drawbridge.KindOf(err) != drawbridge.Internal && e.Message != "" {
		return e.Message
	}
	return "it was not your mistake, and nothing was changed: try again, and tell your administrator if it stays"
}

// nothing is the page of no page.
func (*page) nothing() (templ.Component, error) { return nil, errNoPage() }

// problem draws the page of an error.
func (w *Web) problem(c *front.Call, err error) {
	kind := drawbridge.KindOf(err)
	if kind == drawbridge.Limited || kind == drawbridge.Unavailable {
		wait := "1"
		if d := account.RetryAfter(err); d > 0 {
			wait = front.Seconds(d)
		}
		if c.W.Header().Get("Retry-After") == "" {
			c.W.Header().Set("Retry-After", wait)
		}
	}
	p := &page{Call: c, web: w}
	p.shell = view.Shell{Title: headings[kind], Files: w.files.links, Theme: p.theme()}
	if p.strayed(kind) {
		err = p.send(kind.Status(), view.VisitPlain(p.shell), view.VisitTrouble(sentence(err)))
		if err == nil {
			return
		}
	}
	if err := p.send(kind.Status(), view.Plain(p.shell), view.Trouble(sentence(err), c.ID)); err != nil {
		http.Error(c.W, headings[kind], kind.Status())
	}
}
