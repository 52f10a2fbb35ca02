package web

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/front"
	"drawbridge/internal/web/view"
)

const (
	maxForm  = 1 << 20 // bytes of a form without files
	patience = time.Minute
)

// contentPolicy lets a page have what this server serves, and nothing else: no script
// and no style within a page, no frame, no form to elsewhere.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// page is one request for a page.
type page struct {
	*front.Call

	web    *Web
	route  *route
	now    time.Time
	shell  view.Shell
	failed error // of the act, where its page is drawn again
}

// serve answers the requests of one route.
func (w *Web) serve(r *route) http.Handler {
	return w.opt.Front.Serve("web", r.pattern, func(c *front.Call) error {
		p := &page{Call: c, web: w, route: r, now: w.opt.Now()}
		ctx, cancel := context.WithTimeout(c.R.Context(), patience)
		defer cancel()
		c.R = c.R.WithContext(ctx)
		return p.answer()
	}, w.problem)
}

// answer runs the route.
func (p *page) answer() error {
	if p.route.flags&loopback != 0 && !p.Loopback() {
		return errNoPage()
	}
	if err := p.SameSite(); err != nil {
		return err
	}
	if err := p.Recognise(p.route.flags&public != 0); err != nil {
		if drawbridge.KindOf(err) == drawbridge.Unauthenticated {
			return p.welcome()
		}
		return err
	}
	if err := p.frame(); err != nil {
		return err
	}
	if p.route.act == nil {
		return p.draw(http.StatusOK)
	}
	p.R.Body = http.MaxBytesReader(p.W, p.R.Body, maxForm)
	if err := p.R.ParseForm(); err != nil {
		return drawbridge.Errorf(drawbridge.TooLarge, "the form could not be read: it is too large, or was cut off")
	}
	to, err := p.route.act(p)
	if err == nil {
		p.redirect(to)
		return nil
	}
	kind := drawbridge.KindOf(err)
	if p.route.show == nil || !slices.Contains([]drawbridge.Kind{drawbridge.Invalid, drawbridge.Conflict, drawbridge.Unauthenticated, drawbridge.Precondition}, kind) {
		return err
	}
	p.failed = err
	return p.draw(kind.Status())
}

// welcome leads somebody who is not signed in to the page for it, and back.
func (p *page) welcome() error {
	to := "/sign-in"
	if p.R.Method == http.MethodGet && p.R.URL.Path != "/" {
		to += "?" + url.Values{"next": {p.R.URL.RequestURI()}}.Encode()
	}
	p.redirect(to)
	return nil
}

// redirect leads to a page of this server.
func (p *page) redirect(to string) { http.Redirect(p.W, p.R, local(to), http.StatusSeeOther) }

// local is a path of this server: whatever leads elsewhere becomes the start page.
func local(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return to
}

// draw answers with the page. It is drawn before anything is sent: what fails
// halfway fails whole.
func (p *page) draw(status int) error {
	content, err := p.route.show(p)
	if err != nil {
		return err
	}
	if p.W.Status != 0 {
		return nil // it led elsewhere
	}
	outer := view.Page(p.shell)
	if p.Actor.Person == "" {
		outer = view.Plain(p.shell)
	}
	return p.send(status, outer, content)
}

func (p *page) send(status int, outer, content templ.Component) error {
	var b bytes.Buffer
	ctx := context.WithoutCancel(p.R.Context()) // also the page of what took too long is drawn whole
	if err := outer.Render(templ.WithChildren(ctx, content), &b); err != nil {
		return err
	}
	h := p.W.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", contentPolicy)
	p.W.WriteHeader(status)
	if p.R.Method != http.MethodHead {
		_, _ = p.W.Write(b.Bytes()) // the reader may be gone
	}
	return nil
}

// frame reads what stands around every page.
func (p *page) frame() error {
	p.shell = view.Shell{Section: p.route.section, Files: p.web.files.links, Theme: p.theme(), Back: p.R.URL.RequestURI()}
	if done, ok := dones[p.R.URL.Query().Get("done")]; ok {
		p.shell.Flash = &view.Flash{Tone: view.Good, Text: done}
	}
	if p.Actor.Person == "" {
		return nil
	}
	who, err := p.web.opt.Account.Person(p.R.Context(), p.Actor, p.Actor.Person)
	if err != nil {
		return err
	}
	unread, err := p.web.opt.Notify.Unread(p.R.Context(), p.Actor)
	if err != nil {
		return err
	}
	p.shell.Person = view.Person{Name: who.Name, Email: who.Email}
	for _, r := range who.Roles {
		p.shell.Person.Roles = append(p.shell.Person.Roles, view.Words(string(r)))
	}
	p.shell.Menu = menu(int(unread))
	return nil
}

// dones are what a page says after an act: the address names one of them, so that
// nobody can make a page say something else.
var dones = map[string]string{
	"read": "Marked as read.",
}

func menu(unread int) []view.Group {
	entry := func(text, to, key string, count int) view.Entry {
		return view.Entry{Link: view.Link{Text: text, To: to}, Key: key, Count: count}
	}
	return []view.Group{
		{Items: []view.Entry{entry("Inbox", "/", "i", unread), entry("Integrations", "/integrations", "n", 0)}},
		{Name: "About", Items: []view.Entry{entry("Design", "/design", "", 0)}},
	}
}

// said is what was typed into a field of the form.
func (p *page) said(name string) string { return p.R.PostForm.Get(name) }

// wrong tells of the act that failed, above the form.
func (p *page) wrong() {
	if p.failed != nil {
		p.shell.Flash = &view.Flash{Tone: view.Bad, Text: sentence(p.failed)}
	}
}

// sentence is an error as a page says it.
func sentence(err error) string {
	text := message(err)
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
