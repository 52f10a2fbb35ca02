package drawbridge_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"drawbridge"
	"drawbridge/internal/api"
	"drawbridge/internal/client"
	"drawbridge/internal/manifest"
	"drawbridge/internal/seal"
	"drawbridge/internal/testkit"
)

// attacks are the commands of the attack scripts, besides those of every script
// with a server:
//
//	objects NAME FILE     keeps what a guess needs of somebody who pushed FILE:
//	                      V_PERSON, V_INT, V_REV, V_ASM, V_SES, V_TOK, V_MSG
//	guess VARIABLE ANSWER tries every route of the table, GET also as HEAD, on these objects with
//	                      the secret in VARIABLE; ANSWER is no (403 or 404) or 401
//	token VARIABLE NAME   makes a personal token; ended makes one and waits until it has ended
//	revoke VARIABLE       ends it; disable NAME stops an account
//	hammer N ADDRESS      signs in N times with a wrong password, each time from elsewhere; ADDRESS -
//	                      is another name each time, from one place. Prints how often which status came
//	knock N               opens N links that somebody guessed, from one place; prints the statuses
//	trap NAME             listens on loopback (NAME is its address); untouched NAME holds it to no connection
//	hook ADDRESS          makes a webhook as the administrator, and tests it: neither may work
//	hostile NAME FILE     is a server at NAME with the answers in FILE, in JSON
//	raw FILE              sends the lines of FILE, with \x1b and the like and ${HUGE}, and prints the answer
//	same FILE FILE        holds two answers of http to being the same but for the request and the time
//	orderly FILE          holds a server's log to one event a line
func (s *serverScript) attacks() map[string]scriptCommand {
	traps := traps{}
	return map[string]scriptCommand{
		"objects": s.objects, "guess": s.guess, "token": s.token, "ended": s.ended, "revoke": s.revoke, "disable": s.disable,
		"trap": traps.trap, "untouched": traps.untouched, "hostile": s.hostile, "raw": s.raw, "orderly": s.orderly, "hook": s.hook, "hammer": s.hammer, "knock": s.knock, "same": same,
	}
}

func (s *serverScript) client(ts *testscript.TestScript, secret string) *client.Client {
	c, err := client.New(client.Options{URL: ts.Getenv("SERVER"), Token: seal.Hide(ts.Getenv(secret))})
	ts.Check(err)
	return c
}

func (s *serverScript) objects(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: objects NAME FILE")
	}
	ctx, c := s.t.Context(), s.client(ts, args[0]+"_SESSION")
	b, err := manifest.Load(ts.MkAbs(args[1]))
	ts.Check(err)
	in, err := c.Find(ctx, client.Key{Slug: b.Integration.ID, Environment: b.Integration.Environment})
	ts.Check(err)
	me, err := c.Me(ctx)
	ts.Check(err)
	tokens, err := c.Tokens(ctx, client.Page{})
	ts.Check(err)
	sessions, err := c.Sessions(ctx, me.Person)
	ts.Check(err)
	checkpoint, err := c.Checkpoint(ctx)
	ts.Check(err)
	for name, value := range map[string]string{
		"NOTE": strconv.Quote(checkpoint.Note), "FILE": ts.MkAbs(args[1]), "NAME": in.Name, "SLUG": in.Slug, "ENV": in.Environment, "EMAIL": me.Email,
		"PERSON": string(me.Person), "INT": string(in.ID), "REV": string(in.Head), "ASM": string(in.Assessment), "PARTNER": string(in.Partner),
		"SES": string(sessions.Items[0].ID), "TOK": string(tokens.Items[0].ID), "MSG": drawbridge.NewID("msg", time.Now()),
	} {
		ts.Setenv("V_"+name, value)
	}
}

// guess is one try: what goes into the query and the body.
type guess struct {
	query, body string
	visible     bool // the object is no secret: the answer may be 403
	list        bool // the answer may be yes, without a word of the victim
}

