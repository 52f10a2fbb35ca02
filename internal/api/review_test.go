package api_test

import (
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/client"
	"drawbridge/internal/store"
)

// reviewFixtures are the rows of the matrix for the routes of reviews.
var reviewFixtures = map[string]func(*matrix, *caller, bool) request{
	"reviews.list": list("/api/v1/reviews", "review"),
	"reviews.mine": func(m *matrix, _ *caller, _ bool) request {
		_, o := m.at(true)
		return request{path: "/api/v1/reviews/mine", object: o}
	},
	"reviews.get":      onReview(drawbridge.Draft, "", nil),
	"reviews.progress": onReview(drawbridge.InReview, "/progress", nil),
	"reviews.tracks":   onReview(drawbridge.InReview, "/tracks", nil),
	"reviews.changes":  onReview(drawbridge.InReview, "/changes", nil),
	"reviews.items":    onReview(drawbridge.InReview, "/items", nil),
	"reviews.viewed":   onReview(drawbridge.InReview, "/viewed", client.Tick{All: true}, 400),
	"reviews.respond":  onReview(drawbridge.InReview, "/response", client.RespondReview{Answer: "comment", Comment: "try"}),
	"reviews.approval": decided,
	"reviews.request": func(*matrix, *caller, bool) request {
		return request{path: "/api/v1/requests", object: access.Object{Kind: "integration"}, body: client.Form{ID: strings.ReplaceAll(drawbridge.NewID("new", start), "_", "-"), Environment: "production"}}
	},
	"reviews.open":     onIntegration("/reviews", func() any { return client.OpenReview{Reason: "try"} }),
	"reviews.submit":   onReview(drawbridge.Draft, "/submit", client.ReviewStep{Reason: "try"}, 409),
	"reviews.triage":   onReview(drawbridge.Submitted, "/triage", client.TriageReview{Reason: "try"}),
	"reviews.start":    onReview(drawbridge.Triaged, "/start", client.ReviewStep{Reason: "try"}),
	"reviews.ready":    onReview(drawbridge.InReview, "/ready", client.ReviewStep{Reason: "try"}, 409),
	"reviews.reopen":   onReview(drawbridge.Ready, "/reopen", client.ReviewStep{Reason: "try"}),
	"reviews.withdraw": onReview(drawbridge.Draft, "/withdraw", client.ReviewStep{Reason: "try"}),
	"reviews.sign":     onReview(drawbridge.Draft, "/signoffs", client.SignReview{Role: drawbridge.SecurityDiscipline, Approve: true, View: "sha256:00"}, 409),
	"signoffs.withdraw": func(m *matrix, c *caller, own bool) request {
		r, o := m.review(own, drawbridge.InReview)
		s := drawbridge.Signoff{
			ID: drawbridge.SignoffID(drawbridge.NewID("sig", start)), Review: r.ID, Integration: r.Integration, Role: drawbridge.SecurityDiscipline,
			Person: c.actor.Person, CreatedAt: start,
		}
		m.act(func(tx *store.Tx) error { return tx.Signoffs().Add(&s) })
		return request{path: "/api/v1/signoffs/" + string(s.ID) + "/withdraw", object: o, body: client.ReviewStep{Reason: "try"}}
	},
	"reviews.decide":        onReview(drawbridge.Draft, "/decision", client.DecideReview{Outcome: drawbridge.Rejected, Rationale: "try", View: "sha256:00"}, 409),
	"integrations.standing": onIntegration("/standing", nil),
	"decisions.find":        list("/api/v1/decisions", "review"),
	"decisions.list":        onIntegration("/decisions", nil),
	"delegations.list":      list("/api/v1/delegations", "delegation"),
	"delegations.create": func(m *matrix, c *caller, _ bool) request {
		o := access.Object{Kind: "delegation", Owners: []drawbridge.PersonID{c.actor.Person}}
		return request{path: "/api/v1/delegations", object: o, allowed: []int{400}, body: client.NewDelegation{
			Role: drawbridge.SecurityDiscipline, To: "per_none", Until: drawbridge.DateOf(start.AddDate(0, 0, 1)),
		}}
	},
	"delegations.revoke": func(m *matrix, c *caller, own bool) request {
		x := drawbridge.Delegation{
			ID: drawbridge.DelegationID(drawbridge.NewID("dlg", start)), Role: drawbridge.SecurityDiscipline, From: "per_else", To: "per_other",
			Until: "2027-01-01", CreatedAt: start,
		}
		if own && c.actor.Person != "" {
			x.From = c.actor.Person
		}
		m.act(func(tx *store.Tx) error { return tx.Delegations().Add(&x) })
		o := access.Object{Kind: "delegation", ID: string(x.ID), Owners: []drawbridge.PersonID{x.From, x.To}}
		return request{path: "/api/v1/delegations/" + string(x.ID) + "/revoke", object: o}
	},
}

// review writes a review of one of the caller's integrations, or of another.
func (m *matrix) review(own bool, state drawbridge.ReviewState) (drawbridge.Review, access.Object) {
	in, o := m.at(own)
	r := drawbridge.Review{
		ID: drawbridge.ReviewID(drawbridge.NewID("rvw", start)), Integration: in.ID, Partner: in.Partner, State: state,
		Cause: "intake", Requester: "per_asked", Revision: in.Head, Tier: drawbridge.TierMedium, Roles: []drawbridge.Discipline{drawbridge.SecurityDiscipline},
		Months: 18, OpenedAt: start, UpdatedAt: start,
	}
	m.act(func(tx *store.Tx) error {
		n, err := tx.Reviews().Count(store.Query{Equal: map[string]any{"integration": string(in.ID)}})
		if r.Number = n + 1; err != nil {
			return err
		}
		return tx.Reviews().Add(&r)
	})
	o.Kind, o.ID = "review", string(r.ID)
	return r, o
}

// onReview is a request about a review in a state.
func onReview(state drawbridge.ReviewState, path string, body any, allowed ...int) func(*matrix, *caller, bool) request {
	return func(m *matrix, _ *caller, own bool) request {
		r, o := m.review(own, state)
		return request{path: "/api/v1/reviews/" + string(r.ID) + path, object: o, body: body, match: r.Version, allowed: allowed}
	}
}

// decided is a request for the file of an approval.
func decided(m *matrix, _ *caller, own bool) request {
	r, o := m.review(own, drawbridge.Approved)
	digest, size, err := m.door.Store().Blobs().Put(strings.NewReader("{}"), 100, m.door.Keys())
	if err != nil {
		m.t.Fatal(err)
	}
	d := drawbridge.Decision{ID: drawbridge.DecisionID(drawbridge.NewID("dec", start)), Review: r.ID, Integration: r.Integration, Approval: digest, Outcome: drawbridge.Approved, CreatedAt: start}
	r.Decision = d.ID
	m.act(func(tx *store.Tx) error {
		if err := tx.AddBlob(&store.Blob{ID: digest, Kind: "approval", Size: size, Integration: r.Integration, CreatedAt: start}); err != nil {
			return err
		}
		if err := tx.Decisions().Add(&d); err != nil {
			return err
		}
		return tx.Reviews().Set(&r)
	})
	return request{path: "/api/v1/reviews/" + string(r.ID) + "/approval", object: o}
}
