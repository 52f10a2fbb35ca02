package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// keeper signs somebody in who keeps partners, contracts and risks, and reviews.
func (a *asked) keeper() *browser {
	a.t.Helper()
	a.Write(a.t, func(tx *store.Tx) error {
		p, err := tx.PersonByEmail("root@drawbridge.example")
		if err != nil {
			return err
		}
		p.Roles = append(p.Roles, drawbridge.ProgrammeOwner, drawbridge.ReviewerSecurity, drawbridge.ReviewerLegal, drawbridge.ReviewerPrivacy, drawbridge.Operator)
		return tx.SetPerson(p)
	})
	return a.root
}

// made posts a form, and returns the path of what it made.
func (b *browser) made(what, path string, form url.Values, want string) string {
	b.t.Helper()
	b.rig.Pass(time.Second)
	a := b.post(path, form)
	to := a.Header.Get("Location")
	if a.StatusCode != 303 || !regexp.MustCompile(want).MatchString(to) {
		b.t.Fatalf("%s: %d, led to %q, want %q\n%s", what, a.StatusCode, to, want, a.text)
	}
	out, _, _ := strings.Cut(to, "?")
	return out
}

// refused posts a form that is not taken, and holds the page to what was typed.
func (b *browser) refused(what, path string, form url.Values, keeps ...string) {
	b.t.Helper()
	a := b.post(path, form)
	if a.StatusCode != 400 && a.StatusCode != 409 {
		b.t.Errorf("%s: %d %s", what, a.StatusCode, a.text)
	}
	b.holds(what, a, keeps...)
}

// version is the version that a form of the page carries.
func (b *browser) version(path string) string {
	b.t.Helper()
	m := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(b.get(path).text)
	if m == nil {
		b.t.Fatalf("%s has no form for a change", path)
	}
	return m[1]
}

// TestQuestionnaires reads and decides what a partner answered.
func TestQuestionnaires(t *testing.T) {
	t.Parallel()
	r := ask(t, "")
	partner := r.comes(inquiry.NewLink{})
	b := r.keeper()
	to := "/questionnaires/" + string(r.q.ID)
	for question, value := range map[string]string{"base.team": "true", "base.plan": "We call " + script, "base.test": "false"} {
		partner.led(question, partner.says(question, url.Values{"value:" + question: {value}}), "/partner/questions/base#q-"+question)
	}
	b.sees("/questionnaires", "Pay &lt;script&gt;", to, "being answered")
	b.sees("/questionnaires?state=closed", "Nothing fits.")
	b.sees(to, "We call &lt;script&gt;", "by a link of the partner", "claims", "tls-version", "Acme &lt;script&gt;")
	b.led("from a message", b.get("/inquiries/"+string(r.q.ID)), to)
	b.sees(to+"/preview", "This is what the partner sees", to+"/preview/questions/base")
	if page := b.sees(to+"/preview/questions/base", "We call &lt;script&gt;").text; strings.Contains(page, "data-autosave") || strings.Contains(page, "tls-version") {
		t.Error("the preview offers to answer, or tells what a partner does not see")
	}
	b.sees("/questionnaires/new?integration="+string(r.q.Integration), "A small &lt;script&gt;", "Send it")
	b.refused("the same again", "/questionnaires/new", url.Values{"review": {string(r.q.Review)}, "template": {"small/short"}, "audience": {"partner"}, "reason": {"Keep " + script}}, "was sent to the partner", "Keep &lt;script&gt;")
	b.made("another", "/questionnaires/new", url.Values{"review": {string(r.q.Review)}, "template": {"drawbridge/short"}, "audience": {"partner"}}, `^/questionnaires/inq_\w+\?done=questionnaire-sent$`)
	b.sees("/templates", "A small &lt;script&gt;", "/templates/small")
	b.sees("/templates/small?length=short", "EU", "Describe the plan.")

	b.refused("a link for nobody", to+"/links", url.Values{"until": {"2027-01-01"}}, `value="2027-01-01"`)
	a := b.post(to+"/links", url.Values{"label": {"Second " + script}})
	if a.StatusCode != 200 || !strings.Contains(a.text, "/p/dbp_") {
		t.Fatalf("a link: %d %s", a.StatusCode, a.text)
	}
	b.holds("a link", a, "Second &lt;script&gt;")
	second := r.opens(regexp.MustCompile(`/p/dbp_[\w-]+`).FindString(a.text))
	if page := b.sees(to, "Second &lt;script&gt;").text; strings.Contains(page, "dbp_") {
		t.Error("the address is shown again")
	}
	b.led("ending it", b.post(regexp.MustCompile(to+`/links/lnk_\w+/revoke`).FindString(b.get(to).text), nil), to+"?done=link-ended")
	if a := second.get("/partner"); a.StatusCode != 401 {
		t.Errorf("by a link that ended: %d", a.StatusCode)
	}
	partner.led("handing in", partner.post("/partner/submit", nil), "/partner?done=handed-in")
	b.refused("giving back without a word", to+"/return", url.Values{"version": {b.version(to)}}, "Say what is to be changed")
	b.refused("over an old version", to+"/accept", url.Values{"version": {"1"}, "accepted": {"Kept " + script}}, "Kept &lt;script&gt;")
	b.led("giving back", b.post(to+"/return", url.Values{"version": {b.version(to)}, "returned": {"More"}}), to+"?done=answers-returned")
	partner.led("handing in again", partner.post("/partner/submit", nil), "/partner?done=handed-in")
	b.led("accepting", b.post(to+"/accept", url.Values{"version": {b.version(to)}}), to+"?done=answers-accepted")
	sheet := b.get(to + "/sheet")
	if sheet.StatusCode != 200 || !strings.Contains(sheet.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the sheet: %d %v", sheet.StatusCode, sheet.Header)
	}
	if text := b.get(to + "/text"); !strings.HasPrefix(text.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("the text: %v", text.Header)
	}
	stranger := r.browser(t)
	if a := stranger.get(to); a.StatusCode != 303 || !strings.HasPrefix(a.Header.Get("Location"), "/sign-in") {
		t.Errorf("who is not signed in reads %d", a.StatusCode)
	}
}

