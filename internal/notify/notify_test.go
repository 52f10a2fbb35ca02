package notify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/job"
	"drawbridge/internal/notify"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

type world struct {
	door *action.Door
	n    *notify.Notify
}

// open starts a record, notify and the queue. Tries follow each other at once.
func open(t *testing.T, url string, opt notify.Options) world {
	t.Helper()
	w := still(t, url, &opt)
	workers := w.n.Workers()
	for kind, worker := range maps.Clone(workers) {
		worker.Retry = func(int) time.Duration { return 10 * time.Millisecond }
		workers[kind] = worker
	}
	j, err := job.New(job.Options{Door: w.door, Database: url, Workers: workers, Schedules: w.n.Schedules()})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(j.Stop)
	return w
}

// still starts a record and notify without the queue.
func still(t *testing.T, url string, opt *notify.Options) world {
	t.Helper()
	dir := t.TempDir()
	keys, err := seal.EnsureKeyring(filepath.Join(dir, "keys"), "drawbridge.test/log", start)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{Dir: dir, Database: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	opt.Door = action.New(action.Options{Store: s, Keys: keys, Now: func() time.Time { return start }})
	opt.PublicURL = "https://drawbridge.example"
	n, err := notify.New(*opt)
	if err != nil {
		t.Fatal(err)
	}
	return world{opt.Door, n}
}

// person adds somebody and returns them as an actor who has just proved who they are.
func (w world) person(t *testing.T, name string, roles ...drawbridge.Role) access.Actor {
	t.Helper()
	p := drawbridge.Person{
		ID: drawbridge.PersonID(drawbridge.NewID("per", start)), Email: name + "@drawbridge.example", Name: name,
		Roles: roles, CreatedAt: start, UpdatedAt: start,
	}
	act := action.Act{Actor: access.System("setup"), Action: access.PersonWrite, Object: access.Object{Kind: "person"}}
	if _, _, err := action.Do(t.Context(), w.door, act, func(tx *store.Tx) (int, error) { return 0, tx.AddPerson(&p) }); err != nil {
		t.Fatal(err)
	}
	return access.Actor{ID: string(p.ID), Person: p.ID, Roles: roles, Via: "api", Proved: start}
}

// tell writes a message as a desk does.
func (w world) tell(t *testing.T, to access.Actor, kind string) drawbridge.MessageID {
	t.Helper()
	m := drawbridge.Message{
		ID: drawbridge.MessageID(drawbridge.NewID("msg", start)), Person: to.Person, Kind: kind, Params: map[string]string{"integration": "int_1"},
		Link: "/integrations/int_1", CreatedAt: start,
	}
	if err := w.door.Keep(t.Context(), func(tx *store.Tx) error { return tx.AddMessage(m) }); err != nil {
		t.Fatal(err)
	}
	return m.ID
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(time.Minute)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

// delivery waits until one ended.
func (w world) delivery(t *testing.T, id drawbridge.MessageID, channel string) drawbridge.Delivery {
	t.Helper()
	var d *drawbridge.Delivery
	wait(t, "the delivery over "+channel, func() bool {
		err := w.door.Store().View(t.Context(), func(tx *store.Tx) (err error) {
			d, err = tx.Delivery(string(id) + "/" + channel)
			return err
		})
		return err == nil && d.State != drawbridge.Waiting
	})
	return *d
}

// drive does the jobs of one message over one channel, without the pauses.
func (w world) drive(t *testing.T, id drawbridge.MessageID, kind, channel string) drawbridge.Delivery {
	t.Helper()
	workers := w.n.Workers()
	if err := workers[store.MessageEvent].Work(t.Context(), job.Event{ID: "evt_1", Kind: store.MessageEvent, Subject: string(id)}); err != nil {
		t.Fatal(err)
	}
	e := job.Event{ID: "evt_2", Kind: kind, Subject: string(id) + "/" + channel}
	for range workers[kind].Attempts {
		err := workers[kind].Work(t.Context(), e)
		if err == nil || drawbridge.KindOf(err) == drawbridge.Invalid {
			break
		}
	}
	return w.delivery(t, id, channel)
}

// receiver takes webhooks and keeps them.
type receiver struct {
	*httptest.Server
	mu   sync.Mutex // guards got
	got  []*http.Request
	body [][]byte
}

func receive(t *testing.T, answer http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.got, r.body = append(r.got, req), append(r.body, body)
		r.mu.Unlock()
		answer(rw, req)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) host() string { return strings.TrimPrefix(r.URL, "http://") }

func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.got)
}

