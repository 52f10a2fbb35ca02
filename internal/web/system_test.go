package web_test

import (
	"net/url"
	"strings"
	"testing"

	"drawbridge/internal/testkit"
)

// TestPeople invites somebody, who joins; changes, stops and erases them.
func TestPeople(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		r := open(t, database)
		b := r.browser(t)
		b.first()
		if a := b.post("/people/invite", url.Values{"name": {"Ann <script>"}, "email": {"no address"}, "role": {"requester"}}); a.StatusCode != 400 || !strings.Contains(a.text, `value="Ann &lt;script&gt;"`) || !strings.Contains(a.text, `value="requester" checked`) {
			t.Fatalf("a bad address: %d %s", a.StatusCode, a.text)
		}
		a := b.post("/people/invite", url.Values{"name": {"Ann <script>"}, "email": {"ann@drawbridge.example"}, "role": {"requester"}, "key": {"k1"}})
		secret := between(a.text, "/invitation#", "<")
		page := between(a.text, `class="button main" href="`, `"`)
		if a.StatusCode != 200 || len(secret) < 20 || len(check(t, a.text)) > 0 || strings.Contains(a.text, "<script>") {
			t.Fatalf("invite: %d %v %s", a.StatusCode, check(t, a.text), a.text)
		}
		ann := r.browser(t)
		if a := ann.post("/invitation", url.Values{"secret": {secret}, "new_password": {"short"}}); a.StatusCode != 400 || !strings.Contains(a.text, secret) {
			t.Errorf("a short password: %d %s", a.StatusCode, a.text)
		}
		if a := ann.post("/invitation", url.Values{"secret": {secret}, "new_password": {password}}); a.StatusCode != 303 || a.Header.Get("Location") != "/sign-in?done=accepted" {
			t.Fatalf("accept: %d %s", a.StatusCode, a.text)
		}
		if a := ann.post("/sign-in", url.Values{"email": {"ann@drawbridge.example"}, "password": {password}}); a.StatusCode != 303 {
			t.Fatalf("sign in: %d", a.StatusCode)
		}
		for path, want := range map[string]int{"/people": 200, page: 200, "/people/invite": 404, "/log": 404, "/log/0": 404, "/log/export": 404, "/tokens": 200, "/log/checkpoint": 200} {
			if a := ann.get(path); a.StatusCode != want {
				t.Errorf("a requester at %s: %d, want %d", path, a.StatusCode, want)
			}
		}
		if text := ann.get("/people").text; strings.Contains(text, "root@") || strings.Contains(ann.get("/").text, `href="/people"`) {
			t.Errorf("a requester sees others: %s", text)
		}
		b.looks(t, map[string][]string{
			"/people": {"Ann &lt;script&gt;", "Invite somebody"}, page: {"Change the roles", "ann@drawbridge.example"}, "/people/invite": {"Invite"},
			"/tokens": {"There are no tokens."}, "/people?after=per_zzz": {"First page"},
		})
		version := between(b.get(page).text, `name="version" value="`, `"`)
		if a := b.post(page+"/roles", url.Values{"version": {version}, "role": {"auditor"}}); a.StatusCode != 400 || !strings.Contains(a.text, `value="auditor" checked`) {
			t.Errorf("roles without a reason: %d %s", a.StatusCode, a.text)
		}
		if a := b.post(page+"/roles", url.Values{"version": {version}, "role": {"auditor"}, "reason": {"moved"}}); a.StatusCode != 303 {
			t.Errorf("roles: %d %s", a.StatusCode, a.text)
		}
		if a := b.post(page+"/name", url.Values{"version": {version}, "name": {"Ann Alder"}}); a.StatusCode != 409 || !strings.Contains(a.text, `value="Ann Alder"`) {
			t.Errorf("a rename over an older version: %d %s", a.StatusCode, a.text)
		}
		a = b.post(page+"/disable", url.Values{"reason": {"left"}})
		if text := b.get(a.Header.Get("Location")).text; a.StatusCode != 303 || !strings.Contains(text, `action="`+page+`/enable"`) || ann.get("/").StatusCode != 303 {
			t.Errorf("disable: %d %s", a.StatusCode, text)
		}
		if a := b.post(page+"/enable", nil); a.StatusCode != 303 {
			t.Errorf("undo: %d %s", a.StatusCode, a.text)
		}
		if a := b.post(page+"/reset", url.Values{"reason": {"lost"}}); a.StatusCode != 200 || !strings.Contains(a.text, "/invitation#") {
			t.Errorf("reset: %d %s", a.StatusCode, a.text)
		}
		if a := b.post(page+"/erase", url.Values{"reason": {"asked"}}); a.StatusCode != 303 || strings.Contains(b.get(page).text, "ann@") {
			t.Errorf("erase: %d %s", a.StatusCode, a.text)
		}
	})
}

