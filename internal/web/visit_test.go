package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/dossier"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/policy"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

const script = "<script>alert(1)</script>"

const asks = `name: small
version: 1.0.0
lang: en
title: A small <script>alert(1)</script> questionnaire
sections:
- id: base
  title: The <script>alert(1)</script> basics
  questions:
  - {id: base.team, text: "Is there a <script>alert(1)</script> team?", help: "Help <script>alert(1)</script>", type: bool, weight: 2, required: true, length: short, controls: [tls-version]}
  - {id: base.size, text: "How many people are in it?", type: number, length: short, when: base.team}
  - {id: base.plan, text: "Describe the plan.", type: text, required: true, na: true, length: short}
  - {id: base.test, text: "Are you tested?", type: bool, weight: 1, required: true, length: short, evidence: [evidence:pentest]}
  - {id: base.where, text: "Where?", type: multi, length: short, options: [{value: eu, label: "EU <script>alert(1)</script>"}, {value: us}]}
  - {id: base.how, text: "How?", type: single, na: true, length: short, options: [{value: well}, {value: badly}]}
  - {id: base.since, text: "Since when?", type: date, length: short}
  - {id: base.subs, text: "Who works for you?", type: table, length: short, options: [{value: name, label: Name}, {value: country, label: "C <script>alert(1)</script>"}]}
  - {id: base.files, text: "Which documents?", type: file, length: short}
- id: other
  title: Others
  questions:
  - {id: other.one, text: "One more?", type: bool, length: short}
`

// asked is a questionnaire that was sent to a partner.
type asked struct {
	*rig
	t        *testing.T
	ann, sam access.Actor
	q        drawbridge.Inquiry
	root     *browser // of the first administrator
}

// ask sends the small questionnaire for an integration with a script in its name.
func ask(t *testing.T, database string) *asked {
	t.Helper()
	r := open(t, database)
	root := r.browser(t)
	root.first()
	dir := t.TempDir()
	for name, text := range map[string]string{"pack/pack.yaml": "name: small\nkind: questionnaire\nversion: 1.0.0\n", "pack/templates/small.yaml": asks} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := policy.Add(filepath.Join(dir, policy.WorkspaceFile), filepath.Join(dir, "pack")); err != nil {
		t.Fatal(err)
	}
	ws, err := policy.OpenWorkspace(dir)
	if err != nil {
		t.Fatal(err)
	}
	r.Packs.Store(ws)
	a := &asked{rig: r, t: t, root: root, ann: r.Person(t, "ann", drawbridge.Requester), sam: r.Person(t, "sam", drawbridge.ReviewerSecurity)}
	a.q = a.send(r.Bring(t, a.ann, "pay", "name: Card payments", "name: Pay "+script))
	return a
}

// send sends the questionnaire for a new review.
func (a *asked) send(in drawbridge.Integration) drawbridge.Inquiry {
	a.t.Helper()
	a.Pass(time.Second)
	x := drawbridge.Review{
		ID: drawbridge.ReviewID(drawbridge.NewID("rvw", a.Now())), Integration: in.ID, Partner: in.Partner, Number: a.Now().Unix(), State: drawbridge.InReview,
		Requester: a.ann.Person, Tier: drawbridge.TierHigh, Roles: []drawbridge.Discipline{drawbridge.SecurityDiscipline}, OpenedAt: a.Now(),
	}
	a.Write(a.t, func(tx *store.Tx) error { return tx.Reviews().Add(&x) })
	q, err := a.Inquiry.Send(a.t.Context(), a.sam, inquiry.Sending{Review: x.ID, Template: "small/short", Due: a.Days(20)})
	if err != nil {
		a.t.Fatal(err)
	}
	return q
}

// comes opens a new link in a browser of its own.
func (a *asked) comes(in inquiry.NewLink) *browser {
	a.t.Helper()
	a.Pass(time.Second)
	if in.Label == "" {
		in.Label = "Acme " + script
	}
	issued, err := a.Inquiry.AddLink(a.t.Context(), a.sam, a.q.ID, in)
	if err != nil {
		a.t.Fatal(err)
	}
	return a.opens("/p/" + issued.Secret)
}