// guesses has a row for every route: a new one needs a row. Those without a guess are
// about the caller alone, or about nobody.
var guesses = map[string][]guess{
	"health": nil, "openapi": nil, "setup": nil, "invitation.accept": nil, "session.create": nil, "session.end": nil, "session.prove": nil,
	"me": nil, "me.password": nil, "me.factor": nil, "me.factor_begin": nil, "me.factor_confirm": nil, "me.factor_remove": nil, "me.recovery": nil,
	"inbox.mail": nil, "inbox.set_mail": nil, "tokens.create": nil, "log.checkpoint": nil,
	"people.list": {{list: true}}, "tokens.list": {{list: true}}, "inbox.list": {{list: true}}, "inbox.unread": {{list: true}}, "inbox.tasks": {{list: true}}, "bulks.list": {{list: true}}, "bulks.create": {{list: true, body: `{"act": "assess", "ids": ["$INT"]}`}, {list: true, body: `{"act": "owner", "ids": ["$INT"], "with": {"person": "$PERSON"}}`}},
	"bulks.preview": {{list: true, body: `{"act": "assess", "ids": ["$INT"]}`}}, "bulks.get": {{}}, "bulks.items": {{}}, "bulks.cancel": {{}}, "bulks.undo": {{body: `{"reason": "guess"}`}}, "views.list": {{list: true}}, "views.save": {{list: true, body: `{"list": "integrations", "name": "guess", "query": "tier=high"}`}}, "views.remove": {{}}, "views.restore": {{}},
	"partners.list": {{list: true}}, "partners.get": {{list: true}}, "integrations.list": {{list: true}, {list: true, query: "text=parcel"}, {list: true, query: "partner=$PARTNER"}},
	"people.invite":    {{body: `{"email": "x@drawbridge.example", "name": "X", "roles": ["administrator"]}`}},
	"search":           {{list: true, query: "text=$SLUG"}},
	"people.find":      {{body: `{"email": "$EMAIL"}`}},
	"people.get":       {{}},
	"people.rename":    {{body: `{"name": "Mallory"}`}},
	"people.roles":     {{body: `{"roles": ["administrator"], "reason": "guess"}`}},
	"people.disable":   {{body: `{"disabled": true, "reason": "guess"}`}},
	"people.reset":     {{body: `{"reason": "guess"}`}},
	"people.erase":     {{body: `{"reason": "guess"}`}},
	"sessions.list":    {{}},
	"sessions.end_all": {{}},
	"sessions.end":     {{}},
	"tokens.revoke":    {{body: `{"reason": "guess"}`}},
	"machines.create":  {{body: `{"name": "guess"}`}},

	"inbox.read": {{body: `{}`}}, "inbox.unread_again": {{}},
	"webhooks.list": {{}}, "webhooks.test": {{}}, "webhooks.retry": {{}}, "webhooks.deliveries": {{}},
	"webhooks.create": {{body: `{"name": "guess", "url": "https://hooks.drawbridge.example/x"}`}},
	"webhooks.update": {{body: `{"name": "guess", "kinds": [], "disabled": true}`}},
	"webhooks.remove": {{body: `{"reason": "guess"}`}},

	"integrations.find": {{query: "slug=$SLUG&environment=$ENV"}}, "integrations.get": {{}}, "integrations.members": {{}},
	"integrations.assign": {{body: `{"members": [], "reason": "guess"}`}},
	"runs.create":         {{body: `{"run": {"schema_version": "1"}}`}}, "runs.list": {{}}, "runs.document": {{}}, "live_runs.list": {{}},
	"live_runs.open": {{body: `{"target": "sandbox", "checks": ["TLS-01"]}`}}, "live_runs.tell": {{body: `{"now": "guess"}`}}, "live_runs.stop": {{}}, "claims.list": {{}},
	"rulings.list": {{}}, "rulings.create": {{body: `{"check": "TLS-01", "element": "labels", "refuted": true, "reason": "guess"}`}}, "rulings.revoke": {{body: `{"reason": "guess"}`}},
	"revisions.push": {{}},
	"revisions.list": {{}}, "revisions.get": {{}}, "revisions.pull": {{}},
	"revisions.diff":   {{}, {query: "from=$REV&to=$REV"}},
	"integrations.try": {{body: `{}`}}, "assessments.list": {{}}, "assessments.create": {{}}, "assessments.get": {{}}, "assessments.document": {{}},
	"drafts.list": nil, "drafts.begin": nil, "drafts.begin_from": nil, "drafts.get": {{visible: true}}, "drafts.save": {{body: `{"fields": {"name": "guess"}}`, visible: true}},
	"drafts.discard": {{visible: true}}, "drafts.restore": {{visible: true}}, "drafts.operations": {{visible: true}}, "drafts.data": {{visible: true}},
	"drafts.preview": {{visible: true}}, "drafts.send": {{visible: true}},
	"reviews.list": {{list: true}, {list: true, query: "integration=$INT"}}, "reviews.mine": {{list: true}}, "reviews.get": {{}}, "reviews.progress": {{}},
	"reviews.tracks": {{}}, "reviews.changes": {{}}, "reviews.approval": {{}}, "reviews.request": nil, "integrations.standing": {{}}, "decisions.list": {{}}, "decisions.find": {{list: true}, {list: true, query: "partner=$PARTNER"}},
	"reviews.open":     {{body: `{"intake": {}, "reason": "guess"}`}},
	"reviews.submit":   {{body: `{"reason": "guess"}`}},
	"reviews.triage":   {{body: `{"tier": "low", "reason": "guess"}`}},
	"reviews.start":    {{body: `{"reason": "guess"}`}},
	"reviews.ready":    {{body: `{"reason": "guess"}`}},
	"reviews.reopen":   {{body: `{"reason": "guess"}`}},
	"reviews.withdraw": {{body: `{"reason": "guess"}`}},
	"reviews.items":    {{}}, "reviews.viewed": {{body: `{"all": true}`}},
	"reviews.respond":    {{body: `{"answer": "comment", "comment": "guess"}`}},
	"reviews.sign":       {{body: `{"role": "security", "approve": true, "view": "sha256:00"}`}},
	"signoffs.withdraw":  {{body: `{"reason": "guess"}`}},
	"reviews.decide":     {{body: `{"outcome": "approved", "rationale": "guess", "view": "sha256:00"}`}},
	"delegations.list":   {{list: true}},
	"delegations.create": nil,
	"delegations.revoke": {{}},
	"life.get":           {{}}, "departure.get": {{}}, "attestations.list": {{}},
	"life.live": {{body: `{"reason": "guess"}`}}, "life.suspend": {{body: `{"reason": "guess"}`}}, "life.resume": {{body: `{"reason": "guess"}`}},
	"life.retire": {{body: `{"reason": "guess"}`}}, "life.leave": {{body: `{"planned": "2999-01-01", "reason": "guess"}`}},
	"departure.plan":      {{body: `{"planned": "2999-01-01", "tasks": []}`}},
	"attestations.create": {{body: `{"subject": "envelope_live", "statement": "guess", "evidence": "evd_x"}`}},
	"attestations.revoke": {{body: `{"reason": "guess"}`}},
	"evidence.list":       {{list: true}, {list: true, query: "integration=$INT"}, {list: true, query: "partner=$PARTNER"}}, "evidence.get": {{}}, "evidence.file": {{}},
	"evidence.offer":     {{}},
	"evidence.accept":    {{body: `{"known": "document", "expires": "2999-01-01", "reason": "guess"}`}},
	"evidence.refuse":    {{body: `{"reason": "guess"}`}},
	"evidence.withdraw":  {{body: `{"reason": "guess"}`}},
	"evidence.supersede": {{body: `{"by": "evd_x", "reason": "guess"}`}},
	"threads.list":       {{list: true}, {list: true, query: "integration=$INT"}}, "threads.get": {{}},
	"threads.open":         {{body: `{"integration": "$INT", "kind": "flow", "object": "x", "title": "guess", "text": "guess"}`}},
	"threads.reply":        {{body: `{"text": "guess"}`}},
	"threads.resolve":      {{body: `{"reason": "guess"}`}},
	"integrations.dossier": {{}}, "partners.dossier": {{list: true}},
	"conditions.list":   {{list: true}, {list: true, query: "integration=$INT"}},
	"conditions.create": {{body: `{"text": "guess", "before_live": true, "verifier": "legal", "due": "2999-01-01"}`}},
	"conditions.meet":   {{body: `{"reason": "guess"}`}}, "conditions.drop": {{body: `{"reason": "guess"}`}},
	"exceptions.list":    {{list: true}, {list: true, query: "integration=$INT"}},
	"exceptions.propose": {{body: `{"covers": "T017@charges", "expires": "2999-01-01", "reason": "guess"}`}},
	"exceptions.confirm": {{body: `{"reason": "guess"}`}}, "exceptions.refuse": {{body: `{"reason": "guess"}`}},
	"exceptions.renew": {{body: `{"expires": "2999-01-01", "reason": "guess"}`}}, "exceptions.revoke": {{body: `{"reason": "guess"}`}},
	"programme.queue": {{list: true}}, "programme.calendar": {{list: true}}, "triggers.list": {{list: true}, {list: true, query: "integration=$INT"}},
	"programme.impact": {{body: `{"archive": "` + base64.StdEncoding.EncodeToString(testkit.Pack()) + `"}`}}, "programme.announce": {{body: `{"reason": "guess"}`}},
	"triggers.create": {{body: `{"kind": "incident", "source": "guess", "text": "guess"}`}}, "triggers.handle": {{body: `{"reason": "guess"}`}},
	"threats.difference": {{}}, "threat_reviews.list": {{}}, "threat_reviews.create": {{body: `{"comment": "guess"}`}},
	"gate":          {{query: "slug=$SLUG&environment=$ENV&digest=sha256:00"}},
	"findings.list": {{query: "integration=$INT"}, {list: true}, {list: true, query: "severity=info&source=threat&state=open"}},
	"history": {
		{query: "kind=integration&id=$INT"},
		{query: "kind=revision&id=$REV"},
		{query: "kind=assessment&id=$ASM"},
		{query: "kind=member&id=$INT/$PERSON"},
		{query: "kind=person&id=$PERSON"},
		{query: "kind=token&id=$TOK"},
		{query: "kind=credential&id=$PERSON"},
		{query: "kind=key&id=sign"},
	},
	"register.list": {{list: true}, {list: true, query: "partner=$PARTNER"}}, "risks.list": {{list: true}, {list: true, query: "integration=$INT"}}, "risks.heat": {{list: true}},
	"risks.add":  {{body: `{"integration": "$INT", "cause": "a", "event": "b", "category": "c", "likelihood": 1, "impact": 1}`}},
	"risks.get":  {{}},
	"risks.edit": {{body: `{"cause": "a", "event": "b", "category": "c", "likelihood": 1, "impact": 1}`}},
	"risks.move": {{body: `{"state": "open"}`}}, "risks.close": {{body: `{"reason": "guess"}`}},
	"profiles.get": {{list: true}}, "profiles.add": {{body: `{"status": "former"}`, visible: true}}, "profiles.edit": {{body: `{"status": "former"}`, visible: true}},
	"contracts.check": {{}}, "contracts.list": {{}}, "contracts.get": {{}}, "contracts.add": {{body: `{"partner": "$PARTNER", "type": "msa"}`}},
	"contracts.edit": {{body: `{"type": "msa"}`}}, "contracts.close": {{body: `{"reason": "guess"}`}},
	"measures.list":      {{}},
	"measures.add":       {{body: `{"metric": "availability", "value": 1, "period_from": "2026-01-01", "period_to": "2026-01-31", "source": "guess"}`}},
	"subprocessors.list": {{list: true}}, "subprocessors.add": {{body: `{"name": "guess"}`, visible: true}}, "subprocessors.end": {{body: `{"reason": "guess"}`, visible: true}},
	"notices.list": {{}}, "notices.get": {{}}, "notices.add": {{body: `{"partner": "$PARTNER", "kind": "incident", "title": "guess"}`}},
	"notices.decide":          {{body: `{"state": "closed", "reason": "guess"}`}},
	"portfolio.concentration": {{}}, "portfolio.fall": {{query: "kind=partner&name=$PARTNER"}, {query: "kind=country&name=IE"}},
	"partners.create": {{body: `{"id": "guessed", "name": "Guessed"}`, visible: true}},
	"partners.update": {{body: `{"name": "Guessed"}`, visible: true}},

	"inquiries.list": {{list: true}, {list: true, query: "integration=$INT"}}, "inquiries.send": {{body: `{"template": "short"}`}},
	"inquiries.get": {{}}, "inquiries.preview": {{}}, "inquiries.text": {{}}, "inquiries.export": {{}}, "inquiries.history": {{}},
	"inquiries.import": {{body: `{"data": "eA=="}`}}, "inquiries.answer": {{body: `{"answer": {"value": true}}`}}, "inquiries.confirm": {{body: `{"questions": []}`}},
	"inquiries.submit": {{body: `{"reason": "guess"}`}}, "inquiries.accept": {{body: `{"reason": "guess"}`}}, "inquiries.return": {{body: `{"reason": "guess"}`}},
	"inquiries.close": {{body: `{"reason": "guess"}`}}, "links.list": {{}}, "links.create": {{body: `{"label": "guess"}`}}, "links.revoke": {{body: `{"reason": "guess"}`}},
	// Partners come by a link alone: attack-partner tries these.
	"visit.enter": nil, "visit.leave": nil, "visit.inquiry": nil, "visit.text": nil, "visit.export": nil, "visit.import": nil, "visit.answer": nil,
	"visit.confirm": nil, "visit.submit": nil, "visit.links": nil, "visit.pass_on": nil, "visit.revoke": nil, "visit.evidence": nil, "visit.offer": nil,
	"visit.threads": nil, "visit.thread": nil, "visit.reply": nil,

	"jobs.list": {{}}, "jobs.get": {{}}, "jobs.retry": {{body: `{"reason": "guess"}`}}, "jobs.cancel": {{body: `{"reason": "guess"}`}},
	"retention.list": {{}}, "retention.set": {{body: `{"days": 100, "version": 0, "reason": "guess"}`}}, "retention.purge": {{body: `{"dry_run": true}`}},
	"holds.list": {{}}, "holds.place": {{body: `{"scope": "everything", "reason": "guess"}`}}, "holds.lift": {{body: `{"reason": "guess"}`}},
	"log.list": {{}}, "log.prove": {{}}, "log.consistency": {{body: `{"checkpoint": $NOTE}`}}, "log.export": {{}},
	"keys.list": {{}}, "keys.rotate": {{body: `{"purpose": "mac", "reason": "guess"}`}},
}

