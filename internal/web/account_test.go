package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"drawbridge/internal/testkit"
)

// between is the first text that stands between two others.
func between(text, before, behind string) string {
	_, text, _ = strings.Cut(text, before)
	text, _, _ = strings.Cut(text, behind)
	return text
}

func TestAccount(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		r := open(t, database)
		b := r.browser(t)
		b.first()
		b.looks(t, map[string][]string{"/account": {"Change the password", "Set up a second factor", "this browser", "You have no tokens.", "This server sends no mail."}})
		form := url.Values{"name": {"<script>build"}, "days": {"30"}, "key": {"once-1"}}
		a := b.post("/account/tokens", form)
		secret := between(a.text, `id="secret">`, "<")
		if a.StatusCode != 200 || !strings.HasPrefix(secret, "dbp_") && len(secret) < 20 || len(check(t, a.text)) > 0 || strings.Contains(a.text, "<script>build") {
			t.Fatalf("a token: %d %v %s", a.StatusCode, check(t, a.text), a.text)
		}
		if again := b.post("/account/tokens", form); between(again.text, `id="secret">`, "<") != secret {
			t.Error("the same form twice makes two tokens")
		}
		page := b.get("/account").text
		if strings.Contains(page, secret) || strings.Count(page, "&lt;script&gt;build") != 1 {
			t.Errorf("the token on the page: %s", page)
		}
		if a := b.post("/account/tokens", url.Values{"name": {"kept"}, "days": {"9999"}}); a.StatusCode != 400 || !strings.Contains(a.text, `value="kept"`) {
			t.Errorf("a token for too long: %d %s", a.StatusCode, a.text)
		}
		if a := b.post("/account/tokens/"+between(page, "<code>", "<")+"/revoke", url.Values{"reason": {"lost"}}); a.StatusCode != 303 || a.Header.Get("Location") != "/account?done=token-revoked" {
			t.Errorf("revoke: %d %s", a.StatusCode, a.text)
		}
		if page := b.get("/account?done=token-revoked").text; !strings.Contains(page, "revoked</span>") || !strings.Contains(page, "it works no more") {
			t.Errorf("after revoking: %s", page)
		}
		if a := b.post("/account/password", url.Values{"password": {"wrong wrong wrong"}, "new_password": {"another sentence of mine"}}); a.StatusCode != 401 || !strings.Contains(a.text, "is wrong") {
			t.Errorf("a wrong password: %d %s", a.StatusCode, a.text)
		}
		if a := b.post("/account/factor", nil); a.StatusCode != 200 || !strings.Contains(a.text, "otpauth://") || len(check(t, a.text)) > 0 {
			t.Errorf("a second factor: %d %s", a.StatusCode, a.text)
		} else if a := b.post("/account/factor/confirm", url.Values{"ticket": {between(a.text, `name="ticket" value="`, `"`)}, "secret": {"KEY"}, "code": {"000000"}}); a.StatusCode != 401 || !strings.Contains(a.text, ">KEY<") {
			t.Errorf("a wrong code: %d %s", a.StatusCode, a.text)
		}
		other := r.browser(t)
		if a := other.post("/sign-in", url.Values{"email": {"root@drawbridge.example"}, "password": {password}}); a.StatusCode != 303 {
			t.Fatalf("sign in: %d", a.StatusCode)
		}
		if a := b.post("/account/sessions/end", nil); a.StatusCode != 303 || other.get("/").StatusCode != 303 || b.get("/").StatusCode != 200 {
			t.Errorf("sign out elsewhere: %d", a.StatusCode)
		}
	})
}

// TestProof sends sensitive forms an hour after the sign-in: the password is asked
// for, and the form goes on as it was typed.
func TestProof(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	b := r.browser(t)
	b.first()
	r.Pass(time.Hour)
	a := b.post("/account/tokens", url.Values{"name": {"late"}, "days": {"7"}, "key": {"once-2"}})
	if a.StatusCode != 403 || !strings.Contains(a.text, `name="again.name" value="late"`) || !strings.Contains(a.text, `action="/prove"`) || len(check(t, a.text)) > 0 {
		t.Fatalf("a late token: %d %v %s", a.StatusCode, check(t, a.text), a.text)
	}
	form := url.Values{"password": {"wrong wrong wrong"}, "again": {"/account/tokens"}, "again.name": {"late"}, "again.days": {"7"}, "again.key": {"once-2"}}
	if a := b.post("/prove", form); a.StatusCode != 401 || !strings.Contains(a.text, `name="again.name" value="late"`) || strings.Contains(a.text, "wrong wrong") {
		t.Errorf("a wrong proof: %d %s", a.StatusCode, a.text)
	}
	form.Set("password", password)
	if a := b.post("/prove", form); a.StatusCode != 200 || !strings.Contains(a.text, `id="secret"`) || !strings.Contains(a.text, "Token late") {
		t.Errorf("the proof: %d %s", a.StatusCode, a.text)
	}
	if a := b.get("/account"); a.StatusCode != 200 || !strings.Contains(a.text, "late") {
		t.Errorf("after the proof: %d %s", a.StatusCode, a.text)
	}
	r.Pass(time.Hour)
	if a := b.post("/account/password", url.Values{"password": {password}, "new_password": {"another sentence of mine"}}); a.StatusCode != 303 || b.get("/account").StatusCode != 200 {
		t.Errorf("a late change of the password: %d %s", a.StatusCode, a.text)
	}
	form.Set("again", "https://evil.example/")
	form.Set("password", "another sentence of mine")
	if a := b.post("/prove", form); a.StatusCode != 303 || a.Header.Get("Location") != "/account" {
		t.Errorf("a proof for another site: %d %s", a.StatusCode, a.Header.Get("Location"))
	}
}
