package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"drawbridge/internal/testkit"
)

// TestDossier looks at every page of a dossier.
func TestDossier(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	b := r.browser(t)
	base := b.bring("Card <script>alert(1)</script> payments")
	for path, want := range map[string][]string{
		"":                      {"What would lower it most", "Why the gate says so", "Open as Markdown"},
		"/map":                  {"<svg", "Flows", "Life of the data"},
		"/map?at=nothing":       {"has no element called"},
		"/map?zoom=200":         {"drawmap large"},
		"/threats":              {"Backlog of tests", "open question"},
		"/threats?severity=low": {"Severity"},
		"/evidence":             {"No document is on file.", "Hand in a document"},
		"/tests":                {"Nothing was tested yet.", "Claims and tests"},
		"/questionnaires":       {"No questionnaire was sent."},
		"/approvals":            {"No review yet.", "Propose an exception"},
		"/lifecycle":            {"Go live", "It waits for"},
		"/history":              {"Revisions", "Who answers for it"},
		"/history/acts":         {"integration: create", "of the ledger"},
	} {
		a := b.get(base + path)
		if a.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", path, a.StatusCode, a.text)
			continue
		}
		for _, w := range want {
			if !strings.Contains(a.text, w) {
				t.Errorf("%s does not say %q:\n%s", path, w, a.text)
			}
		}
		if n := r.queries.Load(); n > 12 {
			t.Errorf("%s asks the database %d times, want at most 12", path, n)
		}
		if strings.Contains(a.text, "<script>alert") {
			t.Errorf("%s: a stored script comes as it is", path)
		}
		for _, wrong := range check(t, a.text) {
			t.Errorf("%s: %s", path, wrong)
		}
	}
	if a := b.get(base + "/report.md"); a.StatusCode != 200 || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/markdown") || !strings.Contains(a.text, "## Score") {
		t.Errorf("the report: %d %s", a.StatusCode, a.text)
	}
	if a := b.get(base + "/map.svg"); a.StatusCode != 200 || !strings.Contains(a.Header.Get("Content-Disposition"), "attachment") || !strings.Contains(a.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("the map: %d %v", a.StatusCode, a.Header)
	}
	for _, path := range []string{"/tests/run_000000000000000000000000", "/nothing"} {
		if a := b.get(base + path); a.StatusCode != 404 {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
}

// TestTryPage tries what would lower a score, and is told what it comes to.
func TestTryPage(t *testing.T) {
	t.Parallel()
	b := open(t, "").browser(t)
	base := b.bring("Card payments")
	lever := regexp.MustCompile(`name="try" value="([0-9a-f]+)"`).FindStringSubmatch(b.get(base).text)
	if lever == nil {
		t.Fatal("there is nothing to try")
	}
	a := b.get(base + "?try=" + lever[1])
	for _, want := range []string{"1 change together", "What the gate would say then", `value="` + lever[1] + `" checked`} {
		if !strings.Contains(a.text, want) {
			t.Errorf("the page does not say %q: %s", want, a.text)
		}
	}
	if a := b.get(base + "?try=0000000000"); a.StatusCode != 200 || !strings.Contains(a.text, "Nothing that can be tried is called") {
		t.Errorf("a lever that there is not: %d", a.StatusCode)
	}
}

// send sends a form with a file.
func (b *browser) send(path string, fields map[string]string, name, content string) answer {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for k, v := range fields {
		if err := w.WriteField(k, v); err != nil {
			b.t.Fatal(err)
		}
	}
	if f, err := w.CreateFormFile("file", name); err != nil {
		b.t.Fatal(err)
	} else if _, err := f.Write([]byte(content)); err != nil {
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

// TestDossierActs does what can be done on a dossier.
func TestDossierActs(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		r := open(t, database)
		b := r.browser(t)
		base := b.bring("Card payments")
		a := b.send(base+"/evidence", map[string]string{"kind": "nonsense", "scope": "all of it"}, "report.txt", "A report.")
		if a.StatusCode != 400 || !strings.Contains(a.text, "all of it") {
			t.Errorf("a document of no kind: %d %s", a.StatusCode, a.text)
		}
		a = b.send(base+"/evidence", map[string]string{"kind": "pentest", "title": "Test <b>report</b>", "expires": "2030-01-01"}, "<script>.txt", "A report.")
		if a.StatusCode != 303 || a.Header.Get("Location") != base+"/evidence?done=evd-offered" {
			t.Fatalf("a document: %d %s %s", a.StatusCode, a.Header.Get("Location"), a.text)
		}
		page := b.get(base + "/evidence").text
		if !strings.Contains(page, "Test &lt;b&gt;report&lt;/b&gt;") || strings.Contains(page, "<script>.txt") {
			t.Errorf("the list: %s", page)
		}
		for _, wrong := range check(t, page) {
			t.Error(wrong)
		}
		id := regexp.MustCompile(`evidence/(evd_\w+)/file`).FindStringSubmatch(page)
		if id == nil {
			t.Fatal("the document is not in the list")
		}
		if a := b.get(base + "/evidence/" + id[1] + "/file"); a.StatusCode != 200 || !strings.Contains(a.Header.Get("Content-Disposition"), "attachment") || a.text != "A report." {
			t.Errorf("the document: %d %v %q", a.StatusCode, a.Header, a.text)
		}
		if a := b.post(base+"/evidence/"+id[1]+"/withdraw", url.Values{"version": {"1"}, "reason": {" "}}); a.StatusCode != 400 || !strings.Contains(a.text, "Give a reason") {
			t.Errorf("withdrawn without a reason: %d %s", a.StatusCode, a.text)
		}
		if a := b.post(base+"/evidence/"+id[1]+"/withdraw", url.Values{"version": {"1"}, "reason": {"the wrong file"}}); a.StatusCode != 303 {
			t.Errorf("withdrawn: %d %s", a.StatusCode, a.text)
		}
		if a := b.post(base+"/exceptions", url.Values{"covers": {"what?"}, "reason": {"no time before Easter"}, "expires": {"2030-01-01"}}); a.StatusCode != 400 || !strings.Contains(a.text, "no time before Easter") {
			t.Errorf("an exception for nothing: %d %s", a.StatusCode, a.text)
		}
		if a := b.post(base+"/steps/go_live", url.Values{"reason": {"we want to"}}); a.StatusCode == 303 || a.StatusCode == 500 {
			t.Errorf("going live: %d", a.StatusCode)
		}
		if a := b.post(base+"/owner", url.Values{"version": {"1"}, "owner": {"nobody@drawbridge.example"}}); a.StatusCode != 400 || !strings.Contains(a.text, "nobody@drawbridge.example") {
			t.Errorf("an owner whom nobody knows: %d %s", a.StatusCode, a.text)
		}
		if a := b.post(base+"/assess", nil); a.StatusCode != 303 {
			t.Errorf("assessed again: %d %s", a.StatusCode, a.text)
		}
	})
}
