package api_test

import (
	"fmt"
	"maps"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/client"
	"drawbridge/internal/store"
)

// fixtures are the rows of the matrix, all of them.
var fixtures = func() map[string]func(*matrix, *caller, bool) request {
	all := map[string]func(*matrix, *caller, bool) request{}
	for _, part := range []map[string]func(*matrix, *caller, bool) request{
		recordFixtures, draftFixtures, reviewFixtures, inquiryFixtures, dossierFixtures, lifecycleFixtures, programmeFixtures, portfolioFixtures, resultFixtures,
	} {
		maps.Copy(all, part)
	}
	return all
}()

// recordFixtures are the rows of the matrix: how each route is tried on an object of
// the caller's own, and on another's.
var recordFixtures = map[string]func(*matrix, *caller, bool) request{
	"health":            plain("/api/v1/health", nil),
	"openapi":           plain("/api/v1/openapi.json", nil),
	"setup":             plain("/api/v1/setup", client.Setup{Email: "x@drawbridge.example", Name: "X", Password: client.Hide(password)}, 409),
	"invitation.accept": plain("/api/v1/invitation", client.Accept{Secret: client.Hide("dbi_none"), Password: client.Hide(password)}, 401),
	"session.create":    plain("/api/v1/session", client.SignIn{Email: "nobody@drawbridge.example", Password: client.Hide("wrong")}, 401, 429),
	"session.prove":     proves,
	"session.end":       fresh(func(*matrix, *caller) request { return request{path: "/api/v1/session", allowed: []int{400}} }), // a machine has a token, and no session
	"me":                plain("/api/v1/me", nil),

	"me.password":       self("/api/v1/me/password", client.NewPassword{Old: client.Hide("x"), Password: client.Hide("short")}, 400),
	"me.factor":         self("/api/v1/me/factor", nil),
	"me.factor_begin":   self("/api/v1/me/factor", nil),
	"me.factor_confirm": self("/api/v1/me/factor", client.ConfirmFactor{Ticket: client.Hide("x"), Code: client.Hide("1")}, 400),
	"me.factor_remove":  self("/api/v1/me/factor/remove", client.Code{Code: client.Hide("1")}, 400, 409),
	"me.recovery":       self("/api/v1/me/factor/recovery", client.Code{Code: client.Hide("1")}, 400, 409),

	"people.list":      list("/api/v1/people", "person"),
	"people.invite":    invites,
	"people.find":      findsPerson,
	"people.get":       onPerson("", nil),
	"people.rename":    onPerson("", client.Rename{Name: "New Name"}),
	"people.roles":     onPerson("/roles", client.AssignRoles{Roles: []drawbridge.Role{drawbridge.Administrator}, Reason: "try"}),
	"people.disable":   onPerson("/disabled", client.SetDisabled{Disabled: false, Reason: "try"}),
	"people.reset":     onPerson("/reset", client.Because{Reason: "try"}),
	"people.erase":     onPerson("/erase", client.Because{Reason: "try"}),
	"sessions.list":    onPerson("/sessions", nil),
	"sessions.end_all": onPerson("/sessions", nil),
	"sessions.end":     endsSession,
	"tokens.list":      list("/api/v1/tokens", "token"),
	"tokens.create":    createsToken,
	"tokens.revoke":    revokesToken,
	"machines.create":  onIntegration("/machines", func() any { return client.NewMachine{NewToken: client.NewToken{Name: "try"}} }),

	"inbox.list":    list("/api/v1/inbox", "message"),
	"inbox.unread":  self("/api/v1/inbox/unread", nil),
	"bulks.list":    self("/api/v1/bulks", nil),
	"bulks.create":  self("/api/v1/bulks", client.StartBulk{Act: "assess", IDs: []string{"int_none"}}),
	"bulks.preview": self("/api/v1/bulks/preview", client.StartBulk{Act: "assess", IDs: []string{"int_none"}}),
	"bulks.get":     didBulk("", nil),
	"bulks.items":   didBulk("/items", nil),
	"bulks.cancel":  didBulk("/cancel", nil, 409),
	"bulks.undo":    didBulk("/undo", client.Because{Reason: "try"}),
	"views.list":    self("/api/v1/views", nil),
	"views.save":    self("/api/v1/views", client.SaveView{List: "integrations", Name: "Mine", Query: "tier=high"}),
	"views.remove":  keepsView(""),
	"views.restore": keepsView("/restored"),
	"inbox.tasks":   self("/api/v1/inbox/tasks", nil),
	"inbox.read":    readsMessage,
	"inbox.unread_again": func(m *matrix, c *caller, own bool) request {
		q := readsMessage(m, c, own)
		q.body = nil
		return q
	},
	"inbox.mail":          self("/api/v1/me/mail", nil),
	"inbox.set_mail":      self("/api/v1/me/mail", client.SetMail{Wanted: true}),
	"webhooks.list":       list("/api/v1/webhooks", "webhook"),
	"webhooks.create":     createsWebhook,
	"webhooks.update":     onWebhook("", client.EditWebhook{Name: "New name", Kinds: []string{}}),
	"webhooks.remove":     onWebhook("/remove", client.Because{Reason: "try"}),
	"webhooks.test":       onWebhook("/test", nil),
	"webhooks.retry":      losesMessage,
	"webhooks.deliveries": onWebhook("/deliveries", nil),

	"integrations.list":    list("/api/v1/integrations", "integration"),
	"integrations.find":    byKey("/api/v1/lookup?slug=%s&environment=production"),
	"integrations.get":     onIntegration("", nil),
	"integrations.members": onIntegration("/members", nil),
	"integrations.assign":  onIntegration("/assignment", func() any { return client.Assign{Reason: "try"} }),
	"revisions.push":       pushes,
	"revisions.list":       onIntegration("/revisions", nil),
	"revisions.get":        onIntegration("/revisions/head", nil),
	"revisions.pull":       onIntegration("/revisions/head/files", nil),
	"revisions.diff":       onIntegration("/difference", nil),
	"assessments.list":     onIntegration("/assessments", nil),
	"assessments.create":   onIntegration("/assessments", nil),
	"integrations.try":     onIntegration("/try", func() any { return client.Try{} }),
	"assessments.get":      onIntegration("/assessments/latest", nil),
	"assessments.document": onIntegration("/assessments/latest/document", nil),
	"gate":                 byKey("/api/v1/gate?slug=%s&environment=production&digest=sha256:00"),
	"findings.list":        byID("/api/v1/findings?integration=%s"),
	"history":              byID("/api/v1/history?kind=integration&id=%s"),
	"partners.list":        list("/api/v1/partners", "partner"),
	"partners.create":      createsPartner,
	"partners.get":         onPartner(nil),
	"partners.update":      onPartner(client.UpdatePartner{PartnerEdit: client.PartnerEdit{Name: "New Name"}}),

	"jobs.list":       list("/api/v1/jobs", "job"),
	"jobs.get":        onJob("", nil),
	"jobs.retry":      onJob("/retry", client.Because{Reason: "try"}),
	"jobs.cancel":     onJob("/cancel", client.Because{Reason: "try"}),
	"retention.list":  list("/api/v1/retention", "retention"),
	"retention.set":   about("retention", "/api/v1/retention/message", client.SetPeriod{Days: 100, Reason: "try"}, 409), // it is set by the first
	"retention.purge": about("retention", "/api/v1/retention/purge", client.Purge{DryRun: true}),
	"holds.list":      list("/api/v1/holds", "hold"),
	"holds.place":     about("hold", "/api/v1/holds", client.NewHold{Scope: drawbridge.HoldEverything, Reason: "try"}),
	"holds.lift":      liftsHold,

	"log.checkpoint":  list("/api/v1/log/checkpoint", "log"),
	"log.list":        list("/api/v1/log/entries", "log"),
	"log.prove":       list("/api/v1/log/entries/0/proof", "log"),
	"log.consistency": consistency,
	"log.export":      list("/api/v1/log/export", "log"),
	"keys.list":       list("/api/v1/keys", "key"),
	"keys.rotate":     rotates,
}