func (a *asked) opens(path string) *browser {
	a.t.Helper()
	b := a.browser(a.t)
	if got := b.get(path); got.StatusCode != 303 || got.Header.Get("Location") != "/partner" || len(got.Cookies()) != 1 || !got.Cookies()[0].HttpOnly {
		a.t.Fatalf("the link leads to %d %s, with %v", got.StatusCode, got.Header.Get("Location"), got.Cookies())
	}
	return b
}

// sees looks at a page: what it says, that it is whole, and that it asks little.
func (b *browser) sees(path string, want ...string) answer {
	b.t.Helper()
	a := b.get(path)
	if a.StatusCode != 200 {
		b.t.Fatalf("%s: %d %s", path, a.StatusCode, a.text)
	}
	if n := b.rig.queries.Load(); n > 12 {
		b.t.Errorf("%s asks the database %d times, want at most 12", path, n)
	}
	return b.holds(path, a, want...)
}

func (b *browser) holds(path string, a answer, want ...string) answer {
	b.t.Helper()
	for _, w := range want {
		if !strings.Contains(a.text, w) {
			b.t.Errorf("%s does not say %q:\n%s", path, w, a.text)
		}
	}
	for _, wrong := range check(b.t, a.text) {
		b.t.Errorf("%s: %s", path, wrong)
	}
	if strings.Contains(a.text, script) {
		b.t.Errorf("%s: a stored script is in the page", path)
	}
	return a
}

// says answers a question over what its form shows.
func (b *browser) says(question string, form url.Values) answer {
	b.t.Helper()
	b.rig.Pass(time.Second)
	form.Set("base", b.base(question))
	return b.post("/partner/answers/"+question, form)
}

// base is the answer that the form of a question replaces.
func (b *browser) base(question string) string {
	b.t.Helper()
	section, _, _ := strings.Cut(question, ".")
	page := b.get("/partner/questions/" + section).text
	m := regexp.MustCompile(`id="a-` + regexp.QuoteMeta(question) + `"[^>]*><input type="hidden" name="base" value="([^"]*)"`).FindStringSubmatch(page)
	if m == nil {
		b.t.Fatalf("there is no form for %s:\n%s", question, page)
	}
	return m[1]
}

