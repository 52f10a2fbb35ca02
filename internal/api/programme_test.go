package api_test

import (
	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/client"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// programmeFixtures are the rows of the matrix for the routes of the programme.
var programmeFixtures = map[string]func(*matrix, *caller, bool) request{
	"programme.queue":    list("/api/v1/programme/queue", "review"),
	"programme.calendar": readsCalendar,
	"programme.impact":   about("pack", "/api/v1/programme/impact", client.CandidatePack{Archive: testkit.Pack()}),
	"programme.announce": about("pack", "/api/v1/programme/announcements", client.Announcement{}, 400), // it says no reason
	"triggers.list":      list("/api/v1/triggers", "review"),
	"triggers.create": onIntegration("/triggers", func() any {
		return client.NewTrigger{Kind: "incident", Source: "try", Severity: drawbridge.Low, Text: "try"}
	}),
	"triggers.handle":     onTrigger,
	"threats.difference":  onIntegration("/threats", nil),
	"threat_reviews.list": onIntegration("/threat-reviews", nil),
	"threat_reviews.create": permits(onIntegration("/threat-reviews", func() any {
		return client.NewThreatReview{Comment: "try\x00"}
	}), 400),
}

// readsCalendar asks for what is the caller's own: what is another's is left out.
func readsCalendar(_ *matrix, c *caller, _ bool) request {
	return request{path: "/api/v1/programme/calendar", object: access.Object{Kind: "review", Owners: []drawbridge.PersonID{c.actor.Person}, Integration: c.actor.Integration}}
}

// onTrigger closes a trigger.
func onTrigger(m *matrix, _ *caller, own bool) request {
	in, o := m.at(own)
	t := drawbridge.Trigger{ID: drawbridge.NewID("trg", m.clock.now()), Integration: in.ID, Kind: "owner", Severity: drawbridge.Low, Effect: drawbridge.Warn, Facts: []byte("{}"), CreatedAt: start}
	m.act(func(tx *store.Tx) error { return tx.Triggers().Add(&t) })
	o = access.Object{Kind: "trigger", ID: t.ID, Integration: in.ID, Owners: o.Owners}
	return request{path: "/api/v1/triggers/" + t.ID + "/handle", body: client.Because{Reason: "try"}, object: o}
}
