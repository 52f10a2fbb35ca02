package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/front"
	"drawbridge/internal/web/view"
)

const (
	maxForm   = 1 << 20  // bytes of a form without a file
	maxUpload = 34 << 20 // bytes of one with a file; what the file may be, its desk says
	patience  = time.Minute
	sending   = 10 * time.Minute // how long a file may come or go
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
	file   *file // of a form that was sent with one
	failed error // of the act, where its page is drawn again

	guest   *view.Visit                          // the frame of a partner's page
	instead func(*page) (templ.Component, error) // a page that an act wants drawn in place of leading on
}

// file is what somebody sends with a form: read once, as it comes.
type file struct {
	name string // as the sender called it: never a path here
	io.Reader
}

// serve answers the requests of one route.
func (w *Web) serve(r *route) http.Handler {
	return w.opt.Front.Serve("web", r.pattern, func(c *front.Call) error {
		p := &page{Call: c, web: w, route: r, now: w.opt.Now()}
		wait := patience
		if r.has(upload) || r.send != nil {
			wait = sending
		}
		ctx, cancel := context.WithTimeout(c.R.Context(), wait)
		defer cancel()
		c.R = c.R.WithContext(ctx)
		return p.answer()
	}, w.problem)
}

// answer runs the route.
func (p *page) answer() error {
	if p.route.has(loopback) && !p.Loopback() {
		return errNoPage()
	}
	if err := p.SameSite(); err != nil {
		return err
	}
	limit := int64(maxForm)
	if p.route.has(upload) {
		limit = maxUpload
	}
	defer p.Pace(p.R.Context(), limit)()
	if err := p.recognise(); err != nil {
		if drawbridge.KindOf(err) == drawbridge.Unauthenticated && !p.route.has(visitor) {
			return p.welcome()
		}
		return err
	}
	if err := p.frame(); err != nil {
		return err
	}
	switch {
	case p.route.send != nil:
		return p.route.send(p)
	case p.route.act != nil:
		return p.act()
	}
	return p.draw(http.StatusOK)
}

func (p *page) recognise() error {
	if p.route.has(visitor) {
		return p.Visit()
	}
	return p.Recognise(p.route.has(public))
}

// act runs the form's act, and leads on or draws the form again.
func (p *page) act() error {
	if p.route.has(upload) {
		leave, err := p.Wait(p.R.Context(), p.web.opt.Front.Uploads)
		if err != nil {
			return err
		}
		defer leave()
	}
	if err := p.read(); err != nil {
		return err
	}
	to, err := p.route.act(p)
	if p.W.Status != 0 {
		return err // it answered itself
	}
	if errors.Is(err, access.ErrStale) && p.Actor.Person != "" && !p.route.has(upload) {
		return p.askProof()
	}
	if err == nil && p.instead != nil {
		p.route = &route{pattern: p.route.pattern, show: p.instead}
		return p.draw(http.StatusOK)
	}
	if err == nil {
		p.redirect(to)
		return nil
	}
	kind := drawbridge.KindOf(err)
	if p.route.show == nil || !slices.Contains([]drawbridge.Kind{drawbridge.Invalid, drawbridge.Conflict, drawbridge.Unauthenticated, drawbridge.Precondition, drawbridge.TooLarge}, kind) {
		return err
	}
	p.failed = err
	return p.draw(kind.Status())
}

// read takes the form in; of one with a file, what stands before the file.
func (p *page) read() error {
	if !p.route.has(upload) {
		if err := p.R.ParseForm(); err != nil {
			return errForm()
		}
		return nil
	}
	parts, err := p.R.MultipartReader()
	if err != nil {
		return errForm()
	}
	p.R.PostForm, p.R.Form = url.Values{}, p.R.URL.Query()
	for held := 0; held < maxForm; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errForm()
		}
		if part.FileName() != "" {
			p.file = &file{name: part.FileName(), Reader: part}
			return nil
		}
		text, err := io.ReadAll(io.LimitReader(part, maxForm))
		if err != nil {
			return errForm()
		}
		held += len(text) + 100
		p.R.PostForm.Add(part.FormName(), string(text))
	}
	return errForm()
}

func errForm() error {
	return drawbridge.Errorf(drawbridge.TooLarge, "the form could not be read: it is too large, or was cut off")
}

// welcome leads somebody who is not signed in to the page for it, and back. What
// was typed into a form comes along, so that it is not lost.
func (p *page) welcome() error {
	form := p.R.Method == http.MethodPost && !p.route.has(upload)
	p.route = &route{pattern: "/sign-in", show: (*page).signIn}
	if err := p.frame(); err != nil {
		return err
	}
	if form && p.R.ParseForm() == nil {
		p.shell.Back = "/"
		return p.draw(http.StatusUnauthorized)
	}
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
	switch {
	case p.guest != nil:
		outer = view.VisitPage(p.shell, *p.guest)
	case p.Actor.Person == "":
		outer = view.Plain(p.shell)
	}
	if p.failed != nil {
		p.W.Header().Set("HX-Push-Url", "false") // the address of a form's answer is no page
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
	p.shell.Flash = p.told()
	if p.Actor.Person == "" {
		return nil
	}
	who, err := p.web.opt.Account.Person(p.R.Context(), p.Actor, p.Actor.Person)
	if err != nil {
		return err
	}
	needs, err := p.web.opt.Programme.Needs(p.R.Context(), p.Actor)
	if err != nil {
		return err
	}
	p.shell.Person = view.Person{Name: who.Name, Email: who.Email, To: "/account"}
	for _, r := range who.Roles {
		if word := view.Words(string(r)); !slices.Contains(p.shell.Person.Roles, word) { // over several scopes
			p.shell.Person.Roles = append(p.shell.Person.Roles, word)
		}
	}
	p.shell.Person.Others = p.residents()
	p.shell.Menu = p.menu(needs)
	return nil
}

// told is what became of the act that led here, as the address names it.
func (p *page) told() *view.Flash {
	q := p.R.URL.Query()
	d, ok := p.web.dones[q.Get("done")]
	if !ok {
		return nil
	}
	out := &view.Flash{Tone: view.Good, Text: d.text}
	if of := q.Get("of"); d.undo != "" && identifier.MatchString(of) {
		out.Undo = strings.ReplaceAll(d.undo, "{of}", of)
	}
	return out
}

// may reports whether a link or a button is worth showing: whether the person may
// do this to anything at all. The desk decides.
func (p *page) may(act access.Action) bool { return !p.web.opt.Table.Scope(p.Actor, act).Nothing() }

// menu are the entries that the person has a use for, with what waits for them there.
func (p *page) menu(needs map[string]int64) []view.Group {
	var out []view.Group
	for _, a := range p.web.areas {
		at := slices.IndexFunc(out, func(g view.Group) bool { return g.Name == a.name })
		for _, e := range a.menu {
			if e.may != "" && !p.may(e.may) {
				continue
			}
			if at < 0 {
				out, at = append(out, view.Group{Name: a.name}), len(out)
			}
			shown := view.Entry{Link: view.Link{Text: e.text, To: e.to}, Key: e.key}
			for kind, n := range needs {
				if e.counts == "*" || e.counts != "" && strings.HasPrefix(kind, e.counts) {
					shown.Count += int(n)
				}
			}
			out[at].Items = append(out[at].Items, shown)
		}
	}
	return out
}

// once is a new idempotency key for a form: pressed twice, it acts once.
func (*page) once() string { return rand.Text() }

// key is the idempotency key of the form that was sent.
func (p *page) key() string {
	if key := p.said("key"); identifier.MatchString(key) {
		return key
	}
	return ""
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
