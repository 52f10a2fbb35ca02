package web_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/account"
	"drawbridge/internal/app"
	"drawbridge/internal/custody"
	"drawbridge/internal/front"
	"drawbridge/internal/job"
	"drawbridge/internal/notify"
	"drawbridge/internal/policy"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
	"drawbridge/internal/web"
)

const password = "a sentence to sign in with"

// rig is a server of pages over a record of its own.
type rig struct {
	*world.World
	app.Desks

	people  *account.Desk
	jobs    *job.Jobs
	url     string
	queries atomic.Int64 // of the last answer
}

func open(t *testing.T, database string) *rig {
	t.Helper()
	r := &rig{World: world.New(t, database, world.Options{})}
	r.people = account.New(r.Door, account.Options{Now: r.Now, Origin: "drawbridge.test"})
	r.Desks = app.NewDesks(r.Door, r.Record, r.Packs.Load)
	messages, err := notify.New(notify.Options{Door: r.Door})
	if err != nil {
		t.Fatal(err)
	}
	r.Programme.SetMarks(messages.Marks())
	if r.jobs, err = job.New(job.Options{Door: r.Door, Database: database}); err != nil {
		t.Fatal(err)
	}
	pages, err := web.New(web.Options{
		Front: front.New(front.Options{
			Authenticate: r.people.Authenticate, Visitor: r.Inquiry.Recognise, Now: r.Now,
			Observe: func(_ string, _ int, _ time.Duration, queries int64) { r.queries.Store(queries) },
		}),
		Table: r.Door.Table(), Account: r.people, Register: r.Record, Custody: custody.New(r.Door), Jobs: r.jobs, Notify: messages,
		Dossier: r.Dossier, Inquiry: r.Inquiry, Review: r.Review, Lifecycle: r.Lifecycle, Programme: r.Programme, Portfolio: r.Portfolio,
		Workspace: func() (*policy.Workspace, error) { return r.Packs.Load(), nil }, Now: r.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(pages.Handler())
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// browser keeps cookies, and stops where it is led.
type browser struct {
	t    *testing.T
	rig  *rig
	http *http.Client
}

func (r *rig) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, r, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// answer is what came back.
type answer struct {
	*http.Response
	text string
}

func (b *browser) do(req *http.Request) answer {
	b.t.Helper()
	res, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // it was read
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{res, string(body)}
}

func (b *browser) get(path string) answer {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.rig.url+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(req)
}

func (b *browser) post(path string, form url.Values, headers ...string) answer {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.rig.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	return b.do(req)
}

// first makes the first administrator by the pages, who is then signed in.
func (b *browser) first() {
	b.t.Helper()
	if a := b.post("/setup", url.Values{"name": {"Root"}, "email": {"root@drawbridge.example"}, "password": {password}}); a.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("setup: %d %s", a.StatusCode, a.text)
	}
}

// root is the first administrator, who just gave their password.
func (r *rig) root(t *testing.T) (root access.Actor) {
	t.Helper()
	r.Look(t, func(tx *store.Tx) error {
		p, err := tx.PersonByEmail("root@drawbridge.example")
		if err == nil {
			root = access.Actor{ID: string(p.ID), Person: p.ID, Roles: p.Roles, Via: "web", Proved: r.Now()}
		}
		return err
	})
	return root
}

// bring signs somebody in who owns an integration, and returns its page.
func (b *browser) bring(name string) string {
	b.t.Helper()
	b.first()
	root := b.rig.root(b.t)
	b.rig.Write(b.t, func(tx *store.Tx) error {
		p, err := tx.Person(root.Person)
		if err != nil {
			return err
		}
		p.Roles = append(p.Roles, drawbridge.ProgrammeOwner)
		return tx.SetPerson(p)
	})
	root.Roles = append(root.Roles, drawbridge.ProgrammeOwner)
	in := b.rig.Bring(b.t, root, "pay", "name: Card payments", "name: "+name)
	return "/integrations/" + string(in.ID)
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		r := open(t, database)
		b := r.browser(t)
		if a := b.get("/integrations?tier=high"); a.StatusCode != 303 || a.Header.Get("Location") != "/sign-in?next=%2Fintegrations%3Ftier%3Dhigh" {
			t.Errorf("who is not signed in is led to %d %s", a.StatusCode, a.Header.Get("Location"))
		}
		if a := b.get("/sign-in"); a.StatusCode != 303 || a.Header.Get("Location") != "/setup" {
			t.Errorf("the first run leads to %d %s", a.StatusCode, a.Header.Get("Location"))
		}
		if a := b.post("/setup", url.Values{"name": {"Root"}, "email": {"root@drawbridge.example"}, "password": {"short"}}); a.StatusCode != 400 || !strings.Contains(a.text, `value="root@drawbridge.example"`) || strings.Contains(a.text, `value="short"`) {
			t.Errorf("a bad password: %d %s", a.StatusCode, a.text)
		}
		b.first()
		if a := b.get("/"); a.StatusCode != 200 || !strings.Contains(a.text, "Nothing needs you now.") {
			t.Errorf("the inbox: %d %s", a.StatusCode, a.text)
		}
		if a := r.browser(t).get("/setup"); a.StatusCode != 404 {
			t.Errorf("a second first run: %d", a.StatusCode)
		}
		if a := b.post("/sign-out", nil); a.StatusCode != 303 {
			t.Errorf("sign out: %d", a.StatusCode)
		}
		if a := b.get("/"); a.StatusCode != 303 {
			t.Errorf("the inbox after signing out: %d", a.StatusCode)
		}
		in := url.Values{"email": {"root@drawbridge.example"}, "password": {"wrong wrong wrong"}, "next": {"/integrations"}}
		if a := b.post("/sign-in", in); a.StatusCode != 401 || !strings.Contains(a.text, `role="alert"`) || !strings.Contains(a.text, `value="/integrations"`) || strings.Contains(a.text, "wrong wrong") {
			t.Errorf("a wrong password: %d %s", a.StatusCode, a.text)
		}
		for next, want := range map[string]string{"/integrations": "/integrations", "//evil.example": "/", "https://evil.example/": "/", "/\\evil.example": "/", "": "/"} {
			in.Set("password", password)
			in.Set("next", next)
			if a := r.browser(t).post("/sign-in", in); a.StatusCode != 303 || a.Header.Get("Location") != want {
				t.Errorf("signed in with next=%q: %d, led to %q, want %q", next, a.StatusCode, a.Header.Get("Location"), want)
			}
		}
	})
}

