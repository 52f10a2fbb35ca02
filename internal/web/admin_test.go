package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// forms are the forms of a page that lead to a path, each with what it carries.
func formOf(t *testing.T, page, action string) url.Values {
	t.Helper()
	_, rest, ok := strings.Cut(page, `action="`+action+`"`)
	if !ok {
		t.Fatalf("there is no form to %s", action)
	}
	rest, _, _ = strings.Cut(rest, "</form>")
	out := url.Values{}
	for part := range strings.SplitSeq(rest, `<input type="hidden" name="`) {
		if name, value, ok := strings.Cut(part, `" value="`); ok && !strings.Contains(name, "<") {
			value, _, _ = strings.Cut(value, `"`)
			out.Set(name, value)
		}
	}
	return out
}

// TestJobPages looks at the queue, cancels a job, takes it back, and runs one again.
func TestJobPages(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		r := open(t, database)
		b := r.browser(t)
		b.first()
		root := r.root(t)
		ann, _ := r.joins(t, root, "ann", drawbridge.Requester)
		aud, _ := r.joins(t, root, "aud", drawbridge.Auditor)
		waits, failed := drawbridge.EventID(drawbridge.NewID("evt", r.Now())), drawbridge.EventID(drawbridge.NewID("evt", r.Now().Add(time.Millisecond)))
		r.Write(t, func(tx *store.Tx) error {
			if err := tx.AddEvent(store.Event{ID: waits, Kind: "programme.sweep", DueAt: r.Now().Add(time.Hour), CreatedAt: r.Now()}); err != nil {
				return err
			}
			if err := tx.AddEvent(store.Event{ID: failed, Kind: "assess", Subject: "<script>alert(1)</script>", DueAt: r.Now(), CreatedAt: r.Now()}); err != nil {
				return err
			}
			return tx.FailEvent(failed, "the <b>packs</b> are missing", time.Time{}, r.Now())
		})
		b.looks(t, map[string][]string{
			"/jobs":                        {"look for what became due", "scheduled", "&lt;script&gt;alert(1)", "the &lt;b&gt;packs"},
			"/jobs?state=failed":           {"assess again when it is due", "!scheduled"},
			"/jobs?kind=programme.sweep":   {"scheduled", "!the &lt;b&gt;packs"},
			"/jobs?kind=message.mail":      {"No job fits."},
			"/jobs/" + string(waits):       {"Cancel it", "!Run it now"},
			"/jobs/" + string(failed):      {"Run it now", "!Cancel it"},
			"/jobs?below=" + string(waits): {"First page"},
		})
		if a := b.get("/jobs?state=odd"); a.StatusCode != 400 {
			t.Errorf("an odd state: %d", a.StatusCode)
		}
		a := b.post("/jobs/"+string(waits)+"/cancel", formOf(t, b.get("/jobs/"+string(waits)).text, "/jobs/"+string(waits)+"/cancel"))
		told := b.get(a.Header.Get("Location")).text
		if a.StatusCode != 303 || !strings.Contains(told, "The job was cancelled.") || !strings.Contains(told, `action="/jobs/`+string(waits)+`/retry"`) {
			t.Errorf("cancel: %d %s", a.StatusCode, flashOf(told))
		}
		for _, id := range []drawbridge.EventID{waits, failed} {
			if a := b.post("/jobs/"+string(id)+"/retry", nil); a.StatusCode != 303 || !strings.Contains(b.get("/jobs?state=open").text, string(id)) {
				t.Errorf("run %s again: %d %s", id, a.StatusCode, flashOf(a.text))
			}
		}
		if a := b.post("/jobs/"+string(waits)+"/retry", nil); a.StatusCode != 409 || !strings.Contains(a.text, "waits for its first run") {
			t.Errorf("run again what waits: %d %s", a.StatusCode, flashOf(a.text))
		}
		if text := aud.get("/jobs/" + string(waits)).text; !strings.Contains(text, "look for what became due") && !strings.Contains(text, "Look for what") || strings.Contains(text, "Cancel it") {
			t.Errorf("an auditor is offered to cancel: %s", text)
		}
		if a := aud.post("/jobs/"+string(waits)+"/cancel", nil); a.StatusCode != 403 {
			t.Errorf("an auditor cancels: %d", a.StatusCode)
		}
		for _, path := range []string{"/jobs", "/jobs/" + string(waits), "/webhooks", "/keys", "/retention", "/backup"} {
			if a := ann.get(path); a.StatusCode != 404 && a.StatusCode != 403 {
				t.Errorf("a requester at %s: %d", path, a.StatusCode)
			}
		}
	})
}