// TestPortfolio walks partners, risks, contracts and notices.
func TestPortfolio(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		r := ask(t, database)
		b := r.keeper()
		own := "/partners/" + string(r.q.Partner)
		b.sees("/partners", own, "1 integration")
		b.refused("a partner without a name", "/partners/new", url.Values{"id": {"bolt"}, "website": {"https://bolt.example"}}, "https://bolt.example")
		bolt := b.made("a partner", "/partners/new", url.Values{"id": {"bolt"}, "name": {"Bolt " + script}, "country": {"DE"}}, `^/partners/bolt\?`)
		b.sees(bolt, "Bolt &lt;script&gt;", "No integration that you may see.")
		b.refused("a wrong identifier", own+"/profile", url.Values{"version": {"0"}, "legal_name": {"Acme " + script}, "id-lei": {"nonsense"}}, "Acme &lt;script&gt;", "nonsense")
		b.led("a profile", b.post(own+"/profile", url.Values{"version": {"0"}, "legal_name": {"Acme " + script}, "parent": {"bolt"}, "tags": {"a\r\nb"}}), own+"?done=partner-saved")
		b.led("a sub-processor", b.post(own+"/subprocessors", url.Values{"sub-name": {"Cloud " + script}, "sub-country": {"US"}}), own+"/subprocessors?done=subprocessor-added")
		b.sees(own+"/contracts", "No contract is on file.")
		b.sees(own+"/subprocessors", "Cloud &lt;script&gt;")
		b.sees(own, "Acme &lt;script&gt;", "/partners/bolt", "/integrations/"+string(r.q.Integration), "What if it falls?")
		b.led("ending it", b.post(regexp.MustCompile(own+`/subprocessors/sub_\w+/end`).FindString(b.get(own+"/subprocessors").text), nil), own+"/subprocessors?done=subprocessor-ended")

		b.sees("/concentration", "By partner", "/concentration/fall?kind=partner")
		b.sees("/concentration/fall", "Who falls?")
		b.sees("/concentration/fall?kind=partner&name="+string(r.q.Partner), "1 integration that stop", "/integrations/"+string(r.q.Integration))
		b.sees("/concentration/fall?kind=partner&name=nobody"+url.QueryEscape(script), `role="alert"`, "nobody&lt;script&gt;")
		b.sees("/concentration/fall?kind=moon&name=x", "Say who falls")
		// The desk of the calendar reads ten shelves, whatever there is on them.
		b.holds("/calendar", b.get("/calendar"), "In your own calendar", "November 2026")
		b.holds("/calendar", b.get("/calendar?month=2027-02&kind=contract"), "February 2027")
		if n := r.queries.Load(); n > 12 {
			t.Errorf("/calendar asks the database %d times, want at most 12", n)
		}
		if a := b.get("/calendar/drawbridge.ics"); a.StatusCode != 200 || !strings.HasPrefix(a.text, "BEGIN:VCALENDAR") {
			t.Errorf("the calendar's file: %d %s", a.StatusCode, a.text)
		}
		b.riskPages(r)
		b.contractPages(r)
		b.noticePages(r)
	})
}

