package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"drawbridge"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// petSpec is a small specification with what must not become part of a page.
const petSpec = `openapi: 3.0.3
info: {title: "Pets <script>alert(1)</script>", version: "1"}
servers: [{url: https://api.pets.example}]
paths:
  /owners:
    post:
      operationId: createOwner
      tags: [Owners]
      summary: "Make <script>alert(1)</script>"
      requestBody:
        content:
          application/json:
            schema: {type: object, properties: {email: {type: string}, iban: {type: string}, "<script>alert(1)</script>": {type: string}}}
      responses: {"200": {description: ok}}
  /pets:
    get: {operationId: listPets, tags: [Pets], responses: {"200": {description: ok}}}
`

// upload sends a form with a file.
func (b *browser) upload(path, name, content string) answer {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField("key", "k"+name) // a buffer takes everything
	part, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write([]byte(content))
	}
	if err != nil || w.Close() != nil {
		b.t.Fatal("the form could not be written")
	}
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.rig.url+path, &body)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	return b.do(req)
}

// leads fails the test unless an answer leads somewhere, and says where.
func (b *browser) leads(what string, a answer) string {
	b.t.Helper()
	if a.StatusCode != 303 {
		b.t.Fatalf("%s: %d %s", what, a.StatusCode, a.text)
	}
	return a.Header.Get("Location")
}

// requester is somebody who may ask for integrations.
func (r *rig) requester(t *testing.T) *browser {
	t.Helper()
	r.browser(t).first()
	return r.signedIn(t, "req@drawbridge.example", drawbridge.Requester)
}

// TestIntakeSpecification goes from a specification to an integration.
func TestIntakeSpecification(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		r := open(t, database)
		b := r.requester(t)
		b.sees("/integrations/new", "You have no drafts.", "From a specification", "By a form", "With a manifest")
		b.sees("/integrations", `href="/integrations/new"`)
		b.sees("/", `href="/integrations/new"`)
		for name, say := range map[string]string{"x.json": `{"openapi": "3.0.0", "paths": `, "y.html": "<html>", "z.yaml": "openapi: 3.0.0\npaths: {/a: &a [*a]}\n"} {
			if a := b.upload("/integrations/new/specification", name, say); a.StatusCode != 400 || !strings.Contains(a.text, name) || !strings.Contains(a.text, `role="alert"`) {
				t.Errorf("a broken %s: %d %s", name, a.StatusCode, a.text)
			}
		}
		at := strings.TrimSuffix(b.leads("upload", b.upload("/integrations/new/specification", "pets.yaml", petSpec)), "/operations")
		if again := b.leads("upload twice", b.upload("/integrations/new/specification", "pets.yaml", petSpec)); again != at+"/operations" {
			t.Errorf("sent twice, there are two drafts: %s, %s", at, again)
		}
		b.sees(at+"/operations", "0 of 2 picked", "POST /owners", "Make &lt;script&gt;")
		b.sees(at+"/operations?text=pets", "GET /pets")
		b.sees(at+"/preview", "No operation is picked", at+"/operations")

		// What is not shown stays as it is; one save over a version that is gone is refused.
		b.leads("all of a group", b.post(at+"/operations?group=Owners", url.Values{"base": {"1"}, "all": {"Owners"}}))
		b.leads("others", b.post(at+"/operations", url.Values{"base": {"2"}, "shown": {"listPets"}, "operation": {"listPets"}, "go": {"next"}}))
		if a := b.post(at+"/operations", url.Values{"base": {"2"}, "shown": {"listPets"}}); a.StatusCode != 409 || !strings.Contains(a.text, "saved elsewhere") {
			t.Errorf("a save over another: %d %s", a.StatusCode, a.text)
		}
		b.leads("none", b.post(at+"/operations", url.Values{"base": {"3"}, "shown": {"listPets"}}))
		text := b.sees(at+"/data", "contact.email", "Yes, ").text
		key := regexp.MustCompile(`name="g:([0-9a-f]+)"`).FindStringSubmatch(text)[1]
		if a := b.post(at+"/data", url.Values{"base": {"4"}, "g:" + key: {"other"}, "o:" + key: {"contact.emial"}}); a.StatusCode != 303 {
			t.Errorf("a wrong category is kept as typed: %d", a.StatusCode)
		}
		b.sees(at+"/data", "contact.emial", "There is no such category.")
		b.sees(at+"/preview", "contact.emial", at+"/data")
		all := url.Values{"base": {"5"}, "confirm": {"page"}}
		for _, m := range regexp.MustCompile(`name="g:([0-9a-f]+)"`).FindAllStringSubmatch(text, -1) {
			all.Set("g:"+m[1], "")
		}
		b.leads("confirm", b.post(at+"/data", all))
		b.sees(at+"/data", " confirmed")
		b.sees(at+"/about", `value="Pets &lt;script&gt;alert(1)&lt;/script&gt;"`, `value="pets"`)
		form := url.Values{"base": {"6"}, "id": {"pets"}, "environment": {"production"}, "name": {"Pet shop <script>alert(1)</script>"}, "purpose": {"Sell <script>alert(1)</script>"}, "partner_new": {"pets"}, "business": {"ann"}, "records_per_day": {"many"}}
		b.leads("about", b.post(at+"/about", form))
		b.sees(at+"/about", "not a team or a role", "no number of records")
		b.sees(at+"/preview", "no number of records", at+"/about#f-records_per_day")
		if a := b.post(at+"/send", nil); a.StatusCode != 400 || !strings.Contains(a.text, "no number of records") {
			t.Errorf("a draft with mistakes is sent: %d %s", a.StatusCode, a.text)
		}
		form.Set("base", "7")
		form.Set("business", "team:pets")
		form.Set("technical", "team:it")
		form.Set("records_per_day", "20 000")
		b.leads("about", b.post(at+"/about", form))
		b.sees(at+"/preview", "Create the integration", "What the gate says", "records_per_day: 20000", "createOwner", "Data map")
		b.sees("/integrations/new", "1 draft of yours")

		to := b.leads("send", b.post(at+"/send", nil))
		if !strings.HasPrefix(to, "/integrations/int_") || to != b.leads("send twice", b.post(at+"/send", nil)) {
			t.Errorf("sending leads to %s", to)
		}
		b.sees(to, "Pet shop &lt;script&gt;", "a review of it is open")
		b.sees("/integrations/new", "You have no drafts.")
		if a := b.get(at + "/about"); a.StatusCode != 303 || a.Header.Get("Location") != at {
			t.Errorf("a draft that was sent: %d %s", a.StatusCode, a.Header.Get("Location"))
		}
		if a := b.get(at); a.Header.Get("Location") != strings.TrimSuffix(to, "?done=draft-sent") {
			t.Errorf("a draft that was sent leads to %s", a.Header.Get("Location"))
		}
	})
}

