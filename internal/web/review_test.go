package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/account"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/review"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// joins makes an account by an invitation, and signs it in.
func (r *rig) joins(t *testing.T, root access.Actor, name string, roles ...drawbridge.Role) (*browser, access.Actor) {
	t.Helper()
	root.Proved = r.Now()
	email := name + "@drawbridge.example"
	p, secret, err := r.people.Invite(t.Context(), root, invitation(email, name, roles))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.people.AcceptInvite(t.Context(), acceptance(secret)); err != nil {
		t.Fatal(err)
	}
	b := r.browser(t)
	if a := b.post("/sign-in", url.Values{"email": {email}, "password": {password}}); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s signs in: %d %s", name, a.StatusCode, a.text)
	}
	return b, access.Actor{ID: string(p.ID), Person: p.ID, Roles: roles, Via: "web", Proved: r.Now()}
}

// field is the value of a hidden field of a page.
func (a answer) field(name string) string {
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(a.text)
	if m == nil {
		return ""
	}
	return m[1]
}

// settles writes by hand what a review of the example waits for outside these pages.
func (r *rig) settles(t *testing.T, id drawbridge.ReviewID) {
	t.Helper()
	r.Write(t, func(tx *store.Tx) error {
		rv, err := tx.Reviews().Get(string(id))
		if err != nil {
			return err
		}
		q := drawbridge.Inquiry{ID: drawbridge.InquiryID(drawbridge.NewID("inq", r.Now())), Review: id, Integration: rv.Integration, Template: "x@1", State: inquiry.StateClosed}
		if err := tx.Inquiries().Add(&q); err != nil {
			return err
		}
		covers := []string{"checks@charges", "checks@webhooks", "checks@events"}
		list, err := tx.Findings(store.FindingList{Scope: access.Scope{All: true}, Integration: rv.Integration, Limit: 500})
		if err != nil {
			return err
		}
		for _, f := range list {
			if f.Severity == drawbridge.Critical {
				covers = append(covers, f.Fingerprint)
			}
		}
		for _, c := range covers {
			x := drawbridge.Exception{ID: drawbridge.NewID("exc", r.Now()), Integration: rv.Integration, Covers: c, Expires: r.Days(90), State: "confirmed", Breach: drawbridge.Warn}
			if err := tx.Exceptions().Add(&x); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestReviewJourney leads a request through the pages: who asks hands it in, the
// programme starts it, two tracks look and sign, and an approver decides.
func TestReviewJourney(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		r := open(t, database)
		r.browser(t).first()
		root := r.root(t)
		ann, asks := r.joins(t, root, "ann", drawbridge.Requester)
		prog, _ := r.joins(t, root, "prog", drawbridge.ProgrammeOwner)
		sec, _ := r.joins(t, root, "sec", drawbridge.ReviewerSecurity)
		priv, _ := r.joins(t, root, "priv", drawbridge.ReviewerPrivacy)
		legal, _ := r.joins(t, root, "legal", drawbridge.ReviewerLegal)
		app, _ := r.joins(t, root, "app", drawbridge.Approver)
		eve, _ := r.joins(t, root, "eve", drawbridge.Requester)
		in := r.Bring(t, asks, "pay", "name: Card payments", "name: Card <script>alert(1)</script>")
		rv, err := r.Review.Open(t.Context(), asks, review.Opening{Integration: in.ID, Cause: "intake"})
		if err != nil {
			t.Fatal(err)
		}
		to := "/reviews/" + string(rv.ID)
		must := func(b *browser, path string, form url.Values, code string) {
			t.Helper()
			r.Pass(time.Second)
			if a := b.post(to+path, form); a.StatusCode != 303 || !strings.Contains(a.Header.Get("Location"), code) {
				t.Fatalf("%s: %d %s %s", path, a.StatusCode, a.Header.Get("Location"), flashOf(a.text))
			}
		}
		for name, b := range map[string]*browser{"who asks": ann, "a reviewer": sec, "an approver": app} {
			a := b.get(to)
			if a.StatusCode != 200 || strings.Contains(a.text, "<script>alert") || !strings.Contains(a.text, "Card &lt;script&gt;") {
				t.Errorf("%s sees %d %s", name, a.StatusCode, a.text)
			}
			if n := r.queries.Load(); n > 12 {
				t.Errorf("the page of a review asks the database %d times for %s", n, name)
			}
			for _, wrong := range check(t, a.text) {
				t.Errorf("%s: %s", name, wrong)
			}
		}
		if a := eve.get(to); a.StatusCode != 404 {
			t.Errorf("somebody without a part in it: %d", a.StatusCode)
		}
		if a := app.post(to+"/triage", nil); a.StatusCode != 403 {
			t.Errorf("an approver triages: %d", a.StatusCode)
		}
		must(ann, "/submit", nil, "moved")
		must(prog, "/triage", url.Values{"tier": {"medium"}, "reason": {"a test"}}, "moved")
		must(prog, "/start", nil, "moved")
		page := sec.get(to)
		must(sec, "/viewed", url.Values{"item": {page.field("item")}, "digest": {page.field("digest")}, "at": {page.field("at")}}, "#i-")
		if a := sec.get(to); !strings.Contains(a.text, "1 of ") || !strings.Contains(a.text, `aria-pressed="true"`) {
			t.Error("a tick does not show")
		}
		if a := sec.post(to+"/threads", url.Values{"at": {page.field("at")}, "topic": {"none"}, "object": {"x"}, "text": {"a long thought"}}); a.StatusCode != 400 || !strings.Contains(a.text, "a long thought") {
			t.Errorf("a discussion of nothing: %d, or the text is lost", a.StatusCode)
		}
		must(sec, "/threads", url.Values{"topic": {"control"}, "object": {"tls-version"}, "text": {"Which <b>version</b>?"}, "blocks": {"yes"}}, "discussed")
		page = sec.get(to)
		m := regexp.MustCompile(`/threads/(thr_\w+)`).FindStringSubmatch(page.text)
		if m == nil || !strings.Contains(page.text, "Which &lt;b&gt;version") {
			t.Fatalf("the discussion does not show")
		}
		if a := ann.post("/threads/"+m[1]+"/reply", url.Values{"text": {"1.3"}, "back": {to}}); a.StatusCode != 303 {
			t.Errorf("a reply: %d %s", a.StatusCode, flashOf(a.text))
		}
		if a := ann.get("/threads/" + m[1]); a.StatusCode != 200 || !strings.Contains(a.text, "1.3") || len(check(t, a.text)) > 0 {
			t.Errorf("the discussion's page: %d %v", a.StatusCode, check(t, a.text))
		}
		thread := sec.get("/threads/" + m[1])
		if a := sec.post("/threads/"+m[1]+"/reply", url.Values{"resolve": {"yes"}, "version": {thread.field("version")}}); a.StatusCode != 303 || !strings.Contains(a.Header.Get("Location"), "resolved") {
			t.Errorf("resolving: %d %s", a.StatusCode, flashOf(a.text))
		}
		r.settles(t, rv.ID)
		must(sec, "/ready", nil, "moved")
		if a := sec.post(to+"/answer", url.Values{"answer": {"object"}, "role": {"security/"}, "view": {sec.get(to).field("view")}}); a.StatusCode != 400 {
			t.Errorf("an objection without words: %d", a.StatusCode)
		}
		r.Pass(time.Hour)
		signs := url.Values{"answer": {"sign"}, "role": {"security/"}, "comment": {"looks good"}, "view": {sec.get(to).field("view")}}
		if a := sec.post(to+"/answer", signs); a.StatusCode != 403 || !strings.Contains(a.text, "looks good") || !strings.Contains(a.text, `name="password"`) {
			t.Errorf("signing an hour after the proof: %d %s", a.StatusCode, flashOf(a.text))
		}
		for _, b := range []*browser{sec, priv, legal, app} {
			if a := b.post("/prove", url.Values{"password": {password}}); a.StatusCode != 303 {
				t.Fatalf("a new proof: %d %s", a.StatusCode, flashOf(a.text))
			}
		}
		sign := url.Values{"answer": {"sign"}, "view": {sec.get(to).field("view")}, "viewed": {"yes"}}
		for role, b := range map[string]*browser{"security": sec, "privacy": priv, "legal": legal} {
			if !slicesHas(r.rolesOf(t, rv.ID), role) {
				continue
			}
			sign.Set("role", role+"/")
			must(b, "/answer", sign, "signed")
		}
		if a := sec.get(to); !strings.Contains(a.text, "Take my sign-off back") {
			t.Error("who signed cannot take it back")
		}
		page = app.get(to)
		decide := url.Values{"outcome": {"approved_with_conditions"}, "rationale": {"fits"}, "view": {page.field("view")}}
		if a := app.post(to+"/decision", decide); a.StatusCode != 409 || !strings.Contains(a.text, "fits") {
			t.Errorf("conditions without a condition: %d %s", a.StatusCode, flashOf(a.text))
		}
		for k, v := range map[string]string{"term": "Rotate the key", "due": string(r.Days(30)), "verifier": "security", "breach": "warn"} {
			decide.Set(k, v)
		}
		for k, v := range map[string]string{"term-2": "Ask for the new report", "due-2": "soon", "verifier-2": "privacy", "breach-2": "narrow", "before-2": "yes"} {
			decide.Set(k, v)
		}
		if a := app.post(to+"/decision", decide); a.StatusCode != 400 || !strings.Contains(a.text, "Ask for the new report") || !strings.Contains(a.text, "Rotate the key") {
			t.Errorf("a second condition without a day: %d %s", a.StatusCode, flashOf(a.text))
		}
		decide.Set("due-2", string(r.Days(10)))
		must(app, "/decision", decide, "decided")
		if a := ann.get(to); !strings.Contains(a.text, "approved with conditions") || !strings.Contains(a.text, "Rotate the key") || !strings.Contains(a.text, "Ask for the new report") {
			t.Error("the decision does not show")
		}
		if a := ann.get(to + "/approval"); a.StatusCode != 200 || !strings.Contains(a.Header.Get("Content-Disposition"), "approval.json") {
			t.Errorf("the approval file: %d", a.StatusCode)
		}
	})
}

func (r *rig) rolesOf(t *testing.T, id drawbridge.ReviewID) (out []string) {
	t.Helper()
	r.Look(t, func(tx *store.Tx) error {
		rv, err := tx.Reviews().Get(string(id))
		for _, x := range rv.Roles {
			out = append(out, string(x))
		}
		return err
	})
	return out
}

func slicesHas(list []string, s string) bool {
	return strings.Contains(" "+strings.Join(list, " ")+" ", " "+s+" ")
}

// flashOf is what a page says of an act.
func flashOf(page string) string {
	_, rest, _ := strings.Cut(page, `role="status"`)
	if rest == "" {
		return page[:min(len(page), 400)]
	}
	return rest[:min(len(rest), 400)]
}

func invitation(email, name string, roles []drawbridge.Role) account.Invitation {
	return account.Invitation{Email: email, Name: name, Roles: roles}
}

func acceptance(secret seal.Hidden) account.Acceptance {
	return account.Acceptance{Secret: secret, Password: seal.Hide(password), Via: "web"}
}

// TestFindingPages shows what was found, and proposes to live with one of it.
func TestFindingPages(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	r.browser(t).first()
	root := r.root(t)
	ann, asks := r.joins(t, root, "ann", drawbridge.Requester)
	eve, _ := r.joins(t, root, "eve", drawbridge.Requester)
	in := r.Bring(t, asks, "pay", "name: Card payments", "name: Card <script>alert(1)</script>")
	list := ann.get("/findings?integration=" + string(in.ID))
	m := regexp.MustCompile(`/findings/int_\w+/f1-[0-9a-f]+`).FindString(list.text)
	if list.StatusCode != 200 || m == "" || strings.Contains(list.text, "<script>alert") {
		t.Fatalf("the list: %d %s", list.StatusCode, list.text)
	}
	for path, want := range map[string]string{"/findings?severity=critical&state=accepted": "No finding fits.", "/reviews": "No review is open.", "/reviews?tier=low": "No review fits.", m: "Why it is there"} {
		a := ann.get(path)
		if a.StatusCode != 200 || !strings.Contains(a.text, want) || r.queries.Load() > 12 {
			t.Errorf("%s: %d, %d queries, and it says not %q", path, a.StatusCode, r.queries.Load(), want)
		}
		for _, wrong := range check(t, a.text) {
			t.Errorf("%s: %s", path, wrong)
		}
	}
	if a := eve.get(m); a.StatusCode != 404 {
		t.Errorf("somebody without a part in it: %d", a.StatusCode)
	}
	x := url.Values{"covers": {ann.get(m).field("covers")}, "reason": {"a <b>pilot</b>"}, "expires": {"yesterday"}}
	if a := ann.post(m+"/exception", x); a.StatusCode != 400 || !strings.Contains(a.text, "a &lt;b&gt;pilot") {
		t.Errorf("a bad day: %d, or the text is lost", a.StatusCode)
	}
	x.Set("expires", string(r.Days(20)))
	if a := ann.post(m+"/exception", x); a.StatusCode != 303 {
		t.Errorf("propose: %d %s", a.StatusCode, flashOf(a.text))
	}
	if a := ann.get(m); !strings.Contains(a.text, "proposed") {
		t.Error("the proposal does not show")
	}
	a := ann.post(m+"/threads", url.Values{"text": {"Is it so?"}})
	if a.StatusCode != 303 || ann.get(a.Header.Get("Location")).StatusCode != 200 {
		t.Errorf("discuss: %d %s", a.StatusCode, flashOf(a.text))
	}
}