func (b *browser) riskPages(r *asked) {
	b.t.Helper()
	b.sees("/risks", "No risk is in the register.")
	b.sees("/risks/new", "Enter the risk")
	form := url.Values{"integration": {string(r.q.Integration)}, "event": {"It stops " + script}, "cause": {"One supplier"}, "likelihood": {"4"}, "impact": {"5"}, "residual": {"0"}, "residual_to": {"0"}}
	b.refused("a risk without a category", "/risks/new", form, "It stops &lt;script&gt;")
	form.Set("category", "operational")
	form.Set("integration", "ay")
	b.refused("a part of an integration's name", "/risks/new", form, "near it are", "/production")
	form.Set("integration", string(r.q.Integration))
	form.Set("finding", "no such finding")
	b.refused("a finding that is none", "/risks/new", form, "no such finding")
	form.Del("finding")
	risk := b.made("a risk", "/risks/new", form, `^/risks/rsk_\w+\?done=risk-saved$`)
	b.sees("/risks", risk, "20 of 25", "cell=before-4-5", "It stops &lt;script&gt;")
	b.sees("/risks?cell=after-4-5", risk, "All of the list")
	if page := b.sees("/risks?cell=after-1-1").text; strings.Contains(page, risk+`"`) {
		b.t.Error("a cell of the map shows a risk of another")
	}
	b.sees("/risks?state=closed&severity=12", "Nothing fits.")
	b.sees(risk, "It stops &lt;script&gt;", "of 25: likelihood 4 by 5 impact", "Treat it")
	form.Set("version", b.version(risk))
	form.Set("owner", "nobody@drawbridge.example")
	b.refused("an owner who is nobody", risk+"/edit", form, "nobody@drawbridge.example")
	form.Set("owner", "Nobody Known")
	b.refused("an owner by a name that nobody has", risk+"/edit", form, "Nobody here is called")
	form.Set("owner", "an")
	b.refused("a part of a name", risk+"/edit", form, "near it are ann", `value="an"`)
	form.Set("owner", "Ann")
	form.Set("treatment", "mitigate")
	form.Set("plan", "A second supplier "+script)
	form.Set("due", string(r.Days(30)))
	b.led("a change", b.post(risk+"/edit", form), risk+"?done=risk-saved")
	b.led("treating", b.post(risk+"/move", url.Values{"version": {b.version(risk)}, "to": {"treating"}}), risk+"?done=risk-moved")
	b.refused("accepting by nothing", risk+"/move", url.Values{"version": {b.version(risk)}, "to": {"accepted"}, "exception": {"exc_none"}}, "exc_none")
	b.refused("closing without a word", risk+"/move", url.Values{"version": {b.version(risk)}, "to": {"closed"}})
	b.led("closing", b.post(risk+"/move", url.Values{"version": {b.version(risk)}, "to": {"closed"}, "reason-closed": {"Gone " + script}}), risk+"?done=risk-moved")
	b.sees(risk, "Gone &lt;script&gt;", "Open it again")
}