func (w world) hook(t *testing.T, admin access.Actor, url string, kinds ...string) notify.MadeHook {
	t.Helper()
	made, err := w.n.AddHook(t.Context(), admin, notify.NewHook{Name: "chat", URL: url, Kinds: kinds}, "")
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func ok(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

func TestInbox(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		w := open(t, url, notify.Options{})
		ann, bob := w.person(t, "ann", drawbridge.Requester), w.person(t, "bob", drawbridge.Administrator)
		var ids []drawbridge.MessageID
		for range 5 {
			ids = append(ids, w.tell(t, ann, "integration.assessed"))
		}
		w.tell(t, bob, "integration.assessed")
		unread := func() int64 {
			n, err := w.n.Unread(t.Context(), ann)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		list, err := w.n.Inbox(t.Context(), ann, notify.InboxQuery{Limit: 3})
		if err != nil || len(list) != 3 || unread() != 5 {
			t.Fatalf("Inbox = %d messages, %v; %d unread, want 3 of 5", len(list), err, unread())
		}
		rest, err := w.n.Inbox(t.Context(), ann, notify.InboxQuery{Below: list[2].ID})
		if err != nil || len(rest) != 2 || rest[0].Params["integration"] != "int_1" || rest[0].Link != "/integrations/int_1" {
			t.Errorf("the rest = %+v %v, want 2", rest, err)
		}
		if err := w.n.MarkRead(t.Context(), ann, notify.Reading{ID: list[1].ID, UpTo: false}); err != nil || unread() != 4 {
			t.Errorf("MarkRead = %v, %d unread, want 4", err, unread())
		}
		if err := w.n.MarkRead(t.Context(), ann, notify.Reading{ID: list[0].ID, UpTo: true}); err != nil || unread() != 0 {
			t.Errorf("MarkRead up to the newest = %v, %d unread, want 0", err, unread())
		}
		if list, err := w.n.Inbox(t.Context(), ann, notify.InboxQuery{Unread: true}); err != nil || len(list) != 0 {
			t.Errorf("unread = %v %v, want none", list, err)
		}
		for name, err := range map[string]error{
			"read another's":    func() error { _, err := w.n.Message(t.Context(), bob, ids[0]); return err }(),
			"mark another's":    w.n.MarkRead(t.Context(), bob, notify.Reading{ID: ids[0], UpTo: true}),
			"mark what is not":  w.n.MarkRead(t.Context(), bob, notify.Reading{ID: "msg_none", UpTo: true}),
			"inbox of a system": func() error { _, err := w.n.Inbox(t.Context(), machine(), notify.InboxQuery{}); return err }(),
		} {
			if drawbridge.KindOf(err) != drawbridge.NotFound {
				t.Errorf("%s = %v, want not_found", name, err)
			}
		}
		if _, err := w.n.Inbox(t.Context(), access.Anonymous("api", "r"), notify.InboxQuery{}); drawbridge.KindOf(err) != drawbridge.Unauthenticated {
			t.Errorf("inbox of nobody = %v", err)
		}
	})
}

func machine() access.Actor {
	return access.Actor{ID: "tok_1", Roles: []drawbridge.Role{drawbridge.Machine}, Integration: "int_1", Via: "api"}
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := receive(t, ok)
		w := open(t, url, notify.Options{Receivers: []string{r.host()}})
		admin := w.person(t, "ann", drawbridge.Administrator)
		made := w.hook(t, admin, r.URL+"/services/hunter2?x=1", "integration.assessed")
		w.delivery(t, w.tell(t, admin, "integration.assessed"), string(made.Hook.ID))
		w.tell(t, admin, "integration.pushed") // not wanted
		id := w.tell(t, admin, "integration.assessed")
		if d := w.delivery(t, id, string(made.Hook.ID)); d.State != drawbridge.Delivered || r.count() != 2 {
			t.Fatalf("delivery = %+v, %d posts, want 2", d, r.count())
		}
		req, body := r.got[1], r.body[1]
		if err := notify.Verify(made.Secret, req.Header, body, start); err != nil || req.Header.Get("webhook-id") != string(id) {
			t.Errorf("Verify = %v of %v", err, req.Header)
		}
		if err := notify.Verify(made.Secret, req.Header, append(body, ' '), start); err == nil {
			t.Error("Verify accepts a changed body")
		}
		if err := notify.Verify(made.Secret, req.Header, body, start.Add(time.Hour)); err == nil {
			t.Error("Verify accepts an old delivery")
		}
		want := fmt.Sprintf(`{"type":"integration.assessed","timestamp":"2026-11-21T12:00:00Z","data":{"id":"%s","person":"%s",`+
			`"params":{"integration":"int_1"},"link":"https://drawbridge.example/integrations/int_1"}}`, id, admin.Person)
		if string(body) != want || req.URL.Path != "/services/hunter2" {
			t.Errorf("body = %s, want %s", body, want)
		}
		list, err := w.n.Hooks(t.Context(), admin)
		if err != nil || len(list) != 1 || list[0].URL != r.URL || list[0].Target != nil || list[0].Secret != nil {
			t.Errorf("Hooks = %+v %v, want what may be shown", list, err)
		}
		text, _ := json.Marshal(map[string]any{"hook": made.Hook, "secret": made.Secret})
		if strings.Contains(string(text), "hunter2") || strings.Contains(fmt.Sprint(made), strings.TrimPrefix(made.Secret.Reveal(), "whsec_")) {
			t.Errorf("a printed webhook shows a secret: %s", text)
		}
	})
}

