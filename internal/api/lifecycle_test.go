package api_test

import (
	"strings"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/store"
)

// lifecycleFixtures are the rows of the matrix for the routes of what follows a
// decision. Most end with what is missing: the integrations have no review.
var lifecycleFixtures = map[string]func(*matrix, *caller, bool) request{
	"life.get":            onIntegration("/life", nil),
	"life.live":           permits(onIntegration("/live", func() any { return client.Because{Reason: "try"} }), 409),
	"life.suspend":        permits(onIntegration("/suspend", func() any { return client.Because{Reason: "try"} }), 409),
	"life.resume":         permits(onIntegration("/resume", func() any { return client.Because{Reason: "try"} }), 409),
	"life.leave":          permits(onIntegration("/leave", func() any { return client.Leave{Planned: "2026-12-31"} }), 400), // without a reason
	"life.retire":         permits(onIntegration("/retire", func() any { return client.Because{Reason: "try"} }), 409),
	"departure.get":       onDeparture(nil),
	"departure.plan":      onDeparture(client.PlanDeparture{Planned: "2026-12-31"}),
	"attestations.list":   onIntegration("/attestations", nil),
	"attestations.create": permits(onIntegration("/attestations", func() any { return client.Attest{Subject: "envelope_live", Statement: "try", Evidence: "evd_x"} }), 409),
	"attestations.revoke": onAttestation,
	"conditions.list":     list("/api/v1/conditions", "review"),
	"conditions.create": permits(onIntegration("/conditions", func() any {
		return client.NewCondition{Text: "try", Verifier: drawbridge.LegalDiscipline, Due: "2026-12-31"}
	}), 409),
	"conditions.meet": onCondition("/meet", client.MeetCondition{Reason: "try"}),
	"conditions.drop": onCondition("/drop", client.Because{Reason: "try"}),
	"exceptions.list": list("/api/v1/exceptions", "review"),
	"exceptions.propose": onIntegration("/exceptions", func() any {
		return client.NewException{Covers: "T017@charges", Reason: "try", Expires: "2026-12-31"}
	}),
	"exceptions.confirm": permits(onException("/confirm", "proposed", client.Because{Reason: "try"}), 409), // the one before covers the same
	"exceptions.refuse":  onException("/refuse", "proposed", client.Because{Reason: "try"}),
	"exceptions.renew":   onException("/renew", "confirmed", client.RenewException{Expires: "2027-01-31", Reason: "try"}),
	"exceptions.revoke":  onException("/revoke", "confirmed", client.Because{Reason: "try"}),
}

// onDeparture is a request about the departure of an integration.
func onDeparture(body any) func(*matrix, *caller, bool) request {
	return func(m *matrix, _ *caller, own bool) request {
		in, o := m.at(own)
		m.act(func(tx *store.Tx) error {
			return tx.Departures().Add(&drawbridge.Departure{ID: drawbridge.NewID("dep", m.clock.now()), Integration: in.ID, CreatedAt: start})
		})
		return request{path: "/api/v1/integrations/" + string(in.ID) + "/departure", object: o, body: body, match: 1, allowed: []int{409}} // there are several by now
	}
}

func onAttestation(m *matrix, _ *caller, own bool) request {
	in, o := m.at(own)
	a := drawbridge.Attestation{ID: drawbridge.NewID("att", start), Integration: in.ID, Subject: "suspended", CreatedAt: start}
	m.act(func(tx *store.Tx) error { return tx.Attestations().Add(&a) })
	o.Kind, o.ID = "attestation", a.ID
	return request{path: "/api/v1/attestations/" + a.ID + "/revoke", body: client.Because{Reason: "try"}, object: o}
}

// onCondition is a request about a condition that the caller's own discipline verifies.
func onCondition(path string, body any) func(*matrix, *caller, bool) request {
	return func(m *matrix, c *caller, own bool) request {
		in, o := m.at(own)
		d, _ := strings.CutPrefix(string(c.role), "reviewer_")
		x := drawbridge.Condition{
			ID: drawbridge.NewID("cnd", start), Integration: in.ID, Text: "try", Owner: in.Owner, Verifier: drawbridge.Discipline(d), Due: "2026-12-31",
			State: "open", CreatedAt: start,
		}
		m.act(func(tx *store.Tx) error { return tx.Conditions().Add(&x) })
		o.Kind, o.ID = "condition", x.ID
		return request{path: "/api/v1/conditions/" + x.ID + path, body: body, object: o}
	}
}

// onException is a request about an exception in a state.
func onException(path, state string, body any) func(*matrix, *caller, bool) request {
	return func(m *matrix, _ *caller, own bool) request {
		in, o := m.at(own)
		x := drawbridge.Exception{
			ID: drawbridge.NewID("exc", start), Integration: in.ID, Covers: "T017@charges", Reason: "try", Owner: in.Owner, Expires: "2026-12-31", State: state, CreatedAt: start,
		}
		m.act(func(tx *store.Tx) error { return tx.Exceptions().Add(&x) })
		o.Kind, o.ID = "exception", x.ID
		return request{path: "/api/v1/exceptions/" + x.ID + path, body: body, object: o}
	}
}