// TestIntakeForm fills in the form, and keeps what was typed.
func TestIntakeForm(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	b := r.requester(t)
	at := strings.TrimSuffix(b.leads("begin", b.post("/integrations/new/form", url.Values{"key": {"k1"}})), "/about")
	b.sees(at+"/preview", "It cannot be sent yet.", "Give it a short name")
	form := url.Values{
		"base": {"1"}, "id": {"Labels!"}, "name": {"Labels"}, "partner_new": {"swift"}, "kind": {"http_api"}, "direction": {"outbound"}, "hosts": {"https://x"},
		"data.0.field": {"customer.email"}, "data.0.category": {"contact.email"}, "subjects-shown": {"yes"}, "subjects": {"customer", "employee"}, "go": {"next"},
	}
	if to := b.leads("save", b.post(at+"/about", form)); to != at+"/preview" {
		t.Errorf("going on leads to %s", to)
	}
	b.sees(at+"/about", `value="Labels!"`, "https://x</textarea>", "is not a short name", "is not a host name", `value="customer.email"`)
	if a := b.post(at+"/about", url.Values{"base": {"1"}, "purpose": {"kept <script>alert(1)</script>"}}); a.StatusCode != 409 || !strings.Contains(a.text, "kept &lt;script&gt;") {
		t.Errorf("a conflict loses what was typed: %d %s", a.StatusCode, a.text)
	}
	form.Set("base", "2")
	form.Set("id", "labels")
	form.Set("hosts", "api.swift.example")
	b.leads("save", b.post(at+"/about", form))
	b.sees(at+"/preview", "Create the integration", "name who answers for it", "field: /customer/email")

	// Discarding can be taken back, for its owner alone.
	if to := b.leads("discard", b.post(at+"/discard", nil)); !strings.Contains(b.sees(to).text, at+"/restore") {
		t.Error("a discarded draft offers no way back")
	}
	other := r.signedIn(t, "other@drawbridge.example", drawbridge.Requester)
	for _, path := range []string{at, at + "/about", at + "/preview"} {
		if a := other.get(path); a.StatusCode != 404 {
			t.Errorf("somebody else reads %s: %d", path, a.StatusCode)
		}
	}
	if a := other.post(at+"/restore", nil); a.StatusCode != 404 {
		t.Errorf("somebody else restores: %d", a.StatusCode)
	}
	auditor := r.signedIn(t, "aud@drawbridge.example", drawbridge.Auditor)
	if a := auditor.get("/integrations/new"); a.StatusCode != 403 && a.StatusCode != 404 {
		t.Errorf("an auditor may begin: %d", a.StatusCode)
	}
	if a := auditor.get("/integrations"); strings.Contains(a.text, "/integrations/new") {
		t.Error("an auditor is led to where they may not go")
	}
	b.leads("restore", b.post(at+"/restore", nil))
	b.leads("send", b.post(at+"/send", nil))
	r.Look(t, func(tx *store.Tx) error {
		if _, err := tx.IntegrationByKey("labels", "production"); err != nil {
			t.Error(err)
		}
		return nil
	})
}

// TestIntakeManifest shows what is wrong with a manifest beside it.
func TestIntakeManifest(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	b := r.requester(t)
	at := strings.TrimSuffix(b.leads("begin", b.post("/integrations/new/paste", url.Values{"key": {"k1"}})), "/manifest")
	b.sees(at+"/manifest", "Paste the manifest")
	bad := "apiVersion: drawbridge/v1\nkind: Integration\nid: pay\nfoo: <script>alert(1)</script>\n"
	b.leads("save", b.post(at+"/manifest", url.Values{"base": {"1"}, "manifest": {bad}}))
	b.sees(at+"/manifest", "Line 4, column 1", "foo: &lt;script&gt;", "</textarea>")
	if a := b.upload("/integrations/new/manifest", "m.bin", "\xff\x00"); a.StatusCode != 400 || !strings.Contains(a.text, "not text") {
		t.Errorf("no text: %d %s", a.StatusCode, a.text)
	}
	up := b.leads("upload", b.upload("/integrations/new/manifest", "integration.yaml", bad))
	b.sees(up, "Line 4, column 1")
}