// TestWebhookPages makes a webhook, whose secret is shown once, tries it, and
// turns it off and on.
func TestWebhookPages(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		r := open(t, database)
		b := r.browser(t)
		b.first()
		aud, _ := r.joins(t, r.root(t), "aud", drawbridge.Auditor)
		b.looks(t, map[string][]string{"/webhooks": {"There are no webhooks.", "Make the webhook", "An integration was assessed again"}})
		form := url.Values{"name": {"Chat <script>"}, "url": {"http://127.0.0.1/secret"}, "kind": {"integration.assessed"}}
		if a := b.post("/webhooks", form); a.StatusCode != 400 || !strings.Contains(a.text, `value="Chat &lt;script&gt;"`) || !strings.Contains(a.text, `value="integration.assessed" checked`) || len(check(t, a.text)) > 0 {
			t.Fatalf("an address on this machine: %d %v %s", a.StatusCode, check(t, a.text), a.text)
		}
		form.Set("url", "https://hooks.drawbridge.example/T0/secret-path")
		a := b.post("/webhooks", form)
		page := between(a.text, `class="button main" href="`, `"`)
		if a.StatusCode != 200 || !strings.Contains(a.text, "whsec_") || !strings.HasPrefix(page, "/webhooks/whk_") || strings.Contains(a.text, "<script>") {
			t.Fatalf("make: %d %s", a.StatusCode, a.text)
		}
		id := strings.TrimPrefix(page, "/webhooks/")
		now := r.Now()
		r.Write(t, func(tx *store.Tx) error {
			for _, id := range []string{"lost", "taken"} {
				if err := tx.AddMessage(drawbridge.Message{ID: drawbridge.MessageID("msg_" + id), Person: r.root(t).Person, Kind: "integration.assessed", CreatedAt: now}); err != nil {
					return err
				}
			}
			return nil
		})
		r.Write(t, func(tx *store.Tx) error {
			for _, m := range []drawbridge.MessageID{"msg_lost", "msg_taken"} {
				if _, err := tx.AddDelivery(m, id, now); err != nil {
					return err
				}
			}
			if err := tx.DeliveryFailed("msg_lost/"+id, "the receiver answered <500>"); err != nil {
				return err
			}
			if err := tx.EndDelivery("msg_lost/"+id, drawbridge.Dead, now); err != nil {
				return err
			}
			return tx.EndDelivery("msg_taken/"+id, drawbridge.Delivered, now)
		})
		b.looks(t, map[string][]string{
			"/webhooks": {"Chat &lt;script&gt;", "https://hooks.drawbridge.example", "!secret-path", "!whsec_"},
			page:        {"msg_lost", "the receiver answered &lt;500&gt;", "Send it again", "delivered", "!secret-path", "!whsec_"},
		})
		again := page + "/deliveries/msg_lost/retry"
		if a := b.post(page+"/deliveries/msg_taken/retry", nil); a.StatusCode != 409 {
			t.Errorf("send again what was delivered: %d", a.StatusCode)
		}
		if a := b.post(again, nil); a.StatusCode != 303 || strings.Contains(b.get(page).text, "Send it again") || !strings.Contains(b.get("/jobs?kind=message.webhook").text, page) {
			t.Errorf("send again: %d %s", a.StatusCode, flashOf(a.text))
		}
		a = b.post(page+"/disable", nil)
		if told := b.get(a.Header.Get("Location")).text; a.StatusCode != 303 || !strings.Contains(told, "Switch it on") || !strings.Contains(told, `action="`+page+`/enable"`) {
			t.Errorf("off: %d %s", a.StatusCode, flashOf(told))
		}
		if a := b.post(page+"/enable", nil); a.StatusCode != 303 || !strings.Contains(b.get(page).text, "Switch it off") {
			t.Errorf("on again: %d %s", a.StatusCode, a.text)
		}
		if a := b.post(page, url.Values{"version": {"1"}, "name": {"Other <i>"}, "kind": {"webhook.dead"}}); a.StatusCode != 409 || !strings.Contains(a.text, `value="Other &lt;i&gt;"`) || !strings.Contains(a.text, `value="webhook.dead" checked`) {
			t.Errorf("a change over an older version: %d %s", a.StatusCode, a.text)
		}
		version := formOf(t, b.get(page).text, page).Get("version")
		if a := b.post(page, url.Values{"version": {version}, "name": {"Other"}}); a.StatusCode != 303 || !strings.Contains(b.get("/webhooks").text, "every kind") {
			t.Errorf("change: %d %s", a.StatusCode, flashOf(a.text))
		}
		if text := aud.get(page).text; !strings.Contains(text, "msg_lost") || strings.Contains(text, "Send a test") {
			t.Errorf("an auditor: %s", text)
		}
		if a := aud.post(page+"/disable", nil); a.StatusCode != 403 {
			t.Errorf("an auditor switches it off: %d", a.StatusCode)
		}
		if a := b.post(page+"/remove", url.Values{"reason": {"moved"}}); a.StatusCode != 303 || b.get(page).StatusCode != 404 {
			t.Errorf("remove: %d %s", a.StatusCode, flashOf(a.text))
		}
	})
}