// TestTryHook sends at once, signed, also to what is off, and says what came of it.
func TestTryHook(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		var status atomic.Int64
		status.Store(http.StatusOK)
		r := receive(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(int(status.Load())) })
		w := open(t, url, notify.Options{Receivers: []string{r.host()}})
		admin := w.person(t, "ann", drawbridge.Administrator)
		made := w.hook(t, admin, r.URL)
		if _, err := w.n.SetHook(t.Context(), admin, notify.EditHook{ID: made.Hook.ID, Version: 1, Name: "chat", Disabled: true}, ""); err != nil {
			t.Fatal(err)
		}
		if why, err := w.n.TryHook(t.Context(), admin, made.Hook.ID); why != "" || err != nil || r.count() != 1 {
			t.Errorf("TryHook = %q %v, %d arrived", why, err, r.count())
		}
		status.Store(http.StatusTeapot)
		if why, err := w.n.TryHook(t.Context(), admin, made.Hook.ID); why != "the receiver answered 418" || err != nil {
			t.Errorf("TryHook of a teapot = %q %v", why, err)
		}
	})
}

// TestHookAdministration walks what may be done to webhooks, and by whom.
func TestHookAdministration(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		w := open(t, url, notify.Options{})
		admin, auditor, stranger := w.person(t, "ann", drawbridge.Administrator), w.person(t, "bob", drawbridge.Auditor), w.person(t, "cy", drawbridge.Requester)
		in := notify.NewHook{Name: "chat", URL: "https://hooks.acme.example/x"}
		made, err := w.n.AddHook(t.Context(), admin, in, "k")
		if err != nil {
			t.Fatal(err)
		}
		again, err := w.n.AddHook(t.Context(), admin, in, "k")
		if err != nil || again.Hook.ID != made.Hook.ID || !again.Secret.Equal(made.Secret) {
			t.Errorf("a repetition = %+v %v, want the first answer", again, err)
		}
		edit := notify.EditHook{ID: made.Hook.ID, Version: made.Hook.Version, Name: "talk", Disabled: true, Reason: "moves"}
		h, err := w.n.SetHook(t.Context(), admin, edit, "")
		if err != nil || h.Name != "talk" || h.Why != "moves" || h.Version != 2 {
			t.Errorf("SetHook = %+v %v", h, err)
		}
		if _, err := w.n.SetHook(t.Context(), admin, edit, ""); drawbridge.KindOf(err) != drawbridge.Conflict {
			t.Errorf("SetHook over an older version = %v, want a conflict", err)
		}
		try := func(actor access.Actor, id drawbridge.WebhookID) error {
			_, err := w.n.TryHook(t.Context(), actor, id)
			return err
		}
		stale := admin
		stale.Proved = start.Add(-time.Hour)
		for name, tc := range map[string]struct {
			err  error
			want drawbridge.Kind
		}{
			"add, auditor":         {func() error { _, err := w.n.AddHook(t.Context(), auditor, in, ""); return err }(), drawbridge.Denied},
			"add, stranger":        {func() error { _, err := w.n.AddHook(t.Context(), stranger, in, ""); return err }(), drawbridge.NotFound},
			"add, no fresh proof":  {func() error { _, err := w.n.AddHook(t.Context(), stale, in, ""); return err }(), drawbridge.Denied},
			"list, stranger":       {func() error { _, err := w.n.Hooks(t.Context(), stranger); return err }(), drawbridge.NotFound},
			"remove, auditor":      {w.n.RemoveHook(t.Context(), auditor, made.Hook.ID, "", ""), drawbridge.Denied},
			"remove, stranger":     {w.n.RemoveHook(t.Context(), stranger, made.Hook.ID, "", ""), drawbridge.NotFound},
			"set, stranger":        {func() error { _, err := w.n.SetHook(t.Context(), stranger, edit, ""); return err }(), drawbridge.NotFound},
			"try, auditor":         {try(auditor, made.Hook.ID), drawbridge.Denied},
			"try, stranger":        {try(stranger, made.Hook.ID), drawbridge.NotFound},
			"try, no fresh proof":  {try(stale, made.Hook.ID), drawbridge.Denied},
			"try what is not":      {try(admin, "whk_none"), drawbridge.NotFound},
			"deliveries, stranger": {func() error { _, err := w.n.Deliveries(t.Context(), stranger, made.Hook.ID, "", 0); return err }(), drawbridge.NotFound},
		} {
			if drawbridge.KindOf(tc.err) != tc.want {
				t.Errorf("%s = %v, want %s", name, tc.err, tc.want)
			}
		}
		for i := range 19 {
			if _, err := w.n.AddHook(t.Context(), admin, notify.NewHook{Name: fmt.Sprint(i), URL: in.URL}, ""); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.n.AddHook(t.Context(), admin, in, ""); drawbridge.KindOf(err) != drawbridge.Limited {
			t.Errorf("one too many = %v, want limited", err)
		}
		if err := w.n.RemoveHook(t.Context(), admin, made.Hook.ID, "no more", ""); err != nil {
			t.Error(err)
		}
	})
}