// TestPages looks at every page as it stands: what a browser may run and load, and
// what people who do not see the screen are told.
func TestPages(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	b := r.browser(t)
	dossier := b.bring("Card <script>alert(1)</script> payments")
	for path, want := range map[string][]string{
		"/":                             {"Nothing needs you now."},
		"/integrations":                 {"Card &lt;script&gt;alert(1)&lt;/script&gt; payments", dossier},
		"/integrations?text=nothing":    {"No integration fits."},
		"/integrations?outcome=no_go":   {"Integrations"},
		dossier:                         {"Not approved: no decision was made yet.", "Inherent risk", "Residual risk", "What would lower it most"},
		"/design":                       {"Every part that the pages are put together from"},
		"/integrations?tier=zz&after=?": {"names no place in the list"},
		"/nothing":                      {"There is no such page"},
	} {
		a := b.get(path)
		for _, w := range want {
			if !strings.Contains(a.text, w) {
				t.Errorf("%s (%d) does not say %q:\n%s", path, a.StatusCode, w, a.text)
			}
		}
		if a.StatusCode == 200 && r.queries.Load() > 12 {
			t.Errorf("%s asks the database %d times, want at most 12", path, r.queries.Load())
		}
		if p := a.Header.Get("Content-Security-Policy"); !strings.Contains(p, "default-src 'none'") || strings.Contains(p, "unsafe") {
			t.Errorf("%s: content policy %q", path, p)
		}
		for _, wrong := range check(t, a.text) {
			t.Errorf("%s: %s", path, wrong)
		}
	}
}

// check lists what a page must not have.
func check(t *testing.T, page string) (wrong []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	ids, labels, headings := map[string]int{}, map[string]bool{}, 0
	var inputs []map[string]string
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		at := map[string]string{}
		for _, a := range n.Attr {
			at[a.Key] = a.Val
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
				wrong = append(wrong, n.Data+" has "+a.Key+"="+a.Val)
			}
		}
		if id, ok := at["id"]; ok {
			ids[id]++
		}
		switch n.Data {
		case "script":
			if at["src"] == "" {
				wrong = append(wrong, "a script within the page")
			}
		case "style":
			wrong = append(wrong, "a style within the page")
		case "h1":
			headings++
		case "label":
			labels[at["for"]] = true
		case "input", "select", "textarea":
			if at["type"] != "hidden" && n.Parent.Data != "label" {
				inputs = append(inputs, at)
			}
		}
	}
	for id, n := range ids {
		if n > 1 {
			wrong = append(wrong, "the id "+id+" is there twice")
		}
	}
	for _, in := range inputs {
		if !labels[in["id"]] {
			wrong = append(wrong, "the field "+in["name"]+" has no label")
		}
	}
	if headings != 1 {
		wrong = append(wrong, "there is not one heading of the page")
	}
	return wrong
}

