package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/client"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/store"
)

// inquiryFixtures are the rows of the matrix for the routes of questionnaires.
var inquiryFixtures = map[string]func(*matrix, *caller, bool) request{
	"inquiries.list":    list("/api/v1/inquiries", "inquiry"),
	"inquiries.send":    sendsInquiry,
	"inquiries.get":     onInquiry("", "open", nil),
	"inquiries.preview": onInquiry("/preview", "open", nil),
	"inquiries.text":    onInquiry("/text", "open", nil),
	"inquiries.export":  onInquiry("/sheet", "open", nil),
	"inquiries.import":  permits(onInquiry("/sheet", "open", client.Filled{Data: []byte("x")}), 400),
	"inquiries.answer":  onInquiry("/answers/a", "open", client.Reply{Answer: questionnaire.Answer{Value: []byte("true")}}),
	"inquiries.history": onInquiry("/answers/a/history", "open", nil),
	"inquiries.confirm": onInquiry("/confirm", "open", client.Confirm{}),
	"inquiries.submit":  onInquiry("/submit", "open", client.Because{}),
	"inquiries.accept":  onInquiry("/accept", "submitted", client.Because{}),
	"inquiries.return":  onInquiry("/return", "submitted", client.Because{Reason: "try"}),
	"inquiries.close":   onInquiry("/close", "open", client.Because{}),
	"links.list":        onInquiry("/links", "open", nil),
	"links.create":      onInquiry("/links", "open", client.NewLink{Label: "try"}),
	"links.revoke": func(m *matrix, _ *caller, own bool) request {
		in, o := m.at(own)
		l, _ := m.link(m.inquiry(in, "open"), "")
		o.Kind, o.ID, o.Inquiry = "link", string(l.ID), l.Inquiry
		return request{path: "/api/v1/links/" + string(l.ID) + "/revoke", body: client.Because{Reason: "try"}, object: o}
	},

	"visit.enter":    plain("/api/v1/partner/visit", client.ByToken{Token: client.Hide("none")}, 404),
	"visit.leave":    visits("visit", nil),
	"visit.inquiry":  visits("inquiry", nil),
	"visit.text":     visits("text", nil),
	"visit.export":   visits("sheet", nil),
	"visit.import":   permits(visits("sheet", client.Filled{Data: []byte("x")}), 400),
	"visit.answer":   visits("answers/a", client.Reply{Answer: questionnaire.Answer{Value: []byte("true")}}),
	"visit.confirm":  visits("confirm", client.Confirm{}),
	"visit.submit":   visits("submit", nil),
	"visit.links":    visits("links", nil),
	"visit.pass_on":  visits("links", client.NewLink{Label: "try", Questions: []string{"a"}}),
	"visit.evidence": visits("evidence", nil),
	"visit.threads":  visits("threads", nil),
	"visit.offer": func(m *matrix, c *caller, own bool) request {
		q := visits("evidence", nil)(m, c, own)
		q.upload = client.NewEvidence{Kind: "runbook"}
		return q
	},
	"visit.revoke": func(m *matrix, c *caller, own bool) request {
		return visitsOther(m, c, own, func(q drawbridge.Inquiry, by drawbridge.LinkID) (string, string) {
			l, _ := m.link(q, by)
			return string(l.ID), "links/" + string(l.ID) + "/revoke"
		}, client.Because{})
	},
	"visit.thread": func(m *matrix, c *caller, own bool) request {
		return visitsOther(m, c, own, func(q drawbridge.Inquiry, _ drawbridge.LinkID) (string, string) {
			id := m.shared(q)
			return id, "threads/" + id
		}, nil)
	},
	"visit.reply": func(m *matrix, c *caller, own bool) request {
		return visitsOther(m, c, own, func(q drawbridge.Inquiry, _ drawbridge.LinkID) (string, string) {
			id := m.shared(q)
			return id, "threads/" + id + "/comments"
		}, client.VisitComment{Text: "try"})
	},
}

// inquiry adds a questionnaire with one question.
func (m *matrix) inquiry(in drawbridge.Integration, state string) drawbridge.Inquiry {
	m.t.Helper()
	data, err := json.Marshal(questionnaire.Items{
		Template: "small", Version: "1.0.0", Sections: []questionnaire.Section{{ID: "s", Title: "S"}}, Skipped: []questionnaire.Skipped{},
		Questions: []questionnaire.Question{{ID: "a", Section: "s", Text: "Is it so?", Type: questionnaire.Bool, Audience: "partner", Length: "short"}},
	})
	if err != nil {
		m.t.Fatal(err)
	}
	digest, size, err := m.door.Store().Blobs().Put(strings.NewReader(string(data)), 1<<20, m.door.Keys())
	if err != nil {
		m.t.Fatal(err)
	}
	r := m.underReview(in)
	q := drawbridge.Inquiry{
		ID: drawbridge.InquiryID(drawbridge.NewID("inq", m.clock.now())), Review: r.ID, Integration: in.ID, Partner: in.Partner, Audience: "partner",
		Template: "small@1.0.0", Items: digest, State: state, SentAt: start, UpdatedAt: start,
	}
	m.act(func(tx *store.Tx) error {
		if err := tx.AddBlob(&store.Blob{ID: digest, Kind: "inquiry", Size: size, Integration: in.ID, CreatedAt: start}); err != nil {
			return err
		}
		return tx.Inquiries().Add(&q)
	})
	return q
}