// TestLogPages looks through the log, and downloads what proves it.
func TestLogPages(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		r := open(t, database)
		b := r.browser(t)
		dossier := b.bring("Card <script>alert(1)</script> payments")
		id := strings.TrimPrefix(dossier, "/integrations/")
		b.looks(t, map[string][]string{
			"/log":                             {"integration.create", "Checkpoint", "system.setup"},
			"/log?action=integration":          {"integration.create", "!system.setup"},
			"/log?object=integration/" + id:    {"integration.create", "!system.setup"},
			"/log?object=nothing":              {"Write an object as its kind and identifier"},
			"/log?from=2001-01-01&to=x":        {"Write a day like"},
			"/log?to=2001-01-01":               {"No entry fits."},
			"/log?actor=%3Cscript%3Ealert(1)x": {"No entry fits.", "!<script>alert(1)x"},
			"/log?below=1":                     {"system.setup", "First page"},
			"/log/0":                           {"system.setup", "drawbridge log verify proof-0.json", "Next entry"},
			"/log/checkpoint":                  {"Signed note", "drawbridge log verify"},
		})
		for path, want := range map[string]string{"/log/0/proof": `"checkpoint"`, "/log/checkpoint.txt": "—", "/log/export": `"origin"`} {
			if a := b.get(path); a.StatusCode != 200 || !strings.Contains(a.text, want) || !strings.Contains(a.Header.Get("Content-Disposition"), "attachment") {
				t.Errorf("%s: %d %v %s", path, a.StatusCode, a.Header, a.text)
			}
		}
		for _, path := range []string{"/log/999999", "/log/x", "/log/-1", "/log/999999/proof"} {
			if a := b.get(path); a.StatusCode != 404 && a.StatusCode != 400 {
				t.Errorf("%s: %d", path, a.StatusCode)
			}
		}
	})
}

// TestPolicies reads the policy, tries other figures on the portfolio, and
// downloads the pack that has them.
func TestPolicies(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	b := r.browser(t)
	dossier := b.bring("Card payments")
	b.looks(t, map[string][]string{
		"/policies":      {"drawbridge", "sha256:", "Privacy exposure", "Try other figures", "Announce"},
		"/policies/edit": {`name="set.rubric.factors.privacy_exposure.weight"`, `value="ours"`},
	})
	form := url.Values{"name": {"ours"}, "version": {"1.1.0"}, "set.rubric.factors.privacy_exposure.weight": {"many<"}}
	if a := b.post("/policies/edit", form); a.StatusCode != 400 || !strings.Contains(a.text, `value="many&lt;"`) || !strings.Contains(a.text, "is no number") || len(check(t, a.text)) > 0 {
		t.Errorf("a weight that is no number: %d %v %s", a.StatusCode, check(t, a.text), a.text)
	}
	form.Set("set.rubric.factors.privacy_exposure.weight", "40")
	if a := b.post("/policies/edit", form); a.StatusCode != 400 || !strings.Contains(a.text, "No figure differs") {
		t.Errorf("nothing edited: %d", a.StatusCode)
	}
	form.Set("set.rubric.factors.privacy_exposure.weight", "5")
	form.Set("set.pack.tiers.critical.from", "45")
	a := b.post("/policies/edit", form)
	for _, want := range []string{"What ours-1.1.0 would change", dossier, "Download the pack", "<ins>5</ins>"} {
		if a.StatusCode != 200 || !strings.Contains(a.text, want) || len(check(t, a.text)) > 0 {
			t.Fatalf("preview: %d lacks %q %v: %s", a.StatusCode, want, check(t, a.text), a.text)
		}
	}
	if n := r.queries.Load(); n > 25 { // and then one for each hundred
		t.Errorf("a preview asks the database %d times", n)
	}
	if a := b.post("/policies/edit/download", form); a.StatusCode != 200 || !strings.HasPrefix(a.text, "\x1f\x8b") || a.Header.Get("Content-Disposition") != `attachment; filename="ours-1.1.0.tar.gz"` {
		t.Errorf("download: %d %v", a.StatusCode, a.Header)
	}
	form.Set("version", "latest")
	if a := b.post("/policies/edit/download", form); a.StatusCode != 400 || !strings.Contains(a.text, `value="latest"`) {
		t.Errorf("a bad version: %d", a.StatusCode)
	}
	if a := b.post("/policies/announce", url.Values{"reason": {"nothing new"}}); a.StatusCode != 303 {
		t.Errorf("announce: %d %s", a.StatusCode, a.text)
	}
}