func TestOtherSites(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	b := r.browser(t)
	b.first()
	if a := b.post("/sign-out", nil, "Origin: https://evil.example", "Sec-Fetch-Site: cross-site"); a.StatusCode != 403 {
		t.Errorf("another site signs people out: %d", a.StatusCode)
	}
	if a := b.get("/?done=you+won"); a.StatusCode != 200 || strings.Contains(a.text, "you won") {
		t.Error("an address makes a page say something")
	}
	if a := b.post("/inbox/msg_0000000000/read", nil); a.StatusCode != 404 {
		t.Errorf("a message that is not there: %d", a.StatusCode)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	b := r.browser(t)
	page := b.get("/setup").text
	_, rest, _ := strings.Cut(page, `rel="stylesheet" href="`)
	path, _, _ := strings.Cut(rest, `"`)
	a := b.get(path)
	if a.StatusCode != 200 || !strings.Contains(a.Header.Get("Cache-Control"), "immutable") || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/css") || !strings.Contains(a.text, "--accent") {
		t.Errorf("the style sheet %q: %d %v", path, a.StatusCode, a.Header)
	}
	if a := b.get("/assets/css/1-tokens.css"); a.StatusCode != 404 {
		t.Errorf("a file by its own name: %d", a.StatusCode)
	}
}

func TestThemes(t *testing.T) {
	t.Parallel()
	b := open(t, "").browser(t)
	b.first()
	for theme, want := range map[string]string{"dark": `data-theme="dark"`, "light": `data-theme="light"`, `"><script>`: `<html lang="en">`, "": `<html lang="en">`} {
		if a := b.post("/theme", url.Values{"theme": {theme}, "back": {"/design"}}); a.StatusCode != 303 || a.Header.Get("Location") != "/design" {
			t.Errorf("theme %q: %d, led to %q", theme, a.StatusCode, a.Header.Get("Location"))
		}
		if a := b.get("/design"); !strings.Contains(a.text, want) {
			t.Errorf("theme %q: %s", theme, a.text[:200])
		}
	}
}

// TestSentAgain signs out in one tab and sends a form in the other: what was typed
// is there after the sign-in, and nothing was done meanwhile.
func TestSentAgain(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	r.browser(t).first()
	b := r.browser(t)
	a := b.post("/inbox/msg_0000000000/read?x=1", url.Values{"reason": {`because of "this"`}, "password": {"never carried"}})
	if a.StatusCode != 401 || !strings.Contains(a.text, `name="again.reason" value="because of &#34;this&#34;"`) || strings.Contains(a.text, "never carried") || len(check(t, a.text)) > 0 {
		t.Fatalf("a form of nobody: %d %v %s", a.StatusCode, check(t, a.text), a.text)
	}
	form := url.Values{"email": {"root@drawbridge.example"}, "again": {"/inbox/msg_0000000000/read?x=1"}, "again.reason": {"because"}}
	if a := b.post("/sign-in", form); a.StatusCode != 401 || !strings.Contains(a.text, `name="again.reason" value="because"`) {
		t.Errorf("a wrong password loses what was typed: %d %s", a.StatusCode, a.text)
	}
	form.Set("password", password)
	if a := b.post("/sign-in", form); a.StatusCode != 200 || !strings.Contains(a.text, `action="/inbox/msg_0000000000/read?x=1"`) || !strings.Contains(a.text, `name="reason" value="because"`) || len(check(t, a.text)) > 0 {
		t.Errorf("after the sign-in: %d %v %s", a.StatusCode, check(t, a.text), a.text)
	}
	form.Set("again", "https://evil.example/")
	if a := b.post("/sign-in", form); a.StatusCode != 200 || strings.Contains(a.text, "evil") {
		t.Errorf("a form is sent elsewhere: %d %s", a.StatusCode, a.text)
	}
}