// underReview adds a review that is under way.
func (m *matrix) underReview(in drawbridge.Integration) drawbridge.Review {
	m.t.Helper()
	var r drawbridge.Review
	m.act(func(tx *store.Tx) error {
		n, err := tx.Reviews().Count(store.Query{Equal: map[string]any{"integration": in.ID}})
		r = drawbridge.Review{
			ID: drawbridge.ReviewID(drawbridge.NewID("rvw", m.clock.now())), Integration: in.ID, Partner: in.Partner, Number: n + 1,
			State: drawbridge.InReview, Tier: drawbridge.TierLow, OpenedAt: start, UpdatedAt: start,
		}
		if err != nil {
			return err
		}
		return tx.Reviews().Add(&r)
	})
	return r
}

func sendsInquiry(m *matrix, _ *caller, own bool) request {
	in, o := m.at(own)
	r := m.underReview(in)
	o.Kind, o.ID = "review", string(r.ID)
	return request{path: "/api/v1/reviews/" + string(r.ID) + "/inquiries", body: client.Send{Template: "short"}, object: o}
}

// onInquiry is a request about a questionnaire of one of the caller's
// integrations, or of another.
func onInquiry(path, state string, body any) func(*matrix, *caller, bool) request {
	return func(m *matrix, _ *caller, own bool) request {
		in, o := m.at(own)
		q := m.inquiry(in, state)
		o.Kind, o.ID, o.Inquiry = "inquiry", string(q.ID), q.ID
		return request{path: "/api/v1/inquiries/" + string(q.ID) + path, body: body, object: o, match: 1}
	}
}

// link adds a link that is being visited.
func (m *matrix) link(q drawbridge.Inquiry, parent drawbridge.LinkID) (drawbridge.Link, string) {
	m.t.Helper()
	secret, hash := newSecret("dbv_")
	sum := sha256.Sum256([]byte(hash))
	l := drawbridge.Link{
		ID: drawbridge.LinkID(drawbridge.NewID("lnk", m.clock.now())), Inquiry: q.ID, Partner: q.Partner, Label: "try", Hash: hex.EncodeToString(sum[:]),
		Visit: hash, Parent: parent, ExpiresAt: start.Add(240 * time.Hour), CreatedAt: start,
	}
	m.act(func(tx *store.Tx) error { return tx.Links().Add(&l) })
	return l, secret
}

// visitor is somebody who came by a link.
func (m *matrix) visitor(q drawbridge.Inquiry) *caller {
	l, secret := m.link(q, "")
	return &caller{role: drawbridge.PartnerContact, visit: secret, actor: access.Actor{
		ID: string(l.ID), Roles: []drawbridge.Role{drawbridge.PartnerContact}, Inquiry: q.ID,
	}}
}

// visits is a request of a partner about the questionnaire of the link.
func visits(path string, body any) func(*matrix, *caller, bool) request {
	return func(m *matrix, c *caller, _ bool) request {
		out := request{path: "/api/v1/partner/" + path, body: body, object: access.Object{Kind: "inquiry", ID: "inq"}}
		if c.role == drawbridge.PartnerContact { // a new one: the request may end it
			q := m.inquiry(m.mine, inquiry.StateOpen)
			out.caller, out.object.ID, out.object.Inquiry = m.visitor(q), string(q.ID), q.ID
		}
		return out
	}
}

// visitsOther is a request of a partner about a part of the link's questionnaire,
// or of another.
func visitsOther(m *matrix, c *caller, own bool, part func(q drawbridge.Inquiry, by drawbridge.LinkID) (id, path string), body any) request {
	q := m.inquiry(m.mine, inquiry.StateOpen)
	out := request{body: body}
	if by := drawbridge.LinkID(c.actor.ID); c.role == drawbridge.PartnerContact {
		if own {
			out.caller = m.visitor(q)
			by = drawbridge.LinkID(out.caller.actor.ID)
		}
		out.object.ID, out.path = part(q, by)
	} else {
		out.object.ID, out.path = part(q, "")
	}
	out.path = "/api/v1/partner/" + out.path
	out.object.Kind, out.object.Inquiry = "part", q.ID
	return out
}

// shared adds a discussion that a partner sees.
func (m *matrix) shared(q drawbridge.Inquiry) string {
	m.t.Helper()
	t := drawbridge.Thread{
		ID: drawbridge.ThreadID(drawbridge.NewID("thr", m.clock.now())), Integration: q.Integration, Inquiry: q.ID, Kind: "answer", Object: "a", Title: "try",
		Shared: true, CreatedAt: start, UpdatedAt: start,
	}
	m.act(func(tx *store.Tx) error { return tx.Threads().Add(&t) })
	return string(t.ID)
}