// TestKeepingPages replaces a key, changes a period, holds and lifts, and reads
// when the record was last backed up.
func TestKeepingPages(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		r := open(t, database)
		b := r.browser(t)
		in := strings.TrimPrefix(b.bring("Card payments"), "/integrations/")
		legal, _ := r.joins(t, r.root(t), "legal", drawbridge.ReviewerLegal)
		ops, _ := r.joins(t, r.root(t), "ops", drawbridge.Operator)
		b.looks(t, map[string][]string{
			"/keys":      {"Signing", "in use", "Replace the key"},
			"/retention": {"Nothing is held.", "Show what is due", "Nothing was removed lately.", "3650 days", "!Place the hold"},
			"/backup":    {"The log tells of no backup lately.", "drawbridge restore"},
			"/roles":     {"Who asks does not sign", "sign off, for their own discipline", "review.sign"},
		})
		ops.looks(t, map[string][]string{"/keys": {"in use", "!Replace the key"}, "/backup": {"drawbridge backup", "!/log?"}, "/roles?role=approver": {"decide: go or no-go", "!hold.write"}})
		if a := b.post("/keys", url.Values{"purpose": {"sign"}, "reason": {" "}}); a.StatusCode != 400 {
			t.Errorf("a key without a reason: %d", a.StatusCode)
		}
		if a := b.post("/keys", url.Values{"purpose": {"sign"}, "reason": {"yearly"}}); a.StatusCode != 303 || !strings.Contains(b.get("/keys").text, "retired") {
			t.Errorf("replace a key: %d %s", a.StatusCode, a.text)
		}
		if a := ops.post("/keys", url.Values{"purpose": {"sign"}, "reason": {"yearly"}}); a.StatusCode != 403 {
			t.Errorf("an operator replaces a key: %d", a.StatusCode)
		}
		if a := b.post("/retention/token", url.Values{"version": {"0"}, "days": {"2<"}, "reason": {"a <b>law</b>"}}); a.StatusCode != 400 || !strings.Contains(a.text, `value="2&lt;"`) || !strings.Contains(a.text, `value="a &lt;b&gt;law`) || len(check(t, a.text)) > 0 {
			t.Errorf("a period that is no number: %d %v %s", a.StatusCode, check(t, a.text), a.text)
		}
		if a := b.post("/retention/token", url.Values{"version": {"0"}, "days": {"400"}, "reason": {"a law"}}); a.StatusCode != 303 || !strings.Contains(b.get("/retention").text, "400 days") {
			t.Errorf("a period: %d %s", a.StatusCode, flashOf(a.text))
		}
		if a := b.post("/holds", url.Values{"scope": {"everything"}, "reason": {"x"}}); a.StatusCode != 403 {
			t.Errorf("an administrator places a hold: %d", a.StatusCode)
		}
		form := url.Values{"scope": {"integration"}, "subject": {"int_nothing"}, "reason": {"the <script>case</script>"}, "until": {"2999-01-01"}}
		if a := legal.post("/holds", form); a.StatusCode != 400 || !strings.Contains(a.text, `value="the &lt;script&gt;case`) || !strings.Contains(a.text, `value="2999-01-01"`) || !strings.Contains(a.text, `value="int_nothing"`) {
			t.Errorf("a hold on nothing: %d %s", a.StatusCode, a.text)
		}
		form.Set("subject", in)
		if a := legal.post("/holds", form); a.StatusCode != 303 {
			t.Fatalf("hold: %d %s", a.StatusCode, flashOf(a.text))
		}
		legal.looks(t, map[string][]string{"/retention": {"the &lt;script&gt;case", "holds", "Lift it", "/integrations/" + in, "!Proofs of purge", "!Show what is due"}})
		lift := "/holds/" + between(legal.get("/retention").text, `action="/holds/`, `/lift"`) + "/lift"
		if a := legal.post(lift, nil); a.StatusCode != 400 {
			t.Errorf("lift without a reason: %d", a.StatusCode)
		}
		if a := legal.post(lift, url.Values{"reason": {"over"}}); a.StatusCode != 303 || !strings.Contains(legal.get("/retention").text, "lifted") {
			t.Errorf("lift: %d %s", a.StatusCode, flashOf(a.text))
		}
		for path, want := range map[string]string{"/retention/due": "What would go now", "/retention/purge": "What went"} {
			if a := b.post(path, nil); a.StatusCode != 200 || !strings.Contains(a.text, want) || len(check(t, a.text)) > 0 {
				t.Errorf("%s: %d %v", path, a.StatusCode, check(t, a.text))
			}
			if a := legal.post(path, nil); a.StatusCode != 403 {
				t.Errorf("%s by somebody else: %d", path, a.StatusCode)
			}
		}
	})
}