// TestInnerAddress holds what an administrator types to public addresses.
func TestInnerAddress(t *testing.T) {
	t.Parallel()
	inner := receive(t, ok)
	_, port, _ := strings.Cut(inner.host(), ":")
	w := open(t, "", notify.Options{Receivers: []string{"chat.internal:8443"}})
	admin := w.person(t, "ann", drawbridge.Administrator)
	for _, url := range []string{
		"https://127.0.0.1:" + port, "http://127.0.0.1:" + port, "https://localhost:" + port, "https://LOCALHOST.:" + port, "https://a.localhost/",
		"https://[::1]:" + port, "https://[::ffff:127.0.0.1]:" + port, "https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/", "https://[fe80::1%25eth0]/",
		"https://[64:ff9b::7f00:1]/", "https://169.254.169.254/latest/meta-data/", "https://[fd00:ec2::254]/", "https://168.63.129.16/", "https://metadata.google.internal/",
		"https://10.0.0.1/", "https://172.16.0.1/", "https://192.168.1.1/", "https://100.64.0.1/", "https://0.0.0.0/", "https://0/",
		"https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/", "https://127.0.0.1./",
		"https://me@acme.example/", "https://acme.example@127.0.0.1/", "https://acme.example#@127.0.0.1/", "https://127.0.0.1\\@acme.example/",
		"https://acme.example:443@10.0.0.1/", "https:127.0.0.1", "//127.0.0.1/", "ftp://acme.example/", "file:///etc/passwd", "gopher://acme.example/", "javascript:alert(1)",
		"https://", "https://:443/", "", "acme", "https://acme.example/\r\nHost: x", "https://printer/", "https://nas.local/", "http://acme.example/",
		"https://chat.internal:8444/", "https://chat.internal/", "https://evil.chat.internal:8443/", "https://" + strings.Repeat("a", 3000) + ".example/",
	} {
		t.Run(url[:min(len(url), 60)], func(t *testing.T) {
			t.Parallel()
			_, err := w.n.AddHook(t.Context(), admin, notify.NewHook{Name: "x", URL: url}, "")
			if k := drawbridge.KindOf(err); k != drawbridge.Invalid && k != drawbridge.Denied {
				t.Errorf("AddHook(%q) = %v, want a refusal", url, err)
			}
		})
	}
	t.Cleanup(func() {
		if inner.count() > 0 {
			t.Error("the inner receiver was reached")
		}
	})
	if _, err := w.n.AddHook(t.Context(), admin, notify.NewHook{Name: "x", URL: "http://chat.internal:8443/x"}, ""); err != nil {
		t.Errorf("an address that the configuration names = %v", err)
	}
}