// hands sends a form with a file.
func (b *browser) hands(path, name string, content []byte, form url.Values) answer {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for k, list := range form {
		for _, v := range list {
			if err := w.WriteField(k, v); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := part.Write(content); err != nil {
		b.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.rig.url+path, &body)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	return b.do(req)
}

// led expects that an act led somewhere.
func (b *browser) led(what string, a answer, to string) {
	b.t.Helper()
	if a.StatusCode != 303 || a.Header.Get("Location") != to {
		b.t.Errorf("%s: %d, led to %q, want %q\n%s", what, a.StatusCode, a.Header.Get("Location"), to, a.text)
	}
}

// TestPartner goes the whole way of a partner, by the pages alone.
func TestPartner(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		r := ask(t, database)
		b := r.comes(inquiry.NewLink{})
		b.sees("/partner", "Why you are asked", "Pay &lt;script&gt;", "0 of 10 questions answered", "/partner/questions/base", "Is there a &lt;script&gt;")
		page := b.sees("/partner/questions/base", "Describe the plan.", "EU &lt;script&gt;", "Help &lt;script&gt;").text
		if strings.Contains(page, "tls-version") || strings.Contains(page, "sam@") || strings.Contains(page, string(r.sam.Person)) {
			t.Error("the page tells of the inside")
		}
		for question, form := range map[string]url.Values{
			"base.team":  {"value:base.team": {"true"}},
			"base.plan":  {"value:base.plan": {"We call\r\nyou " + script}, "comment:base.plan": {"at once " + script}},
			"base.where": {"value:base.where": {"eu", "us"}},
			"base.how":   {"value:base.how": {"(na)"}, "reason:base.how": {"we hold nothing"}},
			"base.since": {"value:base.since": {"2024-02-29"}},
			"base.subs":  {"cell:base.subs:0:name": {"Bolt " + script}, "cell:base.subs:0:country": {"IE"}, "cell:base.subs:1:name": {""}, "cell:base.subs:1:country": {""}},
		} {
			b.led(question, b.says(question, form), "/partner/questions/base#q-"+question)
		}
		b.led("the size", b.says("base.size", url.Values{"value:base.size": {"4.5"}}), "/partner/questions/base#q-base.size")
		b.sees("/partner/questions/base", `value="4.5"`, "We call\nyou &lt;script&gt;", "we hold nothing", "Bolt &lt;script&gt;", `value="2024-02-29"`, "Saved ", "by you")
		if a := b.says("base.size", url.Values{"value:base.size": {"four"}, "comment:base.size": {"keep me"}}); a.StatusCode != 400 || !strings.Contains(a.text, `value="four"`) || !strings.Contains(a.text, "keep me") {
			t.Errorf("a number that is none: %d %s", a.StatusCode, a.text)
		}
		if a := b.post("/partner/submit", nil); a.StatusCode != 409 || !strings.Contains(a.text, "base.test") {
			t.Errorf("handing in too early: %d %s", a.StatusCode, a.text)
		}
		b.together(r)
		b.files(r)
		b.led("the last", b.says("base.test", url.Values{"value:base.test": {"false"}}), "/partner/questions/base#q-base.test")
		b.sees("/partner", "Every required question is answered.")
		b.led("handing in", b.post("/partner/submit", nil), "/partner?done=handed-in")
		b.sees("/partner?done=handed-in", "Handed in. Thank you", "Your answers were handed in.")
		if page := b.sees("/partner/questions/base", "Bolt &lt;script&gt;").text; strings.Contains(page, "data-autosave") || strings.Contains(page, "/partner/links") {
			t.Error("answers that were handed in can be changed")
		}
		if a := b.post("/partner/answers/base.plan", url.Values{"value:base.plan": {"too late, but written"}}); a.StatusCode != 409 || !strings.Contains(a.text, "too late, but written") {
			t.Errorf("an answer that is too late: %d %s", a.StatusCode, a.text)
		}
		again(t, r)
	})
}

// together has two people answer the same question at once.
func (b *browser) together(r *asked) {
	b.t.Helper()
	other := r.opens(b.pass(r, "base.plan"))
	base := b.base("base.plan")
	other.led("the colleague", other.says("base.plan", url.Values{"value:base.plan": {"Theirs " + script}}), "/partner/questions/base#q-base.plan")
	a := b.post("/partner/answers/base.plan", url.Values{"base": {base}, "value:base.plan": {"Mine " + script}})
	if a.StatusCode != 409 {
		b.t.Errorf("a conflict: %d", a.StatusCode)
	}
	b.holds("conflict", a, "Theirs &lt;script&gt;", "Mine &lt;script&gt;", "Put yours in its place")
	b.led("put in its place", b.says("base.plan", url.Values{"value:base.plan": {"Both"}}), "/partner/questions/base#q-base.plan")
	if page := other.sees("/partner/questions/base", "Both", "by a colleague").text; strings.Contains(page, "base.team") {
		b.t.Error("a link for one question shows another")
	}
	other.sees("/partner", "passed 1 question on to you")
	if a := other.post("/partner/answers/base.team", url.Values{"value:base.team": {"false"}}); a.StatusCode != 404 {
		b.t.Errorf("a link for one question answers another: %d", a.StatusCode)
	}
	if a := other.post("/partner/submit", nil); a.StatusCode != 403 {
		b.t.Errorf("a link for one question hands in: %d", a.StatusCode)
	}
	list := b.sees("/partner/links", "Tester &lt;script&gt;", "works").text
	m := regexp.MustCompile(`/partner/links/lnk_\w+/revoke`).FindString(list)
	b.led("ending the link", b.post(m, url.Values{"reason": {"done"}}), "/partner/links?done=no-link")
	if a := other.get("/partner"); a.StatusCode != 401 || !strings.Contains(a.text, "This link lets nobody in") || !strings.Contains(a.text, "Ask the person who sent it") {
		b.t.Errorf("after the link ended: %d %s", a.StatusCode, a.text)
	}
}