func (s *serverScript) guess(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: guess VARIABLE no|401")
	}
	tried := 0
	for _, r := range api.Routes() {
		rows, known := guesses[r.Name]
		if !known {
			ts.Fatalf("the route %s has no row in guesses", r.Name)
		}
		for _, g := range rows {
			methods := []string{r.Method}
			if r.Method == http.MethodGet {
				methods = append(methods, http.MethodHead)
			}
			for _, method := range methods {
				tried++
				s.try(ts, &r, g, method, args[0], args[1])
			}
		}
	}
	fmt.Fprintf(ts.Stdout(), "%d tries\n", tried)
}

// try makes one request and judges its answer.
func (s *serverScript) try(ts *testscript.TestScript, r *api.Route, g guess, method, secret, want string) {
	var req *http.Request
	var resp *http.Response
	for {
		var err error
		req, err = s.guessed(ts, r, g, method)
		ts.Check(err)
		if token := ts.Getenv(secret); token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err = stranger().Do(req)
		ts.Check(err)
		defer resp.Body.Close()
		wait, err := strconv.Atoi(resp.Header.Get("Retry-After"))
		if resp.StatusCode != http.StatusTooManyRequests || err != nil || wait > 10 {
			break
		}
		select { // whoever guesses much is slowed down: the server says for how long
		case <-time.After(time.Duration(wait) * time.Second):
		case <-s.t.Context().Done():
			ts.Fatalf("cancelled")
		}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	ts.Check(err)
	allowed := []int{http.StatusNotFound}
	switch {
	case want == "401":
		allowed = []int{http.StatusUnauthorized}
	case g.list:
		allowed = []int{http.StatusOK, http.StatusCreated, http.StatusNotFound}
	case g.visible:
		allowed = []int{http.StatusNotFound, http.StatusForbidden}
	}
	if !slices.Contains(allowed, resp.StatusCode) {
		ts.Fatalf("%s %s answers %s, want one of %v\n%s", method, req.URL, resp.Status, allowed, body)
	}
	for _, word := range []string{"V_NAME", "V_EMAIL"} {
		if bytes.Contains(body, []byte(ts.Getenv(word))) {
			ts.Fatalf("%s %s tells %s\n%s", method, req.URL, word, body)
		}
	}
}

// guessed fills a route with what is the victim's.
func (s *serverScript) guessed(ts *testscript.TestScript, r *api.Route, g guess, method string) (*http.Request, error) {
	fill := func(text string) string {
		return os.Expand(text, func(name string) string { return cmp.Or(ts.Getenv("V_"+name), ts.Getenv("V_MSG")) })
	}
	id := cmp.Or(map[string]string{
		"people": "PERSON", "sessions": "SES", "tokens": "TOK", "integrations": "INT", "partners": "PARTNER", "risks": "RISK",
		"contracts": "CONTRACT", "notices": "NOTICE", "subprocessors": "SUB", "inquiries": "INQUIRY", "reviews": "REVIEW",
	}[strings.Split(r.Pattern, "/")[3]], "MSG") // of the right form, and nothing has it
	path := strings.NewReplacer("{id}", "$"+id, "{revision}", "$REV", "{assessment}", "$ASM", "{link}", "$LINK", "{run}", "$RUN",
		"{ruling}", "$RULING", "{question}", "a", "{seq}", "0", "{kind}", "message").Replace(r.Pattern)
	media, body := "application/json", []byte(fill(g.body))
	if r.Has(api.Large) && r.Method == http.MethodPost {
		data, err := os.ReadFile(ts.Getenv("V_FILE"))
		ts.Check(err)
		push := client.Push{Main: "integration.yaml", Base: drawbridge.RevisionID(ts.Getenv("V_REV")), Reason: "guess", Files: manifest.Files{"integration.yaml": data}}
		body, media, err = push.Encode()
		ts.Check(err)
	}
	if r.Name == "evidence.offer" {
		var form bytes.Buffer
		in := client.NewEvidence{Integration: drawbridge.IntegrationID(ts.Getenv("V_INT")), Kind: "evidence:pentest"}
		ts.Check(client.EncodeUpload(&form, "guess", in, "guess.txt", strings.NewReader("guess")))
		media, body = "multipart/form-data; boundary=guess", form.Bytes()
	}
	address := ts.Getenv("SERVER") + fill(path)
	if g.query != "" {
		address += "?" + fill(g.query)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if len(body) > 0 {
		req.Header.Set("Content-Type", media)
	}
	if r.Has(api.Conditional) {
		req.Header.Set("If-Match", `"1"`)
	}
	return req, nil
}

// strangers counts loopback addresses: who is not known is counted by address.
var strangers atomic.Uint32

// stranger is a client at an address of its own.
func stranger() *http.Client {
	n := strangers.Add(1)
	from := &net.TCPAddr{IP: net.IPv4(127, byte(1+n>>16), byte(n>>8), byte(n))}
	return &http.Client{
		Transport:     &http.Transport{DialContext: (&net.Dialer{LocalAddr: from}).DialContext, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (s *serverScript) token(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: token VARIABLE NAME")
	}
	s.newToken(ts, args, time.Time{})
}

func (s *serverScript) newToken(ts *testscript.TestScript, args []string, until time.Time) {
	made, err := s.client(ts, args[1]+"_SESSION").CreateToken(s.t.Context(), client.NewToken{Name: "script", ExpiresAt: until})
	ts.Check(err)
	ts.Setenv(args[0], made.Secret.Reveal())
	ts.Setenv(args[0]+"_TOKEN", string(made.Token.ID))
}

func (s *serverScript) ended(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: ended VARIABLE NAME")
	}
	s.newToken(ts, args, time.Now().Add(time.Second))
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		_, err := s.client(ts, args[0]).Me(ctx)
		if drawbridge.KindOf(err) == drawbridge.Unauthenticated {
			return
		}
		ts.Check(err)
		<-again.C
	}
}

func (s *serverScript) revoke(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(s.client(ts, "root_SESSION").RevokeToken(s.t.Context(), drawbridge.TokenID(ts.Getenv(args[0]+"_TOKEN")), "script"))
}

func (s *serverScript) disable(ts *testscript.TestScript, neg bool, args []string) {
	c, id := s.client(ts, "root_SESSION"), drawbridge.PersonID(ts.Getenv(args[0]+"_ID"))
	p, err := c.Person(s.t.Context(), id)
	ts.Check(err)
	_, err = c.SetDisabled(s.t.Context(), p.Version, client.SetDisabled{ByID: client.ByID{ID: string(id)}, Disabled: true, Reason: "script"})
	ts.Check(err)
}

func (s *serverScript) hammer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: hammer N ADDRESS|-")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	one, statuses := stranger(), map[string]int{}
	for i := range n {
		email, from := args[1], stranger()
		if email == "-" {
			email, from = fmt.Sprintf("nobody%d@drawbridge.example", i), one
		}
		body := fmt.Sprintf(`{"email": %q, "password": "wrong password %d"}`, email, i)
		req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, ts.Getenv("SERVER")+"/api/v1/session", strings.NewReader(body))
		ts.Check(err)
		req.Header.Set("Content-Type", "application/json")
		resp, err := from.Do(req)
		ts.Check(err)
		ts.Check(resp.Body.Close())
		statuses[resp.Status]++
	}
	for _, status := range slices.Sorted(maps.Keys(statuses)) {
		fmt.Fprintf(ts.Stdout(), "%s: %d\n", status, statuses[status])
	}
}