// plain is a request that is about nothing in particular.
func plain(path string, body any, allowed ...int) func(*matrix, *caller, bool) request {
	return func(*matrix, *caller, bool) request { return request{path: path, body: body, allowed: allowed} }
}

// list is a request about all objects of a kind.
func list(path, kind string) func(*matrix, *caller, bool) request {
	return func(*matrix, *caller, bool) request { return request{path: path, object: access.Object{Kind: kind}} }
}

// about is a request about a kind of things that belong to nobody.
func about(kind, path string, body any, allowed ...int) func(*matrix, *caller, bool) request {
	return func(*matrix, *caller, bool) request {
		return request{path: path, body: body, object: access.Object{Kind: kind}, allowed: allowed}
	}
}

// fresh tries as somebody new of the same role: the request ends what they are.
func fresh(fn func(*matrix, *caller) request) func(*matrix, *caller, bool) request {
	return func(m *matrix, c *caller, _ bool) request {
		switch c.role {
		case "", drawbridge.PartnerContact:
		case drawbridge.Machine:
			c = m.machine(m.callers[2].actor.Person, m.mine.ID) // a programme owner, who may make one
		default:
			c = m.signedIn(c.role)
		}
		q := fn(m, c)
		q.caller = c
		return q
	}
}

// self is a request about the caller's own account; there is no other's.
func self(path string, body any, allowed ...int) func(*matrix, *caller, bool) request {
	return fresh(func(_ *matrix, c *caller) request {
		o := access.Object{Kind: "person", ID: string(c.actor.Person), Owners: []drawbridge.PersonID{c.actor.Person}}
		return request{path: path, body: body, object: o, allowed: allowed}
	})
}