func (b *browser) contractPages(r *asked) {
	b.t.Helper()
	b.sees("/contracts", "No contract is on file.")
	form := url.Values{"partner": {string(r.q.Partner)}, "type": {"msa"}, "title": {"Main " + script}, "ends": {string(r.Days(90))}, "notice_ours": {"30"}, "levels": {"availability many percent month"}, "clauses": {"dora-30-2-a present 4.1"}}
	b.sees("/contracts/new?partner=x", `value="x"`)
	b.refused("a level that is none", "/contracts/new", form, "Main &lt;script&gt;", "availability many percent month")
	form.Set("levels", "availability 99.9 percent month")
	form.Set("partner", "Acme")
	b.refused("a part of a partner's name", "/contracts/new", form, "near it are", "acme-pay", `value="Acme"`)
	form.Set("partner", "nobody at all")
	b.refused("a partner who is none", "/contracts/new", form, "pick a name from the list", `value="nobody at all"`)
	form.Set("partner", "ACME PAY")
	c := b.made("a contract", "/contracts/new", form, `^/contracts/ctr_\w+\?done=contract-saved$`)
	b.sees(c, "Main &lt;script&gt;", "Nothing was measured yet.", "last day to end it", "dora-30-2-b")
	b.refused("a measure that is none", c+"/measures", url.Values{"metric": {"availability"}, "value": {"most"}, "source": {"A probe " + script}}, "A probe &lt;script&gt;")
	b.made("a measure", c+"/measures", url.Values{"metric": {"availability"}, "value": {"99.95"}, "from": {string(r.Days(-30))}, "until": {string(r.Days(-1))}, "source": {"A probe"}}, `\?done=measured#levels$`)
	b.sees(c, "Last measured: 99.95 percent", "data-series")
	form.Set("version", b.version(c))
	form.Set("title", "Another")
	b.led("a change", b.post(c+"/edit", form), c+"?done=contract-saved")
	b.sees("/contracts", "Another", "1 of 1 met")
	b.led("closing", b.post(c+"/close", url.Values{"close-why": {"We left"}}), c+"?done=contract-closed")
}

func (b *browser) noticePages(r *asked) {
	b.t.Helper()
	b.sees("/notices", "No notice came yet.")
	form := url.Values{"partner": {string(r.q.Partner)}, "kind": {"subprocessor"}, "title": {"Somebody new " + script}}
	b.sees("/notices/new", "Take it in")
	b.refused("without a name", "/notices/new", form, "Somebody new &lt;script&gt;", "say who the new sub-processor is")
	form.Set("name", "Deep "+script)
	n := b.made("a notice", "/notices/new", form, `^/notices/ntc_\w+\?done=notice-taken$`)
	b.sees(n, "To be decided by", "Deep &lt;script&gt;", "Object to it")
	b.refused("deciding without a word", n+"/decide", url.Values{"version": {b.version(n)}, "to": {"accepted"}})
	b.led("accepting", b.post(n+"/decide", url.Values{"version": {b.version(n)}, "to": {"accepted"}, "reason-accepted": {"Fine " + script}}), n+"?done=notice-decided")
	b.sees(n, "Fine &lt;script&gt;", "It was to be decided by")
	b.sees("/notices?state=accepted", n)
	b.sees("/partners/"+string(r.q.Partner)+"/subprocessors", "Deep &lt;script&gt;")
}

// TestOutsiders holds the portfolio to those who may see it.
func TestOutsiders(t *testing.T) {
	t.Parallel()
	r := ask(t, "")
	b := r.root
	r.Write(t, func(tx *store.Tx) error {
		p, err := tx.PersonByEmail("root@drawbridge.example")
		if err != nil {
			return err
		}
		p.Roles = []drawbridge.Role{drawbridge.Requester} // of nothing here
		return tx.SetPerson(p)
	})
	for _, path := range []string{"/concentration", "/concentration/fall?kind=country&name=IE", "/contracts", "/notices", "/risks", "/questionnaires/" + string(r.q.ID), "/contracts/new", "/calendar"} {
		if a := b.get(path); a.StatusCode == 200 && !strings.Contains(path, "new") {
			if strings.Contains(a.text, string(r.q.ID)) || strings.Contains(a.text, string(r.q.Partner)) {
				t.Errorf("a stranger reads %s: %d", path, a.StatusCode)
			}
		}
	}
	for path, form := range map[string]url.Values{
		"/partners/" + string(r.q.Partner) + "/subprocessors": {"sub-name": {"x"}}, "/contracts/new": {"partner": {string(r.q.Partner)}, "type": {"msa"}},
		"/questionnaires/" + string(r.q.ID) + "/links": {"label": {"x"}}, "/risks/new": {"partner": {string(r.q.Partner)}, "event": {"x"}, "cause": {"x"}, "category": {"x"}, "likelihood": {"1"}, "impact": {"1"}, "residual": {"0"}, "residual_to": {"0"}},
	} {
		if a := b.post(path, form); a.StatusCode < 400 {
			t.Errorf("a stranger writes %s: %d", path, a.StatusCode)
		}
	}
}