func (s *serverScript) knock(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: knock N")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	one, statuses := stranger(), map[string]int{}
	for i := range n {
		req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, fmt.Sprintf("%s/p/dbp_%043d", ts.Getenv("SERVER"), i), nil)
		ts.Check(err)
		resp, err := one.Do(req)
		ts.Check(err)
		ts.Check(resp.Body.Close())
		statuses[resp.Status]++
	}
	for _, status := range slices.Sorted(maps.Keys(statuses)) {
		fmt.Fprintf(ts.Stdout(), "%s: %d\n", status, statuses[status])
	}
}

// traps count the connections that were made to them.
type traps map[string]*atomic.Int32

func (t traps) trap(ts *testscript.TestScript, neg bool, args []string) {
	on, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	ts.Check(err)
	var touched atomic.Int32
	t[args[0]] = &touched
	go func() {
		for {
			conn, err := on.Accept()
			if err != nil {
				return
			}
			touched.Add(1)
			_ = conn.Close()
		}
	}()
	ts.Defer(func() { _ = on.Close() })
	ts.Setenv(args[0], on.Addr().String())
	ts.Setenv(args[0]+"_PORT", strconv.Itoa(on.Addr().(*net.TCPAddr).Port))
}

// untouched also shows that the trap works: its own touch is counted.
func (t traps) untouched(ts *testscript.TestScript, neg bool, args []string) {
	touched := t[args[0]]
	if n := touched.Load(); n != 0 {
		ts.Fatalf("%d connections were made to %s", n, args[0])
	}
	conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", ts.Getenv(args[0]))
	ts.Check(err)
	_, _ = conn.Read(make([]byte, 1)) // until the trap closes it
	_ = conn.Close()
	if touched.Swap(0) != 1 {
		ts.Fatalf("the trap %s does not count", args[0])
	}
}

