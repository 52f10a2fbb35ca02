package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"drawbridge"
	"drawbridge/internal/testkit"
)

// TestLeaving begins to leave an integration, and works through what that asks for.
func TestLeaving(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		r := open(t, database)
		b := r.browser(t)
		base := b.bring("Card payments")
		bob := r.Person(t, "Bob <script>alert(1)</script> Builder", drawbridge.Requester)
		if a := b.post(base+"/leaving/plan", url.Values{"planned": {"2027-01-31"}}); a.StatusCode != 409 {
			t.Errorf("nobody leaves: %d", a.StatusCode)
		}
		if a := b.post(base+"/steps/leave", url.Values{"planned": {"2027-01-31"}, "reason": {"We build our own."}}); a.StatusCode != 303 {
			t.Fatalf("leave: %d %s", a.StatusCode, a.text)
		}
		page := b.get(base + "/lifecycle")
		if n := r.queries.Load(); n > 12 {
			t.Errorf("the page asks the database %d times", n)
		}
		for _, wrong := range check(t, page.text) {
			t.Error(wrong)
		}
		for _, want := range []string{"We build our own.", "0 of ", "Tasks of leaving", "Add a task", "Change the plan", "<option value=\"Bob &lt;script&gt;"} {
			if !strings.Contains(page.text, want) {
				t.Errorf("the page does not say %q: %s", want, page.text)
			}
		}
		version := func() string {
			t.Helper()
			m := regexp.MustCompile(`action="[^"]*/leaving/plan#leaving"[^>]*>(?s:.*?)name="version" value="(\d+)"`).FindStringSubmatch(b.get(base + "/lifecycle").text)
			if m == nil {
				t.Fatal("the plan has no version")
			}
			return m[1]
		}
		was := version()
		a := b.post(base+"/leaving/records", url.Values{"version": {was}, "owner": {"Nobody Atall"}, "due": {"2027-02-01"}, "note": {"typed before"}, "done": {"yes"}})
		if a.StatusCode != 400 || !strings.Contains(a.text, "typed before") || !strings.Contains(a.text, `value="Nobody Atall"`) {
			t.Errorf("an owner whom nobody knows: %d %s", a.StatusCode, a.text)
		}
		a = b.post(base+"/leaving/records", url.Values{"version": {was}, "owner": {"bob <SCRIPT>alert(1)</script> builder"}, "due": {"2027-02-01"}, "note": {"Settled with legal."}, "done": {"yes"}})
		if a.StatusCode != 303 {
			t.Fatalf("a task: %d %s", a.StatusCode, a.text)
		}
		if a := b.post(base+"/leaving/plan", url.Values{"version": {was}, "planned": {"2027-03-01"}, "residual": {"kept for the stale form"}}); a.StatusCode != 409 && a.StatusCode != 412 || !strings.Contains(a.text, "kept for the stale form") {
			t.Errorf("an older version: %d %s", a.StatusCode, a.text)
		}
		if a := b.post(base+"/leaving/add", url.Values{"version": {version()}, "text": {"Tell the shop."}, "due": {"2027-01-10"}}); a.StatusCode != 303 {
			t.Errorf("a task of our own: %d %s", a.StatusCode, a.text)
		}
		if a := b.post(base+"/leaving/plan", url.Values{"version": {version()}, "planned": {"2027-03-01"}, "deletion": {"evd_00000000000000000000000000"}}); a.StatusCode != 400 && a.StatusCode != 409 {
			t.Errorf("a proof that there is not: %d", a.StatusCode)
		}
		if a := b.post(base+"/leaving/nothing", url.Values{"version": {version()}}); a.StatusCode != 404 {
			t.Errorf("a task that there is not: %d", a.StatusCode)
		}
		text := b.get(base + "/lifecycle").text
		for _, want := range []string{"Settled with legal.", "1 of ", "Tell the shop."} {
			if !strings.Contains(text, want) {
				t.Errorf("the page does not say %q: %s", want, text)
			}
		}

		// Who answers for it.
		own := regexp.MustCompile(`action="[^"]*/owner#people"(?s:.*?)name="version" value="(\d+)"`)
		m := own.FindStringSubmatch(b.get(base + "/history").text)
		if m == nil {
			t.Fatal("nobody can be assigned")
		}
		if n := r.queries.Load(); n > 12 {
			t.Errorf("the history asks the database %d times", n)
		}
		if a := b.post(base+"/owner", url.Values{"version": {m[1]}, "members": {"shown"}, "add": {"Nobody"}, "reason": {"she knows it"}}); a.StatusCode != 400 || !strings.Contains(a.text, "she knows it") || !strings.Contains(a.text, `value="Nobody"`) {
			t.Errorf("a member whom nobody knows: %d %s", a.StatusCode, a.text)
		}
		if a := b.post(base+"/owner", url.Values{"version": {m[1]}, "members": {"shown"}, "add": {string(bob.Person)}, "reason": {"he knows it"}}); a.StatusCode != 303 {
			t.Fatalf("a member: %d %s", a.StatusCode, a.text)
		}
		page = b.get(base + "/history")
		if !strings.Contains(page.text, `name="member" value="`+string(bob.Person)+`" checked`) || strings.Contains(page.text, "<script>alert") {
			t.Errorf("the members: %s", page.text)
		}
		m = own.FindStringSubmatch(page.text)
		if a := b.post(base+"/owner", url.Values{"version": {m[1]}, "members": {"shown"}, "reason": {"he left"}}); a.StatusCode != 303 {
			t.Errorf("nobody besides: %d %s", a.StatusCode, a.text)
		}
		if text := b.get(base + "/history").text; !strings.Contains(text, "nobody besides") {
			t.Error("the member is still there")
		}
	})
}