// proves gives a wrong password: whoever is signed in gets as far as that.
func proves(_ *matrix, c *caller, _ bool) request {
	q := request{path: "/api/v1/session/proof", body: client.Proof{Password: client.Hide("wrong")}}
	if c.role != "" && c.role != drawbridge.PartnerContact {
		q.allowed = []int{401, 403}
	}
	return q
}

// onPerson is a request about a person: the caller, or somebody else.
func onPerson(path string, body any) func(*matrix, *caller, bool) request {
	return func(m *matrix, c *caller, own bool) request {
		var p drawbridge.Person
		q := request{body: body}
		if own && c.actor.Person != "" {
			q.caller = m.signedIn(c.role)
			p.ID = q.caller.actor.Person
		} else {
			p = m.somebody(drawbridge.Requester)
		}
		q.path = "/api/v1/people/" + string(p.ID) + path
		q.object = access.Object{Kind: "person", ID: string(p.ID), Owners: []drawbridge.PersonID{p.ID}}
		q.match = 1
		if q.caller != nil && c.role == drawbridge.Administrator && (path == "/reset" || path == "/erase") {
			q.allowed = []int{409} // the last administrator who can sign in stays
		}
		return q
	}
}

func findsPerson(m *matrix, c *caller, own bool) request {
	p := c.actor.Person
	if !own || p == "" {
		p = m.somebody(drawbridge.Requester).ID
	}
	return request{
		path: "/api/v1/people/find", body: client.ByEmail{Email: string(p) + "@drawbridge.example"},
		object: access.Object{Kind: "person", ID: string(p), Owners: []drawbridge.PersonID{p}},
	}
}

func invites(*matrix, *caller, bool) request {
	email := drawbridge.NewID("new", start) + "@drawbridge.example"
	return request{path: "/api/v1/people", object: access.Object{Kind: "person"}, body: client.Invite{Email: email, Name: "New", Roles: []drawbridge.Role{drawbridge.Tester}}}
}

func endsSession(m *matrix, c *caller, own bool) request {
	p := c.actor.Person
	if !own || p == "" {
		p = m.somebody(drawbridge.Requester).ID
	}
	_, id := m.session(p)
	return request{path: "/api/v1/sessions/" + string(id), object: access.Object{Kind: "session", ID: string(id), Owners: []drawbridge.PersonID{p}}}
}

func createsToken(_ *matrix, c *caller, _ bool) request {
	return request{path: "/api/v1/tokens", body: client.NewToken{Name: "try"}, object: access.Object{Kind: "token", Owners: []drawbridge.PersonID{c.actor.Person}}}
}

func revokesToken(m *matrix, c *caller, own bool) request {
	p := c.actor.Person
	if !own || p == "" {
		p = m.somebody(drawbridge.Requester).ID
	}
	t, _ := m.token(p, "")
	return request{
		path: "/api/v1/tokens/" + string(t.ID) + "/revoke", body: client.Because{Reason: "try"},
		object: access.Object{Kind: "token", ID: string(t.ID), Owners: []drawbridge.PersonID{p}},
	}
}

