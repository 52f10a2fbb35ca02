package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"drawbridge"
	"drawbridge/internal/testkit"
)

// TestDelegations lets somebody sign for who goes on leave, and ends that again.
func TestDelegations(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		r := open(t, database)
		r.browser(t).first()
		root := r.root(t)
		sec, _ := r.joins(t, root, "sec", drawbridge.ReviewerSecurity, drawbridge.ReviewerPrivacy)
		_, other := r.joins(t, root, "other", drawbridge.ReviewerSecurity)
		aud, _ := r.joins(t, root, "aud", drawbridge.Auditor)
		ann, _ := r.joins(t, root, "ann", drawbridge.Requester)
		look := func(b *browser, want ...string) string {
			t.Helper()
			a := b.get("/delegations")
			for _, w := range want {
				if a.StatusCode != 200 || !strings.Contains(a.text, w) {
					t.Errorf("the list (%d) does not say %q: %s", a.StatusCode, w, a.text)
				}
			}
			if n := r.queries.Load(); n > 12 {
				t.Errorf("the list asks the database %d times", n)
			}
			for _, wrong := range append(check(t, a.text), scripts(a.text)...) {
				t.Error(wrong)
			}
			return a.text
		}
		look(sec, "Nobody signs for anybody.", "other, for security")
		form := url.Values{"to": {"security/" + string(other.Person)}, "until": {"2000-01-01"}, "reason": {"on <script>alert(1)</script> leave"}}
		if a := sec.post("/delegations", form); a.StatusCode != 400 || !strings.Contains(a.text, "on &lt;script&gt;") || !strings.Contains(a.text, `value="2000-01-01"`) {
			t.Errorf("until a day that is over: %d, or the text is lost", a.StatusCode)
		}
		form.Set("until", string(r.Days(10)))
		if a := sec.post("/delegations", form); a.StatusCode != 303 || !strings.Contains(a.Header.Get("Location"), "delegation.made") {
			t.Fatalf("delegate: %d %s", a.StatusCode, flashOf(a.text))
		}
		if strings.Contains(look(aud, "in force", "on &lt;script&gt;", ">security<"), "/revoke") {
			t.Error("an auditor is offered to revoke it")
		}
		m := regexp.MustCompile(`/delegations/dlg_\w+/revoke`).FindString(look(sec, "in force"))
		if a := aud.post(m, nil); m == "" || a.StatusCode != 403 {
			t.Errorf("an auditor revokes %q: %d", m, a.StatusCode)
		}
		if a := sec.post(m, nil); a.StatusCode != 303 || !strings.Contains(sec.get(a.Header.Get("Location")).text, "The delegation has ended.") {
			t.Errorf("revoke: %d %s", a.StatusCode, flashOf(a.text))
		}
		look(sec, ">revoked<")
		if a := ann.get("/delegations"); a.StatusCode != 403 && a.StatusCode != 404 {
			t.Errorf("a requester sees the list: %d", a.StatusCode)
		}
	})
}