// pass passes a question on, and returns the path of the link.
func (b *browser) pass(r *asked, question string) string {
	b.t.Helper()
	r.Pass(time.Second)
	b.sees("/partner/links?question="+question, "Make the link")
	if a := b.post("/partner/links", url.Values{"label": {"Kept " + script}}); a.StatusCode != 400 || !strings.Contains(a.text, "Kept &lt;script&gt;") {
		b.t.Errorf("passing nothing on: %d %s", a.StatusCode, a.text)
	}
	a := b.post("/partner/links", url.Values{"label": {"Tester " + script}, "question": {question}, "until": {string(r.Days(5))}})
	path := regexp.MustCompile(`/p/dbp_[\w-]+`).FindString(a.text)
	if a.StatusCode != 200 || path == "" {
		b.t.Fatalf("passing on: %d %s", a.StatusCode, a.text)
	}
	b.holds("passed on", a, "it is shown this once")
	if again := b.get("/partner/links").text; strings.Contains(again, "dbp_") {
		b.t.Error("the address is shown again")
	}
	return path
}

// files hands documents in, takes the sheet out and in, and reads a discussion.
func (b *browser) files(r *asked) {
	b.t.Helper()
	b.sees("/partner/evidence?question=base.test", "Are you tested?", "pentest")
	form := url.Values{"kind": {"evidence:pentest"}, "title": {"Report " + script}, "question": {"base.test"}}
	b.led("a document", b.hands("/partner/evidence", "a"+`"><img src=x onerror=alert(1)>`+".txt", []byte("All is well.\n"), form), "/partner/evidence?done=offered&question=base.test")
	b.sees("/partner/evidence", "Report &lt;script&gt;", "waits to be looked at")
	b.sees("/partner/questions/base", "Report &lt;script&gt;")
	if a := b.hands("/partner/evidence", "x.exe", []byte("MZ\x90\x00\x03\x00\x00\x00"), url.Values{"kind": {"evidence:pentest"}, "title": {"Keep me"}}); a.StatusCode != 400 || !strings.Contains(a.text, "Keep me") {
		b.t.Errorf("a program as a document: %d %s", a.StatusCode, a.text)
	}
	sheet := b.get("/partner/sheet")
	if !strings.Contains(sheet.Header.Get("Content-Disposition"), "attachment") {
		b.t.Errorf("the sheet comes as %v", sheet.Header)
	}
	b.sees("/partner/import", "Bring it back")
	b.led("the sheet again", b.hands("/partner/import", "q.xlsx", []byte(sheet.text), nil), "/partner?done=taken-in")
	text := b.get("/partner/text")
	if !strings.HasPrefix(text.Header.Get("Content-Type"), "text/plain") || text.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(text.text, "Both") {
		b.t.Errorf("as text: %v %s", text.Header, text.text)
	}
	talk, err := r.Dossier.Open(b.t.Context(), r.sam, dossier.NewThread{Integration: r.q.Integration, Inquiry: r.q.ID, Kind: "question", Object: "base.plan", Title: "Who is called? " + script, Shared: true, Text: "Tell us " + script})
	if err != nil {
		b.t.Fatal(err)
	}
	path := "/partner/threads/" + string(talk.ID)
	b.sees("/partner", path)
	b.sees(path, "Tell us &lt;script&gt;", "The other side", "Describe the plan.")
	b.led("a comment", b.post(path+"/comments", url.Values{"text": {"The duty officer " + script}}), path+"?done=replied")
	if page := b.sees(path, "The duty officer &lt;script&gt;", "You").text; strings.Contains(page, "sam") {
		b.t.Error("the discussion names people of ours")
	}
}