// onIntegration is a request about an integration: one of the caller's, or another.
func onIntegration(path string, body func() any) func(*matrix, *caller, bool) request {
	return func(m *matrix, _ *caller, own bool) request {
		in, o := m.at(own)
		q := request{path: "/api/v1/integrations/" + string(in.ID) + path, object: o, match: in.Version}
		if body != nil {
			q.body = body()
		}
		return q
	}
}

func byKey(format string) func(*matrix, *caller, bool) request {
	return func(m *matrix, _ *caller, own bool) request {
		in, o := m.at(own)
		return request{path: fmt.Sprintf(format, in.Slug), object: o}
	}
}

func byID(format string) func(*matrix, *caller, bool) request {
	return func(m *matrix, _ *caller, own bool) request {
		in, o := m.at(own)
		return request{path: fmt.Sprintf(format, in.ID), object: o}
	}
}

// pushes sends a revision that says something new.
func pushes(m *matrix, _ *caller, own bool) request {
	in, o := m.at(own)
	extra := "operations: {runbook: https://wiki.example/" + drawbridge.NewID("run", start) + "}\n"
	return request{path: "/api/v1/revisions", object: o, push: &client.Push{
		Main: "integration.yaml", Base: in.Head, Reason: "try", Files: files(in.Slug, in.Environment, extra),
	}}
}

func createsPartner(*matrix, *caller, bool) request {
	id := drawbridge.PartnerID("p" + drawbridge.NewID("x", start)[2:])
	return request{path: "/api/v1/partners", object: access.Object{Kind: "partner"}, body: client.NewPartner{ID: id, PartnerEdit: client.PartnerEdit{Name: "New"}}}
}

// onPartner is a request about a partner; they belong to nobody.
func onPartner(body any) func(*matrix, *caller, bool) request {
	return func(m *matrix, _ *caller, _ bool) request {
		p := drawbridge.Partner{ID: drawbridge.PartnerID("p" + drawbridge.NewID("x", start)[2:]), Name: "Partner", CreatedAt: start, UpdatedAt: start}
		m.act(func(tx *store.Tx) error { return tx.AddPartner(&p) })
		return request{path: "/api/v1/partners/" + string(p.ID), body: body, match: 1, object: access.Object{Kind: "partner", ID: string(p.ID)}}
	}
}