// TestReceivers plays receivers that are slow, endless, gone, moved or broken.
func TestReceivers(t *testing.T) {
	t.Parallel()
	inner := receive(t, ok)
	release := make(chan struct{})
	t.Cleanup(func() {
		close(release)
		if inner.count() > 0 {
			t.Error("a redirect was followed")
		}
	})
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		state  drawbridge.DeliveryState
		says   string
		posts  int
		tells  string // what the administrator reads
	}{
		"slow": {func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}, drawbridge.Dead, "no answer within", 9, "webhook.dead"},
		"endless": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		}, drawbridge.Delivered, "", 1, ""},
		"gone":   {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }, drawbridge.Dead, "410", 1, "webhook.disabled"},
		"broken": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, drawbridge.Dead, "500", 9, "webhook.dead"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, inner.URL, http.StatusTemporaryRedirect)
		}, drawbridge.Dead, "redirects are not followed", 9, "webhook.dead"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := receive(t, tc.answer)
			w := still(t, "", &notify.Options{Receivers: []string{r.host()}, Timeout: 300 * time.Millisecond})
			admin := w.person(t, "ann", drawbridge.Administrator)
			made := w.hook(t, admin, r.URL)
			d := w.drive(t, w.tell(t, admin, "integration.assessed"), "message.webhook", string(made.Hook.ID))
			if d.State != tc.state || !strings.Contains(d.LastError, tc.says) || r.count() != tc.posts {
				t.Errorf("delivery = %+v after %d posts, want %s after %d that says %q", d, r.count(), tc.state, tc.posts, tc.says)
			}
			if tc.tells == "" {
				return
			}
			list, err := w.n.Inbox(t.Context(), admin, notify.InboxQuery{})
			if err != nil || len(list) != 2 || list[0].Kind != tc.tells && list[1].Kind != tc.tells {
				t.Errorf("inbox = %+v %v, want %s in it", list, err, tc.tells)
			}
		})
	}
}

// TestDownThenUp has a receiver come back while it is tried.
func TestDownThenUp(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		var tries atomic.Int64
		r := receive(t, func(w http.ResponseWriter, _ *http.Request) {
			if tries.Add(1) <= 4 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})
		w := open(t, url, notify.Options{Receivers: []string{r.host()}})
		admin := w.person(t, "ann", drawbridge.Administrator)
		made := w.hook(t, admin, r.URL)
		id := w.tell(t, admin, "integration.assessed")
		if d := w.delivery(t, id, string(made.Hook.ID)); d.State != drawbridge.Delivered || d.Failures != 4 || r.count() != 5 {
			t.Errorf("delivery = %+v after %d posts, want the fifth to be taken", d, r.count())
		}
		for _, req := range r.got {
			if req.Header.Get("Webhook-Id") != string(id) {
				t.Errorf("a try has the identifier %q, want %q each time", req.Header.Get("Webhook-Id"), id)
			}
		}
	})
}

// TestSwitchedOff loses messages until the receiver is switched off, and shows
// that telling of it does not feed itself.
func TestSwitchedOff(t *testing.T) {
	t.Parallel()
	r := receive(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	w := still(t, "", &notify.Options{Receivers: []string{r.host()}})
	admin := w.person(t, "ann", drawbridge.Administrator)
	made := w.hook(t, admin, r.URL)
	for i := range 5 {
		d := w.drive(t, w.tell(t, admin, "integration.assessed"), "message.webhook", string(made.Hook.ID))
		if d.State != drawbridge.Dead {
			t.Fatalf("delivery %d = %+v, want it dead", i, d)
		}
	}
	hooks, err := w.n.Hooks(t.Context(), admin)
	if err != nil || !hooks[0].Disabled || !strings.Contains(hooks[0].Why, "404") {
		t.Errorf("Hooks = %+v %v, want it switched off", hooks, err)
	}
	late := w.tell(t, admin, "webhook.dead")
	if err := w.n.Workers()[store.MessageEvent].Work(t.Context(), job.Event{ID: "evt_3", Subject: string(late)}); err != nil {
		t.Error(err)
	}
	posts := r.count()
	list, err := w.n.Inbox(t.Context(), admin, notify.InboxQuery{})
	if err != nil || len(list) != 8 || posts != 45 {
		t.Errorf("%d messages, %d posts, %v; want 6 and two words about the webhook, 45 posts", len(list), posts, err)
	}
}

// TestTwice runs the jobs of one message again: nothing is sent twice.
func TestTwice(t *testing.T) {
	t.Parallel()
	r := receive(t, ok)
	w := open(t, "", notify.Options{Receivers: []string{r.host()}})
	admin := w.person(t, "ann", drawbridge.Administrator)
	made := w.hook(t, admin, r.URL)
	id := w.tell(t, admin, "integration.assessed")
	w.delivery(t, id, string(made.Hook.ID))
	workers := w.n.Workers()
	for kind, subject := range map[string]string{"message": string(id), "message.webhook": string(id) + "/" + string(made.Hook.ID)} {
		if err := workers[kind].Work(context.Background(), job.Event{ID: "evt_x", Kind: kind, Subject: subject}); err != nil {
			t.Error(err)
		}
	}
	if r.count() != 1 {
		t.Errorf("%d posts, want 1", r.count())
	}
}