// hook tries one address: it is refused at once, or when it is dialled.
func (s *serverScript) hook(ts *testscript.TestScript, neg bool, args []string) {
	ctx, c := s.t.Context(), s.client(ts, "root_SESSION")
	made, err := c.CreateWebhook(ctx, client.NewWebhook{Name: "script", URL: client.Hide(args[0])})
	if err != nil {
		if kind := drawbridge.KindOf(err); kind != drawbridge.Invalid && kind != drawbridge.Denied {
			ts.Fatalf("webhook %s: %v", args[0], err)
		}
		fmt.Fprintf(ts.Stdout(), "refused: %v\n", err)
		return
	}
	tried, err := c.TryWebhook(ctx, made.Webhook.ID)
	ts.Check(err)
	if tried.Delivered {
		ts.Fatalf("the webhook %s was delivered", args[0])
	}
	fmt.Fprintf(ts.Stdout(), "not delivered: %s\n", tried.Error)
	ts.Check(c.RemoveWebhook(ctx, client.Because{ByID: client.ByID{ID: string(made.Webhook.ID)}, Reason: "script"}))
}

func (s *serverScript) hostile(ts *testscript.TestScript, neg bool, args []string) {
	var answers map[string]struct {
		Status int               `json:"status"`
		Header map[string]string `json:"header"`
		Body   json.RawMessage   `json:"body"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &answers))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := answers[r.Method+" "+r.URL.Path]
		if !ok {
			a.Status, a.Body = http.StatusNotImplemented, json.RawMessage(`{}`)
		}
		w.Header().Set("Content-Type", "application/json")
		for name, value := range a.Header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(max(a.Status, http.StatusOK))
		_, _ = w.Write(a.Body) // the reader may be gone
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
}

func (s *serverScript) raw(ts *testscript.TestScript, neg bool, args []string) {
	var b bytes.Buffer
	for line := range strings.SplitSeq(strings.TrimSuffix(ts.ReadFile(args[0]), "\n"), "\n") {
		line = strings.ReplaceAll(line, "${HUGE}", strings.Repeat("x", 1<<17))
		text, err := strconv.Unquote(`"` + strings.ReplaceAll(line, `"`, `\"`) + `"`)
		ts.Check(err)
		b.WriteString(text + "\r\n")
	}
	conn, err := (&net.Dialer{}).DialContext(s.t.Context(), "tcp", strings.TrimPrefix(ts.Getenv("SERVER"), "http://"))
	ts.Check(err)
	defer conn.Close()
	ts.Check(conn.SetDeadline(time.Now().Add(20 * time.Second)))
	_, err = conn.Write(b.Bytes())
	ts.Check(err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s\n", resp.Status)
	ts.Check(resp.Header.Write(ts.Stdout()))
	fmt.Fprintf(ts.Stdout(), "\n%s", body)
}

// varying is what differs between two answers that are the same.
var varying = regexp.MustCompile(`req_[a-z0-9]+|(?m)^Date: .*$`)

func same(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: same FILE FILE")
	}
	a, b := varying.ReplaceAllString(ts.ReadFile(args[0]), ""), varying.ReplaceAllString(ts.ReadFile(args[1]), "")
	if a != b {
		ts.Fatalf("the answers differ:\n%s\n%s", a, b)
	}
}

// logLine is one event as the server writes it: time, level, message, attributes.
var logLine = regexp.MustCompile(`^(time=\S+ level=[A-Z]+ msg=("(\\.|[^"\\])*"|\S+)( [a-z_.]+=("(\\.|[^"\\])*"|[^ "]*))*|\{"time":.*\}|  .*|)$`)

func (s *serverScript) orderly(ts *testscript.TestScript, neg bool, args []string) {
	text := ts.ReadFile(args[0])
	events := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if !logLine.MatchString(line) || strings.HasPrefix(line, "{") && !json.Valid([]byte(line)) {
			ts.Fatalf("no line of a log: %q", line)
		}
		if strings.ContainsFunc(line, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
			ts.Fatalf("the line holds what a terminal obeys: %q", line)
		}
		if strings.Contains(line, "msg=") || strings.HasPrefix(line, "{") {
			events++
		}
	}
	fmt.Fprintf(ts.Stdout(), "%d events\n", events)
	ts.Setenv("EVENTS", strconv.Itoa(events))
}