// again returns the answers, accepts them, and asks the next time.
func again(t *testing.T, r *asked) {
	t.Helper()
	b := r.comes(inquiry.NewLink{})
	q, err := r.Inquiry.Return(t.Context(), r.sam, r.q.ID, inquiry.Decided{Reason: "name " + script})
	if err != nil {
		t.Fatal(err)
	}
	b.sees("/partner", "came back to you", "name &lt;script&gt;")
	b.led("handing in again", b.post("/partner/submit", nil), "/partner?done=handed-in")
	if _, err = r.Inquiry.Accept(t.Context(), r.sam, q.ID, inquiry.Decided{}); err != nil {
		t.Fatal(err)
	}
	b.sees("/partner", "Your answers were accepted.")
	r.Write(t, func(tx *store.Tx) error {
		x, err := tx.Reviews().Get(string(q.Review))
		if err != nil {
			return err
		}
		x.State = drawbridge.Withdrawn
		return tx.Reviews().Set(x)
	})
	r.q = r.send(drawbridge.Integration{ID: q.Integration, Partner: q.Partner})
	b = r.comes(inquiry.NewLink{})
	b.sees("/partner", "of last time can be taken over")
	b.sees("/partner/last", "Both", "The ticked answers still hold")
	if a := b.post("/partner/confirm", nil); a.StatusCode != 400 {
		t.Errorf("confirming nothing: %d", a.StatusCode)
	}
	b.led("confirming one", b.post("/partner/confirm", url.Values{"question": {"base.team", "base.test"}}), "/partner/last?done=confirmed")
	b.led("a change", b.says("base.plan", url.Values{"value:base.plan": {"Another plan"}}), "/partner/questions/base#q-base.plan")
	b.sees("/partner/last", "<del>Both</del>", "<ins>Another plan</ins>", "1 answer changed since")
	b.sees("/partner/questions/base", "Still true: confirm", "Last time:")
	if _, err := r.Inquiry.Close(t.Context(), r.sam, r.q.ID, inquiry.Decided{Reason: "x"}); err != nil {
		t.Fatal(err)
	}
	if a := b.get("/partner"); a.StatusCode != 401 || !strings.Contains(a.text, "was closed") {
		t.Errorf("after it was closed: %d %s", a.StatusCode, a.text)
	}
}

// TestStrays holds the partner's pages to those who came by a link.
func TestStrays(t *testing.T) {
	t.Parallel()
	r := ask(t, "")
	b := r.browser(t)
	for _, path := range []string{"/p/none", "/p/dbp_" + strings.Repeat("a", 43), "/partner", "/partner/questions/base", "/partner/sheet", "/partner/threads/thr_1"} {
		a := b.get(path)
		if a.StatusCode != 404 && a.StatusCode != 401 || !strings.Contains(a.text, "This link lets nobody in") {
			t.Errorf("%s without a link: %d %s", path, a.StatusCode, a.text)
		}
		b.holds(path, a)
	}
	head, err := http.NewRequestWithContext(t.Context(), http.MethodHead, r.url+"/p/none", nil)
	if err != nil {
		t.Fatal(err)
	}
	if a := b.do(head); a.StatusCode != 200 || len(a.Cookies()) != 0 {
		t.Errorf("a look at a link: %d %v", a.StatusCode, a.Cookies())
	}
	look := r.comes(inquiry.NewLink{Preview: true})
	look.sees("/partner", "This is a preview.")
	if page := look.sees("/partner/questions/base").text; strings.Contains(page, "data-autosave") {
		t.Error("a preview offers to answer")
	}
	if a := look.post("/partner/answers/base.team", url.Values{"value:base.team": {"true"}}); a.StatusCode < 400 {
		t.Errorf("a preview answers: %d", a.StatusCode)
	}
	mine := r.comes(inquiry.NewLink{})
	for _, path := range []string{"/integrations", "/", "/questionnaires"} {
		if a := mine.get(path); a.StatusCode == 200 {
			t.Errorf("a partner reads %s: %d", path, a.StatusCode)
		}
	}
	if a := mine.post("/partner/submit", nil, "Sec-Fetch-Site: cross-site"); a.StatusCode != 403 {
		t.Errorf("another site hands in: %d", a.StatusCode)
	}
	for path, want := range map[string]int{"/partner/questions/none": 404, "/partner/threads/thr_none": 404, "/partner/answers/none": 404} {
		a := mine.get(path)
		if path == "/partner/answers/none" {
			a = mine.post(path, nil)
		}
		if a.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, a.StatusCode, want)
		}
	}
	mine.led("leaving", mine.post("/partner/leave", nil), "/partner")
	if a := mine.get("/partner"); a.StatusCode != 401 {
		t.Errorf("after leaving: %d", a.StatusCode)
	}
}