func consistency(m *matrix, _ *caller, _ bool) request {
	var note string
	err := m.door.Store().View(m.t.Context(), func(tx *store.Tx) (err error) {
		_, note, err = tx.Head()
		return err
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return request{path: "/api/v1/log/consistency", body: client.Older{Checkpoint: note}, object: access.Object{Kind: "log"}}
}

func rotates(*matrix, *caller, bool) request {
	return request{path: "/api/v1/keys/rotate", body: client.RotateKey{Purpose: "mac", Reason: "try"}, object: access.Object{Kind: "key"}}
}

// didBulk is a bulk of which one item was done.
func didBulk(path string, body any, allowed ...int) func(*matrix, *caller, bool) request {
	return func(m *matrix, c *caller, own bool) request {
		p := c.actor.Person
		if !own || p == "" {
			p = m.somebody(drawbridge.Requester).ID
		}
		b := store.Bulk{Bulk: drawbridge.Bulk{ID: drawbridge.NewID("blk", start), Person: p, Act: "owner", List: "integrations", State: drawbridge.BulkDone, CreatedAt: start, EndedAt: start}}
		m.act(func(tx *store.Tx) error {
			return tx.AddBulk(&b, []drawbridge.BulkItem{{N: 1, Subject: "int_none", Integration: "int_none", Outcome: drawbridge.BulkDid}})
		})
		return request{path: "/api/v1/bulks/" + b.ID + path, body: body, object: access.Object{Kind: "bulk", ID: b.ID, Owners: []drawbridge.PersonID{p}}, allowed: allowed}
	}
}

func keepsView(path string) func(*matrix, *caller, bool) request {
	return func(m *matrix, c *caller, own bool) request {
		p := c.actor.Person
		if !own || p == "" {
			p = m.somebody(drawbridge.Requester).ID
		}
		v := store.SavedView{ID: drawbridge.NewID("viw", start), Person: p, List: "integrations", Name: "Mine", Created: start}
		m.act(func(tx *store.Tx) error { return tx.SetSavedView(&v) })
		return request{path: "/api/v1/views/" + v.ID + path, object: access.Object{Kind: "view", ID: v.ID, Owners: []drawbridge.PersonID{p}}}
	}
}

func readsMessage(m *matrix, c *caller, own bool) request {
	p := c.actor.Person
	if !own || p == "" {
		p = m.somebody(drawbridge.Requester).ID
	}
	id := drawbridge.MessageID(drawbridge.NewID("msg", start))
	m.act(func(tx *store.Tx) error {
		return tx.AddMessage(drawbridge.Message{ID: id, Person: p, Kind: "account.created", CreatedAt: start})
	})
	return request{
		path: "/api/v1/inbox/" + string(id) + "/read", body: client.MarkRead{},
		object: access.Object{Kind: "message", ID: string(id), Owners: []drawbridge.PersonID{p}},
	}
}

// createsWebhook makes one, unless there are as many as there may be.
func createsWebhook(*matrix, *caller, bool) request {
	body := client.NewWebhook{Name: "try", URL: client.Hide("https://hooks.drawbridge.example/t")}
	return request{path: "/api/v1/webhooks", body: body, object: access.Object{Kind: "webhook"}, allowed: []int{429}}
}

// onWebhook is a request about a webhook; it leads to where nothing may be sent.
func onWebhook(path string, body any) func(*matrix, *caller, bool) request {
	return func(m *matrix, _ *caller, _ bool) request {
		h := drawbridge.Hook{ID: drawbridge.WebhookID(drawbridge.NewID("whk", start)), Name: "try", URL: "http://127.0.0.1:1", CreatedAt: start, UpdatedAt: start}
		for column, at := range map[string]*[]byte{"target": &h.Target, "secret": &h.Secret} {
			var err error
			if *at, err = m.door.Keys().Seal([]byte(h.URL), []byte("webhook "+string(h.ID)+" "+column)); err != nil {
				m.t.Fatal(err)
			}
		}
		m.act(func(tx *store.Tx) error { return tx.AddWebhook(&h) })
		return request{path: "/api/v1/webhooks/" + string(h.ID) + path, body: body, match: 1, object: access.Object{Kind: "webhook", ID: string(h.ID)}}
	}
}

// losesMessage is a request about a message that a webhook lost.
func losesMessage(m *matrix, c *caller, own bool) request {
	r := onWebhook("", nil)(m, c, own)
	id := drawbridge.MessageID(drawbridge.NewID("msg", start))
	p := m.somebody(drawbridge.Requester).ID
	m.act(func(tx *store.Tx) error {
		return tx.AddMessage(drawbridge.Message{ID: id, Person: p, Kind: "account.created", CreatedAt: start})
	})
	m.act(func(tx *store.Tx) error {
		if _, err := tx.AddDelivery(id, r.object.ID, start); err != nil {
			return err
		}
		return tx.EndDelivery(string(id)+"/"+r.object.ID, drawbridge.Dead, start)
	})
	r.path += "/deliveries/" + string(id) + "/retry"
	return r
}

// onJob is a request about a job that failed, or is open where it is to be ended.
func onJob(path string, body any) func(*matrix, *caller, bool) request {
	return func(m *matrix, _ *caller, _ bool) request {
		e := store.Event{ID: drawbridge.EventID(drawbridge.NewID("evt", start)), Kind: "try", DueAt: start, CreatedAt: start}
		m.act(func(tx *store.Tx) error {
			if err := tx.AddEvent(e); err != nil || path == "/cancel" {
				return err
			}
			return tx.FailEvent(e.ID, "try", time.Time{}, start)
		})
		return request{path: "/api/v1/jobs/" + string(e.ID) + path, body: body, object: access.Object{Kind: "job", ID: string(e.ID)}}
	}
}

func liftsHold(m *matrix, _ *caller, _ bool) request {
	h := drawbridge.Hold{ID: drawbridge.HoldID(drawbridge.NewID("hld", start)), Scope: drawbridge.HoldEverything, Reason: "try", PlacedAt: start}
	m.act(func(tx *store.Tx) error { return tx.AddHold(&h) })
	return request{path: "/api/v1/holds/" + string(h.ID) + "/lift", body: client.Because{Reason: "try"}, object: access.Object{Kind: "hold", ID: string(h.ID)}}
}
